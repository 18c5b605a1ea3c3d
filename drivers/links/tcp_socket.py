"""A device behind a TCP socket."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import anyio.lowlevel
from anyio.abc import SocketAttribute, SocketStream

from drivers.links.link import Link, LinkLost

CHUNK = 65536
# A peer that lost its power says nothing: after 10 s of silence the kernel probes it every 5 s and gives up after three
# probes, so that a dead session is dropped within half a minute even when nobody is asking the device anything.
KEEPALIVE_IDLE_S, KEEPALIVE_EVERY_S, KEEPALIVE_PROBES = 10, 5, 3


class SocketLink:
    """A link over a connected stream socket."""

    def __init__(self, stream: SocketStream, address: str) -> None:
        self._stream = stream
        self._address = address
        self._returned = b""

    @property
    def address(self) -> str:
        return self._address

    async def send(self, data: bytes) -> None:
        try:
            await self._stream.send(data)
        except (OSError, anyio.ClosedResourceError, anyio.BrokenResourceError) as error:
            raise LinkLost(f"{self._address}: {error or type(error).__name__}") from error

    async def receive(self) -> bytes:
        if self._returned:
            await anyio.lowlevel.checkpoint()
            taken, self._returned = self._returned, b""
            return taken
        try:
            return await self._stream.receive(CHUNK)
        except anyio.EndOfStream as error:
            raise LinkLost(f"{self._address}: closed by the other side") from error
        except (OSError, anyio.ClosedResourceError, anyio.BrokenResourceError) as error:
            raise LinkLost(f"{self._address}: {error or type(error).__name__}") from error

    def take_back(self, data: bytes) -> None:
        self._returned = data + self._returned


@asynccontextmanager
async def open_tcp(host: str, port: int, *, within_s: float) -> AsyncIterator[Link]:
    """Connect to `host:port`, giving up after `within_s` seconds. Raises LinkLost."""
    address = f"tcp://{host}:{port}"
    try:
        with anyio.fail_after(within_s):
            stream = await anyio.connect_tcp(host, port)
    except TimeoutError as error:
        raise LinkLost(f"{address}: no connection within {within_s:g} s") from error
    except OSError as error:
        raise LinkLost(f"{address}: {error}") from error
    async with stream:
        _watch_for_dead_peer(stream)
        yield SocketLink(stream, address)


def _watch_for_dead_peer(stream: SocketStream) -> None:
    raw = stream.extra(SocketAttribute.raw_socket)
    raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in (
        ("TCP_KEEPIDLE", KEEPALIVE_IDLE_S),
        ("TCP_KEEPINTVL", KEEPALIVE_EVERY_S),
        ("TCP_KEEPCNT", KEEPALIVE_PROBES),
    ):
        if hasattr(socket, option):  # not on every system
            raw.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
