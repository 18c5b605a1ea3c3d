"""The notes a validator knows: its currency table, and the mask that shuts notes out.

    8A -> 61 30 05 02 | 62 30 01 03 | 63 00 00 00 | ...     escrow code, country, value, zeros: 5 with two zeros = 500

A country is a number of the maker's own list, which is not public: which number means which currency is a setting, and
a note of a country it does not name is not taken. UNVERIFIED: that 48 (hexadecimal 30) stands for Russia, that value is
a binary number, and that the mask's first byte has 61 in its lowest bit and the second byte 69 and up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from drivers.cash_devices.contract import Denomination
from drivers.setting_wrong import SettingWrong

FIRST, LAST = 0x61, 0x6F
RECORD = 4
MOST_ZEROS = 9  # a note of more zeros does not exist; a table that says so is torn or misread
WITHOUT_MINOR = frozenset({"JPY", "KRW", "VND", "CLP", "ISK", "PYG", "UGX", "XAF", "XOF", "XPF"})
"""ISO 4217 currencies whose minor unit is the unit itself."""


def read_table(data: bytes, countries: Mapping[int, str]) -> tuple[Denomination, ...]:
    """What the table says in whole records; unused places (value 0) and unknown countries are left out."""
    found = {}
    for at in range(0, len(data) - RECORD + 1, RECORD):
        code, country, value, zeros = data[at : at + RECORD]
        currency = countries.get(country)
        if FIRST <= code <= LAST and value and zeros <= MOST_ZEROS and currency:
            value_minor = value * 10**zeros * (1 if currency in WITHOUT_MINOR else 100)
            found[code] = Denomination(code, value_minor, currency)
    return tuple(found[code] for code in sorted(found))


def strangers(data: bytes, countries: Mapping[int, str]) -> bool:
    """Does the table hold notes of a country that the setting does not name?"""
    records = (data[at : at + RECORD] for at in range(0, len(data) - RECORD + 1, RECORD))
    return any(FIRST <= code <= LAST and value and country not in countries for code, country, value, _ in records)


def disabled_mask(taken: Iterable[int]) -> bytes:
    """The two bytes of C0: every note that is not `taken` is shut out."""
    mask = 0xFFFF
    for code in taken:
        if FIRST <= code <= LAST:
            mask &= ~(1 << code - FIRST)
    return mask.to_bytes(2, "little")


def read_countries(text: str) -> dict[int, str]:
    """ "48=RUB,1=USD" -> {48: "RUB", 1: "USD"}. Raises SettingWrong."""
    countries = {}
    for pair in filter(None, (part.strip() for part in text.split(","))):
        number, _, currency = (part.strip() for part in pair.partition("="))
        if not (number.isascii() and number.isdigit() and int(number) < 256 and _is_iso(currency)):
            raise SettingWrong(
                f"countries: {pair!r} — нужно НОМЕР=ВАЛЮТА через запятую, например 48=RUB",
                f"countries: {pair!r} is not NUMBER=CURRENCY, separated by commas, such as 48=RUB",
            )
        countries[int(number)] = currency
    return countries


def _is_iso(currency: str) -> bool:
    return len(currency) == 3 and currency.isascii() and currency.isalpha() and currency.isupper()
