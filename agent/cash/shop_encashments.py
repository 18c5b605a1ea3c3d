"""The emptied boxes of all kiosks of a shop, as a till finds them when somebody brings what the cash centre counted."""

from __future__ import annotations

from collections.abc import Callable

import anyio.lowlevel

from agent.cash.encash_refused import EncashRefused
from agent.cash.encashment_book import EncashmentBook
from fiscal.encashment import Encashment

LISTED = 20
"""Periods of each box that are listed: a count comes some days after the box was taken, not months."""


class ShopEncashments:
    def __init__(self) -> None:
        self._books: dict[str, tuple[str, EncashmentBook]] = {}

    def add(self, kiosk: str, name: str, book: EncashmentBook, changed: Callable[[], None]) -> None:
        """`name` is the kiosk's for people, `changed` is called when a document is new or was counted."""
        self._books[kiosk] = (name, book)
        book.watchers.append(changed)

    @property
    def kept(self) -> bool:
        """Are there boxes in this shop at all?"""
        return bool(self._books)

    def name(self, kiosk: str) -> str:
        return self._books[kiosk][0] if kiosk in self._books else kiosk

    def book(self, kiosk: str) -> EncashmentBook:
        """Raises EncashRefused."""
        if kiosk not in self._books:
            raise EncashRefused("encash_no_document")
        return self._books[kiosk][1]

    async def read(self) -> None:
        """Reads what `newest` lists. A year-old box has thousands of rows, and devices are polled meanwhile: so one
        period at a time."""
        for _, book in self._books.values():
            for box in book.ended(LISTED):
                book.document(*box)
                await anyio.lowlevel.checkpoint()

    def newest(self) -> list[Encashment]:
        """The newest first."""
        documents = (book.document(*box) for _, book in self._books.values() for box in book.ended(LISTED))
        return sorted(documents, key=lambda made: (made.to_ms, int(made.number)), reverse=True)
