"""Store credit on the till page: by keys alone, from the number to what this purchase takes of it."""

from __future__ import annotations

from stage import WAIT_MS, Till
from test_layout import clipped

ACCOUNT = {"how": "phone", "tail": "4567", "balance_minor": 150_100, "takes_minor": 150_100}


def opened(till: Till) -> None:
    till.press("Insert")
    till.page.locator("[data-key='credit']").click()
    till.page.wait_for_selector(".panel-credit", timeout=WAIT_MS)


def test_a_number_is_looked_for(till: Till) -> None:
    till.show("selling")
    opened(till)
    till.type("89161234567")
    till.press("Enter")
    assert till.last() == ("credit", {"number": "89161234567"})


def test_what_is_there_is_taken_by_enter(till: Till) -> None:
    till.show("selling", account=ACCOUNT)
    opened(till)
    words = till.page.locator(".panel-credit").inner_text().replace("\u202f", " ").replace("\u00a0", " ")
    assert "4567" in words
    assert words.count("1 501") >= 2
    assert clipped(till.page) == []
    till.press("Enter")
    assert till.last() == ("credit_pay", {})


def test_closing_forgets_whose_it_was(till: Till) -> None:
    till.show("selling", account=ACCOUNT)
    opened(till)
    till.press("Escape")
    assert till.last() == ("credit_leave", {})


def test_with_nothing_to_pay_there_is_no_key(till: Till) -> None:
    till.show("selling", account=ACCOUNT | {"takes_minor": 0})
    opened(till)
    assert till.page.locator("[data-key='panel-done']").count() == 0
