"""The fixture server, the till page and the kiosk page: one of each for all tests, a page loaded anew before each."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kiosk_stage import SIZE, Kiosk
from stage import SENDING, WAIT_MS, Stage, Till

HERE = Path(__file__).resolve().parent


@pytest.fixture(scope="session")
def stage() -> Iterator[Stage]:
    server = subprocess.Popen([sys.executable, str(HERE / "fixture_server.py")], stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    word, port = server.stdout.readline().split()
    assert word == "ready"
    yield Stage(f"http://127.0.0.1:{port}")
    server.terminate()
    server.wait(timeout=10)


@pytest.fixture
def context(chromium: Any) -> Iterator[Any]:
    made = chromium.new_context(viewport={"width": 1366, "height": 768}, reduced_motion="reduce")
    yield made
    made.close()


@pytest.fixture(scope="session")
def kept_page(chromium: Any) -> Iterator[tuple[Any, list[str]]]:
    """A new context and page for each of two hundred tests would take longer than the tests."""
    made = chromium.new_context(viewport={"width": 1366, "height": 768}, reduced_motion="reduce")
    made.add_init_script(SENDING)
    page = made.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page, errors
    made.close()


@pytest.fixture
def till(kept_page: tuple[Any, list[str]], stage: Stage) -> Iterator[Till]:
    """A till page on the selling screen; a script error fails the test."""
    page, errors = kept_page
    errors.clear()
    for change in ("away", "answers", "forget"):
        stage.post(f"/fixture/{change}", {"away": False})
    revision = stage.show("selling")
    page.set_viewport_size({"width": 1366, "height": 768})
    page.emulate_media(color_scheme="light", forced_colors="none", reduced_motion="reduce")
    page.goto(f"{stage.base}/till")
    page.wait_for_selector(f".page[data-revision='{revision}']", timeout=WAIT_MS)
    yield Till(page, stage)
    for other in page.context.pages:
        if other is not page:
            other.close()
    assert errors == []


@pytest.fixture(scope="session")
def kept_kiosk(chromium: Any) -> Iterator[tuple[Any, list[str]]]:
    """The same for the kiosk, upright."""
    made = chromium.new_context(viewport=SIZE, reduced_motion="reduce")
    made.add_init_script(SENDING)
    page = made.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page, errors
    made.close()


@pytest.fixture
def kiosk(kept_kiosk: tuple[Any, list[str]], stage: Stage) -> Iterator[Kiosk]:
    """A kiosk page on its invitation; a script error fails the test."""
    page, errors = kept_kiosk
    errors.clear()
    for change in ("away", "answers", "forget"):
        stage.post(f"/fixture/{change}", {"away": False})
    revision = int(stage.post("/fixture/show", {"kiosk": "attract", "changes": {"wedge": stage.wedge}})["revision"])
    page.emulate_media(color_scheme="light", forced_colors="none", reduced_motion="reduce")
    page.goto(f"{stage.base}/kiosk")
    page.wait_for_selector(f".page[data-revision='{revision}']", timeout=WAIT_MS)
    yield Kiosk(page, stage)
    assert errors == []
