"""How money goes back when a paid sale cannot be sealed as it stands: by the means it came, proved at each step.

A reservation (CONFIRM terminals) is rolled back whole; a charge that goes back whole is reversed, in part refunded.
Each is an operation of its own with its own intent and its own UNKNOWN. Store credit is
on its account at once, cash is handed over by the cashier.
"""

from __future__ import annotations

import random

import anyio

from agent.clock import Clock
from agent.course.card_course import CardCourse
from agent.course.money_here import DISPUTED, charges_left, give_back_trouble
from agent.course.sale_record import SaleRecord
from agent.ids import new_id
from agent.view import Note
from drivers.errors import DeviceError
from fiscal import payment as p
from fiscal import sale_events as e
from fiscal.payment import AttemptPhase, CardAct

AWAY_PAUSE_S = 5
"""A terminal that does not answer is tried again this often: the shopper stands at the counter."""


class GiveBack:
    def __init__(self, cards: dict[str, CardCourse], clock: Clock, rng: random.Random) -> None:
        self._cards = cards
        self._clock = clock
        self._rng = rng

    async def step(self, record: SaleRecord) -> Note | None:
        """One step: a roll back, a reversal or refund of one charge, or the cash. Declined: a person is next.

        The note says why this step gave nothing back; nothing is journaled then.
        """
        sale = record.sale
        if give_back_trouble(sale) == DISPUTED:
            return Note(DISPUTED, {"sum_minor": sale.giving_back_minor})
        if sale.credit_minor:
            # First, because it needs no device and no hand.
            await record.append(e.CreditReturned(min(sale.giving_back_minor, sale.credit_minor)))
            return None
        charge, left = next(((a, left) for a, left in charges_left(sale)), (None, 0))
        if charge is None:
            await record.append(e.CashReturned(min(sale.giving_back_minor, sale.cash_kept_minor), sale.opened.cashier))
            return None
        if charge.sent.confirm and charge.phase in (AttemptPhase.APPROVED, AttemptPhase.PERSON_PAID):
            await record.append(p.CardRollBackMeant(charge.id, "given_back"))
            return None
        amount = min(left, sale.giving_back_minor)
        whole = amount == charge.sent.amount_minor
        cards = self._cards[charge.sent.terminal]
        try:
            state = await cards.state(sale.id)
        except DeviceError:
            state = None
        if state is None or not state.ready:
            with anyio.move_on_after(AWAY_PAUSE_S):
                await record.news().wait()
            return Note("terminal_not_ready", {"reason": state.reason}) if state else Note("terminal_away")
        attempt = new_id(self._clock.now_ms(), self._rng)
        act = CardAct.REVERSAL if whole else CardAct.REFUND
        await cards.perform(record, cards.sent(attempt, act, amount, state, charge))
        return None
