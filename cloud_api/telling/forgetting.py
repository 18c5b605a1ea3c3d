"""Forgets tombstones that are older than any store needs, and remembers up to which version it did."""

from __future__ import annotations

from cloud_api.storage.storage import Storage
from cloud_api.telling.heads import TOMBSTONES_KEPT_MS, forget_up_to
from sync.wire.feed import CATALOGUE, SHOP

GLOBAL = "/* global: tombstones of every shop */"
TABLES = {CATALOGUE: ("product", "zone_price", "seller_regime"), SHOP: ("shop_row",)}


async def forget_tombstones(storage: Storage, *, now_ms: int, kept_ms: int = TOMBSTONES_KEPT_MS) -> int:
    """How many went. A store whose place lies before the newest of them begins anew."""
    before = now_ms - kept_ms
    count = 0
    for name, tables in TABLES.items():
        async with storage.transaction(None) as transaction:
            newest = 0
            for table in tables:
                old = f"FROM {table} WHERE gone=1 AND changed_ms<?"
                count += await transaction.number(f"{GLOBAL} SELECT count(*) {old}", (before,))
                newest = max(newest, await transaction.number(f"{GLOBAL} SELECT max(version) {old}", (before,)))
                await transaction.write(f"{GLOBAL} DELETE {old}", (before,))
            await forget_up_to(transaction, name, newest)
    return count
