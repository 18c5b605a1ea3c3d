"""What of a sale's money can still go back, read from where it stands: the charges, and whether there is anything."""

from __future__ import annotations

from fiscal.payment import Attempt, AttemptPhase, CardAct
from fiscal.sale import Phase, Sale

DISPUTED = "give_back_disputed"
"""Owed back by our books, but not here: a person said that the card was charged, the terminal proved the contrary."""


def charges_left(sale: Sale) -> list[tuple[Attempt, int]]:
    """Purchases of this sale with card money still here, the last first: that is the order of taking back."""
    found = []
    for charge in reversed(sale.attempts):
        if charge.sent.act is CardAct.PURCHASE and charge.money_moved:
            back = sum(a.sent.amount_minor for a in sale.attempts if a.sent.of == charge.id and a.money_moved)
            if charge.sent.amount_minor > back:
                found.append((charge, charge.sent.amount_minor - back))
    return found


def disputed_charge(sale: Sale) -> Attempt | None:
    """The charge that a person said was made and the terminal proved was not, while the sale misses its money."""
    if sale.left_minor <= 0:
        return None
    disputed = (a for a in sale.attempts if a.phase is AttemptPhase.DISPUTED)
    return next((a for a in disputed if AttemptPhase.PERSON_PAID in a.trail), None)


def give_back_trouble(sale: Sale) -> str:
    """Why money that is owed back does not go by itself, as a code of words; "" while it does."""
    if sale.phase is not Phase.GIVING_BACK or sale.giving_back_minor <= 0:
        return ""
    if not sale.unsettled and not sale.cash_kept_minor and not sale.credit_minor and not charges_left(sale):
        return DISPUTED
    return sale.trouble if sale.trouble.startswith("give_back") else ""
