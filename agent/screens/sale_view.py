"""A sale as the page sees it: lines with their verdicts, sums, payments, the receipt when it is sealed."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Any

from agent.devices.register_desk import RegisterDesk
from agent.till.refund_desk import Original
from agent.view import LineView, MarkView, Note, PaymentView, ReceiptView, SaleView, VatView
from drivers.fiscal_registers.contract import Printing
from fiscal import basket as b
from fiscal.basket import BasketLine
from fiscal.ffd.qr import ReceiptQr, qr_text
from fiscal.ffd.receipt_text import SealFacts, receipt_lines
from fiscal.payment import Attempt, AttemptPhase, CardAct
from fiscal.sale import Sale
from fiscal.sale_events import SaleAct, Sealed, SealMeant

UNITS = {0: "pcs", 10: "g", 11: "kg", 12: "t", 20: "cm", 22: "m", 40: "ml", 41: "l"}
"""Tag 2108 to the page's unit codes; anything else is "other"."""


def sale_view(sale: Sale, selected: str, original: Original | None, due_minor: int) -> SaleView:
    totals = b.totals(sale.basket)
    lines = [_line(sale, line) for line in sale.basket.lines]
    if original is not None and sale.act is SaleAct.REFUND:
        lines = _refund_lines(sale, original)
    return SaleView(
        id=sale.id,
        act=sale.act.value,
        phase=sale.phase.value,
        lines=lines,
        selected=selected if any(line.id == selected for line in lines) else (lines[-1].id if lines else ""),
        positions=totals.positions,
        pieces=totals.pieces_thousandths,
        total_minor=sale.due_minor if sale.parts else totals.total_minor,
        discount_minor=totals.discount_minor,
        rounding_minor=sale.rounding_minor,
        vat=[VatView(rate.value, minor) for rate, minor in totals.vat],
        paid_minor=sale.paid_minor,
        left_minor=sale.left_minor if sale.parts else due_minor,
        payments=payment_views(sale),
        of_number=sale.opened.of_number,
        undo=_undo(sale),
    )


def _line(sale: Sale, line: BasketLine) -> LineView:
    discount = line.discount
    return LineView(
        id=line.id,
        name=line.product.name,
        barcode=line.product.barcode,
        quantity=line.quantity_thousandths,
        unit=UNITS.get(line.product.measure, "other"),
        price_minor=line.price_minor,
        gross_minor=line.gross_minor,
        discount_minor=line.discount_minor,
        discount_percent=discount.percent_thousandths if discount else 0,
        sum_minor=line.sum_minor,
        vat=line.product.vat.value,
        marked=line.mark is not None,
        mark=_mark(sale, line),
    )


def _mark(sale: Sale, line: BasketLine) -> MarkView | None:
    if line.mark is None:
        return None
    judged = sale.mark_state(line.id)
    if judged is None:
        return MarkView("checking", line.mark.gtin, line.mark.serial)
    note = None
    if judged.state == "refused":
        note = Note("goods_refused", {"verdict": judged.code, "name": line.product.name})
    elif judged.state == "unanswered":
        note = Note("mark_unanswered", {"name": line.product.name})
    return MarkView(judged.state, line.mark.gtin, line.mark.serial, note)


def _refund_lines(sale: Sale, original: Original) -> list[LineView]:
    """All lines of the original that may still come back, the chosen ones with what was chosen."""
    chosen = {line.id: line for line in sale.basket.lines}
    views = []
    for sold in original.lines:
        taken = chosen.get(sold.id)
        if not sold.left_thousandths and taken is None:
            continue
        quantity = taken.quantity_thousandths if taken else sold.left_thousandths
        part = sold.part_minor(quantity)
        views.append(
            LineView(
                id=sold.id,
                name=sold.line.name,
                barcode=taken.product.barcode if taken else "",
                quantity=quantity,
                unit=UNITS.get(sold.line.measure, "other"),
                price_minor=sold.line.price_minor,
                gross_minor=part,
                discount_minor=0,
                discount_percent=0,
                sum_minor=part,
                vat=sold.line.vat.value,
                marked=sold.line.mark is not None,
                returnable=sold.left_thousandths,
                chosen=taken is not None,
            )
        )
    return views


def _undo(sale: Sale) -> Note | None:
    """What Backspace would bring back; named when a line disappeared."""
    if not sale.before:
        return None
    before, now = sale.before[-1], {line.id for line in sale.basket.lines}
    gone = next((line for line in before.lines if line.id not in now), None)
    return Note("removed", {"name": gone.product.name}) if gone else Note("changed")


_STATES = {
    AttemptPhase.SENT: "running",
    AttemptPhase.HEARD: "running",
    AttemptPhase.APPROVED: "approved",
    AttemptPhase.PERSON_PAID: "approved",
    AttemptPhase.CONFIRMING: "approved",
    AttemptPhase.BOOKED: "booked",
    AttemptPhase.DECLINED: "declined",
    AttemptPhase.PERSON_UNPAID: "declined",
    AttemptPhase.ROLLING_BACK: "reversing",
    AttemptPhase.ROLLED_BACK: "reversed",
}


def payment_views(sale: Sale) -> list[PaymentView]:
    views = [_attempt(sale, attempt) for attempt in sale.attempts]
    if sale.credit_minor:
        views.append(PaymentView("credit", sale.credit_minor, "refunded" if sale.act is SaleAct.REFUND else "approved"))
    if sale.cash_kept_minor:
        views.append(
            PaymentView(
                "cash",
                sale.cash_kept_minor,
                "refunded" if sale.act is SaleAct.REFUND else "approved",
                received_minor=sale.cash_received_minor,
                change_minor=sale.change_minor,
            )
        )
    return views


def _attempt(sale: Sale, attempt: Attempt) -> PaymentView:
    told = attempt.facts
    state = _STATES.get(attempt.phase, "unknown")
    taking_back = attempt.sent.act is not CardAct.PURCHASE
    if taking_back:
        state = {"approved": "refunded", "running": "reversing", "unknown": "reversal_unknown"}.get(state, state)
    elif any(other.sent.of == attempt.id and other.money_moved for other in sale.attempts):
        state = "reversed"
    return PaymentView(
        means="card",
        sum_minor=attempt.sent.amount_minor,
        state=state,
        attempt=attempt.id,
        card=told.card[-4:] if told else "",
        scheme=told.scheme if told else "",
        slip=told.slip if told else 0,
        at=told.at if told else "",
        note=Note("declined", {"reason": attempt.reason}) if state == "declined" else None,
    )


@dataclass(frozen=True, slots=True)
class Paper:
    """What a receipt says of the shop. `sellers` gives (name, INN) by seller id."""

    sellers: dict[str, tuple[str, str]]
    address: str
    language: str


def receipt_view(sale: Sale, desk: RegisterDesk, paper: Paper, contact: str = "") -> ReceiptView:
    """The sealed sale: its documents as text with their QR, the change, and whether the paper is finished.

    `contact` is the buyer's address, while it has not been erased.
    """
    documents = sealed_documents(sale, paper, contact)
    printing, note = "done", None
    state = desk.last
    if state is not None and state.printing in (Printing.PAPER_OUT, Printing.WAITS_CONTINUE):
        printing, note = "stopped", Note("paper_out_sealed")
    elif state is not None and state.printing is Printing.BUSY:
        printing = "running"
    return ReceiptView(
        number=sale.number,
        act=sale.act.value,
        total_minor=sale.due_minor,
        change_minor=sale.change_minor,
        cash_back_minor=sale.cash_kept_minor if sale.act is SaleAct.REFUND else 0,
        documents=documents,
        printing=printing,
        payments=payment_views(sale),
        note=note,
    )


def sealed_documents(sale: Sale, paper: Paper, contact: str = "") -> list[dict[str, Any]]:
    """What the register made for a sale: each document's numbers, the text of its QR and its lines."""
    sealed = zip(sale.sealed, sale.sealed_meant, strict=True)
    return [_document(one, meant, sale.opened.shift, paper, contact) for one, meant in sealed]


def _document(sealed: Sealed, meant: SealMeant, shift: int, paper: Paper, contact: str) -> dict[str, Any]:
    document = replace(meant.planned.document, buyer_contact=contact)
    at = dt.datetime.fromisoformat(sealed.at)
    qr = qr_text(ReceiptQr(at, document.total_minor, meant.fn, sealed.number, sealed.sign, document.operation))
    seller, inn = paper.sellers.get(meant.planned.seller, (meant.planned.seller, ""))
    facts = SealFacts(sealed.number, sealed.sign, meant.fn, "", inn, at, shift, seller, paper.address)
    return {
        "number": sealed.number,
        "sign": sealed.sign,
        "fn": meant.fn,
        "qr": qr,
        "seller": seller,
        "text": list(receipt_lines(document, facts, language=paper.language)),
    }
