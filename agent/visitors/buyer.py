"""What a closed sale says of its buyer: numbers they gave for the receipt, a card of the shop, whose credit they used.

    contact, customer_phone      typed: nobody confirmed it          customer_card, credit_card    a card of the shop
    credit_phone, paid with      the cashier looked at who was there

Read from the journal and its erasable rows, so a number that was erased there is unknown here. Nobody who moves money
knows of this room.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

from fiscal.sale import Phase, Sale
from fiscal.sale_events import SaleAct
from sensors.identity.records import Kind, record_id
from sync.store import credit_journal
from sync.store.batch import Personal, Row, SaleRow
from sync.store.sale_journal import is_sale_row, read_sale


class SaleBook(Protocol):
    """The part of sync/store/store.py Store that is read here."""

    def sale(self, id: str) -> SaleRow | None: ...
    def sales_closed(self, from_ms: int, until_ms: int) -> list[SaleRow]: ...
    def journal(self, sale: str) -> list[Row]: ...
    def journal_since(self, seq: int, limit: int) -> list[Row]: ...
    def last_seq(self) -> int: ...
    def personal(self, sale: str) -> list[Personal]: ...
    def person(self, id: str) -> Personal | None: ...


@dataclass(frozen=True, slots=True)
class Buyer:
    """`typed` and `paid` are telephone numbers as their rows spell them, `card` as accounts spell it; empty: none.

    `paid`: the number whose store credit this sale took, which a cashier (`cashier`) opened for who stood there.
    """

    sale: str
    closed_ms: int
    typed: tuple[str, ...]
    paid: str
    card: str
    cashier: str


def buyer_of(store: SaleBook, row: SaleRow) -> Buyer | None:
    """None for what is no closed sale, and for a sale that says nothing of anybody."""
    if row.act != SaleAct.SALE.value or row.phase != Phase.CLOSED.value or row.closed_ms is None:
        return None
    kept = {one.id: one for one in store.personal(row.id)}
    sale = read_sale([entry for entry in store.journal(row.id) if is_sale_row(entry)])
    told = [kept[id] for id in (sale.contact, sale.customer) if id in kept]
    account = _account(store, sale)
    typed = tuple(dict.fromkeys(one.value for one in told if one.kind in ("phone", "customer_phone")))
    cards = [one.value.strip().upper() for one in told if one.kind == "customer_card"]
    if account is not None and account.kind == "credit_card":
        cards.insert(0, account.value)
    paid = account.value if account is not None and account.kind == "credit_phone" else ""
    card = cards[0] if cards else ""
    if not (typed or paid or card):
        return None
    return Buyer(row.id, row.closed_ms, typed, paid, card, sale.opened.cashier)


def _account(store: SaleBook, sale: Sale) -> Personal | None:
    """Whose account paid some of it."""
    if not sale.credit_account or sale.credit_minor <= 0:
        return None
    account = credit_journal.read_account(store.journal(credit_journal.subject(sale.credit_account)))
    return store.person(account.opened.personal) if account is not None else None


class CardKeys:
    """Numbers of the shop's cards as the identity graph knows them: a keyed hash, under a key of this installation that
    lies outside the data directory."""

    def __init__(self, key: bytes) -> None:
        self._key = hmac.new(key, b"cards of the shop", sha256).digest()

    def record(self, card: str) -> str:
        """`card` as accounts spell it."""
        return record_id(Kind.CARD, hmac.new(self._key, card.encode(), sha256).hexdigest()[:32])
