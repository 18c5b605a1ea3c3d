"""What the reading API answers about customers and offers. Instants are UTC milliseconds, sums whole minor units."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CustomerSummary:
    """A person: `customer` is the id their profiles share. `tails`: last digits of their telephones. `standing`: the
    purposes they agree to now. `net`: purchases less what came back; `last_ms` null before any."""

    customer: str
    since_ms: int
    tails: list[str]
    standing: list[str]
    stores: list[str]
    purchases: int
    net: int
    last_ms: int | None


@dataclass(frozen=True, slots=True)
class Customers:
    """`after` of the next page, "" at the end. `asides`: questions for a person, oldest first."""

    customers: list[CustomerSummary]
    next: str
    asides: list[AsideAnswer]


@dataclass(frozen=True, slots=True)
class AsideAnswer:
    """Two persons of whom somebody has to say whether they are one. `kind`: two_phones, card_of_another."""

    n: int
    kind: str
    customer: str
    other: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class KeyAnswer:
    """`kind`: phone, email, card, device. `shown`: as much of it as HQ has, the end of a number or of its hash."""

    kind: str
    shown: str
    verified: bool
    since_ms: int


@dataclass(frozen=True, slots=True)
class ConsentAnswer:
    """`state`: standing, withdrawn, ended (its time was over), ending (its shop has not answered yet)."""

    store: str
    purpose: str
    text_version: str
    text_hash: str
    given_ms: int
    ended_ms: int | None
    state: str


@dataclass(frozen=True, slots=True)
class PurchaseAnswer:
    """A sale, or what came back of it (`act` refund, `of` the sale). `channel`: till, kiosk and others, "" unsaid.
    `how` the buyer is known: card, account, here, typed; a refund has its sale's. `total` null: HQ has not heard the
    sale itself yet."""

    store: str
    device: str
    sale: str
    number: str
    act: str
    of: str
    how: str
    at_ms: int
    total: int | None
    net: int
    first_name: str
    line_count: int


@dataclass(frozen=True, slots=True)
class CustomerVisit:
    store: str
    opened_ms: int
    closed_ms: int
    bought: bool


@dataclass(frozen=True, slots=True)
class CustomerOffer:
    """`prepared`: their shops are told of it now. `shown`, `redeemed`: how often. `over`: used more than it allows,
    which a till away from HQ cannot know; nobody was refused."""

    offer: str
    ru: str
    en: str
    prepared: bool
    held_out: bool
    shown: int
    redeemed: int
    over: int


@dataclass(frozen=True, slots=True)
class EventAnswer:
    """`kind`: created, merged (`other` into `customer`), unmerged, withdrawn (`other` is the store, `reason` the
    purpose), aside, apart. `undone`: a merge that was taken back."""

    n: int
    kind: str
    customer: str
    other: str
    at_ms: int
    who: str
    reason: str
    undone: bool


@dataclass(frozen=True, slots=True)
class CustomerAnswer:
    """`profiles`: every id that is this person, `customer` among them. Newest first, the newest 200 of each list."""

    customer: str
    profiles: list[str]
    since_ms: int
    keys: list[KeyAnswer]
    consents: list[ConsentAnswer]
    purchases: list[PurchaseAnswer]
    visits: list[CustomerVisit]
    offers: list[CustomerOffer]
    events: list[EventAnswer]
    stores: list[str]
    purchase_count: int
    net: int


@dataclass(frozen=True, slots=True)
class OfferAnswer:
    """An offer and what became of it: times shown and redeemed. `spent_minor` counts against the budget. `over`: uses
    beyond what one customer may."""

    offer: str
    ru: str
    en: str
    segment: str
    customer: str
    from_day: str
    until: str
    priority: int
    stack: str
    max_uses: int
    hold_out_percent: int
    budget_minor: int
    spent_minor: int
    shown: int
    redeemed: int
    over: int


@dataclass(frozen=True, slots=True)
class Prepared:
    """`customers` were looked at, `rows` of the shops' changed."""

    customers: int
    rows: int


@dataclass(frozen=True, slots=True)
class Joined:
    """`n` of the event, by which a merge can be taken back."""

    n: int
    customer: str
