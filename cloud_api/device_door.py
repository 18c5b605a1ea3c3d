"""What the office does about devices: makes a code for a till, and ends a device's access."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

import msgspec
from fastapi import APIRouter, HTTPException, Path
from starlette.requests import Request
from starlette.responses import Response

from cloud_api.access.gate import needs
from cloud_api.access.scopes import Scope
from cloud_api.answers import Refusal
from cloud_api.api.bodies import told_in
from cloud_api.storage.storage import Storage
from cloud_api.store.codes import make_code, make_replacement
from cloud_api.store.devices import revoke_device

LONGEST_BODY = 4_096
NAME = msgspec.Meta(min_length=1, max_length=100)


class CodeWanted(msgspec.Struct, frozen=True):
    """For which till; `device` only to give a known device a new key under another till's name."""

    store: Annotated[str, NAME]
    till: Annotated[str, NAME]
    device: Annotated[str, msgspec.Meta(max_length=64, pattern=r"^[A-Za-z0-9_.-]*$")] = ""


@dataclass(frozen=True, slots=True)
class CodeAnswer:
    """`code` is told this once; HQ keeps its hash."""

    code: str
    device: str
    until_ms: int


def device_router(storage: Storage, now_ms: Callable[[], int], draw: Callable[[int], bytes]) -> APIRouter:
    """For whoever may change devices; another site's page cannot ask (access/gate.py)."""
    refusals: dict[int | str, dict[str, object]] = {status: {"model": Refusal} for status in (400, 401, 403, 413, 429)}
    router = APIRouter(tags=["enrolment"], dependencies=[needs(Scope.DEVICES_WRITE)], responses=refusals)

    @router.post("/v1/devices/code", summary="A one-time code for a till", openapi_extra=CODE_DESCRIPTION)
    async def code(request: Request) -> CodeAnswer:
        body = bytearray()
        async for part in request.stream():
            body += part
            if len(body) > LONGEST_BODY:
                raise HTTPException(413, {"code": "too_large", "what": "A store and a till are less than that."})
        try:
            told = told_in(bytes(body), CodeWanted)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise HTTPException(400, {"code": "bad_json", "what": str(error)}) from None
        store, till = told.store.strip(), told.till.strip()
        if not store or not till:
            raise HTTPException(400, {"code": "bad_json", "what": "Name the store and the till."})
        made = await make_code(storage, store, till, told.device, now_ms=now_ms(), draw=draw)
        return CodeAnswer(made.code, made.device, made.until_ms)

    @router.post(
        "/v1/devices/{device}/replace",
        summary="A one-time code by which a new machine takes this device's place; its key ends with the code's use",
        responses={404: {"model": Refusal}},
    )
    async def replace(device: Annotated[str, Path(max_length=200)]) -> CodeAnswer:
        made = await make_replacement(storage, device, now_ms=now_ms(), draw=draw)
        if made is None:
            raise HTTPException(404, {"code": "no_device", "what": "No device has this name."})
        return CodeAnswer(made.code, made.device, made.until_ms)

    @router.post(
        "/v1/devices/{device}/revoke",
        summary="End a device's access: its keys are refused from now on",
        status_code=204,
        responses={404: {"model": Refusal}},
    )
    async def revoke(device: Annotated[str, Path(max_length=200)]) -> Response:
        if not await revoke_device(storage, device, now_ms=now_ms()):
            raise HTTPException(404, {"code": "no_device", "what": "No device has this name."})
        return Response(status_code=204)

    return router


def device_schemas() -> dict[str, object]:
    """JSON schema of what is asked, for /openapi.json."""
    _, parts = msgspec.json.schema_components((CodeWanted,), ref_template="#/components/schemas/{name}")
    return dict(parts)


CODE_DESCRIPTION: dict[str, object] = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/CodeWanted"}}},
    }
}
