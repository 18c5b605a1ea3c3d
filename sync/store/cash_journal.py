"""Events of a cash unit as journal rows and back. The rows of one unit between two encashments are one subject."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import get_args

from fiscal.cash_events import CashEvent
from fiscal.cash_unit import CashUnit, fold_unit
from sync.store.batch import Entry, Row
from sync.store.event_rows import EventRows


@cache
def _rows() -> EventRows[CashEvent]:
    return EventRows("cash", get_args(CashEvent))


def subject(device: str, unit: str, period: int) -> str:
    """What the rows of a unit are found by; periods are numbered from 1."""
    return f"cash/{device}/{unit}/{period}"


def to_entry(event: CashEvent, subject: str, till: str) -> Entry:
    return _rows().to_entry(event, subject, till)


def read_unit(rows: Iterable[Row]) -> CashUnit:
    """The unit that the rows of its journal make."""
    return fold_unit(_rows().events(rows))
