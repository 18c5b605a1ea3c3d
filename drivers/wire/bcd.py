"""Packed decimal digits: two in a byte, the most significant first."""

from __future__ import annotations

from drivers.errors import Garbled


def to_bcd(number: int, length: int) -> bytes:
    """`number` in exactly `length` bytes, zeros in front. Raises ValueError if it is negative or does not fit."""
    digits = str(number)
    if number < 0 or len(digits) > 2 * length:
        raise ValueError(f"{number} does not fit {length} bytes of packed decimal")
    return bytes.fromhex(digits.zfill(2 * length))


def from_bcd(data: bytes) -> int:
    """The number packed in `data` (0 for none). Raises Garbled if a half-byte is not a decimal digit."""
    text = data.hex() or "0"
    if not text.isdecimal():
        raise Garbled(f"not packed decimal: {text}")
    return int(text)
