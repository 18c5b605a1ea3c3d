"""The guests' page in a real browser, the size of a phone: by keyboard alone, in both themes, at twice the size."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from sensors.association.portal.words import WORDS
from tests.sensors.association_samples import ADDRESS, NETWORK
from tests.sensors.portal_stage import Stage

pytestmark = pytest.mark.browser
ROOT = Path(__file__).resolve().parents[2]
AXE_PLACES = [
    Path(os.environ.get("TILLKEEPER_AXE", "axe.min.js")),
    ROOT / "node_modules" / "axe-core" / "axe.min.js",
    Path.home() / ".cache" / "tillkeeper" / "node_modules" / "axe-core" / "axe.min.js",
]
RUN_AXE = """async () => {
  const told = await axe.run(document, { resultTypes: ["violations"] });
  return told.violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html.slice(0, 120)).join(" | ")}`);
}"""
SMALL = """() => [...document.querySelectorAll("button, a, input:not([type=hidden])")]
  .map((one) => [one.closest("label") ?? one, one])
  .filter(([area, one]) => area.getBoundingClientRect().height < 48)
  .map(([, one]) => one.outerHTML)"""
PHONE = {"width": 390, "height": 844}


class _Server(uvicorn.Server):
    def install_signal_handlers(self) -> None:
        return None


@contextmanager
def served(stage: Stage) -> Iterator[str]:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        config = uvicorn.Config(stage.app, log_level="warning", access_log=False, lifespan="off", ws="none")
        server = _Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
        thread.start()
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{bound.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(20)


def axe() -> str | None:
    return next((place.read_text("utf-8") for place in AXE_PLACES if place.is_file()), None)


@pytest.fixture
def stage() -> Stage:
    return Stage()


@pytest.fixture
def page(chromium: Any, stage: Stage) -> Iterator[Any]:
    with served(stage) as base:
        context = chromium.new_context(viewport=PHONE, has_touch=True, is_mobile=True, locale="ru-RU", base_url=base)
        # Nothing of the page is from elsewhere: whatever asks for another host is refused, and remembered.
        asked: list[str] = []
        context.on("request", lambda request: asked.append(request.url))
        opened = context.new_page()
        errors: list[str] = []
        opened.on("console", lambda told: errors.append(told.text) if told.type == "error" else None)
        opened.goto(f"/guest/s/default/?id={ADDRESS.hex(':')}&ssid={NETWORK}")
        yield opened
        context.close()
        assert not [url for url in asked if not url.startswith(base)]
        # A form that was refused is a page with words, and a line in the console.
        assert not [text for text in errors if "Failed to load resource" not in text]


def tab_to(page: Any, selector: str) -> None:
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"the keyboard does not reach {selector}")


def test_a_guest_agrees_by_keyboard_and_withdraws(page: Any, stage: Stage) -> None:
    tab_to(page, "input[value=wifi_id]")
    outline = page.evaluate("() => getComputedStyle(document.activeElement).outlineWidth")
    assert outline == "3px"
    page.keyboard.press("Space")
    tab_to(page, "#phone")
    page.keyboard.type("8 926 123-45-67")
    page.keyboard.press("Enter")
    page.wait_for_selector("#code")
    assert page.evaluate("() => document.activeElement.id") == "code"
    page.keyboard.type(stage.code())
    page.keyboard.press("Enter")
    page.get_by_role("heading", name=WORDS["done"].ru).wait_for()
    assert len(stage.agent.books.gives) == 1
    page.get_by_role("link", name=WORDS["mine"].ru).click()
    page.get_by_label(WORDS["phone"].ru).fill("+79261234567")
    page.get_by_role("button", name=WORDS["get_code"].ru).click()
    page.get_by_label(WORDS["code"].ru).fill(stage.code())
    page.get_by_role("button", name=WORDS["confirm"].ru).click()
    page.get_by_role("checkbox").check()
    with page.expect_download() as taken:
        page.get_by_role("button", name=WORDS["export"].ru).click()
    assert taken.value.suggested_filename == "my-data.json"
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name=WORDS["withdraw"].ru).click()
    page.get_by_text(WORDS["none_standing"].ru).wait_for()


def test_the_pages_are_fit_for_everybody(page: Any, stage: Stage) -> None:
    source = axe()
    wrong: list[str] = []

    def judge(name: str) -> None:
        assert page.evaluate(SMALL) == [], name
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)
            if source is not None:
                page.evaluate(source)
                wrong.extend(f"{name} {theme}: {what}" for what in page.evaluate(RUN_AXE))
        for width in (195, 320, 390, 1024):
            page.set_viewport_size({"width": width, "height": 844})
            wide = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
            assert wide <= 0, f"{name} at {width}: {wide} px too wide"
        page.set_viewport_size(PHONE)

    judge("choice")
    page.get_by_label(WORDS["phone"].ru).fill("12")
    page.get_by_role("checkbox").first.check()
    page.get_by_role("button", name=WORDS["get_code"].ru).click()
    page.get_by_role("alert").wait_for()
    judge("wrong number")
    page.get_by_label(WORDS["phone"].ru).fill("+79261234567")
    page.get_by_role("button", name=WORDS["get_code"].ru).click()
    page.wait_for_selector("#code")
    judge("code")
    page.get_by_label(WORDS["code"].ru).fill(stage.code())
    page.get_by_role("button", name=WORDS["confirm"].ru).click()
    page.get_by_role("heading", name=WORDS["done"].ru).wait_for()
    judge("done")
    page.get_by_role("button", name=WORDS["go_online"].ru).click()
    page.get_by_role("status").wait_for()
    judge("online")
    page.goto("/my?lang=en")
    judge("mine")
    page.get_by_label(WORDS["phone"].en).fill("+79261234567")
    page.get_by_role("button", name=WORDS["get_code"].en).click()
    page.get_by_label(WORDS["code"].en).fill(stage.code())
    page.get_by_role("button", name=WORDS["confirm"].en).click()
    page.get_by_role("checkbox").wait_for()
    judge("standing")
    assert wrong == []
    if source is None:
        pytest.skip("no axe-core: npm install axe-core, or set TILLKEEPER_AXE to its axe.min.js (the rest passed)")
