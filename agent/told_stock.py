"""Where else in the chain HQ says there is stock (feed `shop`, kind `stock`), with how old its word is by now.

HQ tells the age of all rows in one row of its own. Where that row is old (the feed is silent, or HQ is behind) or names
a store as silent, the number is one to ask about by telephone, not one to send a shopper for.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

import apsw

from agent.view import ElsewherePlace
from sync.store.told_rows import ToldRows
from sync.wire.feed import MANY_PIECES, STOCK, STOCK_AS_OF, StockBody

OLD_MS = 3_600_000
"""A shopper who goes to another shop is there within the hour: what is older by then may well be sold."""
log = logging.getLogger(__name__)


class ToldStock:
    """`ToldStock(rows, now_ms)(sku)`: two rows read inline, by their keys."""

    def __init__(self, rows: ToldRows, now_ms: Callable[[], int]) -> None:
        self._rows = rows
        self._now_ms = now_ms

    def __call__(self, sku: str) -> list[ElsewherePlace]:
        """Fresh ones first, then those with the most; empty: nowhere, or nobody said."""
        try:
            body = self._rows.body(STOCK, sku, StockBody)
            told = self._rows.body(STOCK, STOCK_AS_OF, StockBody) if body is not None else None
        except apsw.Error as error:  # the file is being replaced or the disk does not answer: the search goes on
            log.warning("what HQ said of stock elsewhere cannot be read now: %s", error)
            return []
        if body is None:
            return []
        heard = told or StockBody()
        now_ms = self._now_ms()
        places = []
        for place in body.places:
            as_of_ms = min(heard.silent.get(place.store, heard.at_ms), heard.at_ms)
            call = now_ms - as_of_ms > OLD_MS
            places.append(ElsewherePlace(place.store, place.pieces, place.pieces >= MANY_PIECES, as_of_ms, call))
        return sorted(places, key=lambda place: place.call)


def nowhere(_sku: str) -> list[ElsewherePlace]:
    """A shop without HQ."""
    return []
