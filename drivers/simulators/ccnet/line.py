"""The frames of CCNET as the validator hears and says them (CCNET common specification 2.6.0).

    02 | ADR | LNG | body ... | CRC low | CRC high        LNG counts the whole frame, the shortest is 06

The CRC has the polynomial 1021 mirrored (8408), starts at 0 and covers everything before it. A pause of more than 5 ms
between two bytes ends a frame: what was heard of it is forgotten. LNG 00 announces the long form, which belongs to the
loading of firmware: this validator does not know it.
"""

from __future__ import annotations

from dataclasses import dataclass

SYNC = 0x02
ADDRESS = 0x03  # a bill validator
SHORTEST = 6
BETWEEN_BYTES_S = 0.005
SLACK_S = 1e-9  # two clock readings 5 ms apart may differ by 5 ms and a rounding


def check(data: bytes) -> bytes:
    """The two CRC bytes, low one first."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x8408 if crc & 1 else 0)
    return bytes((crc & 0xFF, crc >> 8))


def framed(body: bytes) -> bytes:
    """What the validator says."""
    head = bytes((SYNC, ADDRESS, len(body) + SHORTEST - 1)) + body
    return head + check(head)


@dataclass(frozen=True, slots=True)
class Heard:
    """A frame from the host. `sound`: its CRC is right."""

    address: int
    body: bytes
    sound: bool


class Line:
    """Cuts frames out of what arrives, by content and by time."""

    def __init__(self) -> None:
        self._unfinished = b""
        self._last_at = 0.0

    def forget(self) -> None:
        self._unfinished = b""

    def feed(self, data: bytes, at: float) -> list[Heard]:
        """`at`: when the bytes came, in seconds of any steady clock."""
        if at - self._last_at > BETWEEN_BYTES_S + SLACK_S:
            self._unfinished = b""
        self._last_at = at
        waiting = self._unfinished + data
        frames = []
        while True:
            start = waiting.find(SYNC)
            if start < 0:
                waiting = b""
                break
            waiting = waiting[start:]
            if len(waiting) < 3:
                break
            length = waiting[2]
            if length < SHORTEST:  # the long form too: not a frame for us, look for the next beginning
                waiting = waiting[1:]
                continue
            if len(waiting) < length:
                break
            frame, waiting = waiting[:length], waiting[length:]
            frames.append(Heard(frame[1], frame[3:-2], frame[-2:] == check(frame[:-2])))
        self._unfinished = waiting
        return frames
