"""The cable between the till and one device, which somebody pulls out and puts back.

`OUT` is a plug pulled: both ends know at once (USB, a socket on a dead port). `DEAD` is a switch without power: bytes
vanish both ways and nobody is told; when it comes back a connection that lost bytes is broken, the others go on.
"""

from __future__ import annotations

from enum import Enum

import trio

from drivers.links.link import LinkLost
from drivers.links.memory import MemoryLink

CONNECT_WITHIN_S = 3.0
"""How long a connection attempt into a dead network takes to fail, as the agent's TCP link has it."""


class Plug(Enum):
    IN = "in"
    OUT = "out"
    DEAD = "dead"


class Cable:
    """One device's way to the till; all connections of the device go through it."""

    def __init__(self) -> None:
        self.plug = Plug.IN
        self._ends: dict[MemoryLink, CabledLink] = {}

    def pull(self, plug: Plug) -> None:
        self.plug = plug
        if plug is Plug.OUT:
            self._break(list(self._ends))

    def put_back(self) -> None:
        self.plug = Plug.IN
        self._break([near for near, end in self._ends.items() if end.lost])

    def _break(self, nears: list[MemoryLink]) -> None:
        for near in nears:
            near.cut()

    async def connectable(self, address: str) -> None:
        """Raises LinkLost where nothing can be reached."""
        if self.plug is Plug.DEAD:
            await trio.sleep(CONNECT_WITHIN_S)
        if self.plug is not Plug.IN:
            raise LinkLost(address)

    def carry(self, near: MemoryLink) -> CabledLink:
        end = self._ends[near] = CabledLink(near, self)
        return end

    def done(self, near: MemoryLink) -> None:
        self._ends.pop(near, None)


class CabledLink:
    """The till's end of one connection."""

    def __init__(self, near: MemoryLink, cable: Cable) -> None:
        self._near = near
        self._cable = cable
        self.lost = False

    @property
    def address(self) -> str:
        return self._near.address

    async def send(self, data: bytes) -> None:
        if self._cable.plug is Plug.DEAD:
            self.lost = True
            await trio.lowlevel.checkpoint()
            return
        await self._near.send(data)

    async def receive(self) -> bytes:
        while True:
            data = await self._near.receive()
            if self._cable.plug is not Plug.DEAD:
                return data
            self.lost = True

    def take_back(self, data: bytes) -> None:
        self._near.take_back(data)
