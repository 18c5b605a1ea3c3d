"""Every event that the guards of the trade allow next: what a walk through the sale's table may choose from.

The table has no conditions; the desks have them. They are written here once more, in the law's words, so that a walk of
any length stays inside what a shop can do.
"""

from __future__ import annotations

from collections.abc import Iterator

from fiscal import payment as p
from fiscal import sale_events as e
from fiscal.basket import BasketLine
from fiscal.document import DocumentPayments, FiscalDocument, Operation, TaxSystem
from fiscal.payment import Attempt, AttemptPhase, CardAct, CardFacts
from fiscal.plan import PlannedDocument
from fiscal.product import Product
from fiscal.sale import Phase, Sale, SaleEvent
from fiscal.vat import VatRate

SELLERS = ("main", "partner")


def parts_of(sale: Sale, without: str = "") -> tuple[e.Part, ...]:
    sums: dict[str, int] = {}
    for line in sale.basket.lines:
        if line.id != without:
            sums[line.product.seller] = sums.get(line.product.seller, 0) + line.sum_minor
    return tuple(e.Part(seller, TaxSystem.GENERAL, total) for seller, total in sums.items())


def meant(sale: Sale) -> e.SealMeant:
    part = sale.parts[len(sale.sealed)]
    document = FiscalDocument(Operation.SALE, part.tax_system, (), DocumentPayments(part.total_minor), "Ann")
    planned = PlannedDocument(part.seller, part.tax_system, document)
    return e.SealMeant(len(sale.sealed), planned, "1", "9", len(sale.sealed), "2026-11-21T12:00:00")


def charge_left(sale: Sale, charge: Attempt) -> int:
    back = sum(a.sent.amount_minor for a in sale.attempts if a.sent.of == charge.id and a.money_moved)
    return charge.sent.amount_minor - back if charge.sent.act is CardAct.PURCHASE and charge.money_moved else 0


def choices(sale: Sale, made: int, sum_minor: int) -> list[SaleEvent]:
    """`made` numbers what is new (lines, attempts); `sum_minor` > 0 is a drawn price or part of a sum."""
    found = list(_sale_events(sale, made, sum_minor))
    for attempt in sale.attempts:
        found += _card_events(sale, attempt)
    return found


def _sale_events(sale: Sale, made: int, sum_minor: int) -> Iterator[SaleEvent]:
    index = len(sale.sealed)
    match sale.phase:
        case Phase.BASKET:
            product = Product(f"46{made}", "Пазл", sum_minor, VatRate.V22, seller=SELLERS[made % 2])
            yield e.LinePut(BasketLine(f"l{made}", product, 1000, sum_minor), "added")
            for line in sale.basket.lines:
                yield e.LineRemoved(line.id)
            if sale.before:
                yield e.Undone()
            if sale.basket.lines:
                yield e.Planned("1", parts_of(sale), sale.basket.total_minor)
            else:
                yield e.Voided("empty")
        case Phase.PAYING:
            yield e.PowerReturned(made)
            if not sale.unsettled:
                yield from _paying(sale, made, sum_minor)
        case Phase.SEALING:
            yield e.SealCommitting(index)
            yield e.Sealed(index, made, made, "2026-11-21T12:00:00", e.SealedBy.ANSWER)
            yield _refused(sale, "shtrih_m.6B")
            yield e.SealUnknown(index, "silence")
        case Phase.IN_DOUBT:
            yield e.PowerReturned(made)
            yield e.Sealed(index, made, made, "2026-11-21T12:00:00", e.SealedBy.FOUND)
            yield _refused(sale, "not_made")
            yield e.SealPersonAsked(index, made)
            if sale.seal_asked:
                yield e.LeftOpen("sue", "document")
        case Phase.PAID_UNSEALED:
            yield from _unsealed(sale, made)
        case Phase.GIVING_BACK:
            yield from _giving_back(sale, made)
        case Phase.SEALED:
            yield e.PowerReturned(made)
            if sale.documents_left:
                yield meant(sale)
                if sale.money_here:
                    yield e.SealRefusedPaid(index, "preflight:paper_out")
            elif not any(a.sent.confirm and a.phase is AttemptPhase.APPROVED for a in sale.attempts):
                yield e.Closed(made)


def _refused(sale: Sale, code: str) -> SaleEvent:
    if sale.money_here or sale.sealed:
        line = sale.basket.lines[-1].id if sale.basket.lines else ""
        return e.SealRefusedPaid(len(sale.sealed), code, line)
    return e.SealRefusedUnpaid(len(sale.sealed), code)


def _paying(sale: Sale, made: int, sum_minor: int) -> Iterator[SaleEvent]:
    if sale.left_minor > 0 and not sale.sealed:
        for confirm in (False, True):
            yield _sent(f"a{made}", CardAct.PURCHASE, min(sum_minor, sale.left_minor), confirm)
        if not sale.credit_minor:
            yield e.CreditTaken("acc", min(sum_minor, sale.left_minor))
        if not sale.cash_kept_minor:
            yield e.CashTaken(sale.left_minor + sum_minor, sale.left_minor)
    if sale.left_minor == 0 and sale.documents_left:
        yield meant(sale)
    if sale.money_here:
        yield e.PaymentCancelled("ann", "left")
    elif not sale.cash_kept_minor and not sale.sealed:
        yield e.Unlocked()


def _unsealed(sale: Sale, made: int) -> Iterator[SaleEvent]:
    yield e.PowerReturned(made)
    if sale.documents_left and sale.left_minor == 0:
        yield meant(sale)
    yield e.CorrectionDue("sue", "late")
    if not sale.sealed:
        yield e.PaymentCancelled("sue", "refused")
    reserved = [a for a in sale.attempts if a.sent.confirm and a.money_moved]
    if reserved and sale.power_cut and not sale.sealed:
        yield e.Reopened("power_cut")
    droppable = sale.trouble_line and any(line.id == sale.trouble_line for line in sale.basket.lines)
    if droppable and not sale.sealed and not reserved and len(sale.basket.lines) > 1:
        line = sale.basket.line(sale.trouble_line)
        yield e.LineDropped(line.id, line.sum_minor, parts_of(sale, line.id), "ann")


def _giving_back(sale: Sale, made: int) -> Iterator[SaleEvent]:
    yield e.PowerReturned(made)
    if sale.unsettled:
        return
    if sale.giving_back_minor == 0:
        yield e.Voided("cancelled") if sale.cancelled else e.GivenBack()
        return
    if sale.credit_minor:
        yield e.CreditReturned(min(sale.giving_back_minor, sale.credit_minor))
        return
    charge = next((a for a in reversed(sale.attempts) if charge_left(sale, a) > 0), None)
    if charge is None:
        if sale.cash_kept_minor:
            yield e.CashReturned(min(sale.giving_back_minor, sale.cash_kept_minor), "ann")
    elif not charge.sent.confirm:
        amount = min(charge_left(sale, charge), sale.giving_back_minor)
        act = CardAct.REVERSAL if amount == charge.sent.amount_minor else CardAct.REFUND
        yield _sent(f"a{made}", act, amount, False, charge.id)
    if sale.trouble.startswith("give_back"):
        yield e.CorrectionDue("sue", sale.trouble)


def _sent(attempt: str, act: CardAct, amount_minor: int, confirm: bool, of: str = "") -> p.CardSent:
    return p.CardSent(attempt, act, "card1", amount_minor, "T", 1, 1, 1, confirm, of)


def _card_events(sale: Sale, attempt: Attempt) -> Iterator[SaleEvent]:
    """The attempt's own news, and our word to a terminal that waits for it."""
    id = attempt.id
    told = CardFacts(attempt.sent.amount_minor, "T", 1, 1)
    taken_back = any(other.sent.of == id for other in sale.attempts)
    news: dict[type, SaleEvent] = {
        p.CardHeard: p.CardHeard(id, told),
        p.CardApproved: p.CardApproved(id, told),
        p.CardDeclined: p.CardDeclined(id, "zvt.6C"),
        p.CardLost: p.CardLost(id, "silence"),
        p.CardFoundCharged: p.CardFoundCharged(id, told),
        p.CardPersonAsked: p.CardPersonAsked(id, 20),
        p.CardPersonSaidPaid: p.CardPersonSaidPaid(id, "sue", "slip"),
        p.CardPersonSaidUnpaid: p.CardPersonSaidUnpaid(id, "sue", "none"),
        p.CardConfirmed: p.CardConfirmed(id),
        p.CardRolledBack: p.CardRolledBack(id),
    }
    if not taken_back and not (attempt.phase is AttemptPhase.PERSON_PAID and sale.phase is not Phase.CLOSED):
        news[p.CardFoundNotCharged] = p.CardFoundNotCharged(id, "zvt.older_record")
    reserved = attempt.sent.confirm and attempt.sent.act is CardAct.PURCHASE
    gone = sale.phase in (Phase.CLOSED, Phase.CORRECTION_DUE)
    if reserved and (gone or (sale.phase is Phase.SEALED and not sale.documents_left)):
        news[p.CardConfirmMeant] = p.CardConfirmMeant(id)
    interrupted = sale.phase is Phase.PAYING and sale.power_cut and not sale.sealed
    given_back = sale.phase is Phase.GIVING_BACK and sale.cancelled
    kept_for_nothing = sale.phase in (Phase.VOIDED, Phase.LEFT_OPEN) and sale.meant is None and not sale.sealed
    if reserved and (kept_for_nothing or (not sale.unsettled and (interrupted or given_back))):
        news[p.CardRollBackMeant] = p.CardRollBackMeant(id, "power_cut")
    for (phase, event), _ in p.TRANSITIONS.items():
        if phase is attempt.phase and event in news:
            yield news[event]
