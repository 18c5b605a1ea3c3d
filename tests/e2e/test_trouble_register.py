"""A lost answer of the fiscal register, and paper that ends after the receipt was made: one document at most."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from shop import BALL, PUZZLE, Shop
from till_page import TillPage
from truth import PIN, REGISTER, answers_again, falls_silent, world

pytestmark = pytest.mark.browser


def test_the_register_is_silent_and_made_the_receipt(till: TillPage, shop: Shop) -> None:
    """The document is in its memory, the answer is not here: that is found out, and it is not made again."""
    till.basket(PUZZLE)
    falls_silent(shop, REGISTER, "power_cycle_after_commit")
    with world(shop, fiscalised=1):
        till.pay_cash("500")
        till.case("register_unknown")
        assert till.headline() == "ККТ не ответила. Узнаём, пробит ли чек"
        assert "Второй чек касса не пробьёт" in till.text(".case")
        answers_again(shop, REGISTER)
        receipt = till.receipt()
        assert receipt["change_minor"] == 5_100
        assert receipt["documents"][0]["number"] == shop.last(REGISTER, "fiscalised")["document"]


def test_the_register_is_silent_and_made_nothing(till: TillPage, shop: Shop) -> None:
    """Proved by the register's own memory; then the receipt is made, once."""
    till.basket(PUZZLE)
    falls_silent(shop, REGISTER, "power_cycle_during_execution=FF45")
    with world(shop, charged=1, fiscalised=1):
        till.press("F2")
        till.case("register_unknown")
        answers_again(shop, REGISTER)
        till.receipt()


@contextmanager
def silent_register(till: TillPage, shop: Shop, fault: str) -> Iterator[None]:
    """A cash sale whose register goes dark at its document, until a person is asked."""
    till.basket(PUZZLE)
    falls_silent(shop, REGISTER, fault)
    till.pay_cash("449")
    till.case("register_person")
    yield
    answers_again(shop, REGISTER)


def test_a_person_says_that_the_receipt_exists(till: TillPage, shop: Shop) -> None:
    """The numbers before and now stand side by side; a PIN answers for it; no second receipt is made."""
    with world(shop, fiscalised=1), silent_register(till, shop, "power_cycle_after_commit"):
        assert [way["choice"] for way in till.view["case"]["ways"]] == [
            "document_exists", "document_absent", "cannot_tell",
        ]  # fmt: skip
        assert "До чека" in till.text(".evidence")
        till.choose("document_exists", pin=PIN)
        till.receipt()


def test_a_person_says_that_there_is_no_receipt(till: TillPage, shop: Shop) -> None:
    with world(shop, fiscalised=1), silent_register(till, shop, "power_cycle_during_execution=FF45"):
        till.choose("document_absent", pin=PIN)
        till.case("unsealed")
        till.says("Деньги получены")
        answers_again(shop, REGISTER)
        shop.until(lambda: shop.health(REGISTER) == "ok", "the register is back")
        till.choose("retry_seal")
        till.receipt()


def test_a_person_cannot_tell_of_the_receipt(till: TillPage, shop: Shop) -> None:
    with world(shop, fiscalised=1), silent_register(till, shop, "power_cycle_after_commit"):
        till.choose("cannot_tell", pin=PIN)
        till.says("Чек отложен, дело у бухгалтера")
    shop.until(lambda: shop.health(REGISTER) == "ok", "the register is back")
    with world(shop, fiscalised=1):
        till.basket(BALL)
        till.pay_cash("265")
        till.receipt()


# Paper after the receipt


def test_printing_stops_after_the_receipt_was_made(till: TillPage, shop: Shop) -> None:
    """It is sealed: the screen shows it, paper goes in, printing goes on, and there is no second receipt."""
    till.basket(PUZZLE)
    shop.fault(REGISTER, "paper_out_after_commit")
    with world(shop, fiscalised=1):
        till.pay_cash("500")
        assert till.receipt()["change_minor"] == 5_100
        till.says("Чек пробит, но не допечатан")
        shop.order(REGISTER, "paper in")
        shop.until(lambda: till.view["receipt"]["printing"] == "done", "the rest is printed")
        till.page.wait_for_function("!document.body.innerText.includes('не допечатан')")


# The wrong register comes back


def test_another_fiscal_memory_is_there_when_the_register_answers_again(till: TillPage, shop: Shop) -> None:
    """It cannot say what the first one did: it is named, nothing is made in it, and nobody is asked to guess yet."""
    till.basket(PUZZLE)
    falls_silent(shop, REGISTER, "power_cycle_during_execution=FF45")
    with world(shop):
        till.pay_cash("449")
        till.case("register_unknown")
        shop.order(REGISTER, "fn swap")
        answers_again(shop, REGISTER)
        till.says("Подключена другая ККТ или другой ФН")
        till.no_pay_controls()
        till.press("F2", "End", "Enter")
        till.case("register_unknown")
