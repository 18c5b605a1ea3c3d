"""The Prism header (DLT 119) of old drivers, and the AVS header some of them send in its place.

    Prism, in the byte order of the machine that wrote it           Linux linux-wlan-ng, p80211msg.h
    +---------+--------+-------------+--------------------------------------------+
    | code 68 | length | device (16) | ten items: DID (4), status (2), length (2), |
    |   (4)   |  (4)   |             | data (4)                                   |
    +---------+--------+-------------+--------------------------------------------+
    item number, in bits 12 to 15 of linux-wlan's DID or in its upper half of others': 6 is the signal; status 0: given

    AVS, big-endian: version 0x80211001 (4), length (4), ..., at 44 the signal's kind (2 is dBm), at 48 the signal

A Prism signal is in dBm with some drivers and a bare number with others. Only one below zero can be in dBm.
"""

from __future__ import annotations

import struct

CODE = 68
LENGTH = 144
AVS_MAGIC = 0x80211001
AVS_LEAST = 64
_ITEMS_AT, _ITEM_BYTES, _SIGNAL = 24, 12, 6
_AVS_AT, _AVS_DBM = 44, 2
_BIG = struct.Struct(">II")
_AVS = struct.Struct(">Ii")
_ORDERS = (struct.Struct("<II"), _BIG)
_ITEM = {"<": struct.Struct("<IHHi"), ">": struct.Struct(">IHHi")}


class Damaged(ValueError):
    """No header of either kind, or not all of it."""


def header_of(frame: bytes) -> tuple[int, int | None]:
    """The header's length and the signal in dBm, if it says one. Raises Damaged."""
    if len(frame) < 8:
        raise Damaged("no room for a header")
    for order, pair in zip("<>", _ORDERS, strict=True):
        code, length = pair.unpack_from(frame)
        if code == CODE:
            if not LENGTH <= length <= len(frame):
                raise Damaged("the header's length is not the frame's")
            return length, _signal(frame, _ITEM[order])
    magic, length = _BIG.unpack_from(frame)
    if magic != AVS_MAGIC or not AVS_LEAST <= length <= len(frame):
        raise Damaged("neither Prism nor AVS")
    kind, signal = _AVS.unpack_from(frame, _AVS_AT)
    return length, _dbm(signal) if kind == _AVS_DBM else None


def _signal(frame: bytes, item: struct.Struct) -> int | None:
    for at in range(_ITEMS_AT, LENGTH, _ITEM_BYTES):
        did, status, _, data = item.unpack_from(frame, at)
        number = did >> 16 if did >> 16 else did >> 12
        if number == _SIGNAL and status == 0:
            return _dbm(data)
    return None


def _dbm(signal: int) -> int | None:
    return signal if -128 <= signal < 0 else None
