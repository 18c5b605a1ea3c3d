"""ZVT bitmaps: one-byte tags, each with a length of its own, so that nobody can skip an unknown one.

    27 rc          fixed            04 000000001999          amounts are 6 bytes BCD in minor units
    22 F0 F8 ...   LLVAR  (F0 F8 = 8 bytes)     60 F0 F5 F3 ...   LLLVAR     06 len ...   TLV container

Source: ZVT PA00P015 rev 13.08 §3 and the table of bitmaps.
"""

from __future__ import annotations

from drivers.simulators.zvt import tlv

FIXED: dict[int, int] = {
    0x01: 1, 0x02: 1, 0x03: 1, 0x04: 6, 0x05: 1, 0x0B: 3, 0x0C: 3, 0x0D: 2, 0x0E: 2, 0x17: 2, 0x19: 1, 0x27: 1,
    0x29: 4, 0x2A: 15, 0x37: 3, 0x3A: 2, 0x3B: 8, 0x3D: 3, 0x49: 2, 0x70: 4, 0x71: 4, 0x72: 1, 0x73: 1, 0x74: 1,
    0x75: 1, 0x87: 2, 0x88: 3, 0x8A: 1, 0x8C: 1, 0xA0: 1, 0xAA: 3, 0xBA: 5, 0xD0: 1, 0xD2: 1, 0xD3: 1, 0xE0: 1,
    0xE9: 1, 0xEA: 1, 0xEB: 8, 0xF0: 1, 0xF9: 1, 0xFA: 1, 0xFB: 1, 0xFC: 1, 0xFD: 1,
}  # fmt: skip
TWO_DIGITS = {0x22, 0x23, 0x2D, 0x8B, 0xA7, 0xD1, *range(0xE1, 0xE9), *range(0xF1, 0xF9)}  # LLVAR
THREE_DIGITS = {0x24, 0x2E, 0x3C, 0x60, 0x9A, 0xAF}  # LLLVAR
CONTAINER = 0x06


class Malformed(Exception):
    """The data field does not follow the table."""


class UnknownBitmap(Malformed):
    """A tag that is not in the table: what follows it cannot be read."""


def read(data: bytes) -> dict[int, bytes]:
    """All bitmaps of a data field, tag -> value. Raises Malformed."""
    found: dict[int, bytes] = {}
    at = 0
    while at < len(data):
        tag = data[at]
        at += 1
        if tag in FIXED:
            size = FIXED[tag]
        elif tag in TWO_DIGITS:
            at, size = _digits(data, at, 2)
        elif tag in THREE_DIGITS:
            at, size = _digits(data, at, 3)
        elif tag == CONTAINER:
            at, size = tlv.read_length(data, at)
        else:
            raise UnknownBitmap(f"{tag:02X}")
        if at + size > len(data):
            raise Malformed(f"bitmap {tag:02X} is cut short")
        found[tag] = data[at : at + size]
        at += size
    return found


def _digits(data: bytes, at: int, count: int) -> tuple[int, int]:
    size = 0
    for byte in data[at : at + count]:
        if byte & 0xF0 != 0xF0 or byte & 0x0F > 9:
            raise Malformed("a length digit must be F0 to F9")
        size = size * 10 + (byte & 0x0F)
    return at + count, size


def write(tag: int, value: bytes) -> bytes:
    """One bitmap with its length in the form its tag asks for."""
    if tag in FIXED:
        if len(value) != FIXED[tag]:
            raise ValueError(f"bitmap {tag:02X} takes {FIXED[tag]} bytes")
        return bytes([tag]) + value
    if tag == CONTAINER:
        return bytes([tag]) + tlv.write_length(len(value)) + value
    count = 2 if tag in TWO_DIGITS else 3
    return bytes([tag]) + variable(value, count)


def variable(value: bytes, digits: int) -> bytes:
    """A value behind its length in `digits` bytes F0..F9."""
    return bytes(0xF0 | int(digit) for digit in str(len(value)).zfill(digits)) + value


def bcd(number: int, size: int) -> bytes:
    """A number as packed decimal digits, `size` bytes."""
    return bytes.fromhex(str(number).zfill(size * 2))


def number(packed: bytes) -> int:
    """The number in packed decimal digits. Raises Malformed."""
    digits = packed.hex()
    if not digits.isdecimal():
        raise Malformed(f"{digits} is not BCD")
    return int(digits)
