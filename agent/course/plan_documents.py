"""The documents of a sale with the payments as they stand: the plan of the law, fed from the sale's fold."""

from __future__ import annotations

from fiscal.document import Operation
from fiscal.plan import CARD, CREDIT, PlannedDocument, plan
from fiscal.regimes.profile import Profile
from fiscal.sale import Sale
from fiscal.sale_events import Part


def planned_documents(sale: Sale, profile: Profile, cashier: str, contact: str) -> tuple[PlannedDocument, ...]:
    """Complete documents, in the order they are sealed. Raises fiscal.refused.PlanRefused."""
    if sale.refund:
        return sale.refund
    paid = tuple((means, minor) for means, minor in ((CREDIT, sale.credit_minor), (CARD, sale.card_minor)) if minor)
    received = sale.cash_received_minor if sale.cash_kept_minor or sale.cash_received_minor else None
    return plan(sale.basket, Operation.SALE, paid, received, cashier, contact, sale.id, profile)


def parts_of(planned: tuple[PlannedDocument, ...]) -> tuple[Part, ...]:
    return tuple(Part(p.seller, p.tax_system, p.document.total_minor) for p in planned)
