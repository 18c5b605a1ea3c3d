"""A lost, late or negative answer of the card terminal: the screen, the resolver, the person, one charge at most."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from shop import BALL, PUZZLE, Shop, mark
from till_page import TillPage
from truth import PIN, REGISTER, TERMINAL, has_power_again, loses_power, sum_of_last, world

pytestmark = pytest.mark.browser


def test_declined(till: TillPage, shop: Shop) -> None:
    """The bank's no in words; another item may be added, and cash is taken."""
    till.basket(PUZZLE)
    shop.fault(TERMINAL, "decline")
    with world(shop):
        till.press("F2")
        till.says("Карта не списана")
        till.says("Можно другой картой или наличными")
        till.basket_takes(BALL)
    with world(shop, fiscalised=1):
        till.pay_cash("714")
        assert till.receipt()["total_minor"] == 71_400


def test_stop_is_asked(till: TillPage, shop: Shop) -> None:
    """Esc asks the terminal to stop; its answer decides, and then the same basket is paid by the same card."""
    shop.order(TERMINAL, "card manual")
    till.basket(PUZZLE)
    with world(shop):
        till.press("F2")
        till.card_runs()
        till.no_pay_controls()
        till.press("Escape")
        till.screen("selling")
        till.says("Карта не списана")
    shop.order(TERMINAL, "card auto 0")
    with world(shop, charged=1, fiscalised=1):
        till.press("F2")
        till.receipt()


def test_stop_comes_too_late(till: TillPage, shop: Shop) -> None:
    """Approval beats the request: it counts, and the receipt is made."""
    shop.order(TERMINAL, "card manual")
    till.basket(PUZZLE)
    shop.fault(TERMINAL, "approved_after_abort")
    with world(shop, charged=1, fiscalised=1):
        till.press("F2")
        till.card_runs()
        till.press("Escape")
        till.receipt()
    shop.order(TERMINAL, "card auto 0")


def test_the_answer_is_lost_and_the_card_was_charged(till: TillPage, shop: Shop) -> None:
    """UNKNOWN: the four answers, the register's step first, a clock; it resolves by itself and the sale goes on."""
    till.basket(PUZZLE, mark())
    loses_power(shop, TERMINAL, "after_booking")
    with world(shop, charged=1, fiscalised=1):
        till.press("F2")
        till.case("card_unknown")
        assert till.headline() == "Ответ терминала потерян. Касса сама узнаёт, прошла ли оплата"
        words = till.text(".case")
        assert "карта могла быть списана, а могла и нет" in words
        assert "Карту ещё раз не прикладывать, наличные не брать" in words
        assert words.index("ККТ: чек ещё не пробит") < words.index("Терминал: ")
        till.press("F2", "End", "Enter")
        till.scan(BALL)
        till.says("Чек уже оплачивается, товар не добавлен")
        till.no_pay_controls()
        has_power_again(shop, TERMINAL)
        assert till.receipt()["total_minor"] == 174_800
    assert sum_of_last(shop, TERMINAL, "charged") == sum_of_last(shop, REGISTER, "fiscalised") == 174_800


def test_the_answer_is_lost_and_the_card_was_not_charged(till: TillPage, shop: Shop) -> None:
    till.basket(PUZZLE)
    loses_power(shop, TERMINAL, "at_host")
    with world(shop):
        till.press("F2")
        till.case("card_unknown")
        has_power_again(shop, TERMINAL)
        till.screen("selling")
        till.says("Карта не списана")
    with world(shop, charged=1, fiscalised=1):
        till.press("F2")
        till.receipt()


def test_two_equal_sums_and_the_second_answer_lost(till: TillPage, shop: Shop) -> None:
    """The slip of the sale before is not taken for this one's: it lies below the baseline."""
    with world(shop, charged=1, fiscalised=1):
        till.basket(PUZZLE)
        till.press("F2")
        till.receipt()
        till.press("Enter")
        till.screen("selling")
    till.basket(PUZZLE)
    loses_power(shop, TERMINAL, "at_host")
    with world(shop, charged=0, fiscalised=0):
        till.press("F2")
        till.case("card_unknown")
        has_power_again(shop, TERMINAL)
        till.screen("selling")
        till.says("Карта не списана")
    till.press("Delete")
    till.lines(0)


@pytest.fixture
def silent_terminal(till: TillPage, shop: Shop) -> Iterator[TillPage]:
    """A card payment whose terminal goes dark after it booked, until a person is asked."""
    till.basket(PUZZLE)
    loses_power(shop, TERMINAL, "after_booking")
    till.press("F2")
    till.case("card_unknown")
    till.case("card_person")
    yield till
    has_power_again(shop, TERMINAL)


def test_a_person_says_that_the_card_was_charged(silent_terminal: TillPage, shop: Shop) -> None:
    """All answers weigh the same; what to compare stands beside them; a wrong PIN decides nothing."""
    till = silent_terminal
    assert till.page.locator(".key.filled").count() == 0
    assert "449,00" in till.text(".evidence")
    assert [way["choice"] for way in till.view["case"]["ways"]] == ["slip_approved", "slip_none", "cannot_tell"]
    with world(shop):
        till.choose("slip_approved", pin="9999")
        till.says("Код не подходит")
        till.case("card_person")
    with world(shop, fiscalised=1):
        till.choose("slip_approved", pin=PIN)
        assert till.receipt()["total_minor"] == 44_900


def test_a_person_cannot_tell(silent_terminal: TillPage, shop: Shop) -> None:
    """The case goes to the back office, the till to the next shopper; HQ lists it."""
    till = silent_terminal
    with world(shop):
        till.choose("cannot_tell", pin=PIN)
        till.says("Чек отложен, дело у бухгалтера")
        till.screen("selling")
    with world(shop, fiscalised=1):
        till.basket(BALL)
        till.pay_cash("265")
        till.receipt()
    shop.until(lambda: shop.hq_get("/v1/unresolved"), "HQ knows of the case")


def test_a_person_says_that_the_card_was_not_charged(till: TillPage, shop: Shop) -> None:
    till.basket(PUZZLE)
    loses_power(shop, TERMINAL, "at_card")
    with world(shop):
        till.press("F2")
        till.case("card_person")
        till.choose("slip_none", pin=PIN)
        till.screen("selling")
        till.says("Карта не списана")
    with world(shop, fiscalised=1):
        till.pay_cash("449")
        till.receipt()
    has_power_again(shop, TERMINAL)
