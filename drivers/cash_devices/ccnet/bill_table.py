"""The bill table of a validator, who it is, and the masks that enable types of the table.

    bill table      24 x | digit(s) | 3 letters of a country | exponent |      type 0 first; all zero: no such type
                    exponent, bit 7 clear: value = digits x 10^exponent; set: places after the decimal point
    identification  15 letters part number | 12 letters serial number | 7 bytes asset number
    masks           types 23..16 | 15..8 | 7..0, twice: enabled, and of these held in escrow

The letters name a country more often than a currency ("RUS"): a setting says which is which, and a type of a country
nobody mapped is treated as a hole, never guessed.
Source: CCNET common specification 2.6.0, commands 34, 37 and 41.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from drivers.cash_devices.contract import Denomination
from drivers.setting_wrong import SettingWrong

TYPES = 24
WORD = 5
TABLE_LENGTH = TYPES * WORD
IDENTIFICATION_LENGTH = 34
LARGEST_MINOR = 10**10  # no note is worth more: a larger sum is a damaged exponent


@dataclass(frozen=True, slots=True)
class Identity:
    part: str
    serial: str


@dataclass(frozen=True, slots=True)
class BillTable:
    """`unmapped` are the letters of countries that the setting does not know."""

    denominations: tuple[Denomination, ...] = ()
    unmapped: tuple[str, ...] = ()


def read_identity(body: bytes) -> Identity:
    """Both texts without their padding; what is no plain letter is shown as `?`."""
    return Identity(_text(body[:15]), _text(body[15:27]))


def _text(raw: bytes) -> str:
    plain = "".join(chr(byte) if 0x20 <= byte < 0x7F else "?" if byte else " " for byte in raw)
    return plain.strip()


def read_table(body: bytes, countries: Mapping[str, str], minor_digits: int) -> BillTable:
    """The types of a table that have a value, by type."""
    known: list[Denomination] = []
    unmapped: dict[str, None] = {}
    for type_ in range(TYPES):
        word = body[type_ * WORD : (type_ + 1) * WORD]
        value_minor = _value_minor(word[0], word[4], minor_digits)
        if not value_minor:
            continue
        country = _text(word[1:4])
        if country in countries:
            known.append(Denomination(type_, value_minor, countries[country]))
        else:
            unmapped[country] = None
    return BillTable(tuple(known), tuple(unmapped))


def _value_minor(digits: int, exponent: int, minor_digits: int) -> int:
    """0 where the word names no whole number of minor units."""
    power = minor_digits + (-(exponent & 0x7F) if exponent & 0x80 else exponent)
    value, left = divmod(digits * 10 ** max(power, 0), 10 ** max(-power, 0))
    return value if not left and value <= LARGEST_MINOR else 0


def masks(types: Iterable[int]) -> bytes:
    """Data of ENABLE BILL TYPES for these types, each of them to be held in escrow."""
    bits = 0
    for type_ in types:
        if not 0 <= type_ < TYPES:
            raise ValueError(f"bill types are 0 to {TYPES - 1}, not {type_}")
        bits |= 1 << type_
    return bits.to_bytes(3, "big") * 2


def read_countries(setting: str) -> dict[str, str]:
    """`RUS=RUB,KZT=KZT` as a map. Raises SettingWrong."""
    found: dict[str, str] = {}
    for pair in filter(None, (part.strip() for part in setting.split(","))):
        country, equals, currency = (part.strip() for part in pair.partition("="))
        if not (equals and country and len(currency) == 3 and currency.isascii() and currency.isupper()):
            raise SettingWrong(
                f"countries: {pair!r} — нужны буквы устройства и валюта, например, RUS=RUB",
                f"countries: {pair!r} is not the device's letters and a currency such as RUS=RUB",
            )
        found[country] = currency
    return found
