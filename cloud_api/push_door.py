"""POST /v1/push/{stream}: a device hands in its next batch; the body is read raw, bounded and in time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import anyio
import msgspec
from fastapi import APIRouter
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from cloud_api.arrivals import Arrivals
from cloud_api.envelope import Unreadable, too_large_on_wire, unpack
from cloud_api.ingest import STREAMS, NoLonger, take
from cloud_api.live import Bell
from cloud_api.metrics import Counts
from cloud_api.projections import STREAM as SALES
from cloud_api.storage.storage import RETRY_AFTER_S, Storage, StorageBusy
from cloud_api.who_asks import Asker, Refused, WhoAsks
from sync.wire.edge_log import DROPPABLE, MAX_WIRE_BYTES, Ack, Fork, Gap, Problem, Push

BODY_WITHIN_S = 30  # 256 KB over a bad mobile line (128 kbit/s) takes 16 s

MOST_AT_ONCE = 64
"""Batches that are read and stored beside each other. A day's receipts of one shop take some 60 ms, so the last of them
is answered within 4 s; a till waits 30 s. Whoever comes beyond that is told to come back, before its body is read: a
chain that returns from an outage must not wait for answers to requests it has given up."""

_encoder = msgspec.json.Encoder()


@dataclass(slots=True)
class _UnderWay:
    count: int = 0

    @contextmanager
    def one(self) -> Iterator[None]:
        self.count += 1
        try:
            yield
        finally:
            self.count -= 1


def _answer(status: int, body: Ack | Gap | Fork | Problem, **headers: str) -> Response:
    return Response(_encoder.encode(body), status, headers, media_type="application/json")


def problem(status: int, code: str, what: str, **headers: str) -> Response:
    """A refusal in the wire's own words."""
    return _answer(status, Problem(code, what), **headers)


async def _body(request: Request) -> bytes:
    """The whole body, refused as soon as it is known to be too large."""
    length = request.headers.get("content-length", "")
    if length.isdecimal() and (len(length) > 12 or int(length) > MAX_WIRE_BYTES):
        raise too_large_on_wire()
    parts = bytearray()
    with anyio.fail_after(BODY_WITHIN_S):
        async for part in request.stream():
            parts += part
            if len(parts) > MAX_WIRE_BYTES:
                raise too_large_on_wire()
    return bytes(parts)


def push_router(
    storage: Storage,
    who: WhoAsks,
    bell: Bell,
    given: Bell,
    counts: Counts,
    arrivals: Arrivals,
    zone: str,
    now_ms: Callable[[], int],
) -> APIRouter:
    """The router of the push half of the edge log. `bell` rings for sales, `given` for commands to other devices."""
    router = APIRouter(tags=["edge log"])
    under_way = _UnderWay()

    def refuse(status: int, code: str, what: str, **headers: str) -> Response:
        counts.pushes[code] += 1
        return problem(status, code, what, **headers)

    @router.post("/v1/push/{stream}", summary="Hand in the next batch of a stream", openapi_extra=PUSH_DESCRIPTION)
    async def push(stream: str, request: Request) -> Response:
        asker = await who.device(request)
        if isinstance(asker, Refused):
            return refuse(asker.status, asker.code, asker.what, **asker.headers)
        if stream not in STREAMS:
            return refuse(404, "unknown_stream", f"streams are {', '.join(sorted(STREAMS))}")
        if under_way.count >= MOST_AT_ONCE:
            return refuse(503, "busy", "many shops push at once", **{"Retry-After": str(RETRY_AFTER_S)})
        with under_way.one():
            return await taken_in(stream, request, asker)

    async def taken_in(stream: str, request: Request, asker: Asker) -> Response:
        device = asker.device
        try:
            body = await _body(request)
            altered = asker.body_refusal(body)
            if altered is not None:
                return refuse(altered.status, altered.code, altered.what, **altered.headers)
            batch = unpack(body, request.headers.get("content-encoding", "").strip().lower())
        except Unreadable as unreadable:
            return refuse(unreadable.status, unreadable.code, unreadable.what)
        except (TimeoutError, ClientDisconnect):
            return refuse(408, "slow", f"the body did not arrive in {BODY_WITHIN_S} s")
        if batch.device != device.device:
            return refuse(403, "other_device", "this key belongs to another device")
        if batch.dropped is not None and stream not in DROPPABLE:
            return refuse(400, "not_droppable", f"of {stream} nothing may be missing")
        try:
            if stream == SALES:
                async with arrivals.one(storage, device.store) as (begun, place_ms):
                    taken = await take(begun, device, stream, batch, now_ms=now_ms(), received_ms=place_ms, zone=zone)
            else:
                taken = await take(storage, device, stream, batch, now_ms=now_ms(), zone=zone)
        except NoLonger:
            return refuse(401, "unknown_key", "the device was revoked or moved meanwhile")
        except StorageBusy as busy:
            return refuse(503, "busy", str(busy), **{"Retry-After": str(RETRY_AFTER_S)})
        answer = type(taken.answer).__name__.lower()
        counts.pushes[answer] += 1
        counts.streams[stream, answer] += 1
        counts.items.update(taken.fates)
        if taken.sales:
            bell.ring()
        if taken.commands:
            given.ring()
        return _answer(200 if isinstance(taken.answer, Ack) else 409, taken.answer)

    return router


def wire_schemas() -> dict[str, object]:
    """JSON schemas of the wire's own structs for /openapi.json."""
    _, parts = msgspec.json.schema_components(
        (Push, Ack, Gap, Fork, Problem), ref_template="#/components/schemas/{name}"
    )
    return dict(parts)


def _schema(*names: str) -> dict[str, object]:
    refs = [{"$ref": f"#/components/schemas/{name}"} for name in names]
    return {"application/json": {"schema": refs[0] if len(refs) == 1 else {"oneOf": refs}}}


def _response(what: str, *names: str) -> dict[str, object]:
    return {"description": what, "content": _schema(*names)}


PUSH_DESCRIPTION: dict[str, object] = {
    "security": [{"deviceSignature": []}, {"deviceKey": []}],
    "requestBody": {
        "required": True,
        "description": "Push as JSON, in one zstd frame when content-encoding says so",
        "content": _schema("Push"),
    },
    "responses": {
        "200": _response("Everything up to `ack` is on HQ's disk", "Ack"),
        "400": _response("Unreadable: halve the batch", "Problem"),
        "401": _response("No device signs so, or not now: signature-nonce says over what to sign instead", "Problem"),
        "403": _response("The key belongs to another device", "Problem"),
        "404": _response("No such stream", "Problem"),
        "408": _response("The body came too slowly", "Problem"),
        "409": _response("A hole before this batch, or numbers used before with other content", "Gap", "Fork"),
        "413": _response("Too large: halve the batch", "Problem"),
        "415": _response("Another content-encoding than zstd", "Problem"),
        "429": _response("This device asks too often: see Retry-After", "Problem"),
        "503": _response("Busy: see Retry-After", "Problem"),
    },
}
