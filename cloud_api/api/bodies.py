"""Bodies of the API's requests: bounded while they arrive, JSON of one shape, no character that storage cannot keep."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import msgspec
from fastapi import HTTPException
from starlette.requests import ClientDisconnect, Request

T = TypeVar("T")
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
"""The escape in JSON, and not the word behind an escaped backslash; the bare character is no JSON."""
LONGEST = 256 * 1024
Name = msgspec.Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")


@dataclass(frozen=True, slots=True)
class Body(Generic[T]):
    told: T
    sha256: str


def told_in(body: bytes, shape: type[T]) -> T:
    """What a person, a device or a program wrote as JSON; msgspec.DecodeError or UnicodeDecodeError where it is not of
    this shape, or has the character NUL, which PostgreSQL keeps in no text."""
    if _NUL.search(body):
        raise msgspec.DecodeError("the character NUL (\\u0000) is kept in no text")
    return msgspec.json.decode(body, type=shape)


async def body_as(request: Request, shape: type[T], longest: int = LONGEST) -> Body[T]:
    """Refused with 413 where it is too long, with 400 where it is not of this shape."""
    body = bytearray()
    try:
        async for part in request.stream():
            body += part
            if len(body) > longest:
                raise HTTPException(413, {"code": "too_large", "what": f"A request is at most {longest} bytes."})
    except ClientDisconnect:
        raise HTTPException(400, {"code": "bad_json", "what": "The request ended before its body did."}) from None
    try:
        told = told_in(bytes(body), shape)
        msgspec.json.encode(told).decode("utf-8")
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise HTTPException(400, {"code": "bad_json", "what": f"Not what is expected: {error}"}) from None
    return Body(told, hashlib.sha256(bytes(body)).hexdigest())


def asks(shape: type[Any]) -> dict[str, Any]:
    """For a route's openapi_extra: what its body is."""
    ref = {"$ref": f"#/components/schemas/{shape.__name__}"}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": ref}}}}
