"""An encashment's document: what is in the box by the journal, what outlives its emptying, and what a count proves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fiscal.cash_events import (
    CashEvent,
    CassetteTaken,
    CentreCounted,
    Counts,
    EncashmentClosed,
    EncashmentOpened,
    PayEnded,
    PayMeant,
    PieceCredited,
    PieceDoubted,
    PieceEscrowed,
    PieceFound,
    PieceKind,
    PieceRepeated,
    PieceResolved,
    StackMeant,
    UnitCounted,
    UnitFilled,
    UnitFound,
)
from fiscal.cash_unit import CashUnit, PeriodNotAllowed, evolve_unit, fold_unit
from fiscal.cash_verdict import kept, settle
from fiscal.encashment import Place, document, next_period, settled_by_count, sum_minor

HUNDRED, FIVE_HUNDRED = PieceKind(1, 10_000, "RUB"), PieceKind(3, 50_000, "RUB")
FOUND = UnitFound("SN1", "SM 1.3", (HUNDRED, FIVE_HUNDRED), escrow=True, stacked=100, credits=None)
PLACE = Place("k1", "cash1", "validator", 1)
CLOSED = EncashmentClosed("7", "olga", "C-2", (), 5_000)


def credited(piece: int, kind: PieceKind = FIVE_HUNDRED, order: str = "order") -> PieceCredited:
    return PieceCredited(piece, kind.type, kind.value_minor, kind.currency, order, "seen")


def doubted(piece: int, value_minor: int = 50_000, order: str = "order") -> PieceDoubted:
    return PieceDoubted(piece, 3, value_minor, "RUB", order, "count_unreadable", False)


def unit_of(*events: CashEvent) -> CashUnit:
    return fold_unit((FOUND, *events))


def begun(unit: CashUnit, *, elsewhere: str = "", unsettled: str = "") -> CashUnit:
    """The next period's unit."""
    orders = frozenset({elsewhere} - {""}), frozenset({unsettled} - {""})
    return evolve_unit(unit, next_period(unit, 2, elsewhere=orders[0], unsettled=orders[1]))


def test_what_is_taken_out_is_what_came_in_less_what_went_out() -> None:
    before = unit_of(EncashmentClosed("6", "olga", "C-1", ((10_000, 3),), 1_000))
    unit = begun(before)
    for event in (
        credited(1),
        credited(2, HUNDRED),
        credited(3),
        doubted(4),
        UnitFilled("olga", ((10_000, 5),)),
        PayMeant("order/1", 20_000, (), "order"),
        PayEnded("order/1", 20_000, 20_000, True, "seen"),
        EncashmentClosed("7", "olga", "C-2", ((10_000, 2),), 5_000),
    ):
        unit = evolve_unit(unit, event)
    made = document(unit, unit, PLACE, 0)
    assert made.counts == ((10_000, 1), (50_000, 2))
    assert (made.brought, made.filled, made.paid_minor, made.left) == (
        ((10_000, 3),),
        ((10_000, 5),),
        20_000,
        ((10_000, 2),),
    )
    assert made.total_minor == 30_000 + 110_000 + 50_000 - 20_000 - 20_000
    assert (made.from_ms, made.to_ms, made.operator) == (1_000, 5_000, "olga")
    assert (made.old_cassette, made.new_cassette, made.currency) == ("C-1", "C-2", "RUB")
    assert [(doubt.piece, doubt.found) for doubt in made.doubts] == [(4, None)]


def test_a_period_ends_once_and_with_nothing_on_its_way() -> None:
    moving = (PieceEscrowed(1, 3, 50_000, "RUB", "order"), StackMeant(1))
    paying = (PayMeant("p", 1_000, (), "order"),)
    for events in (moving, paying, (PieceFound(3, 50_000, "RUB"),), (CLOSED,)):
        with pytest.raises(PeriodNotAllowed):
            unit_of(*events, CLOSED)


def test_a_new_box_is_empty_and_the_unit_goes_on() -> None:
    """A note told again after an outage is known although its period has ended; the counter is reckoned on."""
    unit = begun(unit_of(credited(1), credited(2), CLOSED))
    assert (unit.pieces, unit.counted_minor, unit.next_piece, unit.may_take) == ((), 0, 3, True)
    again = evolve_unit(unit, PieceFound(3, 50_000, "RUB"))
    now = UnitFound("SN1", "SM 1.3", FOUND.takes, escrow=True, stacked=102)
    assert settle(again, now) == (PieceRepeated(2), now)
    assert kept(unit, 3, FIVE_HUNDRED, "") == PieceRepeated(2)
    assert unit.taken_unknown(103) == 1, "two pieces before, one nobody knows"
    assert begun(evolve_unit(unit, CLOSED)).last_kept == unit.last_kept, "also after a period without a piece"


def test_the_event_counter_goes_on() -> None:
    coins = UnitFound("C1", "SR5", (HUNDRED,), escrow=False, credits=7)
    taken = PieceCredited(1, 1, 10_000, "RUB", "order", "seen", 8)
    unit = begun(fold_unit((coins, taken, CLOSED)))
    assert kept(unit, 1, HUNDRED, "order", credits=8) == PieceRepeated(1, 8)
    assert kept(unit, 1, HUNDRED, "order", credits=9) == PieceCredited(2, 1, 10_000, "RUB", "order", "seen", 9)


def test_money_of_a_purchase_that_is_not_settled_is_not_forgotten() -> None:
    unit = begun(unit_of(credited(1, order="a"), credited(2, order="b"), doubted(3, order="c"), CLOSED), unsettled="a")
    assert (unit.inserted_for("a"), unit.inserted_for("b"), set(unit.orders)) == (50_000, 0, {"a"})
    assert unit.counted_minor == 0, "but it is not in this box"
    later = begun(evolve_unit(evolve_unit(unit, credited(4, order="a")), CLOSED), unsettled="a")
    assert later.inserted_for("a") == 100_000


def test_a_payout_is_known_as_long_as_another_box_has_the_money() -> None:
    """Else the change would be owed once more: the note is in the validator's period, its change left the hopper's."""
    ended = PayEnded("a/1", 1_000, 1_000, True, "seen")
    hopper = unit_of(PayMeant("a/1", 1_000, (), "a"), ended, UnitFilled("olga", ((100, 50),)), CLOSED)
    assert begun(hopper).paid == ()
    following = begun(hopper, elsewhere="a")
    assert (following.paid, following.paid_here) == ((ended,), ())
    again = evolve_unit(following, EncashmentClosed("8", "olga", "", (), 9_000))
    assert document(again, again, PLACE, 0).paid_minor == 0, "it went out of the box before"


def test_the_units_own_count_is_compared() -> None:
    assert unit_of(credited(1), UnitCounted(101)).drift == 0
    assert unit_of(credited(1), UnitCounted(103)).drift == 2
    assert unit_of(credited(1), UnitCounted(100)).drift == -1
    assert unit_of(doubted(1), UnitCounted(101)).drift == 0, "the doubt in the list explains it"
    assert unit_of(UnitCounted(5)).drift == -95
    assert unit_of(UnitCounted(4_000_000)).drift == 0, "a counter that was reset says nothing"
    closed = unit_of(UnitCounted(None), CLOSED)
    assert document(closed, closed, PLACE, 0).drift is None


def test_a_cassette_that_left_unasked_marks_the_document() -> None:
    unit = unit_of(credited(1), CassetteTaken(""))
    assert (unit.unauthorised, unit.may_take) == (True, False)
    assert not unit_of(EncashmentOpened("olga"), CassetteTaken("olga")).unauthorised
    closed = evolve_unit(unit, EncashmentClosed("7", "", "", (), 5_000))
    made = document(closed, closed, PLACE, 3)
    assert (made.unauthorised, made.operator, made.from_ms) == (True, "", 3)


COUNTED: dict[str, tuple[tuple[CashEvent, ...], Counts, int, dict[int, int]]] = {
    "the doubt is inside": ((credited(1), doubted(2)), ((50_000, 2),), 100_000, {2: 50_000}),
    "the doubt is not inside": ((credited(1), doubted(2)), ((50_000, 1),), 50_000, {2: 0}),
    "a note is missing: the doubt is not inside either": ((credited(1), credited(2), doubted(3)), (), 50_000, {}),
    "one of two doubts: which?": ((doubted(1), doubted(2)), ((50_000, 1),), 50_000, {}),
    "both of two doubts": ((doubted(1), doubted(2)), ((50_000, 2),), 100_000, {1: 50_000, 2: 50_000}),
    "one of no known value": ((doubted(1, 0),), ((10_000, 1),), 10_000, {1: 10_000}),
    "none of no known value": ((doubted(1, 0), credited(2)), ((50_000, 1),), 50_000, {1: 0}),
    "a named one or a nameless one": ((doubted(1, 0), doubted(2)), ((50_000, 1),), 50_000, {}),
    "a named one and a nameless one": (
        (doubted(1, 0), doubted(2)),
        ((10_000, 1), (50_000, 1)),
        60_000,
        {1: 10_000, 2: 50_000},
    ),
    "two nameless ones of two kinds": ((doubted(1, 0), doubted(2, 0)), ((10_000, 1), (50_000, 1)), 60_000, {}),
    "the sum alone proves none": ((credited(1), doubted(2)), (), 50_000, {2: 0}),
    "the sum alone proves all": ((credited(1), doubted(2)), (), 100_000, {2: 50_000}),
    "the sum alone, a nameless one": ((doubted(1, 0),), (), 10_000, {1: 10_000}),
    "the sum alone, a shortage": ((credited(1), doubted(2)), (), 40_000, {}),
}


@pytest.mark.parametrize(("rows", "counts", "total", "verdicts"), COUNTED.values(), ids=COUNTED.keys())
def test_a_count_settles_what_it_proves(
    rows: tuple[CashEvent, ...], counts: Counts, total: int, verdicts: dict[int, int]
) -> None:
    unit = unit_of(*rows, CLOSED)
    events = settled_by_count(unit, unit, counts, total, "centre")
    assert events == tuple(
        PieceResolved(number, value > 0, value, "centre", "encashment 7") for number, value in sorted(verdicts.items())
    )


def test_the_difference_is_what_no_row_explains() -> None:
    unit = unit_of(credited(1), doubted(2), CLOSED)
    counts: Counts = ((10_000, 1), (50_000, 2))
    now = unit
    for event in (*settled_by_count(unit, unit, counts, 110_000, "c"), CentreCounted("c", counts, 110_000, 9)):
        now = evolve_unit(now, event)
    made = document(unit, now, PLACE, 0)
    assert (made.total_minor, made.centre_minor, made.difference_minor) == (50_000, 110_000, 10_000)
    assert [doubt.found for doubt in made.doubts] == [True]
    assert made.counts == ((50_000, 1),), "the paper stays what it was"


@given(
    st.lists(st.tuples(st.sampled_from([10_000, 50_000]), st.booleans(), st.booleans()), max_size=12),
    st.booleans(),
)
def test_a_count_never_makes_money(pieces: list[tuple[int, bool, bool]], named: bool) -> None:
    """(value, is it in doubt, is it inside): an honest count leaves no difference but for doubts it cannot decide, and
    nothing is resolved against what is inside."""
    events = tuple(
        doubted(number, value if named else 0)
        if doubt
        else credited(number, HUNDRED if value == 10_000 else FIVE_HUNDRED)
        for number, (value, doubt, _) in enumerate(pieces, 1)
    )
    box = [value for value, doubt, inside in pieces if inside or not doubt]
    counts = tuple((value, box.count(value)) for value in sorted(set(box)))
    unit = unit_of(*events, CLOSED)
    now = unit
    for event in settled_by_count(unit, unit, counts, sum(box), "c"):
        now = evolve_unit(now, event)
    assert now.counted_minor <= sum(box), "credited what is not there"
    undecided = sum(pieces[piece.number - 1][0] for piece in now.doubts if pieces[piece.number - 1][2])
    assert sum_minor(counts) - now.counted_minor == undecided
