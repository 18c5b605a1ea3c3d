"""Sale events as journal rows and back."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import get_args

from fiscal.sale import Sale, SaleEvent, fold
from sync.store.batch import Entry, Row
from sync.store.event_rows import EventRows


@cache
def _rows() -> EventRows[SaleEvent]:
    return EventRows("sale", get_args(SaleEvent))


def to_entry(event: SaleEvent, sale: str, till: str) -> Entry:
    """The journal row of an event."""
    return _rows().to_entry(event, sale, till)


def to_event(row: Row) -> SaleEvent:
    """The event of a row. Raises KeyError for another kind, msgspec.ValidationError for a broken body."""
    return _rows().to_event(row)


def is_sale_row(row: Row) -> bool:
    return _rows().owns(row)


def read_sale(rows: Iterable[Row]) -> Sale:
    """The sale that the rows of its journal make."""
    return fold(_rows().events(rows))
