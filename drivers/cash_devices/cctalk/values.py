"""What a ccTalk coin or note is worth, from the characters with which the device names it.

    coin    R U 5 0 0 A      country, value, issue              value in units of the country's small money
    bill    R U 0 0 5 0 A    country, value, issue              value times the country's scale, with its decimals

In a value one of the characters m . K M G may stand for the decimal point and a factor: "5K0" is 5000, ".50" a half.
Source: the names as in ashaduri/qt-cctalk; the factors as public ccTalk libraries agree on them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

FACTORS = {"m": -3, ".": 0, "K": 3, "M": 6, "G": 9}
COIN_ID_CHARACTERS = 6
BILL_ID_CHARACTERS = 7
MINOR_DIGITS = {"JPY": 0, "KRW": 0, "VND": 0, "CLP": 0, "ISK": 0, "KWD": 3, "BHD": 3, "TND": 3}
"""ISO 4217 currencies whose small money is not a hundredth."""


@dataclass(frozen=True, slots=True)
class Worth:
    value_minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class Scaling:
    """A bill's number times `scale`, of which the last `decimals` digits are small money."""

    scale: int
    decimals: int


def coin_worth(name: bytes, countries: Mapping[str, str], unit_minor: int) -> Worth | None:
    """None for an empty position, a token, or a country that is not in the table."""
    text = _text(name)
    currency = countries.get(text[:2])
    number = _number(text[2:5])
    if len(text) != COIN_ID_CHARACTERS or currency is None or number is None:
        return None
    return _worth(number[0] * unit_minor, number[1], currency)


def bill_worth(name: bytes, countries: Mapping[str, str], scaling: Scaling) -> Worth | None:
    """None for a hole in the table, a coupon, or a country that is not in the table."""
    text = _text(name)
    currency = countries.get(text[:2])
    number = _number(text[2:6])
    if len(text) != BILL_ID_CHARACTERS or currency is None or number is None:
        return None
    exponent = number[1] + MINOR_DIGITS.get(currency, 2) - scaling.decimals
    return _worth(number[0] * scaling.scale, exponent, currency)


def country_of(name: bytes) -> str:
    return _text(name)[:2]


def _text(name: bytes) -> str:
    return name.decode("ascii", "replace")


def _number(characters: str) -> tuple[int, int] | None:
    """(whole number, power of ten): "2K5" is (25, 2)."""
    marks = [character for character in characters if character in FACTORS]
    if len(marks) > 1:
        return None
    before, after, factor = characters, "", 0
    if marks:
        before, _, after = characters.partition(marks[0])
        factor = FACTORS[marks[0]]
    digits = before + after
    if not (digits.isascii() and digits.isdecimal()):
        return None
    return int(digits), factor - len(after)


def _worth(number: int, exponent: int, currency: str) -> Worth | None:
    """None where it is nothing, or no whole number of minor units."""
    if exponent >= 0:
        number *= 10**exponent
    else:
        number, rest = divmod(number, 10**-exponent)
        if rest:
            return None
    return Worth(number, currency) if number > 0 else None
