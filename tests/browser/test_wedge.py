"""The keyboard wedge in a real Chromium: codes are read whatever the layout and the disguise of GS."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import PATIENT, Till

pytestmark = pytest.mark.browser

ALT, CONTROL, SHIFT = 1, 2, 8
RUSSIAN = dict(zip("qwertyuiopasdfghjklzxcvbnm", "йцукенгшщзфывапролдячсмить", strict=True))
Stroke = tuple[str, str, int]


def strokes(code: str, *, russian: bool = False, caps: bool = False) -> list[Stroke]:
    """The keys a US scanner presses for `code`, and what a host with that layout makes of them."""
    made: list[Stroke] = []
    for letter in code:
        low = letter.lower()
        if letter.isalpha():
            shown = RUSSIAN[low] if russian else low
            upper = letter.isupper() != caps
            made.append((f"Key{low.upper()}", shown.upper() if upper else shown, SHIFT if letter.isupper() else 0))
        elif letter.isdigit():
            made.append((f"Digit{letter}", letter, 0))
        else:
            name, shift = {
                "(": ("Digit9", SHIFT),
                ")": ("Digit0", SHIFT),
                "!": ("Digit1", SHIFT),
                '"': ("Quote", SHIFT),
                "/": ("Slash", 0),
                "=": ("Equal", 0),
                ";": ("Semicolon", 0),
            }[letter]
            made.append((name, {"/": ".", '"': "Э", ";": "ж"}.get(letter, letter) if russian else letter, shift))
    return made


GS_F8 = [("F8", "F8", 0)]
GS_CONTROL = [("BracketRight", "]", CONTROL)]
GS_ALT = [("Numpad0", "0", ALT), ("Numpad2", "2", ALT), ("Numpad9", "9", ALT)]
ENTER = [("Enter", "Enter", 0)]
LF = [("KeyJ", "j", CONTROL)]
CR = [("KeyM", "m", CONTROL)]
TAB = [("Tab", "Tab", 0)]


def send(till: Till, keys: list[Stroke]) -> None:
    session = till.page.context.new_cdp_session(till.page)
    held = 0
    for code, key, modifiers in keys:
        for bit, name in ((ALT, "Alt"), (CONTROL, "Control"), (SHIFT, "Shift")):
            if (modifiers & bit) != (held & bit):
                down = bool(modifiers & bit)
                dispatch(session, "rawKeyDown" if down else "keyUp", f"{name}Left", name, modifiers)
        held = modifiers
        dispatch(session, "rawKeyDown", code, key, modifiers)
        dispatch(session, "keyUp", code, key, modifiers)
    for bit, name in ((ALT, "Alt"), (CONTROL, "Control"), (SHIFT, "Shift")):
        if held & bit:
            dispatch(session, "keyUp", f"{name}Left", name, 0)


def dispatch(session: Any, kind: str, code: str, key: str, modifiers: int) -> None:
    session.send(
        "Input.dispatchKeyEvent",
        {
            "type": kind,
            "code": code,
            "key": key,
            "modifiers": modifiers,
            "location": 3 if code.startswith("Numpad") else 0,
        },
    )


@pytest.fixture
def scanner(till: Till) -> Till:
    """The selling screen with times that a loaded machine can keep."""
    till.show("selling", wedge=PATIENT)
    return till


def scanned(till: Till) -> list[str]:
    till.settle(700)
    return [command["args"]["code"] for command in till.stage.commands if command["do"] == "scan"]


MARK = "010460701233001921a1B2c3"


@pytest.mark.parametrize("russian", [False, True], ids=["us", "russian"])
@pytest.mark.parametrize("caps", [False, True], ids=["caps-off", "caps-on"])
@pytest.mark.parametrize("disguise", [GS_F8, GS_CONTROL, GS_ALT], ids=["F8", "ctrl-bracket", "alt-029"])
def test_mark_with_separator(scanner: Till, russian: bool, caps: bool, disguise: list[Stroke]) -> None:
    """GTIN, serial in mixed case, group separator, key: the same text under each layout, Caps Lock and disguise."""
    keys = strokes(MARK, russian=russian, caps=caps) + disguise + strokes("93dGVz", russian=russian, caps=caps) + ENTER
    send(scanner, keys)
    assert scanned(scanner) == [f"{MARK}\x1d93dGVz"]
    assert scanner.value("search") == ""


def test_punctuation_under_a_russian_layout(scanner: Till) -> None:
    send(scanner, strokes('21(a!)"/=;', russian=True) + ENTER)
    assert scanned(scanner) == ['21(a!)"/=;']


@pytest.mark.parametrize(
    "end", [ENTER, TAB, LF, CR, ENTER + LF, []], ids=["enter", "tab", "ctrl-j", "ctrl-m", "enter-ctrl-j", "silence"]
)
def test_ends_of_a_code(scanner: Till, end: list[Stroke]) -> None:
    """Enter, Tab, LF and CR as Ctrl combinations, CR LF or silence end a code; no tab is opened, nothing pays."""
    send(scanner, strokes("4601234004127") + end)
    assert scanned(scanner) == ["4601234004127"]
    assert scanner.stage.done() == ["scan"]
    assert len(scanner.page.context.pages) == 1


def test_separator_in_front(scanner: Till) -> None:
    """FNC1 in front comes as GS; it belongs to the code."""
    send(scanner, GS_F8 + strokes(MARK) + ENTER)
    assert scanned(scanner) == [f"\x1d{MARK}"]


def test_focus_anywhere(scanner: Till) -> None:
    """A scan counts with the focus on a key, in the basket or in a panel's field."""
    for place in ("[data-key='minus']", ".rows", "[data-key='pay-cash']"):
        scanner.page.locator(place).focus()
        send(scanner, strokes("4601234004127") + ENTER)
        scanner.settle(600)
    assert scanned(scanner) == ["4601234004127"] * 3
    assert scanner.stage.done() == ["scan"] * 3


def test_typing_is_no_scan(till: Till) -> None:
    """Letters at a person's pace go into the search field, in the layout of the person."""
    for code, key in (("KeyG", "п"), ("KeyF", "а"), ("KeyP", "з"), ("KeyK", "л")):
        send(till, [(code, key, 0)])
        till.page.wait_for_timeout(60)
    assert till.value("search") == "пазл"
    assert till.stage.done() == []


def test_a_short_burst_is_typing(scanner: Till) -> None:
    """Two keys hit almost together are two letters, not a code."""
    send(scanner, [("KeyV", "м", 0), ("KeyZ", "я", 0)])
    scanner.page.wait_for_timeout(700)
    assert scanner.value("search") == "мя"
    assert scanner.stage.done() == []


def test_browser_keeps_its_keys(till: Till) -> None:
    """F-keys that are not ours and Ctrl combinations of a person are left alone."""
    seen = till.page.evaluate(
        """() => {
          window.left = [];
          addEventListener("keydown", (event) => window.left.push([event.code, event.defaultPrevented]));
        }"""
    )
    assert seen is None
    for code, key, modifiers in (("F9", "F9", 0), ("KeyC", "c", CONTROL), ("F8", "F8", 0)):
        send(till, [(code, key, modifiers)])
        till.page.wait_for_timeout(120)
    left = [entry for entry in till.page.evaluate("window.left") if not entry[0].startswith("Control")]
    assert left == [["F9", False], ["KeyC", False], ["F8", False]]


def test_timings_come_from_the_view(till: Till) -> None:
    """A slow scanner needs a longer silence: the config says so, the page obeys."""
    till.show("selling", wedge={"hold_ms": 140, "burst_ms": 130, "silence_ms": 160, "guard_ms": 150})
    for stroke in strokes("46012340"):
        send(till, [stroke])
        till.page.wait_for_timeout(70)
    assert scanned(till) == ["46012340"]
