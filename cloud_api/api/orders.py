"""Orders of a web shop with goods kept in a store: placed once, followed until somebody has fetched them.

POST /v1/orders               `Idempotency-Key`: the same key never makes a second order
GET  /v1/orders               newest first
GET  /v1/orders/{order}       with its lines and everything that was said of it
POST /v1/orders/{order}/cancel
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

import msgspec
from fastapi import APIRouter, Header, HTTPException, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from cloud_api.access.asker import Asker
from cloud_api.access.gate import needs, refuse_store
from cloud_api.access.scopes import Scope
from cloud_api.answers import Refusal
from cloud_api.api.bodies import Name, asks, body_as
from cloud_api.api.paging import NAME, REFUSALS, Cursor, Limit, cursor_of, key_in
from cloud_api.described import schemas
from cloud_api.live import Bell
from cloud_api.orders.kept import KeptOrder, lines_of, order_at, orders_page, store_of, words_of
from cloud_api.orders.placing import NotPlaced, Wish, cancel, place
from cloud_api.orders.states import OrderState
from cloud_api.settings import Settings
from cloud_api.storage.storage import Storage
from fiscal.pickup import MOST_HOURS

LEAST_HOURS = 24
"""Shorter, and who works all day cannot come."""
MOST_LINES = 200
Number = Annotated[str, Path(min_length=1, max_length=80)]
RequestKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key", min_length=8, max_length=200, pattern=r"^[!-~]+$",
        description="chosen by you, once for each order: asked again with it you get the order you made",
    ),
]  # fmt: skip
WORDS = {
    "no_store": (404, "HQ has no store of this name."),
    "store_silent": (409, "The store is silent: nobody knows what it still has. Call it, then send called: true."),
    "unknown_product": (409, "Nobody knows the product {sku}."),
    "not_enough": (409, "Of {sku} only {available} thousandths can be promised in this store."),
    "request_used": (409, "This Idempotency-Key was used for another order. Nothing was changed."),
}


@dataclass(frozen=True, slots=True)
class OrderLineAnswer:
    """`thousandths`; `left`: what the store said it has, where it refused the order."""

    sku: str
    name: str
    thousandths: int
    left: int | None


@dataclass(frozen=True, slots=True)
class OrderWordAnswer:
    """What was said of an order: placed, cancel_asked, held, refused, picking, ready, taken, released, expired, kept,
    cancelled."""

    word: str
    at_ms: int
    person: str
    why: str


@dataclass(frozen=True, slots=True)
class OrderSummary:
    """`state`: new, accepted, picking, ready, cancelling; and at the end collected, expired, cancelled, refused (the
    store does not have it). `unconfirmed`: the store has not answered for three minutes. `promised_ms`: by when it is
    to be ready; `until_ms`: so long the goods wait; `sale`: in which they were sold."""

    order: str
    store: str
    state: str
    unconfirmed: bool
    reference: str
    placed_by: str
    made_ms: int
    held_ms: int | None
    promised_ms: int | None
    ready_ms: int | None
    until_ms: int | None
    ended_ms: int | None
    sale: str
    why: str


@dataclass(frozen=True, slots=True)
class OrderAnswer:
    """One order in full."""

    summary: OrderSummary
    lines: list[OrderLineAnswer]
    words: list[OrderWordAnswer]


@dataclass(frozen=True, slots=True)
class Orders:
    """A page; `next` is the `after` of the following one, null on the last."""

    orders: list[OrderSummary]
    next: str | None


class LineWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`thousandths`: 1000 is one piece."""

    sku: Annotated[str, Name]
    thousandths: Annotated[int, msgspec.Meta(ge=1, le=10**9)]


class NewOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`reference`: your own number. `hours`: how long the goods wait, by HQ's settings unless told. `called`: somebody
    has called the silent store, and it has the goods."""

    store: Annotated[str, Name]
    lines: Annotated[list[LineWanted], msgspec.Meta(min_length=1, max_length=MOST_LINES)]
    reference: Annotated[str, msgspec.Meta(max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$")] = ""
    hours: Annotated[int, msgspec.Meta(ge=LEAST_HOURS, le=MOST_HOURS)] | None = None
    called: bool = False


class Cancellation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    why: Annotated[str, msgspec.Meta(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")] = ""


def orders_router(
    settings: Settings, storage: Storage, given: Bell, now_ms: Callable[[], int], draw: Callable[[int], bytes]
) -> APIRouter:
    """`given` wakes the agents that wait for commands."""
    router = APIRouter(tags=["orders"], responses=REFUSALS)
    reads, writes = needs(Scope.ORDERS_READ, by_store=True), needs(Scope.ORDERS_WRITE, by_store=True)

    def summary(found: KeptOrder) -> OrderSummary:
        return OrderSummary(
            found.order, found.store, found.state.value, found.unconfirmed(now_ms()), found.reference, found.asked_by,
            found.made_ms, found.held_ms, found.promised_ms, found.ready_ms, found.until_ms, found.ended_ms,
            found.sale, found.why,
        )  # fmt: skip

    async def answer(found: KeptOrder) -> OrderAnswer:
        lines = [
            OrderLineAnswer(one.sku, one.name, one.thousandths, one.left) for one in await lines_of(storage, found)
        ]
        words = await words_of(storage, found.store, found.order)
        said = [OrderWordAnswer(one.word, one.at_ms, one.person, one.why) for one in words]
        return OrderAnswer(summary(found), lines, said)

    async def seen(asker: Asker, order: str) -> KeptOrder:
        store = await store_of(storage, order)
        found = await order_at(storage, store, order) if store is not None else None
        if found is None or not asker.sees(found.store):
            raise HTTPException(404, {"code": "no_order", "what": "There is no order of this number."})
        return found

    @router.post(
        "/v1/orders",
        summary="Place an order and have its goods kept in a store",
        status_code=201,
        responses={
            200: {"model": OrderAnswer, "description": "Placed before, by the same Idempotency-Key: as it is now"},
            404: {"model": Refusal},
            409: {"model": Refusal, "description": "Not enough, silent, or the key was used for another order"},
            413: {"model": Refusal},
        },
        openapi_extra=asks(NewOrder),
    )
    async def new(request: Request, response: Response, key: RequestKey, asker: Asker = writes) -> OrderAnswer:
        body = await body_as(request, NewOrder)
        told = body.told
        refuse_store(asker, told.store)
        wish = Wish(
            told.store, tuple((line.sku, line.thousandths) for line in told.lines),
            told.hours or settings.pickup_hours, told.reference, told.called,
        )  # fmt: skip
        placed = await place(
            storage, wish, asker.name, key, body.sha256, zone=settings.zone, silent_after_s=settings.silent_after_s,
            now_ms=now_ms(), draw=draw,
        )  # fmt: skip
        if isinstance(placed, NotPlaced):
            status, what = WORDS[placed.code]
            what = what.format(sku=placed.sku, available=placed.available)
            raise HTTPException(status, {"code": placed.code, "what": what})
        if placed.again:
            response.status_code = 200
        else:
            given.ring()
        return await answer(placed.order)

    @router.get("/v1/orders", summary="Orders, newest first")
    async def orders(
        asker: Asker = reads,
        store: Annotated[str | None, NAME] = None,
        state: Annotated[list[OrderState] | None, Query(max_length=len(OrderState))] = None,
        after: Cursor = None,
        limit: Limit = 50,
    ) -> Orders:
        if store is not None:
            refuse_store(asker, store)
        stores = [store] if store is not None else None if asker.stores is None else sorted(asker.stores)
        before = key_in(after, tuple[int, str, str])
        rows = await orders_page(storage, stores, [one.value for one in state or ()], before, limit + 1)
        found = [summary(one) for one in rows[:limit]]
        last = rows[limit - 1] if len(rows) > limit else None
        return Orders(found, cursor_of(last.made_ms, last.store, last.order) if last is not None else None)

    @router.get("/v1/orders/{order}", summary="One order in full", responses={404: {"model": Refusal}})
    async def order(order: Number, asker: Asker = reads) -> OrderAnswer:
        return await answer(await seen(asker, order))

    @router.post(
        "/v1/orders/{order}/cancel",
        summary="Call an order off; it is cancelled when the store has said so",
        responses={404: {"model": Refusal}, 413: {"model": Refusal}},
        openapi_extra=asks(Cancellation),
    )
    async def cancelled(request: Request, order: Number, asker: Asker = writes) -> OrderAnswer:
        why = (await body_as(request, Cancellation)).told.why
        known = await seen(asker, order)
        found = await cancel(storage, known.store, order, asker.name, why, now_ms=now_ms())
        given.ring()
        return await answer(found or known)

    return router


def order_schemas() -> dict[str, object]:
    """JSON schemas of what is asked, for /openapi.json."""
    return schemas(NewOrder, Cancellation)
