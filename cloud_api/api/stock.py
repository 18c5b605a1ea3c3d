"""What lies in which store and what of it can be promised, with how old that knowledge is.

GET /v1/stores         the stores, and how well each is heard
GET /v1/stock          one store, product by product
GET /v1/availability   some products, store by store: where is it?
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query

from cloud_api.access.asker import Asker
from cloud_api.access.gate import needs, refuse_store
from cloud_api.access.scopes import Scope
from cloud_api.answers import Refusal
from cloud_api.api.paging import NAME, REFUSALS, Cursor, Limit, cursor_of, key_in
from cloud_api.orders.availability import Available, of_products, page
from cloud_api.settings import Settings
from cloud_api.storage.storage import Storage
from cloud_api.store.places import Heard, stores_heard
from cloud_api.telling.heads import zone_of

MOST_PRODUCTS = 50
LONGEST_SKU = 200


@dataclass(frozen=True, slots=True)
class StoreAnswer:
    """`as_of_ms`: up to when HQ knows what happened there, null where it was never heard. `silent`: for so long that
    nothing is promised from it before somebody has called. `zone`: its prices."""

    store: str
    zone: str
    as_of_ms: int | None
    silent: bool


@dataclass(frozen=True, slots=True)
class StockRow:
    """Thousandths. on_hand - kept - buffer = available, never below zero. `promise`: yes; no; call (the store was
    silent for too long)."""

    sku: str
    on_hand: int
    kept: int
    buffer: int
    available: int
    promise: str


@dataclass(frozen=True, slots=True)
class StockPage:
    """A page of one store; `next` is the `after` of the following one, null on the last."""

    store: str
    as_of_ms: int | None
    silent: bool
    stock: list[StockRow]
    next: str | None


@dataclass(frozen=True, slots=True)
class StoreStock:
    store: str
    as_of_ms: int | None
    silent: bool
    stock: list[StockRow]


def stock_router(settings: Settings, storage: Storage, now_ms: Callable[[], int]) -> APIRouter:
    router = APIRouter(tags=["stock"], responses=REFUSALS)
    reads = needs(Scope.STOCK_READ, by_store=True)

    def silent(heard: Heard) -> bool:
        stale_ms = heard.stale_ms(now_ms())
        return stale_ms is None or stale_ms > settings.silent_after_s * 1000

    def row(there: Available, call: bool) -> StockRow:
        promise = "call" if call else "yes" if there.available > 0 else "no"
        return StockRow(there.sku, there.on_hand, there.kept, there.buffer, there.available, promise)

    @router.get("/v1/stores", summary="The stores, and how well each is heard")
    async def stores(asker: Asker = reads) -> list[StoreAnswer]:
        found = [one for one in await stores_heard(storage) if asker.sees(one.store)]
        return [StoreAnswer(one.store, await zone_of(storage, one.store), one.as_of_ms, silent(one)) for one in found]

    @router.get("/v1/stock", summary="Stock of one store, by product code", responses={404: {"model": Refusal}})
    async def stock(
        store: Annotated[str, NAME], asker: Asker = reads, after: Cursor = None, limit: Limit = 100
    ) -> StockPage:
        refuse_store(asker, store)
        heard = next(iter(await stores_heard(storage, store)), None)
        if heard is None:
            raise HTTPException(404, {"code": "no_store", "what": "HQ has no store of this name."})
        (last,) = key_in(after, tuple[str]) or ("",)
        found = await page(storage, heard, last, limit + 1, settings.zone, now_ms=now_ms())
        call = silent(heard)
        rows = [row(there, call) for there in found[:limit]]
        following = cursor_of(rows[-1].sku) if len(found) > limit else None
        return StockPage(store, heard.as_of_ms, call, rows, following)

    @router.get("/v1/availability", summary="Some products in every store: where is it?")
    async def availability(
        sku: Annotated[list[str], Query(min_length=1, max_length=MOST_PRODUCTS)],
        asker: Asker = reads,
        store: Annotated[str | None, NAME] = None,
    ) -> list[StoreStock]:
        if any(not 0 < len(one) <= LONGEST_SKU for one in sku):
            raise HTTPException(422, {"code": "malformed", "what": f"sku: 1 to {LONGEST_SKU} characters"})
        if store is not None:
            refuse_store(asker, store)
        found = []
        for heard in await stores_heard(storage, store):
            if asker.sees(heard.store):
                call = silent(heard)
                there = await of_products(storage, heard, sku, settings.zone, now_ms=now_ms())
                rows = [row(one, call) for one in there]
                found.append(StoreStock(heard.store, heard.as_of_ms, call, rows))
        return found

    return router
