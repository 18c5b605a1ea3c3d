"""A link: bytes to and from one device, whatever the wire.

Everything above knows only these verbs; everything below (serial port, TCP socket, memory) provides them.
A link is open when you hold it and closed by leaving its `async with`; how to open one is `OpenLink`.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol


class LinkLost(Exception):
    """The wire is gone: closed by the other side, unplugged, or refused at opening."""


class Link(Protocol):
    """An open wire."""

    @property
    def address(self) -> str:
        """Where it leads, for people: `tcp://127.0.0.1:7778`, `serial:/dev/ttyACM0?baud=115200`, `memory:till-1`."""
        ...

    async def send(self, data: bytes) -> None:
        """Hand all bytes to the wire. Raises LinkLost; then any number of them, or none, may have left."""
        ...

    async def receive(self) -> bytes:
        """The next bytes, at least one. Raises LinkLost when the other side is gone."""
        ...

    def take_back(self, data: bytes) -> None:
        """Put bytes back in front of what `receive` returns next (what a grammar did not use)."""
        ...


OpenLink = Callable[[], AbstractAsyncContextManager[Link]]
"""Opens a fresh link, e.g. `partial(open_tcp, "127.0.0.1", 7778, within_s=2)`. Raises LinkLost."""
