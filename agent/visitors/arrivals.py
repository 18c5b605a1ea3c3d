"""Sightings of a program that is told when they are durable: many at once in one commit, in the order they came.

    Came, Left ──> put() ──> waiting ──> run(): one take() of all that wait ──> durable() of each, in order
                     └── full: put() waits, and the program waits at its end of the socket

A program that was without its agent for an hour tells thousands at once; with a commit for each, an SD card would take
twenty minutes. On a full disk nothing is acknowledged, and it is tried again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import anyio

from agent.visitors.durable import until_durable
from agent.visitors.visit_day import NOBODY_SAME, VisitDay
from sensors.sighting import Sighting
from sensors.visits.book import Taken

MOST_WAITING = 512
"""More in one commit gains nothing, and holds the loop for longer than a note validator waits."""


@dataclass(frozen=True, slots=True)
class _Arrival:
    sighting: Sighting
    same: Mapping[str, str]
    durable: Callable[[], None]


class Arrivals:
    """One for a door; `waiting` is called each time that the disk takes nothing."""

    def __init__(self, day: VisitDay, waiting: Callable[[], None] = lambda: None) -> None:
        self._day = day
        self._disk_waits = waiting
        self._arrived: list[_Arrival] = []
        self._news = anyio.Event()
        self._room = anyio.Event()

    async def put(self, sighting: Sighting, durable: Callable[[], None], same: Mapping[str, str] = NOBODY_SAME) -> None:
        """Returns at once while there is room. `durable` is called once it is on the disk, or was taken before."""
        while len(self._arrived) >= MOST_WAITING:
            await self._room.wait()
        self._arrived.append(_Arrival(sighting, same, durable))
        self._news.set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            while not self._arrived:
                self._news = anyio.Event()
                await self._news.wait()
            batch = tuple(self._arrived)
            same = {was: key for one in batch for was, key in one.same.items()}

            async def take(batch: tuple[_Arrival, ...] = batch, same: dict[str, str] = same) -> tuple[Taken, ...]:
                return await self._day.take([one.sighting for one in batch], same)

            await until_durable(take, self._disk_waits)
            del self._arrived[: len(batch)]
            room, self._room = self._room, anyio.Event()
            room.set()
            for one in batch:
                one.durable()
