"""Serves an ASGI app with uvicorn in the program's own task group, on a socket bound before anything else starts."""

from __future__ import annotations

import socket

import uvicorn
from starlette.types import ASGIApp

from sensors.association.datagrams import PortTaken

WAITING = 128
MOST_OPEN = 256
"""Guests of a full shop who open the page at once; the rest get 503 and come back."""


def bind_tcp(host: str, port: int) -> socket.socket:
    """A listening socket. Raises PortTaken. Port 0: any free one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named as TCP: asyncio turns Nagle's delay off only where it knows the protocol, and that delay is 40 ms an answer.
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
        bound.listen(WAITING)
    except OSError as error:
        bound.close()
        raise PortTaken(host, port, error) from error
    return bound


async def serve_app(app: ASGIApp, bound: socket.socket) -> None:
    """Until cancelled. Signals are the program's business. Requests name guests: nothing of them is logged."""
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=1,
        ws="none",
        proxy_headers=False,  # who connects is the guest: a header could name anybody
        server_header=False,
        limit_concurrency=MOST_OPEN,
    )
    server = uvicorn.Server(config)
    config.load()
    server.lifespan = config.lifespan_class(config)
    await server.startup(sockets=[bound])
    try:
        await server.main_loop()
    finally:
        server.force_exit = True
        await server.shutdown(sockets=[bound])
