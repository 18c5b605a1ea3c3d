"""The cashier's panel of guests: it comes and goes without moving anything, says how it knows, and is corrected by one
key."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from stage import Till
from test_a11y import RUN_AXE, axe
from test_layout import SIZES
from views import ANNA, OLEG, PETER

pytestmark = pytest.mark.browser
__all__ = ["axe"]  # a fixture

PLACES = """() => JSON.stringify([...document.querySelectorAll(".row, .search, [data-key]:not([data-key=guest-wrong])")]
  .map((node) => { const at = node.getBoundingClientRect(); return [at.x, at.y, at.width, at.height]; }))"""


def told(*guests: Any) -> list[Any]:
    return [msgspec.to_builtins(one) for one in guests]


def words(till: Till, place: str = ".guest") -> str:
    return str(till.page.locator(place).inner_text()).replace("\u00a0", " ").replace("\u202f", " ")


@pytest.mark.parametrize("size", [*SIZES, (800, 1280)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_a_guest_comes_and_goes_and_nothing_moves(till: Till, size: tuple[int, int]) -> None:
    """Not a row, not a key, not the focus, not what is being typed."""
    till.page.set_viewport_size({"width": size[0], "height": size[1]})
    till.show("selling")
    assert till.page.locator(".guest, [data-key=guest-wrong]").count() == 0
    till.type("паз")
    places = till.page.evaluate(PLACES)
    till.show("guests")
    assert till.page.locator(".guest").bounding_box()["height"] >= (56 if size[0] < size[1] else 120)
    assert till.page.evaluate(PLACES) == places
    assert till.page.evaluate("document.activeElement.id") == "search"
    till.reads("search", "паз")
    till.show("selling")
    assert till.page.locator(".guest").count() == 0
    assert till.page.evaluate(PLACES) == places


def test_the_panel_says_who_how_and_what(till: Till) -> None:
    till.show("guest")
    said = words(till)
    for part in ("Анна Петрова", "По Wi-Fi", "12 нояб.", "второй набор", "Кукла «Маша»", "1 299,00", "Пазл"):
        assert part in said, part
    till.show("guest", language="en")
    for part in ("By Wi-Fi", "12 Nov", "second set", "Not them", "F9"):
        assert part in words(till), part
    till.show("guest_tail")
    assert "Телефон …0099" in words(till)
    assert till.page.locator(".guest-more").count() == 0, "an empty box"


def test_where_there_is_little_room_the_offer_stays(till: Till) -> None:
    """A training shop's stripe at 768 pixels: the words to say are whole, whole lines of what was bought give way."""
    for width, bought in ((1366, 0), (1024, 2)):
        till.page.set_viewport_size({"width": width, "height": 768})
        till.show("guest_training")
        assert "второй набор" in words(till)
        assert sum(line.is_visible() for line in till.page.locator(".guest-bought li").all()) == bought
        more = till.page.locator(".guest-more")
        assert more.evaluate("(node) => node.scrollHeight - node.clientHeight") <= 0, "a line cut in half"


def test_a_face_is_worth_a_probably(till: Till) -> None:
    till.show("guest_face")
    assert words(till, ".guest-name").startswith("Возможно, Олег")
    till.show("guest_face", language="en")
    assert words(till, ".guest-name").startswith("Probably Олег")


def test_one_key_corrects_a_greeting(till: Till) -> None:
    till.show("guest")
    till.press("F9")
    assert till.last() == ("guest_wrong", {"guest": "g-1"})
    till.show("selling")
    assert till.page.locator(".guest").count() == 0
    assert till.page.evaluate("document.activeElement.id") == "search"


def test_a_key_pressed_twice_corrects_one_guest(till: Till) -> None:
    """The next guest takes the first one's place under the finger."""
    till.show("guests")
    till.press("F9")
    till.show("guests", guests=told(PETER, OLEG))
    till.press("F9")
    till.settle()
    assert till.stage.done() == ["guest_wrong"]


def test_the_key_does_nothing_where_nobody_is_shown(till: Till) -> None:
    for view in ("selling", "idle", "cash", "receipt", "locked"):
        till.show(view)
        till.press("F9")
    till.settle()
    assert till.stage.done() == []


def test_the_key_is_explained_where_it_does_something(till: Till) -> None:
    till.show("selling")
    till.press("?")
    assert "F9" not in words(till, ".key-help")
    till.press("Escape")
    till.show("guest")
    till.press("?")
    assert "F9" in words(till, ".key-help")


def test_another_guest_is_opened_and_corrected(till: Till) -> None:
    till.show("guests")
    assert "…0099" in words(till, ".guest-others")
    till.page.locator("[data-guest=g-2].guest-other").click()
    assert "…0099" in words(till, ".guest-name")
    assert "Анна" in words(till, ".guest-others")
    till.page.locator("[data-key=guest-wrong]").click()
    assert till.last() == ("guest_wrong", {"guest": "g-2"})


def test_a_coming_is_said_politely_and_once(till: Till) -> None:
    polite = till.page.locator("#polite")
    till.show("guest", guests=told(ANNA))
    assert polite.inner_text() == "В магазине Анна Петрова, узнали по Wi-Fi"
    assert till.page.locator("#assertive").inner_text() == ""
    till.show("guest_face", guests=told(OLEG, ANNA))
    assert polite.inner_text() == "Возможно, в магазине Олег Константинович Преображенский"
    till.show("cash")
    till.page.evaluate("document.querySelector('#polite').textContent = ''")
    till.show("guest_face", guests=told(OLEG, ANNA))
    assert polite.inner_text() == "", "out of sight while somebody paid is no new coming"


@pytest.mark.parametrize("view", ["locked", "cash", "card", "working", "card_unknown", "receipt", "shift_closed"])
def test_other_screens_show_nobody(till: Till, view: str) -> None:
    till.show(view, guests=told(ANNA, PETER))
    assert till.page.locator(".guest").count() == 0


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(till: Till, axe: str, theme: str) -> None:
    till.page.emulate_media(color_scheme=theme)
    till.page.evaluate(axe)
    wrong = []
    for view in ("guests", "guest_face"):
        till.show(view)
        till.page.wait_for_timeout(150)
        wrong += [f"{view}: {what}" for what in till.page.evaluate(RUN_AXE)]
    assert wrong == []
