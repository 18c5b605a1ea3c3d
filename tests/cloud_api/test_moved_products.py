"""What moved is found without a mark on every product that was sold: by the order in which sales arrive."""

from __future__ import annotations

import pytest
from pushing_till import DEVICE, ENTRIES, NOON_MS, PushingTill, a_sale, client_of, open_hq

from cloud_api.app import Hq
from cloud_api.arrivals import SET_RIGHT_MS
from cloud_api.ingest import take
from cloud_api.stock_taken import add_to_sum, mark_moved
from cloud_api.store.devices import KnownDevice
from cloud_api.telling import moved_products, product_walk
from cloud_api.telling.moved_products import MovedProducts
from cloud_api.telling.product_walk import ProductWalk
from sync.wire.facts import Sale, SaleLine

pytestmark = pytest.mark.anyio
STORE, OTHER_STORE = ENTRIES[0].store, ENTRIES[1].store
KNOWN = KnownDevice(DEVICE, STORE, "Касса 1", (STORE,))
MINUTE_MS = 60_000


def sold(id: str, *skus: str) -> Sale:
    return a_sale(id, lines=[SaleLine(sku, sku, 1000, 100, 100, "V22") for sku in skus])


async def arrive(hq: Hq, till: PushingTill, at_ms: int, *skus: str) -> None:
    till.add(f"i{len(till.items)}", sold(f"s{len(till.items)}", *skus))
    push = till.batch(len(till.items), len(till.items))
    await take(hq.storage, KNOWN, "sales", push, now_ms=NOON_MS, received_ms=at_ms)


async def found(hq: Hq, moved: MovedProducts, now_ms: int) -> list[str]:
    """What is new; told at once."""
    await moved.look(hq.storage, now_ms=now_ms)
    new = list(moved.untold)
    moved.untold.clear()
    return new


async def test_what_a_till_sold_is_found_once_and_costs_taking_it_no_mark(where: str) -> None:
    hq, till, moved = await open_hq(where), PushingTill(), MovedProducts(NOON_MS - MINUTE_MS)
    till.add("i1", sold("s1", "bear", "clay"))
    till.add("i2", sold("s2", "bear"))
    till.add("i3", sold("s3"))
    async with client_of(hq) as client:
        assert (await till.push(client)).json()["ack"] == 3
    assert await found(hq, moved, NOON_MS) == ["bear", "clay"]
    assert moved.whole
    assert await found(hq, moved, NOON_MS + MINUTE_MS) == [], "read again within the overlap, and known"
    assert await hq.storage.number("SELECT count(*) FROM stock_moved") == 0
    async with hq.storage.transaction(STORE) as transaction:
        await mark_moved(transaction, STORE, {"saw"}, NOON_MS)
    assert await found(hq, moved, NOON_MS + MINUTE_MS) == ["saw"], "a document's mark"
    await hq.storage.close()


async def test_a_batch_that_was_stored_late_is_found_though_its_place_was_passed(where: str) -> None:
    hq, till, moved = await open_hq(where), PushingTill(), MovedProducts(NOON_MS)
    await arrive(hq, till, NOON_MS + 50_000, "bear")
    assert await found(hq, moved, NOON_MS + 60_000) == ["bear"]
    await arrive(hq, till, NOON_MS + 20_000, "clay")
    assert await found(hq, moved, NOON_MS + 120_000) == ["clay"]
    await arrive(hq, till, NOON_MS + SET_RIGHT_MS + 5 * MINUTE_MS, "nonsense")
    await arrive(hq, till, NOON_MS + 30 * MINUTE_MS, "ahead")
    assert await found(hq, moved, NOON_MS + 180_000) == ["ahead"], "the clock was set back by less than a day"
    await hq.storage.close()


async def test_more_than_a_round_reads_is_read_by_the_next_ones(where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moved_products, "SALES_AT_ONCE", 2)
    monkeypatch.setattr(moved_products, "SALES_A_ROUND", 4)
    monkeypatch.setattr(moved_products, "MARKS_A_ROUND", 1)
    hq, till, moved = await open_hq(where), PushingTill(), MovedProducts(NOON_MS)
    for n in range(7):
        await arrive(hq, till, NOON_MS + 1 + n // 3, f"p{n}")
    async with hq.storage.transaction(STORE) as transaction:
        await mark_moved(transaction, STORE, ["q1", "q2"], NOON_MS + MINUTE_MS)
    assert await found(hq, moved, NOON_MS) == ["p0", "p1", "p2", "p3", "q1"]
    assert not moved.whole
    assert await found(hq, moved, NOON_MS + 10 * MINUTE_MS) == ["p4", "p5", "p6", "q2"]
    assert not moved.whole, "there may be more marks"
    assert await found(hq, moved, NOON_MS + 11 * MINUTE_MS) == []
    assert moved.whole
    await hq.storage.close()


async def test_a_walk_meets_each_product_of_every_store_once(where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(product_walk, "AT_ONCE", 2)
    hq = await open_hq(where)
    for store, skus in ((STORE, "abcd"), (OTHER_STORE, "bcde")):
        async with hq.storage.transaction(store) as transaction:
            await add_to_sum(transaction, store, {sku: 1000 for sku in skus})
    walk, met = ProductWalk([STORE, OTHER_STORE]), list[str]()
    for _ in range(20):
        untold: dict[str, None] = {}
        await walk.look(hq.storage, untold, 1)
        met += untold
    assert walk.over
    assert met == list("abcde")
    await hq.storage.close()
