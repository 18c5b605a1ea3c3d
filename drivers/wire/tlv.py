"""Fields of fiscal documents as they travel: tag, length, value.

    +--------+--------+-----------+
    | tag u16| len u16| value(len)|     little-endian; a structured value is fields one after another
    +--------+--------+-----------+

Source: the fiscal data format, order ED-7-20/662@, common tables 2 to 5.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from drivers.errors import Garbled

_HEAD = struct.Struct("<HH")


def field(tag: int, value: bytes) -> bytes:
    """One field."""
    return _HEAD.pack(tag, len(value)) + value


def text(tag: int, value: str, limit: int) -> bytes:
    """A text field: CP866, cut to `limit` characters; what CP866 lacks becomes a question mark."""
    return field(tag, value[:limit].encode("cp866", "replace"))


def small(tag: int, value: int) -> bytes:
    """A one-byte number."""
    return field(tag, value.to_bytes(1, "little"))


def quantity(tag: int, thousandths: int) -> bytes:
    """A quantity (FVLN): the number of digits after the point, then the shortest little-endian integer."""
    point = 3
    while point and thousandths % 10 == 0:
        thousandths, point = thousandths // 10, point - 1
    return field(tag, bytes([point]) + thousandths.to_bytes(max(1, (thousandths.bit_length() + 7) // 8), "little"))


def fields(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The fields of `data` in order. Raises Garbled where one runs past the end."""
    at = 0
    while at < len(data):
        if at + _HEAD.size > len(data):
            raise Garbled(f"field cut short: {data[at:].hex(' ')}")
        tag, length = _HEAD.unpack_from(data, at)
        at += _HEAD.size
        if at + length > len(data):
            raise Garbled(f"field {tag} is {length} bytes long, {len(data) - at} are left")
        yield tag, data[at : at + length]
        at += length
