"""The agent's HTTP API towards strangers and mistakes: foreign hosts and pages, too much, nonsense, unknown tills."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import apsw
import httpx
import pytest

from agent.local_api.app import COMMAND_BYTES, create_app
from agent.local_api.qr_picture import qr_svg
from tests.agent.small_shop import BEAR, SmallShop, small_shop

pytestmark = pytest.mark.anyio
HOST = "http://127.0.0.1:8080"


@asynccontextmanager
async def served(
    directory: Path, hosts: frozenset[str] | None = None
) -> AsyncIterator[tuple[SmallShop, httpx.AsyncClient]]:
    async with small_shop(directory) as shop:
        transport = httpx.ASGITransport(app=create_app(shop.shop, hosts=hosts))
        async with httpx.AsyncClient(transport=transport, base_url=HOST) as client:
            yield shop, client


def command(shop: SmallShop, do: str, id: str = "page-command-1", **args: Any) -> dict[str, Any]:
    return {"id": id, "revision": shop.till().revision, "do": do, "args": args}


async def test_a_sale_over_http(tmp_path: Path) -> None:
    """The door itself works: each answer carries the fresh view."""
    async with served(tmp_path) as (shop, client):
        await shop.open_shift()
        answer = await client.post("/api/tills/1/commands", json=command(shop, "scan", code=BEAR))
        told = answer.json()
        assert (answer.status_code, told["done"], told["view"]["sale"]["total_minor"]) == (200, True, 349_900)
        again = (await client.post("/api/tills/1/commands", json=command(shop, "scan", code=BEAR))).json()
        assert (again["done"], again["view"]["sale"]["pieces"]) == (True, 1000)
        refused = await client.post("/api/tills/1/commands", json=command(shop, "scan", "page-command-2", code="123"))
        assert (refused.status_code, refused.json()["done"]) == (200, False)
        assert refused.json()["note"]["code"] == "unreadable"


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:8080", "", "192.168.1.7:8080", "[::2]"]
)
async def test_another_host_name_is_refused(tmp_path: Path, host: str) -> None:
    """A name that was rebound to loopback shows in the Host header."""
    async with served(tmp_path) as (shop, client):
        for method, path in (("GET", "/api/tills/1"), ("GET", "/till"), ("GET", "/metrics"), ("GET", "/openapi.json")):
            answer = await client.request(method, path, headers={"host": host})
            assert answer.status_code == 403, path
            assert answer.json()["problem"] == "foreign_host"
        sent = await client.post("/api/tills/1/commands", json=command(shop, "sign_in"), headers={"host": host})
        assert sent.status_code == 403


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8080", "localhost:1", "[::1]", "[::1]:8080"])
async def test_loopback_has_several_names(tmp_path: Path, host: str) -> None:
    async with served(tmp_path) as (_, client):
        assert (await client.get("/api/tills/1", headers={"host": host})).status_code == 200


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1:9999", "https://127.0.0.1.evil.example", "file://", ""]
)
async def test_another_sites_page_may_do_nothing(tmp_path: Path, origin: str) -> None:
    """A page from elsewhere in the cashier's browser cannot hide its Origin; nothing changes."""
    async with served(tmp_path) as (shop, client):
        await shop.open_shift()
        sent = await client.post(
            "/api/tills/1/commands", json=command(shop, "scan", code=BEAR), headers={"origin": origin}
        )
        assert (sent.status_code, sent.json()["problem"]) == (403, "foreign_origin")
        assert shop.view().sale is None


async def test_its_own_page_may(tmp_path: Path) -> None:
    async with served(tmp_path) as (shop, client):
        answer = await client.get("/api/tills/1", headers={"origin": HOST})
        assert answer.status_code == 200
        assert shop.view().screen == "locked"


async def test_hosts_of_the_shop_can_be_named(tmp_path: Path) -> None:
    """A shop with several screens names its own host; loopback alone is not enough then."""
    async with served(tmp_path, frozenset({"till.shop.test:8080"})) as (_, client):
        assert (await client.get("/api/tills/1", headers={"host": "till.shop.test:8080"})).status_code == 200
        assert (await client.get("/api/tills/1")).status_code == 403


MALFORMED: dict[str, bytes] = {
    "nothing": b"",
    "no JSON": b"scan 4601234004121",
    "half a command": b'{"id":"page-command-1","revision":1,"do":"sc',
    "a list": b"[]",
    "no id": b'{"revision":1,"do":"scan"}',
    "a number as id": b'{"id":7,"revision":1,"do":"scan"}',
    "a short id": b'{"id":"1","revision":1,"do":"scan"}',
    "a long id": b'{"id":"' + b"x" * 65 + b'","revision":1,"do":"scan"}',
    "half a revision": b'{"id":"page-command-1","revision":1.5,"do":"scan"}',
    "a text as revision": b'{"id":"page-command-1","revision":"1","do":"scan"}',
    "arguments as a list": b'{"id":"page-command-1","revision":1,"do":"scan","args":[]}',
    "an unknown field": b'{"id":"page-command-1","revision":1,"do":"scan","force":true}',
    "bytes that are no text": b'{"id":"page-command-1","revision":1,"do":"\xff\xfe"}',
    "nested without end": b"[" * 5000,
}


@pytest.mark.parametrize("case", list(MALFORMED))
async def test_what_is_no_command_is_refused(tmp_path: Path, case: str) -> None:
    async with served(tmp_path) as (shop, client):
        await shop.open_shift()
        before = shop.till().revision
        answer = await client.post("/api/tills/1/commands", content=MALFORMED[case])
        assert answer.status_code == 400
        assert answer.json()["problem"] == "malformed"
        assert answer.json()["what"]
        assert shop.till().revision == before


WRONG_ARGUMENTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("scan", {}),
    ("scan", {"code": 4601234004121}),
    ("scan", {"code": None}),
    ("scan", {"code": "x" * 5000}),
    ("scan", {"code": "\udcff".encode("utf-16", "surrogatepass").decode("utf-16", "replace")}),
    ("quantity", {"line": [], "thousandths": 1}),
    ("discount", {"line": {}, "sum_minor": 10**30}),
    ("discount", {"sum_minor": -1}),
    ("take_cash", {"received_minor": "100"}),
    ("take_cash", {"received_minor": True}),
    ("take_cash", {"received_minor": 10**18}),
    ("pay", {"means": "gold"}),
    ("pay", {"means": "card", "sum_minor": -5}),
    ("choose", {"choice": "slip_approved"}),
    ("choose", {}),
    ("choose", {"choice": "cannot_tell", "sale": "nobody's"}),
    ("refund", {"number": {"$ne": ""}}),
    ("refund_line", {"line": "x", "thousandths": 1}),
    ("contact", {"value": "nobody"}),
    ("contact", {"value": "+" + "7" * 100}),
    ("bring_back", {"sale": "nobody's"}),
    ("", {}),
    ("x" * 1000, {}),
)


async def test_wrong_arguments_are_refused_by_name_and_the_till_goes_on(tmp_path: Path) -> None:
    async with served(tmp_path) as (shop, client):
        await shop.open_shift()
        await shop.scan(BEAR)
        rows = len(shop.store.journal_since(0, 10_000))
        for number, (do, args) in enumerate(WRONG_ARGUMENTS):
            answer = await client.post(
                "/api/tills/1/commands", json=command(shop, do, f"wrong-args-{number:03d}", **args)
            )
            assert answer.status_code == 200, do
            assert answer.json()["done"] is False, (do, args)
            assert answer.json()["note"]["code"], (do, args)
        assert len(shop.store.journal_since(0, 10_000)) == rows
        assert shop.device("card1").events() == []
        await shop.pay_cash()
        await shop.until(lambda view: view.screen == "receipt" and shop.till().counter is None)


async def test_too_much_is_not_read(tmp_path: Path) -> None:
    """An endless body is cut off at the limit; a large lawful command is far below it."""
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        for _ in range(1000):
            read += 4096
            yield b"x" * 4096

    async with served(tmp_path) as (_, client):
        answer = await client.post("/api/tills/1/commands", content=b"x" * (COMMAND_BYTES + 1))
        assert (answer.status_code, answer.json()["problem"]) == (413, "too_large")
        assert str(COMMAND_BYTES) in answer.json()["what"]
        answer = await client.post("/api/tills/1/commands", content=endless())
        assert answer.status_code == 413


async def test_unknown_places(tmp_path: Path) -> None:
    """A till that is not there is named, a file outside the page's folder is not given."""
    async with served(tmp_path) as (shop, client):
        for path in ("/api/tills/9", "/api/tills/9/live"):
            answer = await client.get(path)
            assert (answer.status_code, answer.json()["problem"]) == (404, "no_such_till")
            assert "1" in answer.json()["what"]
        answer = await client.post("/api/tills/9/commands", json=command(shop, "scan"))
        assert answer.status_code == 404
        for path in ("/web/../settings.py", "/web/%2e%2e/settings.py", "/web//etc/passwd", "/web/till", "/web/no.js"):
            answer = await client.get(path)
            assert answer.status_code in (404, 307), path
            assert b"import" not in answer.content
        assert (await client.get("/api/operations/nobody")).status_code == 404


async def test_limits_of_lists(tmp_path: Path) -> None:
    async with served(tmp_path) as (shop, client):
        await shop.open_shift()
        await shop.sold(BEAR, means="cash")
        for limit in ("0", "-5", "999999"):
            assert len((await client.get(f"/api/operations?limit={limit}")).json()) == 1
            assert len((await client.get(f"/api/tills/1/receipts?limit={limit}")).json()) == 1
        assert (await client.get("/api/operations?limit=many")).status_code == 422
        assert (await client.get("/api/tills/1/search", params={"q": "миш" * 1000})).status_code == 200
        assert [row["barcode"] for row in (await client.get("/api/tills/1/search?q=миш")).json()] == [BEAR]


async def test_the_api_is_described(tmp_path: Path) -> None:
    """What is sent is what /openapi.json says: every answer's schema is there."""
    async with served(tmp_path) as (_, client):
        document = (await client.get("/openapi.json")).json()
        text = json.dumps(document)
        wanted = {part for part in text.split('"#/components/schemas/')[1:]}
        names = {part.split('"')[0] for part in wanted}
        assert names <= set(document["components"]["schemas"])
        assert {"Command", "CommandAnswer", "TillView", "StatusView"} <= names


async def test_the_qr_of_a_receipt_is_a_picture_and_nothing_longer_than_one(tmp_path: Path) -> None:
    async with served(tmp_path) as (_, client):
        text = "t=20261121T1230&s=499.75&fn=9999078900005430&i=130&fp=1040957426&n=1"
        drawn = await client.get("/api/qr.svg", params={"text": text})
        assert drawn.status_code == 200
        assert drawn.headers["content-type"] == "image/svg+xml"
        assert drawn.content == qr_svg(text)
        for wrong in ("", "x" * 201):
            assert (await client.get("/api/qr.svg", params={"text": wrong})).status_code == 400


async def test_a_damaged_catalogue_is_said_and_is_no_error_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page of it cannot be read: the search says so, and what needs no search goes on."""
    async with served(tmp_path) as (shop, client):

        def damaged(*_: object) -> None:
            raise apsw.CorruptError("database disk image is malformed")

        monkeypatch.setattr(type(shop.shop.catalogue()), "search", damaged)
        for path in ("/api/tills/1/search", "/api/stock/goods"):
            answer = await client.get(path, params={"q": "clay"})
            assert (answer.status_code, answer.json()["problem"]) == (503, "unreadable"), path
        assert (await client.get("/api/tills/1")).status_code == 200
