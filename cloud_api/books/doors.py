"""/v1/acquirer-terms and /v1/shift-files: whose bank keeps what, and a shift for the accountant."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec
from fastapi import APIRouter, HTTPException, Query
from starlette.requests import Request
from starlette.responses import Response

from cloud_api.access.asker import Asker
from cloud_api.access.gate import needs
from cloud_api.access.scopes import Scope
from cloud_api.answers import Refusal
from cloud_api.api.bodies import told_in
from cloud_api.books.acquirers import AcquirerTerm, TermRefused, all_terms, checked, put_term, remove_term
from cloud_api.books.shift_file import file_name, shift_file
from cloud_api.books.shift_sales import read_shift
from cloud_api.storage.business_day import told_day
from cloud_api.storage.storage import Storage

MOST_BYTES = 8_192
DAY = r"^(20\d\d-\d\d-\d\d)?$"
Name = Annotated[str, Query(max_length=200)]


@dataclass(frozen=True, slots=True)
class TermAnswer:
    """`store` "" is every shop, `terminal` the beginning of a terminal's number, `scheme` "" every card; from the day
    `from_day` (20261121) on the acquirer keeps `rate_bp` hundredths of a per cent and `fixed_minor` of each payment;
    `given_back`: the rated part comes back with a refund."""

    store: str
    terminal: str
    means: str
    scheme: str
    from_day: int
    acquirer: str
    rate_bp: int
    fixed_minor: int
    given_back: bool


class Told(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    from_day: str
    acquirer: str
    rate_bp: int
    store: str = ""
    terminal: str = ""
    means: str = "card"
    scheme: str = ""
    fixed_minor: int = 0
    given_back: bool = False

    def term(self) -> AcquirerTerm:
        """TermRefused if it makes no sense."""
        day = told_day(self.from_day)
        if day is None:
            raise TermRefused(f"день {self.from_day}: пишите как 2027-01-01", f"day {self.from_day}: as 2027-01-01")
        return checked(
            AcquirerTerm(
                self.store, self.terminal, self.means, self.scheme, day, self.acquirer,
                self.rate_bp, self.fixed_minor, self.given_back,
            )
        )  # fmt: skip


def books_router(storage: Storage, zone: str) -> APIRouter:
    refusals: dict[int | str, dict[str, object]] = {status: {"model": Refusal} for status in (401, 403, 429)}
    router = APIRouter(tags=["books"], responses=refusals)
    reads, changes = [needs(Scope.SHIFTS_READ)], [needs(Scope.FINDINGS_WRITE)]

    async def listed() -> list[TermAnswer]:
        return [TermAnswer(**asdict(term)) for term in await all_terms(storage)]

    @router.get(
        "/v1/acquirer-terms", dependencies=reads, summary="What acquirers keep, by shop, terminal, card and day"
    )
    async def terms() -> list[TermAnswer]:
        return await listed()

    @router.put("/v1/acquirer-terms", dependencies=changes, summary="Set one", responses=_WRONG, openapi_extra=_TERM)
    async def put(request: Request) -> list[TermAnswer]:
        term = await _term(request)
        async with storage.transaction(None) as transaction:
            await put_term(transaction, term)
        return await listed()

    @router.delete(
        "/v1/acquirer-terms",
        dependencies=changes,
        summary="Take one away that never held",
        responses=_WRONG,
        openapi_extra=_TERM,
    )
    async def remove(request: Request) -> list[TermAnswer]:
        term = await _term(request)
        async with storage.transaction(None) as transaction:
            await remove_term(transaction, term)
        return await listed()

    @router.get("/v1/shift-files", summary="A shift as CSV for the accountant", response_class=Response, responses=_CSV)
    async def shift(
        asker: Annotated[Asker, needs(Scope.SHIFTS_READ, by_store=True)],
        device: Name,
        till: Name,
        number: Annotated[int, Query(ge=0, le=2**31)],
        day: Annotated[str, Query(pattern=DAY)] = "",
    ) -> Response:
        asked = told_day(day) if day else None
        found = await read_shift(storage, device, till, number, await all_terms(storage), asked)
        if found is None or not asker.sees(found.store):
            raise HTTPException(404, {"code": "unknown_shift", "what": "HQ has no such shift."})
        headers = {"content-disposition": f'attachment; filename="{file_name(found)}"', "cache-control": "no-store"}
        return Response(shift_file(found, ZoneInfo(zone)), headers=headers, media_type="text/csv; charset=utf-8")

    return router


async def _term(request: Request) -> AcquirerTerm:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MOST_BYTES:
            raise HTTPException(413, {"code": "too_large", "what": "That is no term."})
    try:
        return told_in(bytes(body), Told).term()
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as wrong:
        raise HTTPException(422, {"code": "malformed", "what": str(wrong)}) from None
    except TermRefused as wrong:
        raise HTTPException(422, {"code": "no_term", "what": f"{wrong.ru}. {wrong.en}."}) from None


_WRONG: dict[int | str, dict[str, object]] = {422: {"model": Refusal}}
_CSV: dict[int | str, dict[str, object]] = {
    200: {"content": {"text/csv": {"schema": {"type": "string", "format": "binary"}}}, "description": "The file"},
    404: {"model": Refusal},
}
_TERM: dict[str, object] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["from_day", "acquirer", "rate_bp"],
                    "properties": {
                        **{name: {"type": "string"} for name in ("from_day", "acquirer", "store", "terminal", "means")},
                        "scheme": {"type": "string"},
                        "rate_bp": {"type": "integer"},
                        "fixed_minor": {"type": "integer"},
                        "given_back": {"type": "boolean"},
                    },
                }
            }
        },
    }
}
