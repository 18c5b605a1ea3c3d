"""SSP frames as a device cuts and builds them: a start byte, stuffing, and a checksum.

    7F | SEQ/ADDR | LEN | DATA (LEN bytes) | CRC low  CRC high

SEQ/ADDR: bit 7 is the sequence bit, bits 0-6 the unit's address. After the start byte every 7F is doubled; a single 7F
followed by anything else begins a new frame. The CRC covers SEQ/ADDR to the last byte of DATA, before stuffing.
Source: Innovative Technology's public C library (ITLSSPProc.c, SSPComs.c) and the open-source library kybarg/ssp.
"""

from __future__ import annotations

from dataclasses import dataclass

STX = 0x7F
SEQUENCE = 0x80
ADDRESS = 0x7F


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame whose checksum is right."""

    seq_addr: int
    data: bytes


def _remainder(byte: int) -> int:
    crc = byte << 8
    for _ in range(8):
        crc = (crc << 1 ^ 0x8005) & 0xFFFF if crc & 0x8000 else crc << 1
    return crc


_REMAINDERS = tuple(_remainder(byte) for byte in range(256))


def checksum(data: bytes) -> int:
    """CRC-16, polynomial 8005, start FFFF, most significant bit first, not reflected."""
    crc = 0xFFFF
    for byte in data:
        crc = (crc << 8 & 0xFFFF) ^ _REMAINDERS[crc >> 8 ^ byte]
    return crc


def build(seq_addr: int, data: bytes) -> bytes:
    """The frame as it goes over the wire."""
    body = bytes([seq_addr, len(data)]) + data
    body += checksum(body).to_bytes(2, "little")
    return bytes([STX]) + body.replace(b"\x7f", b"\x7f\x7f")


class Inlet:
    """Finds frames in what arrives, however torn or dirty; a frame with a wrong checksum is dropped without a word."""

    def __init__(self) -> None:
        self._body: bytearray | None = None
        self._half = False  # the last byte was a 7F: the next one says what it meant

    def feed(self, arrived: bytes) -> list[Frame]:
        frames = []
        for byte in arrived:
            self._take(byte)
            body = self._body
            if body is not None and len(body) > 1 and len(body) == body[1] + 4:
                self._body = None
                frame = bytes(body[:-2])
                if body[1] and checksum(frame) == int.from_bytes(body[-2:], "little"):
                    frames.append(Frame(frame[0], frame[2:]))
        return frames

    def _take(self, byte: int) -> None:
        if self._half and byte != STX:
            self._body, self._half = bytearray([byte]), False
        elif self._half and self._body is not None:
            self._body.append(STX)
            self._half = False
        elif byte == STX:
            self._half = True
        elif self._body is not None:
            self._body.append(byte)
