"""Tells the stores where else in the chain there is stock: by differences, coarsely, and with how old it is.

    one row a product    for all stores; each is told it without its own place (pages.py). Nowhere any more: a tombstone
    one row, as of       every AS_OF_EVERY_MS, and only when nothing that moved before is still untold

A round comes once a minute, looks at what moved since (moved_products.py) and at what is kept for shoppers since, and
writes what differs from what was told last. So a product is told once a minute at the most, and all together
PRODUCTS_A_ROUND in it: 30,000 rows an hour, whatever the chain sells, and 12 of their age. Where nothing was told for
longer than documents' marks are kept, rounds walk through all products once (product_walk.py).
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import islice

import anyio
import msgspec

from cloud_api.storage.storage import Reading, Storage, StorageBusy
from cloud_api.store.places import Heard, stores_heard
from cloud_api.telling.moved_products import GLOBAL, OVERLAP_MS, MovedProducts
from cloud_api.telling.product_walk import ProductWalk
from cloud_api.telling.shop_rows import EVERY_STORE, put_rows, remove_rows
from sync.wire.feed import MANY_PIECES, STOCK, STOCK_AS_OF, StockBody, StockPlace

EVERY_S = 60.0
PRODUCTS_A_ROUND = 500
AT_ONCE = 100
"""Products of one transaction: the tills' pushes are not held up by it."""
AS_OF_EVERY_MS = 300_000
MOVED_KEPT_MS = 2 * 86_400_000
SILENT_MS = 300_000
"""Heartbeats come once a minute; a store that missed five is told of with the moment of its last word."""
MOST_PLACES = 9  # eight for a store that is one of them
LONGEST_KEY = 200
MOST_SILENT = 500  # some 30 KB

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Teller:
    """Where the rounds of one HQ have come to. Another HQ's rounds beside it find nothing left to tell."""

    moved: MovedProducts | None = None
    walk: ProductWalk | None = None
    """None: it is over, or was not needed."""
    kept: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Thousandths by (store, sku) that were kept for shoppers when it was looked at last."""

    async def round(self, storage: Storage, *, now_ms: int, most: int = PRODUCTS_A_ROUND) -> int:
        """How many rows were written."""
        as_of_ms = await _told_as_of(storage)
        heard = await stores_heard(storage)
        if self.moved is None:
            since_ms = as_of_ms
            if as_of_ms < now_ms - MOVED_KEPT_MS + OVERLAP_MS:
                since_ms, self.walk = now_ms, ProductWalk([one.store for one in heard])
            self.moved = MovedProducts(max(0, since_ms - OVERLAP_MS))
        kept = await _kept(storage, now_ms)
        asked = sorted(
            {sku for place, sku in kept.keys() | self.kept.keys() if kept[place, sku] != self.kept[place, sku]}
        )
        await self.moved.look(storage, now_ms=now_ms)
        if self.walk is not None:
            await self.walk.look(storage, self.moved.untold, most)
        named = list(islice(self.moved.untold, most))
        skus = [sku for sku in dict.fromkeys([*asked, *named]) if 0 < len(sku) <= LONGEST_KEY]
        written = 0
        for first in range(0, len(skus), AT_ONCE):
            written += await _tell(storage, heard, skus[first : first + AT_ONCE], kept, now_ms=now_ms)
        self.kept = kept
        for sku in named:
            del self.moved.untold[sku]
        if self.walk is not None and self.walk.over:
            self.walk = None
        if self.moved.whole and not self.moved.untold and self.walk is None and now_ms - as_of_ms >= AS_OF_EVERY_MS:
            await _tell_as_of(storage, heard, now_ms=now_ms)
            written += 1
        return written


async def keep_told(storage: Storage, now_ms: Callable[[], int]) -> None:
    """Until cancelled."""
    teller = Teller()
    while True:
        try:
            await teller.round(storage, now_ms=now_ms())
        except StorageBusy as busy:
            log.warning("stock elsewhere waits: %s", busy)
        await anyio.sleep(EVERY_S)


async def _tell(
    storage: Storage, heard: Sequence[Heard], skus: Sequence[str], kept: Counter[tuple[str, str]], *, now_ms: int
) -> int:
    """Writes the rows of these products that are not as they were told."""
    open_stores = {one.store for one in heard if one.as_of_ms is not None}
    asked = storage.dialect.asked(list(skus))
    sums = await storage.rows(
        f"{GLOBAL} SELECT sku, store, moved_thousandths FROM stock_sum WHERE {storage.dialect.among('store')} "
        f"AND {storage.dialect.among('sku')}",
        (storage.dialect.asked(sorted(open_stores)), asked),
    )
    places: dict[str, list[StockPlace]] = {sku: [] for sku in skus}
    for sku, store, there in sums:
        pieces = (int(there) - kept[str(store), str(sku)]) // 1000
        if pieces > 0:
            places[str(sku)].append(StockPlace(str(store), min(pieces, MANY_PIECES)))
    told = {
        str(key): str(body)
        for key, body in await storage.rows(
            f"SELECT id, body FROM shop_row WHERE store=? AND kind=? AND gone=0 AND {storage.dialect.among('id')}",
            (EVERY_STORE, STOCK, asked),
        )
    }
    rows: list[tuple[str, object]] = []
    gone: list[str] = []
    for sku, found in places.items():
        body = StockBody(sorted(found, key=lambda place: (-place.pieces, place.store))[:MOST_PLACES])
        if not body.places:
            gone += [sku] if sku in told else []
        elif told.get(sku) != msgspec.json.encode(body).decode():
            rows.append((sku, body))
    if rows or gone:
        async with storage.transaction(EVERY_STORE) as transaction:
            if rows:
                await put_rows(transaction, EVERY_STORE, STOCK, rows, now_ms=now_ms)
            if gone:
                await remove_rows(transaction, EVERY_STORE, STOCK, gone, now_ms=now_ms)
    return len(rows) + len(gone)


async def _told_as_of(reading: Reading) -> int:
    """0: never."""
    row = await reading.row(
        "SELECT body FROM shop_row WHERE store=? AND kind=? AND id=? AND gone=0", (EVERY_STORE, STOCK, STOCK_AS_OF)
    )
    return 0 if row is None else msgspec.json.decode(str(row[0]), type=StockBody).at_ms


async def _tell_as_of(storage: Storage, heard: Sequence[Heard], *, now_ms: int) -> None:
    """Where too many stores are silent to name them all, the age of the oldest unnamed one is that of everything."""
    silent = sorted(
        (one.as_of_ms, one.store) for one in heard if one.as_of_ms is not None and now_ms - one.as_of_ms > SILENT_MS
    )
    unnamed = silent[MOST_SILENT:]
    at_ms = min([now_ms, *(as_of_ms for as_of_ms, _ in unnamed)])
    body = StockBody(at_ms=at_ms, silent={store: as_of_ms for as_of_ms, store in silent[:MOST_SILENT]})
    async with storage.transaction(EVERY_STORE) as transaction:
        await put_rows(transaction, EVERY_STORE, STOCK, [(STOCK_AS_OF, body)], now_ms=now_ms)
        await transaction.write(f"{GLOBAL} DELETE FROM stock_moved WHERE changed_ms < ?", (now_ms - MOVED_KEPT_MS,))


class _HeldLine(msgspec.Struct, frozen=True):
    sku: str
    qty: int


async def _kept(reading: Reading, now_ms: int) -> Counter[tuple[str, str]]:
    """What all stores keep for shoppers now: HQ's open orders, and what staff keep by themselves."""
    kept: Counter[tuple[str, str]] = Counter()
    ordered = await reading.rows(
        f"{GLOBAL} SELECT o.store, l.sku, sum(l.qty) FROM customer_order o JOIN customer_order_line l "
        "ON l.store=o.store AND l.order_id=o.order_id WHERE o.open=1 GROUP BY o.store, l.sku"
    )
    for store, sku, quantity in ordered:
        kept[str(store), str(sku)] += int(quantity)
    by_hand = await reading.rows(
        f"{GLOBAL} SELECT p.store, p.lines FROM pickup_now p WHERE p.until_ms>? AND p.state='held' AND NOT EXISTS "
        "(SELECT 1 FROM customer_order o WHERE o.store=p.store AND o.order_id=p.order_id)",
        (now_ms,),
    )
    for store, lines in by_hand:
        for line in msgspec.json.decode(str(lines), type=list[_HeldLine]):
            kept[str(store), line.sku] += line.qty
    return kept
