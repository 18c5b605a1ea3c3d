"""The reading API under /v1 and its guard: everything the office page shows, for whoever may look."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Header, HTTPException, Path, Query
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from cloud_api.access import COOKIE, Look, is_office_key, may_look, same_origin
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
from cloud_api.arrivals import Arrivals, Place, place_of
from cloud_api.books.doors import books_router
from cloud_api.books.in_full import SaleInFull, sale_in_full
from cloud_api.figures import figures_today
from cloud_api.findings.doors import findings_router
from cloud_api.live import Bell, feed
from cloud_api.metrics import Counts, exposition
from cloud_api.settings import Settings
from cloud_api.storage.storage import Storage
from cloud_api.store import readings
from cloud_api.visitor_answers import Visitors
from cloud_api.visitor_figures import visitors_of

MAX_PAGE = 200
MAX_PLACE = 512  # characters: three numbers and the name of a device
MAX_SIGN_IN_BYTES = 2_048
DAY = r"^(20\d\d-\d\d-\d\d)?$"
PageLength = Annotated[int, Query(ge=1, le=MAX_PAGE)]
Asked = Annotated[str | None, Query(max_length=MAX_PLACE)]
WORDS = {
    Look.NEEDS_KEY: (401, "The office opens without a key on HQ's own machine only. Give the office key."),
    Look.WRONG_HOST: (403, "HQ does not answer under this host name. Start it with --public-host NAME."),
    Look.WRONG_ORIGIN: (403, "Another site's page asked for this."),
}


class SignIn(msgspec.Struct, frozen=True):
    key: str


def refusal(look: Look) -> HTTPException:
    status, what = WORDS[look]
    return HTTPException(status, {"code": look.value, "what": what})


def _place(text: str) -> Place:
    place = place_of(text)
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
    """Routes that read; each passes the guard first."""

    async def guard(request: Request) -> None:
        look = may_look(request, settings)
        if look is not Look.ALLOWED:
            raise refusal(look)

    refusals: dict[int | str, dict[str, object]] = {401: {"model": Refusal}, 403: {"model": Refusal}}
    router = APIRouter(tags=["office"], dependencies=[Depends(guard)], responses=refusals)

    @router.get("/v1/sales", summary="Sales: newest first, or oldest first above `after`")
    async def sales(after: Asked = None, before: Asked = None, limit: PageLength = 50) -> Sales:
        if after is not None:
            return await readings.sales_after(storage, _place(after), limit, arrivals.settled_ms())
        return await readings.sales_before(storage, _place(before) if before is not None else None, limit)

    @router.get("/v1/sales/{id}", summary="One sale in full", responses={404: {"model": Refusal}})
    async def sale(id: Annotated[str, Path(max_length=128)], device: str | None = None) -> SaleInFull:
        found = await sale_in_full(storage, id, device)
        if found is None:
            raise HTTPException(404, {"code": "unknown_sale", "what": "HQ has no such sale."})
        return found

    @router.get("/v1/unresolved", summary="Sales a person has to decide")
    async def unresolved() -> list[SaleSummary]:
        return await readings.unresolved_sales(storage)

    @router.get("/v1/shifts", summary="Shifts, newest first")
    async def shifts(limit: PageLength = 50) -> list[ShiftAnswer]:
        return await readings.shifts(storage, limit)

    @router.get("/v1/devices", summary="Devices and when each was last heard")
    async def devices() -> list[DeviceAnswer]:
        return await readings.devices(storage, now_ms=now_ms(), silent_after_s=settings.silent_after_s)

    @router.get("/v1/debts", summary="Documents owed, newest first")
    async def debts() -> list[DebtAnswer]:
        return await readings.debts(storage)

    @router.get("/v1/claims", summary="Claim slips still owed to shoppers, oldest first")
    async def claims() -> list[ClaimAnswer]:
        return await readings.claims(storage)

    @router.get("/v1/encashments", summary="Emptied cash units, newest first")
    async def encashments() -> list[EncashmentAnswer]:
        return await readings.encashments(storage)

    @router.get("/v1/quarantine", summary="Items that fit no schema, newest first")
    async def quarantine() -> list[QuarantineAnswer]:
        return await readings.quarantine(storage)

    @router.get("/v1/figures", summary="Today in figures")
    async def figures() -> Figures:
        return await figures_today(storage, settings, now_ms=now_ms())

    @router.get("/v1/visitors", summary="A day's visitors of each store that has sensors")
    async def visitors(day: Annotated[str, Query(pattern=DAY)] = "") -> Visitors:
        try:
            asked = dt.date.fromisoformat(day) if day else None
        except ValueError:
            raise HTTPException(422, {"code": "malformed", "what": "There is no such day."}) from None
        return await visitors_of(storage, settings, asked, now_ms=now_ms())

    @router.get("/v1/live", summary="Sales as they arrive (server-sent events)", response_class=Response)
    async def live(
        after: Asked = None, last_event_id: Annotated[str | None, Header(max_length=MAX_PLACE)] = None
    ) -> StreamingResponse:
        seen = place_of(last_event_id) if last_event_id else None
        if seen is None and after is not None:
            seen = _place(after)
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        return StreamingResponse(feed(storage, bell, seen, arrivals), headers=headers, media_type="text/event-stream")

    router.include_router(findings_router(storage, now_ms))
    router.include_router(books_router(storage, settings.zone, now_ms))

    @router.get("/metrics", summary="For Prometheus", response_class=PlainTextResponse)
    async def metrics() -> str:
        return await exposition(counts, storage, bell, now_ms=now_ms())

    return router


def session_router(settings: Settings) -> APIRouter:
    """Signing in to the office page with its key: the one route a stranger may call."""
    router = APIRouter(tags=["office"])

    @router.post("/v1/session", summary="Give the office key, get the page's cookie", status_code=204)
    async def sign_in(request: Request) -> Response:
        if not same_origin(request) or may_look(request, settings) is Look.WRONG_HOST:
            raise refusal(Look.WRONG_ORIGIN)
        body = bytearray()
        async for part in request.stream():
            body += part
            if len(body) > MAX_SIGN_IN_BYTES:
                raise HTTPException(413, {"code": "too_large", "what": "That is no key."})
        try:
            given = msgspec.json.decode(bytes(body), type=SignIn)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise HTTPException(400, {"code": "bad_json", "what": "Send the key as JSON."}) from None
        if not is_office_key(given.key, settings):
            raise HTTPException(401, {"code": "wrong_key", "what": "This is not the office key."})
        answer = Response(status_code=204)
        secure = request.url.scheme == "https"
        answer.set_cookie(COOKIE, given.key, httponly=True, samesite="strict", secure=secure, path="/")
        return answer

    return router
