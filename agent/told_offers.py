"""The offers HQ tells this store (feed `shop`, kind `offer`), as the guests' room reads them."""

from __future__ import annotations

import datetime as dt
import logging

import apsw

from agent.visitors.offers import Offer
from sync.store.told_rows import ToldRows
from sync.wire.feed import OFFER, OfferBody

log = logging.getLogger(__name__)


class ToldOffers:
    """`ToldOffers(rows)()` is the list now; it is read anew when a row came or went."""

    def __init__(self, rows: ToldRows) -> None:
        self._rows = rows
        self._seen = -1
        self._offers: tuple[Offer, ...] = ()

    def __call__(self) -> tuple[Offer, ...]:
        try:
            change = self._rows.change(OFFER)
            if change != self._seen:
                self._offers = tuple(offer for body in self._rows.bodies(OFFER, OfferBody) if (offer := _offer(body)))
                self._seen = change
        except apsw.Error as error:  # the file is being replaced or the disk does not answer: a greeting goes on
            log.warning("the offers of HQ cannot be read now: %s", error)
        return self._offers


def _offer(body: OfferBody) -> Offer | None:
    """None: its last day is no day of any calendar."""
    try:
        until = dt.date.fromisoformat(body.until) if body.until else None
    except ValueError:
        return None
    return Offer(body.ru, body.en, until, tuple(body.goods))
