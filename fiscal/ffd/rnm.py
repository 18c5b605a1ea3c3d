"""The registration number of a register (tag 1037): ten digits of the tax service and six that check them.

    check = CRC-16 (polynomial 1021, start FFFF, nothing at the end) over the ASCII digits of
            number(10) + INN filled up with zeros on the left to 12 + serial likewise to 20
Source: the tax service's rule for tag 1037.
"""

from __future__ import annotations

from binascii import crc_hqx  # the standard library's CRC of exactly this polynomial


def rnm_of(number: str, inn: str, serial: str) -> str:
    """The whole 16 digits for a ten-digit number."""
    if not (number.isdecimal() and len(number) == 10):
        raise ValueError("the number has ten digits")
    checked = number + inn.strip().zfill(12) + serial.strip().zfill(20)
    check = crc_hqx(checked.encode("ascii"), 0xFFFF)
    return f"{number}{check:06d}"


def rnm_fits(rnm: str, inn: str, serial: str) -> bool:
    """Do the last six digits check the rest for this taxpayer and register?"""
    rnm = rnm.strip()
    if not (rnm.isascii() and rnm.isdecimal() and len(rnm) == 16 and inn.isascii() and serial.isascii()):
        return False
    return rnm_of(rnm[:10], inn, serial) == rnm
