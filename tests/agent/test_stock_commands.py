"""The stock page's API: each act once by its id, signed by who may, refused with words, and told to who watches."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from agent.local_api.app import create_app
from agent.stock import stock_desk
from agent.stock.view import StockAnswer, StockCommand
from tests.agent.small_shop import BEAR, CHEESE, CLAY, SmallShop, small_shop
from tests.agent.stock_room import on_the_shelf

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("anyio_backend", ["trio"], indirect=True)]
ANN, SUE = {"person": "ann", "pin": "1111"}, {"person": "sue", "pin": "2222"}
_made = iter(range(1, 1 << 40))


async def act(shop: SmallShop, do: str, **args: Any) -> StockAnswer:
    return await shop.shop.stock.commands.carry_out(StockCommand(f"page-command-{next(_made):06d}", do, args))


async def done(shop: SmallShop, do: str, **args: Any) -> str:
    answer = await act(shop, do, **args)
    assert answer.done, answer.note
    return answer.document


async def refused(shop: SmallShop, do: str, **args: Any) -> str:
    answer = await act(shop, do, **args)
    assert not answer.done
    assert answer.note is not None
    return answer.note.code


async def test_a_scan_is_one_piece_and_a_quantity_replaces_it(tmp_path: Path) -> None:
    async with small_shop(tmp_path) as shop:
        id = await done(shop, "begin", kind="receiving")
        await done(shop, "scan", document=id, code=CLAY)
        await done(shop, "scan", document=id, code=CLAY)
        await done(shop, "put", document=id, sku=BEAR, thousandths=7000)
        await done(shop, "put", document=id, sku=CHEESE, thousandths=1250)
        assert await refused(shop, "put", document=id, sku=BEAR, thousandths=1500) == "fraction_of_piece"
        assert await refused(shop, "scan", document=id, code="4600000000008") == "unknown_barcode"
        view = shop.shop.stock.screens.document(id)
        assert view is not None
        assert [(one.goods.sku, one.thousandths) for one in view.lines] == [(CLAY, 2000), (BEAR, 7000), (CHEESE, 1250)]


async def test_the_same_id_does_nothing_more(tmp_path: Path) -> None:
    async with small_shop(tmp_path) as shop:
        begin = StockCommand("the-same-id-of-a-page", "begin", {"kind": "receiving"})
        first, second = [await shop.shop.stock.commands.carry_out(begin) for _ in range(2)]
        assert first.document == second.document != ""
        scan = StockCommand("another-id-of-a-page", "scan", {"document": first.document, "code": CLAY})
        for _ in range(3):
            assert (await shop.shop.stock.commands.carry_out(scan)).done
        view = shop.shop.stock.screens.document(first.document)
        assert view is not None
        assert [one.thousandths for one in view.lines] == [1000]


async def test_a_document_has_its_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stock_desk, "MOST_LINES", 2)
    async with small_shop(tmp_path) as shop:
        id = await done(shop, "begin", kind="receiving")
        for sku in (CLAY, BEAR, CLAY):
            await done(shop, "put", document=id, sku=sku, thousandths=2000)
        assert await refused(shop, "put", document=id, sku=CHEESE, thousandths=500) == "stock_too_many_lines"


async def test_who_may_sign_what(tmp_path: Path) -> None:
    async with small_shop(tmp_path) as shop:
        await on_the_shelf(shop.store, CLAY, 5)
        got = await done(shop, "begin", kind="receiving")
        await done(shop, "scan", document=got, code=CLAY)
        assert await refused(shop, "finish", document=got, person="ann", pin="0000") == "wrong_pin"
        assert shop.store.stock(CLAY, "store") == 5000
        await done(shop, "finish", document=got, **ANN)
        off = await done(shop, "begin", kind="write_off")
        await done(shop, "scan", document=off, code=CLAY)
        assert await refused(shop, "finish", document=off, reason="broken", **ANN) == "no_privilege"
        await done(shop, "finish", document=off, reason="broken", **SUE)
        assert shop.store.stock(CLAY, "store") == 5000
        view = shop.shop.stock.screens.view()
        assert [(row.kind, row.phase, row.person) for row in view.documents] == [
            ("write_off", "done", "Sue"),
            ("receiving", "done", "Ann"),
        ]
        assert [one.id for one in shop.shop.stock.screens.document(off).signers] == ["sue"]  # type: ignore[union-attr]


async def test_goods_are_kept_and_given_back_by_hand(tmp_path: Path) -> None:
    async with small_shop(tmp_path) as shop:
        await on_the_shelf(shop.store, CLAY, 2)
        told = {"order": "A-17", "lines": [[CLAY, 2000]], "hours": 24}
        assert await refused(shop, "keep", **told, person="ann", pin="0000") == "wrong_pin"
        await done(shop, "keep", **told, **ANN)
        (order,) = shop.shop.stock.screens.view().orders
        assert (order.order, order.uncovered, order.lines[0].thousandths) == ("A-17", False, 2000)
        (goods,) = shop.shop.stock.screens.search(CLAY)
        assert (goods.on_hand, goods.kept, goods.left) == (2000, 2000, 0)
        assert await refused(shop, "keep", order="B", lines=[[CLAY, 1000]], **ANN) == "stock_short"
        assert await refused(shop, "keep", order="B", lines="all of it", **ANN) == "malformed"
        assert await refused(shop, "keep", order="B", lines=[[BEAR, 1000]], **ANN) == "stock_short"
        await done(shop, "release", order="A-17", **ANN)
        assert shop.shop.stock.screens.view().orders == []


@asynccontextmanager
async def browser(shop: SmallShop) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(shop.shop, hosts=frozenset({"shop.test"}))
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as client:
        yield client


async def test_the_routes(tmp_path: Path) -> None:
    async with small_shop(tmp_path) as shop, browser(shop) as client:
        assert "/web/stock/stock.js" in (await client.get("/stock")).text
        command = {"id": "page-command-by-http", "do": "begin", "args": {"kind": "stocktake"}}
        answer = (await client.post("/api/stock/commands", json=command)).json()
        assert answer["done"] is True
        listed = (await client.get("/api/stock")).json()["documents"]
        assert [(row["id"], row["kind"], row["phase"]) for row in listed] == [
            (answer["document"], "stocktake", "draft")
        ]
        shown = (await client.get(f"/api/stock/documents/{answer['document']}")).json()
        assert shown["lines"] == []
        assert (await client.get("/api/stock/documents/none")).status_code == 404
        assert [one["sku"] for one in (await client.get("/api/stock/goods", params={"q": "пласт"})).json()] == [CLAY]
        for bad in (b"{", b'{"id":"short","do":"begin"}', b'{"id":"long-enough-id","do":"begin","more":1}'):
            assert (await client.post("/api/stock/commands", content=bad)).status_code == 400
        assert (await client.post("/api/stock/commands", content=b" " * 20_000)).status_code == 413
        unknown = {"id": "page-command-unknown", "do": "burn", "args": {}}
        assert (await client.post("/api/stock/commands", json=unknown)).json()["note"]["code"] == "malformed"
