"""The real demo in a real browser: from first scan to receipt, through a lost answer; and the README's bench.

TILLKEEPER_PICTURES=1 renews that picture; the others are made by tests/e2e/test_pictures.py.
"""

from __future__ import annotations

import json
import re
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from guest_on_floor import NAME, PHONE, agree, code_sent, floor, guests_page, plain, switch
from pictures import take
from real_demo import LONG_MS, Demo, running_demo

from agent.demo.sensor_plan import can_see

pytestmark = pytest.mark.browser
OTHER_PHONE = "+79169876543"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with running_demo(tmp_path_factory.mktemp("demo"), "--stores", "2") as shop:
        yield shop


@pytest.fixture
def page(chromium: Any, demo: Demo) -> Iterator[Any]:
    context = chromium.new_context(viewport={"width": 1366, "height": 768}, reduced_motion="reduce", locale="ru-RU")
    errors: list[str] = []
    context.on("weberror", lambda error: errors.append(f"{error.page}: {error.error}"))
    yield context.new_page()
    context.close()
    assert errors == []


def keys(page: Any, *names: str) -> None:
    """As fingers do: a key each 80 ms is no scanner."""
    for name in names:
        page.keyboard.press(name)
        page.wait_for_timeout(80)


def screen(page: Any, name: str, within_ms: int = LONG_MS) -> None:
    page.wait_for_selector(f".page[data-screen='{name}']", timeout=within_ms)


def at_the_till(page: Any, demo: Demo) -> None:
    """The page of till 1 with a cashier at it and the shift open."""
    page.goto(demo.till)
    page.wait_for_selector(".page", timeout=LONG_MS)
    if page.locator(".page[data-screen='locked']").count():
        keys(page, "1", "1", "1", "1", "1", "Enter")
        page.wait_for_selector(".page:not([data-screen='locked'])", timeout=LONG_MS)
    if page.locator(".page[data-screen='shift_closed']").count():
        keys(page, "1", "0", "0", "0", "Enter")
        screen(page, "selling")


def test_from_scan_to_receipt_through_a_lost_answer(page: Any, demo: Demo, tmp_path: Path) -> None:
    """The first lesson, played on the bench beside the till; on the way the bench's picture is taken.

    Law 2 on the screen: no pay key while the outcome is unknown; then one charge, one receipt.
    """
    at_the_till(page, demo)
    bench = page.context.new_page()
    bench.set_viewport_size({"width": 1440, "height": 900})
    bench.goto(demo.bench)
    bench.locator("[data-key='terminal-1-card manual']").click()
    bench.locator("[data-key='terminal-1-card auto']").wait_for(timeout=LONG_MS)
    for count, code in enumerate(("4601234004121", "4620014260014", "4607008120127"), 1):
        demo.order("scanner-1", f"scan {code}")
        page.wait_for_function("(n) => document.querySelectorAll('.row[data-line]').length === n", arg=count)
    assert "Пазл" in page.locator("body").inner_text()
    told = re.sub(r"[\u00a0\u202f]", " ", bench.locator(".truth").inner_text())
    assert "Внесено 1 000,00 ₽" in told, "the float, as the register counted it"
    bench.locator("[data-key='card_lost']").click()
    demo.order("terminal-1", "fault power_off_after_booking=1")
    keys(page, "F2")
    screen(page, "card")
    present = bench.locator("[data-key='terminal-1-present card'].filled")
    present.wait_for(timeout=LONG_MS)
    for _ in range(2):
        bench.locator("[data-key='next']").click()
    bench.locator("[data-key='next']").blur()
    take(bench, "bench", tmp_path, fits=False)
    present.click()
    screen(page, "case")
    assert page.locator("[data-key^='pay-']").count() == 0, "a pay key while nobody knows whether the card was charged"
    screen(page, "receipt")
    assert demo.ledger("terminal-1").count("charged") == 1
    assert demo.ledger("register-1").count("fiscalised") == 1
    demo.order("terminal-1", "card auto 2")


def sell_a_puzzle(till: Any, demo: Demo, phone: str = "") -> None:
    """For cash; with the shopper's phone on the receipt where they gave one."""
    demo.order("scanner-1", "scan 4620014260014")
    till.locator(".row[data-line]").wait_for(timeout=LONG_MS)
    if phone:
        keys(till, "Insert")
        till.locator("[data-key='contact']").click()
        till.keyboard.type(phone, delay=80)
        keys(till, "Enter")
        till.locator("#panel-title").wait_for(state="detached", timeout=LONG_MS)
    keys(till, "End")
    screen(till, "cash")
    keys(till, *"500", "Enter")
    screen(till, "receipt")
    till.wait_for_timeout(400)  # right after a burst no Enter counts
    keys(till, "Enter")
    screen(till, "selling")


def test_a_guest_who_agreed_is_greeted_once_and_corrected(page: Any, demo: Demo, tmp_path: Path) -> None:
    """They bought before with their phone and agree on it in the shop: the till names them, what they bought and an
    offer. They leave, and are named when they come again; one key says that this is not them."""
    at_the_till(page, demo)
    sell_a_puzzle(page, demo, PHONE)
    bench = floor(page.context.new_page(), demo)
    phone = guests_page(bench)
    take(phone, "guest-page", tmp_path, fits=False)
    assert page.locator(".guest").count() == 0, "greeted before they agreed"
    agree(phone, demo)
    page.locator(".guest").wait_for(timeout=LONG_MS)
    bench.locator("[data-key='wifi-1-join']").click()
    bench.locator("[data-key='wifi-1-leave']").click()
    page.locator(".guest").wait_for(state="detached", timeout=LONG_MS)
    bench.locator("[data-key='wifi-1-join']").click()
    bench.locator("[data-key='wifi-1-leave']").wait_for(timeout=LONG_MS)
    page.locator(".guest-offers", has_text="коврик").wait_for(timeout=LONG_MS)
    page.set_viewport_size({"width": 1440, "height": 900})
    told = plain(page.locator(".guest").inner_text())
    for part in (NAME, "По Wi-Fi", "Пазл «Кот в сапогах»", "449,00", "F9"):
        assert part in told, part
    bench.locator("[data-key='guest']").click()
    bench.locator("[data-key='next']").click()
    bench.locator("[data-key='next']").click()
    bench.locator("[data-key='next']").blur()
    take(bench, "bench-floor", tmp_path, fits=False)
    for code in ("4601234004121", "4607008120127"):
        demo.order("scanner-1", f"scan {code}")
    page.wait_for_function("() => document.querySelectorAll('.row[data-line]').length === 2")
    take(page, "till-guest", tmp_path)
    keys(page, "F9")
    page.locator(".guest").wait_for(state="detached", timeout=LONG_MS)
    keys(page, "End")
    screen(page, "cash")
    keys(page, *"4000", "Enter")
    screen(page, "receipt")
    page.wait_for_timeout(400)
    keys(page, "Enter")
    screen(page, "selling")
    assert page.locator(".guest").count() == 0, "greeted again by the same evidence"


SENSORS = ("radar", "association", *(["camera"] if can_see() else []))


def test_the_till_sells_on_without_sensors(page: Any, demo: Demo) -> None:
    """Each killed from the bench: the till sells, the status page says that they are away. Started again they count."""
    at_the_till(page, demo)
    bench = floor(page.context.new_page(), demo)
    status = page.context.new_page()
    until_sensors_say(status, demo, "Считает")
    for program in SENSORS:
        switch(bench, program, "off")
    sell_a_puzzle(page, demo)
    until_sensors_say(status, demo, "Связь с датчиком прервалась")
    for program in SENSORS:
        switch(bench, program, "on")
    until_sensors_say(status, demo, "Считает")
    assert bench.locator(".complaint").count() == 0


def until_sensors_say(status: Any, demo: Demo, words: str) -> None:
    """On the visitors' tab of the status page, opened anew until all of them do: it asks by itself twice a minute."""
    deadline = time.monotonic() + LONG_MS / 1000
    while True:
        status.goto(f"{demo.till.partition('/till')[0]}/status?at={time.monotonic()}#visitors")
        status.locator("[data-sensor]").first.wait_for(timeout=LONG_MS)
        said = [one.inner_text() for one in status.locator("[data-sensor]").all()]
        if len(said) == len(SENSORS) and all(words in one for one in said):
            return
        assert time.monotonic() < deadline, said
        status.wait_for_timeout(300)


def test_a_shopper_agrees_at_the_till_and_withdraws(page: Any, demo: Demo) -> None:
    """The lesson of it: the code is among the bench's messages; no box is about the face, and a line says why."""
    at_the_till(page, demo)
    for messages in range(2):
        keys(page, "Insert")
        page.locator("[data-key=agree]").click()
        page.locator(".at-phone").wait_for(timeout=LONG_MS)
        keys(page, *OTHER_PHONE, "Enter")
        page.locator(".at-code").wait_for(timeout=LONG_MS)
        page.locator(".agree-message.is-ok").wait_for(timeout=LONG_MS)
        keys(page, *code_sent(demo, OTHER_PHONE, messages), "Enter")
        page.locator(".at-choose").wait_for(timeout=LONG_MS)
        assert "572-ФЗ" in page.locator(".faces-why").inner_text()
        if messages == 0:
            assert page.locator("[aria-checked=true]").count() == 0
            keys(page, "1", "2", "Enter")
            page.locator(".at-done").wait_for(timeout=LONG_MS)
            keys(page, "Enter")
            screen(page, "selling")
    for _ in range(2):
        standing = page.locator("[data-standing]").count()
        page.locator("[data-standing] .key").first.click()
        keys(page, "Enter")
        page.wait_for_function("(n) => document.querySelectorAll('[data-standing]').length < n", arg=standing)
    assert page.get_by_role("checkbox").count() == 2, "whoever withdrew may agree anew"
    keys(page, "Escape")
    screen(page, "selling")


@pytest.fixture
def bench(page: Any, demo: Demo) -> Any:
    """The bench page on a desk's screen."""
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(demo.bench)
    page.wait_for_selector(".machine")
    return page


ON_SHOW = {"card_lost": 5, "confirm_lost": 4, "note_lost": 6, "guest": 6 if can_see() else 4}
ON_SHOW["agree"] = ON_SHOW["guest"]
"""Lessons, one of each place, and how many devices the bench shows for them, the agent included."""


@pytest.mark.parametrize("lesson", ON_SHOW)
def test_the_whole_bench_is_in_sight(bench: Any, lesson: str) -> None:
    """A place's devices, the shared ones, the agent, the ledger and each step of its lesson at 1440 by 900, in both
    languages, no scrolling; the lesson that is open brings its devices along."""
    for language in ("en", "ru"):
        switch_language(bench, language)
        bench.locator(f"[data-key='{lesson}']").click()
        bench.wait_for_selector(".truth")
        assert bench.locator(".machine").count() == ON_SHOW[lesson]
        for part in (*bench.locator(".machine").all(), bench.locator(".truth")):
            box = part.bounding_box()
            assert box["y"] + box["height"] <= 900, "a part that one has to scroll to"
            assert box["x"] + box["width"] <= 1440
        said = set()
        for _ in range(4):
            box = bench.locator(".lessons").bounding_box()
            assert box["y"] + box["height"] <= 900, bench.locator(".step-text").inner_text()
            said.add(bench.locator(".step-text").inner_text())
            bench.locator("[data-key='next'], [data-key='leave']").click()
        assert len(said) == 4
        assert not any(step.startswith("lessons.") for step in said), "a code where words should be"
        names = bench.locator(".machine h2").all_inner_texts()
        assert len(set(names)) == ON_SHOW[lesson]
        assert bool(re.search("[а-яё]", "".join(names))) is (language == "ru")


def switch_language(bench: Any, language: str) -> None:
    bench.locator("[data-key='language']").click()
    bench.wait_for_selector(f"html[lang='{language}']")


PLACES = {"register-1": "till-1", "scanner-1": "till-1", "goods-1": "till-1", "agent": "till-1"}
PLACES |= {"register-2": "till-2", "terminal-2": "till-2"}
PLACES |= {"register-3": "kiosk-1", "terminal-3": "kiosk-1", "validator-1": "kiosk-1", "coins-1": "kiosk-1"}
"""At which tab a device is found; the shared ones are at each."""


def show(bench: Any, device: str) -> None:
    bench.locator(f".tab[href='#{PLACES[device]}']").click()
    bench.locator(f"[data-key^='{device}-']").first.wait_for(timeout=LONG_MS)


PAIRS = (
    ("jam", "clear"),
    ("jam hopper", "clear"),
    ("cassette out", "cassette in"),
    ("paper out", "paper in"),
    ("cover open", "cover close"),
    ("card manual", "card auto"),
    ("unplug", "plug"),
    ("power off", "power on"),
    ("cable out", "cable in"),
)
"""Keys that stand in one another's place: what one does the other undoes."""


def keys_of(bench: Any, device: str) -> list[str]:
    return [key.get_attribute("data-key") for key in bench.locator(f"[data-key^='{device}-']").all()]


@pytest.mark.parametrize(
    "device", ["register-1", "terminal-2", "goods-1", "register-3", "terminal-3", "validator-1", "coins-1", "agent"]
)
def test_each_key_of_a_device_does_what_it_says(bench: Any, demo: Demo, device: str) -> None:
    """Pressed once, each key gives way to the one that undoes it; pressed again, all is as it was."""
    show(bench, device)
    if device == "validator-1":  # it wakes up in some seconds, and a sleeping one cannot jam
        bench.locator("text", has_text="закрыт").first.wait_for(timeout=LONG_MS)
    offered = keys_of(bench, device)
    for there, back in PAIRS:
        if f"{device}-{there}" not in offered:
            continue
        bench.locator(f"[data-key='{device}-{there}']").click()
        bench.locator(f"[data-key='{device}-{back}']").wait_for(timeout=LONG_MS)
        assert bench.locator(f"[data-key='{device}-{there}']").count() == 0
        bench.locator(f"[data-key='{device}-{back}']").click()
        bench.locator(f"[data-key='{device}-{there}']").wait_for(timeout=LONG_MS)
    assert keys_of(bench, device) == offered
    assert bench.locator(".complaint").count() == 0
    if device == "agent":
        assert boots(demo.till)


def test_a_card_and_the_scanners_goods(bench: Any, demo: Demo) -> None:
    """What is offered under the scanner is scanned, each; a card held to the reader is seen on the terminal."""
    goods = bench.locator("[data-key^='scanner-1-scan']")
    assert goods.count() == 5
    for at in range(5):
        before = demo.ledger("scanner-1").count("scanned")
        goods.nth(at).click()
        deadline = time.monotonic() + 20
        while demo.ledger("scanner-1").count("scanned") == before:
            assert time.monotonic() < deadline, "nothing was scanned"
            bench.wait_for_timeout(50)
    bench.locator("[data-key='terminal-1-present card']").click()
    bench.wait_for_timeout(300)
    assert bench.locator(".complaint").count() == 0


def test_the_kiosks_money(bench: Any, demo: Demo) -> None:
    """Nobody pays at the kiosk: a note finds the slot shut and the bench says so, a coin falls through; the hopper is
    emptied and filled, and its picture counts."""
    show(bench, "coins-1")
    coins = bench.locator(".machine", has=bench.locator("[data-key='coins-1-empty']"))
    coins.get_by_text("100 шт.").wait_for(timeout=LONG_MS)
    bench.locator("[data-key='coins-1-empty']").click()
    coins.locator(".coin-heap").wait_for(state="detached", timeout=LONG_MS)
    bench.locator("[data-key='coins-1-fill 10 50']").click()
    coins.get_by_text("50 шт.").wait_for(timeout=LONG_MS)
    told = re.sub(r"[\u00a0\u202f]", " ", bench.locator(".truth").inner_text())
    assert "Насыпано в хоппер: 50 монет" in told
    assert bench.locator(".complaint").count() == 0
    bench.locator("[data-key='coins-1-insert 10']").click()
    bench.get_by_text("Не принято, вернулось: монета").wait_for(timeout=LONG_MS)
    bench.locator("[data-key='validator-1-insert 500']").click()
    bench.locator(".complaint").wait_for(timeout=LONG_MS)
    assert "щель закрыта" in bench.locator(".complaint").inner_text()
    assert "entered" not in demo.ledger("validator-1")
    assert demo.ledger("coins-1")[-4:] == ["emptied", "filled", "entered", "rejected"]


def test_a_fault_is_armed_and_taken_back(bench: Any) -> None:
    """By a lesson's key or from the device's list: the picture carries a pin, the chip says so, and both can go."""
    bench.locator("[data-key='card_lost']").click()
    bench.locator("[data-key='arm']").click()
    terminal = bench.locator(".machine").nth(1)
    terminal.locator(".chip.attention").wait_for(timeout=LONG_MS)
    assert terminal.locator(".pin-shape").count() == 2
    bench.locator("[data-key='terminal-1-faults']").click()
    assert bench.locator(".fault-list .chosen").count() == 1
    bench.locator("[data-key='clear-faults']").click()
    terminal.locator(".chip.ok").wait_for(timeout=LONG_MS)
    for step in range(4):
        assert bench.locator(".bars .on").count() == step + 1
        bench.locator("[data-key='next'], [data-key='leave']").click()
    assert bench.locator(".step-box").count() == 0
    for name in ("register-1", "register-2", "terminal-2", "scanner-1", "goods-1", "validator-1", "coins-1"):
        show(bench, name)
        bench.locator(f"[data-key='{name}-faults']").click()
        bench.locator(".fault-list .key").first.click()
        bench.locator(f"[data-key='{name}-faults']").click()
        bench.locator(".fault-list .chosen").first.wait_for(timeout=LONG_MS)
        bench.locator("[data-key='clear-faults']").click()
    assert bench.locator(".complaint").count() == 0


def boots(url: str, within_s: float = 20.0) -> bool:
    """A program that has its power back answers after a second or two."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            time.sleep(0.2)
    return False


def test_the_office_has_the_sale(page: Any, demo: Demo) -> None:
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(demo.office)
    page.wait_for_selector("main .card", timeout=LONG_MS)
    page.get_by_text("Мишкин дом").first.wait_for(timeout=LONG_MS)


def test_a_branch_trades_by_itself_and_the_office_shows_it(page: Any, demo: Demo) -> None:
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(demo.office)
    page.locator("main tr", has_text="Самара, Ленинградская").wait_for(timeout=LONG_MS)
    sales = demo.office.replace("/office", "/v1/sales?limit=200")
    sold: list[dict[str, Any]] = []
    deadline = time.monotonic() + LONG_MS / 1000
    while len(sold) < 2 and time.monotonic() < deadline:
        with urllib.request.urlopen(sales, timeout=5) as answer:
            sold = [sale for sale in json.load(answer)["sales"] if sale["device"] == "mishkin-dom-samara"]
        time.sleep(0.2)
    assert len(sold) >= 2
    assert {sale["state"] for sale in sold} == {"closed"}
    assert len({sale["id"] for sale in sold}) == len(sold)
