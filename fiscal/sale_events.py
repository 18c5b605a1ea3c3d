"""What can happen to a sale or a refund: the facts its journal is made of.

A guard (in the till) refuses to make an event that the trade forbids; the table in `fiscal.sale` says which event may
follow which phase. Card events are those of `fiscal.payment`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from fiscal.basket import BasketLine
from fiscal.document import TaxSystem
from fiscal.plan import PlannedDocument


class SaleAct(Enum):
    SALE = "sale"
    REFUND = "refund"
    ADVANCE = "advance"  # money left with the shop: no goods


class SealedBy(Enum):
    """How we know that a document exists."""

    ANSWER = "answer"  # the register's own answer
    FOUND = "found"  # found by asking the register
    PERSON = "person"  # a person testified


@dataclass(frozen=True, slots=True)
class SaleOpened:
    sale: str
    till: str
    act: SaleAct
    cashier: str
    shift: int
    at_ms: int
    of: str = ""  # the sale that a refund takes back, or whose change an advance keeps
    of_number: str = ""
    account: str = ""  # the store credit that an advance is put on


@dataclass(frozen=True, slots=True)
class LinePut:
    """A line was added or changed; `what` says which for the log: added, quantity, discount, mark."""

    line: BasketLine
    what: str


@dataclass(frozen=True, slots=True)
class LineRemoved:
    line: str


@dataclass(frozen=True, slots=True)
class Undone:
    """The basket is again as it was before its last change."""


@dataclass(frozen=True, slots=True)
class MarkJudged:
    """The goods check's word on a line: ok, refused (`code` names the verdict) or unanswered."""

    line: str
    state: str
    code: str = ""
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class ContactGiven:
    """The buyer wants the receipt sent; the address itself lies in the erasable table under this id."""

    personal: str


@dataclass(frozen=True, slots=True)
class CustomerNamed:
    """The buyer said who they are: a phone or a card of the shop, kept in the erasable table under this id. `consents`
    are what they ticked, each by itself; none follows from the number."""

    personal: str
    how: str  # phone, card
    consents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """One planned document: whose, under which tax system, for how much."""

    seller: str
    tax_system: TaxSystem
    total_minor: int


@dataclass(frozen=True, slots=True)
class Planned:
    """The basket is locked and its documents are decided. `number` is the sale's own number.

    A refund's documents are complete from the start; a sale's get their payments when these are known.
    """

    number: str
    parts: tuple[Part, ...]
    due_minor: int
    refund: tuple[PlannedDocument, ...] = ()


@dataclass(frozen=True, slots=True)
class Unlocked:
    """Back to the basket: nothing was paid."""


@dataclass(frozen=True, slots=True)
class CashTaken:
    """The cashier has the money: `kept_minor` stays, the rest is change. Refund: `kept_minor` is to be handed over.

    `rounding_minor` is what cash rounding drops from the sum due.
    """

    received_minor: int
    kept_minor: int
    rounding_minor: int = 0


@dataclass(frozen=True, slots=True)
class CreditTaken:
    """Paid from the store credit of `account`. Refund: to be put back there with the document."""

    account: str
    sum_minor: int


@dataclass(frozen=True, slots=True)
class CreditReturned:
    """Store credit taken for this sale is on its account again."""

    sum_minor: int


@dataclass(frozen=True, slots=True)
class CashReturned:
    """Cash taken for this sale was given back."""

    sum_minor: int
    person: str


@dataclass(frozen=True, slots=True)
class SealMeant:
    """The intent to make document `index`, with what the register last did before it."""

    index: int
    planned: PlannedDocument
    serial: str
    fn: str
    last_document: int
    at: str  # store-local wall clock, ISO


@dataclass(frozen=True, slots=True)
class SealCommitting:
    """The committing command is about to leave: up to here the document can be dropped."""

    index: int


@dataclass(frozen=True, slots=True)
class Sealed:
    index: int
    number: int
    sign: int
    at: str
    by: SealedBy
    person: str = ""


@dataclass(frozen=True, slots=True)
class SealRefusedUnpaid:
    """The register proved that it made nothing, and nothing was paid."""

    index: int
    code: str


@dataclass(frozen=True, slots=True)
class SealRefusedPaid:
    """The register proved that it made nothing, and the shopper's money is here."""

    index: int
    code: str
    line: str = ""


@dataclass(frozen=True, slots=True)
class SealUnknown:
    index: int
    why: str


@dataclass(frozen=True, slots=True)
class SealPersonAsked:
    index: int
    asked: int


@dataclass(frozen=True, slots=True)
class LineDropped:
    """A refused line leaves a paid sale; its money goes back."""

    line: str
    give_back_minor: int
    parts: tuple[Part, ...]
    person: str


@dataclass(frozen=True, slots=True)
class PaymentCancelled:
    """The whole payment goes back, the goods stay."""

    person: str
    why: str


@dataclass(frozen=True, slots=True)
class GivenBack:
    """What had to go back went back; the sale waits for its document again."""


@dataclass(frozen=True, slots=True)
class CorrectionDue:
    """The moment has passed: a correction is owed, the register is free."""

    person: str
    why: str


@dataclass(frozen=True, slots=True)
class LeftOpen:
    """A person could not tell what the device did: the back office has the case."""

    person: str
    what: str  # card, document


@dataclass(frozen=True, slots=True)
class Voided:
    """Nothing was sold. `person` where somebody decided it."""

    why: str
    person: str = ""


@dataclass(frozen=True, slots=True)
class Closed:
    at_ms: int


@dataclass(frozen=True, slots=True)
class Parked:
    at_ms: int


@dataclass(frozen=True, slots=True)
class Recalled:
    cashier: str


@dataclass(frozen=True, slots=True)
class PowerReturned:
    """The agent found this sale unfinished at its start."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class Reopened:
    """After a power cut no document exists and the card's reserved money is rolled back: it is to be paid again."""

    why: str
