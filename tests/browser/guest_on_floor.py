"""What a guest does on the real demo, agreeing on their phone and coming in, and the keys of the bench's floor."""

from __future__ import annotations

import re
import time
from typing import Any

from real_demo import LONG_MS, Demo

PHONE = "+79161234567"
NAME = "Анна"
BOXES = 3
"""Wi-Fi recognition, purchases and offers: a page in Russia asks for no face."""


def plain(text: str) -> str:
    return re.sub(r"[\u00a0\u202f]", " ", text)


def floor(bench: Any, demo: Demo) -> Any:
    """The bench's tab of what hears and sees."""
    bench.set_viewport_size({"width": 1440, "height": 900})
    bench.goto(f"{demo.bench}#hall")
    bench.locator("[data-key='association-power off']").wait_for(timeout=LONG_MS)
    return bench


def switch(bench: Any, program: str, power: str) -> None:
    """A program of the floor by its key; the key that undoes it takes its place."""
    bench.locator(f"[data-key='{program}-power {power}']").click()
    other = {"off": "on", "on": "off"}[power]
    bench.locator(f"[data-key='{program}-power {other}']").wait_for(timeout=LONG_MS)


def guests_page(bench: Any) -> Any:
    """Opened by its link on the bench, at a phone's width."""
    with bench.context.expect_page() as opened:
        bench.get_by_role("link", name="Страница гостя").click()
    page = opened.value
    page.set_viewport_size({"width": 412, "height": 915})
    page.locator("input[name=phone]").wait_for(timeout=LONG_MS)
    return page


def agree(page: Any, demo: Demo) -> None:
    """All boxes, the phone, the name, and the code that came to the bench's messages."""
    boxes = page.locator("input[type=checkbox]")
    assert boxes.count() == BOXES
    assert not any(box.is_checked() for box in boxes.all()), "ticked before anybody ticked it"
    for box in boxes.all():
        box.check()
    page.fill("input[name=phone]", PHONE)
    page.fill("input[name=name]", NAME)
    page.get_by_text("Получить код").click()
    page.locator("input[name=code]").wait_for(timeout=LONG_MS)
    page.fill("input[name=code]", code_sent(demo))
    page.get_by_role("button", name="Подтвердить").click()
    page.get_by_text("Согласие записано").wait_for(timeout=LONG_MS)


def code_sent(demo: Demo, phone: str = PHONE, before: int = 0, within_s: float = LONG_MS / 1000) -> str:
    """The newest one to this phone, where `before` came to it before."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        texts = [message["text"] for message in demo.messages() if message["to"] == phone]
        found = [code[1] for text in texts if (code := re.search(r"Код (\d{6})\.", text))]
        if len(found) > before:
            return found[0]
        time.sleep(0.1)
    raise AssertionError(demo.messages())
