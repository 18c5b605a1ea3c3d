"""The tagged objects inside a ZVT TLV container (BMP 06).

    tag      1 byte; low five bits all set: more bytes follow while bit 7 of the last is set
             bit 5 of the first byte: the value is itself a row of objects
    length   00..7F | 81 nn | 82 hi lo        (big-endian, unlike the length of an APDU)
    value

Source: VdTH PA00P015 rev 13.08.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

DEEPEST = 8  # a container in a container ...: real ones use three levels, more is noise
MORE_TAG_BYTES, CONSTRUCTED, CONTINUED = 0x1F, 0x20, 0x80


@dataclass(frozen=True, slots=True)
class Tagged:
    """One object; `start` and `end` are where its value lies in the bytes that were read."""

    tag: int
    start: int
    end: int
    constructed: bool


def read_length(data: bytes, at: int) -> tuple[int, int] | None:
    """(length, where the value begins), None if the bytes end before or use another form."""
    if at >= len(data):
        return None
    first = data[at]
    if first < 0x80:
        return first, at + 1
    if first == 0x81 and at + 1 < len(data):
        return data[at + 1], at + 2
    if first == 0x82 and at + 2 < len(data):
        return data[at + 1] << 8 | data[at + 2], at + 3
    return None


def objects(data: bytes, start: int = 0, end: int | None = None) -> Iterator[Tagged | int]:
    """The objects of one level. What cannot be read ends the row with an int: where the unread rest begins."""
    end = len(data) if end is None else end
    at = start
    while at < end:
        first, tag, after = data[at], data[at], at + 1
        if first & MORE_TAG_BYTES == MORE_TAG_BYTES:
            while after < end:
                tag = tag << 8 | data[after]
                after += 1
                if not data[after - 1] & CONTINUED:
                    break
            else:
                yield at
                return
        sized = read_length(data[:end], after)
        if sized is None or sized[1] + sized[0] > end:
            yield at
            return
        length, value_at = sized
        yield Tagged(tag, value_at, value_at + length, bool(first & CONSTRUCTED))
        at = value_at + length


def flat(data: bytes) -> list[tuple[int, bytes]]:
    """Every object with a plain value, in order, whatever container it lies in."""
    found: list[tuple[int, bytes]] = []

    def walk(start: int, end: int, depth: int) -> None:
        for item in objects(data, start, end):
            if isinstance(item, int):
                return
            if item.constructed and depth < DEEPEST:
                walk(item.start, item.end, depth + 1)
            else:
                found.append((item.tag, data[item.start : item.end]))

    walk(0, len(data), 0)
    return found


def encode(tag: int, value: bytes) -> bytes:
    """One object."""
    tag_bytes = tag.to_bytes((tag.bit_length() + 7) // 8 or 1, "big")
    return tag_bytes + encode_length(len(value)) + value


def encode_length(length: int) -> bytes:
    if length < 0x80:
        return bytes([length])
    return bytes([0x81, length]) if length <= 0xFF else b"\x82" + length.to_bytes(2, "big")
