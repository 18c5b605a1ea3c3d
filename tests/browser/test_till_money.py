"""What may never happen at the till page: a pay control in UNKNOWN, a payment by a scanner's suffix, one twice."""

from __future__ import annotations

import pytest
from scanner_keys import ENTER, burst, strokes
from stage import Till
from views import VIEWS

pytestmark = pytest.mark.browser

PAY_CONTROLS = (
    "[data-money], [data-key='take-cash'], [data-key='rest-card'], [data-key='refund-pay'], "
    "[data-key^='pay-'], [data-key^='quick-']"
)
UNKNOWN = sorted(name for name, view in VIEWS.items() if view.case is not None and view.case.kind != "unsealed")
UNSEALED = sorted(name for name, view in VIEWS.items() if view.case is not None and view.case.kind == "unsealed")


@pytest.mark.parametrize("name", [*UNKNOWN, *UNSEALED, "card", "working", "disk_full", "other_register"])
def test_no_pay_control_exists(till: Till, name: str) -> None:
    """While a case stands, money runs or the till is stopped there is no pay control in the DOM, and no key pays."""
    till.show(name)
    assert till.page.locator(PAY_CONTROLS).count() == 0
    for key in ("F2", "End", "Enter", "NumpadEnter", "NumpadAdd"):
        till.press(key)
    till.settle()
    assert not {"pay", "take_cash", "refund_pay", "choose"} & set(till.stage.done())


def test_selling_has_pay_controls(till: Till) -> None:
    """The selector of the test above finds them where they belong."""
    assert till.page.locator("[data-key='pay-card']").count() == 1
    assert till.page.locator("[data-key='pay-cash']").count() == 1


def test_suffix_never_pays(till: Till) -> None:
    """A scan with Enter, twice Enter, or Enter on a focused pay key: the only command is the scan."""
    till.page.locator("[data-key='pay-card']").focus()
    till.burst([*strokes("4601234004127"), *ENTER, *ENTER])
    till.sent()
    till.settle(200)
    till.page.locator("[data-key='pay-card']").focus()
    till.press("Enter", "NumpadEnter")
    till.settle(200)
    assert till.stage.done() == ["scan"]


def test_enter_after_a_scan_does_not_take_cash(till: Till) -> None:
    """On the cash screen a scan is refused, is no amount, and its suffix does not accept the money."""
    till.show("cash")
    till.press("7", "0", "0", "0")
    till.burst([*strokes("4601234004127"), *ENTER, *ENTER])
    till.page.wait_for_selector(".said")
    till.reads("amount", "7000")
    assert till.stage.done() == []
    assert till.page.locator(".said").inner_text().startswith("Чек уже оплачивается")
    till.settle(200)
    till.press("Enter")
    assert till.last() == ("take_cash", {"received_minor": 700_000})


NUMLOCK_OFF = [
    ("Numpad7", "Home", 0),
    ("Numpad1", "End", 0),
    ("Numpad0", "Insert", 0),
    ("NumpadDecimal", "Delete", 0),
    ("Numpad5", "Clear", 0),
]
"""What a numpad says without NumLock: keys that would park, pay, open the menu and remove."""


def without_numlock(till: Till) -> None:
    for stroke in NUMLOCK_OFF:
        burst(till.page, [stroke])
        till.page.wait_for_timeout(70)


def test_numlock_off_neither_parks_nor_pays(till: Till) -> None:
    """With NumLock off the numpad says Home, End, Insert, Delete; the codes still are digits."""
    without_numlock(till)
    till.reads("search", "710.5")
    assert till.stage.done() == []


def test_numlock_off_is_an_amount_on_the_cash_screen(till: Till) -> None:
    """The same numpad on the cash screen: digits of the amount, and no key leaves the screen, pays or opens a menu."""
    till.show("cash")
    without_numlock(till)
    till.reads("amount", "710,5")
    assert till.page.locator(".panel").count() == 0
    assert till.stage.done() == []


def test_double_press_pays_once(till: Till) -> None:
    """A double click on the key is one payment, with an id and the revision that was on the screen."""
    till.page.evaluate(
        """() => { const key = document.querySelector("[data-key='pay-card']"); key.click(); key.click(); }"""
    )
    till.sent()
    till.settle()
    commands = till.stage.commands
    assert [command["do"] for command in commands] == ["pay"]
    assert len(commands[0]["id"]) == 36
    assert commands[0]["revision"] == int(till.page.locator(".page").get_attribute("data-revision"))


def test_a_held_key_commands_once(till: Till) -> None:
    """A box that lies on the keyboard repeats a key; repeats command nothing."""
    till.page.keyboard.down("Delete")
    for _ in range(5):
        till.page.keyboard.down("Delete")
    till.page.keyboard.up("Delete")
    till.settle()
    assert till.stage.done() == ["remove"]


def test_unavailable_means_give_the_reason(till: Till) -> None:
    till.show("terminal_away")
    key = till.page.locator("[data-key='pay-card']")
    assert key.get_attribute("aria-disabled") == "true"
    assert "Терминал не отвечает" in key.inner_text()
    till.press("F2")
    till.settle()
    assert till.stage.done() == []


def test_split_by_card_sends_the_rest(till: Till) -> None:
    till.show("cash")
    till.press("5", "0", "0", "0", "F2")
    assert till.last() == ("pay", {"means": "card", "sum_minor": 162_110})


def test_reload_and_second_tab_show_the_same(till: Till) -> None:
    """The page is a window: a reload and another tab show the agent's state, whatever the first one typed."""
    till.show("card_unknown")
    other = till.page.context.new_page()
    other.goto(f"{till.stage.base}/till/1")
    till.page.reload()
    for page in (till.page, other):
        page.wait_for_selector(".case.unknown")
        assert page.locator(PAY_CONTROLS).count() == 0
