"""How many people one unit of evidence stands for in this store, and how wrong that was where the truth was known.

    people = slope * max(0, evidence - background)          that is: slope, and offset = -slope * background

`slope` is the ratio of the sums, `background` the median evidence of windows that were known to be empty: people are
never below zero and never fall when the evidence grows. Of the forms compared by leaving one date out
(sensors/radar/people.py) this one, with the fewest parameters, was wrong by the least on the date left out.

The band comes from windows that the fit did not see: each day is left out in turn, the rest fitted, and the day's
misses kept, divided by the root of the estimate, for counts spread as counts do. Windows of one day err together (the
same people stay for hours), and tomorrow is another day: so each day gives the miss that holds `level` of its windows,
and of those of n days the k-th smallest is taken, k = ceil((n + 1) * level), the largest where k > n (conformal
prediction in two layers; Dunn, Wasserman, Ramdas 2022, JASA). With days unlike all those known it still fails.
Windows estimated as empty have misses of their own, of all days together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from math import ceil, sqrt
from statistics import median

OCCUPIED = 0.5
"""People on average from which a window counts as occupied: half the window with one person."""
ROOM_SLOPE = 1.59
"""People for one near signature in the one room that was measured (/reference/sensors/wifi.md): students."""
ROOM_FACTOR = {80: 2.0, 95: 3.0}
"""An uncalibrated band: audience factors published for other rooms differ by so much. A guess, and told as one."""
ENOUGH_WINDOWS, ENOUGH_OCCUPIED, ENOUGH_DAYS = 40, 20, 3
"""Less than a day's opening hours fixes no slope, and windows of one day are alike."""
ENOUGH_OF_A_DAY = 5
"""Windows from which a day has a miss of its own: of fewer, 80 % of them are all of them."""
FULL = 0.8
"""Coverage from which a window may calibrate: the sensor missed two minutes at the most."""
LEVELS = (80, 95)


class Truth(Enum):
    """Against what the calibration was made. ROOM: not in this store at all."""

    ROOM = "room"
    DOORS = "doors"
    RECEIPTS = "receipts"
    COUNTED = "counted"


@dataclass(frozen=True, slots=True)
class KnownWindow:
    """A window whose people are known. `day`: ISO date in the store's zone; `people`: mean over the window."""

    day: str
    evidence: float
    people: float
    coverage: float = 1.0


@dataclass(frozen=True, slots=True)
class Fit:
    slope: float
    background: float

    def people(self, evidence: float) -> float:
        return self.slope * max(0.0, evidence - self.background)

    @property
    def offset(self) -> float:
        return -self.slope * self.background


@dataclass(frozen=True, slots=True)
class Miss:
    """At one level: `spread` in roots of the estimate where people are estimated, `unseen` people where none are."""

    spread: float
    unseen: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """`made_on`: ISO date, None for the room's. `windows`, `occupied`, `days`: what it was made from."""

    fit: Fit
    truth: Truth
    made_on: str | None = None
    windows: int = 0
    occupied: int = 0
    days: int = 0
    misses: tuple[tuple[int, Miss], ...] = ()

    @property
    def own(self) -> bool:
        """False: this store is not calibrated, and figures say so."""
        return self.truth is not Truth.ROOM

    def people(self, evidence: float) -> float:
        return self.fit.people(evidence)

    def band(self, evidence: float, level: int) -> tuple[float, float]:
        """Lowest and highest number of people at 80 or 95 %. Never below 0; wider for larger counts."""
        middle = self.people(evidence)
        if not self.own:
            factor = ROOM_FACTOR[level]
            return middle / factor, middle * factor + factor
        miss = dict(self.misses)[level]
        if middle <= 0:
            return 0.0, miss.unseen
        reach = miss.spread * sqrt(max(1.0, middle))
        # An estimate above nothing is no better known than nothing itself.
        return max(0.0, middle - reach), max(middle + reach, miss.unseen)


UNCALIBRATED = Calibration(Fit(ROOM_SLOPE, 0.0), Truth.ROOM)


def fitted(known: Sequence[KnownWindow]) -> Fit | None:
    """None where no window has both people and evidence."""
    empty = [one.evidence for one in known if one.people <= OCCUPIED]
    background = median(empty) if empty else 0.0
    above = sum(max(0.0, one.evidence - background) for one in known if one.people > OCCUPIED)
    people = sum(one.people for one in known if one.people > OCCUPIED and one.evidence > background)
    return Fit(people / above, background) if above > 0 else None


def calibrated(known: Sequence[KnownWindow], truth: Truth, made_on: str) -> Calibration:
    """A store's calibration, or UNCALIBRATED until enough windows on enough days are known."""
    usable = [one for one in known if one.coverage >= FULL]
    days = sorted({one.day for one in usable})
    occupied = sum(one.people > OCCUPIED for one in usable)
    if len(usable) < ENOUGH_WINDOWS or occupied < ENOUGH_OCCUPIED or len(days) < ENOUGH_DAYS:
        return UNCALIBRATED
    fit = fitted(usable)
    if fit is None:
        return UNCALIBRATED
    pairs = [left_out(usable, day) for day in days]
    misses = tuple((level, _miss(pairs, level)) for level in LEVELS)
    return Calibration(fit, truth, made_on, len(usable), occupied, len(days), misses)


def left_out(known: Sequence[KnownWindow], day: str) -> list[tuple[float, float]]:
    """(estimate, people) of one day's windows by a fit to all other days; nothing where those allow no fit."""
    fit = fitted([one for one in known if one.day != day])
    return [] if fit is None else [(fit.people(one.evidence), one.people) for one in known if one.day == day]


def _miss(by_day: Sequence[Sequence[tuple[float, float]]], level: int) -> Miss:
    seen = [
        sorted(abs(people - middle) / sqrt(max(1.0, middle)) for middle, people in pairs if middle > 0)
        for pairs in by_day
    ]
    # Too few windows a day make one day of all: nothing is known of the days apart.
    days = [one for one in seen if len(one) >= ENOUGH_OF_A_DAY] or [sorted(miss for one in seen for miss in one)]
    each = sorted(one[ceil(len(one) * level / 100) - 1] for one in days if one)
    spread = _conformal(each, level) if each else sqrt(ROOM_FACTOR[level])
    unseen = sorted(people for pairs in by_day for middle, people in pairs if middle <= 0)
    # One person may always be there with a silent phone: empty windows do not prove the contrary.
    return Miss(spread, max(1.0, _conformal(unseen, level) if unseen else 0.0))


def _conformal(ordered: Sequence[float], level: int) -> float:
    return ordered[min(ceil((len(ordered) + 1) * level / 100), len(ordered)) - 1]
