"""What a cashier does at a real till, over HTTP, and what the same hands do after the power came back."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from typing import Any

import anyio

from tests.power.real_shop import GOODS, RealShop

Scenario = Callable[[RealShop, str, random.Random], Awaitable[None]]


async def fill(shop: RealShop, till: str, rng: random.Random) -> None:
    """The same barcodes again and again: equal sums in a row are what a resolver may confuse."""
    for barcode, _ in rng.sample(GOODS, 2) if rng.random() < 0.5 else GOODS[:2]:
        await shop.done(till, "scan", code=barcode)


async def cash(shop: RealShop, till: str, rng: random.Random) -> None:
    await fill(shop, till, rng)
    await shop.done(till, "pay", means="cash")
    await shop.done(till, "take_cash", received_minor=500_000)
    await shop.quiet(till)


async def card(shop: RealShop, till: str, rng: random.Random) -> None:
    await fill(shop, till, rng)
    await shop.done(till, "pay", means="card")
    await shop.quiet(till)


async def split(shop: RealShop, till: str, rng: random.Random) -> None:
    await fill(shop, till, rng)
    await shop.done(till, "pay", means="card", sum_minor=10_000)
    await shop.quiet(till)
    await shop.done(till, "pay", means="cash")
    await shop.done(till, "take_cash", received_minor=500_000)
    await shop.quiet(till)


async def refund(shop: RealShop, till: str, rng: random.Random) -> None:
    """The last sale goes back, by the means it was paid."""
    last = (await shop.view(till))["last"]
    if last is None or last["act"] != "sale":
        return
    note = await shop.do(till, "refund", number=last["number"])
    if note is not None:
        assert note["code"] in ("refund_nothing_left", "refund_not_found"), note
        return
    view = await shop.view(till)
    await shop.done(till, "refund_line", line=view["sale"]["lines"][0]["id"], thousandths=1000)
    await shop.done(till, "refund_pay")
    await shop.quiet(till)


SCENARIOS: dict[str, Scenario] = {"cash": cash, "card": card, "split": split, "refund": refund}


async def finish(shop: RealShop, till: str, within_s: float = 90) -> None:
    """Go on from whatever the screen shows until the counter is free: nothing may be left undecided."""
    with anyio.fail_after(within_s):
        while True:
            view = await shop.quiet(till, within_s)
            if view["case"] is not None:
                await _way_out(shop, till, view["case"])
            elif view["sale"] is not None:
                await _go_on(shop, till, view["sale"])
            else:
                if view["screen"] == "receipt":
                    await shop.do(till, "new_sale")
                return
            await anyio.sleep(0.05)


async def _way_out(shop: RealShop, till: str, case: dict[str, Any]) -> None:
    ways = [way["choice"] for way in case["ways"]]
    assert case["kind"] not in ("card_person", "register_person"), f"a device was there and a person is asked: {case}"
    for choice in ("retry_seal", "retry_give_back"):
        if choice in ways:
            await shop.do(till, "choose", choice=choice)
            return
    raise AssertionError(f"no way on: {case}")


async def _go_on(shop: RealShop, till: str, sale: dict[str, Any]) -> None:
    if sale["act"] == "refund":
        await shop.do(till, "back" if sale["phase"] == "basket" else "refund_pay")
        return
    if not sale["lines"]:
        await shop.do(till, "park")
        return
    note = await shop.do(till, "pay", means="cash")
    assert note is None or note["code"] in ("busy", "stale_revision"), note
    await shop.do(till, "take_cash", received_minor=900_000)
