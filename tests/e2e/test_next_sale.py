"""The next shopper stands there already: what is left of the sale before may not come between."""

from __future__ import annotations

import pytest
from shop import BALL, PUZZLE, Shop
from till_page import TillPage
from truth import REGISTER, TERMINAL, world

pytestmark = pytest.mark.browser


def test_the_slips_of_the_sale_before_disturb_nobody(till: TillPage, shop: Shop) -> None:
    """The terminal's lines are still being printed when the next payment is pressed: it counts all the same."""
    till.basket(PUZZLE)
    shop.fault(REGISTER, "slow_answer=17h:1")
    with world(shop, charged=2, fiscalised=2):
        till.press("F2")
        till.screen("receipt")
        till.press("Enter")
        till.screen("selling")
        till.basket(BALL)
        with till.late_commands() as held:
            till.press("F2")
            shop.until(lambda: held or till.page.wait_for_timeout(20), "it was pressed")
            till.page.wait_for_timeout(1_500)
        till.receipt()
        assert shop.last(TERMINAL, "charged")["amount_minor"] == 26_500


def test_what_yesterday_left_is_listed_and_blocks_nothing(till: TillPage, shop: Shop) -> None:
    """The terminal closed its day and its totals were lost: it says so, and the next shift opens."""
    till.basket(PUZZLE)
    till.press("F2")
    till.receipt()
    till.press("Enter")
    till.screen("selling")
    shop.fault(TERMINAL, "end_of_day_lost")
    till.menu("6", "1")
    till.screen("shift_closed")
    till.says("Терминал закрыл день, а его итог не дошёл до кассы")
    till.open_shift("100")
    with world(shop, fiscalised=1):
        till.basket(BALL)
        till.pay_cash("265")
        till.receipt()
