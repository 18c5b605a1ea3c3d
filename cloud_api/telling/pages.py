"""Reads a feed from a place on: what changed up to the newest version, as one scope may see it.

The newest version is read first, and rows up to it only: what is committed meanwhile comes with the next page. A page
holds the state of a row as it is now, so a row that changed twice comes once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from cloud_api.storage.storage import Reading
from cloud_api.telling.goods import FIELDS
from cloud_api.telling.heads import Head, feed_of, zone_of
from cloud_api.telling.shop_rows import EVERY_STORE
from sync.wire.feed import (
    AT_ONCE_MS,
    CATALOGUE,
    PRICE,
    PRODUCT,
    REGIME,
    STOCK,
    STOCK_AS_OF,
    FeedPage,
    StockBody,
    price_key,
    regime_key,
)

_OF_PRODUCT = ", ".join(f"p.{name}" for name in FIELDS)
PRODUCT_COLUMNS = f"p.sku, p.name, z.price_minor, {', '.join(f'p.{name}' for name in FIELDS[1:])}"
"""The members of ProductRow in their order, of `product p` and its price at once `zone_price z`."""
_CHANGED_PRODUCTS = (
    f"SELECT p.version, {PRODUCT_COLUMNS} FROM product p"
    " JOIN zone_price z ON z.zone=? AND z.sku=p.sku AND z.from_ms=0 AND z.gone=0"
    " WHERE p.version>? AND p.version<=? AND p.gone=0 ORDER BY p.version LIMIT ?"
)
_CHANGED_PRICES = (
    f"SELECT z.version, z.from_ms, z.gone, z.born, {PRODUCT_COLUMNS} FROM zone_price z"
    " JOIN product p ON p.sku=z.sku WHERE z.zone=? AND z.version>? AND z.version<=? ORDER BY z.version LIMIT ?"
)
_CHANGED_REGIMES = (
    "SELECT version, gone, seller, from_day, tax_system, vat FROM seller_regime"
    " WHERE version>? AND version<=? ORDER BY version LIMIT ?"
)
_CHANGED_ROWS = (
    "SELECT version, kind, id, body, gone FROM shop_row WHERE store=? AND version>? AND version<=?"
    " ORDER BY version LIMIT ?"
)


@dataclass(frozen=True, slots=True)
class _Change:
    """One row's: its version, kind and key, and the row itself, None where it is gone."""

    version: int
    kind: str
    key: str
    row: object


def may_go_on(head: Head, scope: str, feed: str, since: int) -> bool:
    """False: the place is of another feed, older than the tombstones, or HQ never gave it."""
    fresh = not feed and not since
    return fresh or (feed == feed_of(head, scope) and head.forgotten <= since <= head.version)


async def scope_of(reading: Reading, name: str, store: str) -> str:
    """Who is told the same as this store."""
    return await zone_of(reading, store) if name == CATALOGUE else store


async def page_of(
    reading: Reading, name: str, scope: str, head: Head, since: int, limit: int, *, now_ms: int
) -> FeedPage:
    """At the most `limit` changes after `since`. With no gap to fill it is empty, and `next` is the newest version."""
    read = _goods if name == CATALOGUE else _shop
    changes = sorted(await read(reading, scope, since, head.version, limit + 1), key=lambda one: one.version)
    more = len(changes) > limit
    taken = changes[:limit]
    rows: dict[str, dict[str, object]] = {}
    gone: dict[str, list[str]] = {}
    for change in taken:
        if change.row is not None:
            rows.setdefault(change.kind, {})[change.key] = change.row
        else:
            gone.setdefault(change.kind, []).append(change.key)
    packed = {kind: msgspec.Raw(msgspec.json.encode(list(each.values()))) for kind, each in rows.items()}
    upto = taken[-1].version if more else max(head.version, since)
    return FeedPage(feed_of(head, scope), since, upto, more, now_ms, packed, gone)


async def _goods(reading: Reading, zone: str, since: int, upto: int, most: int) -> list[_Change]:
    changes = [
        _Change(version, PRODUCT, row[0], row)
        for version, *row in await reading.rows(_CHANGED_PRODUCTS, (zone, since, upto, most))
    ]
    changes += [_price(since, row) for row in await reading.rows(_CHANGED_PRICES, (zone, since, upto, most))]
    for version, gone, seller, day, tax, vat in await reading.rows(_CHANGED_REGIMES, (since, upto, most)):
        row = None if gone else [seller, day, tax, vat]
        changes.append(_Change(version, REGIME, regime_key(day, seller), row))
    return changes


def _price(since: int, told: Sequence[Any]) -> _Change:
    """A price at once that is newer than the place brings its product along; one that is gone takes it away."""
    version, from_ms, gone, born, *product = told
    sku, price = product[0], product[2]
    if from_ms == AT_ONCE_MS and (gone or born > since):
        return _Change(version, PRODUCT, sku, None if gone else product)
    return _Change(version, PRICE, price_key(from_ms, sku), None if gone else [sku, from_ms, price])


async def _shop(reading: Reading, store: str, since: int, upto: int, most: int) -> list[_Change]:
    found = await reading.rows(_CHANGED_ROWS, (EVERY_STORE, since, upto, most))
    found += await reading.rows(_CHANGED_ROWS, (store, since, upto, most)) if store != EVERY_STORE else []
    return [
        _Change(version, kind, key, None if gone else _row(store, kind, key, str(body)))
        for version, kind, key, body, gone in found
    ]


def _row(store: str, kind: str, key: str, body: str) -> object:
    """Of stock elsewhere one row is kept for all stores; each is told what is not its own, or that it is gone."""
    if kind != STOCK or key == STOCK_AS_OF:
        return [key, msgspec.Raw(body.encode())]
    told = msgspec.json.decode(body, type=StockBody)
    others = [place for place in told.places if place.store != store]
    return [key, StockBody(others)] if others else None
