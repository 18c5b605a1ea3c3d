"""A product as the basket needs it: price, tax, measure and the rules its sale must obey."""

from __future__ import annotations

from dataclasses import dataclass

from fiscal.document import Method, Subject, TaxSystem
from fiscal.vat import VatRate


@dataclass(frozen=True, slots=True)
class Product:
    """One catalogue entry at the moment it is scanned. Prices are minor units for one measure (piece, kg ...).

    `measure` is tag 2108 (0 piece, 11 kg ...); `marked_group` is the marking group ("" = not marked); `age` the
    least age of the buyer (0 = none); `least_price_minor` and `greatest_price_minor` are prices set by law (0 = none).
    """

    barcode: str
    name: str
    price_minor: int
    vat: VatRate
    measure: int = 0
    seller: str = "main"
    tax_system: TaxSystem = TaxSystem.GENERAL
    subject: Subject = Subject.GOODS
    marked_group: str = ""
    age: int = 0
    least_price_minor: int = 0
    greatest_price_minor: int = 0
    discountable: bool = True
    department: int = 1
    method: Method = Method.FULL  # tag 1214: an advance is the only other one a till makes
