"""The rules: each takes a day and tells what does not fit in it. Pure.

    sale_without_document   the goods went, and a seller who owes a document for them has none
    documents_differ        a sale's documents come to another sum than the sale
    refund_without_sale     money went back for a sale that HQ does not have
    charge_without_receipt  card money stayed with a sale that has no document, or was cancelled
    sale_without_money      the payments of a sale come to another sum than the sale
    shift_sums              what the till's journal closed in a shift is not what HQ has of it
    sale_after_closing      a sale of a shift that had been closed before
    document_twice          one number of one fiscal storage in two sales
Those of the operator's register stand in operator_rules.py; what is of no shop's day in unknown_storages.py and
slips_unasked.py.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator

from cloud_api.books.duties import needs_document
from cloud_api.findings.day_seen import DaySeen, DocumentSeen, LateSeen, PaymentSeen, SaleSeen
from cloud_api.findings.finding import MOST, Behind, Finding, Rule
from cloud_api.findings.operator_rules import OPERATOR_RULES
from cloud_api.projections import VOIDED

STANDING = frozenset({"booked", "by_person", "given_back"})
"""Statuses of card money that is with the shop; what was given back is below zero."""
Judge = Callable[[DaySeen], Iterator[Finding]]


def sale_row(sale: SaleSeen) -> Behind:
    return Behind("sale", sale.device, sale.id, sale.number, sale.till, sum=sale.total, at_ms=sale.closed_ms,
                  note=sale.state)  # fmt: skip


def payment_row(payment: PaymentSeen) -> Behind:
    note = f"{payment.means} {payment.status}".strip()
    return Behind("payment", id=payment.attempt, number=payment.terminal, sum=payment.sum, note=note)


def document_row(document: DocumentSeen) -> Behind:
    return Behind("document", number=str(document.number), fn=document.fn, sum=document.total, note=document.seller)


def late_row(late: LateSeen) -> Behind:
    return Behind("late", id=late.attempt, number=late.terminal, sum=late.sum, note=late.status)


def of_sale(rule: Rule, day: DaySeen, sale: SaleSeen, amount: int, **values: str | int) -> Finding:
    rows = [sale_row(sale), *map(payment_row, sale.payments), *map(document_row, sale.documents)]
    rows += map(late_row, sale.late)
    told = {"number": sale.number, "till": sale.till, "total": sale.total, **values}
    subject = f"{sale.device}/{sale.id}"
    return Finding(rule, day.store, day.day, sale.device, sale.till, subject, sale.closed_ms, amount, told, rows)


def card_standing(sale: SaleSeen) -> int:
    """Card money with the shop, by what the till told and what a terminal said later."""
    cards = [payment for payment in sale.payments if payment.means == "card" and payment.status in STANDING]
    standing = sum(payment.sum for payment in cards)
    booked = {payment.attempt: payment.sum for payment in cards}
    last = {late.attempt: late for late in sale.late}
    for attempt, late in last.items():
        act, _, phase = late.status.partition(":")
        charged = act == "purchase" and phase in ("approved", "booked")
        gone = act == "purchase" and phase in ("rolled_back", "declined")
        back = act in ("refund", "reversal") and phase in ("approved", "booked")
        if charged and attempt not in booked:
            standing += late.sum
        elif gone and attempt in booked:
            standing -= booked[attempt]
        elif back and attempt not in booked:
            standing -= late.sum
    return standing


def _sellers_without(day: DaySeen, sale: SaleSeen) -> list[str]:
    """Sellers who owe a document and have none in this sale; "" is whoever the till did not name."""
    there = {document.seller for document in sale.documents}
    asked = [s for s in sale.sellers or ("",) if needs_document(day.duties, day.store, s, day.day)]
    return [seller for seller in asked if (seller not in there if seller else not there)]


def charges_without_receipt(day: DaySeen) -> Iterator[Finding]:
    for sale in day.sales:
        if sale.act == "refund" or (sale.state != VOIDED and (sale.documents or not _sellers_without(day, sale))):
            continue
        standing = card_standing(sale)
        if standing > 0:
            yield of_sale(Rule.CHARGE_WITHOUT_RECEIPT, day, sale, standing, sum=standing)


def sales_without_document(day: DaySeen) -> Iterator[Finding]:
    for sale in day.sales:
        if sale.state == VOIDED:
            continue
        missing = _sellers_without(day, sale)
        charge = not sale.documents and sale.act != "refund" and card_standing(sale) > 0
        if missing and not charge:
            yield of_sale(Rule.SALE_WITHOUT_DOCUMENT, day, sale, sale.total, sellers=", ".join(filter(None, missing)))


def documents_differ(day: DaySeen) -> Iterator[Finding]:
    for sale in day.sales:
        sealed = sum(document.total for document in sale.documents)
        whole = sale.documents and sale.state == "closed" and not _sellers_without(day, sale)
        if whole and sealed != sale.total and {d.seller for d in sale.documents} >= set(filter(None, sale.sellers)):
            yield of_sale(Rule.DOCUMENTS_DIFFER, day, sale, sealed - sale.total, sealed=sealed)


def refunds_without_sale(day: DaySeen) -> Iterator[Finding]:
    for sale in day.sales:
        if sale.act == "refund" and sale.state != VOIDED and sale.of_sale not in day.originals:
            yield of_sale(Rule.REFUND_WITHOUT_SALE, day, sale, sale.total, of=sale.of_sale)


def sales_without_money(day: DaySeen) -> Iterator[Finding]:
    for sale in day.sales:
        paid = sum(payment.net for payment in sale.payments)
        if sale.state != VOIDED and paid != sale.net:
            yield of_sale(Rule.SALE_WITHOUT_MONEY, day, sale, sale.net - paid, paid=abs(paid))


def shift_sums(day: DaySeen) -> Iterator[Finding]:
    for shift in day.shifts:
        told, here = shift.told, shift.here
        if told is None or here is None or told == here:
            continue
        values: dict[str, str | int] = {"shift": shift.number, "till": shift.till}
        values |= {"told_sum": told.sum, "here_sum": here.sum}
        values |= {"told_sales": told.sales + told.refunds, "here_sales": here.sales + here.refunds}
        row = Behind("shift", shift.device, number=str(shift.number), till=shift.till, sum=told.sum,
                     at_ms=shift.closed_ms)  # fmt: skip
        subject = f"{shift.device}/{shift.till}/{shift.number}/{shift.opened_ms}"
        yield Finding(Rule.SHIFT_SUMS, day.store, day.day, shift.device, shift.till, subject, shift.closed_ms,
                      told.sum - here.sum, values, [row])  # fmt: skip


def sales_after_closing(day: DaySeen) -> Iterator[Finding]:
    closed = {(shift.device, shift.till, shift.number): shift for shift in day.shifts}
    for sale in day.sales:
        shift = closed.get((sale.device, sale.till, sale.shift))
        if shift is not None and sale.state == "closed" and (sale.epoch, sale.seq) > shift.ended:
            yield of_sale(Rule.SALE_AFTER_CLOSING, day, sale, sale.total, shift=sale.shift)


def documents_twice(day: DaySeen) -> Iterator[Finding]:
    told: dict[tuple[str, int], list[tuple[SaleSeen, DocumentSeen]]] = defaultdict(list)
    for sale in day.sales:
        for document in sale.documents:
            told[document.fn, document.number].append((sale, document))
    others = defaultdict(list)
    for other in day.elsewhere:
        others[other.fn, other.number].append(other)
    for (fn, number), here in told.items():
        there = others[fn, number]
        if not fn or len(here) + len(there) < 2:
            continue
        sale, document = here[0]
        rows = [row for one, paper in here for row in (sale_row(one), document_row(paper))]
        rows += [
            Behind("document", o.device, o.sale, str(o.number), fn=o.fn, sum=o.total, note="other_day") for o in there
        ]
        values: dict[str, str | int] = {"fn": fn, "document": number, "times": len(here) + len(there)}
        yield Finding(Rule.DOCUMENT_TWICE, day.store, day.day, sale.device, sale.till, f"{fn}/{number}/{day.day}",
                      sale.closed_ms, document.total, values, rows)  # fmt: skip


RULES: tuple[Judge, ...] = (
    charges_without_receipt,
    sales_without_document,
    documents_differ,
    refunds_without_sale,
    sales_without_money,
    shift_sums,
    sales_after_closing,
    documents_twice,
    *OPERATOR_RULES,
)


def findings_of(day: DaySeen) -> list[Finding]:
    """What does not fit, at most `MOST` of each rule."""
    found = []
    for rule in RULES:
        for place, one in enumerate(rule(day)):
            if place >= MOST:
                break
            found.append(one)
    return found
