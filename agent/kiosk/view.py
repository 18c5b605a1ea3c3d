"""What a kiosk page is told: the whole state of one kiosk as one JSON object, sent after each durable change.

The page is a window, as the till's is (agent/view.py): it keeps nothing but what is being typed, computes no money, and
turns codes into words. Sums are whole minor units, instants UTC milliseconds (`*_ms`).

    attract ──> browse <──> basket ──> receipt_way ──> pay ──> cash ──┐
                                                        └──> card ────┼──> making ──> done ──> attract
                              out_of_service, staff        checking ──┘       └──> claim
"""

from __future__ import annotations

from typing import Any

import msgspec

from agent.view import AskedView, DeviceView, Note, ReceiptView, SaleView, TenderView


class SellerView(msgspec.Struct, frozen=True):
    """What the law wants on the screen. `refund_terms` and `phone` are the shop's own words."""

    name: str
    inn: str
    address: str
    phone: str
    refund_terms: str


class PieceView(msgspec.Struct, frozen=True):
    """One note or coin of this purchase. state: checking (at the mouth, value 0), escrow, stacking, credited, doubt."""

    value_minor: int
    state: str


class CashView(msgspec.Struct, frozen=True):
    """The live counter. `inserted_minor` counts what is durable only. `takes_minor`: the denominations taken now.

    `note`: what is going on with a piece, or why nothing is taken. `change`: how change is given, said before the first
    note: change_given, change_short (a claim for the rest), change_claim, change_credit and change_short_credit (store
    credit of who is known), change_exact (nothing beyond the sum is taken).
    """

    due_minor: int
    inserted_minor: int
    left_minor: int
    pieces: list[PieceView]
    takes_minor: list[int]
    change: Note
    note: Note | None = None
    may_card: bool = False  # the rest may be paid by card
    may_give_back: bool = True


class ChangeView(msgspec.Struct, frozen=True):
    """What goes back to the shopper. `owed_minor` at the beginning, `paid_minor` so far; running until `done`.
    `credited_minor` is put on their store credit."""

    owed_minor: int
    paid_minor: int
    done: bool
    credited_minor: int = 0


class CreditView(msgspec.Struct, frozen=True):
    """Store credit that can be paid with here; `tail` are the last signs of the card's number."""

    tail: str
    balance_minor: int


class ClaimView(msgspec.Struct, frozen=True):
    """A claim slip. `code` is what its QR says ("" for a case without a sum: an unknown card); `reason` names a text
    `notes.claim_<reason>`: change_short, timeout, given_up, in_doubt, late, card_unknown, not_made."""

    number: str
    amount_minor: int
    reason: Note
    code: str
    at_ms: int
    expires_ms: int
    printed: bool


class SlipSendingView(msgspec.Struct, frozen=True):
    """The newest slip to a phone. `given`: an address was given for the receipt, no number need be typed. state: "",
    meant (on its way), sent, dropped (it could not be sent). `may`: it may be asked for, once more if it was."""

    given: bool
    state: str
    may: bool


class IdleView(msgspec.Struct, frozen=True):
    """From `warn_ms` on the page asks "are you still there"; at `end_ms` the agent ends the session.

    `money_minor`: what is inside and will become a claim.
    """

    warn_ms: int
    end_ms: int
    money_minor: int


class StaffUnitView(msgspec.Struct, frozen=True):
    """One cash unit for staff. `counts`: (value_minor, pieces) since the last encashment; `levels` what it can pay out.

    state: away, closed, open, checking, escrow, stacking, trouble. `cassette`: in, out, open (an encashment is open).
    """

    device: str
    unit: str
    title: str
    serial: str
    state: str
    counts: list[tuple[int, int]]
    counted_minor: int
    doubts: int
    doubted_minor: int
    cassette: str
    note: Note | None = None
    levels: list[tuple[int, int]] = []
    may_encash: bool = True


class StaffView(msgspec.Struct, frozen=True):
    """Only while a member of staff is signed in. `claims` are those still owed, oldest first."""

    person: str
    units: list[StaffUnitView]
    claims: list[ClaimView]
    shift_open: bool
    shift_number: int
    last_encashment: Note | None = None
    questions: list[AskedView] = []  # of before this kiosk was restored


class KioskView(msgspec.Struct, frozen=True):
    """screen: attract, browse, basket, receipt_way, pay, cash, card, checking, making, change, claim, done, staff,
    out_of_service.

    `trouble` says why paying does not work (out_of_service: all of it) and `elsewhere` which till works; `said` answers
    the last command; `help` is true while staff is on the way. On the screens of the end `cash` and `change` say what
    was inserted and given.
    """

    kiosk: str
    kiosk_name: str
    shop: str
    seller: SellerView
    currency: str
    zone: str
    training: bool
    language: str
    revision: int
    now_ms: int
    screen: str
    tenders: list[TenderView]  # card, cash: what truly works now, with the reason where not
    sale: SaleView | None
    cash: CashView | None
    change: ChangeView | None
    claims: list[ClaimView]  # of this session; the last one is the newest
    card_progress: Note | None
    card_since_ms: int
    case: Note | None  # checking: what is being found out and until when; making: why it takes longer
    until_ms: int
    receipt: ReceiptView | None
    receipt_ways: list[str]  # paper, screen, email, phone: what may be chosen
    receipt_way: str
    customer: str  # "phone", "card" or "": how the shopper named themselves
    identify: bool  # may they?
    idle: IdleView | None
    help: bool
    trouble: Note | None
    elsewhere: Note | None
    said: Note | None
    devices: list[DeviceView]
    staff: StaffView | None = None
    wedge: dict[str, int] = {}
    stop_asked: bool = False  # card: the shopper wants to stop, and the terminal has not said what became of it
    slip_sending: SlipSendingView | None = None  # claim: None where no slip can be sent to a phone
    credit: CreditView | None = None  # may be paid with now
    exact: bool = False  # no change is given here: cash is asked for with the shopper's consent


class CategoryView(msgspec.Struct, frozen=True):
    name: str
    products: int


class TileView(msgspec.Struct, frozen=True):
    """`left_thousandths`: what is on the shelf less what open baskets hold; None where stock is not kept."""

    barcode: str
    name: str
    price_minor: int
    unit: str
    marked: bool
    age: int
    category: str
    left_thousandths: int | None = None


class KioskCommand(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST /api/kiosks/{kiosk}/commands, answered with KioskAnswer. `id` and `revision` as in agent.view.Command.

    start · touch (the shopper is still there) · language {language} · speech {on} (1: times are doubled) · help
    leave (end the session)
    scan {code} · add {barcode} · quantity {line, thousandths} · remove {line} · show_basket · show_goods
    checkout · back · identify {phone | card, consents: [..]} · receipt {way, value?}
    pay {means: cash | card | credit, agreed? (1: to no change)} · stop_card · give_back
    print_slip · take_slip · finish
    send_slip {phone?} (to a phone; without one: where the receipt goes)
    staff {person, pin} · staff_leave · open_shift · close_shift · x_report · reset_device {device}
    encash_open {device, unit} · encash_close {device, unit, new_cassette?} · encash_cancel {device, unit}
    old_money {key, sum_minor, owed_minor} (a supervisor's word about a question of before the restore)
    resolve {choice} (owe_correction, retry_seal, cancel_payment: what staff may do with a paid sale without receipt)
    """

    id: str
    revision: int
    do: str
    args: dict[str, Any] = {}


class KioskAnswer(msgspec.Struct, frozen=True):
    done: bool
    view: KioskView
    note: Note | None = None
