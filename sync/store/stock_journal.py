"""Events of the stock's documents and of pick-up orders as journal rows and back.

stock/<id>       subject of a document's rows
pickup/<order>   subject of an order's rows
stock/counter    setting: how many documents the shop has numbered
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import get_args

from fiscal.pickup import PickupEvent
from fiscal.stock_document import (
    StockBegun,
    StockCounted,
    StockDocument,
    StockDone,
    StockEvent,
    StockKind,
    begin_document,
    delta_of,
    evolve_document,
)
from sync.store.batch import Entry, Row, Setting
from sync.store.event_rows import EventRows
from sync.store.reading import Reading

PLACE = "stock"
"""What the rows say instead of a till: a document is written at no counter."""
_COUNTER = "stock/counter"


@cache
def _documents() -> EventRows[StockEvent]:
    return EventRows("stock", get_args(StockEvent))


@cache
def _pickups() -> EventRows[PickupEvent]:
    return EventRows("pickup", get_args(PickupEvent))


def document_entry(event: StockEvent, id: str) -> Entry:
    return _documents().to_entry(event, f"stock/{id}", PLACE)


def pickup_entry(event: PickupEvent, till: str = PLACE) -> Entry:
    return _pickups().to_entry(event, f"pickup/{event.order}", till)


def read_document(rows: Iterable[Row]) -> StockDocument | None:
    """The document that its rows tell; None where there are none."""
    events = iter(_documents().events(rows))
    first = next(events, None)
    if not isinstance(first, StockBegun):
        return None
    document = begin_document(first)
    for event in events:
        document = evolve_document(document, event)
    return document


def corrected_since(store: Reading, id: str) -> tuple[tuple[str, int], ...]:
    """(sku, thousandths) that other stocktakes have moved since the lines of this one were counted. Only what was
    written down after the first of them is looked at."""
    counted = {event.sku: row.seq for row, event in _rows(store, id) if isinstance(event, StockCounted)}
    if not counted:
        return ()
    moved: dict[str, int] = {}
    for seq, subject in store.written_since(min(counted.values()), _documents().kind_of(StockDone)):
        other = read_document(store.journal(subject))
        if subject == f"stock/{id}" or other is None or other.kind is not StockKind.STOCKTAKE:
            continue
        for sku, line in other.lines.items():
            if seq > counted.get(sku, seq) and (delta := delta_of(other.kind, line)):
                moved[sku] = moved.get(sku, 0) + delta
    return tuple(sorted(moved.items()))


def _rows(store: Reading, id: str) -> Iterable[tuple[Row, StockEvent]]:
    return ((row, _documents().to_event(row)) for row in store.journal(f"stock/{id}") if _documents().owns(row))


def pickup_events(rows: Iterable[Row]) -> list[PickupEvent]:
    return list(_pickups().events(rows))


def numbered(store: Reading) -> int:
    return int(store.setting(_COUNTER) or 0)


def counter_setting(count: int) -> Setting:
    return Setting(_COUNTER, str(count).encode())
