"""The frames of ID-003 on the wire, as the validator hears and says them.

    FC | LNG | CMD | DATA... | CRC low | CRC high        LNG counts every byte of the frame, 5 at least

The check sum is a CRC-16 with the mirrored polynomial 8408, begun at 0, over everything before it. There is no
address and no number: a status request and the answer "idling" are the same five bytes.

    FC 05 11 27 56      status request, and "idling"        FC 06 13 61 B0 FB      a note of type 61 in escrow

Source: public ID-003 drivers (Python, kiosk) and Portalum.Id003; serial line of 9600 baud, 8 bits, even parity.
"""

from __future__ import annotations

SYNC = 0xFC
SHORTEST = 5
TORN_AFTER_S = 0.1
"""A frame whose bytes pause this long has lost its end: at 9600 baud a byte takes 1 ms, an adapter gathers for 16."""


def check_sum(data: bytes) -> bytes:
    """Low byte first."""
    rest = 0
    for byte in data:
        rest ^= byte
        for _ in range(8):
            low, rest = rest & 1, rest >> 1
            if low:
                rest ^= 0x8408
    return rest.to_bytes(2, "little")


def framed(command: int, data: bytes = b"") -> bytes:
    body = bytes([SYNC, SHORTEST + len(data), command]) + data
    return body + check_sum(body)


class Ear:
    """Gathers bytes and gives out the bodies (command and data) of whole, undamaged frames; the rest is noise."""

    def __init__(self) -> None:
        self._gathered = b""
        self._heard_at = 0.0

    def hear(self, data: bytes, at: float) -> list[bytes]:
        """`at` is the moment in seconds: what was begun too long ago is forgotten."""
        if self._gathered and at - self._heard_at > TORN_AFTER_S:
            self._gathered = b""
        self._heard_at = at
        self._gathered += data
        bodies: list[bytes] = []
        while True:
            start = self._gathered.find(SYNC)
            self._gathered = self._gathered[start:] if start >= 0 else b""
            if len(self._gathered) < 2:
                return bodies
            length = self._gathered[1]
            if length < SHORTEST:
                self._gathered = self._gathered[1:]
                continue
            if len(self._gathered) < length:
                return bodies
            frame, self._gathered = self._gathered[:length], self._gathered[length:]
            if check_sum(frame[:-2]) == frame[-2:]:
                bodies.append(frame[2:-2])

    def forget(self) -> None:
        self._gathered = b""
