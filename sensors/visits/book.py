"""The day's sightings by key, each taken once, and the visits that they come to now.

Nothing is decided when a sighting arrives: presences are folded anew from what is there, so arrival order, repetition
and a link that was down for an hour leave no trace. Only two things are refused: what is a day late, because the day is
with HQ, and what lies in the future, because its clock is wrong; both are told.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from itertools import pairwise

from sensors.sighting import Seen, Sighting
from sensors.visits.presence import EXITS, Presence, presences
from sensors.visits.settings import VisitSettings
from sensors.visits.visit import OwnerOf, Visits, nobody, visits

JITTER_MS = 2_000
"""Two threads of one sensor may number in another order than they read the clock."""


class Taken(Enum):
    NEW = "new"
    DOUBLED = "doubled"
    TOO_LATE = "too_late"
    AHEAD = "ahead"


@dataclass(frozen=True, slots=True)
class ClockJump:
    """Between two sightings of one boot the sensor's clock went back by `back_ms`."""

    sensor: str
    boot: str
    seq: int
    back_ms: int


@dataclass(slots=True)
class VisitBook:
    """Sightings with a key; the keyless ones of a door camera are counted in `crossings` and belong to nobody."""

    settings: VisitSettings
    known: dict[str, Sighting] = field(default_factory=dict)
    refused: dict[Taken, int] = field(default_factory=dict)

    def take(self, sighting: Sighting, received_ms: int) -> Taken:
        """Takes it in, or says why not. `received_ms` is this machine's clock."""
        taken = self.judge(sighting, received_ms)
        if taken is Taken.NEW:
            self.known[sighting.id] = sighting
        else:
            self.refused[taken] = self.refused.get(taken, 0) + 1
        return taken

    def judge(self, sighting: Sighting, received_ms: int) -> Taken:
        """What `take` would say; takes nothing in."""
        if sighting.id in self.known:
            return Taken.DOUBLED
        if received_ms - sighting.at_ms > self.settings.late_s * 1000:
            return Taken.TOO_LATE
        return Taken.AHEAD if sighting.at_ms - received_ms > self.settings.ahead_s * 1000 else Taken.NEW

    def presences(self, now_ms: int) -> list[Presence]:
        """Of every key in every zone where it was seen; an exit is an exit from each of them."""
        by_key: dict[str, list[Sighting]] = {}
        for sighting in self.known.values():
            if sighting.key:
                by_key.setdefault(sighting.key, []).append(sighting)
        found: list[Presence] = []
        for seen in by_key.values():
            exits = [one for one in seen if one.seen in EXITS]
            by_zone: dict[str, list[Sighting]] = {}
            for one in seen:
                if one.seen not in EXITS:
                    by_zone.setdefault(one.zone, []).append(one)
            for stays in by_zone.values():
                found += presences([*stays, *exits], self.settings, now_ms)
        return found

    def visits(self, now_ms: int, owner_of: OwnerOf = nobody) -> Visits:
        return visits(self.presences(now_ms), self.settings, now_ms, owner_of)

    def forget(self, before_ms: int) -> int:
        """Drops sightings of days that nothing may change any more; how many. Call it with a midnight, a day old."""
        old = [id for id, sighting in self.known.items() if sighting.at_ms < before_ms]
        for id in old:
            del self.known[id]
        return len(old)

    def jumps(self) -> tuple[ClockJump, ...]:
        """Where a sensor's clock went back while it was running."""
        return clock_jumps(self.known.values())


def clock_jumps(sightings: Iterable[Sighting]) -> tuple[ClockJump, ...]:
    """In the order of numbering, so that late arrival is no jump. Sorted by sensor, boot and number."""
    ordered = sorted(sightings, key=lambda one: (one.sensor, one.boot, one.seq))
    found = []
    for one, after in pairwise(ordered):
        back_ms = one.at_ms - after.at_ms
        if (one.sensor, one.boot) == (after.sensor, after.boot) and back_ms > JITTER_MS:
            found.append(ClockJump(after.sensor, after.boot, after.seq, back_ms))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Crossings:
    """Door line counts of one hour (UTC, `hour_ms` is its beginning)."""

    hour_ms: int
    zone: str
    entered: int
    left: int


def crossings(sightings: Iterable[Sighting]) -> tuple[Crossings, ...]:
    """Each crossing once, by hour and door, with or without a key: the count that nobody has to be known for."""
    once = {one.id: one for one in sightings if one.seen in (Seen.LINE_IN, Seen.LINE_OUT)}
    counts: dict[tuple[int, str], list[int]] = {}
    for one in once.values():
        counts.setdefault((one.at_ms - one.at_ms % 3_600_000, one.zone), [0, 0])[one.seen is Seen.LINE_OUT] += 1
    return tuple(Crossings(hour, zone, *counts[hour, zone]) for hour, zone in sorted(counts))
