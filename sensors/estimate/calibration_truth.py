"""How many people a window truly had, from what else the shop counts: its door, or its receipts.

    door        in  ──┐      ┌──      mean number inside over the window, each crossing at its moment
                      └──────┘
                         out
    receipts    people inside = entries per minute * minutes of stay (Little's law, 1961)
                entries       = receipts / conversion

A door counter errs a little each day, so that what it says is inside drifts: `inside_at_opening` is known to be 0 each
morning and is given anew. Receipts know conversion and stay only as settings; a calibration by them says so.
"""

from __future__ import annotations

from collections.abc import Iterable

from sensors.estimate.tally import WINDOW_MS


def people_by_door(start_ms: int, inside_at_start: int, crossings: Iterable[tuple[int, int]]) -> tuple[float, int]:
    """(mean number inside, number inside at the end). `crossings`: (moment, +1 in or -1 out), in any order; those of
    other windows are left out. More leaving than were inside means missed entries: nobody is inside, not fewer."""
    inside = max(0, inside_at_start)
    at = start_ms
    total = 0
    ends = start_ms + WINDOW_MS
    for moment, step in sorted(one for one in crossings if start_ms <= one[0] < ends):
        total += inside * (moment - at)
        inside, at = max(0, inside + step), moment
    total += inside * (ends - at)
    return total / WINDOW_MS, inside


def people_by_receipts(receipts: int, conversion: float, stay_min: float) -> float:
    """Mean number inside. `conversion`: receipts / entries, 0.1 is 10 %; `stay_min`: mean stay in minutes.

    Raises ValueError for a conversion outside (0, 1] and a stay that is not above 0.
    """
    if not 0 < conversion <= 1 or not stay_min > 0:
        raise ValueError("conversion is above 0 and at most 1, a stay is longer than nothing")
    return receipts / conversion * stay_min * 60_000 / WINDOW_MS
