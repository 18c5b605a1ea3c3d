"""Orders as HQ's storage has them: a row each with its lines and every word that was said of it.

The words are the truth and are never changed; state and moments beside them are what the words come to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from cloud_api.orders.states import OPEN, OrderState, Word, after
from cloud_api.storage.storage import Reading, Transaction

READY_WITHIN_MS = 15 * 60_000
"""What a shopper is promised; it runs from the moment the shop has put the goods aside."""
UNCONFIRMED_AFTER_MS = 3 * 60_000
"""A shop that is heard answers within seconds. After so long somebody should call, or another shop be asked."""

_COLUMNS = (
    "store, order_id, device, asked_by, reference, hours, state, made_ms, held_ms, ready_ms, until_ms, ended_ms, sale, "
    "why, short"
)


@dataclass(frozen=True, slots=True)
class OrderLine:
    """`thousandths` of a product; `left` is what the shop said it has, where it refused."""

    sku: str
    name: str
    thousandths: int
    left: int | None = None


@dataclass(frozen=True, slots=True)
class SaidWord:
    word: str
    at_ms: int
    person: str
    why: str


@dataclass(frozen=True, slots=True)
class KeptOrder:
    """`held_ms`: when the shop had put the goods aside, by its clock; `until_ms`: how long they wait."""

    store: str
    order: str
    device: str
    asked_by: str
    reference: str
    hours: int
    state: OrderState
    made_ms: int
    held_ms: int | None
    ready_ms: int | None
    until_ms: int | None
    ended_ms: int | None
    sale: str
    why: str
    short: tuple[tuple[str, int], ...] = ()

    def unconfirmed(self, now_ms: int) -> bool:
        return self.state is OrderState.NEW and now_ms - self.made_ms > UNCONFIRMED_AFTER_MS

    @property
    def promised_ms(self) -> int | None:
        return None if self.held_ms is None else self.held_ms + READY_WITHIN_MS


@dataclass(frozen=True, slots=True)
class Told:
    """A word of a shop as it arrives."""

    order: str
    word: Word
    at_ms: int
    until_ms: int = 0
    person: str = ""
    why: str = ""
    sale: str = ""
    short: tuple[tuple[str, int], ...] = ()


async def order_at(reading: Reading, store: str, order: str, *, locked: bool = False) -> KeptOrder | None:
    """`locked`: nobody else changes it until this transaction ends."""
    lock = reading.dialect.locked if locked else ""
    row = await reading.row(f"SELECT {_COLUMNS} FROM customer_order WHERE store=? AND order_id=?{lock}", (store, order))
    return None if row is None else _order(row)


async def store_of(reading: Reading, order: str) -> str | None:
    row = await reading.row("/* global: whose order */ SELECT store FROM customer_order WHERE order_id=?", (order,))
    return None if row is None else str(row[0])


async def lines_of(reading: Reading, found: KeptOrder) -> list[OrderLine]:
    rows = await reading.rows(
        "SELECT sku, name, qty FROM customer_order_line WHERE store=? AND order_id=? ORDER BY n",
        (found.store, found.order),
    )
    left = dict(found.short)
    return [OrderLine(str(sku), str(name), int(qty), left.get(str(sku))) for sku, name, qty in rows]


async def words_of(reading: Reading, store: str, order: str) -> list[SaidWord]:
    rows = await reading.rows(
        "SELECT word, at_ms, person, why FROM customer_order_word WHERE store=? AND order_id=? ORDER BY n",
        (store, order),
    )
    return [SaidWord(*row) for row in rows]


async def orders_page(
    reading: Reading,
    stores: Sequence[str] | None,
    states: Sequence[str],
    before: tuple[int, str, str] | None,
    limit: int,
) -> list[KeptOrder]:
    """Newest first, of these stores (None: of all) and in these states (none: in any)."""
    where, values = [], []
    if stores is not None:
        where.append(reading.dialect.among("store"))
        values.append(reading.dialect.asked(list(stores)))
    if states:
        where.append(reading.dialect.among("state"))
        values.append(reading.dialect.asked(list(states)))
    if before is not None:
        where.append("(made_ms, store, order_id) < (?, ?, ?)")
        values += list(before)
    which = f"WHERE {' AND '.join(where)}" if where else ""
    rows = await reading.rows(
        f"/* global: orders */ SELECT {_COLUMNS} FROM customer_order {which} "
        "ORDER BY made_ms DESC, store DESC, order_id DESC LIMIT ?",
        (*values, limit),
    )
    return [_order(row) for row in rows]


async def put_order(transaction: Transaction, found: KeptOrder, lines: Sequence[OrderLine]) -> None:
    await transaction.write(
        f"INSERT INTO customer_order({_COLUMNS}, open) VALUES({','.join('?' * 15)},1)",
        (*_values(found),),
    )
    await transaction.write_many(
        "INSERT INTO customer_order_line(store, order_id, n, sku, name, qty) VALUES(?,?,?,?,?,?)",
        [(found.store, found.order, n, line.sku, line.name, line.thousandths) for n, line in enumerate(lines, 1)],
    )
    await _write_word(transaction, found.store, 1, Told(found.order, Word.PLACED, found.made_ms, person=found.asked_by))


async def hear(transaction: Transaction, found: KeptOrder, told: Told) -> KeptOrder:
    """Keeps the word and what comes of it. The order is locked by the caller."""
    said = [one.word for one in await words_of(transaction, found.store, found.order)]
    await _write_word(transaction, found.store, len(said) + 1, told)
    state = after(found.state, told.word, said)
    moments = {
        "held_ms": told.at_ms if told.word is Word.HELD and found.held_ms is None else found.held_ms,
        "ready_ms": told.at_ms if told.word is Word.READY and found.ready_ms is None else found.ready_ms,
        "until_ms": told.until_ms if told.word is Word.HELD else found.until_ms,
        "ended_ms": told.at_ms if state not in OPEN and found.state in OPEN else found.ended_ms,
    }
    changed = KeptOrder(
        found.store, found.order, found.device, found.asked_by, found.reference, found.hours, state, found.made_ms,
        moments["held_ms"], moments["ready_ms"], moments["until_ms"], moments["ended_ms"], told.sale or found.sale,
        told.why or found.why, told.short or found.short,
    )  # fmt: skip
    values = _values(changed)
    await transaction.write(
        "UPDATE customer_order SET state=?, held_ms=?, ready_ms=?, until_ms=?, ended_ms=?, sale=?, why=?, short=?, "
        "open=? WHERE store=? AND order_id=?",
        (values[6], *values[8:], int(state in OPEN), found.store, found.order),
    )
    return changed


async def _write_word(transaction: Transaction, store: str, n: int, told: Told) -> None:
    await transaction.write(
        "INSERT INTO customer_order_word(store, order_id, n, word, at_ms, person, why) VALUES(?,?,?,?,?,?,?)",
        (store, told.order, n, told.word.value, told.at_ms, told.person, told.why),
    )


def _values(one: KeptOrder) -> list[str | int | None]:
    return [
        one.store, one.order, one.device, one.asked_by, one.reference, one.hours, one.state.value, one.made_ms,
        one.held_ms, one.ready_ms, one.until_ms, one.ended_ms, one.sale, one.why,
        msgspec.json.encode(one.short).decode(),
    ]  # fmt: skip


def _order(row: tuple[Any, ...]) -> KeptOrder:
    shop, order, device, asked_by, reference, hours, state, *moments, sale, why, short = row
    made_ms, held_ms, ready_ms, until_ms, ended_ms = moments
    return KeptOrder(
        shop, order, device, asked_by, reference, hours, OrderState(state), made_ms, held_ms, ready_ms, until_ms,
        ended_ms, sale, why, tuple(msgspec.json.decode(short, type=list[tuple[str, int]])),
    )  # fmt: skip
