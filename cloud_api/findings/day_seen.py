"""A shop's business day as the rules see it: sales with their money and documents, shifts, and what an operator has.

Plain facts without a database behind them: `day_reading.py` fills them, `rules.py` judges them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cloud_api.books.duties import DocumentDuty


@dataclass(frozen=True, slots=True)
class PaymentSeen:
    """`net` is what HQ counts of it; `sum` is below zero for what was given back in part."""

    means: str
    sum: int
    net: int
    attempt: str
    terminal: str
    status: str


@dataclass(frozen=True, slots=True)
class DocumentSeen:
    seller: str
    fn: str
    number: int
    sign: int
    total: int
    operation: int


@dataclass(frozen=True, slots=True)
class LateSeen:
    """A terminal's later word; `status` is act:phase."""

    attempt: str
    terminal: str
    sum: int
    status: str


@dataclass(frozen=True, slots=True)
class SaleSeen:
    """`sellers`: whose goods it had."""

    device: str
    epoch: int
    seq: int
    id: str
    till: str
    number: str
    act: str
    state: str
    shift: int
    closed_ms: int
    total: int
    net: int
    of_sale: str
    payments: tuple[PaymentSeen, ...] = ()
    documents: tuple[DocumentSeen, ...] = ()
    sellers: tuple[str, ...] = ()
    late: tuple[LateSeen, ...] = ()


@dataclass(frozen=True, slots=True)
class Counted:
    """Sales, refunds, and sales less refunds in money."""

    sales: int
    refunds: int
    sum: int

    def less(self, other: Counted) -> Counted:
        return Counted(self.sales - other.sales, self.refunds - other.refunds, self.sum - other.sum)


@dataclass(frozen=True, slots=True)
class ShiftSeen:
    """`told` is what the till's journal closed in it (None: it did not say), `here` what HQ has of the same time.
    `begun` and `ended`: epoch and sequence of its opening and its closing. What lies between them is of that time: the
    till's clock may be set meanwhile, its journal goes on."""

    device: str
    till: str
    number: int
    opened_ms: int | None
    closed_ms: int
    begun: tuple[int, int] | None
    ended: tuple[int, int]
    told: Counted | None = None
    here: Counted | None = None


@dataclass(frozen=True, slots=True)
class OperatorSeen:
    """A receipt as the fiscal data operator has it."""

    fn: str
    number: int
    total: int
    sign: int | None
    operation: int | None
    at: str


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A document of another day or device that has a number of this day."""

    device: str
    sale: str
    fn: str
    number: int
    total: int


@dataclass(frozen=True, slots=True)
class DaySeen:
    """`originals`: ids of sales HQ has, among those the day's refunds name. `covered`: by storage, the spans of numbers
    that registers taken in reach over."""

    store: str
    day: int
    sales: tuple[SaleSeen, ...]
    shifts: tuple[ShiftSeen, ...] = ()
    duties: tuple[DocumentDuty, ...] = ()
    originals: frozenset[str] = frozenset()
    covered: Mapping[str, tuple[tuple[int, int], ...]] = field(default_factory=dict)
    operator: tuple[OperatorSeen, ...] = ()
    elsewhere: tuple[Elsewhere, ...] = ()

    def is_covered(self, fn: str, number: int) -> bool:
        return any(first <= number <= last for first, last in self.covered.get(fn, ()))
