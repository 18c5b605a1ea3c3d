"""Sale events as journal rows and back: the kind is the event's name, the body its fields as JSON.

Readers accept bodies with members they do not know (a newer agent's) and fill missing ones with their defaults.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Any, get_args

import msgspec

from fiscal.sale import Sale, SaleEvent, fold
from sync.store.batch import Entry, Row


@cache
def _kinds() -> dict[str, type]:
    return {_kind(event): event for event in get_args(SaleEvent)}


@cache
def _kind(event: Any) -> str:
    return "sale." + re.sub(r"(?<!^)(?=[A-Z])", "_", event.__name__).lower()


@cache
def _decoder(event: type) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(event)


_encoder = msgspec.json.Encoder()


def to_entry(event: SaleEvent, sale: str, till: str) -> Entry:
    """The journal row of an event."""
    name: Any = type(event)
    return Entry(_kind(name), till, _encoder.encode(event), sale)


def to_event(row: Row) -> SaleEvent:
    """The event of a row. Raises KeyError for another kind, msgspec.ValidationError for a broken body."""
    event: SaleEvent = _decoder(_kinds()[row.kind]).decode(row.body)
    return event


def is_sale_row(row: Row) -> bool:
    return row.kind in _kinds()


def read_sale(rows: Iterable[Row]) -> Sale:
    """The sale that the rows of its journal make."""
    return fold(to_event(row) for row in rows if is_sale_row(row))
