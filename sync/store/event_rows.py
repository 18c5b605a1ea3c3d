"""Events of the law as journal rows and back: the kind is a prefix and the event's name, the body its fields as JSON.

Readers accept bodies with members they do not know (a newer agent's) and fill missing ones with their defaults.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Generic, TypeVar

import msgspec

from sync.store.batch import Entry, Row

Event = TypeVar("Event")


class EventRows(Generic[Event]):
    """The rows of one family of events: `EventRows("sale", (SaleOpened, ...))` writes the kind "sale.sale_opened"."""

    def __init__(self, prefix: str, events: Iterable[type]) -> None:
        self._kind_of = {event: f"{prefix}.{_words(event.__name__)}" for event in events}
        self._decoder_of: dict[str, msgspec.json.Decoder[Any]] = {
            kind: msgspec.json.Decoder(event) for event, kind in self._kind_of.items()
        }
        self._encoder = msgspec.json.Encoder()

    def to_entry(self, event: Event, subject: str, till: str) -> Entry:
        """The journal row of an event; `subject` is what the rows are found again by."""
        return Entry(self._kind_of[type(event)], till, self._encoder.encode(event), subject)

    def to_event(self, row: Row) -> Event:
        """The event of a row. Raises KeyError for another kind, msgspec.ValidationError for a broken body."""
        event: Event = self._decoder_of[row.kind].decode(row.body)
        return event

    def kind_of(self, event: type) -> str:
        return self._kind_of[event]

    def owns(self, row: Row) -> bool:
        return row.kind in self._decoder_of

    def events(self, rows: Iterable[Row]) -> Iterable[Event]:
        """The events among `rows`."""
        return (self.to_event(row) for row in rows if self.owns(row))


def _words(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
