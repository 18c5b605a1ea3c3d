"""What a search says of other shops: HQ's rows, with their age by now; old ones are to be asked about by telephone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from agent.local_api.app import create_app
from agent.told_stock import OLD_MS, ToldStock
from sync.store.feed_place import FeedPlace
from sync.store.told_rows import FILE, ToldRows
from sync.wire.feed import STOCK, STOCK_AS_OF, FeedPage
from tests.agent.small_shop import BEAR, CLAY, small_shop

pytestmark = pytest.mark.anyio
NOON_MS = 1_795_251_600_000
HOST = "http://127.0.0.1:8080"
SAMARA = {"store": "Самара", "pieces": 3, "many": False, "as_of_ms": NOON_MS, "call": False}
UFA = {"store": "Уфа", "pieces": 11, "many": True, "as_of_ms": NOON_MS, "call": False}


class Told:
    """A file of what HQ told, and the moment at which it is read."""

    def __init__(self, folder: Path) -> None:
        self.rows, self.ms, self.next = ToldRows(folder), NOON_MS, 0
        self.stock = ToldStock(self.rows, lambda: self.ms)

    def tell(self, *rows: list[Any], gone: tuple[str, ...] = ()) -> None:
        packed = {STOCK: msgspec.Raw(msgspec.json.encode(rows))} if rows else {}
        before, self.next = self.next, self.next + 1
        page = FeedPage("f1", before, self.next, False, NOON_MS, packed, {STOCK: list(gone)} if gone else {})
        assert self.rows.apply(page, before).place == FeedPlace("f1", self.next)

    def said(self) -> Any:
        return msgspec.to_builtins(self.stock(BEAR))


@pytest.fixture
def told(tmp_path: Path) -> Any:
    made = Told(tmp_path)
    yield made
    made.rows.close()


def test_fresh_rows_are_said_as_they_are_and_a_tombstone_says_nothing(told: Told) -> None:
    assert told.said() == []
    told.tell([BEAR, {"places": [["Уфа", 11], ["Самара", 3]]}], [STOCK_AS_OF, {"at_ms": NOON_MS}])
    told.ms += OLD_MS
    assert told.said() == [UFA, SAMARA]
    told.tell(gone=(BEAR,))
    assert told.said() == []


def test_a_feed_that_fell_silent_makes_all_of_it_old(told: Told) -> None:
    """Nobody had to say so: the age grows by itself."""
    told.tell([BEAR, {"places": [["Уфа", 11], ["Самара", 3]]}], [STOCK_AS_OF, {"at_ms": NOON_MS}])
    told.ms += OLD_MS + 1
    assert told.said() == [UFA | {"call": True}, SAMARA | {"call": True}]
    told.tell([STOCK_AS_OF, {"at_ms": told.ms}])
    assert [one["call"] for one in told.said()] == [False, False]


def test_a_silent_store_is_to_be_asked_by_telephone_and_comes_last(told: Told) -> None:
    long_ago_ms = NOON_MS - 2 * OLD_MS
    as_of = {"at_ms": NOON_MS, "silent": {"Уфа": long_ago_ms}}
    told.tell([BEAR, {"places": [["Уфа", 11], ["Самара", 3]]}], [STOCK_AS_OF, as_of])
    assert told.said() == [SAMARA, UFA | {"call": True, "as_of_ms": long_ago_ms}]


def test_rows_whose_age_nobody_tells_are_never_fresh(told: Told) -> None:
    told.tell([BEAR, {"places": [["Самара", 3]]}])
    assert told.said() == [SAMARA | {"call": True, "as_of_ms": 0}]


def test_a_row_of_another_shape_is_put_aside_and_a_broken_file_says_nothing(told: Told, tmp_path: Path) -> None:
    told.tell([BEAR, {"places": [["Самара", -3]]}], [CLAY, {"places": [["Самара", 3]]}])
    assert (told.said(), len(told.rows.aside()), len(told.stock(CLAY))) == ([], 1, 1)
    (tmp_path / f"{FILE}-wal").unlink()
    (tmp_path / FILE).write_bytes(b"no database" * 1000)
    told.rows._read = None  # as at the next start
    assert told.stock(CLAY) == []


async def test_the_till_and_the_stock_page_are_told_with_what_they_search_for(tmp_path: Path) -> None:
    async with small_shop(tmp_path / "shop") as shop:
        told = Told(tmp_path)
        told.tell([BEAR, {"places": [["Уфа", 11], ["Самара", 3]]}], [STOCK_AS_OF, {"at_ms": NOON_MS}])
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=create_app(shop.shop)), base_url=HOST) as client:
            (alone,) = (await client.get("/api/tills/1/search", params={"q": "мишка"})).json()
            assert alone["elsewhere"] == [], "a shop without HQ"
            shop.shop.stock.screens.elsewhere = told.stock
            for path in ("/api/tills/1/search", "/api/stock/goods"):
                (found,) = (await client.get(path, params={"q": "мишка"})).json()
                assert found["elsewhere"] == [UFA, SAMARA], path
        told.rows.close()
