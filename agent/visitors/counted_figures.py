"""Figures of what was counted, not estimated: a count, a share, a median, each with the band that chance alone gives.

count     itself, no band
share     Wilson's interval (1927): k of n people, each for themselves; it never leaves 0 to 1, and holds for few
median    the order statistics that enclose it by the binomial law; no assumption about how stays are spread
"""

from __future__ import annotations

from collections.abc import Sequence
from math import comb, floor, sqrt
from statistics import median

from agent.visitors.view import FigureView
from sensors.estimate.figures import Figure

DEVIATIONS = {80: 1.2816, 95: 1.96}
"""Standard normal quantiles of two-sided bands."""
MANY = 100
"""From here on the normal law stands for the binomial one: they differ by no more than one place."""


def none(said: str) -> FigureView:
    return FigureView(said)


def count(number: int) -> FigureView:
    return FigureView("counted", number, number, number, number, number)


def share(part: int, whole: int, nothing: str) -> FigureView:
    """`nothing` is said where the whole is 0. Raises ValueError for a part that is more than the whole."""
    if not 0 <= part <= whole:
        raise ValueError(f"{part} of {whole}")
    if whole == 0:
        return none(nothing)
    (low80, high80), (low95, high95) = (wilson(part, whole, DEVIATIONS[level]) for level in (80, 95))
    return FigureView("counted", part / whole, low80, high80, low95, high95)


def wilson(part: int, whole: int, z: float) -> tuple[float, float]:
    """Lowest and highest share."""
    middle = (part + z * z / 2) / (whole + z * z)
    reach = z * sqrt(part * (whole - part) / whole + z * z / 4) / (whole + z * z)
    return max(0.0, middle - reach), min(1.0, middle + reach)


def middle_of(values: Sequence[float], nothing: str) -> FigureView:
    """The median; `nothing` is said where there are no values. Fewer than six cannot give a band of 95 %: then it is
    their whole range."""
    if not values:
        return none(nothing)
    ordered = sorted(values)
    (low80, high80), (low95, high95) = (_around(ordered, level) for level in (80, 95))
    return FigureView("counted", median(ordered), low80, high80, low95, high95)


def _around(ordered: Sequence[float], level: int) -> tuple[float, float]:
    """The narrowest symmetric pair of values that holds the median with this probability; else the outermost."""
    n = len(ordered)
    if n > MANY:
        place = max(0, floor(n / 2 - DEVIATIONS[level] * sqrt(n) / 2) - 1)
        return ordered[place], ordered[n - 1 - place]
    tail, sure = 0.0, 0
    while sure < n // 2:
        tail += comb(n, sure) / 2**n  # the median lies below the next value with this probability
        if 1 - 2 * tail < level / 100:
            break
        sure += 1
    place = max(0, sure - 1)
    return ordered[place], ordered[n - 1 - place]


def estimated(figure: Figure | None) -> FigureView:
    """A radar's figure as a page shows it."""
    if figure is None:
        return none("no_sensor")
    said, on = figure.said.value, figure.calibrated_on or ""
    if figure.value is None:
        return FigureView(said, calibrated_on=on)
    bands = {band.level: band for band in figure.bands}
    return FigureView(said, figure.value, bands[80].low, bands[80].high, bands[95].low, bands[95].high, on)
