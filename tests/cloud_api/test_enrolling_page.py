"""The office makes a code and ends a device's access on its page, in real Chromium."""

from __future__ import annotations

import re
from typing import Any

import pytest
from pushing_till import DEVICE, OTHER, PushingTill, a_sale
from running_hq import RunningHq


@pytest.mark.browser
def test_a_code_is_shown_and_a_key_revoked_after_asking_twice(running: RunningHq, page: Any) -> None:
    till = PushingTill()
    till.add("one", a_sale("s1"))
    running.push(till)
    page.goto(f"{running.url}/office#devices")
    page.locator("#enrol-store").fill("  ")
    page.keyboard.press("Enter")
    page.get_by_text("Впишите магазин и кассу").wait_for()
    page.locator("#enrol-store").fill("Казань")
    page.locator("#enrol-till").fill("Касса 7")
    page.keyboard.press("Enter")
    code = page.locator("#enrol-code")
    code.wait_for()
    assert re.fullmatch(r"[0-9A-Z]{4}(-[0-9A-Z]{4}){3}", code.inner_text())
    assert f"tillkeeper enroll {running.url} {code.inner_text()}" in page.locator("#page").inner_text()
    page.set_viewport_size({"width": 360, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.locator("#language").click()
    page.get_by_text("Enrol a till").wait_for()
    assert page.locator("#enrol-store").input_value() == "Казань", "what was typed stays"
    page.locator(f"#replace-{DEVICE}").click()
    page.get_by_text("the machine before is shut out").wait_for()
    assert f"tillkeeper restore {running.url} {code.inner_text()}" in page.locator("#page").inner_text()
    page.locator(f"#revoke-{DEVICE}").click()
    sure = page.locator(f"#revoke-{DEVICE}", has_text="for sure")
    sure.wait_for()
    assert not page.get_by_text("Key revoked").count()
    for width in (800, 1024, 1366):
        page.set_viewport_size({"width": width, "height": 800})
        box = page.locator(f"#keep-{DEVICE}").bounding_box()
        assert box["x"] + box["width"] <= width, "the key that lets it be is cut off"
    page.keyboard.press("Escape")
    page.locator(f"#keep-{DEVICE}").wait_for(state="detached")
    page.wait_for_function(f"() => document.activeElement.id === 'revoke-{DEVICE}'")
    page.keyboard.press("Enter")
    page.locator(f"#keep-{DEVICE}").click()
    page.locator(f"#keep-{DEVICE}").wait_for(state="detached")
    assert not page.get_by_text("Key revoked").count()
    page.locator(f"#revoke-{DEVICE}").click()
    sure.wait_for()
    sure.click()
    page.get_by_text("Key revoked").first.wait_for()
    page.wait_for_function("() => document.activeElement.tagName === 'H2'")
    assert page.locator(f"#revoke-{DEVICE}").count() == 0
    assert page.locator(f"#revoke-{OTHER}").count() == 1
