"""Money was received and no receipt was made: each way out carried through, and the ways back of the money."""

from __future__ import annotations

import pytest
from shop import BALL, PUZZLE, Shop, mark
from till_page import TillPage
from truth import PIN, REGISTER, TERMINAL, has_power_again, loses_power, sum_of_last, world

pytestmark = pytest.mark.browser


@pytest.fixture
def refused_mark(till: TillPage, shop: Shop) -> TillPage:
    """A doll and a puzzle, 1 748,00 on a card, and the register refuses the doll's code."""
    till.basket(PUZZLE, mark())
    shop.fault(REGISTER, "mark_refused_at_seal")
    till.press("F2")
    till.case("unsealed")
    return till


def test_unsealed_way_1_the_code_is_scanned_again(refused_mark: TillPage, shop: Shop) -> None:
    till = refused_mark
    assert till.headline().startswith("Деньги получены, а чек не пробит: ККТ не приняла марку")
    assert "Кукла «Маша»" in till.headline()
    assert till.page.locator(".key.filled").count() == 1
    choices = [way["choice"] for way in till.view["case"]["ways"]]
    assert choices == ["rescan_mark", "drop_line", "cancel_payment", "owe_correction"]
    with world(shop, fiscalised=1):
        till.scan(PUZZLE)
        till.says("Нужен код маркировки")
        till.case("unsealed")
        till.scan(mark())
        assert till.receipt()["total_minor"] == 174_800


def test_unsealed_way_2_the_doll_is_dropped(refused_mark: TillPage, shop: Shop) -> None:
    till = refused_mark
    with world(shop, refunded=1, fiscalised=1):
        till.choose("drop_line")
        assert till.receipt()["total_minor"] == 44_900
    assert sum_of_last(shop, TERMINAL, "refunded") == 129_900
    assert sum_of_last(shop, REGISTER, "fiscalised") == 44_900


def test_unsealed_way_3_the_whole_payment_is_cancelled(refused_mark: TillPage, shop: Shop) -> None:
    till = refused_mark
    with world(shop, reversed=1):
        till.choose("cancel_payment", pin=PIN)
        till.screen("selling")
        till.says("Списание отменено")
    assert sum_of_last(shop, TERMINAL, "reversed") == 174_800


def test_unsealed_way_4_a_correction_is_owed(refused_mark: TillPage, shop: Shop) -> None:
    """The shopper has left: the register is free for the next one, HQ knows of the debt."""
    till = refused_mark
    with world(shop):
        till.choose("owe_correction", pin=PIN)
        till.screen("selling")
        till.says("коррекци")
    with world(shop, fiscalised=1):
        till.basket(BALL)
        till.pay_cash("265")
        till.receipt()
    shop.until(lambda: shop.hq_get("/v1/debts"), "HQ knows of the debt")


def test_unsealed_in_cash_the_doll_is_dropped(till: TillPage, shop: Shop) -> None:
    """What the shopper gets back is the change of what was given: the whole of it, on the receipt's screen."""
    till.basket(PUZZLE, mark())
    shop.fault(REGISTER, "mark_refused_at_seal")
    with world(shop, fiscalised=1):
        till.pay_cash("2000")
        till.case("unsealed")
        assert "252,00" in till.text(".side-right"), "the change that is due already"
        till.choose("drop_line")
        assert till.receipt()["change_minor"] == 155_100
    assert sum_of_last(shop, REGISTER, "fiscalised") == 44_900


def test_unsealed_in_cash_all_is_cancelled(till: TillPage, shop: Shop) -> None:
    till.basket(mark())
    shop.fault(REGISTER, "mark_refused_at_seal")
    with world(shop):
        till.pay_cash("1299")
        till.case("unsealed")
        till.choose("cancel_payment", pin=PIN)
        till.screen("selling")
        till.says("Оплата отменена")
        till.says("Отдайте покупателю 1 299,00 ₽ наличными")


@pytest.mark.parametrize(
    ("fault", "mended", "words"),
    [
        ("unplug", "plug", "Деньги получены, ККТ не отвечает"),
        ("paper out", "paper in", "Деньги получены, а чек не пробит"),
    ],
    ids=["away", "paper"],
)
def test_unsealed_mends_itself(till: TillPage, shop: Shop, fault: str, mended: str, words: str) -> None:
    """The register fails between the approval and the document: when it is mended the receipt follows by itself."""
    shop.order(TERMINAL, "card manual")
    till.basket(PUZZLE)
    with world(shop, charged=1, fiscalised=1):
        till.press("F2")
        till.card_runs()
        shop.order(REGISTER, fault)
        shop.order(TERMINAL, "present card")
        till.case("unsealed")
        assert till.headline() == words
        assert "Второй раз деньги не берите" in till.text(".case")
        shop.order(REGISTER, mended)
        till.receipt()
    shop.order(TERMINAL, "card auto 0")


# Giving back


def test_the_reversals_answer_is_lost(refused_mark: TillPage, shop: Shop) -> None:
    till = refused_mark
    loses_power(shop, TERMINAL, "after_booking")
    with world(shop, reversed=1):
        till.choose("cancel_payment", pin=PIN)
        till.case("reversal_unknown")
        assert till.headline().startswith("Неизвестно, отменено ли списание")
        has_power_again(shop, TERMINAL)
        till.screen("selling")
        till.says("Списание отменено")


@pytest.fixture
def to_refund(till: TillPage, shop: Shop) -> TillPage:
    """A card sale of a puzzle whose refund is ticked and ready to be paid."""
    till.basket(PUZZLE)
    till.press("F2")
    number = till.receipt()["number"]
    till.press("Enter")
    till.screen("selling")
    till.menu("1")
    till.press(*number, "Enter")
    till.lines(1)
    till.press(" ")
    till.total("449,00")
    return till


def test_the_refunds_answer_is_lost(to_refund: TillPage, shop: Shop) -> None:
    till = to_refund
    loses_power(shop, TERMINAL, "after_booking")
    with world(shop, refunded=1, fiscalised=1):
        till.press("F2")
        till.case("refund_unknown")
        assert "Второй раз не возвращайте" in till.text(".case")
        has_power_again(shop, TERMINAL)
        receipt = till.receipt()
        assert (receipt["act"], receipt["total_minor"]) == ("refund", 44_900)


def test_the_refund_is_declined(to_refund: TillPage, shop: Shop) -> None:
    """The terminal gives nothing back: that is said, and the same key tries anew."""
    till = to_refund
    shop.fault(TERMINAL, "decline")
    with world(shop):
        till.press("F2")
        till.says("Деньги не вернулись")
        till.screen("selling")
    with world(shop, refunded=1, fiscalised=1):
        till.press("F2")
        till.receipt()
