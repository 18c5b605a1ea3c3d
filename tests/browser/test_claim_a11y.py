"""axe-core on the way of a claim slip at the till, as a cashier walks it: menu, list, slip, each decision."""

from __future__ import annotations

from typing import Any

import pytest
from stage import Till
from test_a11y import RUN_AXE, axe

pytestmark = [pytest.mark.browser, pytest.mark.slow]
__all__ = ["axe"]  # a fixture

MODES = {"claim": ["pay", "cancel"], "claim_large": ["cancel"], "claim_asking": ["paid", "unpaid"]}
"""What may be signed for on a slip; nothing of it is open when the slip is shown first."""


def looked_at(till: Till, where: str) -> list[str]:
    till.page.wait_for_timeout(120)
    return [f"{where}: {what}" for what in till.page.evaluate(RUN_AXE)]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious_on_the_way_of_a_slip(till: Till, axe: Any, theme: str) -> None:
    page = till.page
    page.emulate_media(color_scheme=theme)
    page.evaluate(axe)
    till.show("selling", claims=True)
    till.press("Insert")
    page.wait_for_selector("[data-key=claims]")
    wrong = looked_at(till, "menu")
    page.locator("[data-key=claims]").click()
    assert till.last() == ("claim", {})
    till.show("claims")
    till.type("1121-17")
    till.press("ArrowDown")
    wrong += looked_at(till, "list, a number typed")
    looks = 0
    for view, modes in MODES.items():
        for mode in modes:
            till.show("claims")
            till.show(view)
            key = page.locator(f"[data-key=claim-mode-{mode}]")
            if key.count():
                key.click()
                till.press("9", "9")
                wrong += looked_at(till, f"{view}, {mode}")
                looks += 1
    assert looks >= 4, "the slip's keys have other names"
    till.show("claim_refused")
    wrong += looked_at(till, "refused")
    assert wrong == []
