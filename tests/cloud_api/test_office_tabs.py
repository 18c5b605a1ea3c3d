"""The office page's tabs in Chromium: heartbeats, a search, the stock's moves, a replay, people. Few page loads."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pushing_till import DEVICE, NOON_MS, OTHER, OTHER_KEY, PushingTill, a_sale
from running_hq import RunningHq

from cloud_api.access.__main__ import main as access
from cloud_api.readable_kinds import READABLE
from sync.wire.telemetry_facts import Heartbeat, LaneFact
from sync.wire.visit_facts import BandFact, HourFact

pytestmark = pytest.mark.browser
LATER_V = 4


def plain(text: str) -> str:
    return re.sub(r"[\u00a0\u202f]", " ", text)


def beating(lane: LaneFact, device: str = DEVICE, key: str | None = None, **more: Any) -> PushingTill:
    till = (
        PushingTill(device=device, stream="telemetry") if key is None else PushingTill(device, key, stream="telemetry")
    )
    till.add("beat", Heartbeat("0.2.0", 3 * 3_600, [lane], devices=4, **more), "heartbeat")
    return till


def test_one_page_from_the_overview_to_a_replay(running: RunningHq, page: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a shop says of itself, who entered, a receipt found again, the moves behind a sum below zero, and an item of
    the quarantine that a newer program takes: the receipt counts from then on, once."""
    till = PushingTill()
    for n in range(1, 4):
        till.add(f"i{n}", a_sale(f"s{n}", total=100_000 * n, number=f"042{n}", closed_ms=NOON_MS - n * 3_600_000))
    till.add("later", a_sale("s4", total=777_700, number="0555"), v=LATER_V)
    running.push(till)
    running.push(beating(LaneFact("sales", 12, 38 * 60), devices_up=3, disk_used_percent=91))
    hours = PushingTill(stream="visits")
    for n, (entered, band) in enumerate(((40, 8.0), (60, 10.0))):
        people = BandFact("calibrated", 20.0, 20.0 - band, 20.0 + band)
        hours.add(
            f"h{n}", HourFact(NOON_MS - (2 - n) * 3_600_000, entered, 0, 1, entered=entered, people=people), "hour"
        )
    running.push(hours)
    page.goto(f"{running.url}/office")
    page.get_by_text("Вошли в магазины").wait_for()
    text = plain(page.locator("#page").inner_text())
    assert "100 ± 46" in text  # (16 + 30) people: the hours of one store err together
    assert "2 % 1–7" in text
    assert "по 1 магазину" in text
    store = plain(page.locator("#stores-scroll tbody tr").first.inner_text())
    for words in ("Нет устройства", "2 %", "12"):
        assert words in store
    assert page.locator(".plots .sureness").count() == 1

    page.locator("#tab-stores").click()
    card = page.locator("section[data-store^='Казань']")
    card.wait_for()
    text = plain(card.inner_text())
    for words in ("не отвечает устройств: 1", "старший чек ждёт 38 мин", "диск занят на 91 %", "программа 0.2.0"):
        assert words in text

    page.locator("#tab-sales").click()
    page.get_by_label("Сумма").fill("2 000,00")
    page.keyboard.press("Enter")
    page.locator(".feed > li:only-child").wait_for()
    assert "2 000,00" in plain(page.locator(".row").inner_text())
    page.locator("#find-clear").click()
    page.get_by_label("Номер чека").fill("0421")
    page.keyboard.press("Enter")
    page.locator(".feed > li:only-child", has_text="1").wait_for()
    page.locator(".row").click()
    page.get_by_role("dialog").get_by_text("Чек 0421").wait_for()
    page.keyboard.press("Escape")

    page.locator("#tab-stock").click()
    page.locator("[id^=moves-]").click()
    page.locator("table.inner").wait_for()
    assert page.locator("table.inner tbody tr").count() == 3
    assert "Ниже нуля" in page.locator("#page").inner_text()

    page.locator("#tab-quarantine").click()
    page.locator("[id^=replay-]").click()
    page.get_by_text("Всё ещё не подходит").wait_for()
    monkeypatch.setitem(READABLE, ("sales", "sale"), replace(READABLE["sales", "sale"], newest=LATER_V))
    page.locator("[id^=replay-]").click()
    page.get_by_text("Принято. Запись посчитана один раз.").wait_for()
    page.get_by_text("Всё, что прислали магазины, принято.").wait_for()
    page.locator("#tab-overview").click()
    page.locator(".figure .value", has_text=re.compile("13.777")).wait_for()
    assert "13 777,00" in plain(page.locator(".figure").first.inner_text()).replace("\n", "")

    page.locator("#tabs-more").click()
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.id") == "tabs-more"
    page.keyboard.press("Enter")
    page.locator("#tab-audit").click()
    page.get_by_text("карантин: снова").first.wait_for()
    told = page.locator("#page tbody tr").all_inner_texts()
    assert len(told) == 2, told


def test_a_person_signs_in_sees_a_store_and_signs_out(running: RunningHq, page: Any, tmp_path: Path) -> None:
    """The page asks for a login, shows the tabs of the role and the rows of the person's store, and closes again."""
    secret = tmp_path / "password"
    secret.write_text("correct horse", encoding="utf-8")
    for person in (["anna", "--name", "Анна Петрова"], ["olga", "--role", "viewer", "--store", "Уфа, Проспект"]):
        database = ["--database", f"sqlite:///{tmp_path / 'hq.sqlite'}", "--password-file", str(secret)]
        with ThreadPoolExecutor(1) as beside:  # the browser's driver has a loop in this thread already
            assert beside.submit(access, ["user", "add", *database, "--login", *person]).result() == 0
    till, other = PushingTill(), PushingTill(device=OTHER, key=OTHER_KEY)
    till.add("k", a_sale("k1"))
    other.add("u", a_sale("u1", total=500_000))
    running.push(till)
    running.push(other)
    page.goto(f"{running.url}/office")
    page.get_by_label("Логин").fill("olga")
    page.get_by_label("Пароль").fill("a wrong guess")
    page.keyboard.press("Enter")
    page.get_by_text("Логин или пароль не подходят.").wait_for()
    page.get_by_label("Пароль").fill("correct horse")
    page.keyboard.press("Enter")
    page.locator(".row").wait_for()
    assert page.locator(".row").count() == 1
    assert "Казань" not in page.locator("#page").inner_text()
    assert page.locator("#account").inner_text() == "olga"
    assert page.locator("#tab-devices").count() + page.locator("#tab-users").count() == 0
    page.locator("#sign-out").click()
    page.get_by_label("Логин").fill("anna")
    page.get_by_label("Пароль").fill("correct horse")
    page.keyboard.press("Enter")
    page.locator(".row").first.wait_for()
    page.evaluate("location.hash = 'users'")
    page.locator("#edit-olga").click()
    page.locator("#user-ended").check()
    page.locator("#user-save").click()
    page.get_by_text("Сохранено.").wait_for()
    page.get_by_text("Доступ закрыт").wait_for()
    page.evaluate("location.hash = 'audit'")
    page.get_by_text("пользователь изменён").wait_for()
    page.evaluate("location.hash = 'password'")
    page.get_by_label("Прежний пароль").fill("correct horse")
    page.get_by_label("Новый пароль").fill("battery staple")
    page.locator("#password-save").click()
    page.get_by_text("Пароль сменён. Войдите с новым.").wait_for()
    page.reload()
    page.get_by_label("Логин").fill("anna")
    page.get_by_label("Пароль").fill("battery staple")
    page.keyboard.press("Enter")
    page.locator("#account").wait_for()
