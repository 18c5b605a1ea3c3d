"""The bytes of ccTalk: frames with a plain checksum or a CRC, and what a device's receiver does with a stream.

    DEST | N | SRC    | HEADER | N data | CHK      all bytes together give 0 (mod 256)
    DEST | N | CRC lo | HEADER | N data | CRC hi   CRC-CCITT 1021 from 0 over DEST, N, HEADER and data

A reply has header 0; with no data it is the ACK, header 5 is NAK, header 6 BUSY. Source: ccTalk Generic Specification
of Money Controls, public domain.
"""

from __future__ import annotations

from dataclasses import dataclass

BROADCAST, HOST = 0, 1
ACK, NAK, BUSY = 0, 5, 6
INTER_BYTE_S = 0.050  # a receiver that waits longer for the next byte drops what it has
OVERHEAD = 5  # DEST, N, SRC, HEADER, CHK


@dataclass(frozen=True, slots=True)
class Answer:
    """What a device says: data under header 0, or a bare NAK or BUSY."""

    data: bytes = b""
    header: int = ACK


ACKNOWLEDGED, REFUSED, BUSY_NOW = Answer(), Answer(b"", NAK), Answer(b"", BUSY)


@dataclass(frozen=True, slots=True)
class Frame:
    """A whole frame as it came; `sum_fits` and `crc_fits` say which of the two checks it passes."""

    raw: bytes

    @property
    def dest(self) -> int:
        return self.raw[0]

    @property
    def source(self) -> int:
        """Only where the plain checksum is used."""
        return self.raw[2]

    @property
    def header(self) -> int:
        return self.raw[3]

    @property
    def data(self) -> bytes:
        return self.raw[4:-1]

    @property
    def sum_fits(self) -> bool:
        return sum(self.raw) & 0xFF == 0

    @property
    def crc_fits(self) -> bool:
        crc = crc_ccitt(self.raw[:2] + self.raw[3:-1])
        return self.raw[2] == crc & 0xFF and self.raw[-1] == crc >> 8


def crc_ccitt(data: bytes) -> int:
    """Polynomial 1021, from 0, most significant bit first; "123456789" gives 31C3."""
    crc = 0
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xFFFF
    return crc


def reply(answer: Answer, source: int, dest: int, *, crc: bool) -> bytes:
    """The frame of an answer."""
    if crc:
        check = crc_ccitt(bytes([dest, len(answer.data), answer.header]) + answer.data)
        return bytes([dest, len(answer.data), check & 0xFF, answer.header]) + answer.data + bytes([check >> 8])
    body = bytes([dest, len(answer.data), source, answer.header]) + answer.data
    return body + bytes([-sum(body) & 0xFF])


class Receiver:
    """Cuts a stream into frames by their length byte; a gap of 50 ms inside a frame drops the part that came."""

    def __init__(self) -> None:
        self._part = bytearray()
        self._at = 0.0

    def take(self, data: bytes, at: float) -> list[Frame]:
        """The frames that `data`, arriving at `at` (seconds), completes; their checks are not looked at."""
        if at - self._at > INTER_BYTE_S:
            self._part.clear()
        self._part += data
        self._at = at
        frames = []
        while len(self._part) >= OVERHEAD and len(self._part) >= (size := self._part[1] + OVERHEAD):
            frames.append(Frame(bytes(self._part[:size])))
            del self._part[:size]
        return frames
