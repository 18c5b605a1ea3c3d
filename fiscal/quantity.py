"""Quantities in whole thousandths: what a person types and what the screen shows."""

from __future__ import annotations

import re
from typing import Final

# 99 999.999: more than any basket needs, and far inside the fields of the registers.
QUANTITY_GREATEST_THOUSANDTHS: Final = 99_999_999

_SHAPE: Final = re.compile(r"([0-9]{1,5})(?:[.,]([0-9]{1,3}))?")


def parse_quantity(text: str) -> int | None:
    """Thousandths from "1", "0,250" or "2.5"; None when the text is no quantity (a fourth decimal is not guessed)."""
    found = _SHAPE.fullmatch(text.strip())
    if found is None:
        return None
    return int(found[1]) * 1000 + int((found[2] or "").ljust(3, "0"))


def format_quantity(quantity_thousandths: int, point: str = ",") -> str:
    """ "1" for whole quantities, three decimals for the rest: "0,250"."""
    whole, fraction = divmod(quantity_thousandths, 1000)
    return f"{whole}{point}{fraction:03d}" if fraction else str(whole)
