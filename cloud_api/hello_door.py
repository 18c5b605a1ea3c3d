"""POST /v1/hello and /v1/epoch: a device asks how it stands with HQ before it pushes, and for an epoch if it must."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import anyio
import msgspec
from fastapi import APIRouter
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from cloud_api.api.bodies import told_in
from cloud_api.envelope import MAX_SEQ
from cloud_api.hello import NoEpochLeft, issue_epoch, welcome
from cloud_api.hq_key import HqKeyFile
from cloud_api.ingest import STREAMS
from cloud_api.push_door import BODY_WITHIN_S, problem
from cloud_api.storage.storage import RETRY_AFTER_S, Storage, StorageBusy
from cloud_api.store.devices import KnownDevice
from cloud_api.who_asks import Refused, WhoAsks
from sync.wire.edge_log import Problem
from sync.wire.hello import (
    MAX_EPOCH,
    MAX_HELLO_BYTES,
    MAX_STREAMS,
    PROTOCOL,
    EpochIssued,
    Hello,
    NewEpoch,
    StreamHead,
    Welcome,
)

T = TypeVar("T", Hello, NewEpoch)
LONGEST_NAME = 64
_encoder = msgspec.json.Encoder()


def hello_router(storage: Storage, who: WhoAsks, key: HqKeyFile, now_ms: Callable[[], int]) -> APIRouter:
    """`key`: its secret for customers' keys is told only where it lasts; a chain cannot change it every start."""
    router = APIRouter(tags=["edge log"])

    async def told(request: Request, kind: type[T]) -> tuple[KnownDevice, T] | Response:
        asker = await who.device(request)
        if isinstance(asker, Refused):
            return problem(asker.status, asker.code, asker.what, **asker.headers)
        device = asker.device
        try:
            body = await _body(request)
        except (TimeoutError, ClientDisconnect):
            return problem(408, "slow", f"the body did not arrive in {BODY_WITHIN_S} s")
        if body is None:
            return problem(413, "too_large", f"at most {MAX_HELLO_BYTES} bytes")
        altered = asker.body_refusal(body)
        if altered is not None:
            return problem(altered.status, altered.code, altered.what, **altered.headers)
        try:
            said = told_in(body, kind)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            return problem(400, "bad_json", f"not a {kind.__name__}: {error}")
        if said.device != device.device and (said.device or kind is not Hello):
            return problem(403, "other_device", "this key belongs to another device")
        return device, said

    @router.post("/v1/hello", summary="Compare what both sides have", openapi_extra=_described("Hello", "Welcome"))
    async def hello(request: Request) -> Response:
        read = await told(request, Hello)
        if isinstance(read, Response):
            return read
        device, said = read
        if PROTOCOL not in said.protocols:
            return problem(400, "no_version", f"HQ speaks version {PROTOCOL}, the device {said.protocols[:9]}")
        if len(said.streams) > MAX_STREAMS or not all(_sound(one) for one in said.streams):
            return problem(400, "bad_numbers", f"at most {MAX_STREAMS} streams, epochs up to {MAX_EPOCH}")
        try:
            told_back = await welcome(storage, device, said, STREAMS, now_ms=now_ms())
            secret = key.key().customer_secret.hex() if key.lasting else ""
            return _answer(msgspec.structs.replace(told_back, customer_key=secret))
        except StorageBusy as busy:
            return problem(503, "busy", str(busy), **{"Retry-After": str(RETRY_AFTER_S)})

    @router.post("/v1/epoch", summary="Ask for new numbers", openapi_extra=_described("NewEpoch", "EpochIssued"))
    async def epoch(request: Request) -> Response:
        read = await told(request, NewEpoch)
        if isinstance(read, Response):
            return read
        device, wish = read
        if not wish.streams or not STREAMS.issuperset(wish.streams):
            return problem(400, "unknown_stream", f"streams are {', '.join(sorted(STREAMS))}")
        if not 0 <= wish.above <= MAX_EPOCH or not 8 <= len(wish.request) <= LONGEST_NAME or "\0" in wish.request:
            what = f"a request has 8 to {LONGEST_NAME} characters, an epoch is at most {MAX_EPOCH}"
            return problem(400, "bad_numbers", what)
        try:
            return _answer(await issue_epoch(storage, device, wish, now_ms=now_ms()))
        except NoEpochLeft:
            return problem(400, "bad_numbers", f"there is no epoch after {MAX_EPOCH}")
        except StorageBusy as busy:
            return problem(503, "busy", str(busy), **{"Retry-After": str(RETRY_AFTER_S)})

    return router


def _sound(one: StreamHead) -> bool:
    numbers = 0 <= one.epoch <= MAX_EPOCH and 0 <= one.acked <= MAX_SEQ and 0 <= one.head <= MAX_SEQ
    return numbers and len(one.stream) <= LONGEST_NAME and "\0" not in one.stream


def _answer(told: Welcome | EpochIssued) -> Response:
    return Response(_encoder.encode(told), media_type="application/json")


async def _body(request: Request) -> bytes | None:
    """None: it is too large."""
    parts = bytearray()
    with anyio.fail_after(BODY_WITHIN_S):
        async for part in request.stream():
            parts += part
            if len(parts) > MAX_HELLO_BYTES:
                return None
    return bytes(parts)


def hello_schemas() -> dict[str, object]:
    """JSON schemas of the handshake's own structs for /openapi.json."""
    _, parts = msgspec.json.schema_components(
        (Hello, Welcome, NewEpoch, EpochIssued, Problem), ref_template="#/components/schemas/{name}"
    )
    return dict(parts)


def _content(name: str) -> dict[str, object]:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}


def _described(asked: str, answered: str) -> dict[str, object]:
    refusals = {
        "400": "Unreadable, out of range, or no common version",
        "401": "The key belongs to no device",
        "403": "The key belongs to another device",
        "408": "The body came too slowly",
        "413": "Too large",
        "503": "Busy: see Retry-After",
    }
    return {
        "security": [{"deviceKey": []}],
        "requestBody": {"required": True, "content": _content(asked)},
        "responses": {
            "200": {"description": "How it stands", "content": _content(answered)},
            **{status: {"description": what, "content": _content("Problem")} for status, what in refusals.items()},
        },
    }
