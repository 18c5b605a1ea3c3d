"""pcap, the plain capture file: of either byte order, in micro- or nanoseconds.

    | magic (4) | version (2+2) | zone, accuracy (4+4) | snapshot (4) | link type (4) |      once
    | seconds (4) | fraction (4) | kept bytes (4) | bytes on the air (4) | the kept bytes |  for each frame

Source: IETF draft-ietf-opsawg-pcap. The link type's upper bits may say how many FCS bytes end each frame.
A file is believed in nothing: a record longer than any frame ends the reading, and the reading says so.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO

from sensors.radar.records import NoCapture, Record, link_of

MOST_BYTES = 262_144
"""The largest snapshot length that tcpdump allows; an 802.11 frame has 2,346 bytes at the most, an aggregate 11,454."""
_FCS_SAID = 0x0400_0000
MAGICS = {
    b"\xd4\xc3\xb2\xa1": ("<", 1_000),
    b"\xa1\xb2\xc3\xd4": (">", 1_000),
    b"\x4d\x3c\xb2\xa1": ("<", 1),
    b"\xa1\xb2\x3c\x4d": (">", 1),
}
"""Magic: (byte order, nanoseconds in one unit of the fraction)."""


class PcapRecords:
    """`file` stands behind the magic."""

    def __init__(self, file: BinaryIO, order: str, unit_ns: int) -> None:
        head = file.read(20)
        if len(head) < 20:
            raise NoCapture("Файл записи эфира обрывается в заголовке.", "The capture file ends within its header.")
        (number,) = struct.unpack(order + "16xI", head)
        fcs_bytes = (number >> 28) * 2 if number & _FCS_SAID else 0
        self.link = link_of(number & 0xFFFF, fcs_bytes)
        self.broken = ""
        self._file = file
        self._head = struct.Struct(order + "IIII")
        self._unit_ns = unit_ns

    def __iter__(self) -> Iterator[Record]:
        read, unpack, unit_ns, link = self._file.read, self._head.unpack, self._unit_ns, self.link
        while head := read(16):
            if len(head) < 16:
                self.broken = "cut"
                return
            seconds, fraction, kept, sent = unpack(head)
            if kept > MOST_BYTES:
                self.broken = "record_too_long"
                return
            frame = read(kept)
            if len(frame) < kept:
                self.broken = "cut"
                return
            yield Record(link, seconds * 1_000_000_000 + fraction * unit_ns, frame, sent - kept if sent > kept else 0)
