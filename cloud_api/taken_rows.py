"""Gathers the rows of what was taken from a batch and writes them, each table once.

The sum of the stock comes last and once, its products in their order: every till of a shop adds to the same rows, so
they are locked for as short as can be and by everybody in the same order.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from cloud_api.claim_requests import pass_on
from cloud_api.projections import FactRow, PassedOn, SaleRows
from cloud_api.readable_kinds import Projected
from cloud_api.stock_projections import StockRows
from cloud_api.stock_taken import add_to_sum, write_stock
from cloud_api.storage.business_day import Moment
from cloud_api.storage.storage import Row, Transaction
from cloud_api.store.devices import KnownDevice
from cloud_api.visits_taken import VisitBatch


@dataclass(slots=True)
class TakenRows:
    """`sales` is how many; `tables` the rows of each table, with their keys."""

    device: KnownDevice
    epoch: int
    moment: Moment
    sales: int = 0
    tables: dict[str, list[Row]] = field(default_factory=dict)
    moved: Counter[str] = field(default_factory=Counter)
    passed_on: list[PassedOn] = field(default_factory=list)
    documents: list[tuple[int, StockRows]] = field(default_factory=list)
    visits: VisitBatch = field(default_factory=VisitBatch)

    def add(self, seq: int, rows: Projected) -> None:
        """What one item brought."""
        key: Row = (self.device.store, self.device.device, self.epoch, seq)
        match rows:
            case SaleRows():
                self._sale(key, rows)
            case FactRow():
                day = () if rows.day is None else (rows.day.of(self.moment.zone),)
                self._table(rows.table).append((*key, *day, *rows.row))
            case StockRows():
                self.documents.append((seq, rows))
                self.moved.update(rows.moved)
            case PassedOn():
                self.passed_on.append(rows)
            case _:
                self.visits.add(key, rows)

    async def write(self, transaction: Transaction, *, now_ms: int) -> int:
        """How many commands to devices were given. Visits are written by visits_taken.py, which looks at the raw items
        too."""
        for table, rows in self.tables.items():
            await transaction.insert(table, rows)
        commands = sum([await pass_on(transaction, self.device, one.told, now_ms=now_ms) for one in self.passed_on])
        if self.documents:
            commands += await write_stock(transaction, self.device, self.epoch, self.documents, now_ms=now_ms)
        await add_to_sum(transaction, self.device.store, self.moved)
        return commands

    def _table(self, name: str) -> list[Row]:
        return self.tables.setdefault(name, [])

    def _sale(self, key: Row, sale: SaleRows) -> None:
        key = (*key, sale.day.of(self.moment.zone))
        head = sale.head
        # id till number act state shift cashier opened closed | received | total net ...
        self._table("sale").append((*key, *head[:9], self.moment.ms, *head[9:]))
        self._table("sale_line").extend([(*key, *row) for row in sale.lines])
        self._table("sale_payment").extend([(*key, *row) for row in sale.payments])
        self._table("sale_document").extend([(*key, *row) for row in sale.documents])
        moved = self.moved
        for sku, quantity in sale.stock:
            moved[sku] = moved.get(sku, 0) + quantity
        self.sales += 1
