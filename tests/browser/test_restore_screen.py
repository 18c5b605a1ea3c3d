"""A restored box before it sells: the findings are read, a scan sells nothing, one key of a supervisor confirms."""

from __future__ import annotations

import os

import pytest
from stage import Till

pytestmark = pytest.mark.browser


def test_one_key_confirms_what_the_register_tells_and_a_scan_sells_nothing(till: Till) -> None:
    till.show("restore_found")
    page = till.page
    assert "2\u00a0чека" in page.locator("#headline").inner_text()
    rows = page.locator(".restore-rows li").all_inner_texts()
    assert "4412" in rows[0]
    assert "3499,00" in "".join(rows[1].split())
    if os.environ.get("TILLKEEPER_SHOT"):
        page.screenshot(path=os.environ["TILLKEEPER_SHOT"])
    till.scan("4601234004121")
    till.settle()
    assert till.stage.done() == []
    till.press("Enter")
    assert till.last() == ("restore_confirm", {})


def test_where_there_is_only_to_wait_no_key_does_anything(till: Till) -> None:
    till.show("restore_asking")
    assert till.page.locator("#restore_confirm, #restore_open").count() == 0
    till.press("Enter")
    till.settle()
    assert till.stage.done() == []
