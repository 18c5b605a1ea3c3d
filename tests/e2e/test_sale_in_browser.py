"""A day at the till in real Chromium with real processes: from the sign-in to Z, by keyboard and scanner alone."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from shop import BALL, BEER, CASHIER, CLAY, DOLL, FIRE_STATION, GS, LIQUEUR_SWEETS, PUZZLE, STRANGER, Shop, mark
from till_page import TillPage, plain

pytestmark = pytest.mark.browser

CARD_EVENTS = ("charged",)
DOCUMENTS = ("fiscalised",)


def money(shop: Shop) -> tuple[int, int]:
    """What the world did so far: cards charged, documents made."""
    return shop.happened("terminal-1", "charged"), shop.happened("register-1", "fiscalised")


def test_from_the_sign_in_to_the_first_receipt(fresh: None, pages: Any, shop: Shop) -> None:
    """A new shop, keyboard only: who, PIN, float, goods, cash, change, the receipt with its QR, the next sale."""
    till = pages()
    till.press("1", "9", "9", "9", "9", "Enter")
    till.says("Имя и код не подходят")
    till.press(*CASHIER[2], "Enter")
    till.open_shift("3000")
    assert "Отсканируйте товар" in till.text()
    assert "Учебный магазин. Деньги не списываются, чеки никуда не уходят." in till.text(".stripe")
    till.basket(PUZZLE, CLAY)
    till.total("668,90")
    till.press("End", *"1000")
    till.screen("cash")
    assert "331,10" in till.text(".change-card")
    till.press("Enter")
    receipt = till.receipt()
    assert receipt["change_minor"] == 33_110
    assert till.page.wait_for_function("() => document.querySelector('.qr img')?.naturalWidth > 0")
    assert "331,10" in plain(till.page.locator(".huge [aria-hidden]").inner_text())
    assert money(shop) == (0, 1)
    till.press("Enter")
    till.screen("selling")
    assert till.view["sale"] is None


def test_the_office_has_each_sale_once_within_two_seconds(till: TillPage, shop: Shop) -> None:
    office = till.page.context.new_page()
    office.goto(shop.office)
    office.wait_for_selector("main .card")
    till.basket(BALL, CLAY)
    till.pay_cash("500")
    receipt = till.receipt()
    closed = time.monotonic()
    row = office.locator(".row", has_text=re.compile(r"484,90"))
    row.first.wait_for(timeout=10_000)
    took_s = time.monotonic() - closed
    print(f"from the receipt to the row in the office: {took_s:.2f} s")
    assert took_s <= 2
    assert row.count() == 1
    office.close()
    told = [sale["number"] for sale in shop.hq_get("/v1/sales?limit=200")["sales"]]
    assert told.count(receipt["number"]) == 1


def test_hq_goes_away_and_nobody_notices(till: TillPage, shop: Shop) -> None:
    """From here on the shop has no HQ; the tests that follow do not know. What waits is seen further below."""
    shop.kill_hq()
    sold_in_cash(till, PUZZLE, "449")
    shop.until(lambda: till.view["office"]["waiting"] >= 1, "the sale waits")
    assert till.view["banner"] is None, "a line that flaps is no news"


def sold_in_cash(till: TillPage, code: str, roubles: str) -> str:
    """A sale's number."""
    till.basket(code)
    till.pay_cash(roubles)
    number: str = till.receipt()["number"]
    till.press("Enter")
    till.screen("selling")
    return number


def test_what_a_scan_can_be(till: TillPage) -> None:
    """Twice is two pieces; the EAN of a marked product asks for its code; what cannot be sold is refused by name."""
    till.basket(FIRE_STATION, PUZZLE)
    till.scan(PUZZLE)
    till.pieces(2)
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
    till.press("Delete")
    till.lines(4)
    till.press("Delete")
    till.lines(3)
    clear(till)


def test_quantity_discount_removal_and_undo(till: TillPage) -> None:
    till.basket(PUZZLE, BALL)
    till.press("NumpadAdd")
    till.pieces(2)
    till.press("1", "2", "*")
    till.pieces(12)
    till.press("NumpadSubtract")
    till.pieces(11)
    till.move("ArrowUp", 0)
    till.press("%", "1", "0", "Enter")
    till.says("−44,90")
    till.total("3 319,10")
    till.press("Delete")
    till.lines(1)
    till.says("Убрано: Пазл")
    till.press("Backspace")
    till.lines(2)
    till.total("3 319,10")
    clear(till)


def test_a_discount_is_the_supervisors(till: TillPage) -> None:
    till.menu("0")
    till.as_cashier()
    till.screen("selling")
    till.basket(PUZZLE)
    till.press("%", "1", "0", "Enter")
    till.says("На это нужно право старшего")
    till.total("449,00")
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
    till.pieces(2)
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
    till.move("ArrowDown", 1)
    till.press(" ")
    till.total("898,00")
    till.press("NumpadSubtract")
    till.total("449,00")
    till.press("F2")
    receipt = till.receipt()
    assert (receipt["act"], receipt["total_minor"]) == ("refund", 44_900)
    assert shop.happened("terminal-1", "refunded") == refunds + 1
    till.press("Enter")
    till.menu("1")
    till.page.wait_for_selector(".panel-refund")
    till.scan(sold["documents"][0]["qr"])
    till.lines(2)
    till.press(" ")
    till.total("449,00")
    till.move("ArrowUp", 0)
    till.press(" ")
    till.total("3 948,00")
    till.press("F2")
    assert till.receipt()["total_minor"] == 394_800
    assert shop.happened("terminal-1", "refunded") == refunds + 2
    assert shop.happened("register-1", "fiscalised") == documents + 2
    till.press("Enter")
    till.menu("1")
    till.press(*sold["number"], "Enter")
    till.says("По этому чеку всё уже вернули")
    till.press("Escape", "Escape")


def test_a_line_from_the_scanner_on_its_wire(till: TillPage, shop: Shop) -> None:
    """A serial scanner needs no focus and no page: its line is in the basket, separator and all."""
    shop.order("scanner-1", f"scan {PUZZLE}")
    till.lines(1)
    shop.order("scanner-1", f"scan {mark().replace(GS, '<GS>')}")
    till.lines(2)
    assert "марка проверена" in till.text(".rows")
    clear(till)


def test_double_clicks_two_tabs_and_a_reload_sell_once(till: TillPage, pages: Any, shop: Shop) -> None:
    """Both tabs press the same key, one of them twice; the page is loaded anew while the card runs."""
    charged, documents = money(shop)
    shop.order("terminal-1", "card manual")
    till.basket(PUZZLE)
    other = pages()
    other.lines(1)
    with other.late_commands() as held:
        other.page.locator("[data-key='pay-card']").click()
        till.page.locator("[data-key='pay-card']").dblclick()
        till.card_runs()
        shop.until(lambda: held or other.page.wait_for_timeout(20), "the other tab has pressed too")
    till.page.reload()
    till.screen("card")
    till.no_pay_controls()
    other.screen("card")
    other.says("Следуйте подсказкам терминала")
    shop.order("terminal-1", "present card")
    receipt = till.receipt()
    shop.order("terminal-1", "card auto 0")
    assert receipt["total_minor"] == 44_900
    other.screen("receipt")
    assert money(shop) == (charged + 1, documents + 1)


def test_another_tab_acted(till: TillPage, pages: Any, shop: Shop) -> None:
    """What was pressed for a state that is no longer there is refused, in words, and the fresh basket shows."""
    till.basket(PUZZLE)
    other = pages()
    other.lines(1)
    with other.late_commands() as held:
        other.press("F2")
        shop.until(lambda: held or other.page.wait_for_timeout(20), "the other tab has pressed")
        till.scan(BALL)
        till.lines(2)
    other.says("Чек изменён в другом окне")
    other.lines(2)
    other.total("714,00")
    assert other.view["screen"] == "selling"
    clear(till)


def test_english(till: TillPage) -> None:
    till.menu("9")
    till.page.wait_for_selector("html[lang='en']")
    till.basket(PUZZLE)
    till.press("End", *"500", "Enter")
    receipt = till.receipt()
    assert "51.00 ₽" in till.text()
    assert receipt["change_minor"] == 5_100
    till.menu("9")
    till.page.wait_for_selector("html[lang='ru']")


def test_the_till_sold_without_hq(till: TillPage, shop: Shop) -> None:
    """After half a minute a banner says to do nothing; the queue has grown, and drains with each sale once."""
    if shop.hq_gone_since is None:
        shop.kill_hq()
    numbers = [sold_in_cash(till, PUZZLE, "449"), sold_in_cash(till, BALL, "265")]
    shop.until(lambda: till.view["office"]["waiting"] >= 2, "the sales wait")
    till.says("Нет связи с офисом. Продаём как обычно", within_ms=45_000)
    assert time.monotonic() - shop.hq_gone_since >= 29
    assert re.search(r"В\s+очереди\s+\d+\s+(чек|чека|чеков)", till.text())
    assert "Делать ничего не надо" in till.text()
    assert "Офис" in till.text("footer")
    till.basket(BALL)
    till.press("F2")
    numbers.append(till.receipt()["number"])
    shop.start_hq()
    shop.until(lambda: till.view["office"]["waiting"] == 0, "the queue has drained")
    shop.until(lambda: till.view["banner"] is None, "the banner has gone")
    told = [sale["number"] for sale in shop.hq_get("/v1/sales?limit=200")["sales"]]
    assert all(told.count(number) == 1 for number in told)
    assert set(numbers) <= set(told)


def test_x_then_z_then_the_next_shift(till: TillPage, shop: Shop) -> None:
    """X changes nothing; Z closes the terminal's day and the shift; the next shift opens with its own float."""
    reports = shop.happened("register-1", "x_report")
    till.menu("5")
    shop.until(lambda: shop.happened("register-1", "x_report") == reports + 1, "X")
    number = till.view["shift"]["number"]
    till.menu("6", "1")
    till.screen("shift_closed")
    assert shop.happened("register-1", "shift_closed") >= 1
    assert shop.happened("terminal-1", "day_closed") >= 1
    assert till.view["shift"]["exceptions"] == [], "the terminal counted what the journal counted"
    till.open_shift("100")
    assert till.view["shift"]["number"] == number + 1


def clear(till: TillPage) -> None:
    """Remove line by line until the basket is empty."""
    for _ in range(till.page.locator(".row[data-line]").count()):
        before = till.page.locator(".row[data-line]").count()
        till.press("Delete")
        till.lines(before - 1)
