"""pcapng: blocks, of which those that describe interfaces and those that hold frames are read.

    | type (4) | length (4) | body, padded to four bytes | length again (4) |      IETF draft-ietf-opsawg-pcapng
    0A0D0D0A section    byte order 1A2B3C4D (4), version, ...; interfaces are numbered anew in each section
    00000001 interface  link type (2), 0 (2), snapshot (4), options: 9 resolution, 13 FCS length, 14 offset in seconds
    00000006 frame      interface (4), time high (4), low (4), kept (4), on the air (4), the kept bytes
    00000002 the same, older: interface (2), drops (2), time high, low, kept, on the air
    00000003 frame      on the air (4), bytes: the first interface, no time (it is said to be 0)

Frames of interfaces that are no Wi-Fi are passed over; a file without any interface of Wi-Fi is refused.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO

from sensors.radar.frames import Link
from sensors.radar.records import NoCapture, Record, link_of

SECTION = b"\x0a\x0d\x0d\x0a"
MOST_BLOCK = 1 << 20
"""A frame's block is at most 256 KiB and a name table small; a longer block is a damaged length."""
_SECTION, _INTERFACE, _OLD, _SIMPLE, _FRAME = 0x0A0D0D0A, 1, 2, 3, 6
_RESOLUTION, _FCS_LENGTH, _OFFSET = 9, 13, 14
_NS = 1_000_000_000


class _Interface:
    """One interface of a section: its link (None: no Wi-Fi) and how its times are counted."""

    def __init__(self, link: Link | None, units: int, offset_s: int, snapshot: int) -> None:
        self.link = link
        self.snapshot = snapshot
        self._units = units
        self._offset_ns = offset_s * _NS

    def at_ns(self, high: int, low: int) -> int:
        return (high << 32 | low) * _NS // self._units + self._offset_ns


class NgRecords:
    """`file` stands behind the first four bytes. The iteration raises NoCapture when no interface was Wi-Fi."""

    def __init__(self, file: BinaryIO) -> None:
        self.broken = ""
        self._file = file
        self._order = "<"
        self._interfaces: list[_Interface] = []
        self._refusal: NoCapture | None = None

    def __iter__(self) -> Iterator[Record]:
        for kind, body in self._blocks():
            try:
                if kind == _INTERFACE:
                    self._interfaces.append(self._described(body))
                elif kind in (_FRAME, _OLD, _SIMPLE):
                    found = self._frame(kind, body)
                    if found is not None:
                        yield found
            except struct.error:
                self.broken = "block_too_short"
                return
        if self._refusal is not None and all(one.link is None for one in self._interfaces):
            raise self._refusal

    def _blocks(self) -> Iterator[tuple[int, bytes]]:
        """Blocks but sections, which turn the byte order. Ends at the first that cannot be."""
        name = SECTION
        while name:
            if name == SECTION:
                head = self._file.read(8)
                orders = {b"\x4d\x3c\x2b\x1a": "<", b"\x1a\x2b\x3c\x4d": ">"}
                if len(head) < 8 or head[4:] not in orders:
                    self.broken = "cut" if len(head) < 8 else "byte_order"
                    return
                self._order = orders[head[4:]]
                self._interfaces.clear()
                length, read = struct.unpack(self._order + "I", head[:4])[0], 12
            else:
                head = self._file.read(4)
                if len(name) < 4 or len(head) < 4:
                    self.broken = "cut"
                    return
                length, read = struct.unpack(self._order + "I", head)[0], 8
            if not read + 4 <= length <= MOST_BLOCK or length % 4:
                self.broken = "block_length"
                return
            body = self._file.read(length - read)
            if len(body) < length - read:
                self.broken = "cut"
                return
            if name != SECTION:
                yield struct.unpack(self._order + "I", name)[0], body[:-4]
            name = self._file.read(4)

    def _described(self, body: bytes) -> _Interface:
        number, _, snapshot = struct.unpack_from(self._order + "HHI", body)
        units, offset_s, fcs_bytes = 1_000_000, 0, 0
        at = 8
        while at + 4 <= len(body):
            code, length = struct.unpack_from(self._order + "HH", body, at)
            value = body[at + 4 : at + 4 + length]
            at += 4 + length + -length % 4
            if code == _RESOLUTION and len(value) == 1:
                units = 2 ** (value[0] & 0x7F) if value[0] & 0x80 else 10 ** value[0]
            elif code == _FCS_LENGTH and len(value) == 1:
                fcs_bytes = value[0]
            elif code == _OFFSET and len(value) == 8:
                (offset_s,) = struct.unpack(self._order + "q", value)
        return _Interface(self._link(number, fcs_bytes), units, offset_s, snapshot)

    def _link(self, number: int, fcs_bytes: int) -> Link | None:
        try:
            return link_of(number, fcs_bytes)
        except NoCapture as refused:
            self._refusal = refused
            return None

    def _frame(self, kind: int, body: bytes) -> Record | None:
        if kind == _SIMPLE:
            number, high, low, begins = 0, 0, 0, 4
            (sent,) = struct.unpack_from(self._order + "I", body)
            snapshot = self._interfaces[0].snapshot if self._interfaces else 0
            kept = min(sent, snapshot or sent, len(body) - begins)
        elif kind == _OLD:
            number, _, high, low, kept, sent = struct.unpack_from(self._order + "HHIIII", body)
            begins = 20
        else:
            number, high, low, kept, sent = struct.unpack_from(self._order + "IIIII", body)
            begins = 20
        if number >= len(self._interfaces) or kept > len(body) - begins:
            raise struct.error("a frame of no interface, or longer than its block")
        interface = self._interfaces[number]
        if interface.link is None:
            return None
        frame = body[begins : begins + kept]
        return Record(interface.link, interface.at_ns(high, low), frame, max(0, sent - kept))
