"""Each state of the kiosk at 1080 × 1920: nothing clipped, nothing scrolls, fingers fit, low keys stay below 960."""

from __future__ import annotations

from pathlib import Path

import pytest
from kiosk_stage import Kiosk
from kiosk_views import KIOSK_VIEWS
from stage import WAIT_MS

pytestmark = [pytest.mark.browser, pytest.mark.slow]

FONTS = {"Inter": "", "DejaVu": ":root { --font: 'DejaVu Sans', sans-serif !important; }"}
CLIPPED = Path(__file__).with_name("kiosk_clipped.js").read_text(encoding="utf-8").strip().removesuffix(";")
# All states in one call, each with its keys high and low: the page asks the fixture, waits until it is drawn, looks.
ALL_CLIPPED = (
    """async ({ names, changes }) => {
      const clipped = """
    + CLIPPED
    + """;
      const painted = () => new Promise((done) => requestAnimationFrame(done));
      const reach = () => document.querySelector("[data-key='reach']").click();
      const wrong = [];
      for (const kiosk of names) {
        const body = JSON.stringify({ kiosk, changes });
        const { revision } = await (await fetch("/fixture/show", { method: "POST", body })).json();
        const late = performance.now() + 5000;
        while (document.querySelector(".page").dataset.revision !== String(revision)) {
          if (performance.now() > late) return [`${kiosk} was not drawn`];
          await painted();
        }
        wrong.push(...clipped({ low: false }).map((what) => `${kiosk}: ${what}`));
        reach();
        wrong.push(...clipped({ low: true }).map((what) => `${kiosk}, low: ${what}`));
        reach();
      }
      return wrong;
    }"""
)
PADS = {
    "search": ("browse", ["search"]),
    "categories": ("browse", ["more-categories"]),
    "phone": ("identify", ["who-phone"]),
    "shop card": ("identify", ["who-card"]),
    "e-mail": ("receipt_way", ["way-email"]),
    "receipt by phone": ("receipt_way", ["way-phone"]),
    "slip by phone": ("claim_send", ["send-slip"]),
    "claims": ("staff", ["tab-claims"]),
    "devices": ("staff", ["tab-devices", "reset-hopper-1"]),
    "shift": ("staff", ["tab-shift", "close-shift"]),
    "stuck": ("staff_stuck", ["resolve-cancel_payment"]),
}


@pytest.mark.parametrize(("font", "language"), [("Inter", "ru"), ("DejaVu", "ru"), ("DejaVu", "en")])
def test_no_state_is_clipped(kiosk: Kiosk, font: str, language: str) -> None:
    kiosk.page.add_style_tag(content=FONTS[font] or ":root {}")
    kiosk.show("browse")
    kiosk.page.wait_for_selector(".tile")
    wrong = kiosk.page.evaluate(ALL_CLIPPED, {"names": list(KIOSK_VIEWS), "changes": {"language": language}})
    assert not wrong, "\n".join(wrong)


def open_pad(kiosk: Kiosk, pad: str, language: str) -> None:
    view, keys = PADS[pad]
    kiosk.show(view, language=language)
    for name in keys:
        place = "#search" if name == "search" else f"[data-key='{name}']"
        kiosk.page.locator(place).evaluate("(node) => node.click()")


@pytest.mark.parametrize("language", ["ru", "en"])
def test_no_pad_is_clipped(kiosk: Kiosk, language: str) -> None:
    kiosk.page.add_style_tag(content=FONTS["DejaVu"])
    wrong = []
    for pad in PADS:
        open_pad(kiosk, pad, language)
        wrong += [f"{pad}: {what}" for what in kiosk.page.evaluate(CLIPPED, {"low": False})]
        kiosk.key("reach").evaluate("(node) => node.click()")
        wrong += [f"{pad}, low: {what}" for what in kiosk.page.evaluate(CLIPPED, {"low": True})]
        kiosk.show("attract")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("size", [(1366, 768), (2160, 3840)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_another_window_shows_the_whole_page(kiosk: Kiosk, size: tuple[int, int]) -> None:
    """A developer's screen or one of twice the points: smaller or larger, and still without scrolling."""
    try:
        kiosk.page.set_viewport_size({"width": size[0], "height": size[1]})
        kiosk.page.wait_for_function(
            """(wanted) => {
              const box = document.querySelector("[data-key='start']").getBoundingClientRect();
              return Math.abs(box.width - wanted) < 3 && box.bottom <= innerHeight;
            }""",
            arg=1000 * min(size[0] / 1080, size[1] / 1920),
            timeout=WAIT_MS,
        )
        assert kiosk.page.evaluate("document.scrollingElement.scrollHeight") <= size[1]
    finally:
        kiosk.page.set_viewport_size({"width": 1080, "height": 1920})
