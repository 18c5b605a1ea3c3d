"""TLV: how values lie in a fiscal document.

    tag u16 LE | length u16 LE | value            STLV: the value is itself a row of these
    u8 u16 u32 bits   little-endian               time   u32 LE, the local wall clock read as if it were UTC
    vln   little-endian without leading zeros     fvln   decimals u8, then as vln
    str   code page 866, fixed lengths filled up with spaces on the right
Source: order ED-7-20/662@, tables 2 to 5.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from fiscal.ffd.letters import in_cp866
from fiscal.ffd.tags import TAGS, Tag, Wire

DEEPEST = 8  # levels of STLV; the format itself uses four
_EPOCH = dt.datetime(1970, 1, 1)


class TlvError(ValueError):
    """The bytes are no TLV, or a value does not fit its tag."""


@dataclass(frozen=True, slots=True)
class Fvln:
    """A decimal number: `value` / 10**`decimals`; 2.500 is Fvln(2500, 3)."""

    value: int
    decimals: int


@dataclass(frozen=True, slots=True)
class Tlv:
    """One tag with its value. A tag the table does not know has bytes."""

    tag: int
    value: Value


Value: TypeAlias = int | str | bytes | dt.datetime | Fvln | tuple[Tlv, ...]


def quantity_1023(quantity_thousandths: int) -> Fvln:
    """Tag 1023."""
    return Fvln(quantity_thousandths, 3)


def encode(items: Iterable[Tlv]) -> bytes:
    """The bytes of a row of tags; raises TlvError naming the tag that does not fit."""
    return b"".join(_encode_one(item) for item in items)


def decode(data: bytes) -> tuple[Tlv, ...]:
    """The row of tags in `data`, structures taken apart; raises TlvError."""
    return _decode(data, 0)


def find(items: Iterable[Tlv], tag: int) -> Value | None:
    """The first value of a tag on this level."""
    return next((item.value for item in items if item.tag == tag), None)


def _encode_one(item: Tlv) -> bytes:
    tag = TAGS.get(item.tag)
    value = _bytes(tag, item)
    if tag is not None and (len(value) > tag.length or (tag.fixed and len(value) != tag.length)):
        raise TlvError(f"tag {item.tag}: {len(value)} bytes, allowed {tag.length}")
    if not 0 <= item.tag <= 0xFFFF or len(value) > 0xFFFF:
        raise TlvError(f"tag {item.tag}: number or length beyond two bytes")
    return item.tag.to_bytes(2, "little") + len(value).to_bytes(2, "little") + value


def _bytes(tag: Tag | None, item: Tlv) -> bytes:
    wire = tag.wire if tag is not None else Wire.BYTES
    match wire, item.value:
        case ((Wire.U8 | Wire.U16 | Wire.U32 | Wire.BITS), int(number)) if tag is not None:
            return _unsigned(item.tag, number, tag.length)
        case Wire.TIME, dt.datetime() as at:
            return _unsigned(item.tag, _seconds(at), 4)
        case Wire.VLN, int(number):
            return _vln(item.tag, number)
        case Wire.FVLN, Fvln(number, decimals):
            return _unsigned(item.tag, decimals, 1) + _vln(item.tag, number)
        case Wire.STR, str(text) if tag is not None:
            letters = in_cp866(text)
            return letters.ljust(tag.length) if tag.fixed else letters
        case Wire.BYTES, bytes(raw):
            return raw
        case Wire.STLV, tuple(children):
            return encode(children)
    raise TlvError(f"tag {item.tag}: {type(item.value).__name__} is no {wire.value}")


def _unsigned(tag: int, number: int, length: int) -> bytes:
    if not 0 <= number < 1 << (8 * length):
        raise TlvError(f"tag {tag}: {number} does not fit {length} bytes")
    return number.to_bytes(length, "little")


def _vln(tag: int, number: int) -> bytes:
    if number < 0:
        raise TlvError(f"tag {tag}: {number} is negative")
    return number.to_bytes(max(1, (number.bit_length() + 7) // 8), "little")


def _seconds(at: dt.datetime) -> int:
    if at.tzinfo is not None:
        raise TlvError("a document's time is the wall clock of the place, without zone")
    return (at - _EPOCH) // dt.timedelta(seconds=1)


def _decode(data: bytes, depth: int) -> tuple[Tlv, ...]:
    if depth > DEEPEST:
        raise TlvError("structures nested too deep")
    items = []
    at = 0
    while at < len(data):
        if len(data) - at < 4:
            raise TlvError(f"{len(data) - at} bytes are no head of a tag")
        number = int.from_bytes(data[at : at + 2], "little")
        length = int.from_bytes(data[at + 2 : at + 4], "little")
        value = data[at + 4 : at + 4 + length]
        if len(value) < length:
            raise TlvError(f"tag {number}: {length} bytes promised, {len(value)} left")
        items.append(Tlv(number, _value(TAGS.get(number), value, depth)))
        at += 4 + length
    return tuple(items)


def _value(tag: Tag | None, value: bytes, depth: int) -> Value:
    match tag.wire if tag is not None else Wire.BYTES:
        case Wire.U8 | Wire.U16 | Wire.U32 | Wire.BITS | Wire.VLN:
            return int.from_bytes(value, "little")
        case Wire.TIME:
            return _EPOCH + dt.timedelta(seconds=_short(tag, value, 4))
        case Wire.FVLN:
            if not value:
                raise TlvError("a decimal number without its first byte")
            return Fvln(int.from_bytes(value[1:], "little"), value[0])
        case Wire.STR:
            text = value.decode("cp866")
            return text.rstrip(" ") if tag is not None and tag.fixed else text
        case Wire.STLV:
            return _decode(value, depth + 1)
    return value


def _short(tag: Tag | None, value: bytes, length: int) -> int:
    if len(value) > length:
        raise TlvError(f"tag {tag.number if tag else 0}: {len(value)} bytes, allowed {length}")
    return int.from_bytes(value, "little")


def row(pairs: Sequence[tuple[int, Value]]) -> tuple[Tlv, ...]:
    """A row of tags from (tag, value) pairs, the short way to write a document."""
    return tuple(Tlv(tag, value) for tag, value in pairs)
