"""What a sale does next by itself, read off its fold: register before terminal, proof before money, no act twice."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from agent.course.next_step import Do, NextStep, mends_by_itself, next_step
from fiscal import sale_events as e
from fiscal.basket import Basket
from fiscal.document import TaxSystem
from fiscal.payment import Attempt, AttemptPhase, CardAct
from fiscal.sale import ENDED, Phase, Sale
from tests.fiscal.sale_samples import MEANT, OPENED, card_sent, sale_in

PART = e.Part("main", TaxSystem.GENERAL, 1000)
SEALED = e.Sealed(0, 42, 7, "2026-11-21T12:00:00", e.SealedBy.ANSWER)


def attempt(phase: AttemptPhase, *, confirm: bool = False, act: CardAct = CardAct.PURCHASE, id: str = "a1") -> Attempt:
    return Attempt(replace(card_sent(act, id, 1000), confirm=confirm), phase)


def sale(phase: Phase, *attempts: Attempt, documents: int = 1, sealed: int = 0, **changes: Any) -> Sale:
    """A sale of 10.00 in one document, paid by the attempts given."""
    made: dict[str, Any] = {
        "opened": replace(OPENED, act=e.SaleAct.SALE),
        "phase": phase,
        "basket": Basket(()),
        "parts": (PART,) * documents,
        "due_minor": 1000,
        "attempts": attempts,
        "sealed": (SEALED,) * sealed,
        "sealed_meant": (MEANT,) * sealed,
        **changes,
    }
    return Sale(**made)


P, A = Phase, AttemptPhase
RESERVED = attempt(A.APPROVED, confirm=True)
PAID = attempt(A.APPROVED)
DISPUTED = replace(attempt(A.DISPUTED), trail=(A.SENT, A.UNKNOWN, A.NEEDS_PERSON, A.PERSON_PAID, A.DISPUTED))
UNKNOWN = attempt(A.UNKNOWN)
RETURNING = attempt(A.UNKNOWN, act=CardAct.REVERSAL, id="a2")

CASES: dict[str, tuple[Sale, Do | None]] = {
    "a basket waits for the cashier": (sale(P.BASKET, parts=()), None),
    "nothing is paid: the basket is free": (sale(P.PAYING), Do.UNLOCK),
    "declined: the basket is free": (sale(P.PAYING, attempt(A.DECLINED)), Do.UNLOCK),
    "a person said not paid: the basket is free": (sale(P.PAYING, attempt(A.PERSON_UNPAID)), Do.UNLOCK),
    "free again, and a person had spoken: the terminal may still tell": (
        sale(P.BASKET, attempt(A.PERSON_UNPAID), parts=()), Do.ASK_TERMINAL,
    ),
    "nothing is paid, after a power cut the basket is free": (sale(P.PAYING, power_cut=True), Do.UNLOCK),
    "paid in full: the document": (sale(P.PAYING, PAID), Do.SEAL),
    "paid in cash: the document": (sale(P.PAYING, cash_kept_minor=1000), Do.SEAL),
    "paid in part: the cashier": (sale(P.PAYING, PAID, due_minor=1500), None),
    "paid, but the register refused before": (sale(P.PAYING, PAID, trouble="shtrih_m.6B"), None),
    "a payment found running at start is lost": (sale(P.PAYING, attempt(A.SENT)), Do.LOSE_CARD),
    "an approval found unacknowledged at start is lost": (sale(P.PAYING, attempt(A.HEARD)), Do.LOSE_CARD),
    "a document found in the making is in doubt": (sale(P.SEALING, PAID, meant=MEANT), Do.LOSE_SEAL),
    "an unknown payment: the terminal": (sale(P.PAYING, UNKNOWN), Do.ASK_TERMINAL),
    "a person reads the slip: asking goes on": (sale(P.PAYING, attempt(A.NEEDS_PERSON)), Do.ASK_TERMINAL),
    "a document in doubt: the register": (sale(P.IN_DOUBT, PAID, meant=MEANT), Do.ASK_REGISTER),
    "both in doubt: the register first": (sale(P.IN_DOUBT, UNKNOWN, meant=MEANT), Do.ASK_REGISTER),
    "doubt and a reservation: the register first": (sale(P.IN_DOUBT, RESERVED, meant=MEANT), Do.ASK_REGISTER),
    "reserved and paid: the document before the confirmation": (sale(P.PAYING, RESERVED), Do.SEAL),
    "reserved, power cut, no document: it goes back": (
        sale(P.PAYING, RESERVED, power_cut=True), Do.MEAN_ROLL_BACK,
    ),
    "told to roll back, until it is done": (sale(P.PAYING, attempt(A.ROLLING_BACK, confirm=True)), Do.ROLL_BACK),
    "reserved, power cut, unsealed: paying is open again": (
        sale(P.PAID_UNSEALED, RESERVED, power_cut=True), Do.REOPEN,
    ),
    "charged, power cut, unsealed: the document is owed, nothing goes back": (
        sale(P.PAID_UNSEALED, PAID, power_cut=True), Do.MEND,
    ),
    "unsealed, the register away: tried again": (sale(P.PAID_UNSEALED, PAID, trouble="register_away"), Do.MEND),
    "unsealed, no paper: tried again": (sale(P.PAID_UNSEALED, PAID, trouble="preflight:paper_out"), Do.MEND),
    "unsealed, refused: a person": (sale(P.PAID_UNSEALED, PAID, trouble="shtrih_m.A2"), None),
    "sealed, one more document planned": (sale(P.SEALED, PAID, documents=2, sealed=1), Do.SEAL),
    "sealed and charged: closed": (sale(P.SEALED, PAID, sealed=1), Do.CLOSE),
    "sealed and reserved: confirmed": (sale(P.SEALED, RESERVED, sealed=1), Do.MEAN_CONFIRM),
    "one of two documents made and reserved: the second first": (
        sale(P.SEALED, RESERVED, documents=2, sealed=1), Do.SEAL,
    ),
    "confirming, until it is done": (sale(P.SEALED, attempt(A.CONFIRMING, confirm=True), sealed=1), Do.CONFIRM),
    "booked: closed": (sale(P.SEALED, attempt(A.BOOKED, confirm=True), sealed=1), Do.CLOSE),
    "money owed back": (sale(P.GIVING_BACK, PAID, giving_back_minor=1000, cancelled=True), Do.GIVE_BACK),
    "a way back in doubt is asked about": (
        sale(P.GIVING_BACK, PAID, RETURNING, giving_back_minor=1000), Do.ASK_TERMINAL,
    ),
    "a way back refused: a person": (
        sale(P.GIVING_BACK, PAID, giving_back_minor=1000, trouble="give_back_declined"), None,
    ),
    "owed back, but the terminal proved that nothing was charged: a person": (
        sale(P.GIVING_BACK, attempt(A.DISPUTED), giving_back_minor=1000, cancelled=True), None,
    ),
    "a reservation on its way back is no dispute": (
        sale(P.GIVING_BACK, attempt(A.ROLLING_BACK, confirm=True), giving_back_minor=1000), Do.ROLL_BACK,
    ),
    "unsealed, and the terminal proved that nothing was charged: to be paid again": (
        sale(P.PAID_UNSEALED, DISPUTED), Do.REOPEN,
    ),
    "all given back, cancelled": (sale(P.GIVING_BACK, cancelled=True), Do.VOID),
    "all given back, a line dropped": (sale(P.GIVING_BACK, PAID), Do.GIVEN_BACK),
    "ended, a person had spoken: the terminal may still tell": (
        sale(P.CLOSED, attempt(A.PERSON_PAID), sealed=1), Do.ASK_TERMINAL,
    ),
    "left open: the terminal may still tell": (sale(P.LEFT_OPEN, attempt(A.CANNOT_TELL)), Do.ASK_TERMINAL),
    "closed: nothing": (sale(P.CLOSED, PAID, sealed=1), None),
    "voided: nothing": (sale(P.VOIDED), None),
    "a correction is owed: the back office": (sale(P.CORRECTION_DUE, PAID), None),
}  # fmt: skip


@pytest.mark.parametrize("case", list(CASES))
def test_the_next_step(case: str) -> None:
    """Each case's name says what is true; the step follows from it and from nothing else."""
    stands, wanted = CASES[case]
    step = next_step(stands)
    assert (step.do if step else None) is wanted


def test_every_phase_of_the_sale_is_among_the_cases() -> None:
    assert {stands.phase for stands, _ in CASES.values()} == set(Phase)


def test_every_step_is_among_the_cases() -> None:
    assert {wanted for _, wanted in CASES.values()} - {None} == set(Do)


@pytest.mark.parametrize("phase", list(Phase))
@pytest.mark.parametrize("card", [A.UNKNOWN, A.NEEDS_PERSON, A.CANNOT_TELL, A.SENT, A.HEARD])
def test_while_a_payment_is_in_doubt_nothing_else_moves_money(phase: Phase, card: AttemptPhase) -> None:
    """No seal of an unpaid sum, no second payment, no way back while nobody knows about the first one."""
    step = next_step(sale_in(phase, card))
    if phase in (P.PAYING, P.GIVING_BACK):
        assert step is None or step.do in (Do.ASK_TERMINAL, Do.LOSE_CARD) or card is A.CANNOT_TELL
    assert step is None or step.do not in (Do.MEAN_CONFIRM, Do.CONFIRM) or card not in (A.SENT, A.HEARD, A.UNKNOWN)


ANY = (None, A.UNKNOWN, A.PERSON_PAID, A.PERSON_UNPAID, A.CANNOT_TELL, A.APPROVED, A.BOOKED, A.DECLINED, A.DISPUTED)


@pytest.mark.parametrize("phase", [phase for phase in Phase if phase in ENDED])
def test_an_ended_sale_only_learns(phase: Phase) -> None:
    """After its end no money is asked for and nothing sealed: a terminal is asked what it did, and that is all."""
    for card in ANY:
        step = next_step(sale(phase, *([attempt(card)] if card else []), sealed=1))
        assert step is None or step.do is Do.ASK_TERMINAL


HELD: dict[str, tuple[Sale, Do]] = {
    "the goods are gone: kept": (sale(P.CLOSED, RESERVED, sealed=1), Do.MEAN_CONFIRM),
    "a correction is owed: kept": (sale(P.CORRECTION_DUE, RESERVED), Do.MEAN_CONFIRM),
    "a document may exist: kept": (sale(P.LEFT_OPEN, RESERVED, meant=MEANT), Do.MEAN_CONFIRM),
    "no document will be made: given back": (sale(P.LEFT_OPEN, RESERVED), Do.MEAN_ROLL_BACK),
    "voided: given back": (sale(P.VOIDED, RESERVED), Do.MEAN_ROLL_BACK),
}


@pytest.mark.parametrize("case", list(HELD))
def test_what_a_terminal_still_holds_is_settled_after_the_end(case: str) -> None:
    """A late answer finds money reserved for a sale that ended: it is kept with the goods, or given back without."""
    stands, wanted = HELD[case]
    step = next_step(stands)
    assert step is not None
    assert step.do is wanted


def test_the_step_names_its_attempt() -> None:
    """With several attempts the doubtful one is asked about."""
    declined = attempt(A.DECLINED, id="a0")
    assert next_step(sale(P.PAYING, declined, UNKNOWN)) == NextStep(Do.ASK_TERMINAL, "a1")


def test_troubles_that_mend_without_a_person() -> None:
    """Only what can pass by itself is tried again by itself."""
    assert all(mends_by_itself(trouble) for trouble in ("", "register_away", "not_made", "preflight:cover_open"))
    assert not any(mends_by_itself(trouble) for trouble in ("shtrih_m.A2", "shtrih_m.12", "said_absent"))
