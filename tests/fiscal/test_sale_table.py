"""The sale's table, cell by cell: 11 phases × 45 events, each either goes where the law says or is impossible."""

from __future__ import annotations

import pytest

from fiscal import payment
from fiscal import sale_events as e
from fiscal.payment import AttemptPhase, NotAllowed
from fiscal.sale import ENDED, TRANSITIONS, Phase, evolve, fold
from fiscal.sale_diagram import diagram
from tests.fiscal.sale_samples import ALL_EVENTS, CARD_EVENTS, OPENED, SAMPLES, sale_in

LAW = """
BASKET          LinePut LineRemoved Undone MarkJudged ContactGiven CustomerNamed Parked Recalled PowerReturned -> BASKET
BASKET          Planned -> PAYING
BASKET          Voided -> VOIDED
PAYING          CardSent CashTaken CashReturned CreditTaken CreditReturned Parked Recalled PowerReturned -> PAYING
PAYING          Unlocked -> BASKET
PAYING          SealMeant -> SEALING
PAYING          SealRefusedPaid -> PAID_UNSEALED
PAYING          PaymentCancelled -> GIVING_BACK
PAYING          LeftOpen -> LEFT_OPEN
PAYING          Voided -> VOIDED
SEALING         SealCommitting PowerReturned -> SEALING
SEALING         Sealed -> SEALED
SEALING         SealRefusedUnpaid -> PAYING
SEALING         SealRefusedPaid -> PAID_UNSEALED
SEALING         SealUnknown -> IN_DOUBT
IN_DOUBT        SealPersonAsked Parked Recalled PowerReturned -> IN_DOUBT
IN_DOUBT        Sealed -> SEALED
IN_DOUBT        SealRefusedUnpaid -> PAYING
IN_DOUBT        SealRefusedPaid -> PAID_UNSEALED
IN_DOUBT        LeftOpen -> LEFT_OPEN
PAID_UNSEALED   LinePut MarkJudged Parked Recalled PowerReturned -> PAID_UNSEALED
PAID_UNSEALED   SealMeant -> SEALING
PAID_UNSEALED   Reopened -> PAYING
PAID_UNSEALED   LineDropped PaymentCancelled -> GIVING_BACK
PAID_UNSEALED   CorrectionDue -> CORRECTION_DUE
GIVING_BACK     CardSent CashReturned CreditReturned Parked Recalled PowerReturned -> GIVING_BACK
GIVING_BACK     GivenBack -> PAID_UNSEALED
GIVING_BACK     Voided -> VOIDED
GIVING_BACK     CorrectionDue -> CORRECTION_DUE
GIVING_BACK     LeftOpen -> LEFT_OPEN
SEALED          Parked Recalled PowerReturned -> SEALED
SEALED          SealMeant -> SEALING
SEALED          SealRefusedPaid -> PAID_UNSEALED
SEALED          Closed -> CLOSED
LEFT_OPEN       Sealed -> SEALED
"""
"""Written down beside the program's own table, so that a slip in either shows. What is not here cannot happen. Card
events but CardSent (an attempt's own news) move no phase and may come in every phase: after the end, and in a basket
that was unlocked because a person said "not paid"."""

NEWS_OF_CARDS = tuple(name for name in CARD_EVENTS if name != "CardSent")


def _read(law: str) -> dict[tuple[str, str], str]:
    cells: dict[tuple[str, str], str] = {}
    for row in filter(None, law.split("\n")):
        left, after = row.split(" -> ")
        phase, *events = left.split()
        for event in events:
            assert (phase, event) not in cells, row
            cells[phase, event] = after.strip()
    for each in Phase:
        cells |= {(each.name, event): each.name for event in NEWS_OF_CARDS}
    return cells


CELLS = _read(LAW)
BEFORE = {event.__name__: phase for phase, event in payment.TRANSITIONS}
"""An attempt's phase in which the card event may come."""


@pytest.mark.parametrize("event", ALL_EVENTS)
@pytest.mark.parametrize("phase", [phase.name for phase in Phase])
def test_every_cell(phase: str, event: str) -> None:
    """A sale moves only along its table; an event without a row is a defect and changes nothing."""
    before = sale_in(Phase[phase], BEFORE.get(event))
    if (phase, event) not in CELLS:
        with pytest.raises(NotAllowed, match=f"{event} cannot follow {before.phase.value}"):
            evolve(before, SAMPLES[event])
        return
    after = evolve(before, SAMPLES[event])
    assert after.phase.name == CELLS[phase, event]
    assert after.opened == before.opened
    assert after.sealed[: len(before.sealed)] == before.sealed, "a document once known is never forgotten"


def test_the_law_and_the_program_name_the_same_cells() -> None:
    """No row is in one of the two tables only."""
    assert {(phase.name, event.__name__): after.name for (phase, event), after in TRANSITIONS.items()} == CELLS


def test_silence_of_the_register_never_asks_for_the_document_again() -> None:
    """No row leads from IN_DOUBT to SEALING, and none from SEALING to itself by meaning it once more."""
    assert (Phase.IN_DOUBT, e.SealMeant) not in TRANSITIONS
    assert (Phase.SEALING, e.SealMeant) not in TRANSITIONS
    assert Phase.SEALING not in {after for (phase, _), after in TRANSITIONS.items() if phase is Phase.IN_DOUBT}


def test_out_of_doubt_leads_only_a_proof_or_a_person() -> None:
    """IN_DOUBT ends by what the register's memory shows (Sealed, refused) or by a person (Sealed by name, LeftOpen)."""
    out = {event for (phase, event), after in TRANSITIONS.items() if phase is Phase.IN_DOUBT and after is not phase}
    assert out == {e.Sealed, e.SealRefusedUnpaid, e.SealRefusedPaid, e.LeftOpen}


def test_money_is_asked_for_in_two_phases_only() -> None:
    """A card operation starts while paying or while giving back; never in doubt, never after the end."""
    assert {phase for phase, event in TRANSITIONS if event is payment.CardSent} == {Phase.PAYING, Phase.GIVING_BACK}
    assert {phase for phase, event in TRANSITIONS if event is e.CashTaken} == {Phase.PAYING}


def test_an_ended_sale_learns_and_does_nothing() -> None:
    """After the end only late truth arrives; nothing is paid, planned or sealed any more."""
    left = {event for phase, event in TRANSITIONS if phase in ENDED}
    acts = {payment.CardSent, e.CashTaken, e.SealMeant, e.Planned, e.Closed, e.LinePut, e.Voided}
    assert not left & acts


def test_a_card_event_of_another_attempt_is_refused() -> None:
    """News of an attempt that this sale never made is a defect, not a payment."""
    sale = sale_in(Phase.PAYING, AttemptPhase.SENT)
    with pytest.raises(NotAllowed):
        evolve(sale, payment.CardDeclined("somebody-else", "zvt.6C"))


def test_a_sale_begins_with_its_opening() -> None:
    """The fold of a journal that does not begin with SaleOpened is no sale."""
    assert fold([OPENED]).phase is Phase.BASKET
    with pytest.raises(NotAllowed):
        fold([e.Closed(1)])


def test_the_diagram_is_drawn_from_the_table() -> None:
    """Every phase change of the table is an arrow of the README's diagram."""
    drawn = diagram()
    for (phase, event), after in TRANSITIONS.items():
        if phase is not after:
            row = next(row for row in drawn.split("\n") if f"{phase.name} --> {after.name}:" in row)
            assert event.__name__ in row
