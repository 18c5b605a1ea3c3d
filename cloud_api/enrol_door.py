"""POST /v1/enroll: a device comes in by a code. POST /v1/rotate: one that is in tells its next key."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import anyio
import msgspec
from fastapi import APIRouter
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from cloud_api.access.whence import address
from cloud_api.api.bodies import told_in
from cloud_api.hq_key import HqKeyFile
from cloud_api.pace import Pace
from cloud_api.storage.storage import RETRY_AFTER_S, Storage, StorageBusy
from cloud_api.store.codes import Denied, redeem
from cloud_api.store.keys import follow
from cloud_api.who_asks import Asker, Refused, WhoAsks, fields_of, message_of, refused
from sync.wire import signatures
from sync.wire.edge_log import Problem
from sync.wire.enrolment import Enrol, Enrolled, Rotate, Rotated, read_code
from sync.wire.signatures import NEXT_TAG, Refusal, Signed

LONGEST_BODY = 8 * 1024  # an Enrol has 400 bytes
BODY_WITHIN_S = 15
WRONG_AT_ONCE, WRONG_PER_S = 10, 1 / 30
"""Wrong codes from one address: a person mistypes ten times. 80 bits are not guessed at any speed this allows."""
ALL_WRONG_AT_ONCE, ALL_WRONG_PER_S = 300, 2.0
"""The same from everywhere: who has many addresses."""
WHY = {
    Denied.UNKNOWN: "no such code",
    Denied.EXPIRED: "the code was good for 15 minutes",
    Denied.USED: "the code was used with another key",
    Denied.OTHER_DEVICE: "the code is for another device than the one whose data are there",
    Denied.KEY_TAKEN: "this key is known already: make a new one",
}


Told = TypeVar("Told", Enrol, Rotate)


class Unread(Exception):
    """The body is not one of ours."""

    def __init__(self, status: int, code: str, what: str) -> None:
        super().__init__(what)
        self.status, self.code, self.what = status, code, what


def enrol_router(storage: Storage, who: WhoAsks, key: HqKeyFile, now_ms: Callable[[], int]) -> APIRouter:
    """Codes that are wrong are counted by the address they come from."""
    router = APIRouter(tags=["enrolment"])
    near = Pace(WRONG_AT_ONCE, WRONG_PER_S, now_ms)
    everywhere = Pace(ALL_WRONG_AT_ONCE, ALL_WRONG_PER_S, now_ms, names=1)

    @router.post("/v1/enroll", summary="Become one of HQ's devices, with a code", openapi_extra=ENROLL_DESCRIPTION)
    async def enroll(request: Request) -> Response:
        whose = address(request)
        if not key.lasting:
            return _problem(503, "no_hq_key", "start HQ with --keys DIRECTORY: it has no key that lasts")
        hq = key.key()
        wait_s = max(near.wait_s(whose), everywhere.wait_s(""))
        if wait_s:
            return _problem(429, "too_many", "too many wrong codes", **{"Retry-After": str(wait_s)})
        near.spend(whose)  # at once, so that many at the same moment are counted; a good code gets it back
        everywhere.spend("")
        try:
            body = await _body(request)
            told = _decoded(body, Enrol)
            code = read_code(told.code)
            refusal = _by_its_own_key(request, body, told.public_key)
            if refusal is not None:
                return _problem(refusal.status, refusal.code, refusal.what, **refusal.headers)
            answer = await redeem(storage, told, code, now_ms=now_ms()) if code is not None else Denied.UNKNOWN
        except Unread as unread:
            return _problem(unread.status, unread.code, unread.what)
        except StorageBusy as busy:
            return _problem(503, "busy", str(busy), **{"Retry-After": str(RETRY_AFTER_S)})
        if isinstance(answer, Denied):
            return _problem(403, answer.value, WHY[answer])
        near.give_back(whose)
        everywhere.give_back("")
        device = answer.device
        enrolled = Enrolled(device.device, device.store, device.till, answer.epoch, hq.public_key, now_ms())
        return hq.signed(_answer(200, enrolled), now_ms=now_ms())

    @router.post("/v1/rotate", summary="Tell the key that is to follow", openapi_extra=ROTATE_DESCRIPTION)
    async def rotate(request: Request) -> Response:
        try:
            asker = await who.device(request)
            if isinstance(asker, Refused):
                return _problem(asker.status, asker.code, asker.what, **asker.headers)
            if asker.key is None:
                return _problem(403, "no_key", "this device has no key of its own")
            body = await _body(request)
            refusal = asker.body_refusal(body)
            if refusal is None:
                told = _decoded(body, Rotate)
                refusal = _by_both(request, asker, told.public_key)
            if refusal is not None:
                return _problem(refusal.status, refusal.code, refusal.what, **refusal.headers)
            if not await follow(storage, asker.key, told.public_key, now_ms=now_ms()):
                return _problem(409, Denied.KEY_TAKEN.value, WHY[Denied.KEY_TAKEN])
        except Unread as unread:
            return _problem(unread.status, unread.code, unread.what)
        except StorageBusy as busy:
            return _problem(503, "busy", str(busy), **{"Retry-After": str(RETRY_AFTER_S)})
        return key.key().signed(_answer(200, Rotated(signatures.key_id(told.public_key), now_ms())), now_ms=now_ms())

    return router


def _by_its_own_key(request: Request, body: bytes, public_key: bytes) -> Refused | None:
    """Somebody holds the private half. No clock is asked: the same request again gets the same answer."""
    headers = fields_of(request)
    signed = signatures.read_signature(headers)
    if isinstance(signed, Refusal):
        return refused(signed)
    refusal = signatures.verify(message_of(request, headers), signed, public_key)
    refusal = refusal or signatures.body_refusal(headers["content-digest"], body)
    return None if refusal is None else refused(refusal)


def _by_both(request: Request, asker: Asker, next_key: bytes) -> Refused | None:
    """The next key has signed the request as well, and it is not the same key."""
    headers = fields_of(request)
    signed = signatures.read_signature(headers, NEXT_TAG)
    if not isinstance(signed, Signed):
        return refused(signed)
    if asker.key is not None and next_key == asker.key.public_key:
        return Refused(409, Denied.KEY_TAKEN.value, WHY[Denied.KEY_TAKEN])
    refusal = signatures.verify(message_of(request, headers), signed, next_key)
    return None if refusal is None else refused(refusal)


async def _body(request: Request) -> bytes:
    parts = bytearray()
    try:
        with anyio.fail_after(BODY_WITHIN_S):
            async for part in request.stream():
                parts += part
                if len(parts) > LONGEST_BODY:
                    raise Unread(413, "too_large", f"more than {LONGEST_BODY} bytes")
    except (TimeoutError, ClientDisconnect):
        raise Unread(408, "slow", f"the body did not arrive in {BODY_WITHIN_S} s") from None
    return bytes(parts)


def _decoded(body: bytes, kind: type[Told]) -> Told:
    try:
        told = told_in(body, kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Unread(400, "unreadable", str(error)) from None
    if len(told.public_key) != signatures.KEY_BYTES:
        raise Unread(400, "unreadable", f"a public key has {signatures.KEY_BYTES} bytes")
    return told


def _answer(status: int, body: msgspec.Struct) -> Response:
    return Response(msgspec.json.encode(body), status, media_type="application/json")


def _problem(status: int, code: str, what: str, **headers: str) -> Response:
    response = _answer(status, Problem(code, what))
    response.headers.update(headers)
    return response


def enrol_schemas() -> dict[str, object]:
    """JSON schemas of the wire's own structs for /openapi.json."""
    _, parts = msgspec.json.schema_components(
        (Enrol, Enrolled, Rotate, Rotated, Problem), ref_template="#/components/schemas/{name}"
    )
    return dict(parts)


def _json(name: str) -> dict[str, object]:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}


def _description(asked: str, answered: str, refusals: dict[str, str]) -> dict[str, object]:
    responses = {"200": {"description": "Signed by HQ", "content": _json(answered)}}
    responses |= {status: {"description": what, "content": _json("Problem")} for status, what in refusals.items()}
    return {"requestBody": {"required": True, "content": _json(asked)}, "responses": responses}


ENROLL_DESCRIPTION = _description(
    "Enrol",
    "Enrolled",
    {
        "400": "Unreadable",
        "401": "Not signed by the key it brings",
        "403": "The code gives nothing: unknown_code, code_expired, code_used, other_device, key_taken",
        "408": "The body came too slowly",
        "413": "Too large",
        "429": "Too many wrong codes: see Retry-After",
        "503": "Busy: see Retry-After",
    },
)
ROTATE_DESCRIPTION = _description(
    "Rotate",
    "Rotated",
    {
        "400": "Unreadable",
        "401": "Not signed by the key in force and by the next one",
        "403": "The device has no key of its own",
        "408": "The body came too slowly",
        "409": "The key is somebody's already",
        "413": "Too large",
        "429": "The device asks too often: see Retry-After",
        "503": "Busy: see Retry-After",
    },
)
