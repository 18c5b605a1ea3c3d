"""Somebody at HQ changes goods, prices, offers and what else the shops are told, while everything else goes on."""

from __future__ import annotations

import random
from collections.abc import Sequence

from cloud_api.storage.storage import Storage
from cloud_api.telling.goods import put_prices, put_products, remove_products
from cloud_api.telling.shop_rows import put_rows, remove_rows
from cloud_api.telling.snapshots import publish
from sync.wire.feed import CUSTOMER, OFFER, CustomerBody, OfferBody, PriceRow, ProductRow


async def publish_first(storage: Storage, rng: random.Random, stores: Sequence[str], now_ms: int) -> None:
    """Goods, their prices and a snapshot, before anybody asks."""
    async with storage.transaction(None) as transaction:
        await put_products(transaction, [_product(n, 100) for n in range(60)], now_ms=now_ms)
        await put_prices(transaction, "main", [PriceRow(f"{n:08d}", 0, 100) for n in range(60)], now_ms=now_ms)
    await publish(storage, "main", now_ms=now_ms)
    await tell(storage, rng, stores, now_ms)


async def tell(storage: Storage, rng: random.Random, stores: Sequence[str], now_ms: int) -> None:
    """Somebody at HQ changes prices, offers and orders."""
    chosen = [f"{n:08d}" for n in rng.sample(range(60), 5)]
    async with storage.transaction(None) as transaction:
        await put_products(transaction, [_product(int(sku), 100) for sku in chosen], now_ms=now_ms)
        prices = [PriceRow(sku, 0, rng.randint(1, 9_999)) for sku in chosen]
        await put_prices(transaction, "main", prices, now_ms=now_ms)
        await remove_products(transaction, [f"{rng.randrange(60):08d}"], now_ms=now_ms)
    for store in ("", rng.choice(stores)):
        async with storage.transaction(store) as transaction:
            # a row for all stores and one store's own have different keys
            mine = "every" if store == "" else "own"
            words = f"{rng.randrange(10**6)}"
            await put_rows(
                transaction, store, OFFER, [(f"{mine}-{rng.randrange(9)}", OfferBody(words, words))], now_ms=now_ms
            )
            customer = (f"{mine}-c{rng.randrange(9)}", CustomerBody([words]))
            await put_rows(transaction, store, CUSTOMER, [customer], now_ms=now_ms)
            if rng.random() < 0.3:
                await remove_rows(transaction, store, OFFER, [f"{mine}-{rng.randrange(9)}"], now_ms=now_ms)


def _product(n: int, price: int) -> ProductRow:
    return ProductRow(
        f"{n:08d}", f"Товар {n}", price, 1, 0, "", 0, 1, "", 0, 0, 0, 1, 0, "", ""
    )  # fmt: skip
