"""The real demo in a real browser: from first scan to receipt, through a lost answer; and the README's bench.

TILLKEEPER_PICTURES=1 renews that picture; the others are made by tests/e2e/test_pictures.py.
"""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pictures import take

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
LONG_MS = 45_000
"""A card takes five seconds, a terminal that lost its power ten more, on a machine that nine others use."""


class Demo:
    """A demo shop's addresses."""

    def __init__(self, lines: list[str]) -> None:
        told = "\n".join(lines)
        self.till = re.search(r"till 1\s+(\S+)", told)[1]  # type: ignore[index]
        self.bench = re.search(r"bench\s+(\S+)", told)[1]  # type: ignore[index]
        self.office = re.search(r"office\s+(\S+)", told)[1]  # type: ignore[index]

    def order(self, device: str, command: str) -> None:
        url = self.bench.replace("/bench", f"/api/bench/{device}")
        told = json.dumps({"command": command}).encode()
        with urllib.request.urlopen(urllib.request.Request(url, told), timeout=30) as answer:
            assert json.load(answer)["done"] is True

    def ledger(self, device: str) -> list[str]:
        """What truly happened in a device, oldest first."""
        with urllib.request.urlopen(self.bench.replace("/bench", "/api/bench"), timeout=30) as answer:
            rows = json.load(answer)["ledger"]
        return [row["event"] for row in reversed(rows) if row["device"] == device]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    data = tmp_path_factory.mktemp("demo")
    command = [sys.executable, "-m", "agent", "demo", "--port", "0", "--hq-port", "0", "--data", str(data)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert process.stdout is not None
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line)
        if "Ctrl-C" in line:
            break
    yield Demo(lines)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=30) == 0


@pytest.fixture
def page(chromium: Any, demo: Demo) -> Iterator[Any]:
    context = chromium.new_context(viewport={"width": 1366, "height": 768}, reduced_motion="reduce", locale="ru-RU")
    errors: list[str] = []
    opened = context.new_page()
    opened.on("pageerror", lambda error: errors.append(str(error)))
    yield opened
    context.close()
    assert errors == []


def keys(page: Any, *names: str) -> None:
    """As fingers do: a key each 80 ms is no scanner."""
    for name in names:
        page.keyboard.press(name)
        page.wait_for_timeout(80)


def screen(page: Any, name: str, within_ms: int = LONG_MS) -> None:
    page.wait_for_selector(f".page[data-screen='{name}']", timeout=within_ms)


def test_from_scan_to_receipt_through_a_lost_answer(page: Any, demo: Demo) -> None:
    """Law 2 on the screen: no pay key while the outcome is unknown; then one charge, one receipt."""
    page.goto(demo.till)
    screen(page, "locked")
    keys(page, "1", "1", "1", "1", "1", "Enter")
    screen(page, "shift_closed")
    keys(page, "1", "0", "0", "0", "Enter")
    screen(page, "selling")
    for code in ("4601234004121", "4620014260014", "4607008120127"):
        demo.order("scanner-1", f"scan {code}")
        page.wait_for_timeout(400)
    assert "Пазл" in page.locator("body").inner_text()
    demo.order("terminal-1", "fault power_off_after_booking=3")
    keys(page, "F2")
    screen(page, "case")
    assert page.locator("[data-key^='pay-']").count() == 0, "a pay key while nobody knows whether the card was charged"
    screen(page, "receipt")
    assert demo.ledger("terminal-1").count("charged") == 1
    assert demo.ledger("register-1").count("fiscalised") == 1


def test_the_bench_in_the_browser_cuts_the_power_and_gives_it_back(page: Any, demo: Demo, tmp_path: Path) -> None:
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(demo.bench)
    page.wait_for_selector(".machine")
    assert page.locator(".machine").count() == 7
    for machine in page.locator(".machine").all():
        box = machine.bounding_box()
        assert box["y"] + box["height"] <= 900, "a device that one has to scroll to"
    page.locator("[data-key='card_lost']").click()
    page.wait_for_selector(".truth-rows tr")
    take(page, "bench", tmp_path, fits=False)
    page.locator("[data-key='card_lost']").blur()
    page.locator("[data-key='agent-power off']").click()
    page.locator("[data-key='agent-power on']").click(timeout=LONG_MS)
    page.wait_for_selector("[data-key='agent-power off']", timeout=LONG_MS)
    assert boots(demo.till)
    page.goto(demo.till)
    page.wait_for_selector(".page", timeout=LONG_MS)


def boots(url: str, within_s: float = 20.0) -> bool:
    """A program that has its power back answers after a second or two."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            time.sleep(0.2)
    return False


def test_the_office_has_the_sale(page: Any, demo: Demo) -> None:
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(demo.office)
    page.wait_for_selector("main .card", timeout=LONG_MS)
    page.get_by_text("Мишкин дом").first.wait_for(timeout=LONG_MS)
