"""Writes goods, prices and regimes, and only what is different: an unchanged row gets no new version.

Everything happens inside the caller's transaction; the caller passes some thousand rows at a time.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import asdict, astuple

from cloud_api.storage.storage import Transaction, upsert
from cloud_api.telling.heads import take_versions
from sync.wire.feed import AT_ONCE_MS, CATALOGUE, PriceRow, ProductRow, RegimeRow

FIELDS = tuple(name for name in ProductRow.__struct_fields__ if name not in ("barcode", "price_minor"))
"""The columns of a product that are the same in every zone."""
_PUT_PRODUCT = upsert("product", ["sku"], ["sku", *FIELDS, "version", "gone", "changed_ms"])
_PRICE_COLUMNS = ["zone", "sku", "from_ms", "price_minor", "born", "version", "gone", "changed_ms"]
_PUT_PRICE = upsert("zone_price", ["zone", "sku", "from_ms"], _PRICE_COLUMNS)
_REGIME_COLUMNS = ["seller", "from_day", "tax_system", "vat", "version", "gone", "changed_ms"]
_PUT_REGIME = upsert("seller_regime", ["seller", "from_day"], _REGIME_COLUMNS)


class NotSold(Exception):
    """A price of what is no product, or a dated one of what has no price at once in the zone. `skus` names some."""

    def __init__(self, skus: Sequence[str]) -> None:
        super().__init__(", ".join(skus[:5]))
        self.skus = tuple(skus)


async def put_products(transaction: Transaction, rows: Sequence[ProductRow], *, now_ms: int) -> int:
    """New and changed ones, without their prices; how many there were."""
    among = transaction.dialect.among("sku")
    found = await transaction.rows(
        f"SELECT sku, {', '.join(FIELDS)} FROM product WHERE {among} AND gone=0",
        (transaction.dialect.asked([row.barcode for row in rows]),),
    )
    known = {row[0]: tuple(row[1:]) for row in found}
    told = {row.barcode: tuple(asdict(row)[name] for name in FIELDS) for row in rows}
    changed = [sku for sku, fields in told.items() if known.get(sku) != fields]
    if changed:
        first = await take_versions(transaction, CATALOGUE, len(changed), now_ms=now_ms)
        written = [(sku, *told[sku], version, 0, now_ms) for version, sku in enumerate(changed, first)]
        await transaction.write_many(_PUT_PRODUCT, written)
    return len(changed)


async def put_prices(transaction: Transaction, zone: str, rows: Sequence[PriceRow], *, now_ms: int) -> int:
    """New and changed ones; how many. A price at once that is another than before ends the dated ones that are in force
    already. Raises NotSold."""
    among, asked = transaction.dialect.among("sku"), transaction.dialect.asked(sorted({row.barcode for row in rows}))
    found = await transaction.rows(
        f"SELECT sku, from_ms, price_minor, born FROM zone_price WHERE zone=? AND {among} AND gone=0", (zone, asked)
    )
    known = {(sku, from_ms): (price, born) for sku, from_ms, price, born in found}
    told = {(row.barcode, row.from_ms): row.price_minor for row in rows}
    products = {row[0] for row in await transaction.rows(f"SELECT sku FROM product WHERE {among} AND gone=0", (asked,))}
    sold = {sku for sku, from_ms in (*known, *told) if from_ms == AT_ONCE_MS} & products
    if without := sorted({sku for sku, _ in told} - sold):
        raise NotSold(without)
    changed = [key for key, price in told.items() if key not in known or known[key][0] != price]
    at_once = {sku for sku, from_ms in changed if from_ms == AT_ONCE_MS}
    ended = [
        (sku, from_ms)
        for sku, from_ms in known
        if sku in at_once and AT_ONCE_MS < from_ms <= now_ms and (sku, from_ms) not in told
    ]
    if changed or ended:
        first = await take_versions(transaction, CATALOGUE, len(changed) + len(ended), now_ms=now_ms)
        written = []
        for version, key in enumerate(changed, first):
            born = known[key][1] if key in known else version
            written.append((zone, *key, told[key], born, version, 0, now_ms))
        for version, key in enumerate(ended, first + len(changed)):
            written.append((zone, *key, *known[key], version, 1, now_ms))
        await transaction.write_many(_PUT_PRICE, written)
    return len(changed)


async def remove_prices(transaction: Transaction, zone: str, keys: Sequence[tuple[str, int]], *, now_ms: int) -> int:
    """(sku, from_ms); without its price at once a product is sold in the zone no more, and its dated prices go too."""
    whole = {sku for sku, from_ms in keys if from_ms == AT_ONCE_MS}
    among = transaction.dialect.among("sku")
    found = await transaction.rows(
        f"SELECT sku, from_ms, price_minor, born FROM zone_price WHERE zone=? AND {among} AND gone=0",
        (zone, transaction.dialect.asked(sorted({sku for sku, _ in keys}))),
    )
    wanted = set(keys)
    gone = [row for row in found if row[0] in whole or (row[0], row[1]) in wanted]
    return await _bury(transaction, [(zone, *row) for row in gone], now_ms=now_ms)


async def remove_products(transaction: Transaction, skus: Sequence[str], *, now_ms: int) -> int:
    """From every zone, with all their prices; how many products there were."""
    among, asked = transaction.dialect.among("sku"), transaction.dialect.asked(list(skus))
    prices = await transaction.rows(
        f"SELECT zone, sku, from_ms, price_minor, born FROM zone_price WHERE {among} AND gone=0", (asked,)
    )
    await _bury(transaction, prices, now_ms=now_ms)
    known = [row[0] for row in await transaction.rows(f"SELECT sku FROM product WHERE {among} AND gone=0", (asked,))]
    if known:
        first = await take_versions(transaction, CATALOGUE, len(known), now_ms=now_ms)
        await transaction.write_many(
            "UPDATE product SET gone=1, version=?, changed_ms=? WHERE sku=?",
            [(version, now_ms, sku) for version, sku in enumerate(known, first)],
        )
    return len(known)


async def put_regime(transaction: Transaction, row: RegimeRow, *, now_ms: int) -> None:
    """Of one seller from a day on."""
    version = await take_versions(transaction, CATALOGUE, 1, now_ms=now_ms)
    await transaction.write(_PUT_REGIME, (*astuple(row), version, 0, now_ms))


async def remove_regime(transaction: Transaction, seller: str, from_day: str, *, now_ms: int) -> None:
    version = await take_versions(transaction, CATALOGUE, 1, now_ms=now_ms)
    await transaction.write(
        "UPDATE seller_regime SET gone=1, version=?, changed_ms=? WHERE seller=? AND from_day=?",
        (version, now_ms, seller, from_day),
    )


async def _bury(transaction: Transaction, prices: Sequence[tuple[str, str, int, int, int]], *, now_ms: int) -> int:
    """Rows of zone_price become tombstones."""
    if prices:
        first = await take_versions(transaction, CATALOGUE, len(prices), now_ms=now_ms)
        written = [(*row, version, 1, now_ms) for version, row in enumerate(prices, first)]
        await transaction.write_many(_PUT_PRICE, written)
    return len(prices)
