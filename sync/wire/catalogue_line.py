"""One line of a catalogue file, judged: a row for the database, or why not.

Columns: `barcode` and `name` are required; `category`, `brand`, `price_minor` (kopecks), `vat` (22, 20, 10, 7, 5, 0,
none), `measure` (tag 2108), `seller`, `tax_system` and `subject` (names of the law's enums, any case), `marked_group`,
`age`, `least_price_minor`, `greatest_price_minor`, `discountable` (1 or 0), `department`. An empty field means the
product's default.

A product without a price gets one by rule from its barcode, so that everybody's demo shows the same shop: with
h = CRC-32 of the barcode and x = h mod 10,000, roubles = 19 + 4980 * x^3 div 10^12 (many cheap things, few dear ones);
kopecks are 00, or 90 of the rouble before when bit 20 of h is set and roubles > 19. So 1,900 to 499,900 kopecks, ending
in 90 or 00.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar, cast

from fiscal.document import Subject, TaxSystem
from fiscal.vat import VatRate
from sync.wire import barcodes

T = TypeVar("T")

DEAREST_MINOR = 1_000_000_00
LONGEST_NAME = 1_000

_BARCODE = re.compile(r"[0-9A-Za-z.\-/ ]{1,48}")
_VAT = {
    "22": VatRate.V22,
    "20": VatRate.V20,
    "10": VatRate.V10,
    "7": VatRate.V7,
    "5": VatRate.V5,
    "0": VatRate.V0,
    "none": VatRate.NONE,
}
_WORDS = ("barcode", "name", "category", "brand", "vat", "seller", "tax_system", "subject", "marked_group")
_PRICES = ("price_minor", "least_price_minor", "greatest_price_minor")
KNOWN = frozenset((*_WORDS, *_PRICES, "measure", "age", "discountable", "department"))

CatalogueRow = tuple[str, str, int, int, int, str, int, int, str, int, int, int, int, int, str, str]


class LineRefused(ValueError):
    """Why a line is not a product, for a person."""

    def __init__(self, ru: str, en: str) -> None:
        super().__init__(en)
        self.ru = ru
        self.en = en


@dataclass(frozen=True, slots=True)
class Defaults:
    """What a line without the field gets."""

    vat: VatRate = VatRate.V22
    seller: str = "main"
    tax_system: TaxSystem = TaxSystem.GENERAL


def price_by_rule(barcode: str) -> int:
    """The price in kopecks of a product that came without one (see above)."""
    mixed = zlib.crc32(barcode.encode())
    share = mixed % 10_000
    roubles = 19 + 4_980 * share**3 // 10**12
    return roubles * 100 - (10 if mixed >> 20 & 1 and roubles > 19 else 0)


_BLANK_PRICE = 0  # a price is at least 1
_PLACE = {
    "barcode": 0,
    "name": 1,
    "price_minor": 2,
    "vat": 3,
    "measure": 4,
    "seller": 5,
    "tax_system": 6,
    "subject": 7,
    "marked_group": 8,
    "age": 9,
    "least_price_minor": 10,
    "greatest_price_minor": 11,
    "discountable": 12,
    "department": 13,
    "category": 14,
    "brand": 15,
}
"""Where a column's value stands in a CatalogueRow."""


class LineReader:
    """Knows the header; turns the fields of a line into a row. Only the columns a file has cost anything."""

    def __init__(self, header: Sequence[str], defaults: Defaults) -> None:
        self._width = len(header)
        at = {name: place for place, name in enumerate(header) if name in KNOWN}
        self._barcode, self._name = at["barcode"], at["name"]
        readers = _readers()
        self._others = [(at[name], _PLACE[name], readers[name]) for name in _PLACE if name in at and name in readers]
        self._blank: list[str | int] = ["", "", _BLANK_PRICE, defaults.vat.tag_1199, 0, defaults.seller]
        self._blank += [defaults.tax_system.value, Subject.GOODS.value, "", 0, 0, 0, 1, 1, "", ""]

    def row(self, fields: Sequence[str]) -> CatalogueRow:
        """Raises LineRefused."""
        if len(fields) != self._width:
            raise LineRefused(
                f"столбцов {len(fields)}, а в заголовке {self._width}",
                f"{len(fields)} columns, header has {self._width}",
            )
        made = self._blank.copy()
        made[0] = barcode = _barcode(fields[self._barcode].strip())
        made[1] = name = " ".join(fields[self._name].split())
        if not name:
            raise LineRefused("нет названия", "no name")
        if len(name) > LONGEST_NAME:
            raise LineRefused("название слишком длинное", "the name is too long")
        for place, slot, read in self._others:
            text = fields[place].strip()
            if text:
                made[slot] = read(text)
        if made[2] == _BLANK_PRICE:
            made[2] = price_by_rule(barcode)
        return cast(CatalogueRow, tuple(made))


def _readers() -> dict[str, Callable[[str], str | int]]:
    """What is made of a field that is not empty; each raises LineRefused."""

    def price(name: str, least: int) -> Callable[[str], int]:
        return lambda text: _whole(name, text, least, DEAREST_MINOR)

    def small(name: str, most: int) -> Callable[[str], int]:
        return lambda text: _whole(name, text, 0, most)

    return {
        "price_minor": price("price_minor", 1),
        "vat": _vat,
        "measure": small("measure", 255),
        "seller": str,
        "tax_system": lambda text: _named("tax_system", text, TaxSystem.__members__.get).value,
        "subject": lambda text: _named("subject", text, Subject.__members__.get).value,
        "marked_group": str.lower,
        "age": small("age", 99),
        "least_price_minor": price("least_price_minor", 0),
        "greatest_price_minor": price("greatest_price_minor", 0),
        "discountable": small("discountable", 1),
        "department": small("department", 255),
        "category": str,
        "brand": str,
    }


def _vat(text: str) -> int:
    rate = _VAT.get(text.lower())
    if rate is None:
        raise LineRefused(f"неизвестная ставка НДС «{text}»", f"unknown VAT rate “{text}”")
    return rate.tag_1199


def _barcode(text: str) -> str:
    if not _BARCODE.fullmatch(text):
        raise LineRefused(f"не штрихкод: «{text[:50]}»", f"not a barcode: “{text[:50]}”")
    if len(text) in barcodes.GTIN_LENGTHS and text.isdecimal() and not barcodes.has_valid_check_digit(text):
        raise LineRefused(f"неверная контрольная цифра: {text}", f"wrong check digit: {text}")
    return barcodes.key(text)


def _whole(name: str, text: str, least: int, most: int) -> int:
    if text.isdecimal() and text.isascii() and len(text) <= 12 and least <= int(text) <= most:
        return int(text)
    raise LineRefused(
        f"{name}: нужно целое число от {least} до {most}, а не «{text[:30]}»",
        f"{name}: a whole number from {least} to {most} is needed, not “{text[:30]}”",
    )


def _named(name: str, text: str, known: Callable[[str], T | None]) -> T:
    found = known(text.upper())
    if found is None:
        raise LineRefused(f"{name}: неизвестно «{text[:30]}»", f"{name}: “{text[:30]}” is unknown")
    return found
