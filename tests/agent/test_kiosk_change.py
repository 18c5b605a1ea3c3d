"""What can be given back, and when money is taken at all: pure questions with all their rows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.kiosk.acceptance import MARGIN_PIECES, UnitFacts, refusal
from agent.kiosk.change import PIECES_AT_ONCE, asked_first, payable_minor


@pytest.mark.parametrize(
    ("pieces", "owed", "pays"),
    [
        ([(1000, 100)], 45_200, 45_000),
        ([(1000, 3), (500, 1)], 45_200, 3_500),
        ([(5000, 1), (2000, 4)], 6_000, 6_000),  # the greatest coin first would leave 1000 over
        ([(1000, 0)], 500, 0),
        ([(1000, 5)], 500, 0),
        ([], 100, 0),
        ([(100, 1000)], 1_000_000, PIECES_AT_ONCE * 100),
    ],
)
def test_the_greatest_sum_that_the_pieces_make(pieces: list[tuple[int, int]], owed: int, pays: int) -> None:
    assert payable_minor(pieces, owed) == pays


@given(
    st.lists(st.tuples(st.sampled_from([1, 2, 5, 10, 50]), st.integers(0, 6)), max_size=4, unique_by=lambda p: p[0]),
    st.integers(0, 120),
)
def test_no_other_choice_pays_more(pieces: list[tuple[int, int]], owed: int) -> None:
    sums = {0}
    for value, count in pieces:
        sums = {known + value * taken for known in sums for taken in range(count + 1)}
    assert payable_minor(pieces, owed) == max(one for one in sums if one <= owed)


HOPPER = [(1_000, PIECES_AT_ONCE)]


@pytest.mark.parametrize(
    ("units", "owed", "first"),
    [
        ([], 5_000, None),
        ([[(50_000, 1)], [(1_000, 0)]], 4_000, None),
        ([HOPPER, [(50_000, 1)]], 55_000, 1),  # a note and five coins, not fifty-five coins
        ([[(50_000, 1)], HOPPER], 55_000, 0),
        ([[(5_000, 1)], [(2_000, 5)]], 6_000, 1),  # the note first would leave ten owed
        ([[(50_000, 0), (10_000, 1)], HOPPER], 30_000, 0),
    ],
)
def test_which_unit_is_asked_first(units: list[list[tuple[int, int]]], owed: int, first: int | None) -> None:
    assert asked_first(units, owed) == first


GOOD = UnitFacts(True, False, False, True, 0, 500)
AWAY = UnitFacts(True, True, False, True, 0, 500)
JAMMED = UnitFacts(False, False, True, True, 0, 500)
FULL = UnitFacts(True, False, False, True, 500 - MARGIN_PIECES + 1, 500)
OPEN = UnitFacts(True, False, False, False, 0, 500)
SOUND = {"due_minor": 100_000, "greatest_minor": 1_500_000, "room": True, "claims": True, "clock_sane": True}


@pytest.mark.parametrize(
    ("units", "but", "code"),
    [
        ((GOOD,), {}, ""),
        ((GOOD, JAMMED), {}, ""),
        ((), {}, "cash_device_away"),
        ((AWAY, JAMMED), {}, "cash_device_away"),
        ((OPEN,), {}, "cash_device_away"),
        ((FULL,), {}, "cash_no_margin"),
        ((FULL, AWAY), {}, "cash_no_margin"),
        ((GOOD,), {"room": False}, "cash_disk"),
        ((GOOD,), {"clock_sane": False}, "cash_clock"),
        ((GOOD,), {"claims": False}, "cash_no_claims"),
        ((GOOD,), {"due_minor": 1_500_001}, "cash_too_much"),
    ],
)
def test_nothing_is_taken_that_could_not_be_kept_or_claimed(
    units: tuple[UnitFacts, ...], but: dict[str, bool], code: str
) -> None:
    told = refusal(units, **{**SOUND, **but})  # type: ignore[arg-type]
    assert (told.code if told else "") == code
