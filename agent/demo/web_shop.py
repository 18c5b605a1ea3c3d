"""A simulated web shop beside the demo: a system of its own that knows HQ's API and a key, and nothing of any agent.

    stock of a store -> an order with goods kept there -> followed until somebody has fetched it

Orders of a branch are picked and fetched there by its simulated staff; the one in the demo's own shop waits for whoever
stands at its till. An HQ that is away is asked again later, with the same Idempotency-Key: there is one order all the
same.
"""

from __future__ import annotations

import random
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import anyio.abc
import httpx

from agent.complaint import complain
from agent.demo.program import DemoFailed

SCOPES = ("products.read", "stock.read", "orders.read", "orders.write", "sales.read", "export.read")
PAUSE_S = (45.0, 90.0)
"""Between two orders: often enough to be watched, seldom enough for the shelves."""
LOOKS_EACH_S = 3.0
FOLLOWED_S = 240.0
"""Then the next order is placed; nobody may have come to the till."""
ANSWERS_WITHIN_S = 15.0


@dataclass(frozen=True, slots=True)
class Counter:
    """Where orders are fetched. `ready(number)`: staff have picked it, and somebody comes for it."""

    store: str
    ready: Callable[[str], None] | None = None


async def made_key(database: str, file: Path, rng: random.Random) -> str:
    """The demo's key for HQ's API, kept in `file` beside the demo's other keys; made once. Raises DemoFailed."""
    path = anyio.Path(file)
    if await path.exists():
        return (await path.read_text("utf-8")).strip()
    name = f"web shop {rng.getrandbits(24):06x}"
    scopes = [word for scope in SCOPES for word in ("--scope", scope)]
    command = [sys.executable, "-m", "cloud_api.access", "key", "add", "--database", database, "--name", name, *scopes]
    done = await anyio.run_process(command, check=False)
    found = re.search(rb"tk_[\w-]+", done.stdout)
    if found is None:
        why = done.stderr.decode("utf-8", "replace").strip()
        raise DemoFailed(
            f"Ключ для API офиса не сделан: {why}. Магазины торгуют без интернет-заказов.",
            f"No key for HQ's API: {why}. The shops trade without web orders.",
        )
    secret = found.group().decode("ascii")
    await path.touch(mode=0o600)
    await path.write_text(secret + "\n", "utf-8")
    return secret


class WebShop:
    """`counters`: the stores it orders in, taken in turn; one without staff gets one order."""

    def __init__(self, hq: str, key: str, counters: list[Counter], rng: random.Random) -> None:
        self._hq, self._key, self._counters, self._rng = hq, key, counters, rng

    async def run(self) -> None:
        """Until cancelled, or until there is nowhere left to order."""
        headers = {"authorization": f"Bearer {self._key}"}
        limits = {"timeout": ANSWERS_WITHIN_S, "trust_env": False}
        async with httpx.AsyncClient(base_url=self._hq, headers=headers, **limits) as client:  # type: ignore[arg-type]
            while self._counters:
                counter = self._counters[0]
                try:
                    number = await self._place(client, counter.store)
                    if number:
                        del self._counters[0]
                        if counter.ready is not None:
                            self._counters.append(counter)
                            await self._follow(client, counter, number)
                except (httpx.HTTPError, LookupError, TypeError, ValueError):
                    pass  # HQ is away or is being restarted: later
                await anyio.sleep(self._rng.uniform(*PAUSE_S))

    async def _place(self, client: httpx.AsyncClient, store: str) -> str:
        """The order's number; "" where the store has nothing to promise."""
        page = (await client.get("/v1/stock", params={"store": store})).raise_for_status().json()
        there = [row["sku"] for row in page["stock"] if row["promise"] == "yes" and row["available"] >= 2_000]
        if not there:
            return ""
        goods = self._rng.sample(there, k=min(len(there), self._rng.choice((1, 2))))
        body = {"store": store, "lines": [{"sku": sku, "thousandths": 1_000} for sku in goods]}
        key = {"idempotency-key": f"demo-{self._rng.getrandbits(96):024x}"}
        try:
            answer = await client.post("/v1/orders", json=body, headers=key)
        except httpx.HTTPError:
            answer = await client.post("/v1/orders", json=body, headers=key)  # was it placed? the same key says so
        return str(answer.json()["summary"]["order"]) if answer.is_success else ""

    async def _follow(self, client: httpx.AsyncClient, counter: Counter, number: str) -> None:
        told = False
        with anyio.move_on_after(FOLLOWED_S):
            while True:
                order: dict[str, Any] = (await client.get(f"/v1/orders/{number}")).raise_for_status().json()
                state = order["summary"]["state"]
                if state == "accepted" and not told and counter.ready is not None:
                    told = True
                    counter.ready(number)
                if state in ("collected", "expired", "cancelled", "refused"):
                    return
                await anyio.sleep(LOOKS_EACH_S)


async def open_web_shop(
    tasks: anyio.abc.TaskGroup, hq: str, database: str, file: Path, counters: list[Counter]
) -> None:
    """It orders in the demo's own shop once, for whoever stands at the till, and goes on in the branches."""
    rng = random.Random()
    try:
        key = await made_key(database, file, rng)
    except DemoFailed as failed:
        complain(failed)
        return
    print(f"  {'ключ API · API key':<26}{file}", flush=True)
    tasks.start_soon(WebShop(hq, key, counters, rng).run)
