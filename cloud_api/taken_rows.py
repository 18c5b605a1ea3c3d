"""Gathers the rows of what was taken from a batch and writes them, each table once.

The sum of the stock comes last and once, its products in their order: every till of a shop adds to the same rows, so
they are locked for as short as can be and by everybody in the same order.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from cloud_api.claim_requests import pass_on
from cloud_api.days_told import DaysTold, write_days
from cloud_api.orders.heard import pickup_word, take_words
from cloud_api.orders.kept import Told
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
    orders: list[Told] = field(default_factory=list)
    visits: VisitBatch = field(default_factory=VisitBatch)
    days: DaysTold = field(default_factory=DaysTold)

    def add(self, seq: int, rows: Projected) -> None:
        """What one item brought."""
        key: Row = (self.device.store, self.device.device, self.epoch, seq)
        match rows:
            case SaleRows():
                self._sale(key, seq, rows)
            case FactRow():
                self._fact(key, seq, rows)
            case StockRows():
                self.documents.append((seq, rows))
                self.moved.update(rows.moved)
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
        await write_days(transaction, self.device.store, self.device.device, self.epoch, self.days)
        await add_to_sum(transaction, self.device.store, self.moved)
        return commands

    def _table(self, name: str) -> list[Row]:
        return self.tables.setdefault(name, [])

    def _fact(self, key: Row, seq: int, fact: FactRow) -> None:
        day = None if fact.day is None else fact.day.of(self.moment.zone)
        self._table(fact.table).append((*key, *(() if day is None else (day,)), *fact.row))
        if fact.beside is not None:
            self._table(fact.beside.table).append((*key, *fact.beside.row))
        if day is not None and fact.table == "shift":
            self.days.told(day, seq)
        if fact.table == "pickup" and (word := pickup_word(fact.row)) is not None:
            self.orders.append(word)
        if fact.of_sale:
            self.days.sales.add(fact.of_sale)

    def _sale(self, key: Row, seq: int, sale: SaleRows) -> None:
        day = sale.day.of(self.moment.zone)
        key = (*key, day)
        head = sale.head
        # id till number act state shift cashier opened closed | received | total net ...
        self._table("sale").append((*key, *head[:9], self.moment.ms, *head[9:]))
        self._table("sale_line").extend([(*key, *row) for row in sale.lines])
        self._table("sale_payment").extend([(*key, *row) for row in sale.payments])
        self._table("sale_document").extend([(*key, *row) for row in sale.documents])
        self._table("sale_origin").append((*key, *sale.origin))
        self._table("price_reason").extend([(*key, *row) for row in sale.reasons])
        self.days.told(day, seq, [(str(row[3]), int(row[4] or 0)) for row in sale.documents])
        moved = self.moved
        for sku, quantity in sale.stock:
            moved[sku] = moved.get(sku, 0) + quantity
        self.sales += 1
