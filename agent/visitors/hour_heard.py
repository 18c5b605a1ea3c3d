"""What the radar adds to an hour of the shop, and the mean of several windows' figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sensors.estimate.calibration import LEVELS
from sensors.estimate.figures import Band, Figure, Said


@dataclass(frozen=True, slots=True)
class HourHeard:
    """`people`: in the shop on average; `passers`: heard outside only; None without a radar. `coverage`: the share of
    the hour that was heard, 0 to 1."""

    people: Figure | None = None
    passers: Figure | None = None
    coverage: float = 0.0


def mean_of(figures: Sequence[Figure], wanted: int) -> Figure:
    """The mean over `wanted` windows of which these are told; no figure where fewer than half of them have one.

    The bands' bounds are averaged too: neighbouring windows are wrong together, by one slope, and averaging makes them
    no truer.
    """
    valued = [one for one in figures if one.value is not None]
    coverage = sum(one.coverage for one in figures) / wanted
    if 2 * len(valued) < wanted:
        reasons = [one.said for one in figures if one.value is None]
        missing = wanted - len(figures)
        told = max(reasons, key=reasons.count) if len(reasons) > missing else Said.SILENT
        return Figure(told, coverage)
    bands = tuple(
        Band(
            level,
            sum(one.bands[place].low for one in valued) / len(valued),
            sum(one.bands[place].high for one in valued) / len(valued),
        )
        for place, level in enumerate(LEVELS)
    )
    own = all(one.said is Said.CALIBRATED for one in valued)
    said = Said.CALIBRATED if own else Said.NOT_CALIBRATED
    value = sum(one.value or 0.0 for one in valued) / len(valued)
    return Figure(said, coverage, value, bands, valued[-1].calibrated_on, valued[-1].windows)
