"""The README's pictures of the till, the status page and the office, each a real state reached by real faults.

TILLKEEPER_PICTURES=1 writes them to docs/pictures.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pictures import take
from premises import ready
from shop import BALL, CLAY, FIRE_STATION, PUZZLE, Shop, mark
from till_page import LONG_MS, TillPage
from truth import PIN, REGISTER, TERMINAL, has_power_again, loses_power

pytestmark = pytest.mark.browser


@pytest.fixture
def open_shop(chromium: Any, tmp_path: Path) -> Iterator[tuple[Shop, TillPage, Any]]:
    """A shop that is no training shop: without the stripe on every page."""
    context = chromium.new_context(viewport={"width": 1366, "height": 768}, reduced_motion="reduce", locale="ru-RU")
    with Shop(tmp_path / "shop", training=False, person_after_s=900) as shop:
        till = TillPage(context.new_page(), shop)
        till.open()
        ready(till)
        yield shop, till, context
    context.close()


def fill(till: TillPage) -> None:
    """The basket of the pictures: five lines, 6 621,10."""
    till.basket(FIRE_STATION, mark(), PUZZLE)
    till.scan(PUZZLE)
    till.pieces(2)
    till.press("%", "1", "0", "Enter")
    till.says("−89,80")
    till.scan(CLAY)
    till.lines(4)
    till.scan(BALL)
    till.lines(5)
    till.press("3", "*")
    till.total("6 621,10")


def test_pictures(open_shop: tuple[Shop, TillPage, Any], tmp_path: Path) -> None:
    shop, till, context = open_shop
    earlier_sales(shop, till, context)
    fill(till)
    take(till.page, "till", tmp_path)
    loses_power(shop, TERMINAL, "after_booking")
    till.press("F2")
    till.case("card_unknown")
    shop.until(lambda: till.view["case"]["asked"] >= 3, "it was asked at 0, 2 and 5 s")
    take(till.page, "till-unknown", tmp_path)
    a_person_is_asked(shop, till)
    take_desk(context, f"{shop.url}/status", "status", ".open-case .answers-row .key", tmp_path)
    till.choose("slip_approved", pin=PIN)
    till.receipt()
    has_power_again(shop, TERMINAL)
    till.press("Enter")
    till.screen("selling")
    shop.until(lambda: till.view["banner"] is None, "the terminal is back")
    fill(till)
    shop.fault(REGISTER, "mark_refused_at_seal")
    till.press("F2")
    till.case("unsealed")
    take(till.page, "till-unsealed", tmp_path)
    till.scan(mark())
    till.receipt()
    till.page.wait_for_timeout(200)  # right after a burst no Enter counts
    till.press("Enter")
    till.screen("selling")
    fill(till)
    till.pay_cash("7000")
    till.receipt()
    take(till.page, "receipt", tmp_path)
    shop.until(lambda: till.view["office"]["waiting"] == 0, "HQ has all of it")
    take_desk(context, shop.office, "office", ".row", tmp_path)


def earlier_sales(shop: Shop, till: TillPage, context: Any) -> None:
    """Some sales at both tills, so that nothing is empty."""
    other = TillPage(context.new_page(), shop, "2")
    other.open()
    ready(other)
    for page, codes, means in (
        (till, (BALL, CLAY), "cash"),
        (other, (FIRE_STATION, BALL), "card"),
        (till, (PUZZLE,), "card"),
    ):
        page.basket(*codes)
        if means == "card":
            page.press("F2")
        else:
            page.pay_cash("500")
        page.receipt()
        page.press("Enter")
        page.screen("selling")
    other.page.close()


def a_person_is_asked(shop: Shop, till: TillPage) -> None:
    """Nobody waits a quarter of an hour in a test: the agent is killed, the one that follows asks after a second."""
    shop.kill_agent()
    shop.configure(person_after_s=1)
    shop.start_agent()
    till.case("card_person", within_ms=2 * LONG_MS)


def take_desk(context: Any, url: str, name: str, awaited: str, folder: Path) -> None:
    page = context.new_page()
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(url)
    page.wait_for_selector(awaited, timeout=LONG_MS)
    take(page, name, folder, fits=False, fingers=name != "office")
    page.close()
