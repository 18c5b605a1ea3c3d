"""One KioskView for each state of the kiosk, built through the agent's own structs so that none can drift."""

from __future__ import annotations

from typing import Any

import msgspec
from views import DEVICES, NOW_MS, PAID, device, line, receipt, sale

from agent.kiosk.view import (
    CashView,
    CategoryView,
    ChangeView,
    ClaimView,
    CreditView,
    IdleView,
    KioskView,
    PieceView,
    SellerView,
    SlipSendingView,
    StaffUnitView,
    StaffView,
    TileView,
)
from agent.view import AskedView, MarkView, Note, PaymentView, SaleView, TenderView

SECOND_MS = 1000
DAY_MS = 86_400_000
SELLER = SellerView(
    "ООО «Игротека»",
    "1655000000",
    "г. Казань, ул. Баумана, 17",
    "8\u00a0800\u00a0000-00-00",
    "Возврат и обмен 14 дней",
)


def tile(barcode: str, name: str, price: int, category: str, **more: Any) -> TileView:
    return TileView(barcode, name, price, "pcs", more.pop("marked", False), more.pop("age", 0), category, **more)


TILES = [
    tile("4601234011136", "Кубики деревянные, 12\u00a0шт", 79_900, "Развивающие"),
    tile("4601234011266", "Пожарная машина с лестницей", 164_900, "Машины"),
    tile("4601234011396", "Мишка плюшевый, 40\u00a0см", 189_900, "Мягкие игрушки"),
    tile("4680003200209", "Мяч в горошек, 20\u00a0см", 26_500, "Мячи", left_thousandths=2000),
    tile("4607012330017", "Кукла «Маша», 30\u00a0см", 129_900, "Куклы", marked=True),
    tile("4620014260014", "Пазл «Кот в сапогах», 260", 44_900, "Пазлы"),
    tile("4601234011525", "Игра «Путешествие по России»", 219_000, "Игры"),
    tile("4601234011655", "Динозавр мягкий, 35\u00a0см", 99_000, "Мягкие игрушки"),
    tile("4601234011785", "Ракета сборная, 64 детали", 112_000, "Конструкторы"),
    tile("4601234004121", "Конструктор «Пожарная часть», 412 деталей", 349_900, "Конструкторы"),
    tile("4607008120127", "Пластилин «Весёлый», 12 цветов", 21_990, "Творчество", left_thousandths=0),
    tile("4600000000015", "Вино игристое детям не продаём, 0,75\u00a0л", 89_900, "Угощения", age=18),
    *[tile(f"46000000001{at:02}", f"Ёлочная игрушка № {at}", 10_000 + at, "Праздник") for at in range(40)],
]
CATEGORIES = [
    CategoryView(name, 12)
    for name in (
        "Мягкие игрушки",
        "Машины",
        "Куклы",
        "Игры",
        "Творчество",
        "Развивающие",
        "Мячи",
        "Пазлы",
        "Конструкторы",
        "Книги",
        "Праздник",
        "Угощения",
        "Спорт и улица",
        "Малышам",
    )
]
LINES = [
    line(1, TILES[1].name, TILES[1].barcode, 1, 164_900),
    line(2, TILES[2].name, TILES[2].barcode, 1, 189_900),
]
TOTAL = 354_800
BASKET = sale(lines=LINES, id="K-0417")
REST = msgspec.structs.replace(
    BASKET,
    phase="paying",
    paid_minor=150_100,
    left_minor=BASKET.left_minor - 150_100,
    payments=[PaymentView("credit", 150_100, "approved")],
)
MANY = sale(
    lines=[
        *LINES,
        line(3, TILES[4].name, TILES[4].barcode, 1, 129_900, mark=MarkView("ok", "04607012330017", "a1B2c3")),
        line(4, "Конструктор «Космическая станция», 1560 деталей с фигурками", TILES[9].barcode, 3, 349_900),
        line(5, TILES[4].name, TILES[4].barcode, 1, 129_900, mark=MarkView("checking", since_ms=NOW_MS - 2000)),
        line(6, TILES[4].name, TILES[4].barcode, 1, 129_900, mark=MarkView("refused", note=Note("withdrawn"))),
        *[line(7 + at, one.name, one.barcode, 2, one.price_minor) for at, one in enumerate(TILES[5:9])],
    ]
)
CARD = TenderView("card", True, first=True)
CASH = TenderView("cash", True)
NO_CARD = TenderView("card", False, Note("terminal_away"))
NO_CASH = TenderView("cash", False, Note("cash_full"))
ELSEWHERE = Note("kiosk_elsewhere", {"till": "Касса 1", "where": "справа от входа"})
TAKES = [100, 200, 500, 1000, 5000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000]


def kiosk(screen: str = "browse", **more: Any) -> KioskView:
    facts: dict[str, Any] = {
        "kiosk": "k1",
        "kiosk_name": "Киоск 1",
        "shop": "«Мишкин дом», Казань",
        "seller": SELLER,
        "currency": "RUB",
        "zone": "Europe/Moscow",
        "training": False,
        "language": "ru",
        "revision": 1,
        "now_ms": NOW_MS,
        "screen": screen,
        "tenders": [CARD, CASH],
        "sale": BASKET,
        "cash": None,
        "change": None,
        "claims": [],
        "card_progress": None,
        "card_since_ms": 0,
        "case": None,
        "until_ms": 0,
        "receipt": None,
        "receipt_ways": ["paper", "screen", "email", "phone"],
        "receipt_way": "",
        "customer": "",
        "identify": True,
        "idle": None,
        "help": False,
        "trouble": None,
        "elsewhere": None,
        "said": None,
        "devices": DEVICES,
    }
    return KioskView(**(facts | more))


def pieces(*values: int) -> list[PieceView]:
    return [PieceView(value, "credited") for value in values]


def counter(*taken: PieceView, **more: Any) -> CashView:
    inserted = sum(piece.value_minor for piece in taken if piece.state == "credited")
    facts: dict[str, Any] = {
        "due_minor": TOTAL,
        "inserted_minor": inserted,
        "left_minor": max(0, TOTAL - inserted),
        "pieces": list(taken),
        "takes_minor": TAKES,
        "change": Note("change_given"),
        "may_card": True,
    }
    return CashView(**(facts | more))


FIVE = pieces(100_000, 100_000, 50_000, 5000, 5000)
MOVING = [*FIVE, PieceView(50_000, "stacking")]
COUNTER = counter(*MOVING, note=Note("note_checking", {"value_minor": 50_000}))


def claim(reason: str = "claim_change_short", amount: int = 45_200, **more: Any) -> ClaimView:
    facts: dict[str, Any] = {
        "number": "К-0417-83",
        "amount_minor": amount,
        "reason": Note(reason, more.pop("params", {})),
        "code": "TK1:K-0417-83:9f2c41d7a8e35b60" if amount else "",
        "at_ms": NOW_MS,
        "expires_ms": NOW_MS + 30 * DAY_MS,
        "printed": True,
    }
    return ClaimView(**(facts | more))


def idle(warned: bool, money: int = 0, left_s: int = 60) -> IdleView:
    end = NOW_MS + left_s * SECOND_MS
    return IdleView(NOW_MS - 1000 if warned else end - 20 * SECOND_MS, end, money)


def paid(phase: str = "sealing") -> SaleView:
    return sale(phase=phase, lines=LINES, paid_minor=TOTAL, left_minor=0, payments=[PAID])


UNITS = [
    StaffUnitView(
        "bills-1",
        "bills",
        "Купюроприёмник",
        "CN-204417",
        "open",
        [(5000, 42), (10_000, 31), (50_000, 12), (100_000, 9), (500_000, 1)],
        2_520_000,
        1,
        50_000,
        "in",
        None,
        [(10_000, 18)],
    ),
    StaffUnitView(
        "coins-1",
        "hopper",
        "Хоппер 10\u00a0₽",
        "H-77",
        "trouble",
        [(1000, 5)],
        5000,
        0,
        0,
        "open",
        Note("cash_no_margin"),
        [(1000, 140)],
    ),
]
STAFF = StaffView("Ольга Ким", UNITS, [claim(), claim("claim_card_unknown", 0, number="К-0416-20")], True, 51)
KIOSK_DEVICES = [
    *DEVICES[:2],
    device("cash", "Купюроприёмник", "attention", Note("cash_full")),
    msgspec.structs.replace(device("cash", "Хоппер 10 ₽", "down", Note("cash_device_away")), id="hopper-1"),
    *DEVICES[3:4],
    *DEVICES[5:],
]
UNKNOWN = sale(lines=LINES, payments=[PaymentView("card", TOTAL, "unknown", attempt="01JD8S4Q")])
RUNNING = sale(lines=LINES, payments=[PaymentView("card", TOTAL, "running")])
WITH_CHANGE = receipt(number="0417", total_minor=TOTAL, change_minor=45_200)

KIOSK_VIEWS: dict[str, KioskView] = {
    "attract": kiosk("attract", sale=None),
    "attract_cash_only": kiosk("attract", sale=None, tenders=[NO_CARD, CASH], trouble=Note("terminal_away")),
    "browse": kiosk(),
    "browse_empty": kiosk(sale=sale(lines=[])),
    "browse_said": kiosk(said=Note("kiosk_marked_scan", {"name": "Кукла «Маша», 30\u00a0см"})),
    "browse_no_paying": kiosk(tenders=[NO_CARD, NO_CASH], trouble=Note("kiosk_no_means")),
    "browse_help": kiosk(help=True),
    "basket": kiosk("basket"),
    "basket_many": kiosk("basket", sale=MANY),
    "basket_empty": kiosk("basket", sale=sale(lines=[])),
    "basket_refused": kiosk("basket", sale=MANY, said=Note("kiosk_code_refused", {"name": "Кукла «Маша», 30\u00a0см"})),
    "identify": kiosk("receipt_way"),
    "receipt_way": kiosk("receipt_way", identify=False),
    "receipt_way_known": kiosk("receipt_way", customer="phone"),
    "receipt_way_paper_only": kiosk("receipt_way", identify=False, receipt_ways=["paper"]),
    "pay": kiosk("pay"),
    "pay_no_card": kiosk("pay", tenders=[NO_CARD, CASH], elsewhere=ELSEWHERE),
    "pay_qr": kiosk("pay", tenders=[CARD, CASH, TenderView("qr", True)]),
    "pay_credit": kiosk("pay", customer="card", credit=CreditView("0042", 150_100)),
    "pay_exact": kiosk("pay", exact=True),
    "pay_rest": kiosk("pay", sale=REST),
    "pay_declined": kiosk("pay", said=Note("declined", {"reason": "insufficient_funds"})),
    "cash": kiosk("cash", cash=COUNTER),
    "cash_start": kiosk("cash", cash=counter(change=Note("change_short"))),
    "cash_many": kiosk(
        "cash",
        cash=counter(
            *pieces(*[1000] * 20, *[5000] * 3, 200, 100, 50_000),
            PieceView(0, "checking"),
            note=Note("note_rejected"),
        ),
    ),
    "cash_doubt": kiosk(
        "cash",
        cash=counter(
            *FIVE, PieceView(50_000, "doubt"), takes_minor=[], note=Note("note_in_doubt", {"value_minor": 50_000})
        ),
    ),
    "cash_over": kiosk(
        "cash", cash=counter(*pieces(200_000, 200_000), takes_minor=[], may_card=False, may_give_back=False)
    ),
    "card": kiosk(
        "card",
        sale=RUNNING,
        card_since_ms=NOW_MS - 12 * SECOND_MS,
        card_progress=Note("card_shows", {"code": "present_card"}),
    ),
    "card_stopping": kiosk(
        "card",
        sale=RUNNING,
        card_since_ms=NOW_MS - 12 * SECOND_MS,
        card_progress=Note("card_shows", {"code": "present_card"}),
        stop_asked=True,
    ),
    "card_starting": kiosk("card", sale=RUNNING, card_since_ms=NOW_MS),
    "checking": kiosk(
        "checking",
        sale=UNKNOWN,
        case=Note("kiosk_card_checking"),
        card_since_ms=NOW_MS - 40 * SECOND_MS,
        until_ms=NOW_MS + 140 * SECOND_MS,
    ),
    "checking_late": kiosk("checking", sale=UNKNOWN, case=Note("kiosk_card_checking"), until_ms=NOW_MS - SECOND_MS),
    "making": kiosk("making", sale=paid()),
    "making_waits": kiosk(
        "making",
        sale=paid("paid_unsealed"),
        case=Note("kiosk_paid_waiting"),
        until_ms=NOW_MS + 90 * SECOND_MS,
        help=True,
    ),
    "change": kiosk("change", sale=paid("closed"), change=ChangeView(45_200, 20_000, False)),
    "change_to_account": kiosk("change", sale=paid("closed"), change=ChangeView(45_200, 0, True, 45_200)),
    "change_credited": kiosk("change", sale=paid("closed"), change=ChangeView(45_200, 20_000, True, 25_200)),
    "change_done": kiosk("change", sale=paid("closed"), change=ChangeView(45_200, 45_200, True)),
    "claim": kiosk(
        "claim",
        sale=paid("closed"),
        cash=counter(*pieces(*[100_000] * 4)),
        change=ChangeView(45_200, 0, True),
        claims=[claim()],
        idle=IdleView(NOW_MS + 88_000, NOW_MS + 108_000, 0),
        elsewhere=Note("kiosk_elsewhere", {"till": "Касса 1", "where": "справа от входа"}),
    ),
    "claim_send": kiosk(
        "claim",
        sale=paid("closed"),
        cash=counter(*pieces(*[100_000] * 4)),
        change=ChangeView(45_200, 0, True),
        claims=[claim()],
        elsewhere=ELSEWHERE,
        slip_sending=SlipSendingView(False, "", True),
    ),
    "claim_send_given": kiosk("claim", claims=[claim()], slip_sending=SlipSendingView(True, "", True)),
    "claim_sending": kiosk("claim", claims=[claim()], slip_sending=SlipSendingView(True, "meant", True)),
    "claim_sent": kiosk(
        "claim",
        sale=paid("closed"),
        cash=counter(*pieces(*[100_000] * 4)),
        change=ChangeView(45_200, 0, True),
        claims=[claim()],
        elsewhere=ELSEWHERE,
        slip_sending=SlipSendingView(False, "sent", True),
    ),
    "claim_not_sent": kiosk("claim", claims=[claim()], slip_sending=SlipSendingView(False, "dropped", False)),
    "claim_unknown": kiosk(
        "claim", sale=UNKNOWN, claims=[claim("claim_card_unknown", 0, number="К-0416-20")], elsewhere=ELSEWHERE
    ),
    "claim_doubt": kiosk(
        "claim",
        claims=[
            claim("claim_timeout", 260_000, number="К-0417-82"),
            claim("claim_in_doubt", 50_000, params={"value_minor": 50_000}, printed=False),
        ],
    ),
    "claim_large": kiosk("claim", claims=[claim("claim_given_up", 12_345_678)]),
    "done": kiosk(
        "done", sale=None, receipt=WITH_CHANGE, receipt_way="paper", idle=IdleView(NOW_MS + 30_000, NOW_MS + 30_000, 0)
    ),
    "done_credited": kiosk(
        "done",
        sale=None,
        receipt=receipt(),
        receipt_way="paper",
        change=ChangeView(45_200, 20_000, True, 25_200),
    ),
    "done_screen": kiosk("done", sale=None, receipt=WITH_CHANGE, receipt_way="screen"),
    "done_email": kiosk("done", sale=None, receipt=WITH_CHANGE, receipt_way="email"),
    "done_no_paper": kiosk("done", sale=None, receipt=receipt(printing="stopped"), receipt_way="paper"),
    "out_of_service": kiosk(
        "out_of_service",
        sale=None,
        tenders=[NO_CARD, NO_CASH],
        trouble=Note("register_away"),
        elsewhere=ELSEWHERE,
    ),
    "out_of_service_alone": kiosk("out_of_service", sale=None, tenders=[], trouble=Note("kiosk_out_of_service")),
    "staff": kiosk("staff", sale=None, staff=STAFF, devices=KIOSK_DEVICES),
    "staff_out": kiosk(
        "staff",
        sale=None,
        staff=msgspec.structs.replace(
            STAFF, units=[msgspec.structs.replace(UNITS[0], cassette="out")], shift_open=False
        ),
    ),
    "staff_asked": kiosk(
        "staff",
        sale=None,
        staff=msgspec.structs.replace(
            STAFF, questions=[AskedView("01a1fcb0-df49", "purchase", "Kiosk", "0142", 0, 150_000, [1041])]
        ),
    ),
    "staff_stuck": kiosk("staff", sale=paid("paid_unsealed"), case=Note("kiosk_paid_waiting"), staff=STAFF),
    "idle": kiosk(idle=idle(True, left_s=20)),
    "idle_money": kiosk("cash", cash=COUNTER, idle=idle(True, 260_000)),
    "training": kiosk(training=True),
    "training_done": kiosk("done", training=True, sale=None, receipt=WITH_CHANGE, receipt_way="paper"),
}
