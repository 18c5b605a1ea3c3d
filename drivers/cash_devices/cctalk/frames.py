"""ccTalk frames: what goes out, and how a reply is found among our own echo, late replies and noise.

    simple    DEST | N | SRC    | HEADER | N data | CHK       the 8-bit sum of all bytes is 0
    CRC       DEST | N | CRC lo | HEADER | N data | CRC hi    CRC-CCITT (1021, from 0) over DEST, N, HEADER, data
    reply     DEST = 1 (the host), SRC = the device, HEADER 0; ACK is a reply without data, NAK has header 5, BUSY 6

One open-collector wire carries both directions, so most adapters hand our own bytes back first (the echo).
Source: ashaduri/qt-cctalk and mordae/cctalk; the CRC as in PierreBeucher/ccTalk4j.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from drivers.wire.checksums import crc16_ccitt

HOST = 1
LONGEST_DATA = 255
OVERHEAD = 5  # the bytes of a frame around its data
ACK, NAK, BUSY = 0, 5, 6


class Echo(Enum):
    """Whether our own bytes come back first."""

    ON = "on"
    OFF = "off"
    AUTO = "auto"


@dataclass(frozen=True, slots=True)
class Station:
    """A device on the wire: its address, and whether it checks by CRC."""

    address: int
    crc: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """`echoed`: our own bytes came first. `crowded`: another reply came with it, so one of the two is a late one."""

    header: int
    data: bytes = b""
    echoed: bool = False
    crowded: bool = False


def encode(station: Station, header: int, data: bytes = b"") -> bytes:
    """The frame that asks `station`. Raises ValueError for more data than a frame holds."""
    if len(data) > LONGEST_DATA:
        raise ValueError(f"{len(data)} bytes do not fit into a frame")
    if station.crc:
        crc = crc16_ccitt(bytes([station.address, len(data), header]) + data, start=0)
        return bytes([station.address, len(data), crc & 0xFF, header]) + data + bytes([crc >> 8])
    frame = bytes([station.address, len(data), HOST, header]) + data
    return frame + bytes([-sum(frame) & 0xFF])


def decode(frame: bytes, station: Station) -> Reply | None:
    """The reply that `frame` is, from this station to the host; None if it is none."""
    if len(frame) < OVERHEAD or frame[0] != HOST or len(frame) != frame[1] + OVERHEAD:
        return None
    header, data = frame[3], frame[4:-1]
    if station.crc:
        fits = crc16_ccitt(frame[:2] + frame[3:-1], start=0) == frame[2] | frame[-1] << 8
    else:
        fits = frame[2] == station.address and sum(frame) & 0xFF == 0
    return Reply(header, data) if fits else None


@dataclass(frozen=True, slots=True)
class ReplyGrammar:
    """Finds the reply of `station` to the frame `sent`.

    `lengths` are the amounts of data an answer to that question can have. A reply carries nothing else that says what
    it answers, so one of another length (a late answer to an earlier question) is passed over like noise. A torn or
    damaged reply never becomes a frame: the deadline ends the wait.
    """

    sent: bytes
    station: Station
    lengths: frozenset[int]
    echo: Echo = Echo.AUTO

    def cut(self, heard: bytes) -> tuple[Reply, bytes] | None:
        begin, found = 0, -1
        if self.echo is not Echo.OFF:
            found = heard.find(self.sent)
            if found >= 0:
                begin = found + len(self.sent)
            elif self.echo is Echo.ON or self.sent.startswith(heard):
                return None  # what comes before our own echo answers something else
        for start in range(begin, len(heard) - OVERHEAD + 1):
            if heard[start] != HOST:
                continue
            end = start + heard[start + 1] + OVERHEAD
            if end > len(heard):
                continue
            reply = decode(heard[start:end], self.station)
            if reply is not None and self._answers(reply):
                crowded = self._holds_reply(heard[: max(found, 0)]) or self._holds_reply(heard[end:])
                return Reply(reply.header, reply.data, found >= 0, crowded), heard[end:]
        return None

    def _holds_reply(self, other: bytes) -> bool:
        """A glitch of the line before or after a reply means nothing, a second reply does."""
        starts = (at for at in range(len(other) - OVERHEAD + 1) if other[at] == HOST)
        return any(decode(other[at : at + other[at + 1] + OVERHEAD], self.station) is not None for at in starts)

    def _answers(self, reply: Reply) -> bool:
        if reply.header in (NAK, BUSY):
            return not reply.data
        return reply.header == ACK and len(reply.data) in self.lengths
