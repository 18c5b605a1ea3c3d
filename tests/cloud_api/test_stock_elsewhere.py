"""Where else in the chain there is stock: told by differences, never a store's own, and never as newer than it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import pytest
from pushing_till import DEVICE, NOON_MS, OTHER, Clock, PushingTill, a_sale, client_of, open_hq

from cloud_api.app import Hq
from cloud_api.stock_taken import add_to_sum, mark_moved
from cloud_api.telling.heads import head_of
from cloud_api.telling.pages import page_of
from cloud_api.telling.stock_elsewhere import MOVED_KEPT_MS, Teller
from sync.wire.feed import SHOP, STOCK, STOCK_AS_OF, StockBody, ToldRow

pytestmark = pytest.mark.anyio
KAZAN, UFA = "Казань, Баумана", "Уфа, Проспект"
BEAR, CLAY = "4601234567893", "4601234004121"
MINUTE_MS = 60_000


class Chain:
    """HQ with two stores, told by one teller."""

    def __init__(self, hq: Hq, clock: Clock) -> None:
        self.hq, self.clock, self.teller = hq, clock, Teller()

    async def moved(self, store: str, **pieces: int) -> None:
        skus = {"bear": BEAR, "clay": CLAY}
        async with self.hq.storage.transaction(store) as transaction:
            moved = Counter({skus[name]: count * 1000 for name, count in pieces.items()})
            await mark_moved(transaction, store, moved, self.clock.ms)
            await add_to_sum(transaction, store, moved)

    async def heard(self, *devices: str) -> None:
        async with self.hq.storage.transaction(None) as transaction:
            for device in devices:
                await transaction.write("UPDATE device_place SET seen_ms=? WHERE device=?", (self.clock.ms, device))

    async def round(self, after_ms: int = MINUTE_MS) -> int:
        self.clock.ms += after_ms
        return await self.teller.round(self.hq.storage, now_ms=self.clock.ms)

    async def told(self, store: str, since: int = 0) -> tuple[dict[str, dict[str, int]], list[str]]:
        """What the store is told of places by product, and what is nowhere."""
        rows, gone = await self.page(store, since)
        return {
            key: {place.store: place.pieces for place in body.places}
            for key, body in rows.items()
            if key != STOCK_AS_OF
        }, gone

    async def page(self, store: str, since: int = 0) -> tuple[dict[str, StockBody], list[str]]:
        head = await head_of(self.hq.storage, SHOP)
        assert head is not None
        page = await page_of(self.hq.storage, SHOP, store, head, since, 1_000, now_ms=self.clock.ms)
        rows = msgspec.json.decode(page.rows.get(STOCK, b"[]"), type=list[ToldRow])
        told = {row.key: msgspec.json.decode(row.body, type=StockBody) for row in rows}
        return told, page.gone.get(STOCK, [])

    async def version(self) -> int:
        head = await head_of(self.hq.storage, SHOP)
        return 0 if head is None else head.version


@asynccontextmanager
async def chain(where: str) -> AsyncIterator[Chain]:
    clock = Clock()
    hq = await open_hq(where, clock)
    try:
        made = Chain(hq, clock)
        await made.heard(DEVICE, OTHER)
        yield made
    finally:
        await hq.storage.close()


async def test_a_store_is_told_of_the_others_by_differences(where: str) -> None:
    """Never of itself; what is equal in pieces up to ten is not written again; nowhere any more is a tombstone."""
    async with chain(where) as hq:
        await hq.moved(KAZAN, bear=3, clay=40)
        await hq.moved(UFA, bear=1)
        assert await hq.round() == 3, "two products and their age"
        assert await hq.told(KAZAN) == ({BEAR: {UFA: 1}}, [CLAY])
        assert await hq.told(UFA) == ({BEAR: {KAZAN: 3}, CLAY: {KAZAN: 11}}, [])
        before = await hq.version()
        await hq.moved(KAZAN, clay=-20)
        assert (await hq.round(), await hq.version()) == (0, before), "still more than ten: no row at all"
        await hq.moved(KAZAN, clay=-15, bear=-3)
        assert await hq.round() == 2
        assert await hq.told(UFA, before) == ({CLAY: {KAZAN: 5}}, [BEAR])
        before = await hq.version()
        await hq.moved(KAZAN, clay=-9)  # less than nothing
        await hq.round()
        assert await hq.told(UFA, before) == ({}, [CLAY])


async def test_what_a_till_sells_is_told_by_the_next_round(where: str) -> None:
    """Though no document names it."""
    async with chain(where) as hq:
        await hq.moved(KAZAN, bear=3)
        await hq.round(10 * MINUTE_MS)
        till = PushingTill()
        till.add("i1", a_sale("s1"))
        async with client_of(hq.hq) as client:
            assert (await till.push(client)).json()["ack"] == 1
        await hq.round()
        assert await hq.told(UFA) == ({BEAR: {KAZAN: 2}}, [])


async def test_what_is_kept_for_a_shopper_is_not_told_and_comes_back_when_it_is_free(where: str) -> None:
    """Though nothing moved: an order only keeps the goods."""
    async with chain(where) as hq:
        await hq.moved(KAZAN, bear=3)
        await hq.round()
        async with hq.hq.storage.transaction(KAZAN) as transaction:
            order = (KAZAN, "W-1", DEVICE, "", "", 24, "accepted", NOON_MS, None, None, None, None, "", "", "[]", 1)
            await transaction.insert("customer_order", [order])
            await transaction.insert("customer_order_line", [(KAZAN, "W-1", 1, BEAR, "Мишка", 2000)])
        await hq.round(10 * MINUTE_MS)
        assert (await hq.told(UFA))[0] == {BEAR: {KAZAN: 1}}
        async with hq.hq.storage.transaction(KAZAN) as transaction:
            await transaction.write("UPDATE customer_order SET open=0 WHERE store=?", (KAZAN,))
        await hq.round()
        assert (await hq.told(UFA))[0] == {BEAR: {KAZAN: 3}}


async def test_a_silent_store_is_told_with_the_moment_of_its_last_word(where: str) -> None:
    async with chain(where) as hq:
        await hq.moved(KAZAN, bear=3)
        await hq.round()
        assert (await hq.page(UFA))[0][STOCK_AS_OF] == StockBody(at_ms=NOON_MS + MINUTE_MS)
        hq.clock.ms += 30 * MINUTE_MS
        await hq.heard(OTHER)
        assert await hq.round() == 1, "its age alone; the rows of its products stay as they are"
        as_of = (await hq.page(UFA))[0][STOCK_AS_OF]
        assert as_of == StockBody(at_ms=hq.clock.ms, silent={KAZAN: NOON_MS})


async def test_the_age_is_not_told_while_something_that_moved_is_untold(where: str) -> None:
    """Also when HQ starts anew in the middle, or was away for longer than it remembers what moved."""
    async with chain(where) as hq:
        await hq.moved(KAZAN, bear=3, clay=2)
        assert await hq.teller.round(hq.hq.storage, now_ms=hq.clock.ms, most=1) == 1
        assert STOCK_AS_OF not in (await hq.page(UFA))[0]
        hq.teller = Teller()
        assert await hq.round() == 2, "the other product, and the age"
        at_ms = hq.clock.ms
        await hq.moved(KAZAN, bear=1)
        hq.teller = Teller()
        assert await hq.round(10 * MINUTE_MS) == 2, "what moved while nobody told is found again"
        async with hq.hq.storage.transaction(KAZAN) as transaction:
            await transaction.write(
                "UPDATE stock_sum SET moved_thousandths=7000 WHERE store=? AND sku=?", (KAZAN, CLAY)
            )
        hq.teller = Teller()
        await hq.round(MOVED_KEPT_MS)
        assert (await hq.told(UFA))[0] == {BEAR: {KAZAN: 4}, CLAY: {KAZAN: 7}}, "all products were walked through"
        await hq.round()
        assert (await hq.page(UFA))[0][STOCK_AS_OF].at_ms > at_ms + MOVED_KEPT_MS
