"""A day at the till in real Chromium with real processes: from the sign-in to Z, by keyboard and scanner alone."""

from __future__ import annotations

import time
from typing import Any

import pytest
from conftest import Premises, ready
from shop import BALL, BEER, CLAY, DOLL, FIRE_STATION, LIQUEUR_SWEETS, PUZZLE, STRANGER, SUPERVISOR, Shop, mark
from till_page import TillPage, plain

pytestmark = pytest.mark.browser

CARD_EVENTS = ("charged",)
DOCUMENTS = ("fiscalised",)


def money(shop: Shop) -> tuple[int, int]:
    """What the world did so far: cards charged, documents made."""
    return shop.happened("terminal-1", "charged"), shop.happened("register-1", "fiscalised")


def test_from_the_sign_in_to_the_first_receipt(premises: Premises, pages: Any, shop: Shop) -> None:
    """A new shop, keyboard only: who, PIN, float, goods, cash, change, the receipt with its QR, the next sale."""
    till = pages()
    if till.view["screen"] != "locked":
        pytest.skip("the shop is in use already; this test runs first")
    till.press("1", "9", "9", "9", "9", "Enter")
    till.says("Имя и код не подходят")
    till.as_cashier()
    till.open_shift("3000")
    assert "Отсканируйте товар" in till.text()
    till.basket(PUZZLE, CLAY)
    assert till.total() == "668,90 ₽"
    till.press("End", *"1000")
    till.screen("cash")
    assert "331,10" in till.text(".change-card")
    till.press("Enter")
    receipt = till.receipt()
    assert receipt["change_minor"] == 33_110
    assert till.page.locator(".qr svg").count() == 1
    assert "331,10" in plain(till.page.locator(".huge [aria-hidden]").inner_text())
    assert money(shop) == (0, 2), "the shift's opening is no document of a sale; the float is none either"
    till.press("Enter")
    till.screen("selling")
    assert till.view["sale"] is None


def test_what_a_scan_can_be(till: TillPage) -> None:
    """Twice is two pieces; the EAN of a marked product asks for its code; what cannot be sold is refused by name."""
    till.basket(FIRE_STATION, PUZZLE)
    till.scan(PUZZLE)
    till.says("2 шт")
    till.scan(mark())
    till.lines(3)
    assert "марка проверена" in till.text(".rows")
    for code, words in (
        (DOLL, "Нужен код маркировки: Кукла «Маша», 30 см"),
        (STRANGER, f"Товара с кодом {STRANGER} нет в базе"),
        (BEER, "Пиво светлое, 0,5 л: эту группу товаров касса не продаёт"),
    ):
        till.scan(code)
        till.says(words)
        till.lines(3)
    till.scan(LIQUEUR_SWEETS)
    till.says("Проверьте возраст покупателя")
    till.lines(4)
    till.scan(mark("BLOCK00000001"))
    till.lines(5)
    till.says("продать нельзя")
    till.press("F2")
    till.says("не принимает марку")
    till.press("Delete", "Delete")
    till.lines(3)
    clear(till)


def test_quantity_discount_removal_and_undo(till: TillPage) -> None:
    till.basket(PUZZLE, BALL)
    till.press("NumpadAdd")
    till.says("2 шт")
    till.press("1", "2", "*")
    till.says("12 шт")
    till.press("NumpadSubtract")
    till.says("11 шт")
    till.press("ArrowUp", "%", "1", "0", "Enter")
    till.says("−44,90")
    assert till.total() == "3 319,10 ₽"
    till.press("Delete")
    till.lines(1)
    till.says("Убрано: Пазл")
    till.press("Backspace")
    till.lines(2)
    assert till.total() == "3 319,10 ₽"
    clear(till)


def test_a_discount_is_the_supervisors(till: TillPage) -> None:
    till.menu("0")
    till.as_cashier()
    till.screen("selling")
    till.basket(PUZZLE)
    till.press("%", "1", "0", "Enter")
    till.says("На это нужно право старшего")
    assert till.total() == "449,00 ₽"
    clear(till)
    till.menu("0")
    till.sign_in()
    till.screen("selling")


def test_search_while_typing(till: TillPage) -> None:
    """Any order of words, ё as е, case-blind; Enter takes it; a scan in the middle of typing is a scan."""
    till.type("детал пож")
    till.page.wait_for_selector("#result-0")
    assert "Пожарная часть" in till.text("#result-0")
    till.press("Enter")
    till.lines(1)
    till.type("весел")
    till.page.wait_for_selector("#result-0")
    assert "Весёлый" in till.text("#result-0")
    till.scan(PUZZLE)
    till.lines(2)
    till.press("Escape")
    clear(till)


def test_a_card_sale(till: TillPage, shop: Shop) -> None:
    charged, documents = money(shop)
    till.basket(FIRE_STATION, mark())
    till.press("F2")
    receipt = till.receipt()
    assert receipt["total_minor"] == 479_800
    assert [payment["state"] for payment in receipt["payments"]] == ["approved"]
    assert money(shop) == (charged + 1, documents + 1)
    made = shop.ledger("register-1")
    document = next(record for record in reversed(made) if record["event"] == "fiscalised")
    assert (document["document"], document["total_minor"]) == (receipt["documents"][0]["number"], 479_800)


def test_cash_and_card_together(till: TillPage, shop: Shop) -> None:
    """500 in cash, the rest by card: one charge of the rest, then the cash, one document."""
    charged, documents = money(shop)
    till.basket(FIRE_STATION)
    till.press("End", *"500", "F2")
    till.says("Осталось")
    shop.until(lambda: till.view["sale"]["paid_minor"] == 299_900, "the card's part")
    till.pay_cash("500")
    receipt = till.receipt()
    assert sorted(payment["sum_minor"] for payment in receipt["payments"]) == [50_000, 299_900]
    assert money(shop) == (charged + 1, documents + 1)


@pytest.fixture
def sold(till: TillPage) -> dict[str, Any]:
    """The receipt of a card sale of a fire station and two puzzles."""
    till.basket(FIRE_STATION, PUZZLE)
    till.scan(PUZZLE)
    till.says("2 шт")
    till.press("F2")
    receipt = till.receipt()
    till.press("Enter")
    till.screen("selling")
    return receipt


def test_refund_in_part_then_the_rest_by_its_qr(till: TillPage, sold: dict[str, Any], shop: Shop) -> None:
    """One puzzle goes back by the receipt's number, the rest by its QR, both to the card; then nothing is left."""
    refunds, documents = shop.happened("terminal-1", "refunded"), shop.happened("register-1", "fiscalised")
    till.menu("1")
    till.press(*sold["number"], "Enter")
    till.lines(2)
    till.press("ArrowDown", " ", "NumpadSubtract")
    till.says("449,00")
    till.press("F2")
    receipt = till.receipt()
    assert (receipt["act"], receipt["total_minor"]) == ("refund", 44_900)
    assert shop.happened("terminal-1", "refunded") == refunds + 1
    till.press("Enter")
    till.menu("1")
    till.page.wait_for_selector(".panel-refund")
    till.scan(sold["documents"][0]["qr"])
    till.lines(2)
    till.press(" ", "ArrowUp", " ")
    till.says("3 948,00")
    till.press("F2")
    assert till.receipt()["total_minor"] == 394_800
    assert shop.happened("terminal-1", "refunded") == refunds + 2
    assert shop.happened("register-1", "fiscalised") == documents + 2
    till.press("Enter")
    till.menu("1")
    till.press(*sold["number"], "Enter")
    till.says("По этому чеку всё уже вернули")
    till.press("Escape", "Escape")


def clear(till: TillPage) -> None:
    """Remove line by line until the basket is empty, and let the empty sale go."""
    for _ in range(till.page.locator(".row[data-line]").count()):
        before = till.page.locator(".row[data-line]").count()
        till.press("Delete")
        till.lines(before - 1)
    till.press("Home")
    till.shop.until(lambda: till.view["sale"] is None, "an empty basket is no sale")
