"""A catalogue file that HQ keeps up to date: a page of the feed and the place after it are one commit.

    product, words     as in every catalogue (sync/store/catalogue.py); `price_minor` is the price at once
    price              dated prices: from its moment on, by the store's clock, the newest one is in force
    regime             the tax system of a seller from a day on, by the store's calendar

The file stays apart from the journal: it can be thrown away and fetched again. It is written with WAL and
`synchronous=NORMAL`: a power cut may take the last pages with their place, and they are asked for again. Who sells only
reads it; an open basket holds its products by value, so a line keeps the price and the tax system it was scanned with.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import apsw
from msgspec.structs import astuple

from sync.store import catalogue, dated_terms, feed_place, search
from sync.store.feed_place import Aside, FeedPlace, read_rows
from sync.wire.feed import (
    PRICE,
    PRODUCT,
    REGIME,
    FeedPage,
    PriceRow,
    ProductRow,
    RegimeRow,
    price_of_key,
    regime_of_key,
)

KINDS = frozenset({PRODUCT, PRICE, REGIME})
CHECKPOINT_PAGES = 1_000  # 4 MB: a page of the feed changes some hundred pages of the file
BUSY_MS = 5_000

_INSERT = f"INSERT INTO product VALUES (NULL{', ?' * len(ProductRow.__struct_fields__)})"
_UPDATE = f"UPDATE product SET {', '.join(f'{name} = ?' for name in ProductRow.__struct_fields__[1:])} WHERE id = ?"
_FORGET_WORDS = "INSERT INTO words (words, rowid, text) VALUES ('delete', ?, ?)"
_WORDS = "INSERT INTO words (rowid, text) VALUES (?, ?)"
_KNOWN = "SELECT id, name, brand FROM product WHERE barcode = ?"


@dataclass(frozen=True, slots=True)
class Applied:
    """What a page did."""

    place: FeedPlace
    rows: int
    gone: int
    aside: int


class FedCatalogue:
    """The one who writes to a fed file. Not for the event loop: a page of 5,000 rows takes some tenths of a second."""

    def __init__(self, file: Path, *, vfs: str | None = None) -> None:
        """Raises apsw.Error, ValueError where it is no fed catalogue."""
        self.file = file
        self._connection = connection = apsw.Connection(str(file), flags=apsw.SQLITE_OPEN_READWRITE, vfs=vfs)
        try:
            connection.set_busy_timeout(BUSY_MS)
            told = connection.execute("PRAGMA application_id").get, connection.execute("PRAGMA user_version").get
            if told != (catalogue.APPLICATION, catalogue.FED_SCHEMA):
                raise ValueError(f"{file} is not kept up to date by HQ: {told}")
            if vfs is not None:
                connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
            connection.execute(f"PRAGMA journal_size_limit = {CHECKPOINT_PAGES * 4096}")
            connection.execute(f"PRAGMA cache_size = -{catalogue.PAGE_CACHE_KIB}")
            feed_place.whole(connection, partial(feed_place.back_to_learned, connection, KINDS))
        except (apsw.Error, ValueError):
            connection.close()
            raise

    def close(self) -> None:
        self._connection.close()

    def place(self) -> FeedPlace | None:
        """How far the file is; None: it waits for a snapshot."""
        return feed_place.place_of(self._connection)

    def forget_place(self) -> None:
        """What is in the file stays on sale; the next thing to do is a snapshot."""
        feed_place.whole(self._connection, partial(feed_place.forget_place, self._connection))

    def apply(self, page: FeedPage, since: int) -> Applied:
        """The page and the place after it, in one commit. `since` is the place it was asked from. Raises apsw.Error."""
        return feed_place.whole(self._connection, partial(apply_page, self._connection, page, since))


def apply_page(connection: apsw.Connection, page: FeedPage, since: int) -> Applied:
    """Inside the caller's transaction."""
    wrong: list[Aside] = []
    count = 0
    goods = False
    if PRODUCT in page.rows:
        products, aside = read_rows(PRODUCT, page.rows[PRODUCT], ProductRow)
        put_products(connection, products)
        wrong += aside
        count += len(products)
        goods = bool(products)
    if PRICE in page.rows:
        prices, aside = read_rows(PRICE, page.rows[PRICE], PriceRow)
        dated_terms.put_prices(connection, prices)
        wrong += aside
        count += len(prices)
    if REGIME in page.rows:
        regimes, aside = read_rows(REGIME, page.rows[REGIME], RegimeRow)
        dated_terms.put_regimes(connection, regimes)
        wrong += aside
        count += len(regimes)
    for kind, keys in page.gone.items():
        if kind in KINDS:
            wrong += _take_out(connection, kind, keys)
    if goods or page.gone.get(PRODUCT):
        dated_terms.goods_changed(connection)
    feed_place.skip_kinds(connection, {*page.rows, *page.gone} - KINDS, since)
    feed_place.put_aside(connection, wrong)
    place = FeedPlace(page.feed, page.next)
    feed_place.keep_place(connection, place)
    return Applied(place, count, sum(map(len, page.gone.values())), len(wrong))


def put_products(connection: apsw.Connection, rows: Iterable[ProductRow]) -> None:
    """New or changed; the words of a name that did not change stay as they are."""
    for row in rows:
        known = connection.execute(_KNOWN, (row.barcode,)).fetchone()
        if known is None:
            connection.execute(_INSERT, astuple(row))
            connection.execute(_WORDS, (connection.last_insert_rowid(), words_of(row.name, row.brand)))
            continue
        id, name, brand = known
        connection.execute(_UPDATE, (*astuple(row)[1:], id))
        if (name, brand) != (row.name, row.brand):
            connection.execute(_FORGET_WORDS, (id, words_of(name, brand)))
            connection.execute(_WORDS, (id, words_of(row.name, row.brand)))


def words_of(name: str, brand: str) -> str:
    """What the search index holds of a product."""
    return search.indexed(f"{name} {brand}")


def _take_out(connection: apsw.Connection, kind: str, keys: list[str]) -> list[Aside]:
    wrong = []
    for key in keys:
        if kind == PRODUCT:
            _take_product_out(connection, key)
        elif kind == PRICE and (price := price_of_key(key)) is not None:
            connection.execute("DELETE FROM price WHERE from_ms = ? AND barcode = ?", price)
        elif kind == REGIME and (regime := regime_of_key(key)) is not None:
            connection.execute("DELETE FROM regime WHERE from_day = ? AND seller = ?", regime)
        else:
            wrong.append(Aside(kind, "not a key of this kind", key))
    return wrong


def _take_product_out(connection: apsw.Connection, barcode: str) -> None:
    """With its dated prices: a product that comes back comes with its own."""
    known = connection.execute(_KNOWN, (barcode,)).fetchone()
    connection.execute("DELETE FROM price WHERE barcode = ?", (barcode,))
    if known is not None:
        connection.execute(_FORGET_WORDS, (known[0], words_of(known[1], known[2])))
        connection.execute("DELETE FROM product WHERE id = ?", (known[0],))
