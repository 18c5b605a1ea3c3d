"""TLV of fiscal documents as the register writes and reads it: tag u16, length u16, value; text in CP866."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from drivers.simulators.shtrih_m.codes import Code, Refusal


def tlv(tag: int, value: bytes) -> bytes:
    return tag.to_bytes(2, "little") + len(value).to_bytes(2, "little") + value


def text(tag: int, value: str, fixed: int = 0) -> bytes:
    return tlv(tag, value.encode("cp866", "replace").ljust(fixed))


def number(tag: int, value: int, size: int) -> bytes:
    return tlv(tag, value.to_bytes(size, "little"))


def vln(tag: int, value: int) -> bytes:
    """An unsigned integer without leading zero bytes."""
    return tlv(tag, value.to_bytes(max(1, (value.bit_length() + 7) // 8), "little"))


def fvln(tag: int, millionths: int) -> bytes:
    """A decimal with as few digits after the point as it needs."""
    digits = 6
    while digits and millionths % 10 == 0:
        millionths //= 10
        digits -= 1
    return tlv(tag, bytes([digits]) + millionths.to_bytes(max(1, (millionths.bit_length() + 7) // 8), "little"))


def wall_time(tag: int, at: dt.datetime) -> bytes:
    """Local wall clock written as if it were UTC."""
    seconds = int((at - dt.datetime(1970, 1, 1)).total_seconds())
    return number(tag, seconds, 4)


def parse(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Tags and values; a length that does not fit is refused as the fiscal memory does."""
    at = 0
    while at < len(data):
        tag, size = int.from_bytes(data[at : at + 2], "little"), int.from_bytes(data[at + 2 : at + 4], "little")
        if at + 4 > len(data) or at + 4 + size > len(data):
            raise Refusal(Code.FN_BAD_VALUE)
        yield tag, data[at + 4 : at + 4 + size]
        at += 4 + size


def find(data: bytes, *path: int) -> bytes | None:
    """The value of a tag, or of a tag inside structured tags."""
    for tag, value in parse(data):
        if tag == path[0]:
            return value if len(path) == 1 else find(value, *path[1:])
    return None


def find_text(data: bytes, *path: int) -> str:
    return (find(data, *path) or b"").decode("cp866", "replace").strip()
