"""Emptied boxes at the till: a count is typed by keys alone, compared before it is signed, and nothing is voted for."""

from __future__ import annotations

import pytest
from stage import Till

pytestmark = pytest.mark.browser
BOX = {"kiosk": "kiosk-1", "device": "bills-1", "unit": "validator", "period": 8}


def test_the_menu_has_collections_where_the_shop_has_boxes(till: Till) -> None:
    for there in (True, False):
        till.show("selling", encashments=there)
        till.press("Insert")
        assert till.page.locator("[data-key=encashments]").count() == int(there)
        till.press("Escape")
    till.show("selling", encashments=True)
    till.press("Insert")
    till.page.locator("[data-key=encashments]").click()
    assert till.last() == ("encashment", {})


def test_the_list_by_keys(till: Till) -> None:
    till.show("boxes")
    assert "Не пересчитано: 1" in till.page.locator(".door-left .lead").inner_text()
    first = till.page.locator("[data-key=box-kiosk-1-8]").inner_text()
    for words in ("Киоск у входа", "950", "не пересчитано", "кто снял, неизвестно"):
        assert words in first
    till.press("Enter")
    till.settle()
    assert till.stage.done() == [], "nothing is chosen yet"
    till.press("ArrowDown", "Enter")
    assert till.last() == ("encashment", BOX)
    till.press("Escape")
    assert till.last() == ("encashment_leave", {})
    till.show("boxes_none")
    assert till.page.locator(".door-left .lead").inner_text() == "Здесь ещё ни разу не снимали кассету."


def test_pieces_are_typed_row_by_row_and_compared(till: Till) -> None:
    till.show("box")
    compare = till.page.locator("[data-key=box-compare]")
    assert compare.get_attribute("aria-disabled") == "true", "an untouched form is no count of nothing"
    till.press("2", "Enter", "1", "3", "Backspace", "Enter")
    till.page.locator("[data-key=pieces-50000]").click()
    till.page.locator("[data-key=pad-7]").click()
    till.press("Delete", "4")
    assert "4" in till.page.locator("[data-key=pieces-50000]").inner_text()
    till.page.locator("[data-key=pieces-100]").click()
    till.press("5", "Enter")
    do, args = till.last()
    assert do == "encashment_count"
    typed = {500_000: 2, 200_000: 1, 50_000: 4, 100: 5}
    assert dict(args["counts"]) == {value: typed.get(value, 0) for value, _ in args["counts"]}
    assert len(args["counts"]) == 11


def test_the_sum_alone(till: Till) -> None:
    till.show("box")
    till.page.locator("[data-key=box-alone]").click()
    till.type("12845,50")
    till.press("Enter")
    assert till.last() == ("encashment_count", {"sum_minor": 1_284_550})
    till.show("box_sum")
    assert till.page.locator("[data-key=box-alone]").count() == 0, "nothing says which kinds there are"
    till.press("Delete", "9", "Enter")
    assert till.sent(2)[-1]["args"] == {"sum_minor": 900}


def test_the_difference_is_shown_before_a_supervisor_signs(till: Till) -> None:
    till.show("box_typed")
    shown = till.page.locator(".difference")
    assert shown.get_attribute("data-verdict") == "surplus"
    assert "2,00" in shown.inner_text().replace("\n", "")
    assert till.page.locator("#person option").all_inner_texts() == ["Ольга Ким"]
    till.press("Enter")
    till.settle()
    assert till.stage.done() == [], "nobody signs by Enter alone"
    till.press("9", "9", "9", "9", "Enter")
    assert till.last() == ("encashment_sign", {"person": "olga", "pin": "9999"})
    till.show("box_counted")
    assert till.page.locator(".difference").inner_text() == "Сошлось с журналом"
    assert till.page.locator("#pin").count() == 0
    assert "Пересчёт записан" in till.page.locator("#polite").inner_text()
    till.page.locator("[data-key=box-print]").click()
    assert till.last() == ("encashment_print", {})


def test_a_count_that_does_not_fit_is_corrected(till: Till) -> None:
    """What was typed comes back, also on a page that was opened since."""
    till.show("box_typed")
    till.press("Escape")
    assert till.last() == ("encashment_again", {})
    till.show("box")
    assert "× 5" in till.page.locator("[data-key=pieces-100]").inner_text()
    till.show("box_typed_sum")
    assert till.page.locator(".difference").get_attribute("data-verdict") == "shortage"
    assert till.page.locator(".counted-row").count() == 0
    till.press("Escape")
    till.show("box")
    till.reads("entry", "12345")


def test_a_scan_goes_to_the_agent_which_keeps_the_count(till: Till) -> None:
    till.show("box")
    till.press("2")
    till.scan("4601234004121")
    assert till.last() == ("scan", {"code": "4601234004121"})
    till.show("box", said={"code": "encash_no_scan"})
    assert "× 2" in till.page.locator("[data-key=pieces-500000]").inner_text()
    assert "Идёт пересчёт" in till.page.locator(".said").inner_text()
