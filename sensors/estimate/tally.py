"""What one window of ten minutes heard, as sets: frames in any order, or told twice, leave the same tally.

    phone ──probe──> signal at the sensor     >= close   here: within a few metres
                                              >= near    in the room
                                              >= wide    in the room or behind its wall
                                              <  wide    passing by

Only addresses that the phone made up count: those given by a maker belong to equipment far more often than to visitors
(/reference/sensors/wifi.md: on empty days they are all that is heard).

A tally holds keys of addresses. It is kept where the day's salt is kept (memory-backed, for a restart within the
window), and never leaves the radar's process; what leaves is its `WindowReading`, which is numbers only.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from math import log1p
from typing import TypeVar

import msgspec

WINDOW_MS = 600_000
"""Ten minutes: phones probe 0.2 to 2.2 times a minute, so a shorter window misses phones that are there."""
SLOT_MS = 10_000
"""A sensor tells every few seconds that it lives; a slot in which it did not is a gap."""
SLOTS = WINDOW_MS // SLOT_MS
BURST_GAP_MS = 2_000
"""A phone sweeps all channels in less; the next sweep comes no sooner than after some seconds."""
_TENTH_MS = 100
MOST_SIGNATURES = 4_096
"""The busiest window of a lecture room shows 27. More are made up, by somebody who wants the figures or the memory."""
MOST_FACTS = 65_536
"""Addresses and moments kept of a window; the busiest one measured has 1,602 frames of made-up addresses."""

_Fact = TypeVar("_Fact", str, int)


class Reach(msgspec.Struct, frozen=True):
    """From which signal on a phone is close, near, and within hearing of the room. dBm at the sensor."""

    close_dbm: int = -60
    near_dbm: int = -70
    wide_dbm: int = -80

    def shifted(self, by_db: int) -> Reach:
        """The same room through another antenna."""
        return Reach(self.close_dbm + by_db, self.near_dbm + by_db, self.wide_dbm + by_db)


class Trust(Enum):
    """Why a window's counts may not be used. WHOLE: they may."""

    WHOLE = "whole"
    SILENT = "silent"
    CLOCK = "clock"
    OVERFLOW = "overflow"


@dataclass(frozen=True, slots=True)
class WindowReading:
    """The numbers of one window. `coverage`: share of it in which the sensor lived, 0 to 1.

    `close`, `near`: distinct signatures. `bursts`: scans of near ones. `minutes`: mean number of signatures within
    hearing in a minute. `addresses`: made-up addresses within hearing, each further one of a signature counting less
    (the sum of ln(1 + n)), because one phone makes up many. `far`: the same of addresses that stayed far.
    """

    start_ms: int
    coverage: float
    trust: Trust
    close: int = 0
    near: int = 0
    bursts: int = 0
    minutes: float = 0.0
    addresses: float = 0.0
    far: float = 0.0

    @property
    def bursts_each(self) -> float:
        """Scans of a near signature: how long phones stay and how awake they are, 0 where none is near."""
        return self.bursts / self.near if self.near else 0.0


class SignatureHeard(msgspec.Struct):
    """One signature in one window. Times are tenths of a second and minutes since the window began."""

    strongest_dbm: int = -128
    wide: set[str] = msgspec.field(default_factory=set)
    far: set[str] = msgspec.field(default_factory=set)
    near_tenths: set[int] = msgspec.field(default_factory=set)
    minutes: set[int] = msgspec.field(default_factory=set)


class WindowTally(msgspec.Struct):
    """One window being heard."""

    start_ms: int
    reach: Reach = Reach()
    heard: dict[str, SignatureHeard] = msgspec.field(default_factory=dict)
    alive: set[int] = msgspec.field(default_factory=set)
    facts: int = 0
    overflowed: bool = False
    clock_jumped: bool = False

    def live(self, at_ms: int) -> None:
        """The sensor was heard of at this moment, with or without a probe."""
        self.alive.add(self._within(at_ms) // SLOT_MS)

    def add(self, at_ms: int, source: str, made_up: bool, signature: str, signal_dbm: int | None) -> None:
        """One probe. `source` and `signature` are keys. Raises ValueError for another window's moment."""
        at = self._within(at_ms)
        self.alive.add(at // SLOT_MS)
        if not made_up or signal_dbm is None:
            return  # without a signal nobody knows whether it was in the room
        one = self.heard.get(signature)
        if one is None:
            if len(self.heard) >= MOST_SIGNATURES:
                self.overflowed = True
                return
            one = self.heard[signature] = SignatureHeard()
        if signal_dbm > one.strongest_dbm:
            one.strongest_dbm = signal_dbm
        reach = self.reach
        if signal_dbm < reach.wide_dbm:
            self._keep(one.far, source)
            return
        self._keep(one.wide, source)
        one.minutes.add(at // 60_000)
        if signal_dbm >= reach.near_dbm:
            self._keep(one.near_tenths, at // _TENTH_MS)

    def join(self, other: WindowTally) -> None:
        """Adds what another tally of this window heard under the same salt: before a restart, or at a second antenna.

        The same tally twice changes nothing. Raises ValueError for another window or another reach.
        """
        if (other.start_ms, other.reach) != (self.start_ms, self.reach):
            raise ValueError("tallies of different windows")
        for signature, theirs in other.heard.items():
            one = self.heard.get(signature)
            if one is None:
                if len(self.heard) >= MOST_SIGNATURES:
                    self.overflowed = True
                    break
                one = self.heard[signature] = SignatureHeard()
            one.strongest_dbm = max(one.strongest_dbm, theirs.strongest_dbm)
            for source in theirs.wide:
                self._keep(one.wide, source)
            for source in theirs.far:
                self._keep(one.far, source)
            for tenth in theirs.near_tenths:
                self._keep(one.near_tenths, tenth)
            one.minutes |= theirs.minutes
        self.alive |= other.alive
        self.overflowed = self.overflowed or other.overflowed
        self.clock_jumped = self.clock_jumped or other.clock_jumped

    def reading(self) -> WindowReading:
        """The numbers; all zero where they may not be used."""
        coverage = len(self.alive) / SLOTS
        trust = self._trust()
        if trust is not Trust.WHOLE:
            return WindowReading(self.start_ms, coverage, trust)
        reach, heard = self.reach, self.heard
        near = [one for one in heard.values() if one.strongest_dbm >= reach.near_dbm]
        # In the order of the keys: a sum of floats depends on its order, and frames come in any.
        ordered = [heard[signature] for signature in sorted(heard)]
        return WindowReading(
            self.start_ms,
            coverage,
            trust,
            close=sum(one.strongest_dbm >= reach.close_dbm for one in near),
            near=len(near),
            bursts=sum(_bursts(one.near_tenths) for one in near),
            minutes=sum(len(one.minutes) for one in ordered) * 60_000 / WINDOW_MS,
            addresses=sum(log1p(len(one.wide)) for one in ordered),
            far=sum(log1p(len(one.far - one.wide)) for one in ordered),
        )

    def _trust(self) -> Trust:
        if self.clock_jumped:
            return Trust.CLOCK
        if self.overflowed:
            return Trust.OVERFLOW
        return Trust.WHOLE if self.alive else Trust.SILENT

    def _within(self, at_ms: int) -> int:
        at = at_ms - self.start_ms
        if not 0 <= at < WINDOW_MS:
            raise ValueError("a moment of another window")
        return at

    def _keep(self, among: set[_Fact], fact: _Fact) -> None:
        if fact in among:
            return
        if self.facts >= MOST_FACTS:
            self.overflowed = True
            return
        among.add(fact)
        self.facts += 1


def window_of(at_ms: int) -> int:
    """When the window began that a moment belongs to; windows stand on the UTC clock."""
    return at_ms - at_ms % WINDOW_MS


def _bursts(tenths: set[int]) -> int:
    """How many scans: moments with no more than the gap between them are one."""
    gap = BURST_GAP_MS // _TENTH_MS
    count, last = 0, -gap - 1
    for tenth in sorted(tenths):
        if tenth - last > gap:
            count += 1
        last = tenth
    return count
