"""What a till page is told: the whole state of one till as one JSON object, sent after each durable change.

The page is a window: it keeps nothing of its own but what is being typed. It never computes money. Words are codes
(`code` + `params`), the page's texts turn them into Russian or English. Sums are whole minor units, quantities whole
thousandths, instants UTC milliseconds (`*_ms`), local wall clocks text.
"""

from __future__ import annotations

from typing import Any

import msgspec

from agent.box_view import EncashmentScreen
from agent.guest_view import AgreeScreen, GuestView


class Note(msgspec.Struct, frozen=True, omit_defaults=True):
    """A sentence by code. The texts are `notes.<code>` = {what, safe, do, say?} in texts/ru.json and texts/en.json."""

    code: str
    params: dict[str, Any] = {}


class Person(msgspec.Struct, frozen=True):
    id: str
    name: str
    supervisor: bool


class ElsewherePlace(msgspec.Struct, frozen=True):
    """Another store that has a product. `many`: more than ten. `as_of_ms` 0: nobody says. `call`: too old to trust."""

    store: str
    pieces: int
    many: bool
    as_of_ms: int
    call: bool


class MarkView(msgspec.Struct, frozen=True):
    """Goods check of a line. state: checking, ok, refused, unanswered or not_needed; since_ms while checking."""

    state: str
    gtin: str = ""
    serial: str = ""
    note: Note | None = None
    since_ms: int = 0


class LineView(msgspec.Struct, frozen=True):
    id: str
    name: str
    barcode: str
    quantity: int  # thousandths
    unit: str  # "pcs", "kg" ... : texts.units.<unit>
    price_minor: int
    gross_minor: int
    discount_minor: int
    discount_percent: int  # thousandths of a percent, 0 when given as a sum
    sum_minor: int
    vat: str  # "22", "10", "0", "none", "5", "7"
    marked: bool
    mark: MarkView | None = None
    # In a refund: what of the original may still come back, and whether the line is chosen.
    returnable: int = 0
    chosen: bool = False


class VatView(msgspec.Struct, frozen=True):
    rate: str
    sum_minor: int


class PaymentView(msgspec.Struct, frozen=True):
    """means: cash, card.

    state: running, approved, unknown, declined, reversing, reversed, reversal_unknown, refunded, booked.
    """

    means: str
    sum_minor: int
    state: str
    attempt: str = ""
    card: str = ""
    scheme: str = ""
    slip: int = 0
    at: str = ""
    note: Note | None = None
    received_minor: int = 0
    change_minor: int = 0


class SaleView(msgspec.Struct, frozen=True):
    """The sale or refund on the counter. `phase` is the value of fiscal.sale.Phase."""

    id: str
    act: str  # sale, refund
    phase: str
    lines: list[LineView]
    selected: str  # line id or ""
    positions: int
    pieces: int  # thousandths
    total_minor: int
    discount_minor: int
    rounding_minor: int
    vat: list[VatView]
    paid_minor: int
    left_minor: int
    payments: list[PaymentView]
    of_number: str = ""
    undo: Note | None = None  # what Backspace would bring back


class StepView(msgspec.Struct, frozen=True):
    """One step of the resolver. state: done, asking, waiting, failed. Register steps stand before terminal steps."""

    device: str  # register, terminal
    state: str
    note: Note


class WayView(msgspec.Struct, frozen=True):
    """One way out of a case. `first` is the one filled key of PAID_UNSEALED; in decisions none is first."""

    choice: str
    note: Note
    supervisor: bool
    first: bool = False


class CaseView(msgspec.Struct, frozen=True):
    """A trouble that owns the screen.

    kind: card_unknown, refund_unknown, reversal_unknown, card_person, register_unknown, register_person, unsealed,
    power_cut, cannot_tell. While one of the unknown kinds stands there is no pay key anywhere.
    """

    kind: str
    note: Note  # headline and the four answers
    amount_minor: int
    sent_ms: int
    asked: int
    next_ms: int  # when the devices are asked again
    until_ms: int  # when a person decides
    schedule_s: list[int]
    steps: list[StepView]
    ways: list[WayView]
    evidence: dict[str, Any] = {}  # slip_from, amount_minor, around, baseline_document, read_document, fn ...
    line: str = ""  # the basket line that the trouble is about
    attempt: str = ""
    next_shopper_ms: int = 0  # from when Home may park it, 0 = never
    call_supervisor: bool = False


class TenderView(msgspec.Struct, frozen=True):
    means: str  # card, cash
    available: bool
    note: Note | None = None
    first: bool = False


class DeviceView(msgspec.Struct, frozen=True):
    """kind: register, terminal, scanner, goods_check, drawer, office. state: ok, busy, attention, down, unknown.

    `evidence`: how we know that its driver is right (manual, transcript, peer, hardware); `commit`: how an operation of
    it becomes final and is found again (query, ack, confirm, operator).
    """

    id: str
    kind: str
    name: str
    state: str
    note: Note | None = None
    model: str = ""
    since_ms: int = 0
    fact: Note | None = None
    evidence: str = ""
    commit: str = ""
    title: Note | None = None  # instead of `name` where nobody gave it one


class ShiftView(msgspec.Struct, frozen=True):
    open: bool
    number: int
    opened_ms: int
    too_old: bool
    cash_minor: int = 0
    exceptions: list[Note] = []


class LastView(msgspec.Struct, frozen=True):
    number: str
    act: str
    total_minor: int
    means: list[str]
    change_minor: int


class ReceiptView(msgspec.Struct, frozen=True):
    """A sealed receipt. `text` as the register prints it; `/api/qr.svg?text=` draws `qr`."""

    number: str
    act: str
    total_minor: int
    change_minor: int
    cash_back_minor: int  # in a refund: cash to hand over
    documents: list[dict[str, Any]]  # {number, sign, fn, qr, text: [lines], seller}
    printing: str  # done, stopped, running
    payments: list[PaymentView]
    note: Note | None = None


class QueueView(msgspec.Struct, frozen=True):
    waiting: int
    oldest_ms: int
    away_since_ms: int = 0
    note: Note | None = None


class ParkedView(msgspec.Struct, frozen=True):
    sale: str
    phase: str
    total_minor: int
    since_ms: int
    unresolved: bool
    note: Note


class SlipView(msgspec.Struct, frozen=True):
    """A claim slip: money the shop owes a shopper. state: issued, paying, paid, cancelled, expired (then a supervisor
    pays it). `reason` names a text `claims.reasons.<reason>`, `kiosk` is the place that owes it."""

    number: str
    amount_minor: int
    state: str
    reason: str
    kiosk: str
    at_ms: int
    expires_ms: int
    age_days: int


class ElsewhereView(msgspec.Struct, frozen=True):
    """A slip that another shop owes. `amount_minor` is what the paper says. `state`: free (not asked for yet), asked
    (since `asked_ms`), kept (it stays there, `why`: paid, unknown ...)."""

    number: str
    shop: str
    amount_minor: int
    expires_ms: int
    state: str
    asked_ms: int = 0
    why: Note | None = None


class AskedView(msgspec.Struct, frozen=True):
    """Money that a restored kiosk has by its backup, and only a person can say what became of it. kind: purchase,
    change, note (in the box, of no purchase), booking (a slip's внесение at the register). `receipts`: documents of the
    same sum that only the register knows."""

    key: str
    kind: str
    kiosk: str
    number: str
    at_ms: int
    sum_minor: int
    receipts: list[int]


class ClaimScreen(msgspec.Struct, frozen=True):
    """The claim screen: one slip, one that another shop owes (`elsewhere`), or (neither) those still owed, oldest
    first, `owed_count` in all.

    `supervisor` says why only a supervisor may pay it. `asking`: this till's register was told to pay it and has not
    answered yet; a supervisor may say what became of it. `questions` stand above the list; `question` is the one that
    is looked at.
    """

    slip: SlipView | None
    owed: list[SlipView]
    owed_count: int
    owed_minor: int
    supervisor: Note | None = None
    asking: bool = False
    elsewhere: ElsewhereView | None = None
    questions: list[AskedView] = []
    question: AskedView | None = None


class AccountView(msgspec.Struct, frozen=True):
    """Store credit of somebody at the counter. `balance_minor` is on it, `takes_minor` of that this sale would take; 0
    where none can be taken. `tail`: the last signs of the phone or the card (`how`)."""

    how: str
    tail: str
    balance_minor: int
    takes_minor: int


class RestoreRow(msgspec.Struct, frozen=True):
    """A document of the register that the journal has otherwise, or not at all. `at`: the register's clock, as text."""

    number: int
    at: str
    sum_minor: int
    note: Note


class RestoreView(msgspec.Struct, frozen=True):
    """A box put in a dead one's place, before its till sells. `notes` say what was found; `told`: facts of HQ."""

    note: Note
    told: int
    matched: int
    rows: list[RestoreRow]
    notes: list[Note]
    may_confirm: bool
    may_open: bool  # while HQ cannot be asked


class TillView(msgspec.Struct, frozen=True):
    """screen: locked, shift_closed, selling, cash, card, working, case, receipt, refund, claim,
    encashment, agree, restore, stopped.

    `working` is sealing (short); `stopped` is a whole-page card (`stop`): full disk, other register.
    """

    till: str
    till_name: str
    shop: str
    currency: str
    zone: str
    training: bool
    language: str
    revision: int
    now_ms: int
    screen: str
    cashiers: list[Person]
    cashier: Person | None
    shift: ShiftView
    sale: SaleView | None
    tenders: list[TenderView]
    devices: list[DeviceView]
    banner: Note | None
    trouble: Note | None  # pre-flight: what to mend before paying; nothing was charged
    said: Note | None  # the answer to the last command, when it is worth saying (refused scan, unknown barcode ...)
    card_progress: Note | None
    card_since_ms: int
    stop_asked: bool
    case: CaseView | None
    stop: Note | None
    last: LastView | None
    receipt: ReceiptView | None
    ofd: QueueView
    office: QueueView
    parked: list[ParkedView]
    wedge: dict[str, int] = {}  # timings of the keyboard wedge: hold_ms, burst_ms, silence_ms, guard_ms
    claim: ClaimScreen | None = None  # while the screen is `claim`
    claims: bool = False  # are there claim slips in this shop?
    encashment: EncashmentScreen | None = None  # while the screen is `encashment`
    encashments: bool = False  # has this shop kiosks with boxes?
    account: AccountView | None = None  # while an account is looked at
    guests: list[GuestView] = []  # who agreed to be known and is here, the newest first
    agree: AgreeScreen | None = None  # while the screen is `agree`
    agrees: bool = False  # can a shopper agree to be known here?
    restore: RestoreView | None = None  # while the screen is `restore`


class CommandAnswer(msgspec.Struct, frozen=True):
    """`done` False: nothing changed; `note` says why. `view` is always the fresh state."""

    done: bool
    view: TillView
    note: Note | None = None


class Command(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST /api/tills/{till}/commands.

    `id` is made once by the page (UUID) and kept when the request is repeated; `revision` is the one of the view the
    person was looking at. `do` and `args`:

    sign_in {cashier, pin} · sign_out · language {language} · call_supervisor
    restore_confirm · restore_open (a supervisor, in a restored box)
    open_shift {float_minor} · close_shift · x_report · cash_in {sum_minor} · cash_out {sum_minor, reason}
    open_drawer · copy
    scan {code} (text; bytes above 7F as their latin-1 characters, 0x1D kept) · add {barcode}
    quantity {line, thousandths} · remove {line} · discount {line, percent_thousandths | sum_minor} · undo
    select {line} · park · bring_back {sale?} · contact {value} · new_sale
    pay {means, sum_minor?} (cash: opens the cash screen; card: runs at once for the sum or the rest) · back
    take_cash {received_minor} · stop_card · next_shopper
    choose {choice, person?, pin?, line?, code?, sale?} (a way of the case)
    refund {number | qr} · refund_line {line, thousandths} · refund_pay
    claim {code?} (a slip's code, as `scan` does too, or its number; without: the list) · claim_leave
    claim_pay {number, person, pin} · claim_cancel {number, why, person, pin} (a supervisor)
    claim_said {number, choice: paid | unpaid, person, pin} (a supervisor, while the register cannot tell)
    claim_old {key} (a question of a restored kiosk)
    claim_old_said {key, sum_minor, owed_minor, person, pin} (a supervisor's word: so much of it is owed)
    guest_wrong {guest} (a guest whom the panel shows is not that person)
    credit {number} (whose store credit: a phone or a card of the shop) · credit_pay · credit_leave
    encashment {kiosk?, device?, unit?, period?} (an emptied box; without: the list) · encashment_leave
    encashment_count {counts: [[value_minor, pieces]] | sum_minor} (compared, not written) · encashment_again
    encashment_sign {person, pin} (a supervisor: what was compared is written) · encashment_print
    agree (a shopper wants to be known, or no more) · agree_leave · agree_language {language}
    agree_phone {number?} (a code is sent; without: a new one) · agree_code {code}
    agree_give {agreed: ["purpose:hash"], name} · agree_withdraw {consent} · agree_look (into the camera)
    """

    id: str
    revision: int
    do: str
    args: dict[str, Any] = {}
