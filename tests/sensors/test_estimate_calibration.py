"""A store's calibration: never negative, growing with the evidence, honest about how little it rests on."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import pairwise
from math import isclose, isnan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.estimate.calibration import (
    ENOUGH_DAYS,
    ENOUGH_OCCUPIED,
    ENOUGH_WINDOWS,
    LEVELS,
    ROOM_SLOPE,
    UNCALIBRATED,
    Calibration,
    KnownWindow,
    Truth,
    calibrated,
    fitted,
)
from sensors.estimate.calibration_book import KEPT_DAYS, CalibrationBook
from sensors.estimate.calibration_choice import UNTAUGHT, KnownReading, chosen, criterion, known_windows
from sensors.estimate.calibration_truth import people_by_door, people_by_receipts
from sensors.estimate.presence import View, evidence, presence, size
from sensors.estimate.tally import WINDOW_MS, Reach, Trust, WindowReading

sizes = st.floats(0, 500)
known = st.lists(
    st.builds(
        KnownWindow,
        day=st.sampled_from([f"2026-11-{day:02d}" for day in range(1, 6)]),
        evidence=sizes,
        people=st.one_of(st.just(0.0), st.floats(0, 200)),
        coverage=st.sampled_from([1.0, 1.0, 0.9, 0.3]),
    ),
    max_size=120,
)


def store(days: int = 6, slope: float = 2.5, background: float = 3.0, seed: int = 1) -> list[KnownWindow]:
    """A store whose slope and background are known: 12 empty and 24 busy windows a day, counts with noise."""
    rng = random.Random(seed)
    found = []
    for day in range(1, days + 1):
        found += [KnownWindow(f"2026-11-{day:02d}", background, 0.0) for _ in range(12)]
        for _ in range(24):
            people = rng.uniform(1, 20)
            heard = people / slope + background + rng.gauss(0, 0.3)
            found.append(KnownWindow(f"2026-11-{day:02d}", max(0.0, heard), people))
    return found


def test_slope_and_offset_are_found_again() -> None:
    made = calibrated(store(), Truth.DOORS, "2026-11-22")
    assert made.own
    assert made.fit.slope == pytest.approx(2.5, rel=0.03)
    assert made.fit.background == pytest.approx(3.0)
    assert made.fit.offset == pytest.approx(-7.5, rel=0.03)
    assert (made.windows, made.occupied, made.days, made.made_on) == (216, 144, 6, "2026-11-22")


def test_the_bands_hold_what_they_promise_in_days_not_seen() -> None:
    made = calibrated(store(days=19), Truth.DOORS, "2026-11-22")
    fresh = [one for one in store(days=20, seed=2) if one.people > 0]
    for level in LEVELS:
        inside = sum(low <= one.people <= high for one in fresh for low, high in [made.band(one.evidence, level)])
        assert level / 100 <= inside / len(fresh) <= 1


@pytest.mark.parametrize(
    ("lacking", "rows"),
    [
        ("windows", store()[: ENOUGH_WINDOWS - 1]),
        ("days", [replace(one, day="2026-11-01") for one in store()]),
        ("people", [replace(one, people=0.0) for one in store()]),
        ("coverage", [replace(one, coverage=0.7) for one in store()]),
        ("evidence", [replace(one, evidence=0.0) for one in store()]),
    ],
)
def test_too_little_is_no_calibration(lacking: str, rows: list[KnownWindow]) -> None:
    made = calibrated(rows, Truth.DOORS, "2026-11-22")
    assert made is UNCALIBRATED, lacking
    assert (made.own, made.made_on, made.windows, made.fit.slope) == (False, None, 0, ROOM_SLOPE)


def test_exactly_enough_is_enough() -> None:
    rows = [
        KnownWindow(f"2026-11-{1 + number % ENOUGH_DAYS:02d}", 4.0 * busy, 10.0 * busy)
        for number in range(ENOUGH_WINDOWS)
        for busy in [number < ENOUGH_OCCUPIED]
    ]
    assert calibrated(rows, Truth.DOORS, "2026-11-22").own


@given(known, st.lists(sizes, min_size=2, max_size=9))
def test_people_are_never_negative_and_grow_with_the_evidence(rows: list[KnownWindow], asked: list[float]) -> None:
    made = calibrated(rows, Truth.DOORS, "2026-11-22")
    found = [made.people(one) for one in sorted(asked)]
    assert found[0] >= 0
    assert all(before <= after for before, after in pairwise(found))


@given(known, sizes)
def test_a_band_holds_its_figure_and_the_wider_level_the_narrower(rows: list[KnownWindow], asked: float) -> None:
    for made in (calibrated(rows, Truth.DOORS, "2026-11-22"), UNCALIBRATED):
        (low, high), (lower, higher) = (made.band(asked, level) for level in LEVELS)
        assert 0 <= lower <= low <= made.people(asked) <= high <= higher


@given(sizes, sizes)
def test_larger_counts_have_wider_bands(one: float, other: float) -> None:
    """From end to end: upwards alone a figure of nobody may reach farther, because one silent phone may be there."""
    made = calibrated(store(), Truth.DOORS, "2026-11-22")
    smaller, larger = sorted((one, other))
    for use in (made, UNCALIBRATED):
        (low, high), (lower, higher) = use.band(smaller, 95), use.band(larger, 95)
        assert high - low <= higher - lower + 1e-9
        assert low <= lower + 1e-9
        assert high <= higher + 1e-9


@given(known, st.randoms(use_true_random=False))
def test_the_order_of_windows_does_not_matter(rows: list[KnownWindow], random_: random.Random) -> None:
    mixed = list(rows)
    random_.shuffle(mixed)
    one, other = fitted(rows), fitted(mixed)
    assert (one is None) == (other is None)
    if one is not None and other is not None:
        assert isclose(one.slope, other.slope, rel_tol=1e-9)
        assert one.background == other.background


def test_an_uncalibrated_store_has_a_band_of_a_factor() -> None:
    low, high = UNCALIBRATED.band(10.0, 80)
    assert low == pytest.approx(15.9 / 2)
    assert high == pytest.approx(15.9 * 2 + 2)
    assert UNCALIBRATED.band(0.0, 80) == (0.0, 2.0)


# From windows to a method


def window(number: int, close: int, near: int, trust: Trust = Trust.WHOLE) -> WindowReading:
    return WindowReading(number * WINDOW_MS, 1.0, trust, close, near, near, near / 1.6, near / 0.47)


def test_the_three_counts_have_one_size() -> None:
    assert size(window(0, 3, 6)) == pytest.approx(6.0)


def test_presence_needs_close_phones_and_bridges_half_an_hour() -> None:
    close = [0, 2, 0, 1, 0, 2, 0, 0, 0, 0, 2, 1]
    rows = [window(number, one, one) for number, one in enumerate(close)]
    assert [int(one) for one in presence(rows, 2, View.REPORT)] == [0, 1, 1, 1, 1, 1, 0, 1, 1, 0, 1, 0]
    assert [int(one) for one in presence(rows, 2, View.LIVE)] == [0, 1, 0, 1, 0, 1, 0, 0, 0, 0, 1, 1]


def test_evidence_averages_within_a_presence_only() -> None:
    rows = [window(0, 0, 5), window(1, 2, 4), window(2, 2, 8), window(3, 0, 5)]
    assert evidence(rows, 2, View.REPORT) == pytest.approx([0.0, 6.0, 6.0, 0.0])
    assert evidence(rows, 2, View.LIVE) == pytest.approx([0.0, 4.0, 6.0, 0.0])


def test_a_live_view_never_looks_ahead() -> None:
    rng = random.Random(3)
    rows = [window(number, rng.choice([0, 0, 1, 2, 4]), rng.randrange(9)) for number in range(60)]
    whole = evidence(rows, 2, View.LIVE)
    assert [evidence(rows[: number + 1], 2, View.LIVE)[-1] for number in range(60)] == whole
    assert [evidence(rows[max(0, number - 4) : number + 1], 2, View.LIVE)[-1] for number in range(60)] == whole


def test_gaps_in_time_are_no_neighbours() -> None:
    rows = [window(0, 2, 4), window(20, 2, 8)]
    assert evidence(rows, 2, View.REPORT) == pytest.approx([4.0, 8.0])


def test_a_window_that_cannot_be_trusted_is_no_evidence_and_no_neighbour() -> None:
    rows = [window(0, 2, 4), window(1, 9, 90, Trust.CLOCK), window(2, 2, 8)]
    assert evidence(rows, 2, View.REPORT) == pytest.approx([4.0, 0.0, 8.0])


def shop_days(needed: int, days: int = 5, first: int = 1) -> list[KnownReading]:
    """Days of 36 windows, in turn six empty ones and six with as many people. Empty ones have `needed` - 1 close phones
    and others passing near; two people show one signature."""
    rng = random.Random(needed)
    rows = []
    for day in range(first, first + days):
        for number in range(36):
            if number % 6 == 0:
                people = rng.randrange(4, 16, 2) if number % 12 else 0
            near = people // 2 if people else rng.randrange(9)
            close = needed if people else needed - 1
            rows.append(KnownReading(f"2026-11-{day:02d}", window(day * 144 + number, close, near), float(people)))
    return rows


@pytest.mark.parametrize("needed", [1, 2, 3])
def test_how_many_close_phones_make_presence_is_learnt(needed: int) -> None:
    method = chosen({Reach(): shop_days(needed)}, View.REPORT, Truth.DOORS, "2026-11-22")
    assert method.needed == needed
    assert method.calibration.own
    assert method.error < 0.05


def test_the_reach_that_errs_less_is_taken_and_the_first_one_when_in_doubt() -> None:
    good = shop_days(2)
    deaf = [replace(row, reading=window(row.reading.start_ms // WINDOW_MS, 2, 5)) for row in good]
    first, second = Reach(), Reach().shifted(-5)
    assert chosen({first: deaf, second: good}, View.LIVE, Truth.DOORS, "2026-11-22").reach == second
    assert chosen({first: good, second: good}, View.LIVE, Truth.DOORS, "2026-11-22").reach == first


def test_shuffled_people_make_a_large_error_on_days_left_out() -> None:
    rows = shop_days(2)
    people = [row.people for row in rows]
    random.Random(5).shuffle(people)
    mixed = [replace(row, people=one) for row, one in zip(rows, people, strict=True)]
    assert criterion(known_windows(rows, 2, View.REPORT, whole_windows=True)) < 0.05
    assert criterion(known_windows(mixed, 2, View.REPORT, whole_windows=True)) > 0.5


def test_the_book_learns_from_days_that_are_over_and_forgets_old_ones() -> None:
    book = CalibrationBook(Truth.DOORS)
    assert not book.method("2026-11-01").calibration.own
    for row in shop_days(2, days=3):
        book.add(row.reading, row.people, row.day)
    assert not book.method("2026-11-03").calibration.own  # two days are over
    method = book.method("2026-11-04")
    assert (method.calibration.days, method.calibration.made_on) == (3, "2026-11-04")
    assert book.method("2026-11-04") is method
    for row in shop_days(2, days=2, first=4):
        book.add(row.reading, row.people, row.day)
    assert book.method("2026-11-06").calibration.days == 5
    assert not book.method("2026-12-31").calibration.own
    assert len(book) == 0


def test_a_window_told_again_counts_once_in_the_book() -> None:
    book = CalibrationBook(Truth.DOORS)
    for _ in range(3):
        book.add(window(7, 2, 4), 9.0, "2026-11-01")
    assert len(book) == 1
    with pytest.raises(ValueError, match="fewer than no people"):
        book.add(window(8, 2, 4), -1.0, "2026-11-01")
    assert KEPT_DAYS >= 2 * ENOUGH_DAYS


def test_untaught_means_the_room_that_was_measured() -> None:
    assert UNTAUGHT.calibration is UNCALIBRATED
    assert isnan(UNTAUGHT.error)
    method = chosen({Reach().shifted(5): []}, View.REPORT, Truth.DOORS, "2026-11-22")
    assert (method.reach, method.view, method.calibration) == (Reach().shifted(5), View.REPORT, UNCALIBRATED)


# The truth a shop has

steps = st.lists(st.tuples(st.integers(0, WINDOW_MS - 1), st.sampled_from([1, -1])), max_size=20)


def test_the_door_says_how_many_were_inside_on_average() -> None:
    half = WINDOW_MS // 2
    assert people_by_door(0, 0, [(half, +1)]) == (0.5, 1)
    assert people_by_door(0, 2, [(half, -1), (half // 2, +1), (WINDOW_MS, +1)]) == (2.25, 2)
    assert people_by_door(0, 0, [(half, -1)]) == (0.0, 0)  # whoever left had come in unseen: nobody, not minus one


@given(st.integers(-2, 9), steps)
def test_the_door_never_says_less_than_nobody_nor_more_than_came(inside: int, crossings: list[tuple[int, int]]) -> None:
    mean, left = people_by_door(0, inside, crossings)
    entered = sum(step > 0 for _, step in crossings)
    assert 0 <= mean <= max(0, inside) + entered
    assert 0 <= left <= max(0, inside) + entered


def test_receipts_stand_for_people_by_conversion_and_stay() -> None:
    assert people_by_receipts(4, conversion=0.2, stay_min=5) == pytest.approx(10.0)  # 20 entries, half the window each
    for conversion, stay in ((0.0, 5.0), (1.1, 5.0), (0.2, 0.0)):
        with pytest.raises(ValueError, match="conversion"):
            people_by_receipts(4, conversion, stay)


def test_a_calibration_names_its_truth() -> None:
    made = calibrated(store(), Truth.RECEIPTS, "2026-11-22")
    assert isinstance(made, Calibration)
    assert made.truth is Truth.RECEIPTS
