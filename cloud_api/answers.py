"""What the reading API answers: the shapes of /openapi.json.

Sums are whole minor units of the shop's currency, quantities thousandths, instants UTC milliseconds. `net` is signed:
a refund is negative, a sale whose payment was taken back is zero.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from cloud_api.desk.entered import Entered


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why there is no answer: `code` one word for programs, `what` a sentence."""

    code: str
    what: str


@dataclass(frozen=True, slots=True)
class SaleSummary:
    """One row of the feed. `arrival` is its place in the order of arrival; use it as `after` or `before`."""

    arrival: str
    device: str
    store: str
    till: str
    id: str
    number: str
    act: str
    state: str
    cashier: str
    closed_ms: int
    received_ms: int
    total: int
    net: int
    line_count: int
    first_name: str
    means: list[str]
    unresolved: bool


@dataclass(frozen=True, slots=True)
class Sales:
    """A page of sales; `next` is the `after` (or `before`) of the following page, null on the last."""

    sales: list[SaleSummary]
    next: str | None


@dataclass(frozen=True, slots=True)
class LineAnswer:
    sku: str
    name: str
    qty: int
    price: int
    sum: int
    vat: str
    discount: int
    seller: str
    mark: str


@dataclass(frozen=True, slots=True)
class PaymentAnswer:
    means: str
    sum: int
    net: int
    attempt: str
    terminal: str
    slip: int
    card: str
    scheme: str
    auth: str
    status: str


@dataclass(frozen=True, slots=True)
class DocumentAnswer:
    seller: str
    register: str
    fn: str
    number: int
    sign: int
    total: int
    at: str
    operation: int
    by_person: bool


@dataclass(frozen=True, slots=True)
class SaleAnswer:
    """One sale in full: what was sold, how it was paid, which documents sealed it."""

    summary: SaleSummary
    shift: int
    opened_ms: int
    discount: int
    rounding: int
    of: str
    lines: list[LineAnswer]
    payments: list[PaymentAnswer]
    documents: list[DocumentAnswer]


@dataclass(frozen=True, slots=True)
class ShiftAnswer:
    device: str
    store: str
    till: str
    number: int
    cashier: str
    opened_ms: int | None
    closed_ms: int | None
    cash: int
    sales: int
    refunds: int
    sum: int
    exceptions: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class DeviceAnswer:
    """`silent`: heard once, but not within the settings' span. What waits inside the shop HQ cannot know."""

    device: str
    store: str
    till: str
    added_ms: int
    seen_ms: int | None
    silent: bool
    revoked: bool
    epoch: int
    seq: int


@dataclass(frozen=True, slots=True)
class DebtAnswer:
    """A document owed: money was settled, no fiscal document exists yet."""

    device: str
    store: str
    till: str
    sale: str
    total: int
    at_ms: int
    why: str
    person: str


@dataclass(frozen=True, slots=True)
class ClaimAnswer:
    """A claim slip whose money is still the shopper's. `state`: issued, taken (over from the shop that issued it), or
    expired (a supervisor pays it).

    `issued_ms` is when it was given out, `kiosk` where; `reason` is a code of the shop's program.
    """

    device: str
    store: str
    kiosk: str
    number: str
    amount: int
    reason: str
    order: str
    state: str
    issued_ms: int
    expires_ms: int


@dataclass(frozen=True, slots=True)
class EncashmentAnswer:
    """A cash unit that was emptied. `counts` are (value, pieces) that came in, `total` what was taken out by the
    journal.

    `operator` "": nobody had opened it. `doubts` pieces may be inside too, worth `doubted` as far as that is known.
    `drift` is the unit's own count less the journal's. `centre` is what the cash centre counted, null before;
    `difference` what is too much or, below zero, missing then.
    """

    device: str
    store: str
    kiosk: str
    box_device: str
    box_unit: str
    period: int
    number: str
    from_ms: int
    to_ms: int
    serial: str
    currency: str
    total: int
    operator: str
    unauthorised: bool
    doubts: int
    doubted: int
    drift: int | None
    old_cassette: str
    new_cassette: str
    centre: int | None
    difference: int | None
    counts: list[list[int]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class QuarantineAnswer:
    """An item that does not fit its kind; `body` is its first characters, the whole is kept. `place`: what the next
    page is asked for with, after the last one.

    `why` is `code` or `code: detail`; codes: shape, range, version, act, state, no_id, no_number, chain, same_id,
    same_sale.
    """

    device: str
    store: str
    epoch: int
    stream: str
    seq: int
    id: str
    kind: str
    v: int
    why: str
    received_ms: int
    body: str
    body_bytes: int
    place: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a person has to decide."""

    debts: int
    unresolved: int
    quarantine: int


@dataclass(frozen=True, slots=True)
class MeansSum:
    means: str
    sum: int
    payments: int


@dataclass(frozen=True, slots=True)
class Hour:
    """`hour` is the shop's clock hour; `means` adds up what was paid in it."""

    hour: int
    start_ms: int
    sum: int
    receipts: int
    means: list[MeansSum]


@dataclass(frozen=True, slots=True)
class TillFigures:
    device: str
    till: str
    sum: int
    receipts: int
    seen_ms: int | None
    silent: bool


@dataclass(frozen=True, slots=True)
class StoreFigures:
    """`conversion` in thousandths, null where no sensor counts; `queue` is what the shop had not handed in when it was
    last heard, null while HQ cannot know; `alarms` are codes of what there is to look at, the worst first."""

    store: str
    sum: int
    receipts: int
    seen_ms: int | None
    silent: bool
    last_sale_ms: int | None
    waiting: Waiting
    tills: list[TillFigures]
    conversion: int | None = None
    queue: int | None = None
    alarms: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Figures:
    """Today in the shop's zone. sum = sales - refunds; average = sum / receipts, rounded half up.

    `week_ago` is the same weekday of last week, whole; `week_ago_sum` and `week_ago_receipts` end at the same moment.
    `ever_seen`: some store has sensors and told of visitors; `entered` is today's people, null where nobody counts.
    """

    day: str
    zone: str
    currency: str
    now_ms: int
    ever_sold: bool
    ever_seen: bool
    sum: int
    receipts: int
    refunds: int
    refunds_sum: int
    average: int
    week_ago_sum: int
    week_ago_receipts: int
    hours: list[Hour]
    week_ago: list[Hour]
    means: list[MeansSum]
    stores: list[StoreFigures]
    waiting: Waiting
    entered: Entered | None = None


@dataclass(frozen=True, slots=True)
class Health:
    ok: bool
    version: str
    schema: int
