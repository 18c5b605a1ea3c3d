"""Answers and bodies read up to a length: a router, a controller or a guest that sends without end fills no memory."""

from __future__ import annotations

from typing import Any

import httpx
import msgspec

ANSWER_BYTES = 1 << 20
"""The stations of an access point have some 500 bytes each; no radio holds a thousand."""


class TooLong(Exception):
    """More bytes than the question allows."""


class NotJson(Exception):
    """The answer is none that can be read; what it said is not repeated, it may name people."""


async def json_of(client: httpx.AsyncClient, request: httpx.Request) -> tuple[int, Any]:
    """Status and JSON (None for an empty body). Raises httpx.HTTPError, TooLong, NotJson."""
    response = await client.send(request, stream=True)
    try:
        body = bytearray()
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > ANSWER_BYTES:
                raise TooLong
    finally:
        await response.aclose()
    if not body:
        return response.status_code, None
    try:
        return response.status_code, msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise NotJson from None
