"""One ZVT message (APDU) and the grammar that cuts them out of a TCP stream.

    CLASS INSTR LEN data          LEN 00..FE
    CLASS INSTR FF lo hi data     longer ones: 16 bits, little-endian

No outer frame and no check sum: TCP carries bare APDUs, a read may hold part of one or several. The grammar is where
card data ends: what it hands out is masked already (masking.py).
Source: VdTH PA00P015 rev 13.08; PA00P016 rev 04 (transport over TCP).
"""

from __future__ import annotations

from dataclasses import dataclass

from drivers.errors import Garbled
from drivers.payment_terminals.zvt.masking import mask_data

# The classes either side may use (04..06, 08 application; 80, 84 responses; 0F vendors). Anything else is no ZVT.
CLASSES = frozenset({0x04, 0x05, 0x06, 0x08, 0x0F, 0x80, 0x84})
LONG_FORM = 0xFF
CODE_IN_DATA = 0x1E


@dataclass(frozen=True, slots=True)
class Apdu:
    """A message: `command` is class and instruction (0x040F), `data` what follows the length."""

    command: int
    data: bytes = b""

    def encode(self) -> bytes:
        """The bytes on the wire. ValueError above 65,535 bytes of data."""
        size = len(self.data)
        length = bytes([size]) if size < LONG_FORM else bytes([LONG_FORM]) + size.to_bytes(2, "little")
        return self.command.to_bytes(2, "big") + length + self.data

    @property
    def positive(self) -> bool:
        """80 xx, and 84 00, which counts as positive."""
        return self.command >> 8 == 0x80 or self.command == 0x8400

    @property
    def response(self) -> bool:
        return self.command >> 8 in (0x80, 0x84)

    @property
    def refusal_code(self) -> int:
        """Why an 84 declines: its second byte, or in `84 1E LEN code ...` the first of the data."""
        second = self.command & 0xFF
        return self.data[0] if second == CODE_IN_DATA and self.data else second


ACK = Apdu(0x8000)
UNKNOWN_COMMAND = Apdu(0x8483)


def split(heard: bytes) -> tuple[int, bytes, int] | None:
    """(command, raw data, bytes used) of the APDU that `heard` starts with; None if more bytes are needed."""
    if heard and heard[0] not in CLASSES:
        raise Garbled(f"no ZVT message begins with {heard[0]:02X}")
    if len(heard) < 3:
        return None
    length, start = heard[2], 3
    if length == LONG_FORM:
        if len(heard) < 5:
            return None
        length, start = heard[3] | heard[4] << 8, 5
    if len(heard) < start + length:
        return None
    return heard[0] << 8 | heard[1], heard[start : start + length], start + length


class ApduGrammar:
    """Cuts masked APDUs."""

    def cut(self, heard: bytes) -> tuple[Apdu, bytes] | None:
        found = split(heard)
        if found is None:
            return None
        command, data, used = found
        return Apdu(command, mask_data(command, data)), heard[used:]
