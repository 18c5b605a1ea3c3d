"""What HQ changes while a till sells: an open basket keeps what it showed, the next scan has what is in force."""

from __future__ import annotations

import random
from pathlib import Path

import msgspec
import pytest

from agent.checkup.data_directory import catalogue_finding
from agent.checkup.finding import Level
from agent.till.basket_desk import BasketDesk
from agent.told_offers import ToldOffers
from agent.visitors.offers import Offer, Offers
from fiscal.basket import Basket, set_quantity
from fiscal.document import TaxSystem
from fiscal.regimes import unregulated
from fiscal.sale_events import LinePut
from sync.store.catalogue import Shelf
from sync.store.told_rows import ToldRows
from sync.wire.feed import FeedPage
from tests.sync.feed_hq import FeedHq, product
from tests.sync.test_fed_catalogue import NOON_MS, StoreClock, built, follow, toys


def put_in(desk: BasketDesk, basket: Basket, code: str) -> Basket:
    lines = {line.id: line for line in basket.lines}
    for event in desk.add(basket, code):
        assert isinstance(event, LinePut)
        lines[event.line.id] = event.line
    return Basket(tuple(lines.values()), basket.made + 1)


def test_an_open_basket_keeps_the_price_and_the_tax_system_it_showed(tmp_path: Path) -> None:
    """A piece scanned after the change is a line of its own at the new price; more of the old line costs the old."""
    hq, clock = toys(), StoreClock()
    file = built(tmp_path, hq)
    shelf = Shelf(tmp_path, clock)
    desk = BasketDesk(shelf.catalogue, lambda: unregulated.PROFILE, clock, random.Random(1))
    basket = put_in(desk, Basket(), "2000")
    hq.put("price", "0/2000", ["2000", 0, 250])
    hq.put("regime", "2020-01-01/main", ["main", "2020-01-01", 1, 6])
    follow(file, hq)
    assert [line.price_minor for line in basket.lines] == [100]
    basket = put_in(desk, basket, "2000")
    assert [line.price_minor for line in basket.lines] == [100, 250]
    assert [line.product.tax_system for line in basket.lines] == [TaxSystem.GENERAL, TaxSystem.SIMPLIFIED_INCOME]
    more = set_quantity(basket, basket.lines[0].id, 3_000, unregulated.PROFILE)
    assert more.total_minor == 3 * 100 + 250
    hq.put("price", f"{NOON_MS + 5}/2000", ["2000", NOON_MS + 5, 10])
    follow(file, hq)
    assert put_in(desk, basket, "2000").lines[-1].price_minor == 250
    clock.ms = NOON_MS + 5
    assert put_in(desk, basket, "2000").lines[-1].price_minor == 10
    shelf.close()


def test_the_doctor_says_who_keeps_the_catalogue_and_what_makes_no_sense(tmp_path: Path) -> None:
    hq = toys()
    file = built(tmp_path, hq)
    said = catalogue_finding(tmp_path)
    assert (said.level, said.what.en) == (Level.FINE, "8 products, kept by HQ.")
    hq.put_product(product("2001", "Мяч", -5))
    follow(file, hq)
    said = catalogue_finding(tmp_path)
    assert (said.level, said.what.en) == (Level.ATTENTION, "8 products; rows from HQ that make no sense: 1.")


@pytest.mark.anyio
async def test_offers_of_hq_stand_after_the_shops_own(tmp_path: Path) -> None:
    hq, rows = FeedHq(), ToldRows(tmp_path)
    offers = Offers([Offer("Своё", "Own")], ToldOffers(rows))
    assert [one.ru for one in offers.all] == ["Своё"]
    hq.put("offer", "a", ["a", {"ru": "Офис", "en": "HQ", "until": "2026-12-31", "goods": ["миш"]}])
    hq.put("offer", "b", ["b", {"ru": "Никогда", "en": "Never", "until": "2026-02-31"}])
    rows.apply(hq.page(0, 9), 0)
    assert [(one.ru, one.goods) for one in offers.all] == [("Своё", ()), ("Офис", ("миш",))]
    rows.apply(FeedPage("f1", 2, 3, False, 0, {}, {"offer": ["a"]}), 2)
    assert [one.ru for one in offers.all] == ["Своё"]
    assert msgspec.json.encode(rows.place().feed) == b'"f1"'
    rows.close()
