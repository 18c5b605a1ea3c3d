"""One rich example of every event that can happen to a sale, and a sale standing in every phase."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import get_args

from fiscal import payment as p
from fiscal import sale_events as e
from fiscal.basket import Basket, BasketLine, Discount
from fiscal.document import DocumentLine, DocumentPayments, FiscalDocument, Operation, TaxSystem
from fiscal.mark import Mark
from fiscal.payment import Attempt, AttemptPhase, CardAct, CardFacts
from fiscal.plan import PlannedDocument
from fiscal.product import Product
from fiscal.sale import Phase, Sale, SaleEvent
from fiscal.vat import VatRate

ATTEMPT = "attempt-1"
MARK = Mark(b"010460701233001721ABC\x1d91EE12\x1d92xyz", "04607012330017", "ABC")
LINE = BasketLine(
    "line-1",
    Product("4607012330017", "Кукла «Маша»", 129_900, VatRate.V22, marked_group="toys", age=3),
    1000,
    129_900,
    Discount(percent_thousandths=5000),
    MARK,
)
OTHER_LINE = BasketLine("line-2", Product("4620014260014", "Пазл", 44_900, VatRate.V10), 2000, 44_900)
DOCUMENT = FiscalDocument(
    Operation.SALE,
    TaxSystem.PATENT,
    (DocumentLine("Кукла", 1000, 123_405, 123_405, VatRate.V22, mark=MARK.raw),),
    DocumentPayments(cash_minor=100_000, electronic_minor=23_405),
    "Ирина Соколова",
    rounding_minor=5,
    sale_key="sale-1",
)
PLANNED = PlannedDocument("main", TaxSystem.PATENT, DOCUMENT, ("line-1",))
FACTS = CardFacts(
    123_405, "52500041", 93, 1001, "2026-11-21T12:00:00", "************1234", "MIR", "AB12", ("ОДОБРЕНО",)
)
PARTS = (e.Part("main", TaxSystem.PATENT, 123_405), e.Part("other", TaxSystem.GENERAL, 100))
OPENED = e.SaleOpened("sale-1", "1", e.SaleAct.SALE, "ann", 7, 1_795_251_600_000, "sale-0", "0041")


def card_sent(act: CardAct = CardAct.PURCHASE, attempt: str = ATTEMPT, amount_minor: int = 123_405) -> p.CardSent:
    return p.CardSent(attempt, act, "card1", amount_minor, "52500041", 92, 1000, 1_795_251_600_000, True, "a0", 17)


MEANT = e.SealMeant(0, PLANNED, "0001", "9999", 41, "2026-11-21T12:00:00")

_EVENTS: tuple[SaleEvent, ...] = (
    OPENED,
    e.LinePut(LINE, "added"),
    e.LineRemoved("line-1"),
    e.Undone(),
    e.MarkJudged("line-1", "refused", "expired", "check 17"),
    e.ContactGiven("person-1"),
    e.CustomerNamed("person-2", "phone", ("receipts",)),
    e.Planned("0042", PARTS, 123_505, (PLANNED,)),
    e.Unlocked(),
    e.CashTaken(150_000, 123_400, 5),
    e.CashReturned(100, "ann"),
    e.CreditTaken("a1", 100),
    e.CreditReturned(100),
    MEANT,
    e.SealCommitting(0),
    e.Sealed(0, 42, 3_141_592_653, "2026-11-21T12:01:00", e.SealedBy.PERSON, "sue"),
    e.SealRefusedUnpaid(0, "shtrih_m.6B"),
    e.SealRefusedPaid(0, "shtrih_m.A2", "line-1"),
    e.SealUnknown(0, "link lost"),
    e.SealPersonAsked(0, 20),
    e.LineDropped("line-1", 123_405, PARTS[1:], "sue"),
    e.PaymentCancelled("sue", "left"),
    e.GivenBack(),
    e.CorrectionDue("sue", "shtrih_m.12"),
    e.LeftOpen("sue", "card"),
    e.Voided("cancelled"),
    e.Closed(1_795_251_700_000),
    e.Parked(1_795_251_650_000),
    e.Recalled("ann"),
    e.PowerReturned(1_795_251_660_000),
    e.Reopened("power_cut"),
    card_sent(),
    p.CardHeard(ATTEMPT, FACTS),
    p.CardApproved(ATTEMPT, FACTS),
    p.CardDeclined(ATTEMPT, "zvt.6C"),
    p.CardLost(ATTEMPT, "power_cut"),
    p.CardFoundCharged(ATTEMPT, FACTS),
    p.CardFoundNotCharged(ATTEMPT, "zvt.older_record"),
    p.CardPersonAsked(ATTEMPT, 20),
    p.CardPersonSaidPaid(ATTEMPT, "sue", "slip 93"),
    p.CardPersonSaidUnpaid(ATTEMPT, "sue", "no slip"),
    p.CardPersonCannotTell(ATTEMPT, "sue"),
    p.CardConfirmMeant(ATTEMPT),
    p.CardConfirmed(ATTEMPT),
    p.CardRollBackMeant(ATTEMPT, "given_back"),
    p.CardRolledBack(ATTEMPT),
)
SAMPLES: Mapping[str, SaleEvent] = {type(event).__name__: event for event in _EVENTS}
CARD_EVENTS: tuple[str, ...] = tuple(event.__name__ for event in get_args(p.CardEvent))
ALL_EVENTS: tuple[str, ...] = tuple(event.__name__ for event in get_args(SaleEvent))


def attempt_in(phase: AttemptPhase, act: CardAct = CardAct.PURCHASE) -> Attempt:
    """An attempt that stands there, whatever led to it."""
    return Attempt(card_sent(act), phase, FACTS)


def sale_in(phase: Phase, attempt: AttemptPhase | None = None) -> Sale:
    """A sale that stands there: a basket to change, a document meant, an attempt if one is wanted."""
    sale = Sale(
        opened=OPENED,
        phase=phase,
        basket=Basket((LINE, OTHER_LINE), 2),
        before=(Basket((LINE,), 1),),
        number="0042",
        parts=PARTS,
        due_minor=123_505,
        meant=MEANT,
        cash_received_minor=1_000,
        cash_kept_minor=1_000,
        giving_back_minor=500,
        trouble_line="line-1",
    )
    return replace(sale, attempts=(attempt_in(attempt),)) if attempt else sale
