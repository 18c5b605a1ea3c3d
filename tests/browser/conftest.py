"""Chromium, the fixture server and one page per test; all is skipped by name where Chromium is absent."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

playwright_api = pytest.importorskip(
    "playwright.sync_api", reason="playwright is not installed: pip install tillkeeper[test]"
)

HERE = Path(__file__).resolve().parent
CHROMIUM = os.environ.get("TILLKEEPER_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WAIT_MS = 5000
# A busy test machine sends keys slower than a scanner does; the wedge's times are config, so these tests stretch them.
PATIENT = {"hold_ms": 400, "burst_ms": 380, "silence_ms": 420, "guard_ms": 500}


class Stage:
    """The fixture server, as a test directs it."""

    def __init__(self, base: str) -> None:
        self.base = base

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        request = urllib.request.Request(
            self.base + path, json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=5) as answer:
            told: dict[str, Any] = json.loads(answer.read())
            return told

    def show(self, view: str, **changes: Any) -> int:
        return int(self.post("/fixture/show", {"view": view, "changes": changes})["revision"])

    def status(self, view: str, **changes: Any) -> None:
        self.post("/fixture/show", {"status": view, "changes": changes})

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
        """Slowly, as fingers do: a key each 60 ms is no scanner."""
        for name in keys:
            self.page.keyboard.press(name)
            self.page.wait_for_timeout(60)

    def type(self, text: str) -> None:
        for letter in text:
            self.page.keyboard.type(letter)
            self.page.wait_for_timeout(60)

    def settle(self, within_ms: int = 220) -> None:
        """Long enough for a held key, a command and its answer."""
        self.page.wait_for_timeout(within_ms)

    def value(self, field: str) -> str:
        return str(self.page.locator(f"#{field}").input_value())


@pytest.fixture(scope="session")
def stage() -> Iterator[Stage]:
    server = subprocess.Popen([sys.executable, str(HERE / "fixture_server.py")], stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    word, port = server.stdout.readline().split()
    assert word == "ready"
    yield Stage(f"http://127.0.0.1:{port}")
    server.terminate()
    server.wait(timeout=10)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("no Chromium: install Debian's chromium or set TILLKEEPER_CHROMIUM")
    with playwright_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def context(chromium: Any) -> Iterator[Any]:
    made = chromium.new_context(viewport={"width": 1366, "height": 768}, reduced_motion="reduce")
    yield made
    made.close()


@pytest.fixture
def errors() -> list[str]:
    return []


@pytest.fixture
def till(context: Any, stage: Stage, errors: list[str]) -> Iterator[Till]:
    """A till page on the selling screen; a script error fails the test."""
    stage.post("/fixture/away", {"away": False})
    stage.post("/fixture/shop", {"open": False})
    stage.post("/fixture/forget", {})
    stage.show("selling")
    page = context.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{stage.base}/till")
    page.wait_for_selector(".page", timeout=WAIT_MS)
    yield Till(page, stage)
    assert errors == []
