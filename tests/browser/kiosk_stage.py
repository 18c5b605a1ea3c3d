"""An open kiosk page and what a test does to it."""

from __future__ import annotations

import time
from typing import Any

from scanner_keys import ENTER, burst, strokes
from stage import WAIT_MS, Stage

SIZE = {"width": 1080, "height": 1920}


class Kiosk:
    """An open kiosk page: shows states, touches keys, looks at what was sent."""

    def __init__(self, page: Any, stage: Stage) -> None:
        self.page = page
        self.stage = stage

    def show(self, view: str, **changes: Any) -> int:
        changes = {"wedge": self.stage.wedge} | changes
        revision = int(self.stage.post("/fixture/show", {"kiosk": view, "changes": changes})["revision"])
        self.page.wait_for_selector(f".page[data-revision='{revision}']", timeout=WAIT_MS)
        return revision

    def key(self, name: str) -> Any:
        return self.page.locator(f"[data-key='{name}']")

    def tap(self, *names: str) -> None:
        """As a finger does; a key that has just appeared is dead for 300 ms, which Playwright waits out."""
        for name in names:
            self.key(name).click(timeout=WAIT_MS)

    def press(self, name: str) -> None:
        """Twice within one millisecond, past the 300 ms: what a trembling finger may do at worst."""
        self.key(name).evaluate("(node) => { node.click(); node.click(); }")

    def scan(self, code: str) -> None:
        burst(self.page, strokes(code) + ENTER)

    def settle(self, within_ms: int = 120) -> None:
        """For tests that expect nothing to be sent."""
        self.page.wait_for_timeout(within_ms)

    def sent(self, count: int = 1) -> list[dict[str, Any]]:
        deadline = time.monotonic() + WAIT_MS / 1000
        while len(found := self.stage.commands) < count:
            assert time.monotonic() < deadline, f"{count} commands were awaited, {found} were sent"
            self.page.wait_for_timeout(15)
        return found

    def last(self, count: int = 1) -> tuple[str, dict[str, Any]]:
        self.page.wait_for_function("() => !window.sending", timeout=WAIT_MS)
        command = self.sent(count)[-1]
        return command["do"], command["args"]

    def text(self, selector: str) -> str:
        return str(self.page.locator(selector).inner_text()).replace("\u202f", " ").replace("\u00a0", " ")
