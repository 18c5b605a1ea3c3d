"""How many people entered the shops with sensors, hour by hour, and how many of them bought. Pure.

An hour's count is the door camera's, else the visits that the sensors told apart. Its error band is the radar's own for
that hour, as a share: two figures of the same ears err alike. Within a store hours err together (one calibration), so
their bands add up; stores err apart, so theirs add in squares.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot, sqrt

from cloud_api.visitor_answers import StoreVisitors, VisitorHour

_SPREAD_95 = 1.96


@dataclass(frozen=True, slots=True)
class EnteredHour:
    """`entered` give or take `error` (80 %); `bought`: receipts of the same stores."""

    hour: int
    start_ms: int
    entered: int
    error: int
    bought: int


@dataclass(frozen=True, slots=True)
class Entered:
    """A day's people of `stores` stores. `conversion` in thousandths with its 95 % band, null where more was bought
    than people were seen."""

    entered: int
    error: int
    bought: int
    stores: int
    conversion: int | None
    conversion_low: int | None
    conversion_high: int | None
    hours: list[EnteredHour]


def entered_of(stores: Sequence[StoreVisitors]) -> Entered | None:
    """None: no store told of anybody."""
    heard = [store for store in stores if any(_people(hour) for hour in store.hours)]
    if not heard:
        return None
    entered: dict[tuple[int, int], int] = defaultdict(int)
    bought: dict[tuple[int, int], int] = defaultdict(int)
    squares: dict[tuple[int, int], float] = defaultdict(float)
    error = 0.0
    for store in heard:
        together = 0.0
        for hour in store.hours:
            key, reach = (hour.start_ms, hour.hour), _reach(hour)
            entered[key] += _people(hour)
            bought[key] += hour.receipts
            squares[key] = hypot(squares[key], reach)
            together += reach
        error = hypot(error, together)
    people, receipts = sum(entered.values()), sum(bought.values())
    low, high = share_band(receipts, people)
    return Entered(
        people, round(error), receipts, len(heard),
        round(1000 * receipts / people) if low is not None else None, low, high,
        [EnteredHour(clock, start, entered[start, clock], round(squares[start, clock]), bought[start, clock])
         for start, clock in sorted(entered)],
    )  # fmt: skip


def share_band(part: int, whole: int) -> tuple[int | None, int | None]:
    """The 95 % band of a share in thousandths (Wilson's). None where there is no share."""
    if whole <= 0 or part > whole:
        return None, None
    share, square = part / whole, _SPREAD_95**2
    middle = (share + square / (2 * whole)) / (1 + square / whole)
    reach = _SPREAD_95 * sqrt(share * (1 - share) / whole + square / (4 * whole * whole)) / (1 + square / whole)
    return max(0, round(1000 * (middle - reach))), min(1000, round(1000 * (middle + reach)))


def _people(hour: VisitorHour) -> int:
    return hour.visits if hour.entered is None else hour.entered


def _reach(hour: VisitorHour) -> float:
    """Half the 80 % band of the hour's people; where no ear told a band, that of a count by chance alone."""
    count, band = _people(hour), hour.people
    if band is None or not band.value:
        return 1.2816 * sqrt(count)
    return count * (band.high80 - band.low80) / (2 * band.value)
