"""One TillView for each state of the till, built through the agent's own structs so that none can drift."""

from __future__ import annotations

from typing import Any

import msgspec
from agree_views import AGREE

from agent.box_view import BoxView, EncashmentScreen, PiecesView
from agent.guest_view import GuestView, OfferView, PurchaseView
from agent.view import (
    AskedView,
    CaseView,
    ClaimScreen,
    DeviceView,
    ElsewhereView,
    LastView,
    LineView,
    MarkView,
    Note,
    ParkedView,
    PaymentView,
    Person,
    QueueView,
    ReceiptView,
    RestoreRow,
    RestoreView,
    SaleView,
    ShiftView,
    SlipView,
    StepView,
    TenderView,
    TillView,
    VatView,
    WayView,
)

NOW_MS = 1_795_260_733_000  # 21 November 2026, 14:32:13 in Moscow
SENT_MS = NOW_MS - 6_000
MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS

IRINA = Person("irina", "Ирина Соколова", False)
PEOPLE = [IRINA, Person("anna", "Анна Белова", False), Person("olga", "Ольга Ким", True)]
SCHEDULE = [0, 2, 5, 10, 20, 30]


def line(at: int, name: str, barcode: str, pieces: int, price: int, discount: int = 0, **more: Any) -> LineView:
    """A line of `pieces` at `price` minor units, `discount` off the sum."""
    gross = pieces * price
    return LineView(
        id=f"l{at}",
        name=name,
        barcode=barcode,
        quantity=pieces * 1000,
        unit="pcs",
        price_minor=price,
        gross_minor=gross,
        discount_minor=discount,
        discount_percent=10_000 if discount else 0,
        sum_minor=gross - discount,
        vat="22",
        marked="mark" in more,
        **more,
    )


LINES = [
    line(1, "Конструктор «Пожарная часть», 412 деталей", "4601234004127", 1, 349_900),
    line(2, "Кукла «Маша», 30\u00a0см", "4607012330019", 1, 129_900, mark=MarkView("ok", "04607012330019", "a1B2c3")),
    line(3, "Пазл «Кот в сапогах», 260 элементов", "4620014260013", 2, 44_900, 8_980),
    line(4, "Пластилин «Весёлый», 12 цветов", "4607008120127", 1, 21_990),
    line(5, "Мяч резиновый, 20\u00a0см, в горошек", "4680003200207", 3, 26_500),
]
TOTAL = 662_110


def sale(phase: str = "open", lines: list[LineView] | None = None, **more: Any) -> SaleView:
    """The basket of the pictures: five lines, 6 621,10."""
    rows = LINES if lines is None else lines
    total = sum(row.sum_minor for row in rows)
    facts: dict[str, Any] = {
        "id": "S-0419",
        "act": "sale",
        "phase": phase,
        "lines": rows,
        "selected": rows[-1].id if rows else "",
        "positions": len(rows),
        "pieces": sum(row.quantity for row in rows),
        "total_minor": total,
        "discount_minor": sum(row.discount_minor for row in rows),
        "rounding_minor": 0,
        "vat": [VatView("22", (total * 44 + 122) // 244)] if total else [],
        "paid_minor": 0,
        "left_minor": total,
        "payments": [],
    }
    return SaleView(**(facts | more))


def device(kind: str, name: str, state: str = "ok", note: Note | None = None) -> DeviceView:
    return DeviceView(f"{kind}-1", kind, name, state, note)


DEVICES = [
    device("register", "ККТ кассы 1"),
    device("terminal", "Терминал кассы 1"),
    device("scanner", "Сканер кассы 1"),
    device("goods_check", "Проверка марок"),
    device("drawer", "Денежный ящик"),
    device("office", "Офис"),
]


def devices(kind: str, state: str, note: Note | None = None) -> list[DeviceView]:
    """All well but one."""
    return [msgspec.structs.replace(one, state=state, note=note) if one.kind == kind else one for one in DEVICES]


CARD = TenderView("card", True, first=True)
CASH = TenderView("cash", True)
LAST = LastView("0418", "sale", 189_900, ["cash"], 10_100)


def till(screen: str = "selling", **more: Any) -> TillView:
    facts: dict[str, Any] = {
        "till": "1",
        "till_name": "Касса 1",
        "shop": "«Мишкин дом», Казань",
        "currency": "RUB",
        "zone": "Europe/Moscow",
        "training": False,
        "language": "ru",
        "revision": 1,
        "now_ms": NOW_MS,
        "screen": screen,
        "cashiers": PEOPLE,
        "cashier": IRINA,
        "shift": ShiftView(True, 142, NOW_MS - 6 * HOUR_MS - 12 * MINUTE_MS, False, 2_345_000),
        "sale": sale(),
        "tenders": [CARD, CASH],
        "devices": DEVICES,
        "banner": None,
        "trouble": None,
        "said": None,
        "card_progress": None,
        "card_since_ms": 0,
        "stop_asked": False,
        "case": None,
        "stop": None,
        "last": LAST,
        "receipt": None,
        "ofd": QueueView(0, 0),
        "office": QueueView(0, 0),
        "parked": [],
    }
    return TillView(**(facts | more))


def case(kind: str, **more: Any) -> CaseView:
    facts: dict[str, Any] = {
        "kind": kind,
        "note": Note(kind),
        "amount_minor": TOTAL,
        "sent_ms": SENT_MS,
        "asked": 3,
        "next_ms": NOW_MS + 4_000,
        "until_ms": SENT_MS + 15 * MINUTE_MS,
        "schedule_s": SCHEDULE,
        "steps": [
            StepView("register", "done", Note("step_register_no_document", {"document": 1207, "at": "14:26"})),
            StepView("terminal", "asking", Note("step_terminal_asking", {"asked": 3})),
        ],
        "ways": [],
        "attempt": "01JD8S4Q",
        "next_shopper_ms": NOW_MS + 20_000,
    }
    return CaseView(**(facts | more))


PAID = PaymentView("card", TOTAL, "approved", card="4417", scheme="МИР", slip=93, at="14:32", attempt="01JD8S4Q")
UNKNOWN_CARD = PaymentView("card", TOTAL, "unknown", attempt="01JD8S4Q")
CHECKING = devices("terminal", "unknown", Note("terminal_checking"))
WAITS = devices("register", "attention", Note("receipt_waits"))
SLIP_WAYS = [
    WayView("slip_approved", Note("slip_approved"), True),
    WayView("slip_none", Note("slip_none"), True),
    WayView("cannot_tell", Note("cannot_tell"), True),
]
DOCUMENT_WAYS = [
    WayView("document_exists", Note("document_exists"), True),
    WayView("document_absent", Note("document_absent"), True),
    WayView("cannot_tell", Note("cannot_tell"), True),
]
MARK_WAYS = [
    WayView("rescan_mark", Note("rescan_mark"), False, first=True),
    WayView("drop_line", Note("drop_line", {"name": "Кукла «Маша»", "sum_minor": 129_900}), False),
    WayView("cancel_payment", Note("cancel_payment", {"sum_minor": TOTAL}), True),
    WayView("owe_correction", Note("owe_correction"), True),
]
SEAL_WAYS = [WayView("retry_seal", Note("retry_seal"), False, first=True), *MARK_WAYS[2:]]
QR = "t=20261121T1433&s=6621.00&fn=9960440300004471&i=1208&fp=2841937755&n=1"


def paper(total: str, means: str) -> list[str]:
    """A receipt of 42 columns as the register prints it."""
    rule = "-" * 42
    rows = [f"{row.name[:30]:<32}{row.sum_minor // 100:>7},{row.sum_minor % 100:02}" for row in LINES]
    return [
        f"{'ООО «Игротека»':^42}",
        f"{'КАССОВЫЙ ЧЕК / ПРИХОД':^42}",
        rule,
        *rows,
        rule,
        f"{'ОКРУГЛЕНИЕ':<34}{'-0,10':>8}",
        f"{'ИТОГ':<30}{total:>12}",
        f"{means:<30}{total:>12}",
        f"{'В Т.Ч. НДС 22 %':<30}{'1 193,95':>12}",
        rule,
        "ККТ 0004471",
        "ФН 9960440300004471",
        "ФД № 1208",
        "ФП 2841937755",
        "Смена 142, чек 27",
        "21.11.2026 14:33",
    ]


def receipt(**more: Any) -> ReceiptView:
    facts: dict[str, Any] = {
        "number": "0419",
        "act": "sale",
        "total_minor": 662_100,
        "change_minor": 37_900,
        "cash_back_minor": 0,
        "documents": [
            {
                "number": 1208,
                "sign": "2841937755",
                "fn": "9960440300004471",
                "qr": QR,
                "text": paper("6 621,00", "НАЛИЧНЫМИ"),
                "seller": "ООО «Игротека»",
            }
        ],
        "printing": "done",
        "payments": [PaymentView("cash", 662_100, "booked", received_minor=700_000, change_minor=37_900)],
    }
    return ReceiptView(**(facts | more))


def away(kind: str, code: str, **more: Any) -> TillView:
    return till(devices=devices(kind, "down", Note(code)), banner=Note(code), **more)


CASH_SALE = sale(rounding_minor=-10, left_minor=662_100)
NO_REGISTER = Note("register_away")
REFUND = sale(
    act="refund",
    of_number="0418",
    lines=[
        msgspec.structs.replace(LINES[0], returnable=1000, chosen=True),
        msgspec.structs.replace(LINES[2], returnable=2000),
    ],
    total_minor=349_900,
    left_minor=349_900,
)
BLOCKED = line(
    6, "Кукла «Маша», 30\u00a0см", "4607012330019", 1, 129_900, mark=MarkView("refused", note=Note("withdrawn"))
)
CHECKING_LINE = line(
    7, "Самокат «Ветер», складной", "4607012330026", 1, 459_900, mark=MarkView("checking", since_ms=NOW_MS - 1200)
)

DAY_MS = 24 * HOUR_MS


def slip(state: str, number: str = "K-1121-17", amount_minor: int = 45_200) -> SlipView:
    """A claim slip of yesterday's kiosk."""
    return SlipView(number, amount_minor, state, "change_short", "kiosk-1", NOW_MS - DAY_MS, NOW_MS + 89 * DAY_MS, 1)


def slip_screen(state: str, *, supervisor: Note | None = None, asking: bool = False, **more: Any) -> TillView:
    shown = ClaimScreen(slip(state), [], 0, 0, supervisor, asking)
    return till("claim", sale=None, claims=True, claim=shown, **more)


ASKED = AskedView("01a1fcb0-df49", "purchase", "Киоск 1", "0142", NOW_MS - DAY_MS, 150_000, [1041])
BOOKING = AskedView("booking/k1/0", "booking", "Киоск 1", "", 0, 45_200, [])


def asked_screen(question: AskedView) -> TillView:
    """Money of before a kiosk was restored."""
    return till("claim", sale=None, claims=True, claim=ClaimScreen(None, [], 0, 0, question=question))


def other_shops_slip(state: str, *, why: Note | None = None, **more: Any) -> TillView:
    """A slip that another shop of the chain owes."""
    asked_ms = NOW_MS - 4000 if state != "free" else 0
    shown = ElsewhereView("kazan-2/K-1121-17", "kazan-2", 45_200, NOW_MS + 89 * DAY_MS, state, asked_ms, why)
    return till("claim", sale=None, claims=True, claim=ClaimScreen(None, [], 0, 0, elsewhere=shown), **more)


def restored(
    code: str,
    *,
    told: int,
    matched: int = 0,
    rows: list[RestoreRow] | None = None,
    notes: list[Note] | None = None,
    **params: int,
) -> RestoreView:
    note = Note(code, {"told": told, "matched": matched, **params})
    return RestoreView(note, told, matched, rows or [], notes or [], may_confirm=bool(matched), may_open=False)


def emptied(number: str = "7", **more: Any) -> BoxView:
    """A box of yesterday's kiosk, not counted yet."""
    told: dict[str, Any] = {
        "kiosk": "kiosk-1", "device": "bills-1", "unit": "validator", "period": int(number), "number": number,
        "place": "Киоск у входа", "title": "CashCode SM", "from_ms": NOW_MS - 2 * DAY_MS, "to_ms": NOW_MS - DAY_MS,
        "by": "Ольга Ким", "total_minor": 1_284_500, "doubts": 1,
    }  # fmt: skip
    return BoxView(**told | more)


def counted(difference_minor: int, **more: Any) -> BoxView:
    return emptied(counted_minor=1_284_500 + difference_minor, difference_minor=difference_minor, **more)


def box_screen(box: BoxView, kinds: list[PiecesView], *, typed: bool = False, **more: Any) -> TillView:
    shown = EncashmentScreen(box, [], 0, kinds, typed)
    return till("encashment", sale=None, encashments=True, encashment=shown, **more)


VALUES = (500_000, 200_000, 100_000, 50_000, 20_000, 10_000, 5_000, 1_000, 500, 200, 100)
TO_COUNT = [PiecesView(value, 0 if value > 100_000 else 3) for value in VALUES]
FOUND = [PiecesView(row.value_minor, row.expected, row.expected) for row in TO_COUNT[:-1]] + [PiecesView(100, 3, 5)]
COUNTED = {"counted_by": "Ольга Ким", "counted_ms": NOW_MS}
BOXES = [
    emptied("8", total_minor=95_000, doubts=0, by=""),
    counted(-50_000, **COUNTED),
    *(emptied(str(at), counted_minor=1_284_500, difference_minor=0, **COUNTED) for at in range(6, 0, -1)),
]


OWED = [slip("issued", "K-1120-09", 50_000), slip("expired")]

DAY_MS = 24 * HOUR_MS
ANNA = GuestView(
    "g-1",
    "Анна Петрова",
    "4567",
    "wifi",
    NOW_MS - MINUTE_MS,
    4,
    NOW_MS - 9 * DAY_MS,
    [
        PurchaseView("Конструктор «Пожарная часть», 412 деталей", 349_900, NOW_MS - 9 * DAY_MS),
        PurchaseView("Кукла «Маша», 30\u00a0см", 129_900, NOW_MS - 9 * DAY_MS),
        PurchaseView("Пазл «Кот в сапогах», 260 элементов", 44_900, NOW_MS - 40 * DAY_MS),
    ],
    [OfferView("К конструктору — второй набор за полцены", "With a building kit the second set at half price")],
)
PETER = GuestView("g-2", "", "0099", "card", NOW_MS - 3 * MINUTE_MS)
OLEG = GuestView(
    "g-3", "Олег Константинович Преображенский", "0011", "face", NOW_MS - 4 * MINUTE_MS, 1, NOW_MS - 400 * DAY_MS
)

VIEWS: dict[str, TillView] = {
    "locked": till("locked", cashier=None, sale=None),
    "wrong_pin": till("locked", cashier=None, sale=None, said=Note("wrong_pin")),
    "shift_closed": till(
        "shift_closed",
        sale=None,
        shift=ShiftView(
            False, 142, 0, False, 0, [Note("parked_unknown"), Note("ofd_overdue", {"oldest_ms": 3 * HOUR_MS})]
        ),
    ),
    "idle": till(sale=sale(lines=[])),
    "selling": till(),
    "guest": till(guests=[ANNA]),
    "guest_training": till(guests=[ANNA], training=True),
    "guest_face": till(guests=[OLEG]),
    "guest_tail": till(guests=[PETER]),
    "guests": till(guests=[ANNA, PETER, OLEG]),
    "guests_idle": till(sale=sale(lines=[]), guests=[OLEG, ANNA]),
    "guests_trouble": till(guests=[ANNA, OLEG], trouble=Note("paper_out"), training=True),
    "selling_verdicts": till(sale=sale(lines=[*LINES[:2], CHECKING_LINE, BLOCKED])),
    "said": till(said=Note("mark_twice"), sale=sale(undo=Note("undo_remove", {"name": "Мяч резиновый"}))),
    "preflight": till(trouble=Note("paper_out"), devices=devices("register", "attention", Note("paper_out"))),
    "declined": till(trouble=Note("declined", {"reason": "insufficient_funds"})),
    "cash": till("cash", sale=CASH_SALE),
    "cash_terminal_away": away(
        "terminal",
        "terminal_away",
        screen="cash",
        sale=CASH_SALE,
        tenders=[TenderView("card", False, Note("terminal_away")), CASH],
    ),
    "card": till(
        "card",
        sale=sale(payments=[PaymentView("card", TOTAL, "running")]),
        card_since_ms=NOW_MS - 12_000,
        card_progress=Note("present_card"),
    ),
    "card_stopping": till(
        "card",
        sale=sale(payments=[PaymentView("card", TOTAL, "running")]),
        card_since_ms=NOW_MS - 72_000,
        card_progress=Note("terminal_text", {"text": "Введите ПИН"}),
        stop_asked=True,
    ),
    "working": till("working", sale=sale(payments=[PAID], paid_minor=TOTAL, left_minor=0)),
    "card_unknown": till("case", case=case("card_unknown"), sale=sale(payments=[UNKNOWN_CARD]), devices=CHECKING),
    "card_unknown_parkable": till(
        "case",
        case=case(
            "card_unknown", next_shopper_ms=NOW_MS - 1000, call_supervisor=True, asked=9, next_ms=NOW_MS + 40_000
        ),
        sale=sale(payments=[UNKNOWN_CARD]),
        devices=CHECKING,
    ),
    "card_person": till(
        "case",
        case=case(
            "card_person",
            note=Note("card_person", {"minutes": 15}),
            asked=20,
            ways=SLIP_WAYS,
            evidence={"slip_from": 93, "amount_minor": TOTAL, "around": "14:32"},
            next_shopper_ms=NOW_MS - 1000,
        ),
        sale=sale(payments=[UNKNOWN_CARD]),
        devices=CHECKING,
    ),
    "cannot_tell": till(
        "case",
        case=case("cannot_tell", note=Note("cannot_tell", {"claim": "К-0416-20"}), next_shopper_ms=NOW_MS - 1000),
        sale=sale(payments=[UNKNOWN_CARD]),
    ),
    "register_unknown": till(
        "case",
        case=case(
            "register_unknown",
            steps=[
                StepView("register", "asking", Note("step_register_asking", {"baseline": 1207})),
                StepView("terminal", "waiting", Note("step_waits_register")),
            ],
            evidence={"baseline_document": 1207},
        ),
        sale=sale(payments=[PAID], paid_minor=TOTAL, left_minor=0),
        devices=devices("register", "unknown", Note("register_checking")),
    ),
    "register_person": till(
        "case",
        case=case(
            "register_person",
            asked=20,
            ways=DOCUMENT_WAYS,
            evidence={"baseline_document": 1207, "read_document": None, "fn": "9960440300004471"},
        ),
        sale=sale(payments=[PAID], paid_minor=TOTAL, left_minor=0),
        devices=devices("register", "unknown", Note("register_checking")),
    ),
    "unsealed_mark": till(
        "case",
        case=case(
            "unsealed",
            note=Note("unsealed_mark", {"name": "Кукла «Маша»"}),
            steps=[],
            ways=MARK_WAYS,
            line="l2",
            next_shopper_ms=0,
        ),
        sale=sale(payments=[PAID], paid_minor=TOTAL, left_minor=0),
        devices=WAITS,
    ),
    "unsealed_register_away": till(
        "case",
        case=case("unsealed", note=Note("unsealed_register_away"), steps=[], ways=SEAL_WAYS, next_shopper_ms=0),
        sale=sale(payments=[PAID], paid_minor=TOTAL, left_minor=0),
        devices=WAITS,
    ),
    "unsealed_refused": till(
        "case",
        case=case(
            "unsealed",
            note=Note("unsealed_refused", {"reason": "shtrih_m.6B"}),
            steps=[],
            ways=SEAL_WAYS,
            next_shopper_ms=0,
        ),
        sale=sale(payments=[PAID], paid_minor=TOTAL, left_minor=0),
        devices=WAITS,
    ),
    "refund_unknown": till("case", case=case("refund_unknown"), sale=REFUND, devices=CHECKING),
    "reversal_unknown": till("case", case=case("reversal_unknown"), sale=sale(payments=[PAID]), devices=CHECKING),
    "power_cut": till(
        "case",
        case=case(
            "power_cut",
            asked=1,
            steps=[
                StepView("register", "asking", Note("step_register_asking", {"baseline": 1207})),
                StepView("terminal", "waiting", Note("step_waits_register")),
            ],
        ),
        sale=sale(payments=[UNKNOWN_CARD]),
    ),
    "receipt": till("receipt", sale=None, receipt=receipt(), ofd=QueueView(1, NOW_MS - 5_000)),
    "receipt_card": till("receipt", sale=None, receipt=receipt(change_minor=0, total_minor=TOTAL, payments=[PAID])),
    "receipt_paper_out": till(
        "receipt",
        sale=None,
        receipt=receipt(printing="stopped"),
        devices=devices("register", "attention", Note("paper_out_sealed")),
    ),
    "receipt_refund": till(
        "receipt",
        sale=None,
        receipt=receipt(act="refund", change_minor=0, cash_back_minor=349_900, total_minor=349_900),
    ),
    "refund": till(sale=REFUND),
    "hq_away": till(
        banner=Note("hq_away", {"waiting": 12, "oldest_ms": 38 * MINUTE_MS}),
        devices=devices("office", "down", Note("hq_away")),
        office=QueueView(12, NOW_MS - 38 * MINUTE_MS, NOW_MS - 40 * MINUTE_MS),
    ),
    "register_away": away(
        "register",
        "register_away",
        tenders=[TenderView("card", False, NO_REGISTER, True), TenderView("cash", False, NO_REGISTER)],
    ),
    "terminal_away": away(
        "terminal",
        "terminal_away",
        tenders=[TenderView("card", False, Note("terminal_away")), TenderView("cash", True, first=True)],
    ),
    "marks_away": away("goods_check", "marks_away"),
    "shift_too_old": till(
        trouble=Note("shift_too_old"), shift=ShiftView(True, 142, NOW_MS - 23 * HOUR_MS - 40 * MINUTE_MS, True)
    ),
    "disk_full": till("stopped", stop=Note("disk_full")),
    "other_register": till("stopped", stop=Note("other_register", {"expected": "4471", "found": "8820"})),
    "restore_asking": till("restore", sale=None, restore=restored("restore_asking", told=812)),
    "restore_found": till(
        "restore",
        sale=None,
        restore=restored(
            "restore_found",
            told=1_204,
            matched=97,
            count=2,
            sum_minor=394_800,
            rows=[
                RestoreRow(4_412, "2026-11-21 13:58", 44_900, Note("restore_row_foreign")),
                RestoreRow(4_413, "2026-11-21 13:59", 349_900, Note("restore_row_foreign")),
            ],
            notes=[Note("restore_other_fn", {"expected": "4471", "found": "8820"})],
        ),
    ),
    "parked": till(
        sale=sale(lines=[]),
        parked=[
            ParkedView("S-0416", "unknown", TOTAL, NOW_MS - 9 * MINUTE_MS, True, Note("parked_unknown")),
            ParkedView("S-0417", "open", 129_900, NOW_MS - 4 * MINUTE_MS, False, Note("parked")),
        ],
    ),
    "claim": slip_screen("issued"),
    "claim_large": slip_screen("issued", supervisor=Note("claim_large", {"limit_minor": 500_000})),
    "claim_expired": slip_screen("expired", supervisor=Note("claim_expired", {"number": "K-1121-17"})),
    "claim_asking": slip_screen("paying", asking=True),
    "claim_elsewhere": slip_screen("paying"),
    "claim_paid": slip_screen("paid"),
    "claim_cancelled": slip_screen("cancelled"),
    "claim_other": other_shops_slip("free"),
    "claim_other_asked": other_shops_slip("asked"),
    "claim_other_kept": other_shops_slip("kept", why=Note("claim_kept_moved")),
    "claim_other_paid": other_shops_slip("kept", why=Note("claim_kept_paid")),
    "claim_refused": slip_screen("issued", said=Note("no_cash_in_drawer", {"drawer_minor": 10_000})),
    "claims": till("claim", sale=None, claims=True, claim=ClaimScreen(None, OWED, 2, 95_200)),
    "claims_asked": till(
        "claim", sale=None, claims=True, claim=ClaimScreen(None, OWED, 2, 95_200, questions=[ASKED, BOOKING])
    ),
    "claim_old": asked_screen(ASKED),
    "claim_old_booking": asked_screen(BOOKING),
    "claims_none": till("claim", sale=None, claims=True, claim=ClaimScreen(None, [], 0, 0)),
    "boxes": till("encashment", sale=None, encashments=True, encashment=EncashmentScreen(None, BOXES, 1, [])),
    "boxes_none": till("encashment", sale=None, encashments=True, encashment=EncashmentScreen(None, [], 0, [])),
    "box": box_screen(emptied(), TO_COUNT),
    "box_sum": box_screen(emptied(), []),
    "box_typed": box_screen(counted(200), FOUND, typed=True),
    "box_typed_sum": box_screen(counted(-50_000), TO_COUNT, typed=True, said=Note("wrong_pin")),
    "box_counted": box_screen(counted(0, **COUNTED), FOUND),
    "box_unprinted": box_screen(counted(-50_000, **COUNTED), FOUND, said=Note("encash_not_printed", {"number": "7"})),
    **{name: till("agree", sale=None, agrees=True, agree=screen) for name, screen in AGREE.items()},
    "other_tab": till(said=Note("stale_revision")),
    "training": till(training=True),
    "training_receipt": till("receipt", training=True, sale=None, receipt=receipt()),
}
