"""Two connected links in memory, for tests and for a whole shop simulated in one thread.

What is sent at one end is received at the other, in order, at once and without limit. `cut()` breaks the wire: what had
already arrived can still be read, as on a socket, then both ends say LinkLost.
"""

from __future__ import annotations

import anyio
from anyio.lowlevel import checkpoint

from drivers.links.link import LinkLost


class MemoryLink:
    """One end of a wire in memory. Made by `pair`."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._arrived = bytearray()
        self._open = True
        self._changed = anyio.Event()
        self._other: MemoryLink | None = None

    @property
    def address(self) -> str:
        return self._address

    @property
    def is_open(self) -> bool:
        return self._open

    async def send(self, data: bytes) -> None:
        await checkpoint()
        other = self._other
        if not self._open or other is None:
            raise LinkLost(f"{self._address}: the wire is cut")
        other._arrived += data
        other._wake()

    async def receive(self) -> bytes:
        await checkpoint()
        while not self._arrived:
            if not self._open:
                raise LinkLost(f"{self._address}: the wire is cut")
            await self._changed.wait()
        taken = bytes(self._arrived)
        self._arrived.clear()
        return taken

    def take_back(self, data: bytes) -> None:
        self._arrived[:0] = data
        if data:
            self._wake()

    def cut(self) -> None:
        """Break the wire: both ends are closed. Harmless when repeated."""
        for end in (self, self._other):
            if end is not None:
                end._open = False
                end._wake()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = anyio.Event()


def pair(address: str) -> tuple[MemoryLink, MemoryLink]:
    """Two ends of one wire; both carry the address given, e.g. `memory:till-1`."""
    near, far = MemoryLink(address), MemoryLink(address)
    near._other, far._other = far, near
    return near, far
