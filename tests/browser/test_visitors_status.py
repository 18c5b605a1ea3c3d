"""The visitors' tab of the status page: a figure has its error or words in its place, a plot has its table."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
import pytest
from pictures import take
from stage import WAIT_MS, Stage
from test_a11y import RUN_AXE, axe

from tests.agent.visitor_views import FULL, SENSORS_SAY, SILENT, SILENT_FROM

pytestmark = pytest.mark.browser
__all__ = ["axe"]  # a fixture

CARDS = ("inside", "visits", "conversion", "dwell_s", "returning", "capture")
Shown = Callable[..., Any]
NEW = count()


@pytest.fixture
def shown(kept_page: tuple[Any, list[str]], stage: Stage) -> Iterator[Shown]:
    """Opens the tab on a day. The address is a new one each time, so that nothing of an earlier day is on the page; a
    script error fails the test."""
    page, errors = kept_page
    errors.clear()
    page.set_viewport_size({"width": 1366, "height": 768})
    page.emulate_media(color_scheme="light", forced_colors="none", reduced_motion="reduce")

    def show(day: str, language: str = "ru", **changes: Any) -> Any:
        stage.status("fine")
        stage.visitors(day, **msgspec.to_builtins(changes))
        page.goto(f"{stage.base}/status?language={language}&new={next(NEW)}#visitors")
        page.wait_for_selector(".figure-grid", timeout=WAIT_MS)
        return page

    yield show
    stage.visitors("")
    assert errors == []


def figure(page: Any, name: str) -> str:
    told: str = page.locator(f"[data-figure='{name}']").inner_text().replace("\u00a0", " ")
    return "\n".join(line for line in told.splitlines() if line)


def rows(page: Any, plot: str) -> list[list[str]]:
    """The plot's table as a screen reader has it, shown or not."""
    found: list[list[str]] = page.evaluate(
        """(id) => [...document.querySelectorAll(`#table-${id} tr`)].map((row) =>
          [...row.children].map((cell) => cell.textContent.replaceAll("\\u00a0", " ")))""",
        plot,
    )
    return found


def test_without_sensors_there_is_no_tab(context: Any, stage: Stage) -> None:
    """And an old bookmark of it leads to what there is."""
    page = context.new_page()
    stage.status("fine")
    stage.visitors("")
    page.goto(f"{stage.base}/status#visitors")
    page.wait_for_selector("main.now", timeout=WAIT_MS)
    assert page.locator("a[href='#visitors']").count() == 0
    assert page.locator("a[aria-current]").get_attribute("href") == "#now"


def test_a_full_day_in_figures(shown: Shown) -> None:
    page = shown("full")
    inside = figure(page, "inside")
    assert "≈ 14" in inside
    assert "80 %: 11–16" in inside
    assert "95 %: 9–18" in inside
    assert "14 ноября 2026" in inside
    assert re.search(r"^193$", figure(page, "visits"), re.MULTILINE)
    assert "Посчитано, а не оценено." in figure(page, "visits")
    assert "36 %" in figure(page, "conversion")
    assert figure(page, "returning").splitlines()[1:] == [
        "19 %", "из тех, кто согласился", "80 %: 15–23 %", "95 %: 14–25 %", "Посчитано, границы даёт случай.",
    ]  # fmt: skip
    assert "17 мин" in figure(page, "dwell_s")
    assert "80 %: 9,7–20 %" in figure(page, "capture")
    assert "Не откалибровано" in figure(page, "capture")
    assert figure(page, "known").splitlines()[1] == "318"
    assert page.locator("h1").inner_text() == "Датчики считают"


def test_a_reload_of_words_not_of_figures(shown: Shown) -> None:
    """English says the same figures with its own point."""
    page = shown("full", "en")
    assert "80 %: 9.7–20 %" in figure(page, "capture")
    assert "Counted, not estimated." in figure(page, "visits")
    page.locator("[data-key='language']").click()
    assert "Посчитано" in figure(page, "visits")


def test_an_empty_morning_has_words_and_a_counted_zero(shown: Shown) -> None:
    page = shown("morning")
    assert re.search(r"^0$", figure(page, "visits"), re.MULTILINE)
    for name in ("conversion", "dwell_s", "returning"):
        assert figure(page, name).splitlines()[1:] == ["Визитов сегодня ещё не было."]
    assert "Прохожих не слышно" in figure(page, "capture")
    ticks = page.locator(".plot-card.people .tick[text-anchor=end]").all_text_contents()
    assert ticks == ["0", "1", "2", "3", "4"]


def test_a_day_of_strangers_does_not_say_that_nobody_came(shown: Shown) -> None:
    page = shown("strangers")
    assert re.search(r"^193$", figure(page, "visits"), re.MULTILINE)
    assert "Устройств гостей сегодня не было" in figure(page, "dwell_s")
    assert "Никто из согласившихся" in figure(page, "returning")
    assert "Визитов сегодня ещё не было." not in page.locator("main").inner_text()


def test_an_uncalibrated_radar_says_so_wherever_it_speaks(shown: Shown) -> None:
    page = shown("uncalibrated")
    assert "95 %: 0–32" in figure(page, "inside")
    assert "Не откалибровано" in figure(page, "inside")
    assert "камера над дверью" in figure(page, "conversion")
    assert "≥ 57" in figure(page, "visits")
    assert "вход никто не считает" in figure(page, "visits")
    assert page.locator(".plot-card.trade .legend").inner_text().split() == ["визиты", "чеки"]
    assert "Не откалибровано" in page.locator(".plot-card.people").inner_text()
    assert {row[4] for row in rows(page, "people")[1:]} == {
        "Не откалибровано: взят коэффициент одного чужого помещения, границы широкие."
    }


def test_a_silent_sensor_leaves_no_number_anywhere(shown: Shown) -> None:
    """No dash, no zero, nothing filled in from the hours before: the words, and a hatched gap."""
    page = shown("silent")
    for name in CARDS:
        assert not re.search(r"\d", figure(page, name)), name
        assert "Датчик молчал: оценки нет." in figure(page, name)
    silent = [row for row in SILENT.hours if row.hour >= SILENT_FROM]
    for plot in ("people", "passers"):
        assert page.locator(f".plot-card.{plot} svg .gap").count() == len(silent)
        told = [row for row in rows(page, plot)[1:] if row[0] >= f"{SILENT_FROM}:00"]
        assert [row[1:4] for row in told] == [["—", "", ""]] * len(silent)
    trade = [row for row in rows(page, "trade")[1:] if row[0] >= f"{SILENT_FROM}:00"]
    assert {(row[1], row[2], row[4]) for row in trade} == {("—", "—", "—")}
    assert [row[3] for row in trade] == [str(row.receipts) for row in silent]
    assert page.locator(".plot-card.trade svg .gap").count() == len(silent)
    assert page.locator("h1").inner_text() == "2\u00a0датчика не считают"


def test_bars_and_bands_are_as_high_as_their_numbers(shown: Shown) -> None:
    """The picture is measured against the scale that it shows."""
    page = shown("full")
    heights = page.evaluate("[...document.querySelectorAll('rect.bar-visits')].map((bar) => bar.height.baseVal.value)")
    visits = [row.entered for row in FULL.hours if row.entered]
    each = heights[0] / visits[0]
    assert heights == pytest.approx([each * count for count in visits], rel=1e-3)
    grid = page.evaluate("[...document.querySelectorAll('.trade .grid')].map((line) => line.y1.baseVal.value)")
    ticks = [int(text) for text in page.locator(".plot-card.trade .tick[text-anchor=end]").all_text_contents()]
    assert (grid[0] - grid[-1]) / (ticks[-1] - ticks[0]) == pytest.approx(each, rel=1e-3)
    for wide, narrow in (("band-95", "band-80"), ("band-80", "estimate")):
        high, low = (
            page.evaluate(f"document.querySelector('.people .{kind}').getBBox().height") for kind in (wide, narrow)
        )
        assert high > low


def test_the_table_is_there_for_ears_and_on_demand_for_eyes(shown: Shown) -> None:
    page = shown("full")
    told = rows(page, "people")
    assert [row[0] for row in told[1:]] == [f"{at:02}:00" for at in range(9, 20)], "from an hour before the first visit"
    assert told[9][:4] == ["17:00", "17", "14–21", "11–23"]
    picture = page.locator(".plot-card.people svg[role=img]")
    assert "Люди в магазине" in picture.get_attribute("aria-label")
    opener = page.locator("[data-key='table-people']")
    assert opener.get_attribute("aria-expanded") == "false"
    opener.click()
    assert page.locator("#table-people").bounding_box()["height"] > 100
    assert opener.get_attribute("aria-expanded") == "true"
    opener.click()
    assert page.locator("#table-people.unseen").count() == 1


def test_a_plot_is_as_wide_as_its_card(shown: Shown) -> None:
    """Labels keep their size: the picture is drawn anew, not stretched."""
    page = shown("full")
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_function(
            """() => { const one = document.querySelector('.people svg');
              return Math.abs(one.viewBox.baseVal.width - one.getBoundingClientRect().width) < 1; }""",
            timeout=WAIT_MS,
        )


def test_sensors_are_chips_with_words(shown: Shown) -> None:
    page = shown("silent")
    door = page.locator("[data-sensor='door']").inner_text()
    assert "Не считает" in door
    assert "перезапустите его службу" in door
    assert "Продажи идут" in door
    assert "15:00" in door
    assert page.locator("[data-sensor='door'] .chip.down svg").count() == 1
    assert "14" in page.locator("[data-sensor='wifi']").inner_text()


@pytest.mark.parametrize("language", ["ru", "en"])
def test_no_code_of_a_sensor_stands_alone(shown: Shown, language: str) -> None:
    """Each state that a program of the sensors can tell has its words."""
    page = shown("full", language, sensors=SENSORS_SAY)
    said = page.locator(".sensor-list").inner_text()
    assert len(page.locator("[data-sensor]").all()) == len(SENSORS_SAY)
    assert "Код состояния" not in said
    assert "State code" not in said
    assert "…" not in said


def test_faces_and_consents(shown: Shown) -> None:
    """Off in Russia with the reason of its law, on elsewhere with the reason of that one."""
    page = shown("full")
    assert "Выключено" in page.locator("[data-faces='off']").inner_text()
    assert "572-ФЗ" in page.locator("[data-faces='off']").inner_text()
    page = shown("silent", "en")
    assert "marked zone only" in page.locator("[data-faces='on']").inner_text()


def test_sensors_that_never_came_are_said(shown: Shown) -> None:
    page = shown("morning", sensors=[], hours=[])
    assert page.locator("h1").inner_text() == "Датчики ещё не подключались"
    assert page.locator(".plot-card svg[role=img]").count() == 0
    assert "ещё не считали" in page.locator(".plot-card.people").inner_text()


def test_figures_are_asked_for_anew(context: Any, stage: Stage) -> None:
    page = context.new_page()
    page.clock.install()
    stage.status("fine")
    stage.visitors("morning")
    page.goto(f"{stage.base}/status#visitors")
    page.wait_for_selector(".figure-grid", timeout=WAIT_MS)
    stage.visitors("full")
    page.clock.run_for(31_000)
    page.wait_for_function("document.querySelector('[data-figure=visits]').innerText.includes('193')", timeout=WAIT_MS)
    assert page.locator(".stale-line").count() == 0


def test_an_agent_that_does_not_answer_is_said_so(context: Any, stage: Stage) -> None:
    page = context.new_page()
    stage.visitors("")
    stage.status("fine", visitors=True)
    page.goto(f"{stage.base}/status#visitors")
    page.wait_for_selector("main.visitors .stale-line", timeout=WAIT_MS)
    assert "полминуты" in page.locator(".stale-line").inner_text()


def test_a_page_that_is_not_answered_keeps_the_figures_and_says_of_when(shown: Shown, stage: Stage) -> None:
    page = shown("full")
    stage.visitors("")
    stage.status("fine", visitors=True)
    page.evaluate("location.hash = 'now'")
    page.wait_for_selector("main.now", timeout=WAIT_MS)
    page.evaluate("location.hash = 'visitors'")
    page.wait_for_selector(".stale-line", timeout=WAIT_MS)
    assert "19:32" in page.locator(".stale-line").inner_text()
    assert "193" in figure(page, "visits")


def test_the_picture(shown: Shown, tmp_path: Path) -> None:
    """TILLKEEPER_PICTURES=1 keeps it."""
    page = shown("full")
    page.set_viewport_size({"width": 1440, "height": 900})
    take(page, "visitors", tmp_path, fits=False)


@pytest.mark.slow
@pytest.mark.parametrize("day", ["full", "silent"])
def test_axe_finds_nothing(shown: Shown, axe: Any, day: str) -> None:
    page = shown(day)
    for opener in page.locator(".plot-head .key").all():
        opener.click()
    page.evaluate(axe)
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        assert page.evaluate(RUN_AXE) == []
