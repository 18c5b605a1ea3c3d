"""Each state at each size, in both fonts and languages: nothing clipped, nothing past the edge, headlines of two lines at most."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import WAIT_MS, Stage
from views import VIEWS

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SIZES = [(1024, 768), (1366, 768), (1920, 1080)]
FONTS = {"Inter": "", "DejaVu": ":root { --font: 'DejaVu Sans', sans-serif !important; }"}

# Text may be shortened with an ellipsis where the whole is to be found elsewhere; lists scroll. Nothing else may be cut off.
CLIPPED = """() => {
  const wrong = [];
  const shortens = ".name, .shop-name, .two-ends span, .search-input, select, .tag > span, .mono, .left, .dots li, .amount input";
  const say = (node, why) => wrong.push(`${why}: <${node.tagName.toLowerCase()} class="${node.className}"> ${(node.textContent || "").trim().slice(0, 50)}`);
  const wide = document.scrollingElement.scrollWidth - innerWidth;
  if (wide > 0) wrong.push(`page scrolls sideways by ${wide}px`);
  for (const node of document.querySelectorAll("#app *")) {
    if (node.closest("svg, .unseen, option, .hollow") || !node.checkVisibility()) continue;
    const box = node.getBoundingClientRect();
    if (!box.width || !box.height) continue;
    const style = getComputedStyle(node);
    const scrolls = /auto|scroll/.test(style.overflowY) && !node.matches(FIXED);
    if (!node.matches(shortens) && node.scrollWidth > node.clientWidth + 1 && style.display !== "inline" && node.tagName !== "INPUT"
      && !/auto|scroll/.test(style.overflowX)) say(node, `wider than its box by ${node.scrollWidth - node.clientWidth}`);
    if (!scrolls && !node.matches(shortens) && /hidden|auto/.test(style.overflowY) && node.scrollHeight > node.clientHeight + 1 && style.display !== "inline")
      say(node, `taller than its box by ${node.scrollHeight - node.clientHeight}`);
    const scroller = node.closest(".rows, .locked-lines, .papers, .paper, .results, .menu, .truth-rows");
    if (!scroller && PAGE_FITS && (box.bottom > innerHeight + 1 || box.right > innerWidth + 1 || box.left < -1 || box.top < -1)) say(node, "outside the window");
  }
  for (const key of document.querySelectorAll(".key")) {
    if (!key.checkVisibility()) continue;
    const outer = key.getBoundingClientRect();
    for (const part of key.querySelectorAll("*")) {
      if (part.closest("svg svg") || part.closest(".unseen") || !part.checkVisibility()) continue;
      const inner = part.getBoundingClientRect();
      if (inner.width && (inner.right > outer.right + 1 || inner.bottom > outer.bottom + 1 || inner.left < outer.left - 1 || inner.top < outer.top - 1)) say(part, "sticks out of its key");
    }
    if (outer.height < 41 || outer.width < 41) say(key, `smaller than a finger: ${outer.width}x${outer.height}`);
  }
  for (const headline of document.querySelectorAll(".headline, .sealed-head")) {
    const lines = Math.round(headline.getBoundingClientRect().height / parseFloat(getComputedStyle(headline).lineHeight));
    if (lines > 2) say(headline, `${lines} lines`);
  }
  const place = document.querySelectorAll(".display");
  for (const sum of place) if (sum.scrollWidth > sum.parentElement.clientWidth) say(sum, "sum wider than its card");
  return [...new Set(wrong)];
}"""
FIXED = '".case-body, .door, .sealed-card, .panel"'  # these may scroll on a small window, but not on the sizes of the rules


def clipped(page: Any, *, fits: bool = True) -> list[str]:
    script = CLIPPED.replace("FIXED", FIXED if fits else '".nothing"').replace("PAGE_FITS", "true" if fits else "false")
    found: list[str] = page.evaluate(script)
    return found


def open_till(context: Any, stage: Stage, font: str) -> Any:
    stage.show("selling")
    page = context.new_page()
    page.goto(f"{stage.base}/till")
    page.wait_for_selector(".page", timeout=WAIT_MS)
    if FONTS[font]:
        page.add_style_tag(content=FONTS[font])
    return page


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("font", FONTS)
@pytest.mark.parametrize("language", ["ru", "en"])
def test_no_state_is_clipped(context: Any, stage: Stage, size: tuple[int, int], font: str, language: str) -> None:
    page = open_till(context, stage, font)
    page.set_viewport_size({"width": size[0], "height": size[1]})
    wrong = []
    for name in VIEWS:
        revision = stage.show(name, language=language)
        page.wait_for_selector(f".page[data-revision='{revision}']", timeout=WAIT_MS)
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        wrong += [f"{name}: {what}" for what in clipped(page)]
    assert wrong == []


@pytest.mark.parametrize("panel", ["more", "keys", "quantity", "discount", "cash_in", "cash_out", "refund", "close_shift"])
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


@pytest.mark.parametrize("size", [(683, 384), (600, 900), (800, 1280)], ids=["200-percent-zoom", "narrow", "portrait-tablet"])
def test_reflow(context: Any, stage: Stage, size: tuple[int, int]) -> None:
    """At 200 % zoom, on a narrow window and on a portrait tablet all is reached without scrolling sideways; the total stays in sight."""
    page = open_till(context, stage, "Inter")
    page.set_viewport_size({"width": size[0], "height": size[1]})
    wrong = []
    for name in VIEWS:
        revision = stage.show(name)
        page.wait_for_selector(f".page[data-revision='{revision}']", timeout=WAIT_MS)
        wrong += [f"{name}: {what}" for what in clipped(page, fits=False)]
        if name == "selling":
            box = page.locator(".total-card").bounding_box()
            assert box["y"] + box["height"] <= size[1] + 1
    assert wrong == []


@pytest.mark.parametrize("width", [1440, 1024, 800, 420])
@pytest.mark.parametrize("path", ["status", "bench"])
@pytest.mark.parametrize("font", FONTS)
def test_desk_pages(context: Any, stage: Stage, path: str, width: int, font: str) -> None:
    """Status and bench never scroll sideways and cut nothing, from a desk's screen to a phone."""
    page = context.new_page()
    page.set_viewport_size({"width": width, "height": 900})
    for name in ("fine", "needs_person", "nothing_sells", "first_start") if path == "status" else ("fine",):
        stage.status(name)
        page.goto(f"{stage.base}/{path}")
        page.wait_for_selector("main", timeout=WAIT_MS)
        page.add_style_tag(content=FONTS[font] or ":root {}")
        assert clipped(page, fits=False) == [], name
