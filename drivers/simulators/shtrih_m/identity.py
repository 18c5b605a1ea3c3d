"""Who the simulated register is: serial number, owner, registration number and fiscal memory, all from a seed."""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass(slots=True)
class Identity:
    serial: str
    inn: str
    rnm: str
    fn: str
    user: str = 'ООО "ПРИМЕР"'
    address: str = "101000, г. Москва, ул. Примерная, д. 1"
    place: str = "Магазин"
    ofd_inn: str = "7704211201"


def made_up(rng: random.Random) -> Identity:
    """A register that is valid by every check digit."""
    serial = f"{rng.randrange(10**6, 10**7):016d}"
    inn = valid_inn(rng)
    rnm = rnm_for(f"{rng.randrange(1, 10**10):010d}", inn, serial)
    return Identity(serial=serial, inn=inn, rnm=rnm, fn=new_fn(rng))


def new_fn(rng: random.Random) -> str:
    return f"99990789{rng.randrange(10**8):08d}"


def valid_inn(rng: random.Random) -> str:
    """Ten digits of a legal entity; the last one is a weighted sum of the others."""
    digits = [7, 7, *(rng.randrange(10) for _ in range(7))]
    check = sum(digit * weight for digit, weight in zip(digits, (2, 4, 10, 3, 5, 9, 4, 6, 8), strict=True)) % 11 % 10
    return "".join(map(str, [*digits, check]))


def rnm_for(sequence: str, inn: str, serial: str) -> str:
    """Registration number: ten digits and CRC-16 (1021h from FFFFh) over them, the INN and the serial number."""
    crc = crc16((sequence + inn.rjust(12, "0") + serial.rjust(20, "0")).encode("ascii"))
    return f"{sequence}{crc:06d}"


def crc16(data: bytes) -> int:
    """CRC-16/CCITT: polynomial 1021h, start FFFFh, not reflected, not inverted."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xFFFF
    return crc
