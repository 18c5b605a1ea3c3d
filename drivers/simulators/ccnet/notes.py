"""The notes this validator knows, its bill table, and who it says it is (CCNET common specification 2.6.0).

One word of the table:  leading digit(s) | three letters of the country | exponent of ten      00 x 5: no such type
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

TYPES = 24
CURRENCY = "RUB"
COUNTRY = b"RUS"  # real units name the country, not the currency
VALUES: dict[int, int] = {0: 10, 1: 50, 2: 100, 3: 500, 4: 1000, 6: 5000, 8: 200, 9: 2000}  # type -> roubles; holes
MINOR = 100


def word(roubles: int, country: bytes = COUNTRY) -> bytes:
    """`roubles` as digit and exponent."""
    exponent = 0
    while roubles % 10 == 0:
        roubles, exponent = roubles // 10, exponent + 1
    return bytes((roubles,)) + country + bytes((exponent,))


def bill_table() -> bytes:
    """120 bytes: one word for each of the 24 types."""
    return b"".join(word(VALUES[type]) if type in VALUES else bytes(5) for type in range(TYPES))


def bits(mask: bytes) -> int:
    """Bit n of the result is type n: the first byte carries types 23 to 16, the last 7 to 0."""
    return int.from_bytes(mask, "big")


@dataclass(frozen=True, slots=True)
class Identity:
    """Fixed for a unit: drawn once, then kept in its memory."""

    part: str  # 15 characters
    serial: str  # 12 characters
    asset: int  # 7 bytes

    @classmethod
    def drawn(cls, rng: random.Random, kept: dict[str, Any]) -> Identity:
        drawn = cls(
            part=f"SM-RU13{rng.randrange(100):02d}",
            serial=f"21K{rng.randrange(10**9):09d}",
            asset=rng.randrange(1 << 48),
        )
        return cls(**kept) if kept else drawn

    def reply(self) -> bytes:
        return self.part.ljust(15).encode() + self.serial.ljust(12).encode() + self.asset.to_bytes(7, "big")

    def state(self) -> dict[str, Any]:
        return {"part": self.part, "serial": self.serial, "asset": self.asset}


@dataclass(frozen=True, slots=True)
class Paper:
    """What somebody puts into the mouth. `type` None: the validator cannot say what it is. `reason`: why the validator
    will not have it, 0 when it is money. `held`: the event by which it is kept all the same in Article 6 mode, or 0."""

    value_minor: int
    type: int | None
    reason: int = 0
    held: int = 0
