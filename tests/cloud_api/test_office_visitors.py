"""The visitors' section of the office page: figures with bands, days, words on how sure, and what was not sent."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from pushing_till import NOON_MS, OTHER, OTHER_KEY, PushingTill, a_sale
from running_hq import RunningHq

from sync.wire.edge_log import Dropped, Push
from sync.wire.visit_facts import BandFact, HourFact, VisitFact

pytestmark = pytest.mark.browser
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
MORNING_MS = NOON_MS - 2 * HOUR_MS
SHAPE = (2.0, 3.4, 5.8, 7.1, 6.0, 4.4, 3.9, 5.2, 8.3, 9.6, 6.1, 2.2)


def a_band(value: float, said: str = "calibrated", spread: float = 0.3) -> BandFact:
    low80, high80 = value * (1 - spread), value * (1 + spread)
    return BandFact(said, value, low80, high80, low80 * 0.7, high80 * 1.2)


def visitors(hours: int = 12, *, day_ms: int = MORNING_MS, silent: int | None = None, **device: str) -> PushingTill:
    """A day from ten on; in hour `silent` the radar said nothing."""
    till = PushingTill(stream="visits", **device)  # type: ignore[arg-type]
    tell(till, hours, day_ms, silent)
    return till


def tell(till: PushingTill, hours: int, day_ms: int, silent: int | None = None) -> None:
    for n in range(hours):
        at_ms, inside = day_ms + n * HOUR_MS, SHAPE[n]
        quiet = n == silent
        people = BandFact("silent") if quiet else a_band(inside)
        passers = BandFact("silent") if quiet else a_band(inside * 9, "not_calibrated", 0.5)
        visits = round(inside * 4)
        fact = HourFact(at_ms, visits, 1, visits // 3, visits + 1, visits, people, passers, 0.0 if quiet else 1.0)
        till.add(f"hour/{at_ms}", fact, "hour")
        visit = VisitFact(f"v{at_ms}", at_ms, at_ms + 9 * 60_000, ["door"], inside_s=540 + n, person=f"{n % 8:032x}")
        till.add(f"visit/{at_ms}", visit, "visit")


def push_dropped(running: RunningHq, till: PushingTill, first: int, last: int) -> None:
    """All items but first..last, which are told to be gone."""
    for push in (
        Push(till.device, 1, 1, till.items[: first - 1]),
        Push(till.device, 1, last + 1, till.items[last:], Dropped(first, last, till.items[last - 1].hash)),
    ):
        headers = {"authorization": f"Bearer {till.key}"}
        answer = httpx.post(f"{running.url}/v1/push/visits", content=msgspec.json.encode(push), headers=headers)
        answer.raise_for_status()


def plain(text: str) -> str:
    return re.sub(r"[\u00a0\u202f]", " ", text)


def test_without_sensors_there_is_nothing_of_it(running: RunningHq, page: Any) -> None:
    till = PushingTill()
    till.add("i1", a_sale("s1"))
    running.push(till)
    page.goto(f"{running.url}/office#visitors")
    page.locator(".figure").first.wait_for()
    assert page.locator("#tab-visitors").count() == 0
    assert page.locator("#tab-overview").get_attribute("aria-current") == "page"
    assert "осетител" not in page.locator("body").inner_text()


def test_a_day_in_figures_with_bands_and_words(running: RunningHq, page: Any) -> None:
    running.clock.ms = MORNING_MS + 12 * HOUR_MS
    running.push(visitors(silent=4))
    page.goto(f"{running.url}/office")
    page.locator("#tab-visitors").click()
    card = page.locator("section.card", has_text="Казань, Баумана")
    card.locator(".big").first.wait_for()
    text = plain(card.inner_text())
    visits = sum(round(inside * 4) for inside in SHAPE)
    receipts = sum(round(inside * 4) // 3 for inside in SHAPE)
    assert f"Визиты\n{visits}\nчеков за эти часы {receipts}" in text
    assert f"Покупают\n{round(100 * receipts / visits)} %" in text
    assert "Пришли снова\n33 %\n4 из 12" in text
    assert "Пробыли\n9 мин" in text
    assert "Откалибровано в этом магазине. 14:00: датчик молчал, оценки нет." in text
    assert text.count("Не откалибровано") == text.count("Откалибровано") == 1
    people = card.locator("[data-plot=people] svg")
    assert people.locator("polygon").count() == 2, "nothing is drawn across the hour without a figure"
    assert "14:00" not in people.get_attribute("aria-label")
    assert "13:00 7,1, от 5,0 до 9,2" in plain(people.get_attribute("aria-label"))


def test_the_band_stands_around_its_line(running: RunningHq, page: Any) -> None:
    running.clock.ms = MORNING_MS + 12 * HOUR_MS
    running.push(visitors())
    page.goto(f"{running.url}/office#visitors")
    for name in ("people", "passers"):
        plot = page.locator(f"[data-plot={name}] svg")
        plot.wait_for()

        def points(of: str, plot: Any = plot) -> list[tuple[float, float]]:
            told = plot.locator(of).first.get_attribute("points").split()
            return [(float(x), float(y)) for x, y in (point.split(",") for point in told)]

        line, band = points("polyline"), points("polygon")
        assert len(line) == 12
        assert len(band) == 24
        for (x, y), above, below in zip(line, band[:12], reversed(band[12:]), strict=True):
            assert x == above[0] == below[0]
            assert above[1] < y < below[1]


def test_what_was_not_sent_is_said_and_an_hour_alone_has_a_band(running: RunningHq, page: Any) -> None:
    running.clock.ms = MORNING_MS + 12 * HOUR_MS
    push_dropped(running, visitors(), 3, 24 - 1)
    till = PushingTill()
    till.add("i1", a_sale("s1"))
    running.push(till)
    page.goto(f"{running.url}/office#visitors")
    page.locator(".note.warn").wait_for()
    assert "Пропущено 21 наблюдение" in plain(page.locator(".note.warn").inner_text())
    assert "Чеки целы." in page.locator(".note.warn").inner_text()
    assert page.locator("[data-plot=people] polygon").count() == 1
    page.locator("#language").click()
    page.get_by_text("21 observations were not sent").wait_for()
    left = page.evaluate("document.body.innerText")
    assert not re.search("[а-яё]", re.sub("Казань|Баумана|Русский", "", left))


def test_days_are_turned_and_the_table_says_the_same(running: RunningHq, page: Any) -> None:
    running.clock.ms = MORNING_MS + 3 * HOUR_MS
    till = visitors(2, day_ms=MORNING_MS - DAY_MS)
    tell(till, 3, MORNING_MS)
    running.push(till)
    page.goto(f"{running.url}/office#visitors")
    page.locator("#day", has_text=re.compile("21 ноября")).wait_for()
    assert page.locator("#day-after").is_disabled()
    page.locator("#table-visitors-0").click()
    rows = page.locator(".twin tbody tr")
    assert rows.count() == 3
    assert "10:00" in rows.first.inner_text()
    assert "2,0 (от 1,4 до 2,6)" in plain(rows.first.inner_text())
    page.locator("#day-before").click()
    page.locator("#day", has_text=re.compile("20 ноября")).wait_for()
    assert page.locator(".twin tbody tr").count() == 2
    assert page.locator("#day-before").is_disabled(), "nothing was told before that day"
    page.locator("#day-after").click()
    page.locator("#day", has_text=re.compile("21 ноября")).wait_for()


def test_more_receipts_than_visits_are_no_conversion(running: RunningHq, page: Any) -> None:
    till = PushingTill(stream="visits")
    till.add("h", HourFact(MORNING_MS, 2, 0, 5), "hour")
    running.push(till)
    page.goto(f"{running.url}/office#visitors")
    page.get_by_text("чеков больше, чем замечено визитов").wait_for()
    assert page.locator("[data-plot]").count() == 0
    answer = httpx.get(f"{running.url}/v1/visitors", params={"day": "2026-13-40"})
    assert (answer.status_code, answer.json()["code"]) == (422, "malformed")


@pytest.mark.parametrize("size", [(1440, 900), (1024, 768), (390, 844)])
def test_it_is_at_home_on_the_page(running: RunningHq, chromium: Any, size: tuple[int, int]) -> None:
    """Nothing hangs over the edge and, where axe is, no fault; TILLKEEPER_SHOTS names a folder for pictures."""
    running.clock.ms = MORNING_MS + 9 * HOUR_MS
    push_dropped(running, visitors(9, silent=4), 3, 4)
    running.push(visitors(8, device=OTHER, key=OTHER_KEY))
    page = chromium.new_page(viewport={"width": size[0], "height": size[1]}, locale="ru", reduced_motion="reduce")
    page.goto(f"{running.url}/office#visitors")
    page.locator("[data-plot] svg").nth(3).wait_for()
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        looked_at(page, size, theme)
    page.close()


def looked_at(page: Any, size: tuple[int, int], theme: str) -> None:
    if shots := os.environ.get("TILLKEEPER_SHOTS"):
        page.screenshot(path=f"{shots}/visitors_{size[0]}_{theme}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    if size[0] > 900:
        assert page.evaluate("document.querySelector('.top').offsetHeight") < 70, "the bar is one row"
    hanging = """[...document.querySelectorAll("[data-plot] text")].filter((text) => text.getBoundingClientRect().right
      > text.closest("[data-plot]").getBoundingClientRect().right + 1).map((text) => text.textContent)"""
    assert page.evaluate(hanging) == []
    axe = Path(
        os.environ.get("TILLKEEPER_AXE", "") or Path.home() / ".cache/tillkeeper/node_modules/axe-core/axe.min.js"
    )
    if axe.is_file():
        page.evaluate(axe.read_text("utf-8"))
        faults = page.evaluate("axe.run().then((said) => said.violations.map((v) => v.id + ' ' + v.nodes[0].html))")
        assert faults == [], theme
