"""The stock as the office looks at it: by store, by name or barcode, below zero, page by page, and transfers."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import anyio.lowlevel
import pytest
from pushing_till import NOON_MS, PushingTill, a_sale, client_of, open_hq

from cloud_api.desk.sales_search import DAY_MS, Wanted, find_sales
from sync.wire.facts import SaleLine, StockDocument, StockLine

pytestmark = pytest.mark.anyio
KAZAN = "Казань, Баумана"


def sold(sku: str, n: int) -> list[SaleLine]:
    return [SaleLine(sku=sku, name=f"Товар {sku}", qty=n * 1000, price=100, sum=100 * n, vat="V22")]


async def test_sums_their_moves_and_what_is_on_its_way(where: str) -> None:
    """A page follows a page without a hole; a name is found whatever its capitals; who was never counted says so."""
    hq = await open_hq(where)
    till = PushingTill()
    line = StockLine("100", "Мишка плюшевый", 5000)
    till.add("in", StockDocument("d1", "receiving", "П-1", "done", "Анна", NOON_MS, [line]), "stock_document")
    for n in range(3):
        till.add(f"s{n}", a_sale(f"s{n}", lines=sold(str(100 + n), n + 1), closed_ms=NOON_MS + n))
    out = StockDocument("d2", "transfer_out", "Т-7", "on_the_way", "Анна", NOON_MS, [StockLine("100", "Мишка", -1000)])
    till.add("out", out, "stock_document")
    async with client_of(hq) as client:
        await till.push(client, 1, 5)
        first = (await client.get("/v1/desk/stock?limit=2")).json()
        assert (first["store"], first["negative"], first["silent"]) == (KAZAN, 2, False)
        assert [(row["sku"], row["sum"], row["counted"]) for row in first["rows"]] == [
            ("100", 3000, True),
            ("101", -2000, False),
        ]
        rest = (await client.get(f"/v1/desk/stock?limit=2&store={KAZAN}&after={first['next']}")).json()
        assert [row["sku"] for row in rest["rows"]] == ["102"]
        assert rest["next"] is None
        for like, found in (("мишка", ["100"]), ("10", ["100", "101", "102"]), ("102", ["102"]), ("%", [])):
            rows = (await client.get("/v1/desk/stock", params={"like": like, "negative": like == "%"})).json()["rows"]
            assert [row["sku"] for row in rows] == (found or ["101", "102"]), like
        moves = (await client.get("/v1/desk/stock/moves", params={"store": KAZAN, "sku": "100"})).json()
        assert sorted((move["reason"], move["moved"]) for move in moves) == [
            ("receiving", 5000),
            ("sale", -1000),
            ("transfer_out", -1000),
        ]
        (transfer,) = (await client.get("/v1/desk/transfers")).json()
        assert (transfer["number"], transfer["sender_store"], transfer["received_ms"]) == ("Т-7", KAZAN, None)
    await hq.storage.close()


async def test_sales_are_found_by_what_a_person_knows(where: str) -> None:
    """Number, sum, day, means, act; pages follow each other without a hole or a double, the newest sale first."""
    hq = await open_hq(where)
    till = PushingTill()
    for n in range(5):
        fact = a_sale(f"s{n}", number=f"07{n:02d}", total=1000 + n, closed_ms=NOON_MS - n * 86_400_000)
        till.add(f"i{n}", fact)
    till.add("card", a_sale("card", number="0800", total=999, means="card", act="refund", closed_ms=NOON_MS + 1))
    async with client_of(hq) as client:
        await till.push(client, 1, 6)

        async def ids(**asked: object) -> list[str]:
            page = (await client.get("/v1/desk/sales", params=asked)).json()  # type: ignore[arg-type]
            return [sale["id"] for sale in page["sales"]]

        assert await ids() == ["card", "s0", "s1", "s2", "s3", "s4"]
        assert await ids(number="0703") == ["s3"]
        assert await ids(number="070") == ["s0", "s1", "s2", "s3", "s4"]
        assert await ids(sum=1002) == ["s2"]
        assert await ids(means="card") == ["card"]
        assert await ids(act="refund") == ["card"]
        assert await ids(first_day="2026-11-18", last_day="2026-11-20") == ["s1", "s2", "s3"]
        assert await ids(first_day="2026-11-20") == ["s1"]
        assert await ids(store="Уфа, Проспект") == []
        seen: list[str] = []
        before = ""
        while before is not None:
            page = (await client.get("/v1/desk/sales", params={"limit": 2, "before": before})).json()
            seen += [sale["id"] for sale in page["sales"]]
            before = page["next"]
        assert seen == ["card", "s0", "s1", "s2", "s3", "s4"]
        assert (await client.get("/v1/desk/sales?before=nowhere")).status_code == 422
        assert (await client.get("/v1/desk/sales?first_day=2026-02-31")).status_code == 422
    await hq.storage.close()


async def test_a_search_for_a_sum_lets_others_have_their_turn(where: str) -> None:
    """Nothing but the time leads to a sum: half a year is not walked through in one go. No sale of it is passed by."""
    hq = await open_hq(where)
    till = PushingTill()
    for n in range(30):
        till.add(f"i{n}", a_sale(f"s{n}", total=1000 + n % 3, closed_ms=NOON_MS - n * 3 * DAY_MS))
    till.add("early", a_sale("early", total=1000, closed_ms=NOON_MS + 400 * DAY_MS))  # its clock runs ahead
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await anyio.lowlevel.checkpoint()

    async with client_of(hq) as client:
        await till.push(client)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(others)
        await anyio.lowlevel.checkpoint()
        before = turns
        asked = Wanted(sum_minor=1000)
        page = await find_sales(hq.storage, asked, None, 50, zone=ZoneInfo("Europe/Moscow"), now_ms=NOON_MS)
        assert turns - before > 5
        tasks.cancel_scope.cancel()
    assert [sale.id for sale in page.sales] == ["early", *(f"s{n}" for n in range(0, 30, 3))]
    await hq.storage.close()
