"""Tag 1162 of format 1.05: two bytes that say what was scanned, then the GTIN as a number and what follows it.

    45 08  EAN-8      45 0D  EAN-13     49 0E  ITF-14         + number, 6 bytes, big-endian
    44 4D  DataMatrix: number, then the serial, then the kopecks of AI 8005;
           a tobacco pack's serial and price are filled up with two spaces
Source: order ED-7-20/662@, test vectors of its table.
"""

from __future__ import annotations

from typing import Final

from fiscal.marking import Scan, ScanKind

LONGEST: Final = 32  # bytes
_PREFIX: Final = {
    ScanKind.EAN8: b"\x45\x08",
    ScanKind.EAN13: b"\x45\x0d",
    ScanKind.UPC_A: b"\x45\x0d",
    ScanKind.ITF14: b"\x49\x0e",
    ScanKind.GS1: b"\x44\x4d",
    ScanKind.SHORT: b"\x44\x4d",
}


def product_code_1162(scan: Scan) -> bytes:
    """The value of tag 1162 for a scanned code, at most 32 bytes."""
    value = _PREFIX[scan.kind] + int(scan.gtin).to_bytes(6, "big")
    if scan.kind is ScanKind.SHORT:
        return value + scan.code[14:25] + b"  "
    value += scan.serial.encode("ascii")
    if scan.printed_price_minor:
        value += f"{scan.printed_price_minor:06d}".encode("ascii")
    return value[:LONGEST]
