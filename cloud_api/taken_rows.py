"""Gathers the rows of what was taken from a batch and writes them, each table once.

The sum of the stock comes last and once, its products in their order: every till of a shop adds to the same rows, so
they are locked for as short as can be and by everybody in the same order.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from cloud_api.claim_requests import pass_on
from cloud_api.days_told import DaysTold, write_days
from cloud_api.orders.heard import pickup_word, take_words
from cloud_api.orders.kept import Told
from cloud_api.projections import FactRow, PassedOn, SaleRows
from cloud_api.readable_kinds import Projected
from cloud_api.sale_rows import add_sale
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
    tables: defaultdict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    moved: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    passed_on: list[PassedOn] = field(default_factory=list)
    documents: list[tuple[int, StockRows]] = field(default_factory=list)
    orders: list[Told] = field(default_factory=list)
    visits: VisitBatch = field(default_factory=VisitBatch)
    days: DaysTold = field(default_factory=DaysTold)

    def add(self, seq: int, rows: Projected) -> None:
        """What one item brought."""
        key: Row = (self.device.store, self.device.device, self.epoch, seq)
        match rows:
            case SaleRows():
                self._sale(seq, rows)
            case FactRow():
                self._fact(key, seq, rows)
            case StockRows():
                self.documents.append((seq, rows))
                for sku, quantity in rows.moved.items():
                    self.moved[sku] += quantity
            case Told():
                self.orders.append(rows)
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
        if self.orders:
            commands += await take_words(transaction, self.device, self.orders, now_ms=now_ms)
        await write_days(transaction, self.device.store, self.device.device, self.epoch, self.days, self.device.places)
        await add_to_sum(transaction, self.device.store, self.moved)
        return commands

    def _fact(self, key: Row, seq: int, fact: FactRow) -> None:
        day = None if fact.day is None else fact.day.of(self.moment.zone)
        self.tables[fact.table].append((*key, *(() if day is None else (day,)), *fact.row))
        if fact.beside is not None:
            self.tables[fact.beside.table].append((*key, *fact.beside.row))
        if day is not None and fact.table == "shift":
            self.days.told(day, seq)
        if fact.table == "pickup" and (word := pickup_word(fact.row)) is not None:
            self.orders.append(word)
        if fact.of_sale:
            self.days.sales.add(fact.of_sale)

    def _sale(self, seq: int, sale: SaleRows) -> None:
        day, told, moved = sale.day.of(self.moment.zone), sale.told, self.moved
        add_sale(self.tables, (self.device.store, self.device.device, self.epoch, seq, day), sale, self.moment.ms)
        self.days.told(day, seq, [(paper.fn, paper.number) for paper in told.documents])
        if sale.sign:
            for line in told.lines:
                moved[line.sku] -= sale.sign * line.qty
        self.sales += 1
