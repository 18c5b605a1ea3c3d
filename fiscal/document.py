"""The fiscal document a register is asked to seal: the words shared by the law and the drivers.

All sums are whole minor units, quantities whole thousandths. Tags in comments are those of the fiscal data format.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from fiscal.vat import VatRate


class Operation(Enum):
    """Settlement sign, tag 1054."""

    SALE = 1
    SALE_REFUND = 2
    EXPENSE = 3
    EXPENSE_REFUND = 4


class TaxSystem(Enum):
    """Tax system, tag 1055; the value is the bit number."""

    GENERAL = 0
    SIMPLIFIED_INCOME = 1
    SIMPLIFIED_INCOME_MINUS_EXPENSE = 2
    AGRICULTURAL = 4
    PATENT = 5


class Subject(Enum):
    """Subject of settlement, tag 1212 (the values a shop of goods needs)."""

    GOODS = 1
    SERVICE = 4
    PAYMENT = 10
    MARKED_WITHOUT_CODE = 32
    MARKED_WITH_CODE = 33


class Method(Enum):
    """Method of settlement, tag 1214."""

    FULL_PREPAYMENT = 1
    PREPAYMENT = 2
    ADVANCE = 3
    FULL = 4


@dataclass(frozen=True, slots=True)
class DocumentLine:
    """One item, tag 1059. `sum_minor` equals price x quantity rounded half up: discounts are already in the price."""

    name: str
    quantity_thousandths: int
    price_minor: int
    sum_minor: int
    vat: VatRate
    subject: Subject = Subject.GOODS
    method: Method = Method.FULL
    measure: int = 0  # tag 2108: 0 piece, 11 kg ...
    department: int = 1
    mark: bytes | None = None  # the marking code as scanned, group separators kept


@dataclass(frozen=True, slots=True)
class DocumentPayments:
    """How the total was settled: tags 1031, 1081, 1215, 1216, 1217. They add up to the document's total plus change."""

    cash_minor: int = 0
    electronic_minor: int = 0
    prepaid_minor: int = 0
    credit_minor: int = 0
    barter_minor: int = 0

    @property
    def sum_minor(self) -> int:
        return self.cash_minor + self.electronic_minor + self.prepaid_minor + self.credit_minor + self.barter_minor


@dataclass(frozen=True, slots=True)
class FiscalDocument:
    """One document of a sale's plan, complete: nothing is left for the register to guess.

    `payments.cash_minor` is the cash received for this document (change is cash minus what the other means leave);
    `rounding_minor` (0..99) is dropped from the total by cash rounding.
    """

    operation: Operation
    tax_system: TaxSystem
    lines: tuple[DocumentLine, ...]
    payments: DocumentPayments
    cashier: str
    rounding_minor: int = 0
    buyer_contact: str = ""  # tag 1008: "+7..." or an e-mail; empty = paper only
    sale_key: str = ""  # tag 1084, a setting: lets the FN's own documents be matched by key
    machine: str = ""  # tag 1036, the number of a machine that sells by itself; such a document has no cashier

    @property
    def total_minor(self) -> int:
        """What tag 1020 will say."""
        return sum(line.sum_minor for line in self.lines) - self.rounding_minor
