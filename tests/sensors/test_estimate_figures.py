"""Figures say what they rest on; where the sensor cannot know, there is no figure and a reason in both languages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.estimate.calibration import ROOM_SLOPE, Calibration, Fit, Miss, Truth
from sensors.estimate.calibration_choice import UNTAUGHT, Method
from sensors.estimate.figures import LEAST_COVERAGE, WORDS, Figure, Said, capture_rate, passers_by, people
from sensors.estimate.presence import View
from sensors.estimate.tally import WINDOW_MS, Reach, Trust, WindowReading

MISSES = ((80, Miss(1.0, 1.0)), (95, Miss(2.0, 3.0)))
TAUGHT = Method(Reach(), 2, View.LIVE, Calibration(Fit(2.0, 1.0), Truth.DOORS, "2026-11-21", 120, 60, 5, MISSES), 0.2)


def window(near: int, trust: Trust = Trust.WHOLE, coverage: float = 1.0, far: float = 0.0) -> WindowReading:
    return WindowReading(7 * WINDOW_MS, coverage, trust, near, near, near, near / 1.6, near / 0.47, far)


def test_a_calibrated_figure_carries_all_it_rests_on() -> None:
    (figure,) = people([window(3, coverage=0.9)], TAUGHT)
    assert (figure.said, figure.coverage, figure.calibrated_on, figure.windows) == (
        Said.CALIBRATED,
        0.9,
        "2026-11-21",
        120,
    )
    assert figure.value == pytest.approx(4.0)
    assert [one.level for one in figure.bands] == [80, 95]
    assert [one.low for one in figure.bands] == pytest.approx([2.0, 0.0])
    assert [one.high for one in figure.bands] == pytest.approx([6.0, 8.0])


def test_nobody_is_a_figure_too_with_a_band_above_nothing() -> None:
    (figure,) = people([window(1)], TAUGHT)
    assert (figure.value, [one.high for one in figure.bands]) == (0.0, [1.0, 3.0])


def test_an_uncalibrated_store_says_so_beside_each_figure() -> None:
    (figure,) = people([window(4)], UNTAUGHT)
    assert (figure.said, figure.calibrated_on, figure.windows) == (Said.NOT_CALIBRATED, None, 0)
    assert figure.value == pytest.approx(4 * ROOM_SLOPE)
    assert figure.bands[0].high > 2 * 4 * ROOM_SLOPE


@pytest.mark.parametrize(
    ("reading", "said"),
    [
        (window(0, Trust.SILENT, 0.0), Said.SILENT),
        (window(0, Trust.CLOCK), Said.CLOCK),
        (window(0, Trust.OVERFLOW), Said.OVERFLOW),
        (window(5, coverage=LEAST_COVERAGE - 0.01), Said.SHORT),
    ],
)
def test_what_cannot_be_known_is_told_and_not_guessed(reading: WindowReading, said: Said) -> None:
    for figure in (people([reading], TAUGHT)[0], passers_by(reading, TAUGHT)):
        assert (figure.said, figure.value, figure.bands, figure.coverage) == (said, None, (), reading.coverage)


def test_every_reason_has_words_in_both_languages() -> None:
    assert set(WORDS) == set(Said)
    assert all(ru and en and ru != en for ru, en in WORDS.values())


def test_each_window_has_its_figure() -> None:
    assert [one.said for one in people([window(4), window(0, Trust.CLOCK)], UNTAUGHT)][1] is Said.CLOCK
    assert people([], UNTAUGHT) == []


def test_passers_by_are_never_called_calibrated() -> None:
    figure = passers_by(window(0, far=10.0), TAUGHT)
    assert figure.said is Said.NOT_CALIBRATED
    assert figure.value == pytest.approx(10 * 0.47 * 2.0)  # the background of the room is not outside
    assert figure.bands[0].low == pytest.approx(10 * 0.47 * 2.0 / 2)


def test_the_capture_rate_leaves_out_what_was_not_heard() -> None:
    passers = [passers_by(window(0, far=50.0), TAUGHT), passers_by(window(0, Trust.CLOCK), TAUGHT)]
    rate = capture_rate([5, 1000], passers)
    assert rate.value == pytest.approx(5 / 47)
    assert rate.coverage == 0.5
    assert rate.said is Said.NOT_CALIBRATED
    assert [one.low < 5 / 47 < one.high for one in rate.bands] == [True, True]
    assert rate.bands[1].low < rate.bands[0].low < rate.bands[0].high < rate.bands[1].high


def test_no_passers_by_is_no_rate() -> None:
    assert capture_rate([3], [passers_by(window(0), TAUGHT)]).said is Said.NOBODY_PASSED
    silent = passers_by(window(0, Trust.SILENT, 0.0), TAUGHT)
    assert capture_rate([3, 4], [silent, silent]) == Figure(Said.SILENT, 0.0)
    assert capture_rate([], []) == Figure(Said.SILENT, 0.0)


@given(st.lists(st.tuples(st.integers(0, 500), st.floats(0, 300)), min_size=1, max_size=20))
def test_a_rate_lies_in_its_band_and_no_bound_is_negative(hours: list[tuple[int, float]]) -> None:
    rate = capture_rate([count for count, _ in hours], [passers_by(window(0, far=far), TAUGHT) for _, far in hours])
    for band in rate.bands:
        assert rate.value is not None
        assert 0 <= band.low <= rate.value * (1 + 1e-9)
        assert rate.value <= band.high * (1 + 1e-9)
    assert bool(rate.bands) == (rate.value is not None)


@given(st.integers(0, 60), st.integers(0, 60))
def test_more_phones_never_mean_fewer_people(one: int, other: int) -> None:
    smaller, larger = sorted((one, other))
    for method in (TAUGHT, UNTAUGHT):
        fewer, more = (people([window(near)], method)[0].value for near in (smaller, larger))
        assert fewer is not None
        assert more is not None
        assert 0 <= fewer <= more
