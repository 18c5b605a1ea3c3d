"""What the office page asks besides the reading API: devices with their health, sales searched, stock, replay."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, HTTPException, Path, Query
from starlette.requests import Request

from cloud_api.access.asker import Asker
from cloud_api.access.gate import needs, refuse_store
from cloud_api.access.scopes import Scope
from cloud_api.answers import Refusal, Sales
from cloud_api.api.paging import Cursor, cursor_of, key_in
from cloud_api.arrivals import Arrivals, place_of
from cloud_api.desk.fleet import FleetAnswer, fleet
from cloud_api.desk.replay import Held, Outcome, Replayed, held_page, replay
from cloud_api.desk.sales_search import Wanted, find_sales
from cloud_api.desk.stock_shown import (
    MoveRow,
    StockPage,
    TransferRow,
    moves_of,
    negative_in,
    stock_of,
    stores_with_stock,
    transfers,
)
from cloud_api.live import Bell
from cloud_api.settings import Settings
from cloud_api.storage.storage import Storage

TRIED_AT_ONCE = 500
"""One request is answered within seconds; the page goes on with the next ones."""
DAY = r"^(20\d\d-\d\d-\d\d)?$"
Text = Annotated[str, Query(max_length=200)]
Day = Annotated[str, Query(pattern=DAY)]
PageLength = Annotated[int, Query(ge=1, le=200)]


@dataclass(frozen=True, slots=True)
class ReplayAnswer:
    """`outcome`: taken, still_held (with `why`), not_held (somebody was faster)."""

    outcome: str
    why: str


@dataclass(frozen=True, slots=True)
class ReplayedAll:
    """Of `tried` items so many were taken; the others still do not fit. `next`: where to go on after them."""

    tried: int
    taken: int
    next: str | None


def desk_router(
    settings: Settings, storage: Storage, bell: Bell, given: Bell, arrivals: Arrivals, now_ms: Callable[[], int]
) -> APIRouter:
    """`bell` rings for sales, `given` for commands to devices."""
    refusals: dict[int | str, dict[str, object]] = {status: {"model": Refusal} for status in (401, 403, 429)}
    router = APIRouter(tags=["office"], responses=refusals)
    zone = ZoneInfo(settings.zone)

    @router.get("/v1/desk/fleet", summary="Each device, its newest heartbeat and what there is to look at")
    async def every_device(asker: Annotated[Asker, needs(Scope.DEVICES_READ, by_store=True)]) -> list[FleetAnswer]:
        return await fleet(storage, now_ms=now_ms(), silent_after_s=settings.silent_after_s, stores=asker.stores)

    @router.get("/v1/desk/sales", summary="Sales by number, sum, days, store, means; the newest sale first")
    async def sales(
        asker: Annotated[Asker, needs(Scope.SALES_READ, by_store=True)],
        number: Text = "",
        sum: Annotated[int | None, Query(ge=0, le=10**13)] = None,
        first_day: Day = "",
        last_day: Day = "",
        store: Text = "",
        means: Text = "",
        act: Text = "",
        before: Text = "",
        limit: PageLength = 50,
    ) -> Sales:
        place = place_of(before) if before else None
        if before and place is None:
            raise HTTPException(422, {"code": "malformed", "what": "There is no such place in the order of sales."})
        wanted = Wanted(number.strip(), sum, _day(first_day), _day(last_day), store, means, act)
        return await find_sales(storage, wanted, place, limit, zone=zone, now_ms=now_ms(), stores=asker.stores)

    @router.get("/v1/desk/stock", summary="A store's stock by sku, a page at a time")
    async def stock(
        asker: Annotated[Asker, needs(Scope.STOCK_READ, by_store=True)],
        store: Text = "",
        like: Text = "",
        negative: bool = False,
        after: Text = "",
        limit: PageLength = 50,
    ) -> StockPage:
        stores = await stores_with_stock(storage, asker.stores)
        shown = store or (stores[0] if stores else "")
        if shown:
            refuse_store(asker, shown)
        rows, following = await stock_of(storage, shown, like=like, only_negative=negative, after=after, limit=limit)
        devices = await fleet(storage, now_ms=now_ms(), silent_after_s=settings.silent_after_s)
        silent = [one.device.silent for one in devices if one.device.store == shown and not one.device.revoked]
        below = await negative_in(storage, shown)
        return StockPage(shown, stores, bool(silent) and all(silent), below, rows, following)

    @router.get("/v1/desk/stock/moves", summary="The newest movements behind one sum")
    async def moves(
        asker: Annotated[Asker, needs(Scope.STOCK_READ, by_store=True)], store: Text, sku: Text
    ) -> list[MoveRow]:
        refuse_store(asker, store)
        return await moves_of(storage, store, sku)

    @router.get("/v1/desk/transfers", summary="Goods between shops, those on their way first")
    async def between(asker: Annotated[Asker, needs(Scope.STOCK_READ, by_store=True)]) -> list[TransferRow]:
        return await transfers(storage, asker.stores)

    async def again(held: Held) -> Replayed:
        done = await replay(storage, held, arrivals, now_ms=now_ms(), zone=settings.zone)
        if done.sales:
            bell.ring()
        if done.commands:
            given.ring()
        return done

    @router.post("/v1/quarantine/{device}/{epoch}/{stream}/{seq}/replay", summary="Try an item of the quarantine again")
    async def replay_one(
        request: Request,
        asker: Annotated[Asker, needs(Scope.QUARANTINE_WRITE, by_store=True)],
        device: Annotated[str, Path(max_length=200)],
        epoch: Annotated[int, Path(ge=0, lt=2**63)],
        stream: Annotated[str, Path(max_length=40)],
        seq: Annotated[int, Path(ge=0, lt=2**63)],
        store: Text,
    ) -> ReplayAnswer:
        refuse_store(asker, store)
        request.state.deed = "quarantine.replay"
        done = await again(Held(store, device, epoch, stream, seq))
        request.state.target = f"{device}/{epoch}/{stream}/{seq}: {done.outcome.value}"
        return ReplayAnswer(done.outcome.value, done.why)

    @router.post("/v1/quarantine/replay", summary="Try what is in the quarantine again, the oldest first")
    async def replay_all(
        request: Request,
        asker: Annotated[Asker, needs(Scope.QUARANTINE_WRITE, by_store=True)],
        after: Cursor = None,
    ) -> ReplayedAll:
        held, following = await held_page(
            storage, TRIED_AT_ONCE, asker.stores, key_in(after, tuple[int, str, int, int, str, str])
        )
        outcomes = [(await again(one)).outcome for one in held]
        taken = outcomes.count(Outcome.TAKEN)
        request.state.target = f"{taken} of {len(held)}"
        return ReplayedAll(len(held), taken, None if following is None else cursor_of(*following))

    return router


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError:
        raise HTTPException(422, {"code": "malformed", "what": "There is no such day."}) from None
