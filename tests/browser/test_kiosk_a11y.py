"""axe-core over the kiosk's states, forced colours, focus and order, what is said to screen readers."""

from __future__ import annotations

import msgspec
import pytest
from kiosk_stage import Kiosk
from kiosk_views import LINES, MANY, sale
from test_a11y import RUN_AXE, axe
from test_kiosk_layout import PADS, open_pad

pytestmark = pytest.mark.browser
__all__ = ["axe"]  # a fixture

LOOKED_AT = [
    "attract", "browse", "browse_said", "basket_many", "identify", "receipt_way", "pay_no_card", "cash", "cash_doubt",
    "card", "checking", "making_waits", "change", "claim", "claim_send", "claim_sent", "claim_not_sent", "done",
    "out_of_service", "staff", "staff_stuck", "idle", "training",
]  # fmt: skip
IN_THE_DARK = ["browse_said", "cash_many", "claim", "claim_sent", "staff"]


@pytest.mark.slow
def test_axe_finds_nothing_serious(kiosk: Kiosk, axe: str) -> None:
    kiosk.page.evaluate(axe)
    wrong = []
    for name in LOOKED_AT:
        kiosk.show(name)
        if name == "idle":
            kiosk.page.wait_for_selector(".idle-card")
        wrong += [f"{name}: {what}" for what in kiosk.page.evaluate(RUN_AXE)]
    for pad in ("search", "phone", "e-mail", "slip by phone", "devices"):
        assert pad in PADS
        kiosk.show("attract")
        open_pad(kiosk, pad, "en")
        wrong += [f"{pad}: {what}" for what in kiosk.page.evaluate(RUN_AXE)]
    kiosk.page.emulate_media(color_scheme="dark")
    for name in IN_THE_DARK:
        kiosk.show(name)
        wrong += [f"{name}, dark: {what}" for what in kiosk.page.evaluate(RUN_AXE)]
    assert wrong == []


def test_the_order_of_focus_is_the_order_of_sight(kiosk: Kiosk) -> None:
    """What can be focused comes from top to bottom, and from left to right where it stands in one row."""
    for view in ("browse", "basket", "pay", "cash", "claim"):
        kiosk.show(view)
        for _ in range(2):
            tops = kiosk.page.evaluate(
                """[...document.querySelectorAll(".top, .look, .act > *, .foot")].map((node) => {
                  const box = node.getBoundingClientRect();
                  return Math.round(box.top);
                })"""
            )
            assert tops == sorted(tops), view
            kiosk.key("reach").evaluate("(node) => node.click()")


def test_a_new_screen_takes_the_focus_on_its_headline(kiosk: Kiosk) -> None:
    for view in ("checking", "claim", "change", "done", "pay", "cash"):
        kiosk.show(view)
        assert kiosk.page.evaluate("document.activeElement.id") == "headline", view


def test_added_goods_are_said_politely(kiosk: Kiosk) -> None:
    kiosk.show("browse", sale=msgspec.to_builtins(sale(lines=LINES[:1], id="K-0417")))
    kiosk.show("browse")
    assert kiosk.page.locator("#polite").inner_text() == "Мишка плюшевый, 40\u00a0см, 1899 рублей. Итого 3548 рублей"


def test_refused_goods_are_said_firmly(kiosk: Kiosk) -> None:
    kiosk.show("basket")
    kiosk.show("basket_many", sale=msgspec.to_builtins(msgspec.structs.replace(MANY, id="K-0417")))
    assert "Код выведен из оборота" in kiosk.page.locator("#assertive").inner_text()


def test_checking_is_said_once(kiosk: Kiosk) -> None:
    kiosk.show("checking")
    said = kiosk.page.locator("#assertive").inner_text()
    assert "Карту больше не прикладывайте" in said
    kiosk.show("checking")
    assert kiosk.page.locator("#assertive").inner_text() == said


def test_what_became_of_a_sent_slip_is_said_politely(kiosk: Kiosk) -> None:
    kiosk.show("claim_send")
    kiosk.show("claim_sending")
    assert kiosk.page.locator("#polite").inner_text() == "Отправляем талон…"
    kiosk.show("claim_sent")
    assert kiosk.page.locator("#polite").inner_text().startswith("Отправлено.")


def test_forced_colours_keep_the_shapes(kiosk: Kiosk) -> None:
    kiosk.page.emulate_media(forced_colors="active")
    kiosk.show("checking")
    assert kiosk.page.evaluate("getComputedStyle(document.querySelector('.case')).borderTopStyle") == "double"
    kiosk.show("cash")
    assert kiosk.page.evaluate("getComputedStyle(document.querySelector('.piece-face')).borderTopStyle") == "solid"


def test_reduced_motion_moves_nothing(kiosk: Kiosk) -> None:
    kiosk.show("cash")
    names = kiosk.page.evaluate(
        "() => [...new Set([...document.querySelectorAll('*')].map((node) => getComputedStyle(node).animationName))]"
    )
    assert set(names) <= {"none", "arm"}
