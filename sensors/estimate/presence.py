"""From the counts of windows in a row to one number a window that grows with the people in the room.

    presence    is anybody in the room?      `needed` distinct signatures close to the sensor; a quiet window enclosed
                                             by such ones (within half an hour on both sides) is presence too
    evidence    0 without presence; else     (near + 1.6 * minutes + 0.47 * addresses) / 3, averaged with the
                                             neighbouring windows of the same presence

Three counts are averaged because they fail differently: equal phones share a signature and lower `near`; a chatty phone
raises `minutes`; one that makes up many addresses raises `addresses`.

A report looks at the windows on both sides. A live figure knows the past only: presence is kept for half an hour by a
single close signature, and the average is over this window and the one before.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

from sensors.estimate.tally import WINDOW_MS, Trust, WindowReading

MINUTES_WEIGHT = 1.6
ADDRESSES_WEIGHT = 0.47
"""Bring the other two counts to the size of `near`: ratios of the sums over occupied windows of the seven dates that
`sensors/radar/people.py` names."""
ENCLOSED = 3
"""Half an hour: a sleeping phone may be silent for minutes, a class or a shop does not empty and fill twice in it."""


class View(Enum):
    """Which windows may be looked at beside a window."""

    REPORT = "report"
    LIVE = "live"


def presence(readings: Sequence[WindowReading], needed: int, view: View) -> list[bool]:
    """Of each window, whether anybody is in the room. `readings` in the order of time; gaps in time part them."""
    by_start = {one.start_ms: one.close for one in readings if one.trust is Trust.WHOLE}
    sure = {start for start, close in by_start.items() if close >= needed}
    return [_present(one, by_start, sure, view) for one in readings]


def evidence(readings: Sequence[WindowReading], needed: int, view: View) -> list[float]:
    """Of each window, a number in the size of a count of signatures; 0 without presence. Never below 0."""
    present = dict(zip((one.start_ms for one in readings), presence(readings, needed, view), strict=True))
    usable = {one.start_ms: one for one in readings if one.trust is Trust.WHOLE}
    sides = (-WINDOW_MS, WINDOW_MS) if view is View.REPORT else (-WINDOW_MS,)
    found: list[float] = []
    for one in readings:
        if not present[one.start_ms]:
            found.append(0.0)
            continue
        beside = [one.start_ms + side for side in sides]
        group = [one, *(usable[start] for start in beside if start in usable and present[start])]
        found.append(sum(size(member) for member in group) / len(group))
    return found


def size(reading: WindowReading) -> float:
    """The three counts of one window in one."""
    return (reading.near + MINUTES_WEIGHT * reading.minutes + ADDRESSES_WEIGHT * reading.addresses) / 3


def _present(one: WindowReading, by_start: dict[int, int], sure: set[int], view: View) -> bool:
    if one.start_ms in sure:
        return True
    if one.start_ms not in by_start:
        return False
    before = any(one.start_ms - back * WINDOW_MS in sure for back in range(1, ENCLOSED + 1))
    if view is View.LIVE:
        return before and one.close > 0
    return before and any(one.start_ms + ahead * WINDOW_MS in sure for ahead in range(1, ENCLOSED + 1))
