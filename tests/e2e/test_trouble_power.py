"""The power goes, of the agent and of the terminal that waits for our word: found again, never twice."""

from __future__ import annotations

from typing import Any

import pytest
from premises import ready
from shop import BALL, PUZZLE, Shop
from till_page import TillPage
from truth import (
    REGISTER,
    TERMINAL,
    answers_again,
    falls_silent,
    has_power_again,
    loses_power,
    once_more,
    world,
)

pytestmark = pytest.mark.browser


def test_the_confirmation_is_lost(pages: Any, shop: Shop) -> None:
    """The receipt exists, the commit's answer is lost: the shopper goes, the commit is told again, one charge."""
    till = pages("2")
    ready(till)
    till.basket(PUZZLE)
    shop.fault("terminal-2", "lost_answer_commit")
    with world(shop, "2", charged=1, fiscalised=1):
        till.press("F2")
        till.receipt()
        shop.until(lambda: till.view["receipt"]["payments"][0]["state"] == "booked", "the commit is told again")
        shop.until(lambda: not till.view["parked"], "nothing is left open")


def test_a_power_cut_before_the_receipt_rolls_the_reservation_back(pages: Any, shop: Shop) -> None:
    """Reserved, no receipt, the power goes: the money is given back, the basket is free again."""
    till = pages("2")
    ready(till)
    shop.order("terminal-2", "card manual")
    till.basket(PUZZLE)
    with world(shop, "2"):
        till.press("F2")
        till.card_runs()
        shop.order("register-2", "unplug")
        shop.order("terminal-2", "present card")
        till.case("unsealed")
        shop.kill_agent()
        till.page.wait_for_selector(".gone-card")
        shop.order("terminal-2", "power off")
        shop.order("register-2", "plug")
        shop.start_agent()
        till.case("power_cut")
        assert till.headline() == "Свет пропадал. Отменяем оплату без чека"
        shop.order("terminal-2", "power on")
        till.screen("selling")
        till.lines(1)
    assert shop.happened("terminal-2", "rolled_back") >= 1
    shop.order("terminal-2", "card auto 0")
    with world(shop, "2", charged=1, fiscalised=1):
        till.press("F2")
        till.receipt()
        shop.until(lambda: till.view["receipt"]["payments"][-1]["state"] == "booked", "the terminal has heard of it")


# The agent's power


def test_the_agent_is_gone_and_comes_back(till: TillPage, shop: Shop) -> None:
    """The page says within seconds that nothing may be pressed; the basket is there again to its last line."""
    till.basket(PUZZLE, BALL)
    shop.kill_agent()
    till.page.wait_for_selector(".gone-card", timeout=4_000)
    assert "Нет связи с кассовой программой" in till.text(".gone-card")
    with world(shop):
        till.press("F2", "Delete")
        shop.start_agent()
        till.page.wait_for_selector(".gone-card", state="detached")
        till.lines(2)
    with world(shop, charged=1, fiscalised=1):
        till.press("F2")
        till.receipt()


def test_the_power_goes_while_the_card_runs(till: TillPage, shop: Shop) -> None:
    """The card was charged meanwhile. The page says what is checked, finds it, and makes the one receipt."""
    till.basket(PUZZLE)
    shop.order(TERMINAL, "card manual")
    before = shop.happened(TERMINAL, "charged")
    loses_power(shop, TERMINAL, "after_booking")
    with world(shop, charged=1, fiscalised=1):
        till.press("F2")
        till.card_runs()
        shop.order(TERMINAL, "present card")
        once_more(shop, TERMINAL, "charged", before)
        shop.kill_agent()
        shop.start_agent()
        till.case("power_cut")
        assert till.headline() == "Свет пропадал. Проверяем последний чек"
        words = till.text(".case")
        assert "Ничего не нажимайте, пока проверяем" in words
        assert words.index("ККТ: чек ещё не пробит") < words.index("Терминал: ")
        has_power_again(shop, TERMINAL)
        till.receipt()
    shop.order(TERMINAL, "card auto 0")


def test_the_power_goes_while_the_receipt_is_made(till: TillPage, shop: Shop) -> None:
    """The document is in the register's memory: it is found there after the cut, not made again."""
    till.basket(PUZZLE)
    before = shop.happened(REGISTER, "fiscalised")
    falls_silent(shop, REGISTER, "power_cycle_after_commit")
    with world(shop, fiscalised=1):
        till.pay_cash("449")
        once_more(shop, REGISTER, "fiscalised", before)
        shop.kill_agent()
        shop.start_agent()
        till.case("power_cut")
        assert till.headline() == "Свет пропадал. Проверяем последний чек"
        answers_again(shop, REGISTER)
        till.receipt()
