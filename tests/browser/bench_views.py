"""States of the status page, through the agent's structs, and one picture of the bench."""

from __future__ import annotations

from typing import Any

import msgspec
from views import MINUTE_MS, NOW_MS, PEOPLE, SLIP_WAYS, TOTAL

from agent.local_api.status_view import (
    LeavesView,
    OpenCaseView,
    OperationView,
    SellsView,
    StatusView,
    TimelineRow,
)
from agent.view import DeviceView, Note, QueueView

DAY_MS = 24 * 60 * MINUTE_MS


def row(at_s: int, mark: str, code: str, frame: str = "", **params: Any) -> TimelineRow:
    return TimelineRow(NOW_MS - 30 * MINUTE_MS + at_s * 1000, mark, Note(code, params), frame)


OPERATION = OperationView(
    "S-0416",
    "2",
    "0416",
    "sale",
    "unknown",
    234_900,
    NOW_MS - 30 * MINUTE_MS,
    [
        row(0, "ok", "op_intent"),
        row(0, "ok", "op_sent", "-> 06 01 0A 04 00 00 00 23 49 00 49 06 43", amount_minor=234_900),
        row(1, "ok", "op_accepted", "<- 80 00 00"),
        row(37, "unknown", "op_lost"),
        row(37, "ok", "op_no_document", document=874),
        row(937, "attention", "op_person", asked=20),
    ],
)
DEVICES = [
    DeviceView(
        "register-1",
        "register",
        "ККТ кассы 1",
        "ok",
        model="Штрих-М, ФН …4471",
        fact=Note("shift_and_paper", {"open_ms": 6 * 60 * MINUTE_MS}),
    ),
    DeviceView(
        "terminal-1",
        "terminal",
        "Терминал кассы 1",
        "ok",
        model="ZVT, 192.168.1.40",
        fact=Note("calm_for", {"since_ms": 6 * DAY_MS}),
    ),
    DeviceView(
        "scanner-1",
        "scanner",
        "Сканер кассы 1",
        "ok",
        model="USB-COM",
        fact=Note("calm_for", {"since_ms": 19 * DAY_MS}),
    ),
    DeviceView(
        "drawer-1",
        "drawer",
        "Денежный ящик",
        "ok",
        model="через ККТ",
        fact=Note("drawer_holds", {"sum_minor": 2_345_000}),
    ),
    DeviceView("register-2", "register", "ККТ кассы 2", "attention", Note("paper_low"), model="Штрих-М, ФН …1902"),
    DeviceView(
        "terminal-2",
        "terminal",
        "Терминал кассы 2",
        "down",
        Note("terminal_away"),
        model="ZVT, 192.168.1.41",
        fact=Note("away_since", {"since_ms": NOW_MS - 30 * MINUTE_MS}),
    ),
    DeviceView(
        "goods-1", "goods_check", "Проверка марок", "ok", model="ЛМ ЧЗ", fact=Note("calm_for", {"since_ms": 2 * DAY_MS})
    ),
    DeviceView("office", "office", "Офис", "ok", model="tillkeeper hq", fact=Note("calm_for", {"since_ms": DAY_MS})),
]
CASE = OpenCaseView(
    "2",
    "Касса 2",
    "S-0416",
    "card_person",
    Note("card_person", {"minutes": 15}),
    234_900,
    NOW_MS - 30 * MINUTE_MS,
    20,
    SLIP_WAYS,
    {"slip_from": 91, "amount_minor": 234_900, "around": "14:02", "claim": "К-0416-20"},
)
FINE = StatusView(
    shop="«Мишкин дом», Казань",
    training=False,
    now_ms=NOW_MS,
    language="ru",
    currency="RUB",
    zone="Europe/Moscow",
    headline=Note("shop_sells"),
    state="ok",
    today_minor=18_462_050,
    receipts=104,
    refunds=2,
    sells=[SellsView("1", "Касса 1", None, None, None), SellsView("2", "Касса 2", None, None, None)],
    cases=[],
    leaves=[
        LeavesView("ofd-1", Note("ofd_of", {"name": "касса 1"}), QueueView(0, 0)),
        LeavesView("ofd-2", Note("ofd_of", {"name": "касса 2"}), QueueView(2, NOW_MS - 4 * MINUTE_MS)),
        LeavesView("office", Note("office_queue"), QueueView(0, 0)),
    ],
    free_bytes=41_000_000_000,
    devices=[msgspec.structs.replace(one, state="ok", note=None) for one in DEVICES],
    operation=OPERATION,
    version="0.1.0",
)
STATUS = {
    "fine": FINE,
    "needs_person": msgspec.structs.replace(
        FINE,
        headline=Note("shop_sells", {"cases": 1, "detail": "Карты — только на кассе 1."}),
        cases=[CASE],
        devices=DEVICES,
        sells=[FINE.sells[0], SellsView("2", "Касса 2", None, Note("terminal_away"), None)],
    ),
    "device_away": msgspec.structs.replace(
        FINE, headline=Note("shop_part", {"detail": "Карты — только на кассе 1."}), state="attention", devices=DEVICES
    ),
    "nothing_sells": msgspec.structs.replace(
        FINE,
        headline=Note("shop_stopped", {"reason": "register_away"}),
        state="down",
        devices=DEVICES,
        sells=[
            SellsView(at, f"Касса {at}", Note("register_away"), Note("register_away"), Note("register_away"))
            for at in "12"
        ],
    ),
    "first_start": msgspec.structs.replace(
        FINE,
        headline=Note("shop_first_start"),
        state="first_start",
        today_minor=0,
        receipts=0,
        refunds=0,
        devices=[],
        sells=[],
        leaves=[],
        operation=None,
    ),
}
PEOPLE_OF_STATUS = PEOPLE
POWER = [{"command": "power off", "label_code": "power_off"}, {"command": "unplug", "label_code": "unplug"}]
BENCH: dict[str, Any] = {
    "devices": [
        {
            "id": "register-1",
            "place": "till-1",
            "kind": "register",
            "name": "ККТ",
            "model": "Штрих-М",
            "address": "порт 7778",
            "state": {"power": True, "plugged": True, "paper": True, "cover": "closed", "armed": []},
            "commands": [
                {"command": "paper out", "label_code": "paper_out"},
                {"command": "cover open", "label_code": "cover_open"},
                *POWER,
            ],
            "faults": [
                {"name": "paper_after_commit", "what": "paper runs out after the commit"},
                {"name": "lost_reply", "what": "the answer is lost"},
            ],
        },
        {
            "id": "terminal-1",
            "place": "till-1",
            "kind": "terminal",
            "name": "Терминал",
            "model": "ZVT",
            "address": "порт 20007",
            "state": {
                "power": True,
                "plugged": True,
                "waiting_card": True,
                "amount_minor": TOTAL,
                "armed": ["lost_after_charge"],
            },
            "commands": [{"command": "present card", "label_code": "present_card"}, *POWER],
            "faults": [{"name": "lost_after_charge", "what": "the answer is lost after the charge"}],
        },
        {
            "id": "terminal-2",
            "place": "till-2",
            "kind": "terminal",
            "name": "Терминал 2",
            "model": "confirm",
            "address": "порт 20008",
            "state": {"power": True, "plugged": False, "waiting_card": False, "armed": []},
            "commands": [
                {"command": "present card", "label_code": "present_card"},
                {"command": "plug", "label_code": "plug"},
            ],
            "faults": [{"name": "lost_commit", "what": "the commit is lost"}],
        },
        {
            "id": "scanner-1",
            "place": "till-1",
            "kind": "scanner",
            "name": "Сканер",
            "model": "USB-COM",
            "address": "",
            "state": {"power": True, "plugged": True, "armed": [], "products": 3},
            "commands": [
                {"command": "scan 4620014260013", "label_code": "scan", "label": "Пазл"},
                {"command": "scan 4607012330019", "label_code": "scan", "label": "Кукла"},
                {"command": "scan 0000000000000", "label_code": "scan", "label": "Чужой код"},
            ],
            "faults": [],
        },
        {
            "id": "goods-1",
            "place": "",
            "kind": "goods_check",
            "name": "Проверка марок",
            "model": "ЛМ ЧЗ",
            "address": "порт 7790",
            "state": {"power": False, "plugged": True, "armed": []},
            "commands": [{"command": "power on", "label_code": "power_on"}],
            "faults": [],
        },
        {
            "id": "validator-1",
            "place": "kiosk-1",
            "kind": "validator",
            "name": "Купюроприёмник киоска",
            "model": "CCNET",
            "address": "порт 7792",
            "state": {
                "power": True,
                "plugged": True,
                "word": "escrow",
                "mouth_open": False,
                "moving": {"value_minor": 500_000, "place": "escrow"},
                "cassette_in_place": True,
                "cassette_count": 214,
                "cassette_sum_minor": 12_345_000,
                "trouble": False,
                "armed": [],
            },
            "commands": [
                *(
                    {"command": f"insert {value}", "label_code": f"note_{value}"}
                    for value in (50, 100, 200, 500, 1000, 2000, 5000)
                ),
                {"command": "insert unknown", "label_code": "note_foreign"},
                {"command": "insert suspect", "label_code": "note_damaged"},
                {"command": "cassette out", "label_code": "cassette_out"},
                {"command": "jam", "label_code": "jam"},
                *POWER,
            ],
            "faults": [{"name": "power_cut", "what": "the power goes at an arrow of a note"}],
        },
        {
            "id": "coins-1",
            "place": "kiosk-1",
            "kind": "coins",
            "name": "Монеты и сдача киоска",
            "model": "ccTalk",
            "address": "порт 7793",
            "state": {
                "power": True,
                "plugged": True,
                "coins": {"state": "validating", "cassette_in_place": True, "pieces": 31, "sum_minor": 21_700},
                "hopper": {"state": "paying", "levels": {"1000": 87}, "remaining": 3, "paid": 2, "unpaid": 0},
                "hopper_count": 87,
                "trouble": True,
                "armed": [],
            },
            "commands": [
                *({"command": f"insert {value}", "label_code": f"coin_{value}"} for value in (1, 2, 5, 10)),
                {"command": "insert slug", "label_code": "coin_slug"},
                {"command": "fill 10 50", "label_code": "hopper_fill"},
                {"command": "empty", "label_code": "hopper_empty"},
                {"command": "clear", "label_code": "clear_jam"},
                *POWER,
            ],
            "faults": [],
        },
        *(
            {
                "id": "wifi-1" if kind == "access_point" else kind,
                "place": "hall",
                "kind": kind,
                "name": kind,
                "model": "RADIUS" if kind == "access_point" else "",
                "address": "127.0.0.1:7795" if kind == "access_point" else "",
                "state": {"power": kind != "camera", "plugged": True, "armed": [], "joined": ["DA-A1-19-00-00-01"]},
                "commands": [
                    *([{"command": "leave", "label_code": "phone_leaves"}] if kind == "access_point" else []),
                    {"command": "power off", "label_code": "power_off"},
                ],
                "faults": [],
                "link": f"/{kind}" if kind in ("association", "video") else "",
            }
            for kind in ("access_point", "radar", "association", "video", "camera")
        ),
        {
            "id": "agent",
            "place": "",
            "kind": "agent",
            "name": "Агент и сеть",
            "model": "",
            "address": "",
            "state": {"power": True, "cable": True, "armed": []},
            "commands": [
                {"command": "power off", "label_code": "power_off"},
                {"command": "cable out", "label_code": "cable_out"},
            ],
            "faults": [],
        },
    ],
    "lessons": [
        {"id": name, "steps": [f"lessons.{name}.{at}" for at in range(1, 5)]}
        for name in (
            "card_lost",
            "paper_out",
            "mark_refused",
            "power_cut",
            "hq_away",
            "register_unplugged",
            "confirm_lost",
            "cash_change",
            "note_lost",
            "hopper_empty",
            "guest",
        )
    ],
    "messages": [
        {
            "id": "slip-K-1121-17-1",
            "kind": "phone",
            "at": "2026-11-21T14:33:40.120+03:00",
            "to": "+79260000143",
            "subject": "",
            "text": "Талон K-1121-17, «Мишкин дом», Казань: 452.00 RUB. Деньги выдаст касса до 19.02.2027. "
            "Код: TK1.mishkin-dom-kazan.K-1121-17.45200.RUB.20868.ABCDEFGHIJKLMNOP",
        },
        {
            "id": "receipt-0193",
            "kind": "email",
            "at": "2026-11-21T14:26:41.000+03:00",
            "to": "a.very.long.name.of.a.person@a-mailbox-with-a-long-name.example.test",
            "subject": "Копия чека 1-0417, «Мишкин дом», Казань",
            "text": "КАССОВЫЙ ЧЕК\nИТОГ                   =1899.00\nФН 9999078900004471, ФД 1207, ФПД 0123456789",
        },
    ],
    "ledger": [
        {"at": "2026-11-21T14:32:08+03:00", "device": "terminal-1", "event": "asked", "amount_minor": TOTAL},
        {
            "at": "2026-11-21T14:26:40+03:00",
            "device": "register-1",
            "event": "fiscalised",
            "document": 1207,
            "total_minor": 189_900,
        },
        {"at": "2026-11-21T14:26:31+03:00", "device": "register-1", "event": "drawer_opened"},
        *(
            {"at": "2026-11-21T14:20:07+03:00", "device": device, "unit": unit, "event": event, "value_minor": value}
            for device, unit, event, value in (
                ("coins-1", "hopper", "paid_out", 1_000),
                ("coins-1", "coins", "stacked", 500),
                ("validator-1", "validator", "escrowed", 500_000),
                ("validator-1", "validator", "rejected", 0),
            )
        ),
    ],
}
