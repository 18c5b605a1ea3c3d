"""Troubles found before money is taken, and those that stop the till: nothing is charged, and the page says why."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from premises import ready
from shop import BALL, PUZZLE, Shop, mark
from till_page import TillPage
from truth import REGISTER, TERMINAL, world

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    ("fault", "mended", "words"),
    [
        ("paper out", "paper in", "В ККТ нет бумаги. Вставьте ленту. Деньги ещё не взяты."),
        ("cover open", "cover close", "Крышка ККТ открыта. Закройте крышку. Деньги ещё не взяты."),
        ("clock +10 minutes", "clock -10 minutes", "Часы ККТ идут неверно."),
    ],
    ids=["paper", "cover", "clock"],
)
def test_preflight_says_what_to_mend(till: TillPage, shop: Shop, fault: str, mended: str, words: str) -> None:
    """Nothing is charged, the basket stays free, the same key works when it is mended."""
    till.basket(PUZZLE)
    with world(shop):
        shop.order(REGISTER, fault)
        till.press("F2")
        till.says(words)
        till.screen("selling")
        till.basket_takes(BALL)
    with world(shop, charged=1, fiscalised=1):
        shop.order(REGISTER, mended)
        till.press("F2")
        till.receipt()


def test_preflight_in_cash(till: TillPage, shop: Shop) -> None:
    """The same before cash: the amount that was counted stays, nothing is written as taken."""
    till.basket(PUZZLE)
    with world(shop):
        shop.order(REGISTER, "paper out")
        till.pay_cash("500")
        till.says("В ККТ нет бумаги")
        assert till.view["sale"]["paid_minor"] == 0
    with world(shop, fiscalised=1):
        shop.order(REGISTER, "paper in")
        till.pay_cash("500")
        till.receipt()


def test_the_shift_is_too_old(till: TillPage, shop: Shop) -> None:
    """Close it, open the next one: the sale is still there and is sold in the new shift."""
    till.basket(PUZZLE)
    with world(shop):
        shop.order(REGISTER, "shift +24 hours")
        till.press("F2")
        till.says("Смене скоро 24 часа. Чек сохранится. Деньги ещё не взяты. Закройте её: Insert, 6.")
        till.menu("6", "1")
        till.open_shift("500")
        till.lines(1)
    with world(shop, charged=1, fiscalised=1):
        till.press("F2")
        till.receipt()


def test_the_register_is_away(till: TillPage, shop: Shop) -> None:
    """The basket works, both tender keys say why they do not."""
    shop.order(REGISTER, "unplug")
    till.says("ККТ не отвечает, деньги не принимаем. Чек можно набирать. Проверьте провод и питание ККТ.")
    till.basket(PUZZLE)
    with world(shop):
        for key in ("pay-card", "pay-cash"):
            assert till.page.locator(f"[data-key='{key}']").get_attribute("aria-disabled") == "true"
        till.press("F2", "End")
        till.screen("selling")
    shop.order(REGISTER, "plug")
    till.page.wait_for_selector("[data-key='pay-card']:not([aria-disabled='true'])")
    with world(shop, charged=1, fiscalised=1):
        till.press("F2")
        till.receipt()


def test_the_terminal_is_away(till: TillPage, shop: Shop) -> None:
    shop.order(TERMINAL, "unplug")
    till.basket(PUZZLE)
    till.says("Терминал не отвечает, карты не принимаем. Продаём за наличные")
    with world(shop, fiscalised=1):
        assert till.page.locator("[data-key='pay-card']").get_attribute("aria-disabled") == "true"
        till.press("F2")
        till.pay_cash("449")
        till.receipt()
    shop.order(TERMINAL, "plug")
    shop.until(lambda: till.view["banner"] is None, "the banner has gone")


def test_the_goods_check_is_away(till: TillPage, shop: Shop) -> None:
    """A marked item waits for its check and is not sold without it; the rest is sold."""
    shop.order("goods-1", "unplug")
    till.says("Проверка марок недоступна")
    till.basket(PUZZLE)
    till.scan(mark())
    till.lines(2)
    till.says("продать нельзя")
    with world(shop):
        till.press("F2")
        till.says("не принимает марку")
    till.press("Delete")
    till.lines(1)
    with world(shop, charged=1, fiscalised=1):
        till.press("F2")
        till.receipt()
    shop.order("goods-1", "plug")
    shop.until(lambda: till.view["banner"] is None, "the banner has gone")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of eight megabytes."""
    place = tmp_path / "small"
    place.mkdir()
    told = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(place)], capture_output=True, check=False
    )
    if told.returncode:
        pytest.skip("mounting a small tmpfs is not permitted: run as root with CAP_SYS_ADMIN")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def stuff(disk: Path) -> None:
    """Takes all that is left."""
    with (disk / "stuffing").open("ab") as file:
        free = os.statvfs(disk)
        file.write(b"x" * (free.f_bavail * free.f_frsize))


def test_the_disk_is_full(window: Any, small_disk: Path, tmp_path: Path) -> None:
    """First no new sale is begun; when not even the reserve is left a whole page says it, until somebody makes room."""
    with Shop(tmp_path / "shop", data=small_disk) as shop:
        page = TillPage(window[0].new_page(), shop)
        page.open()
        ready(page)
        page.basket(PUZZLE)
        with world(shop):
            stuff(small_disk)
            page.press("F2")
            page.says("На диске мало места")
            for _ in range(2):  # the reserve is spent by the first, and then there is none
                page.scan(BALL)
                page.page.wait_for_timeout(300)
                stuff(small_disk)
            page.scan(BALL)
            page.screen("stopped")
            assert page.headline() == "Диск полон, деньги не принимаем"
            assert "Ничего не потеряно" in page.text(".case")
            page.no_pay_controls()
            page.press("F2", "End", "Enter")
            (small_disk / "stuffing").unlink()
            page.screen("selling")
        with world(shop, charged=1, fiscalised=1):
            page.press("F2")
            page.receipt()
        page.page.close()


def test_another_fiscal_memory_stops_the_till(window: Any, tmp_path: Path) -> None:
    """Nothing can be sold into a stranger's memory: a whole page says so. A shop of its own: no cable mends it."""
    with Shop(tmp_path) as shop:
        till = TillPage(window[0].new_page(), shop)
        till.open()
        ready(till)
        till.basket(PUZZLE)
        with world(shop):
            shop.order(REGISTER, "fn swap")
            till.screen("stopped")
            assert till.headline() == "Подключена другая ККТ или другой ФН"
            assert "Ждали ФН …" in till.text(".case")
            assert "ККТ не отвечает" not in till.text()
            till.no_pay_controls()
            till.press("F2", "End", "Enter")
            till.screen("stopped")
        till.page.close()
