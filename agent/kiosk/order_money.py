"""One purchase's money, derived from the journals: the units' pieces, the sale, its payouts, advances and claims.

An advance is a purchase of its own, whose money came from another's: what it took from there is what was inserted here.
"""

from __future__ import annotations

from collections.abc import Iterable

from agent.kiosk.boxes import Boxes
from fiscal.claim import Claim
from fiscal.kiosk_books import OrderMoney, ReceiptEnd
from fiscal.sale import Phase, Sale, is_finished
from fiscal.sale_events import SaleAct
from sync.store.batch import SaleRow

_ENDS = {
    Phase.CLOSED: ReceiptEnd.MADE,
    Phase.VOIDED: ReceiptEnd.NOT_MADE,
    Phase.CORRECTION_DUE: ReceiptEnd.DEBT,
    Phase.IN_DOUBT: ReceiptEnd.DOUBT,
}


def receipt_end(sale: Sale | None) -> ReceiptEnd:
    """What the register did for a purchase."""
    if sale is None:
        return ReceiptEnd.NO_ORDER
    if is_finished(sale):
        return ReceiptEnd.MADE
    if sale.phase is Phase.LEFT_OPEN:
        # Left open about its document nobody may book the cash; about a card, the cash beside it went back.
        return ReceiptEnd.DOUBT if sale.meant is not None or sale.sealed else ReceiptEnd.NOT_MADE
    return _ENDS.get(sale.phase, ReceiptEnd.PENDING)


def order_money(
    order: str,
    sale: Sale | None,
    boxes: Boxes,
    claims: Iterable[Claim],
    advances: Iterable[SaleRow] = (),
    said_minor: int = 0,
) -> OrderMoney:
    """`claims` and `advances` are the purchase's own. A cancelled claim stays settled: a person found that nothing was
    owed; an advance that was not made owes its money itself."""
    kept = sale.cash_kept_minor if sale is not None else 0
    moved_in = sale.basket.total_minor if sale is not None and sale.act is SaleAct.ADVANCE else 0
    return OrderMoney(
        receipt_end(sale),
        boxes.inserted_minor(order) + moved_in,
        kept,
        boxes.paid_minor(order),
        sum(row.total_minor for row in advances),
        sum(claim.issued.amount_minor for claim in claims),
        said_minor,
    )
