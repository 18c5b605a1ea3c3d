"""axe-core over every state, forced colours, reduced motion, focus and what is said to screen readers."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import msgspec
import pytest
from stage import WAIT_MS, Stage, Till
from views import LINES, VIEWS, sale

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
AXE_PLACES = [
    Path(os.environ.get("TILLKEEPER_AXE", "axe.min.js")),
    ROOT / "node_modules" / "axe-core" / "axe.min.js",
    Path.home() / ".cache" / "tillkeeper" / "node_modules" / "axe-core" / "axe.min.js",
]
RUN_AXE = """async () => {
  const told = await axe.run(document, { resultTypes: ["violations"] });
  return told.violations.filter((one) => one.impact === "serious" || one.impact === "critical")
    .map((one) => `${one.id}: ${one.nodes.slice(0, 3).map((node) => node.html.slice(0, 120)).join(" | ")}`);
}"""


@pytest.fixture(scope="module")
def axe() -> str:
    for place in AXE_PLACES:
        if place.is_file():
            return place.read_text(encoding="utf-8")
    pytest.skip("no axe-core: npm install axe-core, or set TILLKEEPER_AXE to its axe.min.js")


@pytest.mark.slow
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious(till: Till, axe: str, theme: str) -> None:
    till.page.emulate_media(color_scheme=theme)
    till.page.evaluate(axe)
    wrong = []
    for name in VIEWS:
        till.show(name)
        wrong += [f"{name}: {what}" for what in till.page.evaluate(RUN_AXE)]
    for keys in (["Insert"], ["?"], ["m"]):
        till.show("selling")
        till.press(*keys)
        till.page.wait_for_timeout(150)
        wrong += [f"{keys}: {what}" for what in till.page.evaluate(RUN_AXE)]
        till.press("Escape")
    assert wrong == []


@pytest.mark.slow
@pytest.mark.parametrize(
    "path", ["status", "status#operations", "status#diagnosis", "bench", "bench#kiosk-1", "bench#hall"]
)
def test_axe_on_desk_pages(context: Any, stage: Stage, axe: str, path: str) -> None:
    stage.status("needs_person")
    page = context.new_page()
    page.goto(f"{stage.base}/{path}")
    page.wait_for_selector("main", timeout=WAIT_MS)
    page.evaluate(axe)
    assert page.evaluate(RUN_AXE) == []


def test_forced_colours_keep_the_shapes(till: Till) -> None:
    """With forced colours borders carry what colour said: the case's frame, the chosen row, the filled key."""
    till.page.emulate_media(forced_colors="active")
    till.show("card_unknown")
    assert till.page.evaluate("getComputedStyle(document.querySelector('.case.unknown')).borderTopStyle") == "double"
    till.show("selling")
    assert till.page.evaluate("getComputedStyle(document.querySelector('.row.selected')).outlineStyle") == "solid"
    assert till.page.evaluate("getComputedStyle(document.querySelector('.key.filled')).borderTopWidth") == "3px"


def test_reduced_motion_moves_nothing(till: Till) -> None:
    """Nothing is animated but the 300 ms for which a new key is dead, which is no motion."""
    till.show("hq_away")
    names = till.page.evaluate(
        "() => [...new Set([...document.querySelectorAll('*')].map((node) => getComputedStyle(node).animationName))]"
    )
    assert set(names) <= {"none", "arm"}


def test_a_new_key_is_dead_for_a_moment(till: Till) -> None:
    """A key that has just appeared under the finger lets the click through to nothing."""
    assert till.page.evaluate(
        """async () => {
          const key = document.querySelector("[data-key='pay-cash']").cloneNode(true);
          document.querySelector(".tenders").append(key);
          await new Promise((done) => requestAnimationFrame(done));
          const early = getComputedStyle(key).pointerEvents;
          await new Promise((done) => setTimeout(done, 400));
          const late = getComputedStyle(key).pointerEvents;
          key.remove();
          return [early, late];
        }"""
    ) == ["none", "auto"]


def test_a_case_takes_the_focus_on_its_headline(till: Till) -> None:
    till.show("card_unknown")
    assert till.page.evaluate("document.activeElement.id") == "headline"
    assert "Ответ терминала потерян" in till.page.locator("#assertive").inner_text()


def test_a_trouble_that_is_over_is_nowhere_to_be_read(till: Till) -> None:
    """Who listens to the page must not come upon “no receipt was made” beside the receipt that was."""
    firmly = till.page.locator("#assertive")
    till.show("unsealed_mark")
    assert "чек не пробит" in firmly.inner_text()
    till.show("receipt_card")
    assert firmly.inner_text() == ""
    till.show("card_unknown")
    till.show("receipt")
    assert firmly.inner_text().startswith("Отдайте сдачу")


def test_the_focus_stays_while_somebody_types(till: Till) -> None:
    """Views that arrive meanwhile take neither the focus nor the text nor the caret."""
    till.type("паз")
    till.page.keyboard.press("ArrowLeft")
    till.show("selling", banner={"code": "hq_away"})
    assert till.page.evaluate("[document.activeElement.id, document.activeElement.selectionStart]") == ["search", 2]
    till.reads("search", "паз")


def test_politely_said(till: Till) -> None:
    """A scanned line is said in plain words, without thin spaces."""
    longer = sale(lines=[*LINES, msgspec.structs.replace(LINES[1], id="l6")])
    till.show("selling", sale=msgspec.to_builtins(longer))
    assert (
        till.page.locator("#polite").inner_text()
        == "Кукла «Маша», 30\u00a0см, 1299 рублей. Итого 7920 рублей 10 копеек"
    )


def test_language_of_the_page(till: Till) -> None:
    assert till.page.evaluate("document.documentElement.lang") == "ru"
    till.show("selling", language="en")
    assert till.page.evaluate("document.documentElement.lang") == "en"
    assert till.page.locator(".total-card .tail").inner_text() == ".10\u00a0₽"
