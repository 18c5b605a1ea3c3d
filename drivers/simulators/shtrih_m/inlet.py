"""Bytes from the host, one at a time and with a deadline, while a task of its own keeps reading the link."""

from __future__ import annotations

from collections import deque

import anyio

from drivers.links.link import Link, LinkLost


class Inlet:
    """`pump` reads; `byte` gives. The end of the link is told only after its last byte."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._waiting: deque[int] = deque()
        self._news = anyio.Event()
        self.lost = False

    async def pump(self) -> None:
        try:
            while True:
                self._waiting += await self._link.receive()
                self._wake()
        except LinkLost:
            self.lost = True
            self._wake()

    def _wake(self) -> None:
        self._news.set()
        self._news = anyio.Event()

    async def byte(self, within_s: float | None = None) -> int | None:
        """The next byte, or None when none came in time. Raises LinkLost."""
        if not self._waiting and not self.lost:
            with anyio.move_on_after(within_s):
                while not self._waiting and not self.lost:
                    await self._news.wait()
        if self._waiting:
            return self._waiting.popleft()
        if self.lost:
            raise LinkLost(self._link.address)
        return None

    def give_back(self, byte: int) -> None:
        """It belongs to the other protocol."""
        self._waiting.appendleft(byte)
