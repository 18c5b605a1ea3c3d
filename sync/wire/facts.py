"""The facts that travel to HQ in stream `sales`: one item a closed sale, and the small change around it.

Kinds: "sale" (Sale), "shift" (Shift), "cash" (CashMove), "debt" (Debt: a document owed), "late" (LateTruth), "claim"
(Claim: money owed to a shopper by a slip), "encashment" (Encashment: a cash unit was emptied, or its box was counted),
"claim_asked" (ClaimAsked), and the answers of the agent that owes it: "claim_given" (ClaimGiven), "claim_kept"
(ClaimKept). The last three HQ passes on as commands (`commands.py`). Of the stock: "stock_document" (StockDocument: its
moves and who answers for them), "pickup" (Pickup: what is kept for an order, and what became of it), "order_step"
(OrderStep: what else the shop says of an order of HQ).
Additive only; readers keep unknown kinds and members.
Sums in whole minor units, quantities in thousandths, instants in UTC milliseconds.
"""

from __future__ import annotations

import msgspec


class PriceReason(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why a line costs something else than its price says. `kind`: discount (a person gave it: `by`)."""

    kind: str
    sum: int  # below zero: it made the line cheaper
    by: str = ""


class SaleLine(msgspec.Struct, frozen=True, omit_defaults=True):
    sku: str
    name: str
    qty: int
    price: int
    sum: int
    vat: str
    discount: int = 0
    seller: str = ""
    mark: str = ""  # GTIN + serial of the marking code, never its crypto part
    reasons: list[PriceReason] = []  # they add up to what separates qty x price from sum


class SalePayment(msgspec.Struct, frozen=True, omit_defaults=True):
    means: str  # cash, card, credit
    sum: int  # cash: what stayed in the drawer; given_back: negative
    attempt: str = ""
    terminal: str = ""
    slip: int = 0
    card: str = ""  # last four digits
    scheme: str = ""
    auth: str = ""
    status: str = ""  # booked, by_person, reversed (went back whole), given_back (in part), refunded, unresolved
    account: str = ""  # of store credit: whose it is, by a number that names nobody


class SaleDocument(msgspec.Struct, frozen=True, omit_defaults=True):
    seller: str
    register: str  # serial number
    fn: str
    number: int
    sign: int
    total: int
    at: str  # register-local wall clock
    operation: int
    by_person: bool = False  # a person testified that it exists


class Sale(msgspec.Struct, frozen=True, omit_defaults=True):
    """A closed sale or refund in full. `act`: sale, refund, advance (money left with the shop: store credit of
    `account`, no goods). `state`: closed, voided_after_payment, correction_due."""

    id: str
    till: str
    number: str
    act: str
    state: str
    shift: int
    cashier: str
    opened_ms: int
    closed_ms: int
    total: int
    lines: list[SaleLine]
    payments: list[SalePayment]
    documents: list[SaleDocument]
    discount: int = 0
    rounding: int = 0
    of: str = ""  # the sale a refund takes back, or whose change an advance keeps
    unresolved: bool = False  # a person could not tell; the back office has the case
    account: str = ""
    channel: str = ""  # where it was sold: till (by a cashier), kiosk (by the shopper alone)
    day: str = ""  # business day, 2026-11-21, as the till knows it; without it HQ goes by the moment


class TerminalDay(msgspec.Struct, frozen=True, omit_defaults=True):
    """A payment terminal's end of day against the journal. `state`: equal, differs, unanswered, unheard, unsaid.

    `total` and `count` as the terminal tells them, `journal` what the journal counted since the comparison before;
    `suspects` are the attempts that could explain the difference, `sales` the numbers of their sales.
    """

    terminal: str
    state: str
    at_ms: int
    total: int = 0
    journal: int = 0
    difference: int = 0
    count: int = 0
    suspects: list[str] = []
    sales: list[str] = []


class Shift(msgspec.Struct, frozen=True, omit_defaults=True):
    """Of a closing that is `counted`, `sales`, `refunds` and `sum` (sales less refunds) are what the till's journal
    closed between the shift's opening and this; older tills told none of them."""

    till: str
    number: int
    event: str  # opened, closed, x
    at_ms: int
    cashier: str
    cash: int = 0
    sales: int = 0
    refunds: int = 0
    sum: int = 0
    exceptions: list[str] = []
    terminals: list[TerminalDay] = []
    day: str = ""
    counted: bool = False


class CashMove(msgspec.Struct, frozen=True, omit_defaults=True):
    till: str
    shift: int
    event: str  # in, out
    sum: int
    cashier: str
    reason: str
    at_ms: int
    day: str = ""


class LateTruth(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a terminal said or did about an attempt of a sale that had been told already. `status`: act:phase."""

    sale: str
    till: str
    attempt: str
    terminal: str
    sum: int
    status: str


class Debt(msgspec.Struct, frozen=True, omit_defaults=True):
    """A settlement without its document: a correction is owed."""

    sale: str
    till: str
    total: int
    at_ms: int
    why: str
    person: str


class Claim(msgspec.Struct, frozen=True, omit_defaults=True):
    """One step of a claim slip; its newest one says whether this device still owes the money (issued, taken, expired)
    or not (paid, cancelled, moved: another device owes it). `order` is the purchase whose money it was, `by` who paid
    it out or cancelled it."""

    number: str
    kiosk: str
    amount: int
    reason: str
    order: str
    state: str
    at_ms: int
    by: str = ""
    expires_ms: int = 0
    why: str = ""  # of a cancellation


class ClaimAsked(msgspec.Struct, frozen=True, omit_defaults=True):
    """A shopper stands here with a slip of another shop. `slip`: SHA-256 of its code in hex, never the code itself."""

    request: str
    issuer: str
    number: str
    slip: str


class ClaimGiven(msgspec.Struct, frozen=True, omit_defaults=True):
    """The device `giver`, which owed the claim, has written down that device `to` owes it now."""

    request: str
    giver: str
    to: str
    issuer: str
    number: str
    slip: str
    amount: int
    currency: str
    reason: str
    order: str
    kiosk: str
    issued_ms: int
    expires_ms: int


class ClaimKept(msgspec.Struct, frozen=True, omit_defaults=True):
    """It was not given over. `why`: paid, paying, cancelled, moved, unknown, forged, no_sum; from HQ no_shop (the
    issuer is none of its devices) and here (the asker owes it already)."""

    request: str
    issuer: str
    number: str
    why: str


class Doubt(msgspec.Struct, frozen=True, omit_defaults=True):
    """A piece of which nobody knew whether it is in the box. `found`: in, out, or "" while that is open."""

    piece: int
    sum: int  # 0: not known
    reason: str
    order: str = ""
    found: str = ""


class Encashment(msgspec.Struct, frozen=True, omit_defaults=True):
    """A document of one cash unit, told when it is closed and once more when the cash centre has counted the box.

    `counts`, `brought`, `filled` and `left` are (value, pieces); `total` is what was taken out by the journal, `centre`
    what was counted, `difference` the surplus or, below zero, the shortage. `state`: closed, counted.
    """

    kiosk: str
    device: str
    unit: str
    period: int
    number: str
    state: str
    told_ms: int
    from_ms: int
    to_ms: int
    serial: str
    currency: str
    counts: list[tuple[int, int]]
    counted: int
    total: int
    operator: str = ""
    unauthorised: bool = False
    doubts: list[Doubt] = []
    brought: list[tuple[int, int]] = []
    filled: list[tuple[int, int]] = []
    left: list[tuple[int, int]] = []
    paid: int = 0
    paid_certain: bool = True
    drift: int | None = None
    old_cassette: str = ""
    new_cassette: str = ""
    centre: int | None = None
    centre_counts: list[tuple[int, int]] = []
    centre_by: str = ""
    difference: int | None = None


class StockLine(msgspec.Struct, frozen=True, omit_defaults=True):
    """`delta`: what it moves in the shop's own stock. Of a stocktake: `counted` was found on the shelf, while the moves
    up to item `as_of` of this stream came to `book` and the tills' open baskets held `in_baskets`."""

    sku: str
    name: str
    delta: int
    counted: int | None = None
    as_of: int = 0
    book: int = 0
    in_baskets: int = 0
    expected: int | None = None  # of a transfer that came in: what its sender says it sent


class StockDocument(msgspec.Struct, frozen=True, omit_defaults=True):
    """`document_kind`: receiving, write_off, transfer_out, transfer_in, stocktake. `state`: done, on_the_way. `of`: the
    number of the transfer that came in; `other`: whom it came from or goes to."""

    id: str
    document_kind: str
    number: str
    state: str
    person: str
    at_ms: int
    lines: list[StockLine]
    reason: str = ""
    other: str = ""
    of: str = ""


class TransferArrived(msgspec.Struct, frozen=True, omit_defaults=True):
    """A transfer of this shop was received by the other. `differences`: (sku, received less sent)."""

    number: str
    at_ms: int
    differences: list[tuple[str, int]] = []


class PickupLine(msgspec.Struct, frozen=True):
    line: str
    sku: str
    qty: int


class Pickup(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is kept for an order. `state`: held, released, expired, taken (in `sale`)."""

    order: str
    state: str
    at_ms: int
    until_ms: int
    lines: list[PickupLine]
    person: str = ""
    why: str = ""
    sale: str = ""


class OrderStep(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a shop says of an order beside what it keeps for it. `step`: refused (nothing is kept: `why` short,
    other_lines, hours), picking (somebody walks for the goods), ready (they lie at the counter), kept (it was not
    called off: `why` at_till), cancelled (nothing is kept for it here, nor will be). `short`: (sku, thousandths left).
    """

    order: str
    step: str
    at_ms: int
    person: str = ""
    why: str = ""
    short: list[tuple[str, int]] = []
