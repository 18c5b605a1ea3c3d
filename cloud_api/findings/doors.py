"""/v1/findings and /v1/operator-registers: what does not fit, a person's word on it, registers to compare with."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import anyio
import msgspec
from fastapi import APIRouter, HTTPException, Path, Query
from starlette.requests import Request

from cloud_api.access.asker import Asker
from cloud_api.access.gate import needs
from cloud_api.access.scopes import Scope
from cloud_api.answers import Refusal
from cloud_api.api.bodies import told_in
from cloud_api.findings.checking import check_day, check_of_no_day
from cloud_api.findings.keeping import Changed, FindingAnswer, Findings, explain, findings, one_finding
from cloud_api.operator_register.reading import NoRegister
from cloud_api.operator_register.taking import take_register
from cloud_api.storage.business_day import told_day
from cloud_api.storage.storage import RETRY_AFTER_S, Storage

MOST_BYTES = 32 * 1024 * 1024  # a quarter of a million receipts; a longer one is for the command, which streams it
MOST_LOADED = 2  # registers at once: each lies in memory whole, and is read on the loop that answers tills
LOADED_WITHIN_S = 300  # 32 MB over 1 Mbit/s; whoever is slower would keep others out
LOADING = (
    "Сейчас загружаются другие реестры. Ничего не изменено. Повторите через минуту. "
    "Other registers are being loaded. Nothing was changed. Try again in a minute."
)
MOST_WORD_BYTES = 8_192
CHANGED = (
    "Замечание изменилось с тех пор, как вы его открыли. Ничего не сохранено. Посмотрите на него снова. "
    "The finding has changed since it was shown. Nothing was kept. Look at it again."
)
CHECKED_AT_ONCE = 40  # shops' days looked at before the answer; the others have news and are looked at by and by
Reader = Annotated[Asker, needs(Scope.FINDINGS_READ, by_store=True)]
Writer = Annotated[Asker, needs(Scope.FINDINGS_WRITE, by_store=True)]
DAY = r"^(20\d\d-\d\d-\d\d)?$"


class Word(msgspec.Struct, frozen=True):
    """`digest`: of the finding as the person has seen it."""

    reason: str
    digest: str = ""


@dataclass(frozen=True, slots=True)
class OddLineAnswer:
    """`why`: fn, number, total, sign, operation, short, twice."""

    line: int
    why: str
    text: str


@dataclass(frozen=True, slots=True)
class RegisterTaken:
    """`rows` receipts were read, of which `known` had been said just so and `changed` otherwise before; `aside` are
    papers that are no receipts. `odd` shows the first lines that should be receipts and are none. `days`: business days
    of shops it speaks of."""

    id: str
    rows: int
    known: int
    changed: int
    aside: int
    odd_lines: int
    odd: list[OddLineAnswer]
    days: int


@dataclass(frozen=True, slots=True)
class RegisterListed:
    """A register that was taken in."""

    id: str
    name: str
    taken_ms: int
    rows: int
    aside: int
    odd_lines: int
    odd: list[OddLineAnswer]


def findings_router(storage: Storage, now_ms: Callable[[], int]) -> APIRouter:
    refusals: dict[int | str, dict[str, object]] = {status: {"model": Refusal} for status in (401, 403, 429)}
    router = APIRouter(tags=["books"], responses=refusals)
    unknown: dict[int | str, dict[str, object]] = {404: {"model": Refusal}}

    @router.get("/v1/findings", summary="What does not fit, newest first, with the rows behind it")
    async def listed(
        asker: Reader,
        state: Literal["open", "explained", "all"] = "open",
        store: Annotated[str, Query(max_length=200)] = "",
        day: Annotated[str, Query(pattern=DAY)] = "",
    ) -> Findings:
        return await findings(storage, state=state, store=store, day=told_day(day) if day else None, sees=asker.stores)

    @router.get("/v1/findings/{id}", summary="One finding", responses=unknown)
    async def one(asker: Reader, id: Annotated[str, Path(max_length=40)]) -> FindingAnswer:
        return _there(await one_finding(storage, id), asker)

    @router.post(
        "/v1/findings/{id}/explanation",
        summary="Say why it is as it is",
        responses={**unknown, 409: {"model": Refusal}},
        openapi_extra={"requestBody": {"content": {"application/json": {"schema": _WORD}}, "required": True}},
    )
    async def explained(asker: Writer, request: Request, id: Annotated[str, Path(max_length=40)]) -> FindingAnswer:
        _there(await one_finding(storage, id), asker)
        body = await _body(request, MOST_WORD_BYTES)
        try:
            word = told_in(body, Word)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as wrong:
            raise HTTPException(422, {"code": "malformed", "what": f"Send the reason as JSON: {wrong}"}) from None
        if not word.reason.strip():
            raise HTTPException(422, {"code": "no_reason", "what": "Write why it is as it is."})
        try:
            said = await explain(storage, id, asker.name, word.reason.strip(), now_ms=now_ms(), digest=word.digest)
        except Changed:
            raise HTTPException(409, {"code": "changed", "what": CHANGED}) from None
        return _there(said, asker)

    loading = anyio.CapacityLimiter(MOST_LOADED)
    of_all = [needs(Scope.FINDINGS_READ)]

    @router.get(
        "/v1/operator-registers",
        dependencies=of_all,
        summary="Registers of fiscal data operators that were taken in, newest first",
    )
    async def registers() -> list[RegisterListed]:
        rows = await storage.rows(
            "SELECT id, name, taken_ms, rows, aside, odd_lines, odd FROM operator_import ORDER BY taken_ms DESC, id "
            "LIMIT 50"
        )
        return [_register(row[:6], [OddLineAnswer(*line) for line in msgspec.json.decode(row[6])]) for row in rows]

    @router.post(
        "/v1/operator-registers",
        dependencies=[needs(Scope.FINDINGS_WRITE)],
        summary="Take in an operator's register (CSV)",
        openapi_extra={"requestBody": {"content": {"text/csv": {"schema": {"type": "string", "format": "binary"}}}}},
        responses={status: {"model": Refusal} for status in (408, 413, 422, 503)},
    )
    async def take(request: Request, name: Annotated[str, Query(max_length=200)] = "register.csv") -> RegisterTaken:
        if loading.borrowed_tokens >= MOST_LOADED:
            raise HTTPException(503, {"code": "busy", "what": LOADING}, {"Retry-After": str(RETRY_AFTER_S)})
        async with loading:
            try:
                with anyio.fail_after(LOADED_WITHIN_S):
                    body = await _body(request, MOST_BYTES)
            except TimeoutError:
                raise HTTPException(408, {"code": "slow", "what": f"not here within {LOADED_WITHIN_S} s"}) from None
            try:
                report = await take_register(storage, io.BytesIO(body), name, now_ms=now_ms())
            except NoRegister as wrong:
                raise HTTPException(422, {"code": "no_register", "what": f"{wrong.ru} {wrong.en}"}) from None
            for store, day in report.days[-CHECKED_AT_ONCE:]:
                await check_day(storage, store, day, now_ms=now_ms())
            await check_of_no_day(storage, now_ms=now_ms())
        odd = [OddLineAnswer(one.line, one.why, one.text) for one in report.odd]
        return RegisterTaken(
            report.id, report.rows, report.known, report.changed, report.aside, report.odd_lines, odd, len(report.days)
        )

    return router


def _register(columns: tuple[Any, ...], odd: list[OddLineAnswer]) -> RegisterListed:
    id, name, taken_ms, rows, aside, odd_lines = columns
    return RegisterListed(id, name, taken_ms, rows, aside, odd_lines, odd)


def _there(found: FindingAnswer | None, asker: Asker) -> FindingAnswer:
    if found is None or not asker.sees(found.store):
        raise HTTPException(404, {"code": "unknown_finding", "what": "HQ has no such finding."})
    return found


async def _body(request: Request, most: int) -> bytes:
    """The body, no longer than `most`."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > most:
            raise HTTPException(413, {"code": "too_large", "what": f"At most {most} bytes; nothing was changed."})
    return bytes(body)


_WORD: dict[str, object] = {
    "type": "object",
    "required": ["reason"],
    "properties": {"reason": {"type": "string"}, "digest": {"type": "string"}},
}
