"""A sale as HQ gives it back, written as the events that a sale's journal is made of: it folds, is searched, and its
goods can come back, like any sale of this till.

What the wire does not carry is filled in: tax system, measure and kind of goods from today's catalogue, line ids by
their place (a refund's by the line of the sale that it took back). Where the plan made anew does not come to the told
documents, each document is one line of its whole sum.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from agent.course.plan_documents import parts_of
from fiscal import sale_events as e
from fiscal.basket import Basket, BasketLine, Discount
from fiscal.document import (
    DocumentLine,
    DocumentPayments,
    FiscalDocument,
    Method,
    Operation,
    Subject,
    TaxSystem,
)
from fiscal.mark import Mark
from fiscal.payment import CardAct, CardApproved, CardFacts, CardSent
from fiscal.plan import CARD, CREDIT, PlannedDocument, plan
from fiscal.product import Product
from fiscal.refund import refund_plan
from fiscal.refused import PlanRefused
from fiscal.regimes.profile import Profile
from fiscal.sale import Sale, SaleEvent
from fiscal.sale_events import SaleAct, SealedBy
from fiscal.vat import VatRate
from sync.wire import facts

TOLD = "told"
"""Why something is as it is, where a person's reason would stand."""
CLOSED, VOIDED, DUE, LEFT = "closed", "voided_after_payment", "correction_due", "left_open"
KG = 11  # tag 2108; what is sold in fractions and is in no catalogue any more was weighed
_GTIN = 14


@dataclass(frozen=True, slots=True)
class Original:
    """The sale that a refund took back, and the refunds known before this one."""

    sale: Sale
    refunds: tuple[PlannedDocument, ...] = ()


@dataclass(frozen=True, slots=True)
class Retelling:
    """What a till adds to the told: its card terminal, today's catalogue and law."""

    terminal: str
    product: Callable[[str], Product | None]
    profile: Profile

    def events(self, told: facts.Sale, original: Original | None = None) -> tuple[SaleEvent, ...]:
        """SaleOpened to its end. Raises ValueError for an act that no sale has."""
        act = SaleAct(told.act)
        number_of = original.sale.number if original is not None else ""
        opened = e.SaleOpened(
            told.id, told.till, act, told.cashier, told.shift, told.opened_ms, told.of, number_of, told.account
        )
        basket = self._basket(told, act, original)
        planned = self._planned(told, act, basket, original)
        refund = planned if act is SaleAct.REFUND else ()
        lines = tuple(e.LinePut(line, "refund" if refund else "added") for line in basket.lines)
        return (
            opened,
            *lines,
            e.Planned(told.number, parts_of(planned), told.total + told.rounding, refund),
            *self._paid(told, act, original),
            *_sealed(told, planned),
            *_end(told),
        )

    def _basket(self, told: facts.Sale, act: SaleAct, original: Original | None) -> Basket:
        free = [line.id for line in original.sale.basket.lines] if original is not None else []
        lines = []
        for place, line in enumerate(told.lines):
            id = f"told-{place}"
            if original is not None:
                by_sku = [one for one in original.sale.basket.lines if one.product.barcode == line.sku]
                id = next((one.id for one in by_sku if one.id in free), id)
                if id in free:
                    free.remove(id)
            lines.append(self._line(id, line, act))
        return Basket(tuple(lines), len(lines))

    def _line(self, id: str, line: facts.SaleLine, act: SaleAct) -> BasketLine:
        vat = VatRate(line.vat) if line.vat in VatRate._value2member_map_ else VatRate.NONE
        known = self.product(line.sku) if line.sku else None
        base = known or Product(line.sku, line.name, line.price, vat, measure=KG if line.qty % 1000 else 0)
        product = replace(
            base, barcode=line.sku, name=line.name, price_minor=line.price, vat=vat, seller=line.seller or base.seller
        )
        if act is SaleAct.ADVANCE:
            product = replace(product, subject=Subject.PAYMENT, method=Method.ADVANCE, discountable=False)
        mark = None
        if len(line.mark) > _GTIN:
            mark = Mark(b"", line.mark[:_GTIN], line.mark[_GTIN:])
        whole = BasketLine(id, product, line.qty, line.price, None, mark)
        by = next((reason.by for reason in line.reasons if reason.by), "")
        less = whole.gross_minor - line.sum
        return replace(whole, discount=Discount(minor=less, by=by)) if less > 0 else whole

    def _planned(
        self, told: facts.Sale, act: SaleAct, basket: Basket, original: Original | None
    ) -> tuple[PlannedDocument, ...]:
        """The documents as the till planned them, if the plan made anew comes to what was sealed."""
        made: tuple[PlannedDocument, ...] = ()
        try:
            if act is SaleAct.REFUND and original is not None:
                sold = tuple(meant.planned for meant in original.sale.sealed_meant)
                wanted = {line.id: line.quantity_thousandths for line in basket.lines}
                made = refund_plan(sold, original.refunds, wanted, told.cashier, "", told.id)
            elif basket.lines:
                operation = Operation.SALE_REFUND if act is SaleAct.REFUND else Operation.SALE
                paid = ((CREDIT, _sum(told, "credit")), (CARD, _sum(told, "card")))
                made = plan(basket, operation, paid, None, told.cashier, "", told.id, self.profile)
        except PlanRefused:
            made = ()
        totals = [one.document.total_minor for one in made]
        if totals[: len(told.documents)] == [one.total for one in told.documents] and len(made) >= len(told.documents):
            return made
        return tuple(_whole(told, one) for one in told.documents)

    def _paid(self, told: facts.Sale, act: SaleAct, original: Original | None) -> Iterable[SaleEvent]:
        charges = list(_charges(told))
        for place, (payment, amount) in enumerate(charges):
            attempt = payment.attempt or f"told-{told.id}-{place}"
            taken_back = original.sale.attempts if original is not None else ()
            of = next((a.id for a in taken_back if a.sent.act is CardAct.PURCHASE and a.money_moved), "")
            card = CardAct.REFUND if act is SaleAct.REFUND else CardAct.PURCHASE
            yield CardSent(
                attempt, card, self.terminal, amount, payment.terminal, payment.slip, 0, told.closed_ms, False,
                of if card is CardAct.REFUND else "",
            )  # fmt: skip
            said = CardFacts(
                amount, payment.terminal, payment.slip, 0, card=payment.card, scheme=payment.scheme,
                auth_code=payment.auth,
            )  # fmt: skip
            yield CardApproved(attempt, said)
        credit = next((one for one in told.payments if one.means == "credit"), None)
        if credit is not None:
            yield e.CreditTaken(credit.account, credit.sum)
        cash = _sum(told, "cash")
        if cash or told.rounding:
            yield e.CashTaken(cash, cash, told.rounding)


def _sum(told: facts.Sale, means: str) -> int:
    if means == "card":
        return sum(amount for _, amount in _charges(told))
    return sum(one.sum for one in told.payments if one.means == means)


def _charges(told: facts.Sale) -> Iterable[tuple[facts.SalePayment, int]]:
    """Card payments whose money stayed, each less what went back of it."""
    back = -sum(one.sum for one in told.payments if one.means == "card" and one.status == "given_back")
    for one in told.payments:
        if one.means == "card" and one.status in ("booked", "by_person", "refunded", ""):
            kept = max(0, one.sum - back)
            back -= one.sum - kept
            if kept:
                yield one, kept


def _whole(told: facts.Sale, document: facts.SaleDocument) -> PlannedDocument:
    """A document of which only the sum is known."""
    operation = Operation(document.operation) if document.operation in (1, 2, 3, 4) else Operation.SALE
    line = DocumentLine(told.number or told.id, 1000, document.total, document.total, VatRate.NONE)
    payments = DocumentPayments(cash_minor=document.total)
    made = FiscalDocument(operation, TaxSystem.GENERAL, (line,), payments, told.cashier, sale_key=told.id)
    return PlannedDocument(document.seller, TaxSystem.GENERAL, made, ("told",))


def _sealed(told: facts.Sale, planned: tuple[PlannedDocument, ...]) -> Iterable[SaleEvent]:
    for index, (document, made) in enumerate(zip(told.documents, planned, strict=False)):
        yield e.SealMeant(index, made, document.register, document.fn, document.number - 1, document.at)
        by = SealedBy.PERSON if document.by_person else SealedBy.ANSWER
        yield e.Sealed(index, document.number, document.sign, document.at, by)


def _end(told: facts.Sale) -> Iterable[SaleEvent]:
    """From PAYING, or from SEALED where documents exist."""
    some = len(told.documents)
    if told.state == CLOSED and some:
        yield e.Closed(told.closed_ms)
        return
    if told.state == LEFT and not some:
        yield e.LeftOpen("", TOLD)
        return
    if told.state == VOIDED and not some:
        yield e.PaymentCancelled("", TOLD)
        yield e.Voided(TOLD)
        return
    yield e.SealRefusedPaid(some, TOLD)
    if told.state in (LEFT, VOIDED):
        yield e.PaymentCancelled("", TOLD)
        yield e.LeftOpen("", TOLD) if told.state == LEFT else e.Voided(TOLD)
    else:
        yield e.CorrectionDue("", TOLD)
