"""The document of HQ's API is true: whoever asks whatever, the answer is one that it names; strangers get none."""

from __future__ import annotations

import random
from pathlib import Path

import httpx
import pytest
from pushing_till import DEVICE, KEY, NOON_MS, PushingTill, a_sale
from running_hq import RunningHq

from cloud_api.access.api_keys import add_key
from cloud_api.access.scopes import ALL_SCOPES
from cloud_api.telling.goods import put_prices, put_products
from sync.wire.facts import StockDocument, StockLine
from sync.wire.feed import PriceRow, ProductRow
from tests.api_walk import CAMPAIGN, walk
from tests.cloud_api.at_once import at_once

KAZAN = "Казань, Баумана"
STRANGER = {"x-forwarded-for": "203.0.113.9"}
WITH_DEVICE_KEY = ("/v1/push", "/v1/feed", "/v1/snapshot", "/v1/hello", "/v1/enrol", "/v1/keys")
OPEN_TO_ALL = {"GET /healthz", "DELETE /v1/session"}  # whoever is signed in nowhere may sign out


@pytest.fixture
def filled(tmp_path: Path):  # type: ignore[no-untyped-def]
    """HQ with a shop that has sold, stock, goods, and an order."""
    till = PushingTill()
    for n in range(3):
        till.add(str(n), a_sale(f"s{n}"))
    lines = [StockLine("4601234567893", "Мишка", 90_000)]
    till.add("stock/d1", StockDocument("d1", "receiving", "1", "done", "Анна", NOON_MS, lines), "stock_document")
    bear = ProductRow("4601234567893", "Мишка", 99_000, 8, 0, "", 0, 1, "", 0, 0, 0, 1, 0, "Игрушки", "")

    async def goods() -> None:
        async with hq.hq.storage.transaction(None) as transaction:
            await put_products(transaction, [bear], now_ms=NOON_MS)
            await put_prices(transaction, "main", [PriceRow("4601234567893", 0, 99_000)], now_ms=NOON_MS)

    hq = RunningHq(tmp_path / "hq.sqlite")
    try:
        hq.push(till)
        at_once(goods())
        yield hq
    finally:
        hq.close()


def test_every_operation_answers_as_the_document_says(filled: RunningHq, capsys: pytest.CaptureFixture[str]) -> None:
    made = at_once(
        add_key(filled.hq.storage, "walker", ALL_SCOPES, None, None, now_ms=NOON_MS, draw=random.Random(3).randbytes)
    )
    wanted = {"store": KAZAN, "lines": [{"sku": "4601234567893", "thousandths": 1000}]}
    key = {"authorization": f"Bearer {made.secret}"}
    placed = httpx.post(f"{filled.url}/v1/orders", json=wanted, headers={**key, "idempotency-key": "the-first-order"})
    assert placed.status_code == 201, placed.text
    number = placed.json()["summary"]["order"]

    def headers(path: str) -> dict[str, str]:
        filled.clock.ms += 1000  # so that no key asks too often
        return {"authorization": f"Bearer {KEY}"} if path.startswith(WITH_DEVICE_KEY) else key

    known = {
        "store": [KAZAN], "id": ["s1"], "order": [number], "sku": ["4601234567893"], "zone": ["main"],
        "stream": ["sales", "visits"], "name": ["catalogue", "shop"], "device": ["nobody", DEVICE],
        "from": ["2026-11-01"], "until": ["2026-11-21"], "after": [placed.json()["summary"]["order"]],
    }  # fmt: skip
    known["device"] = ["nobody"]  # the till's own access is not to end in the middle
    found = walk(filled.url, 5, known, headers)
    with capsys.disabled():
        print(f"\n{found.told('HQ, with keys')}")
    assert found.operations >= 60
    reads = (
        "products",
        "stock",
        "availability",
        "orders",
        "sales",
        "shifts",
        "devices",
        "visits",
        "visitors",
        "figures",
    )
    assert {f"GET /v1/{one}" for one in reads} <= found.done
    assert {"GET /v1/orders/{order}", "GET /v1/products/{sku}", "GET /v1/export/{table}"} <= found.done


def test_a_stranger_gets_nothing_and_no_error_of_ours(filled: RunningHq, capsys: pytest.CaptureFixture[str]) -> None:
    found = walk(filled.url, 2, {}, lambda path: STRANGER)
    with capsys.disabled():
        print(f"\n{found.told('HQ, strangers')}")
    assert found.done == OPEN_TO_ALL
    assert CAMPAIGN or sum(found.statuses.values()) < 600
