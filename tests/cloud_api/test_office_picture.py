"""The office on a Saturday afternoon: five shops, one silent, one waiting for a decision; the README's picture."""

from __future__ import annotations

import re
from pathlib import Path
from random import Random
from typing import Any

import pytest
from pictures import take
from pushing_till import NOON_MS, PushingTill, a_sale
from running_hq import RunningHq

from cloud_api.settings import DeviceEntry
from cloud_api.store.devices import key_hash, put_device
from sync.wire.facts import Debt, SaleLine
from sync.wire.telemetry_facts import Heartbeat, LaneFact
from sync.wire.visit_facts import BandFact, HourFact
from tests.cloud_api.at_once import at_once

pytestmark = pytest.mark.browser
MINUTE, HOUR, WEEK = 60_000, 3_600_000, 7 * 86_400_000
NOW_MS = NOON_MS + 2 * HOUR + 32 * MINUTE
SILENT_SINCE_MS = NOON_MS + HOUR + 54 * MINUTE
STORES = {
    "kazan-1": ("Казань, Баумана", (12, 17, 21, 23, 14)),
    "samara": ("Самара, Ленинградская", (7, 10, 12, 14, 9)),
    "ufa-1": ("Уфа, Проспект", (7, 9, 11, 11, 0)),
    "perm": ("Пермь, Компрос", (5, 7, 8, 9, 6)),
    "izhevsk": ("Ижевск, Пушкинская", (4, 5, 7, 7, 4)),
}
"""Receipts of each hour from ten on."""
LAST_SATURDAY = (52, 84, 101, 116, 128, 131, 118, 105, 112, 98, 66, 31)  # thousands by hour, from ten on
GOODS = ("Самокат трёхколёсный", "Пазл, 500 деталей", "Мишка плюшевый", "Настольная игра", "Кукла «Маша»", "Мяч")


def day_of(device: str, chance: Random) -> PushingTill:
    till = PushingTill(device, f"{device}-{'key' * 8}")
    if device == "kazan-1":
        for hour, thousands in enumerate(LAST_SATURDAY):
            at_ms = NOON_MS - 2 * HOUR + hour * HOUR + 5 * MINUTE - WEEK
            till.add(f"w{hour}", a_sale(f"w{hour}", total=thousands * 100_000, closed_ms=at_ms))
    n = 0
    for hour, receipts in enumerate(STORES[device][1]):
        until = 32 if hour == 4 else 60
        for place in range(receipts):
            n += 1
            at_ms = NOON_MS + (hour - 2) * HOUR + (place * until // receipts) * MINUTE
            total, name = chance.randrange(40_000, 290_000, 10), chance.choice(GOODS)
            line = SaleLine(
                sku=str(4_600_000_000_000 + GOODS.index(name)), name=name, qty=1000, price=total, sum=total, vat="V22"
            )
            act = "refund" if place == 3 and hour == 3 and device == "samara" else "sale"
            sale = a_sale(
                f"{device}-{n}", total=total, number=f"{n:04d}", closed_ms=at_ms, act=act, lines=[line],
                means=chance.choice(("card", "card", "cash", "sbp")), unresolved=device == "kazan-1" and n == 80,
            )  # fmt: skip
            till.add(f"i{n}", sale)
    if device == "kazan-1":
        till.add("d1", Debt("kazan-1-80", "Касса 1", 429_000, NOON_MS, "ККТ не приняла марку", "Пётр Иванов"), "debt")
    if device == "perm":
        till.add_raw("poison", b'{"id": "of a later program"}')
    return till


def sensed(device: str, chance: Random) -> PushingTill:
    till = PushingTill(device, f"{device}-{'key' * 8}", stream="visits")
    for hour, receipts in enumerate(STORES[device][1]):
        if not receipts:
            continue
        entered = receipts * 4 + chance.randrange(6)
        people = BandFact("calibrated", 20.0, 17.4, 22.6)
        at_ms = NOON_MS + (hour - 2) * HOUR
        till.add(f"h{hour}", HourFact(at_ms, entered, 0, receipts, people=people, coverage=1.0), "hour")
    return till


def beat(device: str) -> PushingTill:
    till = PushingTill(device, f"{device}-{'key' * 8}", stream="telemetry")
    up = 3 if device == "izhevsk" else 4
    heartbeat = Heartbeat("0.2.0", 6 * 86_400, [LaneFact("sales", 0)], 4_000, 41, 18_000, 4, 120, up, 4)
    till.add("beat", heartbeat, "heartbeat")
    return till


def test_the_office_of_five_shops(running: RunningHq, page: Any, tmp_path: Path) -> None:
    """Figures, both plots, the stores' states and the feed in one screen; what is said of a silent shop is true."""
    chance = Random(10)
    for device, (store, _) in STORES.items():
        entry = DeviceEntry(device, store, "Касса 1", key_hash(f"{device}-{'key' * 8}"))
        at_once(put_device(running.hq.storage, entry, now_ms=NOON_MS))
    for clock_ms, devices in ((SILENT_SINCE_MS, ["ufa-1"]), (NOW_MS, [name for name in STORES if name != "ufa-1"])):
        running.clock.ms = clock_ms
        for device in devices:
            for till in (day_of(device, chance), sensed(device, chance), beat(device)):
                running.push(till)
    page.goto(f"{running.url}/office")
    page.get_by_text("Вошли в магазины").wait_for()
    text = re.sub(r"[\u00a0\u202f]", " ", page.locator("#page").inner_text())
    assert "Уфа, Проспект молчит с 13:54, цифры на это время." in text
    for words in ("Ждёт решения", "Молчит", "Нет устройства", "Работает", "прошлая суббота", "по 5 магазинам"):
        assert words in text, words
    ufa = page.locator("#stores-scroll tr", has_text="Уфа").inner_text()
    assert ufa.split("\t")[-1] == "—", "what waits inside a silent shop nobody outside can know"
    take(page, "office", tmp_path, fits=False, fingers=False)
    box = page.locator("#stores-scroll").bounding_box()
    till = PushingTill("samara", f"samara-{'key' * 8}", epoch=2)
    till.add("late", a_sale("late", total=100_000, closed_ms=NOW_MS))
    running.push(till)
    page.locator("[data-arrival$='.2.1.samara']").wait_for()
    assert page.locator("#stores-scroll").bounding_box() == box, "nothing moves while sales come"
