"""The reading API under /v1: everything the office page shows, for whoever may look."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Header, HTTPException, Path, Query
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from cloud_api.access.asker import Asker, Refused
from cloud_api.access.gate import needs
from cloud_api.access.scopes import Scope
from cloud_api.answers import (
    ClaimAnswer,
    DebtAnswer,
    DeviceAnswer,
    EncashmentAnswer,
    Figures,
    QuarantineAnswer,
    Refusal,
    Sales,
    SaleSummary,
    ShiftAnswer,
)
from cloud_api.api.paging import Cursor, key_in
from cloud_api.arrivals import Arrivals, Place, place_of
from cloud_api.books.in_full import SaleInFull, sale_in_full
from cloud_api.desk.overview import overview
from cloud_api.live import Bell, feed
from cloud_api.metrics import Counts, exposition
from cloud_api.settings import Settings
from cloud_api.storage.storage import Storage
from cloud_api.store import readings
from cloud_api.visitor_answers import Visitors
from cloud_api.visitor_figures import visitors_of

MAX_PAGE = 200
MAX_PLACE = 512  # characters: three numbers and the name of a device
DAY = r"^(20\d\d-\d\d-\d\d)?$"
PageLength = Annotated[int, Query(ge=1, le=MAX_PAGE)]
MaySales = Annotated[Asker, needs(Scope.SALES_READ, by_store=True)]
MayCash = Annotated[Asker, needs(Scope.CASH_READ, by_store=True)]
Asked = Annotated[str | None, Query(max_length=MAX_PLACE)]


def _place(text: str) -> Place:
    return _known(place_of(text))


def _known(place: Place | None) -> Place:
    if place is None:
        raise HTTPException(422, {"code": "malformed", "what": "There is no such place in the order of arrival."})
    return place


def office_router(
    settings: Settings,
    storage: Storage,
    bell: Bell,
    counts: Counts,
    arrivals: Arrivals,
    now_ms: Callable[[], int],
) -> APIRouter:
    """Routes that read; each passes the gate first."""
    refusals: dict[int | str, dict[str, object]] = {status: {"model": Refusal} for status in (401, 403, 429)}
    router = APIRouter(tags=["office"], responses=refusals)

    @router.get("/v1/sales", summary="Sales: newest first, or oldest first above `after`")
    async def sales(asker: MaySales, after: Asked = None, before: Asked = None, limit: PageLength = 50) -> Sales:
        if after is not None:
            standing = _known(await arrivals.standing(storage, _place(after)))
            settled_ms = await arrivals.settled_ms(storage)
            return await readings.sales_after(storage, standing, limit, settled_ms, asker.stores)
        upper = _place(before) if before is not None else None
        return await readings.sales_before(storage, upper, limit, asker.stores)

    @router.get("/v1/sales/{id}", summary="One sale in full", responses={404: {"model": Refusal}})
    async def sale(asker: MaySales, id: Annotated[str, Path(max_length=128)], device: str | None = None) -> SaleInFull:
        found = await sale_in_full(storage, id, device)
        if found is None or not asker.sees(found.summary.store):
            raise HTTPException(404, {"code": "unknown_sale", "what": "HQ has no such sale."})
        return found

    @router.get("/v1/unresolved", summary="Sales a person has to decide")
    async def unresolved(asker: MaySales) -> list[SaleSummary]:
        return await readings.unresolved_sales(storage, asker.stores)

    @router.get("/v1/shifts", summary="Shifts, newest first")
    async def shifts(
        asker: Annotated[Asker, needs(Scope.SHIFTS_READ, by_store=True)], limit: PageLength = 50
    ) -> list[ShiftAnswer]:
        return await readings.shifts(storage, limit, asker.stores)

    @router.get("/v1/devices", summary="Devices and when each was last heard")
    async def devices(asker: Annotated[Asker, needs(Scope.DEVICES_READ, by_store=True)]) -> list[DeviceAnswer]:
        found = await readings.devices(storage, now_ms=now_ms(), silent_after_s=settings.silent_after_s)
        return [one for one in found if asker.sees(one.store)]

    @router.get("/v1/debts", summary="Documents owed, newest first")
    async def debts(asker: MaySales) -> list[DebtAnswer]:
        return await readings.debts(storage, asker.stores)

    @router.get("/v1/claims", summary="Claim slips still owed to shoppers, oldest first")
    async def claims(asker: MayCash) -> list[ClaimAnswer]:
        return await readings.claims(storage, asker.stores)

    @router.get("/v1/encashments", summary="Emptied cash units, newest first")
    async def encashments(asker: MayCash) -> list[EncashmentAnswer]:
        return await readings.encashments(storage, asker.stores)

    @router.get("/v1/quarantine", summary="Items that fit no schema, newest first")
    async def quarantine(
        asker: Annotated[Asker, needs(Scope.QUARANTINE_READ, by_store=True)], after: Cursor = None
    ) -> list[QuarantineAnswer]:
        return await readings.quarantine(storage, asker.stores, key_in(after, tuple[int, str, int, int, str, str]))

    @router.get("/v1/figures", summary="Today in figures")
    async def figures(asker: MaySales) -> Figures:
        return await overview(storage, settings, now_ms=now_ms(), stores=asker.stores)

    @router.get(
        "/v1/visitors",
        summary="A day's visitors of each store that has sensors",
    )
    async def visitors(
        asker: Annotated[Asker, needs(Scope.VISITS_READ, by_store=True)], day: Annotated[str, Query(pattern=DAY)] = ""
    ) -> Visitors:
        try:
            asked = dt.date.fromisoformat(day) if day else None
        except ValueError:
            raise HTTPException(422, {"code": "malformed", "what": "There is no such day."}) from None
        return await visitors_of(storage, settings, asked, now_ms=now_ms(), stores=asker.stores)

    @router.get(
        "/v1/live",
        summary="Sales as they arrive (server-sent events)",
        response_class=Response,
    )
    async def live(
        request: Request,
        asker: MaySales,
        after: Asked = None,
        last_event_id: Annotated[str | None, Header(max_length=MAX_PLACE)] = None,
    ) -> StreamingResponse:
        async def still() -> bool:
            request.state.goes_on = True
            now = await request.app.gate.asker_for(request, Scope.SALES_READ, by_store=True)
            return now.status == 429 if isinstance(now, Refused) else now.stores == asker.stores

        seen = place_of(last_event_id) if last_event_id else None
        if seen is None and after is not None:
            seen = _place(after)
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        return StreamingResponse(
            feed(storage, bell, seen, arrivals, asker.stores, still), headers=headers, media_type="text/event-stream"
        )

    @router.get(
        "/metrics", dependencies=[needs(Scope.METRICS_READ)], summary="For Prometheus", response_class=PlainTextResponse
    )
    async def metrics() -> str:
        return await exposition(counts, storage, bell, now_ms=now_ms())

    return router
