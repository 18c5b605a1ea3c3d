"""The fixture server as a test directs it, and an open till page with what a test does to it."""

from __future__ import annotations

import json
import time
import urllib.request
from typing import Any

from scanner_keys import ENTER, Stroke, burst, strokes

WAIT_MS = 5000
PACE_MS = 60
"""A key each 60 ms is a person: a scanner's come within 55 here."""
SENDING = """(() => {
  const ask = window.fetch;
  window.sending = 0;
  window.fetch = async (url, how) => {
    if (how?.method !== "POST") return ask(url, how);
    window.sending += 1;
    try {
      const answer = await ask(url, how);
      await answer.clone().arrayBuffer();
      return answer;
    } finally {
      setTimeout(() => (window.sending -= 1)); // what waited for this answer's turn leaves before
    }
  };
})()"""
"""Run before a page's own code: how many of its commands are on their way, so that a test need not guess."""
PATIENT = {"hold_ms": 60, "burst_ms": 55, "silence_ms": 800, "guard_ms": 150}
"""Times of the wedge for a machine that does ten things at once and may hold a key up in the middle of a burst."""


class Stage:
    """The fixture server, as a test directs it."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.wedge: dict[str, int] = PATIENT

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        request = urllib.request.Request(
            self.base + path, json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=5) as answer:
            told: dict[str, Any] = json.loads(answer.read())
            return told

    def show(self, view: str, **changes: Any) -> int:
        changes = {"wedge": self.wedge} | changes
        return int(self.post("/fixture/show", {"view": view, "changes": changes})["revision"])

    def status(self, view: str, **changes: Any) -> None:
        self.post("/fixture/show", {"status": view, "changes": changes})

    def visitors(self, day: str, **changes: Any) -> None:
        """After `status`, which is of a shop without sensors. "": no sensors."""
        self.post("/fixture/show", {"visitors": day, "changes": changes})

    @property
    def commands(self) -> list[dict[str, Any]]:
        with urllib.request.urlopen(self.base + "/fixture/commands", timeout=5) as answer:
            told: list[dict[str, Any]] = json.loads(answer.read())
            return told

    def done(self) -> list[str]:
        return [command["do"] for command in self.commands if "do" in command]


class Till:
    """An open till page and what a test does to it."""

    def __init__(self, page: Any, stage: Stage) -> None:
        self.page = page
        self.stage = stage

    def show(self, view: str, **changes: Any) -> None:
        revision = self.stage.show(view, **changes)
        self.page.wait_for_selector(f".page[data-revision='{revision}']", timeout=WAIT_MS)

    def press(self, *keys: str) -> None:
        """Slowly, as fingers do."""
        for name in keys:
            self.page.keyboard.press(name)
            self.page.wait_for_timeout(PACE_MS)

    def type(self, text: str) -> None:
        for letter in text:
            self.page.keyboard.type(letter)
            self.page.wait_for_timeout(PACE_MS)

    def burst(self, keys: list[Stroke]) -> None:
        """All at once, as a scanner."""
        burst(self.page, keys)

    def scan(self, code: str, **how: Any) -> None:
        """A code with Enter behind it."""
        self.burst(strokes(code, **how) + ENTER)

    def settle(self, within_ms: int = 150) -> None:
        """Long enough for a held key and a command; for tests that expect nothing to be sent."""
        self.page.wait_for_timeout(within_ms)

    def sent(self, count: int = 1) -> list[dict[str, Any]]:
        """The commands sent so far, once there are `count` of them."""
        deadline = time.monotonic() + WAIT_MS / 1000
        while len(found := self.stage.commands) < count:
            assert time.monotonic() < deadline, f"{count} commands were awaited, {found} were sent"
            self.page.wait_for_timeout(15)
        return found

    def last(self) -> tuple[str, dict[str, Any]]:
        """The newest command, what and with which arguments, once there is one and no other is on its way."""
        self.page.wait_for_function("() => !window.sending", timeout=WAIT_MS)
        command = self.sent()[-1]
        return command["do"], command["args"]

    def reads(self, field: str, text: str) -> None:
        """The field shows what was typed; the last letter was held before, as it might have been a scanner's first."""
        shown = "([id, text]) => document.getElementById(id)?.value.replaceAll('\\u202f', '') === text"
        self.page.wait_for_function(shown, arg=[field, text], timeout=WAIT_MS)

    def value(self, field: str) -> str:
        return str(self.page.locator(f"#{field}").input_value())
