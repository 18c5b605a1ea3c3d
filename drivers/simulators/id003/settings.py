"""What a host sets in the validator and may read back: all of it volatile, lost at power-up and at each reset."""

from __future__ import annotations

DENOMINATIONS, SECURITY, MODE, INHIBIT, DIRECTION, OPTIONAL, BARCODE, BARCODE_INHIBIT = range(0xC0, 0xC8)
LENGTHS = {DENOMINATIONS: 2, SECURITY: 2, MODE: 1, INHIBIT: 1, DIRECTION: 1, OPTIONAL: 2}
BARCODES = (BARCODE, BARCODE_INHIBIT)  # not every model has them: refused unless the unit was told to know them
READABLE = {0x80: DENOMINATIONS, 0x81: SECURITY, 0x83: INHIBIT, 0x84: DIRECTION, 0x85: OPTIONAL}
POLLED = b"\x00"  # the one mode of communication that the unit has


class Settings:
    """By the number that sets them. In DENOMINATIONS a set bit disables: bit 0 of its first byte is 61."""

    def __init__(self) -> None:
        self._held: dict[int, bytes] = {}
        self.forget()

    def forget(self) -> None:
        """Nothing is masked, and the unit is inhibited."""
        self._held = {number: bytes(length) for number, length in LENGTHS.items()}
        self._held[INHIBIT] = b"\x01"

    def set(self, number: int, data: bytes, *, barcodes: bool) -> bool:
        """False where the unit does not know the setting or its value does not fit."""
        fits = len(data) in (1, 2) if number in BARCODES else len(data) == LENGTHS.get(number)
        if not fits or (number in BARCODES and not barcodes):
            return False
        if (number == MODE and data != POLLED) or (number == INHIBIT and data[0] > 1):
            return False
        self._held[number] = data
        return True

    def get(self, number: int) -> bytes:
        return self._held[number]

    @property
    def inhibited(self) -> bool:
        return self._held[INHIBIT] != b"\x00"

    def disables(self, code: int) -> bool:
        """Is the note of this escrow code (61...6F) disabled?"""
        return bool(int.from_bytes(self._held[DENOMINATIONS], "little") >> (code - 0x61) & 1)
