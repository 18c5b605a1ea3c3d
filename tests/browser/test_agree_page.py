"""A shopper agrees at the till, in a real browser: each key, and the whole way to a greeting by the face."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from agree_views import AGREE
from living_counter import Living, living_counter
from pictures import take
from stage import PACE_MS, Till
from test_a11y import RUN_AXE, axe
from test_layout import FONTS, clipped

from tests.agent.agreeing_counter import TEMPLATE
from tests.agent.greeting_shop import NAME, PHONE, on_disk
from tests.sensors.radar_process import memory

pytestmark = pytest.mark.browser
__all__ = ["axe"]  # a fixture
LONG_MS = 15_000
WORDS = {"ru": ("С чем вы согласны", "Лицо запомнили"), "en": ("What do you agree to", "The face is remembered")}
BOXES = [f"{one.purpose}:{one.hash}" for one in AGREE["agree_choose"].offered]


# The whole way, with the real agent and its camera door


@pytest.fixture
def folder() -> Iterator[Path]:
    with memory() as made:
        yield made


def keys(page: Any, *names: str) -> None:
    """As fingers do."""
    for name in names:
        page.keyboard.press(name)
        page.wait_for_timeout(PACE_MS)


def types(page: Any, text: str) -> None:
    for letter in text:
        page.keyboard.type(letter)
        page.wait_for_timeout(PACE_MS)


def step(page: Any, name: str) -> None:
    page.wait_for_selector(f".agree.at-{name}", timeout=LONG_MS)
    page.wait_for_timeout(PACE_MS)


def open_screen(page: Any, living: Living, messages: int) -> None:
    """By the keyboard: menu, the entry, the number, the code."""
    keys(page, "Insert")
    item = page.locator(".menu-item[data-key=agree]")
    while "chosen" not in (item.get_attribute("class") or ""):
        keys(page, "ArrowDown")
    keys(page, "Enter")
    step(page, "phone")
    types(page, "+7 926 123-45-67")
    keys(page, "Enter")
    step(page, "code")
    types(page, living.code(messages))
    keys(page, "Enter")
    step(page, "choose")


@pytest.mark.parametrize("language", ["ru", "en"])
def test_from_the_menu_to_a_greeting_by_the_face_and_out_again(chromium: Any, folder: Path, language: str) -> None:
    """Only keys, but for the language; the camera's program is played, everything behind its socket is real."""
    title, seen = WORDS[language]
    with living_counter(folder, "DE") as living:
        context = chromium.new_context(viewport={"width": 1366, "height": 768}, reduced_motion="reduce")
        page = context.new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(living.url)
        page.wait_for_selector(".page[data-screen=selling]", timeout=LONG_MS)
        open_screen(page, living, 1)
        if language == "en":
            page.locator("[data-key=agree-language]").click()
            page.wait_for_function("() => document.documentElement.lang === 'en'")
        assert title in page.locator("#headline").inner_text()
        boxes = page.get_by_role("checkbox")
        assert [box.get_attribute("aria-checked") for box in boxes.all()] == ["false"] * 3, "ticked before anybody did"
        keys(page, "1", "3")
        page.locator("#agree-name").focus()
        types(page, NAME)
        keys(page, "Enter")
        step(page, "face")
        assert living.at.purposes() == ["analytics", "face_id"], "recorded before a camera looks"
        living.do(living.camera.answer, TEMPLATE)
        step(page, "done")
        assert seen in page.locator(".agree").inner_text()
        keys(page, "Enter")
        page.wait_for_selector(".page[data-screen=selling]", timeout=LONG_MS)
        assert page.evaluate("document.documentElement.lang") == "ru", "the till keeps its own language"

        (row,) = living.at.visitors.store.templates()
        living.until(lambda: living.camera.members == [row.record])
        living.recognised(row.record)
        page.wait_for_selector(".guest", timeout=LONG_MS)
        assert page.locator(".guest-name").inner_text().startswith(f"Возможно, {NAME}")

        open_screen(page, living, 2)
        standing = page.locator("[data-standing=face_id]")
        digit = standing.locator(".cap").inner_text()
        keys(page, digit)
        page.wait_for_selector("[data-key=agree-end]")
        keys(page, "Enter")
        page.wait_for_function("() => !document.querySelector('[data-standing=face_id]')", timeout=LONG_MS)
        assert living.at.visitors.store.templates() == []
        assert row.sealed not in on_disk(folder)
        living.until(lambda: living.camera.members == [])
        keys(page, "Escape")
        page.wait_for_selector(".page[data-screen=selling]", timeout=LONG_MS)
        context.close()
        assert errors == []


def test_in_russia_the_screen_says_why_there_is_no_box_about_the_face(chromium: Any, folder: Path) -> None:
    with living_counter(folder, "RU") as living:
        page = chromium.new_page(viewport={"width": 1024, "height": 768})
        page.goto(living.url)
        page.wait_for_selector(".page[data-screen=selling]", timeout=LONG_MS)
        open_screen(page, living, 1)
        assert "572-ФЗ" in page.locator(".faces-why").inner_text()
        assert page.get_by_role("checkbox").count() == 2
        keys(page, "1", "2", "Enter")
        step(page, "done")
        assert living.at.purposes() == ["analytics", "marketing"]
        assert PHONE.encode() in on_disk(folder)
        assert (living.camera.asked, living.at.visitors.store.templates()) == ([], [])
        page.close()


# Each key


def test_the_entry_is_there_only_where_it_can_do_something(till: Till) -> None:
    till.show("selling")
    till.press("Insert")
    assert till.page.locator("[data-key=agree]").count() == 0
    till.press("Escape")
    till.show("selling", agrees=True)
    till.press("Insert")
    till.page.locator("[data-key=agree]").click()
    assert till.last() == ("agree", {})


def test_the_menu_has_room_for_it(till: Till) -> None:
    till.page.set_viewport_size({"width": 1024, "height": 768})
    till.page.add_style_tag(content=FONTS["DejaVu"])
    till.show("selling", agrees=True, claims=True, encashments=True)
    till.press("Insert")
    assert till.page.locator(".menu-item").count() == 15
    assert clipped(till.page) == []


def test_number_and_code_by_keys_and_by_touch(till: Till) -> None:
    till.show("agree_phone")
    till.press("Enter")
    till.settle()
    assert till.stage.done() == [], "no number, no code"
    till.type("+7 926 12")
    till.press("Backspace")
    till.page.locator("[data-key='pad-3']").click()
    till.reads("entry", "+7 926 13")
    till.press("Enter")
    assert till.last() == ("agree_phone", {"number": "+7 926 13"})
    till.show("agree_code")
    till.type("12345")
    till.press("Enter")
    till.settle()
    assert till.stage.done() == ["agree_phone"], "six digits"
    till.type("67")
    till.reads("entry", "123456")
    till.press("Enter")
    assert till.last() == ("agree_code", {"code": "123456"})
    assert till.value("entry") == "", "a wrong one is typed anew"
    till.page.locator("[data-key=agree-again]").click()
    assert till.last() == ("agree_phone", {})
    till.type("654321")
    till.press("Enter")
    assert till.last() == ("agree_code", {"code": "654321"}), "Enter asked for one more code"
    till.press("Escape")
    assert till.last() == ("agree_leave", {})


def test_a_number_that_takes_no_message_is_typed_anew(till: Till) -> None:
    till.show("agree_sending")
    till.show("agree_undeliverable")
    assert "другого номера" in till.page.locator("#polite").inner_text(), "said aloud, too"
    assert till.page.locator("[data-key=agree-again]").count() == 0
    till.page.locator("[data-key=agree-other]").click()
    assert till.last() == ("agree", {})


def test_boxes_are_ticked_one_by_one_and_told_as_they_stood_there(till: Till) -> None:
    till.show("agree_choose")
    till.press("Enter")
    till.settle()
    assert till.stage.done() == [], "nothing ticked is nothing agreed to"
    till.press("1", "3", "1", "2")
    checked = [box.get_attribute("aria-checked") for box in till.page.get_by_role("checkbox").all()]
    assert checked == ["false", "true", "true"]
    till.page.locator("[data-key=tick-face_id]").click()
    till.press("Enter")
    assert till.last() == ("agree_give", {"agreed": [BOXES[1]], "name": ""})


def test_the_screen_of_the_readme(till: Till, tmp_path: Path) -> None:
    till.show("agree_choose")
    till.press("1", "3")
    till.page.locator("#agree-name").focus()
    till.type("Анна")
    take(till.page, "till-agree", tmp_path)


def test_space_ticks_the_box_with_the_focus_and_enter_confirms(till: Till) -> None:
    till.show("agree_choose")
    till.page.locator("[data-key=tick-analytics]").focus()
    till.press(" ")
    assert till.page.locator("[data-key=tick-analytics]").get_attribute("aria-checked") == "true"
    till.press("Enter")
    assert till.last() == ("agree_give", {"agreed": [BOXES[0]], "name": ""})


def test_another_language_is_another_text_and_ticks_anew(till: Till) -> None:
    till.show("agree_choose")
    till.press("1")
    till.page.locator("[data-key=agree-language]").click()
    assert till.last() == ("agree_language", {"language": "en"})
    till.show("agree_choose_en", language="en")
    assert till.page.locator("[aria-checked=true]").count() == 0


def test_a_withdrawal_is_asked_about_once_and_escape_keeps(till: Till) -> None:
    till.show("agree_standing")
    assert till.page.locator("[data-key=agree-look]").is_visible()
    till.press("2")
    assert till.page.locator("[data-key=agree-end]").is_visible()
    till.press("Escape")
    assert till.page.locator("[data-key=agree-end]").count() == 0
    assert till.stage.done() == []
    till.page.locator("[data-key=withdraw-face_id]").click()
    till.press("Enter")
    assert till.last() == ("agree_withdraw", {"consent": "c-face_id"})


def test_escape_after_a_withdrawal_leaves_the_screen(till: Till) -> None:
    """Also while its answer is under way, and once the consent is gone: nothing is left that Escape could keep."""
    till.show("agree_standing")
    till.press("2", "Enter", "Escape")
    till.sent(2)
    assert till.stage.done() == ["agree_withdraw", "agree_leave"]


def test_escape_leaves_where_the_consent_that_was_asked_about_is_gone(till: Till) -> None:
    """Somebody else may have ended it: the screen shows no question, so Escape answers none."""
    till.show("agree_standing")
    till.press("2")
    asked = till.page.locator("[data-key=agree-end]")
    assert asked.count() == 1
    till.show("agree_standing", agree=msgspec.to_builtins(AGREE["agree_standing"]) | {"standing": []})
    assert asked.count() == 0
    till.press("Escape")
    assert till.last() == ("agree_leave", {})


def test_the_camera_is_asked_again_or_done_without(till: Till) -> None:
    till.show("agree_looking")
    till.press("Enter")
    till.settle()
    assert till.stage.done() == [], "it looks already"
    for view in ("agree_several", "agree_nobody", "agree_camera_away", "agree_not_made"):
        till.show(view)
        till.press("Enter")
        assert till.last() == ("agree_look", {})
    till.press("Escape")
    assert till.last() == ("agree_leave", {})


def test_goods_that_are_scanned_go_on(till: Till) -> None:
    for view in ("agree_phone", "agree_choose", "agree_looking"):
        till.show(view)
        till.scan("4601234004127")
        assert till.last() == ("scan", {"code": "4601234004127"}), view


def test_no_number_stands_on_the_screen_once_it_was_typed(till: Till) -> None:
    till.show("agree_phone")
    till.type("+79261234567")
    for view in AGREE:
        till.show(view)
        assert "926" not in till.page.locator("body").inner_text(), view


def test_on_a_tablet_the_name_has_letters_of_its_own(chromium: Any, stage: Any) -> None:
    context = chromium.new_context(viewport={"width": 800, "height": 1280}, has_touch=True, is_mobile=True)
    page = context.new_page()
    revision = stage.show("agree_choose")
    page.goto(f"{stage.base}/till")
    page.wait_for_selector(f".page[data-revision='{revision}']")
    page.locator("#agree-name").tap()
    pad, name = page.locator(".letters").bounding_box(), page.locator("#agree-name").bounding_box()
    assert name["y"] + name["height"] <= pad["y"], "the letters cover what is written"
    page.locator("[data-key='letter-а']").tap()
    page.locator("[data-key='letter-н']").tap()
    assert page.locator("#agree-name").input_value() == "ан"
    page.locator("[data-key=letter-close]").tap()
    assert page.locator(".letters").count() == 0
    context.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(till: Till, axe: str, theme: str) -> None:
    till.page.emulate_media(color_scheme=theme)
    till.page.evaluate(axe)
    wrong = []
    for view in ("agree_phone", "agree_not_sent", "agree_choose_ru", "agree_standing", "agree_several", "agree_done"):
        till.show(view)
        till.page.wait_for_timeout(150)
        wrong += [f"{view}: {what}" for what in till.page.evaluate(RUN_AXE)]
    assert wrong == []
