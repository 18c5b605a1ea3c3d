"""The system's Chromium for tests: one browser for the whole run, because a start takes a second."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

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


@contextmanager
def browser() -> Iterator[Any]:
    """Skips by name where Playwright or Chromium is absent. Two at a time cannot be had in one thread."""
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install tillkeeper[test]")
    if CHROMIUM is None:
        pytest.skip("no Chromium: install Debian's chromium or set TILLKEEPER_CHROMIUM")
    with api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield opened
        opened.close()
