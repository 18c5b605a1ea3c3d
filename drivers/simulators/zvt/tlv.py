"""ZVT TLV objects, the contents of bitmap 06.

    06 <len> { tag <len> value }      len = 00..7F, 81 nn, 82 hi lo (big-endian, unlike the message length)
    tag: low 5 bits all ones -> more tag bytes follow, each with bit 7 set but the last; bit 5 = constructed

Source: ZVT PA00P015 rev 13.08, chapter on TLV containers.
"""

from __future__ import annotations


class Broken(Exception):
    """An object ends before its length says so."""


def write_length(size: int) -> bytes:
    if size < 0x80:
        return bytes([size])
    if size < 0x100:
        return bytes([0x81, size])
    return b"\x82" + size.to_bytes(2, "big")


def read_length(data: bytes, at: int) -> tuple[int, int]:
    """(where the value starts, its size). A length that is not all there reads as larger than the data."""
    first = data[at] if at < len(data) else 0x80
    if first < 0x80:
        return at + 1, first
    if first in (0x81, 0x82) and at + (first - 0x7F) <= len(data):
        start = at + (first - 0x7F)
        return start, int.from_bytes(data[at + 1 : start], "big")
    return at + 1, len(data) + 1


def write(tag: int, value: bytes = b"") -> bytes:
    """One object; a tag above FF is written in two bytes."""
    head = tag.to_bytes(2 if tag > 0xFF else 1, "big")
    return head + write_length(len(value)) + value


def read(data: bytes) -> list[tuple[int, bytes]]:
    """The objects of one level, in order. Raises Broken."""
    found: list[tuple[int, bytes]] = []
    at = 0
    while at < len(data):
        tag = data[at]
        at += 1
        if tag & 0x1F == 0x1F:
            while True:
                if at >= len(data):
                    raise Broken("tag")
                tag, at = tag << 8 | data[at], at + 1
                if not tag & 0x80:
                    break
        at, size = read_length(data, at)
        if at + size > len(data):
            raise Broken(f"{tag:X}")
        found.append((tag, data[at : at + size]))
        at += size
    return found
