"""Events of a cash unit as journal rows and back. The rows of one unit between two encashments are one subject.

cash/<device>/<unit>/<period>       subject of the rows
cash.period/<device>/<unit>         setting: the period in force, written in the commit that ends the one before
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import get_args

from fiscal.cash_events import CashEvent, EncashmentClosed
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


@dataclass(frozen=True, slots=True)
class Period:
    """An ended period: as its document was made, as it is known now, and when its first row was written."""

    at_close: CashUnit
    now: CashUnit
    from_ms: int


def read_period(rows: Sequence[Row]) -> Period | None:
    """None while it goes on."""
    events = list(_rows().events(rows))
    end = next((at for at, event in enumerate(events) if isinstance(event, EncashmentClosed)), None)
    if end is None:
        return None
    at_close = fold_unit(events[: end + 1])
    return Period(at_close, fold_unit(events), rows[0].at_ms)
