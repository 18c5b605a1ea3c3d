"""What can be promised from a store's shelves, as far as HQ knows: never more than the shop may really have.

    available = on hand - kept for orders - buffer,   never below zero
    on hand      the sum of all movements HQ has heard of
    kept         open orders of HQ, and what staff keep for somebody by themselves
    buffer       what the shop sells in the time it was not heard, twice as fast as it did in the last week

The shop itself decides in the end, with its own balance and baskets: this is what HQ dares to ask it for. A shop that
was silent for too long is not promised from at all: somebody calls first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import msgspec

from cloud_api.storage.business_day import day_of
from cloud_api.storage.storage import Reading
from cloud_api.store.places import Heard

WEEK_S = 7 * 86_400
FRESH_MS = 60_000
"""A shop's heartbeat comes once a minute: one heard within it is heard."""
CAUTION = 2
"""A rush sells faster than the week's average."""
PIECE = 1000


@dataclass(frozen=True, slots=True)
class Available:
    """Thousandths of one product in one store."""

    sku: str
    on_hand: int
    kept: int
    buffer: int

    @property
    def available(self) -> int:
        return max(0, self.on_hand - self.kept - self.buffer)


async def of_products(
    reading: Reading, heard: Heard, skus: Sequence[str], zone: str, *, now_ms: int, locked: bool = False
) -> list[Available]:
    """Each product of `skus` once, in their order; one that never moved there is not there. `locked`: nobody else
    promises them until this transaction ends."""
    lock = reading.dialect.locked if locked else ""
    found = await reading.rows(
        f"SELECT sku, moved_thousandths FROM stock_sum WHERE store=? AND {reading.dialect.among('sku')} "
        f"ORDER BY sku{lock}",
        (heard.store, reading.dialect.asked(sorted(set(skus)))),
    )
    on_hand = {str(sku): int(moved) for sku, moved in found}
    return await _balanced(reading, heard, [(sku, on_hand.get(sku, 0)) for sku in dict.fromkeys(skus)], zone, now_ms)


async def page(reading: Reading, heard: Heard, after: str, limit: int, zone: str, *, now_ms: int) -> list[Available]:
    """The products that ever moved in the store, by their code, from the one after `after` on."""
    rows = await reading.rows(
        "SELECT sku, moved_thousandths FROM stock_sum WHERE store=? AND sku>? ORDER BY sku LIMIT ?",
        (heard.store, after, limit),
    )
    return await _balanced(reading, heard, [(str(sku), int(moved)) for sku, moved in rows], zone, now_ms)


async def _balanced(
    reading: Reading, heard: Heard, on_hand: Sequence[tuple[str, int]], zone: str, now_ms: int
) -> list[Available]:
    kept = await _kept(reading, heard.store, now_ms)
    buffers = await _buffers(reading, heard, [sku for sku, _ in on_hand], zone, now_ms)
    return [Available(sku, there, kept[sku], buffers.get(sku, 0)) for sku, there in on_hand]


async def _kept(reading: Reading, store: str, now_ms: int) -> Counter[str]:
    rows = await reading.rows(
        "SELECT l.sku, sum(l.qty) FROM customer_order o JOIN customer_order_line l "
        "ON l.store=o.store AND l.order_id=o.order_id WHERE o.store=? AND o.open=1 GROUP BY l.sku",
        (store,),
    )
    kept = Counter({str(sku): int(quantity) for sku, quantity in rows})
    by_hand = await reading.rows(
        "SELECT lines FROM pickup_now p WHERE p.store=? AND p.until_ms>? AND p.state='held' AND NOT EXISTS "
        "(SELECT 1 FROM customer_order o WHERE o.store=p.store AND o.order_id=p.order_id)",
        (store, now_ms),
    )
    for (lines,) in by_hand:
        for line in msgspec.json.decode(str(lines), type=list[_HeldLine]):
            kept[line.sku] += line.qty
    return kept


class _HeldLine(msgspec.Struct, frozen=True):
    sku: str
    qty: int


async def _buffers(reading: Reading, heard: Heard, skus: Sequence[str], zone: str, now_ms: int) -> dict[str, int]:
    stale_ms = heard.stale_ms(now_ms)
    if stale_ms is None or stale_ms <= FRESH_MS or not skus:
        return {}
    until_ms = heard.as_of_ms or 0
    since = day_of(until_ms - WEEK_S * 1000, ZoneInfo(zone))
    rows = await reading.rows(
        "SELECT l.sku, sum(l.qty) FROM sale s JOIN sale_line l ON l.store=s.store AND l.device=s.device "
        "AND l.epoch=s.epoch AND l.seq=s.seq AND l.day=s.day WHERE s.store=? AND s.day>=? AND s.act='sale' "
        f"AND {reading.dialect.among('l.sku')} GROUP BY l.sku",
        (heard.store, since, reading.dialect.asked(list(skus))),
    )
    return {str(sku): buffer_of(int(sold), stale_ms) for sku, sold in rows}


def buffer_of(sold_in_a_week: int, stale_ms: int) -> int:
    """Thousandths, in whole pieces: as many as may have gone meanwhile."""
    gone = CAUTION * sold_in_a_week * stale_ms
    whole = WEEK_S * 1000 * PIECE
    return -(-gone // whole) * PIECE if gone > 0 else 0
