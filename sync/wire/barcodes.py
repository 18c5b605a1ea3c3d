"""Barcodes as keys: GTINs of 8, 12, 13 and 14 digits carry a check digit, and one product has one key.

Check digit (GS1 General Specifications, 7.9): digits from the right, without the last, times 3, 1, 3 ...; the last
makes the sum a multiple of ten. UPC-A gets its leading zero; a GTIN-14 of a single piece (as in a marking code) loses
it.
"""

from __future__ import annotations

GTIN_LENGTHS = frozenset((8, 12, 13, 14))


def key(barcode: str) -> str:
    """The one way a barcode is written in the catalogue."""
    length = len(barcode)
    if length == 14 and barcode[0] == "0":
        return barcode[1:]
    if length == 12 and barcode.isdigit():
        return "0" + barcode
    return barcode


def check_digit(digits: str) -> int:
    """The digit that follows `digits` (the GTIN without its last one)."""
    return -_weighed(digits.encode("ascii") + b"0") % 10


def has_valid_check_digit(gtin: str) -> bool:
    """`gtin` is ASCII digits."""
    return _weighed(gtin.encode("ascii")) % 10 == 0


def _weighed(gtin: bytes) -> int:
    """The digits from the right times 1, 3, 1 ...: summed as bytes, for this runs once a line of a million."""
    ones, threes = gtin[::-2], gtin[-2::-2]
    return sum(ones) + 3 * sum(threes) - 48 * (len(ones) + 3 * len(threes))
