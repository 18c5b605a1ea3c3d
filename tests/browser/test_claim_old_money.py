"""Money of before a kiosk was restored: a person chooses what to say and signs; Enter alone decides nothing."""

from __future__ import annotations

from typing import Any

import pytest
from kiosk_stage import Kiosk
from stage import Till
from test_a11y import RUN_AXE, axe

pytestmark = pytest.mark.browser
__all__ = ["axe"]  # a fixture
KEY = "01a1fcb0-df49"


def test_a_question_stands_above_the_slips_and_a_supervisor_says_how_much_is_owed(till: Till) -> None:
    till.show("claims_asked")
    till.press("ArrowDown", "Enter")
    assert till.last() == ("claim_old", {"key": KEY})
    till.show("claim_old")
    assert "1041" in till.page.locator(".facts-list").inner_text(), "the register's receipt of that sum"
    before = len(till.stage.done())
    till.press("Enter", "1", "2", "3", "4", "Enter")
    till.settle()
    assert len(till.stage.done()) == before, "nobody chose what to say"
    till.page.locator("[data-key=claim-old-owed]").click()
    assert till.page.locator("#person option").all_inner_texts() == ["Ольга Ким"]
    till.page.locator("#owed").focus()
    till.press(*["Backspace"] * 4, "2", "0", "0")
    till.page.locator("#pin").focus()
    till.press("9", "9", "9", "9", "Enter")
    asked = {"key": KEY, "sum_minor": 150_000, "person": "olga", "pin": "9999"}
    assert till.last() == ("claim_old_said", asked | {"owed_minor": 20_000})
    till.page.locator("[data-key=claim-old-settled]").click()
    till.press("9", "9", "9", "9", "Enter")
    assert till.last() == ("claim_old_said", asked | {"owed_minor": 0})


def test_more_than_is_asked_about_is_not_sent(till: Till) -> None:
    till.show("claim_old")
    till.page.locator("[data-key=claim-old-owed]").click()
    till.page.locator("#owed").focus()
    till.press("0")
    till.page.locator("#pin").focus()
    till.press("9", "9", "9", "9", "Enter")
    till.settle()
    assert till.stage.done() == []
    till.press("Escape")
    assert till.page.locator("#pin").count() == 0
    till.press("Escape")
    assert till.last() == ("claim_leave", {})


def test_a_booking_is_made_whole_or_not_at_all(till: Till) -> None:
    till.show("claim_old_booking")
    till.page.locator("[data-key=claim-old-owed]").click()
    assert till.page.locator("#owed").count() == 0
    till.press("9", "9", "9", "9", "Enter")
    assert till.last() == (
        "claim_old_said",
        {"key": "booking/k1/0", "sum_minor": 45_200, "owed_minor": 45_200, "person": "olga", "pin": "9999"},
    )


@pytest.mark.slow
def test_axe_finds_nothing_serious_on_the_question(till: Till, axe: Any) -> None:
    till.page.evaluate(axe)
    wrong = []
    for view in ("claims_asked", "claim_old"):
        till.show(view)
        wrong += till.page.evaluate(RUN_AXE)
    till.page.locator("[data-key=claim-old-owed]").click()
    till.page.wait_for_timeout(120)
    assert wrong + till.page.evaluate(RUN_AXE) == []


def test_at_a_kiosk_without_a_till_beside_it_staff_says_it_there(kiosk: Kiosk) -> None:
    """Pressed twice, by a second thought: a trembling finger decides nothing, the second key says what it does."""
    kiosk.show("staff_asked")
    kiosk.tap("tab-claims")
    kiosk.page.wait_for_timeout(350)
    kiosk.press(f"old-owed-{KEY}")
    kiosk.settle()
    assert kiosk.stage.done() == []
    kiosk.page.wait_for_timeout(400)
    kiosk.press(f"old-owed-{KEY}")
    kiosk.settle()
    sent = [one["args"] for one in kiosk.sent() if one["do"] == "old_money"]
    assert sent == [{"key": KEY, "sum_minor": 150_000, "owed_minor": 150_000}]
