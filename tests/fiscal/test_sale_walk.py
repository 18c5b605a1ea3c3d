"""Any course that a shop can take through the table keeps the money's laws, and survives its journal."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fiscal import payment
from fiscal.payment import Attempt, AttemptPhase, CardAct, CardRolledBack
from fiscal.sale import ENDED, TRANSITIONS, Phase, Sale, SaleEvent, evolve, fold
from fiscal.sale_events import SealMeant
from fiscal.store_credit import Account, CreditGiven, CreditOpened, credit_events, evolve_credit
from sync.store.batch import Row
from sync.store.sale_journal import read_sale, to_entry
from tests.fiscal.sale_samples import OPENED, card_sent
from tests.fiscal.sale_walk import choices

A = AttemptPhase
STEPS = {(phase, after) for (phase, _), after in payment.TRANSITIONS.items()}
PURSE = 100_000
DOCUMENT_PHASES = (Phase.SEALING, Phase.IN_DOUBT)


def keeps_the_laws(before: Sale, event: SaleEvent, after: Sale) -> None:
    assert TRANSITIONS[before.phase, type(event)] is after.phase
    assert after.paid_minor >= 0, "more went back than was paid"
    assert after.cash_kept_minor >= 0
    assert after.giving_back_minor >= 0, "more went back than was owed"
    assert after.left_minor + after.giving_back_minor >= 0, "the shopper paid more than was due"
    assert len(after.sealed) <= len(after.parts), "a document that was not planned"
    assert len(after.sealed) == len(after.sealed_meant)
    assert [one.index for one in after.sealed] == list(range(len(after.sealed)))
    if after.phase in DOCUMENT_PHASES:
        assert after.meant is not None, "a document in the making has its intent"
    if isinstance(event, SealMeant):
        assert before.left_minor == 0, "nothing is sealed before it is paid to the kopeck"
        assert not before.unsettled, "nothing is sealed while money is in doubt"
    if after.phase is Phase.CLOSED and before.phase is not Phase.CLOSED:
        assert after.left_minor == 0
        assert not after.documents_left
        assert not after.unsettled
    if after.phase is Phase.VOIDED:
        assert not after.money_here, "nothing was sold, yet money is here"
    for attempt in after.attempts:
        back = [a for a in after.attempts if a.sent.of == attempt.id and a.money_moved]
        assert sum(a.sent.amount_minor for a in back) <= attempt.sent.amount_minor
        assert all(step in STEPS for step in pairwise(attempt.trail))
    moving = [a for a in after.attempts if a.unsettled and a.sent.act is CardAct.PURCHASE]
    assert len(moving) <= 1, "two payments at once"


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_any_course_keeps_the_laws_and_its_journal(data: st.DataObject) -> None:
    """Paid, owed and left are never negative, documents never exceed the plan, the journal's fold is the sale; and an
    account has lost exactly what the sale has of it."""
    sale = fold([OPENED])
    account = evolve_credit(Account(CreditOpened("acc", "p", "card", 0)), CreditGiven("before", PURSE))
    events: list[SaleEvent] = [OPENED]
    for step in range(data.draw(st.integers(3, 45))):
        open_now = choices(sale, step + 1, data.draw(st.integers(1, 400)))
        if not open_now:
            break
        event = data.draw(st.sampled_from(open_now))
        after = evolve(sale, event)
        keeps_the_laws(sale, event, after)
        for owner, credit in credit_events(sale, after, [event]):
            assert owner == "acc"
            account = evolve_credit(account, credit)
        assert account.balance_minor == PURSE - after.credit_minor
        sale = after
        events.append(event)
    rows = []
    for seq, event in enumerate(events, 1):
        entry = to_entry(event, sale.id, "1")
        rows.append(Row(seq, 0, "1", sale.id, entry.kind, entry.body))
    assert read_sale(rows) == sale == fold(events)


def test_the_walk_can_reach_every_end() -> None:
    """The walk above is not confined to a corner: every phase of the table is reached by its choices."""
    reached = {Phase.BASKET}
    seen: set[tuple[object, ...]] = set()
    front = [(fold([OPENED]), 1)]
    while front and reached != set(Phase):
        sale, depth = front.pop(0)
        for event in choices(sale, depth, 100):
            after = evolve(sale, event)
            shape = (after.phase, tuple(a.phase for a in after.attempts), len(after.basket.lines), len(after.sealed),
                     after.giving_back_minor > 0, after.seal_asked > 0, after.trouble)  # fmt: skip
            if shape in seen or depth > 12 or len(after.attempts) > 2 or len(after.basket.lines) > 1:
                continue
            seen.add(shape)
            reached.add(after.phase)
            front.append((after, depth + 1))
    assert reached == set(Phase)
    assert reached >= ENDED


@pytest.mark.parametrize(("before", "still_owed"), [(A.DISPUTED, 1000), (A.APPROVED, 0)])
def test_what_was_never_counted_takes_nothing_of_what_is_owed(before: AttemptPhase, still_owed: int) -> None:
    """A charge that a person called unpaid and the terminal found was no money of the sale: rolled back, it pays
    nothing of what the shopper gets back."""
    rolling = Attempt(card_sent(CardAct.PURCHASE, "a1", 1000), A.ROLLING_BACK, trail=(A.SENT, before, A.ROLLING_BACK))
    sale = Sale(OPENED, Phase.GIVING_BACK, attempts=(rolling,), giving_back_minor=1000, cancelled=True)
    assert evolve(sale, CardRolledBack("a1")).giving_back_minor == still_owed
