"""Fits a store's estimate to windows whose people are known: which signal is near, how many make presence, which slope.

Two whole numbers are chosen besides the slope and the background, each from few values:

    shift_db    -10 -5 0 5 10     another antenna, another height: all three signals of `Reach` move together
    needed      1 2 3             distinct close signatures that make presence

The choice is by leaving out one day at a time: the least sum of the days' mean relative error in occupied windows and
the error in empty ones, in parts of the mean number of people. Less than one hundredth is no difference between a few
days: then the smaller shift stays, then the smaller `needed`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf, nan

from sensors.estimate.calibration import OCCUPIED, UNCALIBRATED, Calibration, KnownWindow, Truth, calibrated, left_out
from sensors.estimate.presence import View, evidence
from sensors.estimate.tally import Reach, Trust, WindowReading

SHIFTS_DB = (0, -5, 5, -10, 10)
NEEDED = (1, 2, 3)
BETTER = 0.01


@dataclass(frozen=True, slots=True)
class KnownReading:
    """A window's counts and its people."""

    day: str
    reading: WindowReading
    people: float


@dataclass(frozen=True, slots=True)
class Method:
    """All that turns windows into people. `error`: the criterion on days left out, 0.16 is 16 %, nan when untaught."""

    reach: Reach
    needed: int
    view: View
    calibration: Calibration
    error: float


UNTAUGHT = Method(Reach(), 2, View.LIVE, UNCALIBRATED, nan)
"""Before anything is known of a store: what was found in the one room that was measured."""


def chosen(
    by_reach: Mapping[Reach, Sequence[KnownReading]], view: View, truth: Truth, made_on: str, whole_windows: bool = True
) -> Method:
    """The method for this store from the same windows read with each reach, the one to be kept when in doubt first.

    UNTAUGHT, with the first reach, until enough windows are known. `whole_windows` False: coverage was not recorded (an
    old capture), so it is not asked for.
    """
    best: Method | None = None
    for reach, rows in by_reach.items():
        for needed in NEEDED:
            known = known_windows(rows, needed, view, whole_windows)
            calibration = calibrated(known, truth, made_on)
            if not calibration.own:
                continue
            error = criterion(known)
            if best is None or error < best.error - BETTER:
                best = Method(reach, needed, view, calibration, error)
    return best or replace(UNTAUGHT, view=view, reach=next(iter(by_reach), Reach()))


def known_windows(rows: Sequence[KnownReading], needed: int, view: View, whole_windows: bool) -> list[KnownWindow]:
    found = evidence([row.reading for row in rows], needed, view)
    return [
        KnownWindow(row.day, value, row.people, row.reading.coverage if whole_windows else 1.0)
        for row, value in zip(rows, found, strict=True)
        if row.reading.trust is Trust.WHOLE
    ]


def criterion(known: Sequence[KnownWindow]) -> float:
    """The error on days left out, as the module says; infinite where a day cannot be left out."""
    relative: list[float] = []
    empty: list[float] = []
    for day in sorted({one.day for one in known}):
        pairs = left_out(known, day)
        if not pairs:
            return inf
        occupied = [(middle, people) for middle, people in pairs if people > OCCUPIED]
        empty += [abs(middle - people) for middle, people in pairs if people <= OCCUPIED]
        if occupied:
            wrong = sum(abs(middle - people) for middle, people in occupied)
            relative.append(wrong / sum(people for _, people in occupied))
    here = [one.people for one in known if one.people > OCCUPIED]
    if not relative or not here:
        return inf
    mean = sum(here) / len(here)
    return sum(relative) / len(relative) + (sum(empty) / len(empty) / mean if empty else 0.0)
