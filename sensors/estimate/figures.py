"""Figures that a shop reads: people in the room, passers-by, capture rate, each with its band and what it rests on.

    counts of windows ──presence, evidence──> calibration ──> people         80 and 95 % band, never below 0
    addresses that stayed far ──────────────> its slope ────> passers-by     an uncalibrated band: nobody counts them
    entries at the door / passers-by ───────────────────────> capture rate   both uncertainties in its band

No figure is made of a window in which the sensor was silent for half of it, the clock jumped, or more was sent than
anybody's phones send: `said` is then the reason and `value` is None. Nothing is filled in from its neighbours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from math import sqrt

from sensors.estimate.calibration import LEVELS, Calibration, Fit, Truth
from sensors.estimate.calibration_choice import Method
from sensors.estimate.presence import ADDRESSES_WEIGHT, evidence
from sensors.estimate.tally import Trust, WindowReading

LEAST_COVERAGE = 0.5
"""Half a window heard misses phones that probe once in five minutes; what is left of the counts is no figure."""
_DEVIATIONS = {80: 1.2816, 95: 1.96}
"""Standard normal quantiles, for the spread of a count of entries."""


class Said(Enum):
    """What is to be said beside a figure, or instead of it."""

    CALIBRATED = "calibrated"
    NOT_CALIBRATED = "not_calibrated"
    SILENT = "silent"
    SHORT = "short"
    CLOCK = "clock"
    OVERFLOW = "overflow"
    NOBODY_PASSED = "nobody_passed"


WORDS: dict[Said, tuple[str, str]] = {
    Said.CALIBRATED: ("Откалибровано в этом магазине.", "Calibrated in this store."),
    Said.NOT_CALIBRATED: (
        "Не откалибровано: взят коэффициент одного чужого помещения, границы широкие.",
        "Not calibrated: the factor is another room's, the band is wide.",
    ),
    Said.SILENT: ("Датчик молчал: оценки нет.", "The sensor was silent: no estimate."),
    Said.SHORT: (
        "Датчик работал меньше половины времени: оценки нет.",
        "Heard for less than half the time: no estimate.",
    ),
    Said.CLOCK: ("Часы датчика переводились: оценки нет.", "The sensor's clock was moved: no estimate."),
    Said.OVERFLOW: (
        "В эфире больше адресов, чем бывает у людей: оценки нет.",
        "More addresses than people have: no estimate.",
    ),
    Said.NOBODY_PASSED: ("Прохожих не слышно: доля не считается.", "No passers-by were heard: no rate."),
}
"""Russian, English."""
_TRUSTED = {Trust.SILENT: Said.SILENT, Trust.CLOCK: Said.CLOCK, Trust.OVERFLOW: Said.OVERFLOW}


@dataclass(frozen=True, slots=True)
class Band:
    """`level` in percent; `low` is never below 0."""

    level: int
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Figure:
    """`value` None: there is none, and `said` tells why. `coverage`: share of the time that was heard. `calibrated_on`:
    ISO date; `windows`: how many the calibration rests on."""

    said: Said
    coverage: float
    value: float | None = None
    bands: tuple[Band, ...] = ()
    calibrated_on: str | None = None
    windows: int = 0


def people(readings: Sequence[WindowReading], method: Method) -> list[Figure]:
    """The people in the room in each window, on average over it. `readings` in the order of time.

    For the last window alone, give the five last ones: a live view averages two, and looks back from each by half an
    hour.
    """
    found = evidence(readings, method.needed, method.view)
    return [_figure(one, value, method.calibration) for one, value in zip(readings, found, strict=True)]


def passers_by(reading: WindowReading, method: Method) -> Figure:
    """People who were heard from afar only. The slope is the room's, the band always that of an uncalibrated figure.
    A person who waits outside counts in each window; one who enters may count before entering."""
    slope = method.calibration.fit.slope
    return _figure(reading, reading.far * ADDRESSES_WEIGHT, Calibration(Fit(slope, 0.0), Truth.ROOM))


def capture_rate(entries: Sequence[int], passers: Sequence[Figure]) -> Figure:
    """Entries at the door in parts of the passers-by, window by window in the same order; 0.08 is 8 %.

    Windows without a figure are left out on both sides, and lower the coverage. The band takes the bounds of the
    passers-by as wrong together (it is one slope), and entries as spread like a Poisson count. A rate above 1 is not
    cut: it says that passers-by are undercounted.
    """
    heard = [(count, one) for count, one in zip(entries, passers, strict=True) if one.value is not None]
    coverage = sum(one.coverage for _, one in heard) / len(passers) if passers else 0.0
    if not heard:
        return Figure(_why([one.said for one in passers]), coverage)
    entered = sum(count for count, _ in heard)
    passed = sum(one.value or 0.0 for _, one in heard)
    if passed <= 0:
        return Figure(Said.NOBODY_PASSED, coverage)
    bands = []
    for place, level in enumerate(LEVELS):
        fewest = sum(one.bands[place].low for _, one in heard)
        most = sum(one.bands[place].high for _, one in heard)
        root, half = sqrt(entered), _DEVIATIONS[level] / 2  # the root of a count has the standard deviation 1/2
        low, high = max(0.0, root - half) ** 2, (root + half) ** 2
        bands.append(Band(level, low / most, high / fewest))
    return Figure(Said.NOT_CALIBRATED, coverage, entered / passed, tuple(bands))


def _figure(reading: WindowReading, found: float, use: Calibration) -> Figure:
    said = _TRUSTED.get(reading.trust)
    if said is None and reading.coverage < LEAST_COVERAGE:
        said = Said.SHORT
    if said is not None:
        return Figure(said, reading.coverage)
    return Figure(
        Said.CALIBRATED if use.own else Said.NOT_CALIBRATED,
        reading.coverage,
        use.people(found),
        tuple(Band(level, *use.band(found, level)) for level in LEVELS),
        use.made_on,
        use.windows,
    )


def _why(reasons: Sequence[Said]) -> Said:
    """The commonest; silence where nothing was asked."""
    return max(reasons, key=reasons.count) if reasons else Said.SILENT
