"""The office page in real Chromium: live sales, receipts by keyboard, both languages and themes, every empty state."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest
from pushing_till import DEVICE, NOON_MS, OTHER, OTHER_KEY, PushingTill, a_sale
from running_hq import RunningHq

from sync.wire.facts import Claim, Debt

OFFICE = Path(__file__).parents[2] / "cloud_api" / "office"
pytestmark = pytest.mark.browser
TABS = ("overview", "stores", "sales", "stock", "orders", "quarantine", "devices", "shifts", "cases", "users", "audit")


def full_day() -> PushingTill:
    till = PushingTill()
    for n in range(1, 12):
        till.add(f"i{n}", a_sale(f"s{n}", total=100_000 + n, closed_ms=NOON_MS - (12 - n) * 900_000, number=f"{n:04d}"))
    till.add("card", a_sale("s12", total=429_000, means="card", number="0418", unresolved=True))
    till.add("refund", a_sale("s13", total=26_500, act="refund"))
    till.add("debt", Debt("s12", "Касса 1", 429_000, NOON_MS, "ККТ не приняла марку", "Пётр Иванов"), "debt")
    till.add_raw("poison", b'{"id": "what is this"}')
    return till


def plain(text: str) -> str:
    return re.sub(r"[\u00a0\u202f]", " ", text)


def test_a_sale_shows_within_two_seconds_with_its_receipt(running: RunningHq, page: Any) -> None:
    page.goto(f"{running.url}/office")
    page.get_by_text("Продаж ещё не было", exact=True).wait_for()
    till = PushingTill()
    till.add("one", a_sale("s1", total=429_000, means="card", number="0418"))
    running.push(till)
    page.locator(".row").wait_for(timeout=2_000)
    page.locator(".value", has_text=re.compile("4.290")).first.wait_for(timeout=2_000)
    assert "4 290,00 ₽" in plain(page.locator(".figure").first.inner_text()).replace("\n", "")
    page.locator(".row").focus()
    page.keyboard.press("Enter")
    receipt = page.get_by_role("dialog")
    receipt.wait_for()
    text = plain(receipt.inner_text())
    for words in ("Чек 0418", "Мишка плюшевый", "карта •• 4321", "Документ № 120", "ФП 33445566", "4 290,00 ₽"):
        assert words in text
    page.keyboard.press("Escape")
    receipt.wait_for(state="hidden")
    assert page.evaluate("document.activeElement.className").startswith("row")


def test_each_sale_is_one_row_after_duplicates_and_a_lost_line(running: RunningHq, page: Any) -> None:
    page.clock.install()
    page.goto(f"{running.url}/office")
    till = full_day()
    running.push(till)
    page.locator("[data-arrival$='.1.13.kazan-1']").wait_for()
    running.push(till)
    page.context.set_offline(True)
    till.add("late", a_sale("s14", number="0999"))
    page.clock.fast_forward(16_000)  # figures are asked for each 15 s
    page.get_by_text("Нет связи с сервером офиса").wait_for(timeout=20_000)
    running.push(till)
    page.context.set_offline(False)
    page.locator("[data-arrival$='.1.16.kazan-1']").wait_for(timeout=10_000)
    ids = page.evaluate("[...document.querySelectorAll('.row')].map((row) => row.id)")
    assert len(ids) == len(set(ids))


def test_the_table_twin_and_the_two_languages(running: RunningHq, page: Any) -> None:
    running.push(full_day())
    page.goto(f"{running.url}/office")
    page.locator("#table-bars").click()
    assert page.locator(".twin td").first.is_visible()
    assert page.locator("#table-bars").get_attribute("aria-pressed") == "true"
    page.locator("#language").click()
    page.get_by_text("Revenue today").wait_for()
    assert page.evaluate("document.documentElement.lang") == "en"
    for tab, words in (("sales", "Refund:"), ("cases", "Paid, no receipt"), ("devices", "Worth a look")):
        page.evaluate(f"location.hash = '{tab}'")
        page.get_by_text(words).first.wait_for()
        left = page.evaluate("document.body.innerText")
        data = "Казань|Баумана|Касса|Уфа|Проспект|Мишка|плюшевый|Русский|ККТ не приняла марку|Пётр Иванов|Анна"
        assert not re.search("[а-яё]", re.sub(data, "", left)), tab
    page.reload()
    page.get_by_text("Worth a look").first.wait_for()


@pytest.mark.parametrize(
    ("hours", "axis"),
    [
        ([0], [0, 1, 2, 3]),
        ([1], [0, 1, 2, 3]),
        ([2, 5], [2, 3, 4, 5]),
        ([12], [9, 10, 11, 12]),
        ([23], [*range(20, 24)]),
    ],
    ids=lambda hours: "-".join(map(str, hours)),
)
def test_what_was_paid_with_stands_on_the_hours_of_its_day(
    running: RunningHq, page: Any, hours: list[int], axis: list[int]
) -> None:
    """No hour before midnight, no point in a void: hours without sales are zeros, a first hour rises from the axis."""
    half_past = [NOON_MS + (hour - 12) * 3_600_000 + 30 * 60_000 for hour in hours]
    running.clock.ms = half_past[-1]
    till = PushingTill()
    for hour, closed_ms in zip(hours, half_past, strict=True):
        till.add(f"i{hour}", a_sale(f"s{hour}", total=429_000, closed_ms=closed_ms))
    running.push(till)
    page.goto(f"{running.url}/office")
    plot = page.locator(".plots > .card").nth(1).locator("svg")
    plot.locator(".f-cash").first.wait_for()
    assert [int(told) for told in plot.locator("text[text-anchor='middle']").all_text_contents()] == axis
    lines = [
        [tuple(map(float, point.split(","))) for point in points.split()]
        for points in plot.locator("polyline").evaluate_all("lines => lines.map((line) => line.getAttribute('points'))")
    ]
    assert lines
    assert all(len(line) > 1 for line in lines), "a line of one point is not to be seen"
    ground = max(y for line in lines for _, y in line)
    x, y = lines[-1][-1]
    marker = plot.locator("rect.f-cash")
    assert (float(marker.get_attribute("x")) + 4, float(marker.get_attribute("y")) + 4) == (x, y)
    assert y < ground, "the last hour's sum stands above zero"
    heights = [y for _, y in sorted({point for line in lines for point in line})]
    if len(hours) == 2:  # sales at 2 and at 5: at 3 and at 4 there were none
        assert [height < ground for height in heights] == [True, False, False, True]


def test_what_waits_for_a_person_is_listed_with_its_reason(running: RunningHq, page: Any) -> None:
    running.push(full_day())
    page.clock.install()
    page.goto(f"{running.url}/office")
    page.locator("#open-cases").click()
    page.get_by_text("Пётр Иванов").wait_for()
    text = page.locator("#page").inner_text()
    for words in ("Оплата неясна", "Деньги есть, чека нет", "Пётр Иванов"):
        assert words in text
    assert page.locator("#tab-quarantine .count").inner_text() == "1"
    page.locator("#tab-quarantine").click()
    page.get_by_text("Не подошла форма").wait_for()
    assert "запись 15, поток sales" in page.locator("#page").inner_text()
    page.get_by_text("Как прислано").click()
    page.get_by_text("what is this").wait_for()
    another = PushingTill(device=OTHER, key=OTHER_KEY)
    another.add_raw("poison", b'{"id": "and this"}')
    running.push(another)
    page.clock.fast_forward(16_000)  # the list is asked for each 15 s, and drawn anew
    page.get_by_text("Уфа, Проспект").first.wait_for()
    assert page.get_by_text("what is this").is_visible(), "what was unfolded stays so"
    page.locator("#tabs-more").click()  # no room for it in the bar: it stands behind «Ещё»
    page.locator("#tab-cases").click()
    page.locator("#debt-s12").click()
    page.get_by_text("никто не смог сказать").wait_for()


def test_a_silent_store_says_since_when_and_claims_nothing(running: RunningHq, page: Any) -> None:
    other = PushingTill(device=OTHER, key=OTHER_KEY)
    other.add("u", a_sale("u1"))
    running.push(other)
    running.clock.ms += 38 * 60_000
    running.push(full_day())
    page.goto(f"{running.url}/office")
    page.get_by_text("Молчит", exact=True).wait_for()
    text = plain(page.locator("#page").inner_text())
    assert "Уфа, Проспект молчит с 12:00, цифры на это время." in text
    assert "38 мин" in text
    assert "1 из 2 на связи" in text


def test_a_stranger_is_asked_for_the_key(running: RunningHq, page: Any) -> None:
    page.route("**/v1/**", lambda route: route.fulfill(status=401, json={"code": "needs_key", "what": "…"}))
    page.goto(f"{running.url}/office")
    page.get_by_text("Нужен ключ офиса").wait_for()
    assert page.locator(".figure").count() == 0
    page.get_by_label("Ключ").fill("wrong")
    page.keyboard.press("Enter")
    page.get_by_text("Этот ключ не подходит.").wait_for()


@pytest.mark.parametrize("size", [(1024, 768), (1366, 768), (1920, 1080), (390, 844)])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_hangs_over_the_edge(running: RunningHq, chromium: Any, size: tuple[int, int], theme: str) -> None:
    running.push(full_day())
    page = chromium.new_page(
        viewport={"width": size[0], "height": size[1]}, color_scheme=theme, locale="en", reduced_motion="reduce"
    )
    for tab in TABS:
        page.goto(f"{running.url}/office#{tab}")
        page.locator("main .card").first.wait_for()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), tab
    page.close()


def test_no_accessibility_fault(running: RunningHq, chromium: Any) -> None:
    engine = Path(
        os.environ.get("TILLKEEPER_AXE", "") or Path.home() / ".cache/tillkeeper/node_modules/axe-core/axe.min.js"
    )
    if not engine.is_file():
        pytest.skip("no axe-core: npm install axe-core, or set TILLKEEPER_AXE to its axe.min.js")
    axe = engine.read_text("utf-8")
    running.push(full_day())
    for theme in ("light", "dark"):
        page = chromium.new_page(viewport={"width": 1440, "height": 900}, color_scheme=theme, locale="ru")
        for tab in (*TABS, "receipt"):
            page.goto(f"{running.url}/office#{'overview' if tab == 'receipt' else tab}")
            page.locator(f"#page-{'overview' if tab == 'receipt' else tab} .card").first.wait_for()
            if tab == "receipt":
                page.locator(".row").first.click()
                page.get_by_role("dialog").wait_for()
            page.evaluate(axe)
            faults = page.evaluate("axe.run().then((said) => said.violations.map((v) => v.id + ' ' + v.nodes[0].html))")
            assert faults == [], (theme, tab)
        page.close()


def test_the_page_asks_nothing_of_other_hosts_and_has_each_text_twice() -> None:
    for path in OFFICE.rglob("*"):
        if path.suffix in {".html", ".css", ".js"}:
            outside = re.findall(r"(?:https?:)?//[\w.-]+\.[a-z]{2,}", path.read_text("utf-8"))
            assert [url for url in outside if "www.w3.org/2000/svg" not in url and "//www.w3.org" not in url] == [], (
                path
            )
    words = (OFFICE / "js" / "words.js").read_text("utf-8")
    table = words[words.index("const WORDS") : words.index("const PLURALS")]
    pairs = re.findall(r'^  (\w+): \[\s*"((?:[^"\\]|\\.)*)",\s*"((?:[^"\\]|\\.)*)",?\s*\]', table, re.MULTILINE)
    assert len(pairs) == len(re.findall(r"^  \w+: \[", table, re.MULTILINE))
    for key, russian, english in pairs:
        assert set(re.findall(r"\{\w+\}", russian)) == set(re.findall(r"\{\w+\}", english)), key
        assert not re.search("[а-яё]", english.replace("Русский", ""), re.IGNORECASE), key
    assert DEVICE not in words
    for tab in sorted((OFFICE / "js" / "tabs").glob("*.js")):
        text = tab.read_text("utf-8")
        own = re.search(r"^(?:const WORDS|export const words) = \{\n(.*?)^\};", text, re.MULTILINE | re.DOTALL)
        listed = own[1] if own else ""
        pairs = re.findall(
            r'^\s+("?[\w. ]+"?): \[\s*"((?:[^"\\]|\\.)*)",\s*"((?:[^"\\]|\\.)*)",?\s*\]', listed, re.MULTILINE
        )
        assert len(pairs) == len(re.findall(r"^\s+\"?[\w. ]+\"?: \[", listed, re.MULTILINE)), tab
        for key, russian, english in pairs:
            assert set(re.findall(r"\{\w+\}", russian)) == set(re.findall(r"\{\w+\}", english)), (tab, key)
            assert not re.search("[а-яё]", english, re.IGNORECASE), (tab, key)


def test_owed_claims_are_listed(running: RunningHq, page: Any) -> None:
    """What shops owe by slips: where, how much, why, and what is past its day; a paid one is gone."""
    till = PushingTill()
    for at, (number, state) in enumerate(
        (("K-1", "issued"), ("K-2", "issued"), ("K-2", "expired"), ("K-3", "issued"), ("K-3", "paid"))
    ):
        fact = Claim(number, "Киоск 1", 45_200, "change_short", "o", state, NOON_MS - 60_000, expires_ms=NOON_MS + 1)
        till.add(f"c{at}", fact, "claim")
    running.push(till)
    page.goto(f"{running.url}/#cases")
    card = page.locator("section.card", has_text="Талоны")
    card.locator(".case").first.wait_for()
    cases = [plain(text) for text in card.locator(".case").all_inner_texts()]
    assert len(cases) == 2
    assert all("Киоск 1" in case and "452,00" in case and "не хватило сдачи" in case for case in cases)
    assert "срок вышел" in next(case for case in cases if "K-2" in case)
    assert "904,00" in plain(card.inner_text())
