"""What the cashier is told when a payment ended without money, or a sale without its receipt, as codes of words."""

from __future__ import annotations

from agent.course.money_here import disputed_charge
from agent.view import Note
from fiscal.payment import AttemptPhase, CardAct
from fiscal.sale import Phase, Sale
from fiscal.sale_events import SaleAct

NO_MONEY = frozenset({AttemptPhase.DECLINED, AttemptPhase.PERSON_UNPAID})


def not_paid(sale: Sale) -> Note | None:
    """Why the last try with a card moved no money: said where money is asked for, until it is asked for again."""
    disputed = disputed_charge(sale)
    if disputed is not None:
        return Note("charge_disputed", {"sum_minor": disputed.sent.amount_minor})
    if not sale.attempts or sale.attempts[-1].phase not in NO_MONEY | {AttemptPhase.ROLLED_BACK}:
        return None
    last = sale.attempts[-1]
    if last.phase is AttemptPhase.ROLLED_BACK:
        return Note("reversed")
    return Note("refund_declined" if sale.act is SaleAct.REFUND else "declined", {"reason": last.reason})


def ended(sale: Sale) -> Note | None:
    """What became of a sale that left the counter without a receipt, and what is to be handed to the shopper."""
    match sale.phase:
        case Phase.LEFT_OPEN:
            return Note("cannot_tell", {"claim": claim(sale)})
        case Phase.CORRECTION_DUE:
            return Note("correction_owed", {"number": sale.number})
        case Phase.VOIDED if sale.cancelled:
            taken_back = (CardAct.REVERSAL, CardAct.REFUND)
            card = sum(a.sent.amount_minor for a in sale.attempts if a.sent.act in taken_back and a.money_moved)
            card += sum(a.sent.amount_minor for a in sale.attempts if a.phase is AttemptPhase.ROLLED_BACK)
            if sale.cash_given_back_minor:
                params = {"cash_minor": sale.cash_given_back_minor} | ({"card_minor": card} if card else {})
                return Note("payment_cancelled", params)
            return Note("reversed") if card else None
    return None


def claim(sale: Sale) -> str:
    """The number of the shopper's claim: that of the sale, and its till."""
    return f"К-{sale.number}-{sale.opened.till}"
