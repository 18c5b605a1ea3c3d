"""Blanks card data inside the data part of a ZVT message, keeping its length, before anything else sees it.

    22 card number            all digits but the last four become E
    23 24 2D tracks           blanked (EE)
    0E expiry, 3A CVV         blanked (EE)
    TLV 5A 57 56 9F6B 9F20    the same inside EMV objects; 5F20 (holder's name) and 5F24 (expiry) blanked (EE)
    texts                     digits that look like a card number (card_numbers.py)

What cannot be read is masked as unknown bytes. Source of the fields: VdTH PA00P015 rev 13.08; EMV Book 3.
"""

from __future__ import annotations

from drivers.payment_terminals.card_numbers import (
    blank,
    is_number,
    mask_bytes,
    mask_number_field,
    mask_torn,
    mask_unknown,
)
from drivers.payment_terminals.zvt import bitmaps, tlv

_BLANKED = frozenset({bitmaps.TRACK_1, bitmaps.TRACK_2, bitmaps.TRACK_3, bitmaps.CVV, bitmaps.EXPIRY})
_BLANKED_OBJECTS = frozenset({0x56, 0x57, 0x5F20, 0x5F24, 0x9F1F, 0x9F20, 0x9F6B})
_NUMBER_OBJECT = 0x5A

# Where the fields begin in the data of each command that carries any (behind password, service or status bytes).
_PASSWORD_FIRST = 3
_FIELDS_AT = {
    0x0401: 0,
    0x040F: 0,
    0x0600: 6,
    0x0601: 0,
    0x060F: 0,
    0x0620: _PASSWORD_FIRST,
    0x0630: _PASSWORD_FIRST,
    0x0631: _PASSWORD_FIRST,
    0x0650: _PASSWORD_FIRST,
    0x0670: 0,
    0x06D3: 0,
    0x8000: 0,
}
_PASSWORDS = frozenset({0x0600, 0x0610, 0x0612, 0x0620, 0x0630, 0x0631, 0x0650, 0x0693})
_TEXTS = frozenset({0x06D1, 0x06E0, 0x06E1, 0x06E2})
_COMPLETION = 0x060F


def mask_data(command: int, data: bytes) -> bytes:
    """The data of the message with this command (class * 256 + instruction), same length, card data gone."""
    if command in _TEXTS:
        return data[:1] + mask_bytes(data[1:])
    if command in (0x04FF, 0x061E):
        return _mask_behind_status(data)
    if command == _COMPLETION and len(data) > 3 and bitmaps.variable_length(data, 0, 3) is not None:
        return mask_bytes(data)  # the end of a status enquiry: version text and a status byte
    start = _FIELDS_AT.get(command)
    if start is None:
        return mask_torn(data)  # no command of ours: perhaps the tail of one, taken for a message
    return mask_fields(data, start)


def _mask_behind_status(data: bytes) -> bytes:
    """A status byte, at most one or two more, then a TLV container if any."""
    for at in (1, 2, 3):
        found, unread = bitmaps.place(data, at)
        if found and unread == len(data) and found[0].tag == bitmaps.TLV:
            return mask_fields(data, at)
    return data[:1] + mask_unknown(data[1:])


def mask_password(command: int, data: bytes) -> bytes:
    """Blanks the password a command begins with, unless it is the factory's 000000, which is no secret."""
    if command in _PASSWORDS and data[:_PASSWORD_FIRST] != bytes(_PASSWORD_FIRST):
        return blank(data[:_PASSWORD_FIRST]) + data[_PASSWORD_FIRST:]
    return data


def mask_fields(data: bytes, start: int) -> bytes:
    masked = bytearray(data)
    found, unread = bitmaps.place(data, start)
    for field in found:
        masked[field.start : field.end] = _mask_field(field.tag, data[field.start : field.end])
    masked[unread:] = mask_unknown(data[unread:])
    return bytes(masked)


def _mask_field(tag: int, value: bytes) -> bytes:
    if tag == bitmaps.PAN:
        return mask_number_field(value)
    if tag in _BLANKED:
        return blank(value)
    if tag == bitmaps.TLV:
        return _mask_objects(value)
    if tag == bitmaps.TOTALS:
        return value  # packed counts and sums
    return mask_bytes(value) if bitmaps.LENGTHS[tag] < 0 else value


def _mask_objects(value: bytes) -> bytes:
    masked = bytearray(value)

    def walk(start: int, end: int, depth: int) -> None:
        for item in tlv.objects(value, start, end):
            if isinstance(item, int):
                masked[item:end] = mask_unknown(value[item:end])
            elif item.constructed and depth < tlv.DEEPEST:
                walk(item.start, item.end, depth + 1)
            else:
                masked[item.start : item.end] = _mask_object(item.tag, value[item.start : item.end])

    walk(0, len(value), 0)
    return bytes(masked)


def _mask_object(tag: int, value: bytes) -> bytes:
    if tag in _BLANKED_OBJECTS:
        return blank(value)
    if tag == _NUMBER_OBJECT or is_number(value):
        return mask_number_field(value)
    return mask_bytes(value)
