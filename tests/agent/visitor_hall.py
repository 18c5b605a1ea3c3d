"""The agent's memory of visitors for tests: a store, a clock that a test sets, sightings, and what was told to HQ."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import anyio
import msgspec

from agent.visitors.readings import Readings
from agent.visitors.sensor_health import SensorHealth
from agent.visitors.visit_day import VisitDay
from sensors.sighting import Seen, Sighting
from sensors.visits.settings import VisitSettings
from sensors.visits.visit import OwnerOf, nobody
from sync.visitor_store.visitor_store import VisitorStore, open_visitors
from sync.wire.visit_facts import STREAM, HourFact, VisitFact

ZONE = ZoneInfo("Europe/Moscow")
MINUTE_MS, HOUR_MS, DAY_MS = 60_000, 3_600_000, 86_400_000
MIDNIGHT_MS = round(dt.datetime(2026, 3, 2, tzinfo=ZONE).timestamp() * 1000)
"""A Monday's, in the store's zone."""
TEN_MS = MIDNIGHT_MS + 10 * HOUR_MS


class HandClock:
    """Set by hand."""

    def __init__(self, at_ms: int = TEN_MS) -> None:
        self.at_ms = at_ms

    def now_ms(self) -> int:
        return self.at_ms

    def local(self) -> dt.datetime:
        return dt.datetime.fromtimestamp(self.at_ms / 1000, ZONE).replace(tzinfo=None, microsecond=0)


@dataclass
class Hall:
    store: VisitorStore
    clock: HandClock
    day: VisitDay
    readings: Readings
    health: SensorHealth
    owner_of: OwnerOf
    settings: VisitSettings
    numbers: Any = field(default_factory=lambda: itertools.count(1))

    def sighting(
        self, at_ms: int, key: str = "", seen: Seen = Seen.ASSOCIATED, sensor: str = "wifi", **more: Any
    ) -> Sighting:
        number = more.pop("seq", 0) or next(self.numbers)
        return Sighting(sensor=sensor, boot=more.pop("boot", "b1"), seq=number, seen=seen, at_ms=at_ms, key=key, **more)

    def stay(self, key: str, from_ms: int, minutes: int) -> list[Sighting]:
        """Associated, told each five minutes, left."""
        told = [self.sighting(at_ms, key) for at_ms in range(from_ms, from_ms + minutes * MINUTE_MS, 5 * MINUTE_MS)]
        return [*told, self.sighting(from_ms + minutes * MINUTE_MS, key, Seen.DISASSOCIATED)]

    def crossing(self, at_ms: int, inwards: bool = True) -> Sighting:
        return self.sighting(at_ms, "", Seen.LINE_IN if inwards else Seen.LINE_OUT, "cam")

    def watch(self, from_ms: int, until_ms: int, camera: str = "cam") -> None:
        """The camera saw all of it."""
        for at_ms in range(from_ms, until_ms, MINUTE_MS):
            self.day.watch.watched(camera, at_ms)

    def told(self, kind: str) -> list[Any]:
        """What HQ was told, in order."""
        rows = self.store.outbox_read(STREAM, 0, 100_000, 1 << 30)
        shape = {"visit": VisitFact, "hour": HourFact}[kind]
        return [msgspec.json.decode(row.body, type=shape) for row in rows if row.kind == kind]


@asynccontextmanager
async def hall(
    directory: Path, clock: HandClock | None = None, owner_of: OwnerOf = nobody, **settings: Any
) -> AsyncIterator[Hall]:
    clock = clock or HandClock()
    told = VisitSettings(zone=ZONE, **settings)
    async with open_visitors(directory, device="shop-1", epoch=1, now_ms=clock.now_ms) as store:
        day = VisitDay(store, clock, told, owner_of)
        readings = Readings(store, clock, ZONE, day.people_in)
        day.heard = readings.hour
        yield Hall(store, clock, day, readings, SensorHealth(clock), owner_of, told)


def run(work: Callable[[], Awaitable[None]]) -> None:
    anyio.run(work)


async def until(so: Callable[[], object], within_s: float = 10) -> None:
    with anyio.fail_after(within_s):
        while not so():  # noqa: ASYNC110
            await anyio.sleep(0.01)
