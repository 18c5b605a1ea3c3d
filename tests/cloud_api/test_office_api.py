"""What the office reads: figures in the shop's zone, who may look, and a document of the API that is true."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest
from pushing_till import DEVICE, KEY, NOON_MS, OTHER_KEY, Clock, PushingTill, a_sale, client_of, open_hq

from cloud_api.app import Hq
from cloud_api.figures import rounded_share
from cloud_api.store.devices import key_hash
from sync.wire.facts import Debt, SalePayment, Shift

pytestmark = pytest.mark.anyio
WEEK_MS, HOUR_MS = 7 * 86_400_000, 3_600_000
OFFICE_KEY = "the-key-of-the-office"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def hq(where: str, clock: Clock):  # type: ignore[no-untyped-def]
    hq = await open_hq(where, clock)
    yield hq
    await hq.storage.close()


def a_day() -> PushingTill:
    till = PushingTill()
    till.add("1", a_sale("1", total=10_000, closed_ms=NOON_MS - 2 * HOUR_MS))
    till.add("2", a_sale("2", total=25_001, means="card"))
    till.add("3", a_sale("3", total=5_000, act="refund", means="card", of="2"))
    back = [SalePayment("card", 700, status="reversed")]
    till.add("4", a_sale("4", total=700, state="voided_after_payment", payments=back))
    mixed = [SalePayment("card", 900, status="reversed"), SalePayment("cash", 900, status="booked")]
    till.add("5", a_sale("5", total=900, payments=mixed, unresolved=True))
    till.add("6", a_sale("6", total=20_000, closed_ms=NOON_MS - WEEK_MS - HOUR_MS))
    till.add("7", a_sale("7", total=4_000, closed_ms=NOON_MS - WEEK_MS + HOUR_MS))
    till.add("8", a_sale("8", total=1_000_000, closed_ms=NOON_MS - 12 * HOUR_MS - 1))
    till.add("9", Debt("2", "Касса 1", 25_001, NOON_MS, "ККТ молчит", "Пётр"), "debt")
    return till


async def test_figures_of_a_day(hq: Hq) -> None:
    async with client_of(hq) as client:
        assert (await a_day().push(client)).status_code == 200
        f = (await client.get("/v1/figures")).json()
    assert (f["sum"], f["receipts"], f["refunds"], f["refunds_sum"]) == (10_000 + 25_001 - 5_000 + 900, 3, 1, 5_000)
    assert f["average"] == 10_300  # 30901 / 3
    assert (f["week_ago_sum"], f["week_ago_receipts"]) == (20_000, 1)
    assert [(h["hour"], h["sum"], h["receipts"]) for h in f["hours"]] == [(10, 10_000, 1), (12, 20_901, 2)]
    assert [(h["hour"], h["sum"]) for h in f["week_ago"]] == [(11, 20_000), (13, 4_000)]
    assert {m["means"]: m["sum"] for m in f["means"]} == {"card": 20_001, "cash": 10_900}
    assert f["waiting"] == {"debts": 1, "unresolved": 1, "quarantine": 0}
    kazan = next(store for store in f["stores"] if store["store"] == "Казань, Баумана")
    assert (kazan["sum"], kazan["receipts"], kazan["last_sale_ms"], kazan["silent"]) == (30_901, 3, NOON_MS, False)
    assert [till["seen_ms"] for store in f["stores"] for till in store["tills"]] == [NOON_MS, None]


def test_an_average_is_rounded_half_up_without_floats() -> None:
    assert [rounded_share(*pair) for pair in ((10, 4), (11, 4), (-10, 4), (7, 0), (10**18, 3))] == [
        *(3, 3, -3, 0, 333_333_333_333_333_333)
    ]


async def test_a_store_falls_silent_by_its_age(hq: Hq, clock: Clock) -> None:
    async with client_of(hq) as client:
        await a_day().push(client)
        for later_s, silent in ((600, False), (601, True)):
            clock.ms = NOON_MS + later_s * 1000
            assert (await client.get("/v1/devices")).json()[0]["silent"] is silent
            assert (await client.get("/v1/figures")).json()["stores"][0]["silent"] is silent


async def test_sales_are_paged_both_ways(hq: Hq) -> None:
    till = PushingTill()
    for n in range(1, 8):
        till.add(str(n), a_sale(f"s{n}"))
    async with client_of(hq) as client:
        await till.push(client)
        newest = (await client.get("/v1/sales?limit=3")).json()
        older = (await client.get(f"/v1/sales?limit=3&before={newest['next']}")).json()
        followed = (await client.get(f"/v1/sales?after={newest['next']}&limit=3")).json()
        assert (await client.get("/v1/sales?limit=0")).status_code == 422
        assert (await client.get("/v1/sales?limit=9999")).json()["code"] == "malformed"
        assert (await client.get("/v1/sales/nothing")).json()["code"] == "unknown_sale"
    assert [[s["id"] for s in page["sales"]] for page in (newest, older, followed)] == [
        ["s7", "s6", "s5"],
        ["s4", "s3", "s2"],
        ["s6", "s7"],
    ]
    assert (followed["next"], newest["next"]) == (None, newest["sales"][-1]["arrival"])


async def test_shifts_join_their_events(hq: Hq) -> None:
    till = PushingTill()
    till.add("a", Shift("Касса 1", 7, "opened", NOON_MS - 2 * HOUR_MS, "Анна", cash=5_000), "shift")
    closed = Shift("Касса 1", 7, "closed", NOON_MS, "Анна", 9_000, 3, 1, 30_000, ["1 талон"])
    till.add("b", closed, "shift")
    till.add("c", Shift("Касса 1", 8, "opened", NOON_MS + 1, "Пётр"), "shift")
    async with client_of(hq) as client:
        await till.push(client)
        eight, seven = (await client.get("/v1/shifts")).json()
    assert (eight["number"], eight["closed_ms"]) == (8, None)
    assert (seven["opened_ms"], seven["closed_ms"], seven["sum"]) == (NOON_MS - 2 * HOUR_MS, NOON_MS, 30_000)
    assert seven["exceptions"] == ["1 талон"]


LOOKS = [  # peer, base url, headers, status
    ("127.0.0.1", "http://localhost:8090", {}, 200),
    ("::1", "http://[::1]:8090", {}, 200),
    ("127.0.0.1", "http://localhost:8090", {"x-forwarded-for": "203.0.113.9"}, 401),
    ("127.0.0.1", "http://evil.example:8090", {}, 403),
    ("127.0.0.1", "http://localhost:8090", {"origin": "http://evil.example"}, 403),
    ("127.0.0.1", "http://localhost:8090", {"sec-fetch-site": "cross-site"}, 403),
    ("127.0.0.1", "http://localhost:8090", {"origin": "http://localhost:8090", "sec-fetch-site": "same-origin"}, 200),
    ("203.0.113.9", "http://localhost:8090", {}, 401),
    ("203.0.113.9", "http://office.example:8090", {}, 401),
    ("127.0.0.1", "http://office.example:8090", {}, 401),
    ("203.0.113.9", "http://office.example:8090", {"authorization": f"Bearer {OFFICE_KEY}"}, 200),
    ("203.0.113.9", "http://office.example:8090", {"authorization": f"Bearer {KEY}"}, 401),
    ("203.0.113.9", "http://other.example:8090", {"authorization": f"Bearer {OFFICE_KEY}"}, 403),
]


@pytest.mark.parametrize(("peer", "base_url", "headers", "status"), LOOKS)
async def test_who_may_look(tmp_path: Path, peer: str, base_url: str, headers: dict[str, str], status: int) -> None:
    hosts = frozenset({"office.example"})
    hq = await open_hq(tmp_path / "hq.sqlite", hosts=hosts, office_key_sha256=key_hash(OFFICE_KEY))
    async with client_of(hq, peer, base_url) as client:
        for path in ("/v1/figures", "/v1/sales", "/v1/quarantine", "/metrics"):
            assert (await client.get(path, headers=headers)).status_code == status, path
        assert (await client.get("/healthz")).status_code == 200
    await hq.storage.close()


async def test_the_page_signs_in_with_the_office_key(tmp_path: Path) -> None:
    hosts = frozenset({"office.example"})
    hq = await open_hq(tmp_path / "hq.sqlite", hosts=hosts, office_key_sha256=key_hash(OFFICE_KEY))
    async with client_of(hq, "203.0.113.9", "https://office.example") as client:
        for body, status in ((b'{"key":"wrong"}', 401), (b"[", 400), (b"x" * 5000, 413)):
            assert (await client.post("/v1/session", content=body)).status_code == status
        assert (await client.get("/v1/figures")).json()["code"] == "needs_key"
        signed = await client.post("/v1/session", json={"key": OFFICE_KEY})
        cookie = signed.headers["set-cookie"].lower()
        assert all(word in cookie for word in ("httponly", "samesite=strict", "secure"))
        assert (await client.get("/v1/figures")).status_code == 200
        elsewhere = {"origin": "https://evil.example"}
        assert (await client.post("/v1/session", json={"key": OFFICE_KEY}, headers=elsewhere)).status_code == 403
    await hq.storage.close()


async def test_without_an_office_key_nobody_else_may_look(hq: Hq) -> None:
    async with client_of(hq, "203.0.113.9") as client:
        for key in ("", KEY, OTHER_KEY):
            headers = {"authorization": f"Bearer {key}"}
            assert (await client.get("/v1/figures", headers=headers)).status_code == 401
        assert (await client.post("/v1/session", json={"key": ""})).status_code == 401


async def test_the_document_of_the_api_is_valid_and_its_answers_are_what_it_says(hq: Hq) -> None:
    async with client_of(hq) as client:
        await a_day().push(client)
        document = (await client.get("/openapi.json")).json()
        jsonschema.Draft202012Validator.check_schema({"$defs": document["components"]["schemas"]})
        references = set()

        def walk(node: object) -> None:
            for value in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
                walk(value)
            if isinstance(node, dict) and "$ref" in node:
                references.add(str(node["$ref"]).removeprefix("#/components/schemas/"))

        walk(document)
        assert references <= set(document["components"]["schemas"])
        assert {"Push", "Ack", "Gap", "Fork", "Sales", "Figures"} <= references
        for path in ("figures", "sales", "sales/2", "devices", "debts", "claims", "quarantine", "shifts", "unresolved"):
            template = "/v1/sales/{id}" if path == "sales/2" else f"/v1/{path}"
            content = document["paths"][template]["get"]["responses"]["200"]["content"]
            schema = {**content["application/json"]["schema"], "components": document["components"]}
            jsonschema.validate((await client.get(f"/v1/{path}")).json(), schema)
        pushed = document["paths"]["/v1/push/{stream}"]["post"]
        assert pushed["requestBody"]["content"]["application/json"]["schema"]["$ref"].endswith("/Push")
        assert {"200", "409", "413", "503"} <= set(pushed["responses"])


async def test_metrics_count_answers_fates_and_ages(hq: Hq, clock: Clock) -> None:
    till = a_day()
    till.add_raw("poison", b"{}")
    async with client_of(hq) as client:
        await till.push(client)
        await till.push(client, key="a-key-nobody-was-given")
        clock.ms += 5_000
        text = (await client.get("/metrics")).text
    for line in (
        'tillkeeper_hq_pushes_total{answer="ack"} 1',
        'tillkeeper_hq_pushes_total{answer="unknown_key"} 1',
        'tillkeeper_hq_items_total{fate="taken"} 9',
        'tillkeeper_hq_items_total{fate="quarantined"} 1',
        "tillkeeper_hq_quarantined_items 1",
        f'tillkeeper_hq_device_age_seconds{{device="{DEVICE}",store="Казань, Баумана"}} 5',
    ):
        assert line in text.splitlines()


async def test_an_advance_is_revenue_once_when_goods_are_bought_with_it(hq: Hq) -> None:
    till = PushingTill()
    till.add("1", a_sale("1", total=15_100, act="advance", of="0", account="a1"))
    async with client_of(hq) as client:
        assert (await till.push(client)).status_code == 200
        before = (await client.get("/v1/figures")).json()
        till.add("2", a_sale("2", payments=[SalePayment("credit", 12_345, account="a1")]))
        assert (await till.push(client)).status_code == 200
        after = (await client.get("/v1/figures")).json()
    assert (before["sum"], before["receipts"]) == (0, 0)
    assert (after["sum"], after["receipts"]) == (12_345, 1)
    assert {m["means"]: m["sum"] for m in after["means"]} == {"credit": 12_345}
    moved = await hq.storage.rows("SELECT sale, moved_thousandths FROM stock_move")
    assert [tuple(row) for row in moved] == [("2", -1000)], "an advance is no goods"
