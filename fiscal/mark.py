"""The mark of one marked item: the code to hand to the register and the facts read from it."""

from __future__ import annotations

from dataclasses import dataclass


def gtin_of(barcode: str) -> str:
    """A barcode of 8 to 14 digits as a GTIN of 14."""
    return barcode.zfill(14)


@dataclass(frozen=True, slots=True)
class Mark:
    """One item's marking code.

    `raw` is the code with its group separators as 0x1D and no AIM prefix; `gtin` has 14 digits; `serial` is AI 21.
    `printed_price_minor` is the price the code itself carries (tobacco; 0 = none).
    Two scans are the same item when GTIN and serial are equal, however the separators came through.
    """

    raw: bytes
    gtin: str
    serial: str
    printed_price_minor: int = 0

    @property
    def item(self) -> tuple[str, str]:
        return (self.gtin, self.serial)
