"""A note's fate after an outage: every row of the decision table, the counters that prove it, and no second credit."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fiscal.cash_events import (
    CashEvent,
    PayEnded,
    PayMeant,
    PieceCredited,
    PieceDoubted,
    PieceEscrowed,
    PieceFound,
    PieceKind,
    PieceRepeated,
    PieceResolved,
    PieceReturned,
    StackMeant,
    UnitCounted,
    UnitFound,
)
from fiscal.cash_piece import TRANSITIONS, PieceNotAllowed, PiecePhase
from fiscal.cash_unit import CashUnit, PayoutNotAllowed, evolve_unit, fold_unit
from fiscal.cash_verdict import kept, overtaken, recount, settle

FIVE_HUNDRED, THOUSAND = PieceKind(3, 50_000, "RUB"), PieceKind(5, 100_000, "RUB")
FOUND = UnitFound("SN1", "SM 1.3", (FIVE_HUNDRED, THOUSAND), escrow=True, stacked=100)


def escrowed(piece: int = 1, kind: PieceKind = FIVE_HUNDRED) -> PieceEscrowed:
    return PieceEscrowed(piece, kind.type, kind.value_minor, kind.currency, "order")


def credited(piece: int = 1, kind: PieceKind = FIVE_HUNDRED, how: str = "seen") -> PieceCredited:
    return PieceCredited(piece, kind.type, kind.value_minor, kind.currency, "order", how)


def told(kind: PieceKind = FIVE_HUNDRED) -> PieceFound:
    return PieceFound(kind.type, kind.value_minor, kind.currency)


def doubt(piece: int, kind: PieceKind | None, reason: str, *, kept: bool, order: str = "order") -> PieceDoubted:
    kind = kind or PieceKind(0, 0, "")
    return PieceDoubted(piece, kind.type, kind.value_minor, kind.currency, order, reason, kept)


SENT = (escrowed(), StackMeant(1))
DONE = (*SENT, credited())

UNSAID = PieceFound(0, 0, "")
"""The unit kept something and does not say which."""
OVERTAKEN = (*SENT, doubt(1, FIVE_HUNDRED, "overtaken", kept=False))

ROWS: dict[str, tuple[tuple[CashEvent, ...], int | None, CashEvent | None]] = {
    "nothing open, nothing happened": ((), 100, None),
    "escrowed, nothing kept": ((escrowed(),), 100, PieceReturned(1, "counted")),
    "escrowed, the count cannot be read": ((escrowed(),), None, PieceReturned(1, "found")),
    "escrowed, kept all the same": ((escrowed(), told()), 101, credited(how="found")),
    "escrowed, the count moved without a word": (
        (escrowed(),),
        101,
        doubt(1, FIVE_HUNDRED, "kept_unasked", kept=True),
    ),
    "sent, kept": ((*SENT, told()), 101, credited(how="found")),
    "sent, kept, the count cannot be read": ((*SENT, told()), None, credited(how="found")),
    "sent, not a word, count +1": (SENT, 101, credited(how="counted")),
    "sent, not a word, count +0": (SENT, 100, PieceReturned(1, "counted")),
    "sent, not a word, the count cannot be read": (SENT, None, doubt(1, FIVE_HUNDRED, "count_unreadable", kept=False)),
    "sent, another type kept": ((*SENT, told(THOUSAND)), 101, doubt(1, FIVE_HUNDRED, "other_type", kept=True)),
    "credited, told again, count as booked": ((*DONE, told()), 101, PieceRepeated(1)),
    "credited, told again, the count cannot be read": ((*DONE, told()), None, PieceRepeated(1)),
    "credited, the same type again and the count moved": (
        (*DONE, told()),
        102,
        replace(credited(2, how="found"), order=""),
    ),
    "credited, another type told, the count cannot be read": (
        (*DONE, told(THOUSAND)),
        None,
        doubt(2, THOUSAND, "unexplained", kept=True, order=""),
    ),
    "a type nobody knows": (
        (PieceFound(9, 0, ""),),
        101,
        replace(doubt(1, None, "unexplained", kept=True, order=""), type=9),
    ),
    "escrowed, kept, unsaid which, count +1": ((escrowed(), UNSAID), 101, credited(how="found")),
    "escrowed, kept, unsaid which, the count cannot be read": (
        (escrowed(), UNSAID),
        None,
        doubt(1, FIVE_HUNDRED, "kept_unasked", kept=True),
    ),
    "sent, kept, unsaid which, count +1": ((*SENT, UNSAID), 101, credited(how="found")),
    "sent, kept, unsaid which, the count cannot be read": ((*SENT, UNSAID), None, credited(how="found")),
    "credited, told again, unsaid which, count as booked": ((*DONE, UNSAID), 101, PieceRepeated(1)),
    "credited, told again, unsaid which, the count cannot be read": ((*DONE, UNSAID), None, PieceRepeated(1)),
    "credited, unsaid which, and the count moved": (
        (*DONE, UNSAID),
        102,
        doubt(2, None, "unexplained", kept=True, order=""),
    ),
    "in doubt, told again, unsaid which, the count cannot be read": ((*OVERTAKEN, UNSAID), None, PieceRepeated(1)),
    "nothing listed, unsaid which": ((UNSAID,), None, doubt(1, None, "unexplained", kept=True, order="")),
    "a doubt that may be outside explains the count": (OVERTAKEN, 101, None),
    "sent after such a doubt, count +1: one of the two": (
        (*OVERTAKEN, escrowed(2), StackMeant(2)),
        101,
        doubt(2, FIVE_HUNDRED, "count_shared", kept=False),
    ),
    "sent after such a doubt, count +2: both": (
        (*OVERTAKEN, escrowed(2), StackMeant(2)),
        102,
        credited(2, how="counted"),
    ),
    "the count moved without a word": (DONE, 102, doubt(2, None, "uncounted", kept=True, order="")),
}


@pytest.mark.parametrize(("rows", "stacked", "verdict"), ROWS.values(), ids=ROWS.keys())
def test_the_decision_table(rows: tuple[CashEvent, ...], stacked: int | None, verdict: CashEvent | None) -> None:
    unit = fold_unit((FOUND, *rows))
    now = replace(FOUND, stacked=stacked)
    assert settle(unit, now) == ((verdict,) if verdict else ()) + (now,)


def test_a_word_about_nothing_says_that_the_last_one_is_told_again() -> None:
    """The count says that nothing came in: the word is about the note before, and the one on its way went back."""
    unit = fold_unit((FOUND, *DONE, escrowed(2), StackMeant(2), UNSAID))
    now = replace(FOUND, stacked=101)
    assert settle(unit, now) == (PieceRepeated(1), PieceReturned(2, "counted"), now)


def test_a_word_that_may_be_about_another_note_is_no_proof() -> None:
    now = replace(FOUND, stacked=102)
    assert settle(fold_unit((FOUND, *SENT, UNSAID)), now) == (
        doubt(1, FIVE_HUNDRED, "count_too_high", kept=True),
        doubt(2, None, "uncounted", kept=True, order=""),
        now,
    )


def test_in_the_normal_course_a_type_that_is_not_said_is_the_moving_piece() -> None:
    assert kept(fold_unit((FOUND, *SENT)), 0, None, "") == credited()
    assert kept(fold_unit((FOUND, escrowed())), 0, None, "") == doubt(1, FIVE_HUNDRED, "other_type", kept=True)
    assert kept(fold_unit((FOUND, *DONE)), 0, None, "") == PieceRepeated(1)
    news = kept(fold_unit((FOUND, *DONE)), 0, None, "", credits=7)
    assert news == replace(doubt(2, None, "unknown_type", kept=True, order=""), credits=7), "the event counter moved"


@pytest.mark.parametrize(
    ("rows", "stacked", "verdict"),
    [
        (DONE, 101, ()),
        (SENT, 101, (credited(how="counted"),)),
        (SENT, 100, (PieceReturned(1, "counted"),)),
        (SENT, None, (doubt(1, FIVE_HUNDRED, "count_unreadable", kept=False),)),
        ((escrowed(),), None, (PieceReturned(1, "found"),)),
    ],
)
def test_the_count_before_it_opens_ends_a_piece_without_an_end(
    rows: tuple[CashEvent, ...], stacked: int | None, verdict: tuple[CashEvent, ...]
) -> None:
    assert recount(fold_unit((FOUND, *rows)), stacked) == (*verdict, UnitCounted(stacked))


@pytest.mark.parametrize(("width", "before"), [(16, 65_535), (24, (1 << 24) - 1), (32, (1 << 32) - 1)])
def test_a_counter_that_wraps_counts_on(width: int, before: int) -> None:
    unit = fold_unit((replace(FOUND, stacked=before), *SENT))
    assert settle(unit, replace(FOUND, stacked=0))[0] == credited(how="counted")


def test_a_counter_that_was_reset_proves_nothing() -> None:
    unit = fold_unit((replace(FOUND, stacked=4000), *SENT))
    assert settle(unit, replace(FOUND, stacked=1))[0] == doubt(1, FIVE_HUNDRED, "count_unreadable", kept=False)


def test_another_machine_in_its_place_puts_everything_open_in_doubt() -> None:
    unit = fold_unit((FOUND, *DONE, escrowed(2), StackMeant(2), told()))
    now = replace(FOUND, serial="SN2", stacked=7)
    assert settle(unit, now) == (
        doubt(2, FIVE_HUNDRED, "other_unit", kept=False),
        doubt(3, FIVE_HUNDRED, "other_unit", kept=True, order=""),
        now,
    )


def test_a_reading_in_between_moves_the_base() -> None:
    """Pieces booked before the reading are in it; only later ones are reckoned."""
    unit = fold_unit((FOUND, *DONE, UnitCounted(101), escrowed(2), StackMeant(2)))
    assert settle(unit, replace(FOUND, stacked=101))[0] == PieceReturned(2, "counted")
    assert settle(unit, replace(FOUND, stacked=102))[0] == credited(2, how="counted")


def test_the_normal_course_credits_once() -> None:
    unit = fold_unit((FOUND, *SENT))
    assert kept(unit, 3, FIVE_HUNDRED, "") == credited()
    unit = evolve_unit(unit, credited())
    assert kept(unit, 3, FIVE_HUNDRED, "") == PieceRepeated(1), "nothing leaves the escrow without our intent"
    assert kept(unit, 5, THOUSAND, "") == doubt(2, THOUSAND, "unasked", kept=True, order="")


def test_another_type_than_in_escrow_is_a_doubt() -> None:
    assert kept(fold_unit((FOUND, *SENT)), 5, THOUSAND, "") == doubt(1, FIVE_HUNDRED, "other_type", kept=True)


def test_a_coin_is_news_by_the_event_counter_alone() -> None:
    coins = UnitFound("C1", "SR5", (PieceKind(1, 100, "RUB"),), escrow=False, credits=255)
    unit = fold_unit((coins,))
    first = kept(unit, 1, coins.takes[0], "order", credits=1)
    assert first == PieceCredited(1, 1, 100, "RUB", "order", "seen", 1)
    unit = evolve_unit(unit, first)
    assert kept(unit, 1, coins.takes[0], "order", credits=1) == PieceRepeated(1, 1)
    assert isinstance(kept(unit, 1, coins.takes[0], "order", credits=2), PieceCredited)


def test_a_piece_that_was_overtaken_is_not_forgotten() -> None:
    """A second note in escrow while the first has no end: one we never asked to keep is the shopper's, one we did is
    looked for."""
    assert overtaken(fold_unit((FOUND, *DONE))) == ()
    assert overtaken(fold_unit((FOUND, escrowed()))) == (PieceReturned(1, "found"),)
    assert overtaken(fold_unit((FOUND, *SENT))) == (doubt(1, FIVE_HUNDRED, "overtaken", kept=False),)


def test_a_payout_has_one_end() -> None:
    unit = fold_unit((FOUND, PayMeant("p1", 45_000, (7,), "order")))
    with pytest.raises(PayoutNotAllowed):
        evolve_unit(unit, PayMeant("p2", 1_000, (7,), "order"))
    with pytest.raises(PayoutNotAllowed):
        evolve_unit(unit, PayEnded("p2", 1_000, 1_000, True, "seen"))
    ended = evolve_unit(unit, PayEnded("p1", 45_000, 20_000, True, "seen", "hopper.empty"))
    assert (ended.paying, [one.paid_minor for one in ended.paid]) == (None, [20_000])
    with pytest.raises(PayoutNotAllowed):
        evolve_unit(ended, PayEnded("p1", 45_000, 20_000, True, "found"))


def test_a_person_settles_a_doubt_once() -> None:
    unit = fold_unit((FOUND, *SENT, doubt(1, FIVE_HUNDRED, "count_unreadable", kept=False)))
    assert (unit.counted_minor, len(unit.doubts)) == (0, 1)
    settled = evolve_unit(unit, PieceResolved(1, True, 50_000, "olga", "counted"))
    assert (settled.counted_minor, settled.inserted_for("order"), settled.doubts) == (50_000, 50_000, ())
    with pytest.raises(PieceNotAllowed):
        evolve_unit(settled, PieceResolved(1, False, 0, "olga", "again"))


def test_no_row_leads_away_from_money_that_counts() -> None:
    final = {PiecePhase.CREDITED, PiecePhase.RETURNED, PiecePhase.RESOLVED}
    assert not [phase for phase, _ in TRANSITIONS if phase in final]
    unit = fold_unit((FOUND, *DONE))
    for event in (credited(), PieceReturned(1, "seen"), StackMeant(1), doubt(1, FIVE_HUNDRED, "x", kept=True)):
        with pytest.raises(PieceNotAllowed):
            evolve_unit(unit, event)


class Machine:
    """A validator as it is in the world: what lies in its box, what its counter says, what it would tell after boot."""

    def __init__(self) -> None:
        self.box: list[PieceKind] = []


@given(
    st.lists(
        st.tuples(
            st.sampled_from([FIVE_HUNDRED, THOUSAND]),
            st.sampled_from(["not asked", "asked", "moved", "credited"]),
            st.booleans(),
            st.booleans(),
        ),
        max_size=30,
    )
)
def test_the_box_is_what_counts_and_what_is_in_doubt(
    notes: list[tuple[PieceKind, str, bool, bool]],
) -> None:
    """Notes with an outage at each place: before the intent, after it, after the note fell, after it was credited. The
    unit tells a fallen note again or does not; its count can be read or cannot."""
    machine, unit = Machine(), fold_unit((FOUND,))
    for kind, cut, tells, readable in notes:
        number = unit.next_piece
        unit = evolve_unit(unit, escrowed(number, kind))
        if cut != "not asked":
            unit = evolve_unit(unit, StackMeant(number))
        if cut in ("moved", "credited"):
            machine.box.append(kind)
        if cut == "credited":
            unit = evolve_unit(unit, kept(unit, kind.type, kind, "order"))
        if tells and cut in ("moved", "credited"):
            unit = evolve_unit(unit, told(kind))
        now = replace(FOUND, stacked=100 + len(machine.box) if readable else None)
        for event in settle(unit, now):
            unit = evolve_unit(unit, event)
        assert unit.on_its_way is None
        assert unit.counted_minor <= sum(kind.value_minor for kind in machine.box), "credited what is not there"
        doubted = sum(piece.value_minor for piece in unit.doubts)
        missing = sum(kind.value_minor for kind in machine.box) - unit.counted_minor
        assert missing <= doubted, "money in the box that is neither credited nor listed"
    assert isinstance(unit, CashUnit)
