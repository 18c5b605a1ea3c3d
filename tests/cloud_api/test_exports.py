"""Exports are whole, are what the API says, hold a page in memory, and come as a file that another program can read."""

from __future__ import annotations

import csv
import io
import random
from typing import Any

import pyarrow.parquet
import pytest
from pushing_till import DEVICE, KEY, NOON_MS, OTHER, OTHER_KEY, PushingTill, a_sale, client_of, open_hq

from cloud_api.access.api_keys import add_key
from cloud_api.api import export_rows
from cloud_api.app import Hq
from sync.wire.facts import SaleLine, StockDocument, StockLine

pytestmark = pytest.mark.anyio
DAYS = {"from": "2026-11-21", "until": "2026-11-22"}
DAY_MS = 86_400_000
KAZAN, UFA = "Казань, Баумана", "Уфа, Проспект"


@pytest.fixture
async def hq(where: str, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """Two stores, a hundred sales on three days, and a document of the stock; pages are short."""
    monkeypatch.setattr(export_rows, "SALES_A_PAGE", 7)
    hq = await open_hq(where)
    async with client_of(hq) as client:
        for device, key in ((DEVICE, KEY), (OTHER, OTHER_KEY)):
            till = PushingTill(device, key)
            for n in range(50):
                act = "refund" if n % 10 == 9 else "sale"
                till.add(str(n), a_sale(f"s{n}", total=1000 + n, act=act, closed_ms=NOON_MS + n % 3 * DAY_MS))
            lines = [StockLine("clay", 'Глина; "синяя"', 9000), StockLine("bear", "Мишка", 0)]
            told = StockDocument("d1", "receiving", "П-1", "done", "Анна", NOON_MS, lines)
            till.add("stock/d1", told, "stock_document")
            assert (await till.push(client)).status_code == 200
    yield hq
    await hq.storage.close()


async def parquet(client: Any, table: str, **asked: str) -> list[dict[str, Any]]:
    answer = await client.get(f"/v1/export/{table}", params={**DAYS, "format": "parquet", **asked})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = pyarrow.parquet.read_table(io.BytesIO(answer.content)).to_pylist()
    return found


async def test_a_file_has_every_sale_of_its_days_once_and_the_sums_of_the_api(hq: Hq) -> None:
    async with client_of(hq) as client:
        sales = await parquet(client, "sales")
        wanted = [1000 + n for n in range(50) if n % 3 < 2]
        assert sorted(row["total"] for row in sales) == sorted(wanted * 2)
        assert len({(row["store"], row["id"]) for row in sales}) == len(sales)
        of_api = []
        for store in (KAZAN, UFA):
            page = (await client.get("/v1/sales", params={"limit": 200})).json()["sales"]
            of_api += [one["net"] for one in page if one["store"] == store and one["closed_ms"] < NOON_MS + 2 * DAY_MS]
        assert sum(row["net"] for row in sales) == sum(of_api)
        lines, payments = await parquet(client, "lines"), await parquet(client, "payments")
        assert sum(row["sum"] for row in lines) == sum(row["total"] for row in sales)
        assert sum(row["net"] for row in payments) == sum(row["net"] for row in sales)
        text = (await client.get("/v1/export/sales", params=DAYS)).text
        rows = list(csv.DictReader(io.StringIO(text)))
        assert [{**row, "net": int(row["net"])}["net"] for row in rows] == [row["net"] for row in sales]
        assert rows[0].keys() == sales[0].keys()


async def test_the_moves_of_the_stock_come_to_the_sum_hq_keeps(hq: Hq) -> None:
    async with client_of(hq) as client:
        moves = await parquet(client, "stock", until="2026-11-23")
    sums: dict[tuple[str, str], int] = {}
    for row in moves:
        sums[row["store"], row["sku"]] = sums.get((row["store"], row["sku"]), 0) + row["moved_thousandths"]
    kept = await hq.storage.rows("SELECT store, sku, moved_thousandths FROM stock_sum")
    assert sums == {(store, sku): moved for store, sku, moved in kept}
    assert sums[KAZAN, "clay"] == 9000


async def test_no_more_than_a_page_is_ever_read(hq: Hq, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    rows = hq.storage.rows

    async def counted(sql: str, values: Any = ()) -> Any:
        found = await rows(sql, values)
        read.append(len(found))
        return found

    monkeypatch.setattr(hq.storage, "rows", counted)
    async with client_of(hq) as client:
        for format in ("csv", "parquet"):
            answer = await client.get("/v1/export/lines", params={**DAYS, "format": format})
            assert answer.status_code == 200
    assert max(read) == export_rows.SALES_A_PAGE
    assert sum(read) > 2 * 68, "all of them were read, a page at a time"


async def test_a_key_exports_its_own_stores_only(hq: Hq) -> None:
    made = await add_key(
        hq.storage, "accounting", ["export.read"], [UFA], None, now_ms=NOON_MS, draw=random.Random(1).randbytes
    )
    async with client_of(hq, "203.0.113.9") as client:
        client.headers["authorization"] = f"Bearer {made.secret}"
        assert {row["store"] for row in await parquet(client, "sales")} == {UFA}
        assert {row["store"] for row in await parquet(client, "stock")} == {UFA}
        refused = await client.get("/v1/export/sales", params={**DAYS, "store": KAZAN})
        assert (refused.status_code, refused.json()["code"]) == (403, "other_store")


async def test_a_name_is_no_formula_in_a_table_program(hq: Hq) -> None:
    """Whoever opens the file would carry out what somebody has named a product; a sum below zero is none."""
    names = ("=cmd|'/C calc'!A1", "+7", "-1+1", "@SUM(A1)", "\tx", "Мишка -10 %")
    till = PushingTill(epoch=2)
    lines = [SaleLine(sku="-5", name=name, qty=1000, price=10, sum=10, vat="V22") for name in names]
    till.add("formulas", a_sale("formulas", total=60, lines=lines))
    async with client_of(hq) as client:
        assert (await till.push(client)).status_code == 200
        told = (await client.get("/v1/export/lines", params=DAYS)).content.decode("utf-8")
        exact = [row["name"] for row in await parquet(client, "lines") if row["sale"] == "formulas"]
    rows = [row for row in csv.DictReader(io.StringIO(told, newline="")) if row["sale"] == "formulas"]
    assert [row["name"] for row in rows] == [f"'{name}" for name in names[:5]] + list(names[5:])
    assert {row["sku"] for row in rows} == {"-5"}
    assert exact == list(names)


async def test_too_much_at_once_is_refused_with_a_reason(hq: Hq) -> None:
    async with client_of(hq) as client:
        for days in ({"from": "2026-11-22", "until": "2026-11-21"}, {"from": "2020-01-01", "until": "2026-11-21"}):
            refused = await client.get("/v1/export/sales", params=days)
            assert (refused.status_code, refused.json()["code"]) == (422, "too_many_days")
        for path in ("/v1/products?", f"/v1/stock?store={KAZAN}&", "/v1/orders?", f"/v1/visits?store={KAZAN}&"):
            refused = await client.get(f"{path}limit=1000000")
            assert refused.status_code == 422, path
            assert refused.json() == {"code": "malformed", "what": "limit: Input should be less than or equal to 500"}
        assert "200" in (await client.get("/v1/sales?limit=1000000")).json()["what"]
        for cursor in ("%00", "nonsense", "WzEsMl0", "W10"):
            assert (await client.get(f"/v1/products?after={cursor}")).status_code in (400, 422)
