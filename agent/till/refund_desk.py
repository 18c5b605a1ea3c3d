"""Taking goods back from a receipt of this till: what may still come back, and by which means the money returns."""

from __future__ import annotations

import re
from dataclasses import dataclass

from agent.till.trade import TradeRefused
from fiscal import sale_events as e
from fiscal.basket import BasketLine, Discount
from fiscal.payment import Attempt, CardAct
from fiscal.plan import PlannedDocument
from fiscal.product import Product
from fiscal.refund import SoldLine, refund_plan, sold_lines
from fiscal.sale import Phase, Sale, SaleEvent
from fiscal.sale_events import SaleAct
from sync.store.batch import SaleRow
from sync.store.sale_journal import read_sale
from sync.store.store import Store

_QR = re.compile(r"(?:^|&)fn=(?P<fn>\d+)&i=(?P<i>\d+)&fp=(?P<fp>\d+)")

NOTHING_BACK = frozenset({Phase.VOIDED, Phase.BASKET})


@dataclass(frozen=True, slots=True)
class Original:
    """The sale that is taken back, with what earlier refunds took (also those whose outcome is not known yet)."""

    sale: Sale
    documents: tuple[PlannedDocument, ...]
    refunds: tuple[PlannedDocument, ...]
    refund_sales: tuple[Sale, ...]

    @property
    def lines(self) -> tuple[SoldLine, ...]:
        return sold_lines(self.documents, self.refunds)


class RefundDesk:
    def __init__(self, till: str, store: Store) -> None:
        self._till = till
        self._store = store

    def find(self, number: str, qr: str) -> Original:
        """By the sale's number or by a receipt's QR text. Raises TradeRefused."""
        row = self._store.sale_by_number(self._till, number.strip()) if number else self._by_qr(qr)
        if row is None or row.act != SaleAct.SALE.value:
            raise TradeRefused("refund_not_found", number=number)
        original = self.original(row.id)
        if original.sale.phase is not Phase.CLOSED:
            raise TradeRefused("refund_not_found", number=number)
        if not any(line.left_thousandths for line in original.lines):
            raise TradeRefused("refund_nothing_left", number=original.sale.number)
        return original

    def original(self, sale: str, besides: str = "") -> Original:
        """`besides`: the refund under way, whose own documents do not count against it."""
        sold = read_sale(self._store.journal(sale))
        others = [read_sale(self._store.journal(row.id)) for row in self._store.refunds_of(sale) if row.id != besides]
        live = [refund for refund in others if refund.phase not in NOTHING_BACK and refund.refund]
        return Original(
            sold,
            tuple(meant.planned for meant in sold.sealed_meant),
            tuple(document for refund in live for document in refund.refund),
            tuple(live),
        )

    def choose(self, refund: Sale, original: Original, line_id: str, thousandths: int) -> tuple[SaleEvent, ...]:
        """Take this much of a line back; 0 takes the line out again."""
        sold = next((line for line in original.lines if line.id == line_id), None)
        if sold is None:
            raise TradeRefused("unknown_line", line=line_id)
        present = any(line.id == line_id for line in refund.basket.lines)
        if thousandths == 0:
            return (e.LineRemoved(line_id),) if present else ()
        if not 0 < thousandths <= sold.left_thousandths or (sold.line.measure == 0 and thousandths % 1000):
            raise TradeRefused("refund_more_than_sold", line=line_id, left=sold.left_thousandths)
        return (e.LinePut(_refund_line(original.sale, sold, thousandths), "refund"),)

    def plan(self, refund: Sale, original: Original, cashier: str, contact: str) -> tuple[PlannedDocument, ...]:
        wanted = {line.id: line.quantity_thousandths for line in refund.basket.lines}
        if not wanted:
            raise TradeRefused("empty_basket")
        return refund_plan(original.documents, original.refunds, wanted, cashier, contact, refund.id)

    def card_shares(self, refund: Sale, original: Original) -> list[tuple[Attempt, int]]:
        """Which charge gets how much back: the card money of the plan, less what this refund already returned."""
        left = sum(p.document.payments.electronic_minor for p in refund.refund) - refund.card_minor
        shares = []
        for charge in original.sale.attempts:
            if charge.sent.act is not CardAct.PURCHASE or not charge.money_moved:
                continue
            taken = [a for s in (original.sale, *original.refund_sales, refund) for a in s.attempts]
            back = sum(a.sent.amount_minor for a in taken if a.sent.of == charge.id and a.money_moved)
            part = min(left, charge.sent.amount_minor - back)
            if part > 0:
                shares.append((charge, part))
                left -= part
        return shares

    def _by_qr(self, qr: str) -> SaleRow | None:
        found = _QR.search(qr)
        if not found:
            return None
        for row in self._store.recent_sales(self._till, 1000):
            sale = read_sale(self._store.journal(row.id))
            for sealed, meant in zip(sale.sealed, sale.sealed_meant, strict=True):
                if (meant.fn, sealed.number, sealed.sign) == (found["fn"], int(found["i"]), int(found["fp"])):
                    return row
        return None


def _refund_line(sale: Sale, sold: SoldLine, thousandths: int) -> BasketLine:
    """The line as the sale had it; one that was replaced since still tells name and price by its document."""
    part = sold.part_minor(thousandths)
    line = next((line for line in sale.basket.lines if line.id == sold.id), None)
    product = line.product if line else Product("", sold.line.name, sold.line.price_minor, sold.line.vat)
    price = line.price_minor if line else sold.line.price_minor
    whole = BasketLine(sold.id, product, thousandths, price, None, line.mark if line else None)
    less = whole.gross_minor - part
    return BasketLine(sold.id, product, thousandths, price, Discount(minor=less) if less > 0 else None, whole.mark)
