"""One frame as a capture gives it becomes a probe request, or is left for a reason; nothing here can raise.

    radiotap, Prism or nothing | 802.11 management header                                    | elements | FCS |
                               +----+-------+----------+----+----+-------+-----------------+ +----------+-----+
                               | 40 | flags | duration | to | by | BSSID | fragment (4 b), |   tagged   CRC 32, if
                               |  1 |   1   |    2     | 6  | 6  |   6   | sequence (12 b) |            the radio's
                               +----+-------+----------+----+----+-------+-----------------+            header says so
                                                              flags bit 7: four bytes of HT control follow

IEEE 802.11-2020, 9.3.3.1 and 9.3.3.9. Little-endian. A probe request is type 0, subtype 4, version 0: first byte 0x40.
"""

from __future__ import annotations

from enum import Enum, IntEnum

import msgspec

from sensors.radar import prism, radiotap
from sensors.radar.elements import Element, elements_of
from sensors.radar.radiotap import BAD_FCS, FCS_AT_END, Layouts
from sensors.radar.signature import Shape, Shapes

PROBE_REQUEST = 0x40
HEADER = 24
FCS = 4
_PROTECTED, _HT_CONTROL = 0x40, 0x80


class LinkType(IntEnum):
    """What stands before the frame; the numbers of tcpdump.org/linktypes.html."""

    BARE = 105
    PRISM = 119
    RADIOTAP = 127


class Link(msgspec.Struct, frozen=True):
    """What a capture says of all its frames; `fcs_bytes`: how many the capture file says end each frame."""

    kind: LinkType
    fcs_bytes: int = 0


class Left(Enum):
    """Why a frame gave no probe, or (CUT_ELEMENT) a probe that is not counted."""

    RADIO_HEADER = "radio_header"
    BAD_FCS = "bad_fcs"
    SHORT = "short"
    OTHER = "other_frame"
    PROTECTED = "protected"
    CUT_ELEMENT = "cut_element"


class Probe(msgspec.Struct, frozen=True, gc=False):
    """A probe request. `at_ns`: Unix time. `source`: six bytes, `tagged`: the elements, SSID included; neither ever
    leaves this process. `signal_dbm`: at the first antenna, None when the radio did not say."""

    at_ns: int
    source: bytes
    sequence: int
    signal_dbm: int | None
    shape: Shape
    tagged: bytes

    @property
    def ids(self) -> tuple[int, ...]:
        return self.shape.ids

    @property
    def elements(self) -> tuple[Element, ...]:
        return elements_of(self.tagged)[0]

    @property
    def made_up(self) -> bool:
        """The address was drawn by the phone (the locally administered bit), not given by its maker."""
        return bool(self.source[0] & 0x02)


class FrameReader:
    """Reads frames one by one and counts those it leaves, by reason. One for a capture: it remembers shapes."""

    __slots__ = ("_layouts", "left", "seen", "shapes")

    def __init__(self, shapes: Shapes | None = None) -> None:
        self.shapes = Shapes() if shapes is None else shapes
        self._layouts = Layouts()
        self.seen = 0
        self.left = dict.fromkeys(Left, 0)

    def read(self, link: Link, at_ns: int, frame: bytes, lost: int = 0) -> Probe | None:
        """`lost`: how many bytes at the end the capture did not keep (a snapshot length)."""
        self.seen += 1
        end = len(frame)
        signal: int | None = None
        if link.kind is LinkType.RADIOTAP:
            try:
                layout = self._layouts.of(frame)
            except radiotap.Damaged:
                self.left[Left.RADIO_HEADER] += 1
                return None
            start, flags_at, signal_at = layout.length, layout.flags_at, layout.signal_at
            if flags_at >= 0:
                flags = frame[flags_at]
                if flags & BAD_FCS:
                    self.left[Left.BAD_FCS] += 1
                    return None
                if flags & FCS_AT_END and lost < FCS:
                    end -= FCS - lost
            if signal_at >= 0:
                signal = frame[signal_at]
                if signal > 127:
                    signal -= 256
        else:
            start = 0
            if link.kind is LinkType.PRISM:
                try:
                    start, signal = prism.header_of(frame)
                except prism.Damaged:
                    self.left[Left.RADIO_HEADER] += 1
                    return None
            if lost < link.fcs_bytes:
                end -= link.fcs_bytes - lost
        if end > start and frame[start] != PROBE_REQUEST:
            self.left[Left.OTHER] += 1
            return None
        if end < start + HEADER:
            self.left[Left.SHORT] += 1
            return None
        begins = start + HEADER
        more = frame[start + 1]
        if more & (_PROTECTED | _HT_CONTROL):
            if more & _PROTECTED:
                self.left[Left.PROTECTED] += 1
                return None
            begins += 4
            if end < begins:
                self.left[Left.SHORT] += 1
                return None
        tagged = frame[begins:end]
        shape = self.shapes.of(tagged)
        if not shape.whole:
            self.left[Left.CUT_ELEMENT] += 1
        return Probe(
            at_ns,
            frame[start + 10 : start + 16],
            (frame[start + 22] | frame[start + 23] << 8) >> 4,
            signal,
            shape,
            tagged,
        )
