"""Runs HQ on a socket until it is told to stop: says its URL once it listens, ends live feeds, closes the storage."""

from __future__ import annotations

import datetime as dt
import os
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from zoneinfo import ZoneInfo

import anyio
import uvicorn

from cloud_api.app import Hq
from cloud_api.findings.checking import keep_checked
from cloud_api.storage.storage import StorageBusy
from cloud_api.telling.publishing import keep_published
from cloud_api.telling.stock_elsewhere import keep_told

LINGER_S = 5  # a batch in flight is taken in well under a second; who still reads then is cut
LOOK_AHEAD_EVERY_S = 21_600  # four times a day, for something that is due once a month
MAX_OPEN = 2_048  # each shop holds one connection; the rest get 503 and come back


def tell_systemd(state: str) -> None:
    """sd_notify: one datagram to the socket systemd names; nothing when started by hand."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.connect(address)
        notify.send(state.encode())


class HqServer(uvicorn.Server):
    """uvicorn that announces itself and lets go of the endless feeds before it waits for connections to end."""

    def __init__(self, config: uvicorn.Config, app: Hq, say: Callable[[str], None]) -> None:
        super().__init__(config)
        self._app, self._say = app, say

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.should_exit or not sockets:
            return
        host, port = sockets[0].getsockname()[:2]
        shown = f"[{host}]" if ":" in host else host
        self._say(f"HQ http://{shown}:{port}/office")
        tell_systemd("READY=1")

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        tell_systemd("STOPPING=1")
        self._app.bell.close()
        self._app.given.close()
        self._app.told.close()
        await super().shutdown(sockets)


async def _pet_watchdog(app: Hq) -> None:
    """Tells systemd that the loop turns and the storage answers, three times in the span it allows."""
    span_us = os.environ.get("WATCHDOG_USEC", "")
    if not span_us.isdecimal():
        return
    while True:
        with suppress(StorageBusy):  # a storage that stays away is told of by the silence
            if await app.storage.number("SELECT 1") == 1:
                tell_systemd("WATCHDOG=1")
        await anyio.sleep(int(span_us) / 3_000_000)


async def _look_ahead(app: Hq) -> None:
    """Room for the coming months is made long before they come; a failover in between is no reason to end."""
    while True:
        with suppress(StorageBusy):
            await app.storage.look_ahead(dt.datetime.now(ZoneInfo(app.settings.zone)).date())
        await anyio.sleep(LOOK_AHEAD_EVERY_S)


def _wall_ms() -> int:
    return time.time_ns() // 1_000_000


def make_server(app: Hq, say: Callable[[str], None]) -> HqServer:
    """The server, not yet started; `should_exit = True` ends it as a signal would."""
    config = uvicorn.Config(
        app,
        access_log=False,
        log_level="warning",
        lifespan="on",
        proxy_headers=False,  # the guard must see who really connects
        server_header=False,
        limit_concurrency=MAX_OPEN,
        timeout_graceful_shutdown=LINGER_S,
    )
    return HqServer(config, app, say)


async def serve(app: Hq, listener: socket.socket, say: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM; returns after the storage is closed."""
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_pet_watchdog, app)
        tasks.start_soon(keep_published, app.storage, app.settings.database_url)
        tasks.start_soon(_look_ahead, app)
        tasks.start_soon(keep_checked, app.storage, _wall_ms)
        tasks.start_soon(keep_told, app.storage, _wall_ms)
        await make_server(app, say).serve([listener])
        tasks.cancel_scope.cancel()


def listen(host: str, port: int) -> socket.socket:
    """A listening socket (port 0: any free one); OSError if the address cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named as TCP: asyncio turns Nagle's delay off only where it knows the protocol, and that delay is 40 ms an answer.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(512)
    except OSError:
        listener.close()
        raise
    return listener
