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
from typing import TypeVar

from fiscal.document import Subject, TaxSystem
from fiscal.vat import VatRate
from sync.store import barcodes

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


class LineReader:
    """Knows the header; turns the fields of a line into a row."""

    def __init__(self, header: Sequence[str], defaults: Defaults) -> None:
        self._width = len(header)
        self._at = {name: place for place, name in enumerate(header) if name in KNOWN}
        self._defaults = defaults

    def row(self, fields: Sequence[str]) -> CatalogueRow:
        """Raises LineRefused."""
        if len(fields) != self._width:
            raise LineRefused(
                f"столбцов {len(fields)}, а в заголовке {self._width}",
                f"{len(fields)} columns, header has {self._width}",
            )

        def field(name: str) -> str:
            place = self._at.get(name)
            return "" if place is None else fields[place].strip()

        barcode = _barcode(field("barcode"))
        name = " ".join(field("name").split())
        if not name:
            raise LineRefused("нет названия", "no name")
        if len(name) > LONGEST_NAME:
            raise LineRefused("название слишком длинное", "the name is too long")
        price = field("price_minor")
        vat = field("vat")
        if vat and vat.lower() not in _VAT:
            raise LineRefused(f"неизвестная ставка НДС «{vat}»", f"unknown VAT rate “{vat}”")
        defaults = self._defaults
        return (
            barcode,
            name,
            _whole("price_minor", price, 1, DEAREST_MINOR) if price else price_by_rule(barcode),
            (_VAT[vat.lower()] if vat else defaults.vat).tag_1199,
            _whole("measure", field("measure"), 0, 255),
            field("seller") or defaults.seller,
            _named("tax_system", field("tax_system"), TaxSystem.__members__.get, defaults.tax_system).value,
            _named("subject", field("subject"), Subject.__members__.get, Subject.GOODS).value,
            field("marked_group").lower(),
            _whole("age", field("age"), 0, 99),
            _whole("least_price_minor", field("least_price_minor"), 0, DEAREST_MINOR),
            _whole("greatest_price_minor", field("greatest_price_minor"), 0, DEAREST_MINOR),
            _whole("discountable", field("discountable") or "1", 0, 1),
            _whole("department", field("department") or "1", 0, 255),
            field("category"),
            field("brand"),
        )


def _barcode(text: str) -> str:
    if not _BARCODE.fullmatch(text):
        raise LineRefused(f"не штрихкод: «{text[:50]}»", f"not a barcode: “{text[:50]}”")
    if text.isdecimal() and len(text) in barcodes.GTIN_LENGTHS and not barcodes.has_valid_check_digit(text):
        raise LineRefused(f"неверная контрольная цифра: {text}", f"wrong check digit: {text}")
    return barcodes.key(text)


def _whole(name: str, text: str, least: int, most: int) -> int:
    if not text:
        return 0
    if text.isdecimal() and text.isascii() and len(text) <= 12 and least <= int(text) <= most:
        return int(text)
    raise LineRefused(
        f"{name}: нужно целое число от {least} до {most}, а не «{text[:30]}»",
        f"{name}: a whole number from {least} to {most} is needed, not “{text[:30]}”",
    )


def _named(name: str, text: str, known: Callable[[str], T | None], default: T) -> T:
    found = known(text.upper()) if text else default
    if found is None:
        raise LineRefused(f"{name}: неизвестно «{text[:30]}»", f"{name}: “{text[:30]}” is unknown")
    return found
