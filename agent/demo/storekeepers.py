"""Simulated staff of the branches' stock: what a person does at the stock page, through the same API.

orders      somebody walks for the goods, then they lie at the counter
receiving   a supplier brings what sells
transfers   one branch sends, the other counts what has come; HQ says what is on its way
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import anyio
import httpx

from agent.demo.demo_stock import COUNTED, SUPERVISOR, StockNotCounted, act, read
from agent.demo.shop_plan import SUPERVISOR_PIN as PIN

PAUSE_S = (20.0, 40.0)
PICKS_S = 6.0
BRINGS = 6_000
SENDS = 2_000
ANSWERS_WITHIN_S = 15.0


@dataclass(frozen=True, slots=True)
class Storeroom:
    """`store` as HQ calls it; `url`: its agent's."""

    store: str
    url: str


async def keep_store(rooms: Sequence[Storeroom], rng: random.Random) -> None:
    """Until cancelled: what comes is taken in, and after a delivery something goes on to another room. An agent that is
    away is looked for again."""
    while True:
        await anyio.sleep(rng.uniform(*PAUSE_S))
        room = rng.choice(rooms)
        try:
            async with httpx.AsyncClient(base_url=room.url, timeout=ANSWERS_WITHIN_S, trust_env=False) as client:
                shown = read(await client.get("/api/stock"))
                others = [one.store for one in rooms if one != room]
                if shown["coming"]:
                    await _receive(client, shown["coming"][0])
                elif others and shown["documents"] and shown["documents"][0]["kind"] == "receiving":
                    await _document(client, "transfer_out", _goods(rng), SENDS, other=rng.choice(others))
                else:
                    await _document(client, "receiving", _goods(rng), BRINGS, other="ООО «Игрушка»")
        except (httpx.HTTPError, StockNotCounted, LookupError):
            continue


async def pick(url: str, order: str) -> None:
    """What the staff say while they walk for an order's goods."""
    async with httpx.AsyncClient(base_url=url, timeout=ANSWERS_WITHIN_S, trust_env=False) as client:
        try:
            for step in ("picking", "ready"):
                await anyio.sleep(PICKS_S)
                await act(client, step, order=order)
        except (httpx.HTTPError, StockNotCounted):
            return  # it is fetched unpicked


async def _receive(client: httpx.AsyncClient, coming: dict[str, Any]) -> None:
    """As many as the sender says: nobody has stolen anything on the way today."""
    document = await act(client, "begin", kind="transfer_in", of=coming["number"])
    for line in coming["lines"]:
        await act(client, "put", document=document, sku=line["sku"], thousandths=line["thousandths"])
    told = {"person": SUPERVISOR, "pin": PIN, "of": coming["number"], "other": coming["sender"]}
    await act(client, "finish", document=document, **told)


async def _document(client: httpx.AsyncClient, kind: str, skus: Sequence[str], thousandths: int, *, other: str) -> None:
    document = await act(client, "begin", kind=kind)
    try:
        for sku in skus:
            await act(client, "put", document=document, sku=sku, thousandths=thousandths)
        await act(client, "finish", document=document, person=SUPERVISOR, pin=PIN, other=other)
    except StockNotCounted:  # somebody has bought what was to be sent
        await act(client, "drop", document=document)


def _goods(rng: random.Random) -> list[str]:
    return rng.sample([sku for sku, pieces in COUNTED if pieces > 1], k=2)
