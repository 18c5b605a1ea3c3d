"""The tagged fields ("bitmaps", BMP) inside ZVT messages: the complete table, and how a row of them is read.

    fixed     tag, then as many bytes as the table says
    LLVAR     tag, Fx Fy, then x*10+y bytes
    LLLVAR    tag, Fx Fy Fz, then x*100+y*10+z bytes
    06        tag, TLV length, objects (tlv.py)

A tag that is not in the table has no length anybody knows, so nothing behind it can be read: `complete` says so, and
whoever needs a field that could lie behind it must not guess.
Source: VdTH PA00P015 rev 13.08; 4C and 92 were seen in the field and are not in that list (UNVERIFIED).
"""

from __future__ import annotations

from dataclasses import dataclass

from drivers.errors import Garbled
from drivers.payment_terminals.zvt import tlv
from drivers.wire.bcd import from_bcd

AMOUNT, TRACE, TIME, DATE, RESULT = 0x04, 0x0B, 0x0C, 0x0D, 0x27
SYSTEM_STATUS = 0x19  # payment type in commands and status information, system status in the end of a registration
TERMINAL, CURRENCY, RECEIPT, FULL_DATE = 0x29, 0x49, 0x87, 0xAA
PAN, TRACK_2, TRACK_3, TRACK_1, CVV, EXPIRY = 0x22, 0x23, 0x24, 0x2D, 0x3A, 0x0E
ORIGINAL_TRACE = 0x37
SERVICE, TLV, AUTHORISATION, TOTALS, TEXT, CARD_NAME = 0x03, 0x06, 0x3B, 0x60, 0x3C, 0x8B

LLVAR, LLLVAR, CONTAINER = -2, -3, -6
"""Ways to say a length, beside the fixed ones (positive numbers of bytes)."""

_FIXED = {
    1: "01 02 03 05 19 27 72 73 74 75 8A 8C A0 D0 D2 D3 E0 E9 EA F0 F9 FA FB FC FD",
    2: "0D 0E 17 3A 49 87",
    3: "0B 0C 37 3D 88 AA",
    4: "29 70 71",
    5: "BA",
    6: "04",
    8: "3B EB",
    15: "2A",
    LLVAR: "22 23 2D 8B A7 D1 E1 E2 E3 E4 E5 E6 E7 E8 F1 F2 F3 F4 F5 F6 F7 F8 4C",
    LLLVAR: "24 2E 3C 60 9A AF 92",
    CONTAINER: "06",
}
LENGTHS: dict[int, int] = {int(tag, 16): length for length, tags in _FIXED.items() for tag in tags.split()}


@dataclass(frozen=True, slots=True)
class Placed:
    """One field and where its value lies in the bytes that were read."""

    tag: int
    start: int
    end: int


def place(data: bytes, start: int = 0) -> tuple[list[Placed], int]:
    """The fields of a row and where the unread rest begins (`len(data)` when everything was read)."""
    found: list[Placed] = []
    at = start
    while at < len(data):
        tag = data[at]
        sized = _size(data, tag, at + 1)
        if sized is None or sized[1] + sized[0] > len(data):
            return found, at
        length, value_at = sized
        found.append(Placed(tag, value_at, value_at + length))
        at = value_at + length
    return found, at


def _size(data: bytes, tag: int, at: int) -> tuple[int, int] | None:
    kind = LENGTHS.get(tag)
    if kind is None:
        return None
    if kind > 0:
        return kind, at
    if kind == CONTAINER:
        return tlv.read_length(data, at)
    return variable_length(data, at, -kind)


def variable_length(data: bytes, at: int, figures: int) -> tuple[int, int] | None:
    """The length written as `figures` bytes F0..F9, and where the value begins."""
    written = data[at : at + figures]
    if len(written) < figures or any(byte >> 4 != 0xF or byte & 0xF > 9 for byte in written):
        return None
    length = 0
    for byte in written:
        length = length * 10 + (byte & 0xF)
    return length, at + figures


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields of one message. `complete` is False where an unknown or cut field hides what comes behind it."""

    values: dict[int, bytes]
    complete: bool
    contradictory: frozenset[int] = frozenset()

    def get(self, tag: int) -> bytes | None:
        """The field's bytes, None if the message certainly lacks it. Garbled if that cannot be known."""
        if tag in self.contradictory:
            raise Garbled(f"field {tag:02X} stands twice with different values")
        value = self.values.get(tag)
        if value is None and not self.complete:
            raise Garbled(f"field {tag:02X} is not among what could be read")
        return value

    def number(self, tag: int) -> int | None:
        """A BCD field that money depends on."""
        value = self.get(tag)
        return None if value is None else from_bcd(value)

    def number_if_read(self, tag: int, otherwise: int = 0) -> int:
        """A BCD field that is good to know: `otherwise` wherever it cannot be had."""
        value = self.values.get(tag)
        if value is None or not value.hex().isdecimal():
            return otherwise
        return int(value.hex())

    def text(self, tag: int) -> str:
        """A text field, "" if absent. Names often end in a zero byte."""
        return self.values.get(tag, b"").split(b"\0")[0].decode("latin-1").strip()

    def objects(self) -> list[tuple[int, bytes]]:
        """What the TLV container holds."""
        return tlv.flat(self.values.get(TLV, b""))


def parse(data: bytes, start: int = 0) -> Fields:
    """Read a row of fields from `start`; never raises."""
    found, unread_at = place(data, start)
    values: dict[int, bytes] = {}
    twice: set[int] = set()
    for field in found:
        value = data[field.start : field.end]
        if values.setdefault(field.tag, value) != value:
            twice.add(field.tag)
    return Fields(values, unread_at == len(data), frozenset(twice))
