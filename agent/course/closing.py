"""What a sale that ends sends to HQ and moves in stock: one item a sale, made from its fold."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from agent.devices.register_desk import NO_SHIFT, ShiftKept
from fiscal.basket import BasketLine
from fiscal.payment import Attempt, AttemptPhase, CardAct
from fiscal.sale import ENDED, Sale
from fiscal.sale_events import SaleAct, SealedBy
from fiscal.stock_document import SHELVES
from sync.store.batch import Outgoing, StockMove
from sync.wire import facts

SALES = "sales"
LOCATION = SHELVES


@dataclass(frozen=True, slots=True)
class Closing:
    outgoing: tuple[Outgoing, ...]
    moves: tuple[StockMove, ...]


def closing_facts(sale: Sale, now_ms: int, state: str, shift: ShiftKept = NO_SHIFT) -> Closing:
    """`state`: closed, voided_after_payment, correction_due, left_open. `shift`: the register's newest."""
    fact = sale_fact(sale, now_ms, state, shift)
    outgoing = (Outgoing(SALES, sale.id, "sale", 1, msgspec.json.encode(fact)),)
    goods_left = state in ("closed", "correction_due", "left_open") and sale.act is not SaleAct.ADVANCE
    sign = 1 if sale.act is SaleAct.REFUND else -1
    moves = tuple(
        StockMove(line.product.barcode, LOCATION, sign * line.quantity_thousandths, sale.act.value, sale.id)
        for line in sale.basket.lines
        if goods_left
    )
    return Closing(outgoing, moves)


def debt_fact(sale: Sale, now_ms: int, why: str, person: str) -> Outgoing:
    """A correction is owed for this settlement."""
    debt = facts.Debt(sale.id, sale.opened.till, sale.paid_minor, now_ms, why, person)
    return Outgoing(SALES, f"{sale.id}/debt", "debt", 1, msgspec.json.encode(debt))


def late_truth(before: Sale, after: Sale) -> tuple[Outgoing, ...]:
    """What a terminal said of an ended sale: the office has had the sale, and decides by this."""
    if before.phase not in ENDED:
        return ()
    known = {attempt.id: attempt.phase for attempt in before.attempts}
    told = [a for a in after.attempts if a.phase is not known.get(a.id) and a.phase in _TOLD_LATE]
    return tuple(
        Outgoing(
            SALES,
            f"{attempt.id}/{attempt.phase.value}",
            "late",
            1,
            msgspec.json.encode(
                facts.LateTruth(
                    after.id, after.opened.till, attempt.id, attempt.sent.terminal, attempt.sent.amount_minor,
                    f"{attempt.sent.act.value}:{attempt.phase.value}",
                )
            ),
        )
        for attempt in told
    )  # fmt: skip


_TOLD_LATE = frozenset(
    {
        AttemptPhase.APPROVED,
        AttemptPhase.DECLINED,
        AttemptPhase.DISPUTED,
        AttemptPhase.BOOKED,
        AttemptPhase.ROLLED_BACK,
    }
)


def sale_fact(sale: Sale, now_ms: int, state: str, shift: ShiftKept = NO_SHIFT) -> facts.Sale:
    opened = sale.opened
    ours = _is_of(sale, shift)
    return facts.Sale(
        id=sale.id,
        till=opened.till,
        number=sale.number,
        act=sale.act.value,
        state=state,
        shift=shift.number if ours else opened.shift,
        cashier=opened.cashier,
        opened_ms=opened.at_ms,
        closed_ms=now_ms,
        total=sale.due_minor,
        lines=[
            facts.SaleLine(
                sku=line.product.barcode,
                name=line.product.name,
                qty=line.quantity_thousandths,
                price=line.price_minor,
                sum=line.sum_minor,
                vat=line.product.vat.value,
                discount=line.discount_minor,
                seller=line.product.seller,
                mark=f"{line.mark.gtin}{line.mark.serial}" if line.mark else "",
                reasons=_reasons(line),
            )
            for line in sale.basket.lines
        ],
        payments=_payments(sale),
        documents=[
            facts.SaleDocument(
                seller=meant.planned.seller,
                register=meant.serial,
                fn=meant.fn,
                number=sealed.number,
                sign=sealed.sign,
                total=meant.planned.document.total_minor,
                at=sealed.at,
                operation=meant.planned.document.operation.value,
                by_person=sealed.by is SealedBy.PERSON,
            )
            for sealed, meant in zip(sale.sealed, sale.sealed_meant, strict=True)
        ],
        discount=sum(line.discount_minor for line in sale.basket.lines),
        rounding=sale.rounding_minor,
        of=opened.of,
        account=opened.account,
        channel="till" if opened.cashier else "kiosk",
        day=shift.day if ours else "",
        unresolved=any(a.phase is AttemptPhase.CANNOT_TELL for a in sale.attempts) or state == "left_open",
    )


def _is_of(sale: Sale, shift: ShiftKept) -> bool:
    """Whether a sale belongs to the register's newest shift: a basket may have waited for it since the one before, and
    a case of the one before may be settled in it. Its last document decides; without any, the shift it was begun in."""
    if sale.sealed:
        return 0 < shift.document < sale.sealed[-1].number
    return shift.number == sale.opened.shift


def _reasons(line: BasketLine) -> list[facts.PriceReason]:
    if line.discount is None or not line.discount_minor:
        return []
    return [facts.PriceReason("discount", -line.discount_minor, line.discount.by)]


def _payments(sale: Sale) -> list[facts.SalePayment]:
    """What HQ counts comes to what the sale took (a refund: gave): a charge that went back whole is named and not
    counted, one that went back in part is followed by what went back; an attempt without money is no payment."""
    payments = []
    for attempt in sale.attempts:
        status = _status(sale, attempt)
        if status:
            payments.append(_card(attempt, status))
    if sale.credit_minor:
        payments.append(facts.SalePayment("credit", sale.credit_minor, account=sale.credit_account))
    if sale.cash_kept_minor:
        payments.append(facts.SalePayment("cash", sale.cash_kept_minor))
    return payments


def _status(sale: Sale, attempt: Attempt) -> str:
    """The payment's status on the wire; "" for none. HQ counts neither `reversed` nor `unresolved`."""
    if attempt.phase in (AttemptPhase.DECLINED, AttemptPhase.PERSON_UNPAID):
        return ""
    if attempt.phase is AttemptPhase.ROLLED_BACK:
        return "reversed"
    if not attempt.money_moved:
        return "unresolved"
    if sale.act is SaleAct.REFUND:
        return "refunded"
    if attempt.sent.act is not CardAct.PURCHASE:
        charge = sale.attempt(attempt.sent.of)
        return "" if charge is not None and _went_back(sale, charge) else "given_back"
    if _went_back(sale, attempt):
        return "reversed"
    return "by_person" if attempt.phase is AttemptPhase.PERSON_PAID else "booked"


def _went_back(sale: Sale, charge: Attempt) -> bool:
    back = sum(a.sent.amount_minor for a in sale.attempts if a.sent.of == charge.id and a.money_moved)
    return back == charge.sent.amount_minor


def _card(attempt: Attempt, status: str) -> facts.SalePayment:
    told = attempt.facts
    return facts.SalePayment(
        means="card",
        sum=-attempt.sent.amount_minor if status == "given_back" else attempt.sent.amount_minor,
        attempt=attempt.id,
        terminal=told.terminal_id if told else attempt.sent.baseline_terminal_id,
        slip=told.slip if told else 0,
        card=told.card[-4:] if told else "",
        scheme=told.scheme if told else "",
        auth=told.auth_code if told else "",
        status=status,
    )
