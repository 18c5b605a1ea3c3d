"""What a cashier does with the keyboard alone, and what the page does when the agent is gone."""

from __future__ import annotations

import json
import re
import time

import pytest
from scanner_keys import strokes
from stage import WAIT_MS, Till

pytestmark = pytest.mark.browser


def test_search_and_take(till: Till) -> None:
    """Words in any order while typing; arrows choose, Enter takes, the field is empty again and has the focus."""
    till.type("маша")
    till.page.wait_for_selector("#result-0")
    assert till.page.locator("#result-0").get_attribute("aria-selected") == "true"
    till.press("Enter")
    assert till.last() == ("add", {"barcode": "4607012330019"})
    assert till.value("search") == ""
    assert till.page.evaluate("document.activeElement.id") == "search"


def test_a_search_says_where_else_and_what_to_ask_by_telephone(till: Till) -> None:
    """Fresh numbers with their moment; an old one never stands among them."""
    now_ms = time.time_ns() // 1_000_000
    fresh = {"store": "Самара", "pieces": 3, "many": False, "as_of_ms": now_ms, "call": False}
    many = {"store": "Уфа", "pieces": 11, "many": True, "as_of_ms": now_ms, "call": False}
    old = {"store": "Казань", "pieces": 2, "many": False, "as_of_ms": now_ms - 7_200_000, "call": True}
    undated = {"store": "Омск", "pieces": 1, "many": False, "as_of_ms": 0, "call": True}
    doll = {"barcode": "4607012330019", "name": "Маша", "price_minor": 100, "unit": "pcs", "marked": False}
    told = json.dumps([doll | {"elsewhere": [fresh, many, old, undated]}])
    till.page.route("**/search?*", lambda route: route.fulfill(body=told, content_type="application/json"))
    till.type("маша")
    line = till.page.wait_for_selector("#result-0 .elsewhere").inner_text()
    assert re.fullmatch(
        r"Ещё: Самара 3, Уфа больше 10 \(по данным на \d\d:\d\d\)\. "
        r"Данные старые \(\d\d:\d\d\), уточните по телефону: Казань 2\. "
        r"Уточните по телефону, данным нельзя верить: Омск 1\.",
        line,
    ), line


def test_f2_does_nothing_while_searching(till: Till) -> None:
    till.type("м")
    till.press("F2", "End")
    till.settle()
    assert till.stage.done() == []
    assert "Enter" in till.page.locator(".said").inner_text()
    till.press("Escape")
    assert till.value("search") == ""


@pytest.mark.parametrize(
    ("keys", "act", "args"),
    [
        (["ArrowUp"], "select", {"line": "l4"}),
        (["NumpadAdd"], "quantity", {"line": "l5", "thousandths": 4000}),
        (["NumpadSubtract"], "quantity", {"line": "l5", "thousandths": 2000}),
        (["1", "2", "*"], "quantity", {"line": "l5", "thousandths": 12000}),
        (["%", "1", "0", "Enter"], "discount", {"line": "l5", "percent_thousandths": 10_000}),
        (["Delete"], "remove", {"line": "l5"}),
        (["Home"], "park", {}),
        (["End"], "pay", {"means": "cash"}),
        (["F2"], "pay", {"means": "card"}),
        (["Insert", "5", "Enter"], "x_report", {}),
        (["Insert", "7", "Enter"], "open_drawer", {}),
        (["Insert", "3", "Enter", "5", "0", "0", "Enter"], "cash_in", {"sum_minor": 50_000}),
        (["Insert", "1", "Enter", "0", "4", "1", "8", "Enter"], "refund", {"number": "0418"}),
        (["Insert", "6", "Enter", "1", "Enter"], "close_shift", {}),
        (["Insert", "9", "Enter"], "language", {"language": "en"}),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, list) else None,
)
def test_selling_keys(till: Till, keys: list[str], act: str, args: dict[str, object]) -> None:
    till.press(*keys)
    assert till.last() == (act, args)
    assert len(till.stage.done()) == 1


def test_backspace_undoes(till: Till) -> None:
    till.show("said")
    till.press("Backspace")
    assert till.last() == ("undo", {})


def test_sign_in(till: Till) -> None:
    till.show("locked")
    till.press("2", "1", "2", "3", "4", "Enter")
    assert till.last() == ("sign_in", {"cashier": "anna", "pin": "1234"})
    assert till.page.locator(".dots-pin .on").count() == 0


def test_shift_opens_with_a_float(till: Till) -> None:
    till.show("shift_closed")
    till.press("3", "0", "0", "0", "Enter")
    assert till.last() == ("open_shift", {"float_minor": 300_000})


def test_a_digit_only_selects(till: Till) -> None:
    """In a decision a digit selects, Enter asks for the PIN, Enter again confirms; all answers weigh the same."""
    till.show("card_person")
    assert till.page.locator(".key.filled").count() == 0
    till.press("2")
    assert till.stage.done() == []
    till.press("Enter")
    assert till.page.evaluate("document.activeElement.id") == "pin"
    till.press("7", "7", "1", "3")
    till.press("Enter")
    assert till.last() == ("choose", {"choice": "slip_none", "person": "olga", "pin": "7713"})


def test_unsealed_has_one_filled_way(till: Till) -> None:
    till.show("unsealed_mark")
    assert till.page.locator(".key.filled").count() == 1
    till.press("2", "Enter")
    assert till.last() == ("choose", {"choice": "drop_line", "line": "l2"})


def test_a_scan_mends_the_mark(till: Till) -> None:
    till.show("unsealed_mark")
    till.burst(strokes("0104607012330019"))
    assert till.last() == ("choose", {"choice": "rescan_mark", "line": "l2", "code": "0104607012330019"})


def test_next_shopper_only_after_its_time(till: Till) -> None:
    till.show("card_unknown")
    till.press("Home")
    till.settle()
    assert till.stage.done() == []
    till.show("card_unknown_parkable")
    till.press("Home")
    assert till.last() == ("next_shopper", {})


def test_stop_is_a_request(till: Till) -> None:
    till.show("card")
    assert "0:1" in till.page.locator(".case-body").inner_text()
    till.press("Escape")
    assert till.last() == ("stop_card", {})
    till.show("card_stopping")
    assert till.page.locator("[data-key='stop-card']").get_attribute("aria-disabled") == "true"


def test_receipt_shows_change_text_and_qr(till: Till) -> None:
    till.show("receipt")
    assert till.page.locator(".huge .unseen").inner_text() == "379 рублей"
    assert "200 + 100 + 50 + 10 + 10 + 5 + 2 + 2" in till.page.locator(".hand-out").inner_text()
    assert till.page.wait_for_function("() => document.querySelector('.qr img')?.naturalWidth > 0")
    till.press("Enter")
    assert till.last() == ("new_sale", {})


def test_what_follows_a_confirmed_receipt_belongs_to_the_next_sale(till: Till) -> None:
    """Enter and the menu or a word at once: the next sale opens late, and both are still there."""
    till.show("receipt")
    till.press("Enter", "Insert")
    till.page.wait_for_selector(".panel-more")
    till.show("selling")
    assert till.page.locator(".panel-more").count() == 1
    till.press("Escape")
    till.show("receipt")
    till.type("маша")
    till.show("selling")
    till.reads("search", "маша")
    till.show("cash")
    till.show("selling")
    assert till.value("search") == ""


def test_agent_gone_and_back(till: Till) -> None:
    """Within two seconds and a bit the page says so and takes no key; when the agent is back it shows its state."""
    till.stage.post("/fixture/away", {"away": True})
    till.page.wait_for_selector(".gone-card", timeout=3500)
    till.press("F2", "Delete")
    assert till.stage.done() == []
    till.stage.post("/fixture/away", {"away": False})
    till.page.wait_for_selector(".gone-card", state="detached", timeout=WAIT_MS)
    till.show("cash")


RECORD = """() => {
  const root = document.getElementById("app");
  window.drawn = [];
  const look = () => {
    const { screen, revision } = document.querySelector(".page").dataset;
    const told = `${screen} ${revision} ${document.querySelector(".chip.ok") ? "well" : "trouble"}`;
    if (window.drawn.at(-1) !== told) window.drawn.push(told);
  };
  new MutationObserver(look).observe(root, { attributes: true, childList: true, subtree: true });
  look();
}"""


def test_an_older_view_never_replaces_a_newer_one(till: Till) -> None:
    """An answer that the feed has overtaken is not drawn for a moment, nor is an older state from the feed itself: pay
    keys that are gone stay gone. What was told last comes last, so each step ends with something newer that is drawn.
    """
    till.stage.post("/fixture/answers", {"late": True})
    till.press("Delete")
    till.sent()
    till.show("card_unknown")
    till.page.evaluate(RECORD)
    till.stage.post("/fixture/answers", {"late": False})
    till.press("Insert")  # commands go one after the other: this one leaves when the late answer has been taken in
    till.sent(2)
    assert till.stage.done() == ["remove", "call_supervisor"]
    for back in (1, 40, 0):
        till.stage.post("/fixture/older", {"view": "selling", "back": back})
        till.show("card_unknown")
    drawn = [told.split() for told in till.page.evaluate("window.drawn")]
    assert {screen for screen, _, _ in drawn} == {"case"}
    assert {chips for _, _, chips in drawn} == {"trouble"}
    revisions = [int(revision) for _, revision, _ in drawn]
    assert revisions == sorted(revisions)
    assert len(revisions) == 4


def test_a_new_connection_counts_whatever_its_revision(till: Till) -> None:
    """Another agent may have begun to count anew."""
    till.show("card_unknown")
    till.stage.post("/fixture/away", {"away": True})
    till.page.wait_for_selector(".gone-card", timeout=WAIT_MS)
    till.stage.post("/fixture/older", {"view": "selling", "back": 40})
    till.stage.post("/fixture/away", {"away": False})
    till.page.wait_for_selector(".main-selling", timeout=WAIT_MS)
