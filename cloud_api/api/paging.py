"""Pages of the API: a place in a list as an opaque text, and a length that is refused when it is too great.

A place is the key of the last row that was seen, so a list that grows meanwhile is neither doubled nor skipped.
"""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, TypeVar

import msgspec
from fastapi import HTTPException, Query

from cloud_api.answers import Refusal

T = TypeVar("T")
MOST_ROWS = 500
"""Some 100 KB of answer: who wants a million rows takes an export, which is a stream."""
LONGEST_CURSOR = 1_024
LARGEST = 2**63
"""No key of ours has a number of which a storage could not be asked."""
Limit = Annotated[int, Query(ge=1, le=MOST_ROWS, description=f"rows of a page, {MOST_ROWS} at the most")]
Cursor = Annotated[
    str | None, Query(max_length=LONGEST_CURSOR, description="`next` of the page before; absent: from the beginning")
]
NAME = Query(min_length=1, max_length=200)
REFUSALS: dict[int | str, dict[str, object]] = {
    status: {"model": Refusal, "description": what}
    for status, what in (
        (400, "The request cannot be read"),
        (401, "No key, or one that is not in force"),
        (403, "The key may not do this"),
        (422, "A parameter is out of range"),
        (429, "This key asks too often: see Retry-After"),
        (503, "Busy: see Retry-After"),
    )
}


def cursor_of(*key: str | int) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(key)).decode("ascii").rstrip("=")


def key_in(cursor: str | None, shape: type[T]) -> T | None:
    """The key inside a cursor, None for the beginning; refused if it is none of ours."""
    if cursor is None:
        return None
    try:
        packed = base64.b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4), b"-_", validate=True)
        key = msgspec.json.decode(packed, type=shape)
    except (binascii.Error, UnicodeError, msgspec.DecodeError):
        raise HTTPException(422, {"code": "bad_cursor", "what": "after: this is no `next` of this list."}) from None
    if b"\\u0000" in packed or _too_large(key):
        raise HTTPException(422, {"code": "bad_cursor", "what": "after: this is no `next` of this list."})
    return key


def _too_large(key: object) -> bool:
    parts = key if isinstance(key, tuple) else (key,)
    return any(isinstance(part, int) and not -LARGEST <= part < LARGEST for part in parts)
