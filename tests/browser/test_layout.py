"""Each state at each size, in both fonts and languages: nothing clipped, headlines of two lines at most."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from stage import WAIT_MS, Stage
from views import VIEWS

from tests.agent.visitor_views import DAYS

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SIZES = [(1024, 768), (1366, 768), (1920, 1080)]
FONTS = {"Inter": "", "DejaVu": ":root { --font: 'DejaVu Sans', sans-serif !important; }"}

CLIPPED = Path(__file__).with_name("clipped.js").read_text(encoding="utf-8")
WEAR = """async (sheet) => {
  const made = () => document.head.appendChild(document.createElement("style"));
  const worn = document.querySelector("#font-of-the-test") ?? made();
  worn.id = "font-of-the-test";
  worn.textContent = sheet;
  for (let frame = 0; frame < 2; frame += 1) await new Promise((done) => requestAnimationFrame(done));  // plots measure
}"""
# These may scroll on a small window, but not on the sizes of the rules.
FIXED = ".case-body, .door, .sealed-card, .panel"


def clipped(page: Any, *, fits: bool = True) -> list[str]:
    found: list[str] = page.evaluate(CLIPPED, {"fixed": FIXED if fits else ".nothing", "fits": fits})
    return found


# All states in one call: the page asks the fixture for each, waits until it is drawn, and looks at it in each font. A
# state is drawn once for all fonts: no script of the page measures, so what lies where follows from nodes and styles.
ALL_CLIPPED = (
    """async ({ names, changes, fonts, fixed, fits }) => {
      const clipped = """
    + CLIPPED.strip().removesuffix(";")
    + """;
      const painted = () => new Promise((done) => requestAnimationFrame(done));
      const wrong = [];
      const style = document.head.appendChild(document.createElement("style"));
      for (const view of names) {
        const body = JSON.stringify({ view, changes });
        const { revision } = await (await fetch("/fixture/show", { method: "POST", body })).json();
        const late = performance.now() + 5000;
        while (document.querySelector(".page").dataset.revision !== String(revision)) {
          if (performance.now() > late) return [`${view} was not drawn`];
          await painted();
        }
        await painted();
        for (const [font, sheet] of Object.entries(fonts)) {
          style.textContent = sheet;
          wrong.push(...clipped({ fixed, fits }).map((what) => `${view} in ${font}: ${what}`));
        }
      }
      return wrong;
    }"""
)


def all_clipped(page: Any, fonts: dict[str, str], *, fits: bool = True, **changes: Any) -> list[str]:
    looked = {"fonts": fonts, "fixed": FIXED if fits else ".nothing", "fits": fits}
    asked = {"names": list(VIEWS), "changes": changes, **looked}
    found: list[str] = page.evaluate(ALL_CLIPPED, asked)
    return found


def clipped_in_each_font(page: Any) -> list[str]:
    wrong = []
    for font, sheet in FONTS.items():
        page.evaluate(WEAR, sheet)
        wrong += [f"in {font}: {what}" for what in clipped(page, fits=False)]
    return wrong


def open_till(context: Any, stage: Stage, font: str) -> Any:
    stage.show("selling")
    page = context.new_page()
    page.goto(f"{stage.base}/till")
    page.wait_for_selector(".page", timeout=WAIT_MS)
    if FONTS[font]:
        page.add_style_tag(content=FONTS[font])
    return page


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("language", ["ru", "en"])
def test_no_state_is_clipped(context: Any, stage: Stage, size: tuple[int, int], language: str) -> None:
    page = open_till(context, stage, "Inter")
    page.set_viewport_size({"width": size[0], "height": size[1]})
    wrong = all_clipped(page, FONTS, language=language)
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    "panel", ["more", "keys", "quantity", "discount", "cash_in", "cash_out", "refund", "credit", "close_shift"]
)
def test_no_panel_is_clipped(context: Any, stage: Stage, panel: str) -> None:
    page = open_till(context, stage, "DejaVu")
    page.set_viewport_size({"width": 1024, "height": 768})
    if panel == "keys":
        page.keyboard.press("?")
    elif panel == "quantity":
        page.locator("[data-key='quantity']").click()
    elif panel == "discount":
        page.locator("[data-key='discount']").click()
    else:
        page.keyboard.press("Insert")
        if panel != "more":
            page.locator(f"[data-key='{panel}']").click()
    page.wait_for_selector(f".panel-{panel}", timeout=WAIT_MS)
    assert clipped(page) == []


@pytest.mark.parametrize(
    "size", [(683, 384), (600, 900), (800, 1280)], ids=["200-percent-zoom", "narrow", "portrait-tablet"]
)
def test_reflow(context: Any, stage: Stage, size: tuple[int, int]) -> None:
    """At 200 % zoom, on a narrow window and on a portrait tablet nothing scrolls sideways; the total stays in sight."""
    page = open_till(context, stage, "Inter")
    page.set_viewport_size({"width": size[0], "height": size[1]})
    box = page.locator(".total-card").bounding_box()
    assert box["y"] + box["height"] <= size[1] + 1
    wrong = all_clipped(page, {"Inter": FONTS["Inter"]}, fits=False)
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("width", [1440, 1024, 800, 420])
@pytest.mark.parametrize("path", ["status", "bench", "bench#kiosk-1", "bench#hall"])
def test_desk_pages(context: Any, stage: Stage, path: str, width: int) -> None:
    """Status and bench never scroll sideways and cut nothing, from a desk's screen to a phone."""
    page = context.new_page()
    page.set_viewport_size({"width": width, "height": 900})
    for name in ("fine", "needs_person", "nothing_sells", "first_start") if path == "status" else ("fine",):
        stage.status(name)
        page.goto(f"{stage.base}/{path}")
        page.wait_for_selector("main", timeout=WAIT_MS)
        wrong = clipped_in_each_font(page)
        assert not wrong, f"{name}:\n" + "\n".join(wrong)


@pytest.mark.parametrize("width", [1440, 1024, 800, 390])
@pytest.mark.parametrize("language", ["ru", "en"])
def test_the_visitors_tab(context: Any, stage: Stage, width: int, language: str) -> None:
    """Each day with and without its tables: nothing scrolls sideways but a table in its own card, nothing is cut."""
    page = context.new_page()
    page.set_viewport_size({"width": width, "height": 900})
    for day in DAYS:
        stage.status("fine")
        stage.visitors(day)
        page.goto(f"{stage.base}/status?language={language}&{day}#visitors")
        page.wait_for_selector(".figure-grid", timeout=WAIT_MS)
        wrong = clipped_in_each_font(page)
        assert not wrong, f"{day}:\n" + "\n".join(wrong)
    for opener in page.locator(".plot-head .key").all():
        opener.click()
    assert page.locator(".plot-table.scroll-x").count() == 3
    assert clipped_in_each_font(page) == []
