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
from fiscal.stock_document import StockBegun, StockDocument, StockEvent, begin_document, evolve_document
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


def pickup_events(rows: Iterable[Row]) -> list[PickupEvent]:
    return list(_pickups().events(rows))


def numbered(store: Reading) -> int:
    return int(store.setting(_COUNTER) or 0)


def counter_setting(count: int) -> Setting:
    return Setting(_COUNTER, str(count).encode())
