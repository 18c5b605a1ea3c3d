"""What somebody bought here before: the last lines of the sales that carry their phone, read from the journal.

    phone ── its spellings ── people (erasable) ── sales, newest first ── journal ── lines

Sales of other shops are not here, and goods that came back are not taken off: it is a reminder, not an account.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import anyio.lowlevel

from fiscal.document import Method
from fiscal.sale import Phase
from fiscal.sale_events import SaleAct
from sync.store.batch import Personal, Row, SaleRow
from sync.store.people import spellings
from sync.store.sale_journal import is_sale_row, read_sale

SALES = 10
"""So many sales back: enough for an offer to find what somebody buys, and some 10 ms of reading."""


class Journal(Protocol):
    """Rows of one sale."""

    def journal(self, sale: str) -> list[Row]: ...


class SaleMemory(Journal, Protocol):
    """The part of sync.store.store.Store that is read here."""

    def personal_with(self, kind: str, value: str) -> list[Personal]: ...
    def sale(self, id: str) -> SaleRow | None: ...


@dataclass(frozen=True, slots=True)
class Bought:
    """A line of a closed sale."""

    barcode: str
    name: str
    sum_minor: int
    at_ms: int


async def bought_before(store: SaleMemory, phone: str) -> list[Bought]:
    """The lines of the last SALES sales with this phone, the newest sale first, each in the order it was scanned in.

    Gives way between two sales: whoever moves money meanwhile does not wait.
    """
    lines: list[Bought] = []
    for row in _sales(store, phone):
        await anyio.lowlevel.checkpoint()
        lines += lines_of(store, row)
    return lines


def lines_of(store: Journal, row: SaleRow) -> list[Bought]:
    """The goods of one closed sale."""
    sale = read_sale([entry for entry in store.journal(row.id) if is_sale_row(entry)])
    return [
        Bought(line.product.barcode, line.product.name, line.sum_minor, row.closed_ms or row.opened_ms)
        for line in sale.basket.lines
        if line.product.method is Method.FULL
    ]


def _sales(store: SaleMemory, phone: str) -> Sequence[SaleRow]:
    ids: dict[str, None] = {}
    for value in spellings(phone):
        ids |= dict.fromkeys(one.sale for one in store.personal_with("phone", value)[-SALES:] if one.sale)
    rows = [row for row in map(store.sale, ids) if row is not None and _is_purchase(row)]
    return sorted(rows, key=lambda row: row.opened_ms, reverse=True)[:SALES]


def _is_purchase(row: SaleRow) -> bool:
    return row.act == SaleAct.SALE.value and row.phase == Phase.CLOSED.value
