"""The tab of web orders in real Chromium: placed over the API, heard from the shop, called off with a key."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from pushing_till import NOON_MS, PushingTill
from running_hq import RunningHq

from sync.wire.facts import OrderStep, Pickup, PickupLine, StockDocument, StockLine

pytestmark = pytest.mark.browser
KAZAN, SKU = "Казань, Баумана", "4601234011136"


def test_an_order_is_watched_until_it_is_called_off(running: RunningHq, page: Any) -> None:
    till = PushingTill()
    lines = [StockLine(SKU, "Кубики", 5000)]
    till.add("count", StockDocument("d1", "receiving", "П-1", "done", "Ольга", NOON_MS, lines), kind="stock_document")
    running.push(till)
    body = {"store": KAZAN, "reference": "W-17", "lines": [{"sku": SKU, "thousandths": 2000}]}
    placed = httpx.post(f"{running.url}/v1/orders", json=body, headers={"idempotency-key": "first-of-these"})
    assert placed.status_code == 201, placed.text
    number = placed.json()["summary"]["order"]

    page.goto(f"{running.url}/office#orders")
    row = page.locator(f"[data-order='{number}']")
    row.get_by_text("Отправлен в магазин").wait_for()
    assert "W-17" in row.inner_text()

    kept = [PickupLine("1", SKU, 2000)]
    till.add("held", Pickup(number, "held", NOON_MS, NOON_MS + 86_400_000, kept), kind="pickup")
    till.add("ready", OrderStep(number, "ready", NOON_MS + 1, "Ольга"), kind="order_step")
    running.push(till)
    row.get_by_role("link", name=number).click()
    page.get_by_text("Собран, ждёт").wait_for()
    text = page.locator("main").inner_text()
    for words in ("Кубики", "Магазин отложил товар", "Ольга", KAZAN):
        assert words in text, text
    page.locator("#order-cancel").click()
    page.get_by_text("Магазин ещё не ответил на отмену").wait_for()

    till.add("over", OrderStep(number, "cancelled", NOON_MS + 2), kind="order_step")
    running.push(till)
    page.locator("#language").click()
    page.get_by_role("link", name="All orders").click()
    page.get_by_text("No orders.").wait_for()
    page.locator("#orders-every").click()
    row.get_by_text("Cancelled", exact=True).wait_for()
