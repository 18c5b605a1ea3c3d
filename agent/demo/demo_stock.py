"""What the demo's shop has on its shelves: counted once, through the agent's own API, so that the stock page is alive.

A newcomer's data directory is written to once: where there is any document of the stock already, nothing is done.
"""

from __future__ import annotations

import uuid
from typing import Any

import httpx

from agent.demo.shop_plan import PEOPLE
from agent.demo.shop_plan import SUPERVISOR_PIN as PIN

COUNTED = (
    ("4601234011136", 40),
    ("4601234011266", 24),
    ("4601234011396", 30),
    ("4601234011525", 16),
    ("4601234011655", 12),
    ("4601234011785", 1),
)
"""Products of demo_products.tsv. The last one is kept for an order: a till that sells it asks first."""
ORDER = "web-1001"
ANSWERS_WITHIN_S = 30.0
SUPERVISOR = next(id for id, _, _, supervisor in PEOPLE if supervisor)


class StockNotCounted(Exception):
    """The agent did not take it: the demo goes on without."""


async def count_the_shelves(address: str, *, keep: bool = True) -> bool:
    """`keep`: one piece for an order, too. False: there was a document already. Raises StockNotCounted and
    httpx.HTTPError."""
    async with httpx.AsyncClient(base_url=address, trust_env=False, timeout=ANSWERS_WITHIN_S) as client:
        shown = read(await client.get("/api/stock"))
        if "documents" not in shown:
            raise StockNotCounted(f"/api/stock: {shown}")
        if shown["documents"]:
            return False
        document = await act(client, "begin", kind="stocktake")
        for sku, pieces in COUNTED:
            await act(client, "put", document=document, sku=sku, thousandths=pieces * 1000)
        await act(client, "finish", document=document, person=SUPERVISOR, pin=PIN)
        if keep:
            await act(client, "keep", order=ORDER, lines=[[COUNTED[-1][0], 1000]], person=SUPERVISOR, pin=PIN)
    return True


async def act(client: httpx.AsyncClient, do: str, **args: Any) -> str:
    answer = await client.post("/api/stock/commands", json={"id": str(uuid.uuid4()), "do": do, "args": args})
    told = read(answer)
    if not told.get("done") or "document" not in told:
        raise StockNotCounted(f"{do}: {told}")
    return str(told["document"])


def read(answer: httpx.Response) -> dict[str, Any]:
    """Raises StockNotCounted for whatever is no answer of an agent."""
    try:
        told = answer.raise_for_status().json()
    except ValueError as error:
        raise StockNotCounted(f"{answer.request.url.path}: {error}") from error
    if not isinstance(told, dict):
        raise StockNotCounted(f"{answer.request.url.path}: {told!r}")
    return told
