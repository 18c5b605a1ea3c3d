"""Placing and cancelling an order: HQ's row and the word to the shop are one commit, and a request counts once.

    promise?     available in the shop, all lines of a product together (availability.py)
    one commit   api_request (who asked, its key) + order + lines + command `order_wanted` to the shop's agent

Whoever lost the answer asks again with the same key and gets the same order, a year later too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from cloud_api.orders.availability import Available, of_products
from cloud_api.orders.heard import ask_cancel, want
from cloud_api.orders.kept import KeptOrder, OrderLine, Told, hear, order_at, put_order
from cloud_api.orders.states import OPEN, OrderState, Word
from cloud_api.storage.storage import Storage, Transaction
from cloud_api.store.places import stores_heard

DIGITS = 10
"""Typed at a till, so figures only; with so many a guess finds nobody's order."""
_OF_REQUESTS = "/* global: requests */"


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody orders. `called`: somebody has called the shop, its silence is no hindrance."""

    store: str
    lines: tuple[tuple[str, int], ...]  # sku, thousandths
    hours: int
    reference: str
    called: bool


@dataclass(frozen=True, slots=True)
class NotPlaced:
    """Nothing was ordered. `code`: no_store, store_silent, unknown_product, not_enough, request_used."""

    code: str
    sku: str = ""
    available: int = 0


@dataclass(frozen=True, slots=True)
class Placed:
    """`again`: by a request that was carried out before."""

    order: KeptOrder
    again: bool


async def place(
    storage: Storage,
    wish: Wish,
    asker: str,
    request: str,
    body_sha256: str,
    *,
    zone: str,
    silent_after_s: int,
    now_ms: int,
    draw: Callable[[int], bytes],
) -> Placed | NotPlaced:
    async with storage.transaction(wish.store) as transaction:
        number = await _free_number(transaction, draw)
        known = await _claim_request(transaction, asker, request, body_sha256, wish.store, number, now_ms)
        if known is not None:
            return known
        refused = await _refused(transaction, wish, zone, silent_after_s, now_ms)
        if not isinstance(refused, tuple):
            await transaction.write(
                f"{_OF_REQUESTS} DELETE FROM api_request WHERE asker=? AND request=?", (asker, request)
            )
            return refused
        device, names = refused
        order = KeptOrder(
            wish.store, number, device, asker, wish.reference, wish.hours, OrderState.NEW, now_ms, None, None, None,
            None, "", "",
        )  # fmt: skip
        await put_order(transaction, order, [OrderLine(sku, names[sku], much) for sku, much in wish.lines])
        await want(transaction, order, "", now_ms=now_ms)
        return Placed(order, False)


async def cancel(storage: Storage, store: str, number: str, who: str, why: str, *, now_ms: int) -> KeptOrder | None:
    """The order as it is then; None: there is none. Asked for twice it is cancelled once."""
    async with storage.transaction(store) as transaction:
        found = await order_at(transaction, store, number, locked=True)
        if found is None or found.state is OrderState.CANCELLING or found.state not in OPEN:
            return found
        told = Told(number, Word.CANCEL_ASKED, now_ms, person=who, why=why)
        await ask_cancel(transaction, found, why, str(now_ms), now_ms=now_ms)
        return await hear(transaction, replace(found, why=""), told)


async def _claim_request(
    transaction: Transaction, asker: str, request: str, body_sha256: str, store: str, number: str, now_ms: int
) -> Placed | NotPlaced | None:
    """None: the request is ours to carry out. Two at once: the second waits for the first's row."""
    await transaction.write(
        f"{_OF_REQUESTS} INSERT INTO api_request(asker, request, body_sha256, store, made, at_ms) VALUES(?,?,?,?,?,?) "
        "ON CONFLICT(asker, request) DO NOTHING",
        (asker, request, body_sha256, store, number, now_ms),
    )
    found = await transaction.row(
        f"{_OF_REQUESTS} SELECT body_sha256, store, made FROM api_request WHERE asker=? AND request=?", (asker, request)
    )
    if found is None or found[2] == number:
        return None
    order = await order_at(transaction, str(found[1]), str(found[2]))
    if found[0] != body_sha256 or order is None:
        return NotPlaced("request_used")
    return Placed(order, True)


async def _refused(
    transaction: Transaction, wish: Wish, zone: str, silent_after_s: int, now_ms: int
) -> NotPlaced | tuple[str, dict[str, str]]:
    """The shop's agent and the products' names, or why not."""
    heard = next(iter(await stores_heard(transaction, wish.store)), None)
    if heard is None:
        return NotPlaced("no_store")
    stale_ms = heard.stale_ms(now_ms)
    if not wish.called and (stale_ms is None or stale_ms > silent_after_s * 1000):
        return NotPlaced("store_silent")
    skus = [sku for sku, _ in wish.lines]
    names = await _names(transaction, wish.store, skus)
    asked: Counter[str] = Counter()
    for sku, much in wish.lines:
        asked[sku] += much
    for there in await of_products(transaction, heard, skus, zone, now_ms=now_ms, locked=True):
        if asked[there.sku] > there.available and not (wish.called and asked[there.sku] <= _at_best(there)):
            unknown = there.sku not in names and there.on_hand == 0
            return NotPlaced("unknown_product" if unknown else "not_enough", there.sku, there.available)
    return heard.device, {sku: names.get(sku, sku) for sku in skus}


def _at_best(there: Available) -> int:
    """What a shop may have that was called: nobody needs the buffer then."""
    return there.on_hand - there.kept


async def _names(transaction: Transaction, store: str, skus: Sequence[str]) -> dict[str, str]:
    """As HQ's goods call them; of goods HQ has not told of, as the store's own documents and sales do."""
    among, asked = transaction.dialect.among("sku"), transaction.dialect.asked(list(skus))
    rows = await transaction.rows(
        f"SELECT sku, max(name) FROM sale_line WHERE store=? AND {among} GROUP BY sku UNION ALL "
        f"SELECT sku, max(name) FROM stock_document_line WHERE store=? AND {among} GROUP BY sku",
        (store, asked, store, asked),
    )
    rows += await transaction.rows(f"SELECT sku, name FROM product WHERE {among} AND gone=0", (asked,))
    return {str(sku): str(name) for sku, name in rows}


async def _free_number(transaction: Transaction, draw: Callable[[int], bytes]) -> str:
    while True:
        number = str(10 ** (DIGITS - 1) + int.from_bytes(draw(8)) % (9 * 10 ** (DIGITS - 1)))
        taken = "/* global: order numbers */ SELECT 1 FROM customer_order WHERE order_id=?"
        if await transaction.row(taken, (number,)) is None:
            return number
