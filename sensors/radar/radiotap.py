"""The radiotap header that drivers put before a frame: where in it the flags and the first signal strength lie.

    0        1     2        4           8                                   radiotap.org, all little-endian
    +--------+-----+--------+-----------+- - - - - -+---------------- ... -+
    | 0      | pad | length | present   | present   | fields, in the order  |   802.11 frame ...
    +--------+-----+--------+-----------+- - - - - -+- of the bits, aligned +
                             bit 31: another present word follows
                             bit 29: the next word begins again with field 0 (antenna by antenna)
                             bit 30: the next word is a vendor's; its fields begin with OUI, sub-space and their length
                             bit 28: after all fields come type, length, content, padded to four bytes

A field is aligned to its own size, reckoned from the header's start. A field nobody defined has no known size:
whatever lies behind it cannot be found, and is not looked for.
"""

from __future__ import annotations

import struct

import msgspec

FLAGS, SIGNAL_DBM = 1, 5
FCS_AT_END, BAD_FCS = 0x10, 0x40
LEAST = 8
"""Version, padding, length and one present word."""
TLV, RESET, VENDOR, MORE = 28, 29, 30, 31
MOST_WORDS = 64
"""The kernel's drivers send one for each antenna; a hostile file could send thousands."""
MOST_LAYOUTS = 256
_LENGTH = struct.Struct("<H")
_WORD = struct.Struct("<I")
_TLV = struct.Struct("<HH")

_FIELDS = {
    0: (8, 8),  # TSFT
    1: (1, 1),  # flags
    2: (1, 1),  # rate
    3: (2, 4),  # channel
    4: (2, 2),  # FHSS
    5: (1, 1),  # dBm signal
    6: (1, 1),  # dBm noise
    7: (2, 2),  # lock quality
    8: (2, 2),  # TX attenuation
    9: (2, 2),  # dB TX attenuation
    10: (1, 1),  # dBm TX power
    11: (1, 1),  # antenna
    12: (1, 1),  # dB signal
    13: (1, 1),  # dB noise
    14: (2, 2),  # RX flags
    15: (2, 2),  # TX flags
    16: (1, 1),  # RTS retries
    17: (1, 1),  # data retries
    18: (4, 8),  # XChannel
    19: (1, 3),  # MCS
    20: (4, 8),  # A-MPDU status
    21: (2, 12),  # VHT
    22: (8, 12),  # timestamp
    23: (2, 12),  # HE
    24: (2, 12),  # HE-MU
    25: (2, 6),  # HE-MU, other user
    26: (1, 1),  # zero-length PSDU
    27: (2, 4),  # L-SIG
}
"""Field: (alignment, size), in bytes."""


class Layout(msgspec.Struct, frozen=True):
    """Places from the header's start; -1: no such field. `length` is the header's, where the frame begins."""

    length: int
    flags_at: int
    signal_at: int


class Damaged(ValueError):
    """The header contradicts itself or is not all there."""


class Layouts:
    """Layouts by the words that decide them: a driver says the same ones with every frame."""

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: dict[bytes, Layout] = {}

    def of(self, frame: bytes) -> Layout:
        """Raises Damaged."""
        layout = self._known.get(frame[:LEAST])  # never one with further words: those are kept under all of theirs
        if layout is not None and layout.length <= len(frame):
            return layout
        words = _words(frame)
        name = frame[: 4 + 4 * len(words)]
        layout = self._known.get(name)
        if layout is None:
            layout, lasting = _lay_out(frame, words)
            if lasting:
                if len(self._known) >= MOST_LAYOUTS:
                    self._known.clear()
                self._known[name] = layout
        if layout.length > len(frame):
            raise Damaged("the header is longer than the frame")
        return layout


def layout_of(frame: bytes) -> Layout:
    """Where flags and the first dBm signal lie in the header of this frame. Raises Damaged."""
    return _lay_out(frame, _words(frame))[0]


def _words(frame: bytes) -> list[int]:
    if len(frame) < LEAST:
        raise Damaged("no room for a header")
    if frame[0] != 0:
        raise Damaged(f"version {frame[0]}")
    (length,) = _LENGTH.unpack_from(frame, 2)
    if not LEAST <= length <= len(frame):
        raise Damaged("the header's length is not the frame's")
    words: list[int] = []
    at = 4
    while True:
        if at + 4 > length or len(words) == MOST_WORDS:
            raise Damaged("present words without end")
        words.append(_WORD.unpack_from(frame, at)[0])
        at += 4
        if not words[-1] >> MORE & 1:
            return words


def _lay_out(frame: bytes, words: list[int]) -> tuple[Layout, bool]:
    """Second: the words alone decided it, no length inside a vendor's field."""
    (length,) = _LENGTH.unpack_from(frame, 2)
    at = 4 + 4 * len(words)
    found = {FLAGS: -1, SIGNAL_DBM: -1}
    lasting, offset, vendors, tlv = True, 0, False, False
    for word in words:
        if not vendors:
            at, known = _fields(word, offset, at, length, found)
            if not known:
                return Layout(length, found[FLAGS], found[SIGNAL_DBM]), lasting
            tlv = tlv or bool(word >> TLV & 1)
        named = bool(word >> VENDOR & 1)
        vendors = named or (vendors and not word >> RESET & 1)
        if named:
            if -1 not in found.values():
                break
            lasting = False
            at = _behind_vendor(frame, at, length)
        offset = 0 if word >> RESET & 1 else offset + 32
    if tlv and -1 in found.values():
        lasting = False
        _tlvs(frame, at, length, found)
    return Layout(length, found[FLAGS], found[SIGNAL_DBM]), lasting


def _fields(word: int, offset: int, at: int, length: int, found: dict[int, int]) -> tuple[int, bool]:
    """Where the word's fields end, and whether all of them are known."""
    for bit in range(TLV):
        if not word >> bit & 1:
            continue
        field = _FIELDS.get(offset + bit)
        if field is None:
            return at, False
        align, size = field
        at += -at % align
        if at + size > length:
            raise Damaged("a field beyond the header's end")
        if found.get(offset + bit) == -1:
            found[offset + bit] = at
        at += size
    return at, True


def _behind_vendor(frame: bytes, at: int, length: int) -> int:
    """A vendor's fields: OUI (3 bytes), sub-space (1), the length of what follows (2)."""
    at += -at % 2
    if at + 6 > length:
        raise Damaged("a vendor's field beyond the header's end")
    at += 6 + int(_LENGTH.unpack_from(frame, at + 4)[0])
    if at > length:
        raise Damaged("a vendor's field beyond the header's end")
    return at


def _tlvs(frame: bytes, at: int, length: int, found: dict[int, int]) -> None:
    at += -at % 4
    while at + 4 <= length:
        kind, size = _TLV.unpack_from(frame, at)
        at += 4
        if at + size > length:
            raise Damaged("a typed field beyond the header's end")
        if size == 1 and found.get(kind) == -1:
            found[kind] = at
        at += size + -size % 4
