"""The keyboard wedge in a real Chromium: codes are read whatever the layout and the disguise of GS."""

from __future__ import annotations

import pytest
from scanner_keys import CONTROL, CR, ENTER, GS_ALT, GS_CONTROL, GS_F8, LF, TAB, Stroke, strokes
from stage import Till

pytestmark = pytest.mark.browser


def scanned(till: Till, count: int = 1) -> list[str]:
    """The codes that were sent, once there are `count` commands and time for one too many has passed."""
    till.sent(count)
    till.settle(120)
    return [command["args"]["code"] for command in till.stage.commands if command["do"] == "scan"]


MARK = "010460701233001921a1B2c3"


@pytest.mark.parametrize("russian", [False, True], ids=["us", "russian"])
@pytest.mark.parametrize("caps", [False, True], ids=["caps-off", "caps-on"])
@pytest.mark.parametrize("disguise", [GS_F8, GS_CONTROL, GS_ALT], ids=["F8", "ctrl-bracket", "alt-029"])
def test_mark_with_separator(till: Till, russian: bool, caps: bool, disguise: list[Stroke]) -> None:
    """GTIN, serial in mixed case, group separator, key: the same text under each layout, Caps Lock and disguise."""
    till.scan(f"{MARK}\x1d93dGVz", russian=russian, caps=caps, gs=disguise)
    assert scanned(till) == [f"{MARK}\x1d93dGVz"]
    assert till.value("search") == ""


def test_punctuation_under_a_russian_layout(till: Till) -> None:
    till.scan('21(a!)"/=;', russian=True)
    assert scanned(till) == ['21(a!)"/=;']


@pytest.mark.parametrize(
    "end", [ENTER, TAB, LF, CR, ENTER + LF, []], ids=["enter", "tab", "ctrl-j", "ctrl-m", "enter-ctrl-j", "silence"]
)
def test_ends_of_a_code(till: Till, end: list[Stroke]) -> None:
    """Enter, Tab, LF and CR as Ctrl combinations, CR LF or silence end a code; no tab is opened, nothing pays."""
    till.burst(strokes("4601234004127") + end)
    assert scanned(till) == ["4601234004127"]
    assert till.stage.done() == ["scan"]
    assert len(till.page.context.pages) == 1


def test_separator_in_front(till: Till) -> None:
    """FNC1 in front comes as GS; it belongs to the code."""
    till.scan(f"\x1d{MARK}")
    assert scanned(till) == [f"\x1d{MARK}"]


def test_focus_anywhere(till: Till) -> None:
    """A scan counts with the focus on a key, in the basket or in a panel's field."""
    for count, place in enumerate(("[data-key='minus']", ".rows", "[data-key='pay-cash']"), 1):
        till.page.locator(place).focus()
        till.scan("4601234004127")
        till.sent(count)
    assert scanned(till, 3) == ["4601234004127"] * 3
    assert till.stage.done() == ["scan"] * 3


def test_typing_is_no_scan(till: Till) -> None:
    """Letters at a person's pace go into the search field, in the layout of the person."""
    for code, key in (("KeyG", "п"), ("KeyF", "а"), ("KeyP", "з"), ("KeyK", "л")):
        till.burst([(code, key, 0)])
        till.page.wait_for_timeout(60)
    till.reads("search", "пазл")
    assert till.stage.done() == []


def test_a_short_burst_is_typing(till: Till) -> None:
    """Two keys hit almost together are two letters, not a code."""
    till.burst([("KeyV", "м", 0), ("KeyZ", "я", 0)])
    till.page.wait_for_function("document.getElementById('search').value === 'мя'")
    assert till.stage.done() == []


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
        till.burst([(code, key, modifiers)])
        till.page.wait_for_timeout(120)
    left = [entry for entry in till.page.evaluate("window.left") if not entry[0].startswith("Control")]
    assert left == [["F9", False], ["KeyC", False], ["F8", False]]


def test_timings_come_from_the_view(till: Till) -> None:
    """A slow scanner needs a longer silence: the config says so, the page obeys."""
    till.show("selling", wedge={"hold_ms": 440, "burst_ms": 430, "silence_ms": 460, "guard_ms": 150})
    for stroke in strokes("46012340"):
        till.burst([stroke])
        till.page.wait_for_timeout(50)
    assert scanned(till) == ["46012340"]
