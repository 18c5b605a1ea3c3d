"""Every moment at which the power can go, numbered: before and after each commit, write and read, and half a frame.

The product has no hooks for this: the simulation wraps what the agent is handed (links, the disk). A dry run counts
the points of a scenario; then the same scenario is run with the power going at them (`cuts.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from drivers.links.link import Link, LinkLost
from tests.simulation.cuts import Cut


class PowerCut(BaseException):
    """The agent's power is gone: not an Exception, so that no product code can catch it."""


class Points:
    """The points of one life of the agent. Numbered while `counting`: the power goes at the one that `where` names.

    A simulated day counts nothing: `cut_in` says after how many more points whose name begins so the power goes.
    """

    def __init__(self) -> None:
        self.names: list[str] = []
        self.counting = False
        self.where = Cut()
        self.dead = False
        self.on_cut: Callable[[], None] = lambda: None
        self.heard: Callable[[], None] = lambda: None
        """Told at each point before it is one."""
        self._countdown: int | None = None
        self._beginning = ""

    def cut_in(self, points: int, beginning: str = "") -> None:
        self._countdown, self._beginning = points, beginning

    def passed(self, name: str) -> None:
        """One point. Raises PowerCut at the chosen one and everywhere after it."""
        if self._is_the_one(name):
            self.cut()
            raise PowerCut

    def cut(self) -> None:
        """The power goes now: what is on the disk stays, nothing more leaves. It goes once: half a frame may be leaving
        at one device while another point takes the power away."""
        if self.dead:
            return
        self.dead = True
        self.on_cut()

    def will_cut_here(self, name: str) -> bool:
        """Counts a point at which something half done must happen first; then call `cut` and raise."""
        return self._is_the_one(name)

    def _is_the_one(self, name: str) -> bool:
        if self.dead:
            raise PowerCut
        self.heard()
        if self._countdown is not None and name.startswith(self._beginning):
            self._countdown -= 1
            if self._countdown < 0:
                return True
        if not self.counting:
            return False
        self.names.append(name)
        return self.where.here(len(self.names) - 1)


class PoweredLink:
    """A link of the agent: each send and receive is a point."""

    def __init__(self, link: Link, device: str, points: Points) -> None:
        self._link = link
        self._device = device
        self._points = points

    @property
    def address(self) -> str:
        return self._link.address

    async def send(self, data: bytes) -> None:
        self._points.passed(f"{self._device} write before {data[:3].hex()}")
        if len(data) > 1 and self._points.will_cut_here(f"{self._device} write half {data[:3].hex()}"):
            await self._link.send(data[: len(data) // 2])
            self._points.cut()
            raise PowerCut
        await self._link.send(data)
        self._points.passed(f"{self._device} write after {data[:3].hex()}")

    async def receive(self) -> bytes:
        if self._points.dead:
            raise PowerCut
        data = await self._link.receive()
        self._points.passed(f"{self._device} read {data[:3].hex()}")
        return data

    def take_back(self, data: bytes) -> None:
        self._link.take_back(data)


OpenWire = Callable[[], AbstractAsyncContextManager[Link]]


def powered(open_wire: OpenWire, device: str, points: Points) -> OpenWire:
    """The same wire, with its points."""

    @asynccontextmanager
    async def opened():  # type: ignore[no-untyped-def]
        if points.dead:
            raise LinkLost(device)
        async with open_wire() as link:
            yield PoweredLink(link, device, points)

    return opened
