"""A sale or a refund from its first scan to its last document, as a table of transitions.

A sale is the fold of its journal. The table has no conditions: guards decide which event to make, the table decides
whether it may follow. No row leads from IN_DOUBT to asking the register for the document again: only the register's
own memory, or a person, leads out of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import Enum

from fiscal import payment
from fiscal import sale_events as e
from fiscal.basket import Basket
from fiscal.payment import Attempt, CardAct, CardEvent, CardSent, NotAllowed
from fiscal.plan import PlannedDocument
from fiscal.sale_events import Part, SaleAct


class Phase(Enum):
    BASKET = "basket"  # lines may change
    PAYING = "paying"  # locked and planned; money is being collected (refund: given back)
    SEALING = "sealing"  # the register is making a document
    IN_DOUBT = "in_doubt"  # its answer was lost: the register is being asked what it last did
    PAID_UNSEALED = "paid_unsealed"  # money is here, the register proved that it made no document
    GIVING_BACK = "giving_back"  # part or all of the money is on its way back
    SEALED = "sealed"  # the last document asked for exists
    CLOSED = "closed"
    CORRECTION_DUE = "correction_due"  # the money is here, the moment has passed: a correction is owed
    LEFT_OPEN = "left_open"  # a person could not tell: the back office has the case
    VOIDED = "voided"  # nothing was sold


P = Phase
_BASKET_EVENTS = (e.LinePut, e.LineRemoved, e.Undone, e.MarkJudged, e.ContactGiven, e.CustomerNamed)
_CARD_EVENTS: tuple[type, ...] = (
    payment.CardSent,
    payment.CardHeard,
    payment.CardApproved,
    payment.CardDeclined,
    payment.CardLost,
    payment.CardFoundCharged,
    payment.CardFoundNotCharged,
    payment.CardPersonAsked,
    payment.CardPersonSaidPaid,
    payment.CardPersonSaidUnpaid,
    payment.CardPersonCannotTell,
    payment.CardConfirmMeant,
    payment.CardConfirmed,
    payment.CardRollBackMeant,
    payment.CardRolledBack,
)
_CARD_PHASES = (
    P.BASKET,  # unlocked after a person said "not paid": the terminal may still contradict
    P.PAYING, P.SEALING, P.IN_DOUBT, P.PAID_UNSEALED, P.GIVING_BACK, P.SEALED, P.CLOSED, P.CORRECTION_DUE,
    P.LEFT_OPEN, P.VOIDED,
)  # fmt: skip

TRANSITIONS: dict[tuple[Phase, type], Phase] = {
    **{(P.BASKET, event): P.BASKET for event in _BASKET_EVENTS},
    # A card event never moves the sale by itself: the attempt's own table says what it means.
    **{(phase, event): phase for phase in _CARD_PHASES for event in _CARD_EVENTS if event is not CardSent},
    (P.PAYING, CardSent): P.PAYING,
    (P.GIVING_BACK, CardSent): P.GIVING_BACK,
    (P.BASKET, e.Planned): P.PAYING,
    (P.BASKET, e.Voided): P.VOIDED,
    (P.BASKET, e.Parked): P.BASKET,
    (P.BASKET, e.Recalled): P.BASKET,
    (P.BASKET, e.PowerReturned): P.BASKET,
    (P.PAYING, e.Unlocked): P.BASKET,
    (P.PAYING, e.CashTaken): P.PAYING,
    (P.PAYING, e.CashReturned): P.PAYING,
    (P.PAYING, e.CreditTaken): P.PAYING,
    (P.PAYING, e.CreditReturned): P.PAYING,
    (P.PAYING, e.SealMeant): P.SEALING,
    (P.PAYING, e.PaymentCancelled): P.GIVING_BACK,
    (P.PAYING, e.LeftOpen): P.LEFT_OPEN,
    (P.PAYING, e.Voided): P.VOIDED,
    (P.PAYING, e.Parked): P.PAYING,
    (P.PAYING, e.Recalled): P.PAYING,
    (P.PAYING, e.PowerReturned): P.PAYING,
    (P.SEALING, e.SealCommitting): P.SEALING,
    (P.SEALING, e.Sealed): P.SEALED,
    (P.SEALING, e.SealRefusedUnpaid): P.PAYING,
    (P.SEALING, e.SealRefusedPaid): P.PAID_UNSEALED,
    (P.SEALING, e.SealUnknown): P.IN_DOUBT,
    (P.SEALING, e.PowerReturned): P.SEALING,
    (P.IN_DOUBT, e.Sealed): P.SEALED,
    (P.IN_DOUBT, e.SealRefusedUnpaid): P.PAYING,
    (P.IN_DOUBT, e.SealRefusedPaid): P.PAID_UNSEALED,
    (P.IN_DOUBT, e.SealPersonAsked): P.IN_DOUBT,
    (P.IN_DOUBT, e.LeftOpen): P.LEFT_OPEN,
    (P.IN_DOUBT, e.Parked): P.IN_DOUBT,
    (P.IN_DOUBT, e.Recalled): P.IN_DOUBT,
    (P.IN_DOUBT, e.PowerReturned): P.IN_DOUBT,
    (P.PAID_UNSEALED, e.SealMeant): P.SEALING,
    (P.PAYING, e.SealRefusedPaid): P.PAID_UNSEALED,  # the pre-flight refused: the register was not even asked
    (P.SEALED, e.SealRefusedPaid): P.PAID_UNSEALED,  # the same before the next document
    (P.PAID_UNSEALED, e.Reopened): P.PAYING,
    (P.PAID_UNSEALED, e.LinePut): P.PAID_UNSEALED,  # the code scanned again
    (P.PAID_UNSEALED, e.MarkJudged): P.PAID_UNSEALED,
    (P.PAID_UNSEALED, e.LineDropped): P.GIVING_BACK,
    (P.PAID_UNSEALED, e.PaymentCancelled): P.GIVING_BACK,
    (P.PAID_UNSEALED, e.CorrectionDue): P.CORRECTION_DUE,
    (P.PAID_UNSEALED, e.Parked): P.PAID_UNSEALED,
    (P.PAID_UNSEALED, e.Recalled): P.PAID_UNSEALED,
    (P.PAID_UNSEALED, e.PowerReturned): P.PAID_UNSEALED,
    (P.GIVING_BACK, e.CashReturned): P.GIVING_BACK,
    (P.GIVING_BACK, e.CreditReturned): P.GIVING_BACK,
    (P.GIVING_BACK, e.GivenBack): P.PAID_UNSEALED,
    (P.GIVING_BACK, e.Voided): P.VOIDED,
    (P.GIVING_BACK, e.CorrectionDue): P.CORRECTION_DUE,
    (P.GIVING_BACK, e.LeftOpen): P.LEFT_OPEN,
    (P.GIVING_BACK, e.Parked): P.GIVING_BACK,
    (P.GIVING_BACK, e.Recalled): P.GIVING_BACK,
    (P.GIVING_BACK, e.PowerReturned): P.GIVING_BACK,
    (P.SEALED, e.SealMeant): P.SEALING,  # the next planned document
    (P.SEALED, e.Closed): P.CLOSED,
    (P.SEALED, e.Parked): P.SEALED,
    (P.SEALED, e.Recalled): P.SEALED,
    (P.SEALED, e.PowerReturned): P.SEALED,
    (P.LEFT_OPEN, e.Sealed): P.SEALED,  # late truth from the register
}

_NO_MONEY = frozenset({payment.AttemptPhase.DECLINED, payment.AttemptPhase.PERSON_UNPAID})

ENDED = frozenset({P.CLOSED, P.CORRECTION_DUE, P.LEFT_OPEN, P.VOIDED})
"""Nothing more is done for the shopper; a card's late truth may still arrive."""
SaleEvent = (
    e.SaleOpened | e.LinePut | e.LineRemoved | e.Undone | e.MarkJudged | e.ContactGiven | e.CustomerNamed | e.Planned
    | e.Unlocked | e.CashTaken | e.CashReturned | e.CreditTaken | e.CreditReturned | e.SealMeant | e.SealCommitting
    | e.Sealed | e.SealRefusedUnpaid | e.SealRefusedPaid | e.SealUnknown | e.SealPersonAsked | e.LineDropped
    | e.PaymentCancelled | e.GivenBack | e.CorrectionDue | e.LeftOpen | e.Voided | e.Closed | e.Parked | e.Recalled
    | e.PowerReturned | e.Reopened | CardEvent
)  # fmt: skip

UNDO_DEPTH = 20  # more than a person remembers


@dataclass(frozen=True, slots=True)
class Sale:
    """The fold. Sums in whole minor units."""

    opened: e.SaleOpened
    phase: Phase = Phase.BASKET
    basket: Basket = field(default_factory=lambda: Basket(()))
    before: tuple[Basket, ...] = ()
    marks: tuple[e.MarkJudged, ...] = ()
    contact: str = ""
    customer: str = ""
    number: str = ""
    parts: tuple[Part, ...] = ()
    due_minor: int = 0
    rounding_minor: int = 0
    refund: tuple[PlannedDocument, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    cash_received_minor: int = 0
    cash_kept_minor: int = 0
    credit_account: str = ""
    credit_minor: int = 0  # of the store credit; refund: to be put back
    cash_given_back_minor: int = 0  # to be handed over: of a dropped line, a cancelled payment
    meant: e.SealMeant | None = None
    committing: bool = False
    sealed: tuple[e.Sealed, ...] = ()
    sealed_meant: tuple[e.SealMeant, ...] = ()
    trouble: str = ""
    trouble_line: str = ""
    seal_asked: int = 0  # > 0: a person is asked about the document
    giving_back_minor: int = 0  # still to go back, of a dropped line or the whole payment
    cancelled: bool = False
    debt: e.CorrectionDue | None = None
    parked: bool = False
    power_cut: bool = False
    closed_ms: int = 0

    @property
    def id(self) -> str:
        return self.opened.sale

    @property
    def act(self) -> SaleAct:
        return self.opened.act

    def attempt(self, id: str) -> Attempt | None:
        return next((a for a in self.attempts if a.id == id), None)

    @property
    def card_minor(self) -> int:
        """Card money that is here (refund act: that went back), net of what was taken back again."""
        taking_back = (CardAct.REFUND, CardAct.REVERSAL)
        if self.act is SaleAct.REFUND:
            return sum(a.sent.amount_minor for a in self.attempts if a.money_moved and a.sent.act in taking_back)
        charged = sum(a.sent.amount_minor for a in self.attempts if a.money_moved and a.sent.act is CardAct.PURCHASE)
        return charged - sum(a.sent.amount_minor for a in self.attempts if a.money_moved and a.sent.act in taking_back)

    @property
    def paid_minor(self) -> int:
        return self.card_minor + self.cash_kept_minor + self.credit_minor

    @property
    def left_minor(self) -> int:
        return self.due_minor - self.paid_minor

    @property
    def change_minor(self) -> int:
        return self.cash_received_minor - self.cash_kept_minor if self.act is SaleAct.SALE else 0

    @property
    def unsettled(self) -> tuple[Attempt, ...]:
        return tuple(a for a in self.attempts if a.unsettled)

    @property
    def documents_left(self) -> bool:
        return len(self.sealed) < len(self.parts)

    @property
    def money_here(self) -> bool:
        """Has anything been paid (refund act: given back)?"""
        if self.act is SaleAct.REFUND:
            return self.card_minor > 0  # cash is handed over after the document, store credit is there with it
        return self.card_minor > 0 or self.cash_kept_minor > 0 or self.credit_minor > 0

    def mark_state(self, line: str) -> e.MarkJudged | None:
        return next((m for m in reversed(self.marks) if m.line == line), None)


def evolve(sale: Sale, event: SaleEvent) -> Sale:
    """The sale after the event. Raises NotAllowed where the table has no row."""
    following = TRANSITIONS.get((sale.phase, type(event)))
    if following is None:
        raise NotAllowed(sale.phase, event)
    sale = replace(sale, phase=following)
    if isinstance(event, CardSent):
        trouble = "" if following is Phase.GIVING_BACK else sale.trouble
        return replace(sale, attempts=(*sale.attempts, Attempt(event)), power_cut=False, trouble=trouble)
    if isinstance(event, _CARD_EVENTS):
        return _evolve_attempt(sale, event)  # type: ignore[arg-type]
    return _apply(sale, event)


def _evolve_attempt(sale: Sale, event: CardEvent) -> Sale:
    attempt = sale.attempt(event.attempt)
    if attempt is None:
        raise NotAllowed(sale.phase, event)
    moved_before = attempt.money_moved
    changed = payment.evolve(attempt, event)
    sale = replace(sale, attempts=tuple(changed if a.id == changed.id else a for a in sale.attempts))
    if sale.phase is Phase.GIVING_BACK and changed.phase in _NO_MONEY and changed.sent.act is not CardAct.PURCHASE:
        return replace(sale, trouble="give_back_declined")
    # What went back while giving back is no longer owed to the shopper.
    went_back = changed.sent.act is not CardAct.PURCHASE and changed.money_moved and not moved_before
    if sale.phase is Phase.GIVING_BACK and went_back:
        return replace(sale, giving_back_minor=sale.giving_back_minor - changed.sent.amount_minor)
    # A charge that was disputed was never counted as money, so nothing of what is owed went back with it.
    counted = isinstance(event, payment.CardRolledBack) and payment.MONEY_MOVED.issuperset(changed.trail[-3:-2])
    if sale.phase is Phase.GIVING_BACK and counted:
        return replace(sale, giving_back_minor=sale.giving_back_minor - changed.sent.amount_minor)
    return sale


def _change_basket(sale: Sale, basket: Basket) -> Sale:
    return replace(sale, basket=basket, before=(*sale.before, sale.basket)[-UNDO_DEPTH:])


def _put(basket: Basket, event: e.LinePut) -> Basket:
    if any(line.id == event.line.id for line in basket.lines):
        return replace(basket, lines=tuple(event.line if line.id == event.line.id else line for line in basket.lines))
    return replace(basket, lines=(*basket.lines, event.line), made=basket.made + 1)


def _without(basket: Basket, line_id: str) -> Basket:
    return replace(basket, lines=tuple(line for line in basket.lines if line.id != line_id))


def _apply(sale: Sale, event: object) -> Sale:
    match event:
        case e.LinePut():
            return _change_basket(sale, _put(sale.basket, event))
        case e.LineRemoved(line=line):
            return _change_basket(sale, _without(sale.basket, line))
        case e.Undone():
            # `made` never goes back: a line id is not used twice, its mark's verdict would stick to another item.
            return replace(sale, basket=replace(sale.before[-1], made=sale.basket.made), before=sale.before[:-1])
        case e.MarkJudged():
            return replace(sale, marks=(*sale.marks, event))
        case e.ContactGiven(personal=personal):
            return replace(sale, contact=personal)
        case e.CustomerNamed(personal=personal):
            return replace(sale, customer=personal)
        case e.Planned():
            return replace(
                sale,
                number=event.number,
                parts=event.parts,
                due_minor=event.due_minor,
                refund=event.refund,
                power_cut=False,
            )
        case e.Unlocked():
            return replace(
                sale,
                parts=(),
                due_minor=0,
                refund=(),
                cash_received_minor=0,
                cash_kept_minor=0,
                credit_minor=0,
                trouble="",
                trouble_line="",
                power_cut=False,
            )
        case e.CashTaken(received_minor=received, kept_minor=kept, rounding_minor=rounding):
            return replace(
                sale,
                cash_received_minor=received,
                cash_kept_minor=kept,
                rounding_minor=rounding,
                due_minor=sale.due_minor - rounding,
                power_cut=False,
            )
        case e.CreditTaken(account=account, sum_minor=sum_minor):
            return replace(sale, credit_account=account, credit_minor=sum_minor, power_cut=False)
        case e.CreditReturned(sum_minor=sum_minor):
            owed = sale.giving_back_minor - sum_minor if sale.phase is Phase.GIVING_BACK else 0
            return replace(sale, credit_minor=sale.credit_minor - sum_minor, giving_back_minor=owed)
        case e.CashReturned(sum_minor=sum_minor):
            kept = sale.cash_kept_minor - sum_minor
            owed = sale.giving_back_minor - sum_minor if sale.phase is Phase.GIVING_BACK else 0
            return replace(
                sale,
                # What the shopper gave stays what it was while some of it is kept: the difference is the change.
                cash_received_minor=sale.cash_received_minor if kept else 0,
                cash_kept_minor=kept,
                cash_given_back_minor=sale.cash_given_back_minor + sum_minor,
                giving_back_minor=owed,
            )
        case e.SealMeant():
            return replace(sale, meant=event, committing=False, trouble="", trouble_line="", seal_asked=0)
        case e.SealCommitting():
            return replace(sale, committing=True)
        case e.Sealed():
            assert sale.meant is not None
            return replace(
                sale,
                sealed=(*sale.sealed, event),
                sealed_meant=(*sale.sealed_meant, sale.meant),
                meant=None,
                seal_asked=0,
            )
        case e.SealRefusedUnpaid(code=code):
            return replace(sale, meant=None, trouble=code, seal_asked=0)
        case e.SealRefusedPaid(code=code, line=line):
            return replace(sale, meant=None, trouble=code, trouble_line=line, seal_asked=0)
        case e.SealUnknown(why=why):
            return replace(sale, trouble=why)
        case e.SealPersonAsked(asked=asked):
            return replace(sale, seal_asked=asked)
        case e.LineDropped(line=line, give_back_minor=owed, parts=parts):
            return replace(
                sale,
                basket=_without(sale.basket, line),
                parts=parts,
                due_minor=sale.due_minor - owed,
                giving_back_minor=owed,
            )
        case e.PaymentCancelled():
            return replace(sale, cancelled=True, giving_back_minor=sale.paid_minor)
        case e.GivenBack():
            return replace(sale, trouble="", trouble_line="", giving_back_minor=0)
        case e.CorrectionDue():
            return replace(sale, debt=event)
        case e.Closed(at_ms=at_ms):
            return replace(sale, closed_ms=at_ms)
        case e.Parked() | e.Recalled():
            return replace(sale, parked=isinstance(event, e.Parked))
        case e.PowerReturned():
            return replace(sale, power_cut=True)
        case e.Reopened():
            return replace(sale, trouble="", trouble_line="")
    return sale


def fold(events: Iterable[SaleEvent]) -> Sale:
    """The sale that these events made; the first is SaleOpened. A later SaleOpened begins it anew: an old backup knew
    how the sale began, and HQ has told how it ended."""
    remaining = iter(events)
    first = next(remaining)
    if not isinstance(first, e.SaleOpened):
        raise NotAllowed(Phase.BASKET, first)
    sale = Sale(first)
    for event in remaining:
        sale = Sale(event) if isinstance(event, e.SaleOpened) else evolve(sale, event)
    return sale


def is_finished(sale: Sale) -> bool:
    """Sealed to its last document: the shopper is done, whatever the terminal still has to confirm."""
    return sale.phase is Phase.CLOSED or (sale.phase is Phase.SEALED and not sale.documents_left)
