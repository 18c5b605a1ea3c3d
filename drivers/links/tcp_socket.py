"""A device behind a TCP socket.

The socket is our own and waited for as a serial port is (`anyio.wait_readable`): measured on loopback, a question and
its answer take 32 us so, 140 us through AnyIO's stream, which turns its transport's reading on and off each time. A
fiscal document is forty of them.
"""

from __future__ import annotations

import os
import socket
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from ipaddress import ip_address
from typing import Any

import anyio
from anyio.lowlevel import checkpoint

from drivers.links.link import Link, LinkLost

CHUNK = 65536
# A peer that lost its power says nothing: after 10 s of silence the kernel probes it every 5 s and gives up after three
# probes, so that a dead session is dropped within half a minute even when nobody is asking the device anything.
KEEPALIVE_IDLE_S, KEEPALIVE_EVERY_S, KEEPALIVE_PROBES = 10, 5, 3


class SocketLink:
    """A link over a connected socket that does not block."""

    def __init__(self, connected: socket.socket, address: str) -> None:
        self._socket = connected
        self._address = address
        self._returned = b""

    @property
    def address(self) -> str:
        return self._address

    async def send(self, data: bytes) -> None:
        left = memoryview(data)
        try:
            while left:
                try:
                    left = left[self._socket.send(left) :]
                except BlockingIOError:
                    await anyio.wait_writable(self._socket)
        except (OSError, ValueError, anyio.ClosedResourceError) as error:  # ValueError: the socket is closed already
            raise LinkLost(f"{self._address}: {error or 'closed'}") from error

    async def receive(self) -> bytes:
        if self._returned:
            await checkpoint()
            taken, self._returned = self._returned, b""
            return taken
        while True:
            try:
                await anyio.wait_readable(self._socket)
                heard = self._socket.recv(CHUNK)
            except BlockingIOError:
                continue
            except (OSError, ValueError, anyio.ClosedResourceError) as error:
                raise LinkLost(f"{self._address}: {error or 'closed'}") from error
            if not heard:
                raise LinkLost(f"{self._address}: closed by the other side")
            return heard

    def take_back(self, data: bytes) -> None:
        self._returned = data + self._returned


@asynccontextmanager
async def open_tcp(host: str, port: int, *, within_s: float) -> AsyncIterator[Link]:
    """Connect to `host:port`, giving up after `within_s` seconds. Raises LinkLost."""
    address = f"tcp://{host}:{port}"
    try:
        with anyio.fail_after(within_s):
            connected = await _connected(host, port)
    except TimeoutError as error:
        raise LinkLost(f"{address}: no connection within {within_s:g} s") from error
    except OSError as error:
        raise LinkLost(f"{address}: {error}") from error
    try:
        _watch_for_dead_peer(connected)
        yield SocketLink(connected, address)
    finally:
        _close(connected)


async def _connected(host: str, port: int) -> socket.socket:
    """A connection to the first of the host's addresses that takes one. Raises the last OSError."""
    refused: OSError | None = None
    for family, where in await _addresses(host, port):
        candidate = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        candidate.setblocking(False)
        with ExitStack() as unless_connected:
            unless_connected.callback(_close, candidate)
            try:
                await _connect(candidate, where)
            except OSError as error:
                refused = error
                continue
            unless_connected.pop_all()
            return candidate
    raise refused or OSError(f"{host} has no address")


async def _connect(candidate: socket.socket, where: Any) -> None:
    try:
        candidate.connect(where)
        await checkpoint()
    except BlockingIOError:
        await anyio.wait_writable(candidate)
        trouble = candidate.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if trouble:
            raise OSError(trouble, os.strerror(trouble)) from None


async def _addresses(host: str, port: int) -> list[tuple[int, Any]]:
    """A written address is taken as it is: asking for it would need a thread."""
    try:
        family = socket.AF_INET6 if ip_address(host).version == 6 else socket.AF_INET
    except ValueError:
        found = await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        return [(int(family), where) for family, _, _, _, where in found]
    return [(family, (host, port))]


def _close(connected: socket.socket) -> None:
    anyio.notify_closing(connected)
    connected.close()


def _watch_for_dead_peer(connected: socket.socket) -> None:
    connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in (
        ("TCP_KEEPIDLE", KEEPALIVE_IDLE_S),
        ("TCP_KEEPINTVL", KEEPALIVE_EVERY_S),
        ("TCP_KEEPCNT", KEEPALIVE_PROBES),
    ):
        if hasattr(socket, option):  # not on every system
            connected.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
