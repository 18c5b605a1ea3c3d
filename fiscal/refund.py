"""The plan of a refund: what goes back of a sale, whole or in parts, never more than was paid.

A refund is planned from the sale's own documents and from the refunds already made: prices and VAT rates are those of
the sale (an older sale keeps 20 %). The sum of a part is the difference of two rounded shares of the line, so parts in
any order add up to the line exactly; the cash rounding of the sale comes off the refunds in the same way. Money goes
back as it came: to the card up to what the card paid and has not had back, then to the store credit in the same way,
the rest in cash.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fiscal.document import DocumentLine, DocumentPayments, FiscalDocument, Operation, TaxSystem
from fiscal.money import round_half_up
from fiscal.plan import PlannedDocument
from fiscal.pricing import exact_prices
from fiscal.refused import PlanRefused


@dataclass(frozen=True, slots=True)
class SoldLine:
    """One line of the sale as the buyer knows it: its split, if any, is undone, and what went back is counted."""

    id: str
    seller: str
    tax_system: TaxSystem
    line: DocumentLine
    quantity_thousandths: int
    sum_minor: int
    refunded_thousandths: int
    refunded_minor: int

    @property
    def left_thousandths(self) -> int:
        return self.quantity_thousandths - self.refunded_thousandths

    @property
    def left_minor(self) -> int:
        return self.sum_minor - self.refunded_minor

    def part_minor(self, quantity_thousandths: int) -> int:
        """What giving back this quantity now is worth."""
        so_far = self.refunded_thousandths + quantity_thousandths
        share = round_half_up(self.sum_minor * so_far, self.quantity_thousandths)
        return max(0, min(share, self.sum_minor) - self.refunded_minor)


def sold_lines(sale: Sequence[PlannedDocument], refunds: Sequence[PlannedDocument] = ()) -> tuple[SoldLine, ...]:
    """The lines of a sale with what `refunds` (sealed or under way) already took back, for the refund's screen."""
    found: list[SoldLine] = []
    for planned in sale:
        lines: dict[str, list[DocumentLine]] = {}
        for line_id, line in zip(planned.line_ids, planned.document.lines, strict=True):
            lines.setdefault(line_id, []).append(line)
        for line_id, parts in lines.items():
            back = [
                line
                for refund in refunds
                for back_id, line in zip(refund.line_ids, refund.document.lines, strict=True)
                if back_id == line_id
            ]
            found.append(
                SoldLine(
                    line_id,
                    planned.seller,
                    planned.tax_system,
                    parts[0],
                    sum(line.quantity_thousandths for line in parts),
                    sum(line.sum_minor for line in parts),
                    sum(line.quantity_thousandths for line in back),
                    sum(line.sum_minor for line in back),
                )
            )
    return tuple(found)


def refund_plan(
    sale: Sequence[PlannedDocument],
    refunds: Sequence[PlannedDocument],
    wanted: Mapping[str, int] | None,
    cashier: str,
    buyer_contact: str,
    sale_key: str,
) -> tuple[PlannedDocument, ...]:
    """The refund documents for `wanted` (line id to thousandths; None: all that is left), in the sale's order.

    `refunds` are the earlier refund documents of this sale, sealed ones and those whose outcome is not yet known.
    The card's share is `payments.electronic_minor`, the store credit's `payments.prepaid_minor`, the cash to hand out
    `payments.cash_minor`.
    """
    lines = sold_lines(sale, refunds)
    asked = {line.id: line.left_thousandths for line in lines if line.left_thousandths} if wanted is None else wanted
    known = {line.id: line for line in lines}
    for line_id, quantity in asked.items():
        if line_id not in known:
            raise PlanRefused("refund_unknown_line", line=line_id)
        if quantity < 0 or quantity > known[line_id].left_thousandths:
            raise PlanRefused("refund_more_than_sold", line=line_id, left_thousandths=known[line_id].left_thousandths)
        if known[line_id].line.measure == 0 and quantity % 1000:
            raise PlanRefused("refund_fraction_of_piece", line=line_id)
    if not any(asked.values()):
        raise PlanRefused("refund_nothing_left")
    planned = []
    for original in sale:
        taken = [line for line in lines if (line.seller, line.tax_system) == original.book and asked.get(line.id)]
        if taken:
            earlier = [refund for refund in refunds if refund.book == original.book]
            document, line_ids = _back(original, earlier, taken, asked, (cashier, buyer_contact, sale_key))
            planned.append(PlannedDocument(original.seller, original.tax_system, document, line_ids))
    return tuple(planned)


def _back(
    original: PlannedDocument,
    earlier: Sequence[PlannedDocument],
    taken: Sequence[SoldLine],
    asked: Mapping[str, int],
    who: tuple[str, str, str],
) -> tuple[FiscalDocument, tuple[str, ...]]:
    pairs = [(sold.id, line) for sold in taken for line in _lines(sold, asked[sold.id])]
    gross = sum(line.sum_minor for _, line in pairs)
    # The sale dropped at most its own kopecks; taking as many of each refund's kopecks as are still owed uses the
    # dropped sum up exactly when everything has gone back, and touches no rouble on the way.
    owed = original.document.rounding_minor - sum(one.document.rounding_minor for one in earlier)
    rounding = min(gross % 100, max(0, owed))
    money = gross - rounding
    to_card_left = original.document.payments.electronic_minor - sum(
        one.document.payments.electronic_minor for one in earlier
    )
    to_card = min(money, max(0, to_card_left))
    to_credit_left = original.document.payments.prepaid_minor - sum(
        one.document.payments.prepaid_minor for one in earlier
    )
    to_credit = min(money - to_card, max(0, to_credit_left))
    cashier, buyer_contact, sale_key = who
    document = FiscalDocument(
        Operation.SALE_REFUND,
        original.tax_system,
        tuple(line for _, line in pairs),
        DocumentPayments(cash_minor=money - to_card - to_credit, electronic_minor=to_card, prepaid_minor=to_credit),
        cashier,
        rounding,
        buyer_contact,
        sale_key,
    )
    return document, tuple(line_id for line_id, _ in pairs)


def _lines(sold: SoldLine, quantity_thousandths: int) -> list[DocumentLine]:
    like = sold.line
    return [
        DocumentLine(
            like.name,
            quantity,
            price,
            sum_minor,
            like.vat,
            like.subject,
            like.method,
            like.measure,
            like.department,
            like.mark,
        )
        for price, quantity, sum_minor in _prices(sold, quantity_thousandths)
    ]


def _prices(sold: SoldLine, quantity_thousandths: int) -> tuple[tuple[int, int, int], ...]:
    part = sold.part_minor(quantity_thousandths)
    like = sold.line
    whole_line_at_one_price = like.quantity_thousandths == sold.quantity_thousandths
    if whole_line_at_one_price and round_half_up(like.price_minor * quantity_thousandths, 1000) == part:
        return ((like.price_minor, quantity_thousandths, part),)  # the price on the sale's receipt, where it fits
    return exact_prices(part, quantity_thousandths)
