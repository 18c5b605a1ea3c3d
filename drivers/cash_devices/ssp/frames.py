"""SSP packets: a start byte, who is spoken to, the data, a checksum, and a doubled 7F wherever it is no start.

    7F | SEQ/ADDR | LEN | DATA (LEN bytes) | CRC low, CRC high        SEQ/ADDR: bit 7 sequence, bits 0-6 address

The checksum (polynomial 8005, from FFFF, most significant bit first) covers SEQ/ADDR to the last byte of DATA. After
it is made, every 7F behind the start is doubled; a single 7F with another byte behind it therefore is a new start,
wherever it stands. Source: Innovative Technology's SSP library (`SSPComs.c`) and the protocol manual GA138.
"""

from __future__ import annotations

from dataclasses import dataclass

START = 0x7F
LONGEST_DATA = 255


@dataclass(frozen=True, slots=True)
class Frame:
    """`sequence` is the bit that tells a new packet from the same one sent again."""

    address: int
    sequence: bool
    data: bytes

    def encode(self) -> bytes:
        if not 0 < len(self.data) <= LONGEST_DATA:
            raise ValueError(f"a packet carries 1 to {LONGEST_DATA} bytes, not {len(self.data)}")
        covered = bytes([self.sequence << 7 | self.address, len(self.data)]) + self.data
        whole = covered + crc16_ssp(covered).to_bytes(2, "little")
        return bytes([START]) + whole.replace(b"\x7f", b"\x7f\x7f")


def crc16_ssp(data: bytes) -> int:
    """CRC-16, polynomial 8005, start FFFF, not reflected: "123456789" gives AEE7."""
    crc = 0xFFFF
    for byte in data:
        crc = (crc << 8 & 0xFFFF) ^ _TABLE[crc >> 8 ^ byte]
    return crc


def _table() -> tuple[int, ...]:
    rows = []
    for byte in range(256):
        crc = byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ 0x8005) & 0xFFFF if crc & 0x8000 else crc << 1
        rows.append(crc)
    return tuple(rows)


_TABLE = _table()


class FrameGrammar:
    """Cuts whole packets with a right checksum; everything else is noise and skipped, as the protocol resyncs."""

    def cut(self, heard: bytes) -> tuple[Frame, bytes] | None:
        """Never raises: what is broken is followed by the same packet again, and that one counts."""
        at = _start(heard, 0)
        while at is not None:
            frame, end = _read(heard, at)
            if frame is not None:
                return frame, heard[end:]
            if end >= len(heard):
                return None
            at = _start(heard, end)
        return None


GRAMMAR = FrameGrammar()


def _start(heard: bytes, at: int) -> int | None:
    """The next 7F that does not stand before another: no packet is for the address 7F."""
    while (at := heard.find(START, at)) >= 0:
        if at + 1 == len(heard) or heard[at + 1] != START:
            return at
        at += 1
    return None


def _read(heard: bytes, start: int) -> tuple[Frame | None, int]:
    """The packet that starts here, or None; and where what comes after it, or instead of it, begins."""
    plain, at = bytearray(), start + 1
    while len(plain) < 2 or len(plain) < plain[1] + 4:
        if at >= len(heard):
            return None, len(heard)
        if heard[at] == START:
            if at + 1 >= len(heard):
                return None, len(heard)
            if heard[at + 1] != START:
                return None, at
            at += 1
        plain.append(heard[at])
        at += 1
    covered, crc = bytes(plain[:-2]), int.from_bytes(plain[-2:], "little")
    if crc16_ssp(covered) != crc or len(covered) == 2:
        return None, at
    return Frame(covered[0] & 0x7F, bool(covered[0] & 0x80), covered[2:]), at
