"""Customers that HQ tells this store of: who agreed in whichever shop of the chain, and the offers prepared for them.

    phone or card ── keyed hash ── row of feed `shop`, kind `customer` (told.db)   they come to this store
                                ── `ask`: HQ, beside the sale                       the first time in this store

Nothing of a till waits: a look is a read of the shop's own file, and asking HQ is a task of its own (chain_guests.py).
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import anyio
import apsw

from agent.visitors.chain_secret import ChainSecret
from agent.visitors.offers import Offer
from agent.visitors.purchases import Bought
from sensors.consent.phones import phone_number
from sync.wire.customer_facts import CARD, PHONE, customer_key
from sync.wire.feed import CUSTOMER, CustomerAsked, CustomerBody, PersonalOffer

log = logging.getLogger("tillkeeper.visitors")

LOOK_EACH_S = 2.0
"""A guest who has just agreed still stands at the till when HQ has chosen: one read of one row each two seconds."""
MOST_ASKED = 500
"""Answers of HQ that the feed has not brought yet: a busy day's strangers."""
Ask = Callable[[str, str], Awaitable[CustomerAsked | None]]
"""(kind, key) -> whom HQ knows by it; None for nobody, and where HQ is away."""


class ToldRows(Protocol):
    """The part of sync/store/told_rows.py that is read here."""

    def holding(self, kind: str, text: str, shape: type[CustomerBody]) -> list[tuple[str, CustomerBody]]: ...
    def change(self, kind: str) -> int: ...


@dataclass(frozen=True, slots=True)
class ChainCustomer:
    """`customer`: their id at HQ."""

    customer: str
    body: CustomerBody


async def nobody(_kind: str, _key: str) -> CustomerAsked | None:
    return None


class ChainCustomers:
    """`ask` may be replaced by whoever has a way to HQ."""

    def __init__(self, secret: ChainSecret, rows: ToldRows | None, ask: Ask = nobody) -> None:
        self.secret = secret
        self.ask = ask
        self._rows = rows
        self._asked: dict[str, ChainCustomer] = {}
        self._seen = -1

    def key_of(self, how: str, number: str) -> str:
        """`how`: phone, card. "" for what is no number, and before HQ has told its secret."""
        plain = phone_number(number) if how == PHONE else number
        return customer_key(self.secret.key, how, plain) if plain and self.secret.key else ""

    def of(self, how: str, number: str) -> ChainCustomer | None:
        """Whom HQ has told of, or answered with."""
        return self.with_key(self.key_of(how, number))

    def with_key(self, key: str) -> ChainCustomer | None:
        if not key or self._rows is None:
            return None
        try:
            change = self._rows.change(CUSTOMER)
            if change != self._seen:  # what was answered is told by now, or is over
                self._seen = change
                self._asked.clear()
            found = self._rows.holding(CUSTOMER, key, CustomerBody)
        except apsw.Error as error:  # the file is being replaced or the disk does not answer: a greeting goes on
            log.warning("what HQ tells of customers cannot be read now: %s", error)
            return None
        mine = [ChainCustomer(id, body) for id, body in found if key in body.keys]
        return mine[0] if len(mine) == 1 else self._asked.get(key)

    async def ask_of(self, how: str, number: str) -> ChainCustomer | None:
        """Asks HQ where nothing is told. It keeps the key of nobody who has not agreed."""
        key = self.key_of(how, number)
        if not key or how not in (PHONE, CARD):
            return None
        told = await self.ask(how, key)
        if told is None:
            return None
        while len(self._asked) >= MOST_ASKED:
            del self._asked[next(iter(self._asked))]
        self._asked[key] = ChainCustomer(told.customer, told.body)
        return self._asked[key]

    def changed(self) -> int:
        """Grows whenever HQ told of a customer."""
        if self._rows is None:
            return 0
        try:
            return self._rows.change(CUSTOMER)
        except apsw.Error:
            return self._seen


async def watch_chain(chain: ChainCustomers, look_again: Callable[[], None]) -> None:
    """Until cancelled: whoever is here is looked at anew when HQ told of a customer. The feed rings no bell."""
    seen = chain.changed()
    while True:
        await anyio.sleep(LOOK_EACH_S)
        if chain.changed() != seen:
            seen = chain.changed()
            look_again()


def good_today(customer: ChainCustomer | None, today: dt.date) -> list[PersonalOffer]:
    """In HQ's order, which put the best first."""
    offers: Sequence[PersonalOffer] = customer.body.offers if customer is not None else ()
    return [one for one in offers if not one.until or today.isoformat() <= one.until]


def fits(offer: PersonalOffer, bought: Sequence[Bought]) -> bool:
    """Is there something among what was bought that the offer is for?"""
    return Offer(offer.ru, offer.en, goods=tuple(offer.goods)).fits(bought)
