"""Frames of CCNET, the same in both directions but for what the body means.

    +----+-----+-----+-------------------+----+----+
    | 02 | ADR | LNG | body, 1 to 250    | CRC     |    LNG: length of the whole frame, 6 to 255
    +----+-----+-----+-------------------+----+----+    CRC: 8408 reflected from 0, low byte first

    body to the device:    command, data
    body from the device:  data only: what it answers is known to who asked
                           00 ACK     FF NAK     30 illegal in this state

LNG 0 announces frames longer than 255 bytes; only firmware uses them, so here it starts no frame.
Source: CCNET common specification 2.6.0, chapter 2.
"""

from __future__ import annotations

from drivers.wire.checksums import crc16_reflected

SYNC = 0x02
SHORTEST, LONGEST = 6, 255
LONGEST_BODY = LONGEST - SHORTEST + 1


def frame(address: int, body: bytes) -> bytes:
    """`body` as it goes on the wire. Raises ValueError if it is empty or longer than one frame carries."""
    if not 1 <= len(body) <= LONGEST_BODY:
        raise ValueError(f"a frame carries 1 to {LONGEST_BODY} bytes, not {len(body)}")
    checked = bytes([SYNC, address, len(body) + SHORTEST - 1]) + body
    return checked + crc16_reflected(checked).to_bytes(2, "little")


class FrameGrammar:
    """Cuts bodies of whole frames of one address out of a stream; everything else is skipped.

    A byte 02 that starts no whole frame may be noise: a frame further on wins over it, so that a spurious length does
    not swallow what follows. A damaged frame is thus silence, and is treated like it: asked again.
    """

    def __init__(self, address: int) -> None:
        self._address = address

    def cut(self, heard: bytes) -> tuple[bytes, bytes] | None:
        """(body, rest), or None while there is no whole frame. Never raises."""
        at = heard.find(SYNC)
        while at >= 0 and at + SHORTEST <= len(heard):
            end = at + heard[at + 2]
            if heard[at + 1] == self._address and at + SHORTEST <= end <= len(heard):
                crc = int.from_bytes(heard[end - 2 : end], "little")
                if crc16_reflected(heard[at : end - 2]) == crc:
                    return heard[at + 3 : end - 2], heard[end:]
            at = heard.find(SYNC, at + 1)
        return None
