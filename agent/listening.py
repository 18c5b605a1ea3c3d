"""Serves an ASGI app with uvicorn in the agent's own task group, on a socket bound before anything else starts."""

from __future__ import annotations

import socket
from collections.abc import Callable

import uvicorn
from starlette.types import ASGIApp

from sync.store.system_words import system_words

WAITING = 128
"""Connections that wait while the app starts: a few pages and a watcher; the kernel refuses more."""


class PortTaken(Exception):
    """Somebody else listens there, or the address is not ours; `ru` and `en` are for a person."""

    def __init__(self, host: str, port: int, error: OSError | OverflowError) -> None:
        ru, en = system_words(error)
        self.ru = (
            f"Адрес {host}:{port} занять нельзя: {ru}. Данные не тронуты. Возможно, уже работает другая касса:"
            " закройте её или смените host и port в настройках."
        )
        self.en = (
            f"The address {host}:{port} cannot be used: {en}. The data were not touched. Another agent may be running:"
            " end it, or change host and port in the configuration."
        )
        super().__init__(self.en)


def bind(host: str, port: int) -> socket.socket:
    """A listening socket: who connects before the app is up waits for it. Raises PortTaken. Port 0: any free one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named as TCP: asyncio turns Nagle's delay off only where it knows the protocol, and that delay is 40 ms an answer.
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
        # Listening at once is what makes the port ours: two programs may bind one address, only one may listen on it.
        bound.listen(WAITING)
    except (OSError, OverflowError) as error:
        bound.close()
        raise PortTaken(host, port, error) from error
    return bound


class _Server(uvicorn.Server):
    """Signals are the agent's business, and live feeds do not hold up the end."""

    def install_signal_handlers(self) -> None:
        return None


async def serve(app: ASGIApp, bound: socket.socket, started: Callable[[], None]) -> None:
    """Serve until cancelled; `started` is called once requests are answered."""
    config = uvicorn.Config(
        app, log_level="warning", access_log=False, lifespan="off", timeout_graceful_shutdown=1, ws="none"
    )
    server = _Server(config)
    config.load()
    server.lifespan = config.lifespan_class(config)
    await server.startup(sockets=[bound])
    started()
    try:
        await server.main_loop()
    finally:
        server.force_exit = True
        await server.shutdown(sockets=[bound])
