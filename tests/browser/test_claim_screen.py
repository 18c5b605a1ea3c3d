"""The claim screen: a slip is scanned, read and signed for; nothing is paid by Enter alone."""

from __future__ import annotations

import pytest
from stage import WAIT_MS, Stage, Till

pytestmark = pytest.mark.browser
CODE = "TK1.shop.K-1121-17.45200.RUB.20898.ABCDEFGHIJKLMNOP"


def headline(till: Till) -> str:
    return str(till.page.locator("#headline").inner_text())


@pytest.mark.parametrize("russian", [False, True])
def test_a_slip_is_scanned_and_paid_with_a_pin(till: Till, russian: bool) -> None:
    """The code comes through a wedge of either layout. The scanner's Enter pays nothing; a PIN does, once."""
    till.scan(CODE, russian=russian)
    assert till.last() == ("scan", {"code": CODE})
    till.show("claim")
    assert "K-1121-17" in headline(till)
    before = len(till.stage.done())
    till.press("Enter")
    till.settle()
    assert len(till.stage.done()) == before
    till.press("1", "2", "3", "4", "Enter")
    assert till.last() == ("claim_pay", {"number": "K-1121-17", "person": "irina", "pin": "1234"})
    till.show("claim_paid")
    assert till.page.locator("#pin").count() == 0
    assert "452" in till.page.locator(".door-left .lead").first.inner_text()
    till.press("Escape")
    assert till.last() == ("claim_leave", {})


def test_only_a_supervisor_is_offered_where_one_is_needed(till: Till) -> None:
    till.show("claim_large")
    assert till.page.locator("#person option").all_inner_texts() == ["Ольга Ким"]
    till.press("9", "9", "9", "9", "Enter")
    assert till.last() == ("claim_pay", {"number": "K-1121-17", "person": "olga", "pin": "9999"})


def test_a_cancellation_needs_its_reason(till: Till) -> None:
    till.show("claim")
    till.page.locator("[data-key=claim-mode-cancel]").click()
    till.press("Escape")
    assert till.page.locator("#why").count() == 0
    till.page.locator("[data-key=claim-mode-cancel]").click()
    till.page.locator("#pin").focus()
    till.press("9", "9", "9", "9", "Enter")
    till.settle()
    assert till.stage.done() == []
    till.type("нашли купюру")
    till.press("Enter")
    assert till.last() == (
        "claim_cancel",
        {"number": "K-1121-17", "person": "olga", "pin": "9999", "why": "нашли купюру"},
    )


def test_while_the_register_is_asked_nobody_leaves_and_nobody_pays(till: Till) -> None:
    till.show("claim_asking")
    till.press("Enter", "Escape")
    till.settle()
    assert till.stage.done() == []
    assert till.page.locator("[data-key=claim-leave], [data-key=claim-mode-pay], #pin").count() == 0
    till.page.locator("[data-key=claim-mode-unpaid]").click()
    till.press("9", "9", "9", "9", "Enter")
    assert till.last() == (
        "claim_said",
        {"number": "K-1121-17", "person": "olga", "pin": "9999", "choice": "unpaid"},
    )


def test_the_list_and_a_typed_number(till: Till) -> None:
    till.show("claims")
    assert "952" in till.page.locator(".door-left .lead").inner_text()
    till.type("1121-17")
    till.press("Enter")
    assert till.last() == ("claim", {"code": "1121-17"})
    till.press("ArrowDown", "Enter")
    assert till.last() == ("claim", {"code": "K-1120-09"})


def test_the_menu_has_claims_where_the_shop_has_them(till: Till) -> None:
    for there in (True, False):
        till.show("selling", claims=there)
        till.press("Insert")
        assert till.page.locator("[data-key=claims]").count() == int(there)
        till.press("Escape")
    till.show("selling", claims=True)
    till.press("Insert")
    till.page.locator("[data-key=claims]").click()
    assert till.last() == ("claim", {})


def test_the_status_page_lists_what_is_owed(context: object, stage: Stage) -> None:
    slips = [
        {
            "number": "K-1120-09", "amount_minor": 50_000, "state": "expired", "reason": "late", "kiosk": "kiosk-1",
            "at_ms": 1, "expires_ms": 2, "age_days": 91,
        }
    ]  # fmt: skip
    stage.status("fine", claims=slips, claims_count=1, claims_minor=50_000)
    page = context.new_page()  # type: ignore[attr-defined]
    page.goto(f"{stage.base}/status")
    row = page.wait_for_selector("[data-claim=K-1120-09]", timeout=WAIT_MS).inner_text()
    assert "K-1120-09" in row
    assert "500" in row
    assert "91" in row


def test_a_slip_of_another_shop_is_asked_for_before_it_is_paid(till: Till) -> None:
    """No PIN and no pay key stand there while another shop owes it; when it comes the usual screen does, by itself."""
    till.show("claim_other")
    assert "kazan-2" in headline(till)
    assert till.page.locator("#pin, [data-key=claim-do]").count() == 0
    till.press("Enter")
    assert till.last() == ("claim_ask", {"number": "kazan-2/K-1121-17"})
    till.show("claim_other_asked")
    before = len(till.stage.done())
    till.press("Enter", "1", "2", "3", "4", "Enter")
    till.settle()
    assert len(till.stage.done()) == before, "asked twice, or paid"
    till.show("claim")
    assert till.page.locator("#pin").count() == 1
    assert till.page.evaluate("document.activeElement.id") in ("pin", "headline")


def test_a_no_of_the_other_shop_is_said_and_may_be_asked_again(till: Till) -> None:
    till.show("claim_other_paid")
    assert till.page.locator("[data-key=claim-ask]").count() == 0, "paid is for ever"
    till.show("claim_other_kept")
    assert "kazan-2" in headline(till)
    assert "передан" in till.page.locator(".door-left .lead").first.inner_text()
    till.page.locator("[data-key=claim-ask]").click()
    assert till.last() == ("claim_ask", {"number": "kazan-2/K-1121-17"})
    till.press("Escape")
    assert till.last() == ("claim_leave", {})
