"""Rows of the stock: documents and what is kept for orders, beside the movements; written and read by plain functions.

stock_move       goods that came or went: the truth, of which stock_balance is the running sum
stock_document   where a document stands, for lists; its journal (subject stock/<id>) is the truth
pickup           a line of an order that is kept for it
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import apsw

from fiscal.pickup import Hold
from sync.store.batch import StockDocumentRow

_HOLD = "SELECT order_id, line, sku, name, thousandths, made_ms, until_ms, sale, state FROM pickup"
_DOCUMENT = "SELECT id, kind, number, phase, other, of_number, person, at_ms, open FROM stock_document"


@dataclass(frozen=True, slots=True)
class BookCount:
    """The sum of a product's movements up to the number `as_of` of a stream; `ended`: which of the asked sales had
    ended by then."""

    thousandths: int
    as_of: int
    ended: frozenset[str]


def write_holds(connection: apsw.Connection, holds: Iterable[Hold]) -> None:
    connection.executemany(
        "INSERT INTO pickup VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (order_id, line) DO UPDATE SET sku = excluded.sku, name = excluded.name,"
        " thousandths = excluded.thousandths, made_ms = excluded.made_ms, until_ms = excluded.until_ms,"
        " sale = excluded.sale, state = excluded.state",
        [
            (one.order, one.line, one.sku, one.name, one.thousandths, one.made_ms, one.until_ms, one.sale, one.state)
            for one in holds
        ],
    )


def write_documents(connection: apsw.Connection, rows: Iterable[StockDocumentRow]) -> None:
    connection.executemany(
        "INSERT INTO stock_document VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET phase = excluded.phase, other = excluded.other,"
        " of_number = excluded.of_number, person = excluded.person, at_ms = excluded.at_ms, open = excluded.open",
        [
            (row.id, row.kind, row.number, row.phase, row.other, row.of, row.person, row.at_ms, int(row.open))
            for row in rows
        ],
    )


def holds(connection: apsw.Connection, sku: str) -> list[Hold]:
    """What is written as held of a product; whether it still is, its sale and the clock say."""
    found = connection.execute(_HOLD + " WHERE sku = ? AND state = 'held' ORDER BY order_id, line", (sku,))
    return [Hold(*row) for row in found]


def all_holds(connection: apsw.Connection) -> list[Hold]:
    found = connection.execute(_HOLD + " WHERE state = 'held' ORDER BY until_ms, order_id, line")
    return [Hold(*row) for row in found]


def holds_in(connection: apsw.Connection, sale: str) -> list[Hold]:
    found = connection.execute(_HOLD + " WHERE state = 'held' AND sale = ? ORDER BY order_id, line", (sale,))
    return [Hold(*row) for row in found]


def order(connection: apsw.Connection, order_id: str) -> list[Hold]:
    """Every line that was ever kept for an order, whatever became of it."""
    return [Hold(*row) for row in connection.execute(_HOLD + " WHERE order_id = ? ORDER BY line", (order_id,))]


def documents(connection: apsw.Connection, limit: int) -> list[StockDocumentRow]:
    """Those that are not over, and the newest of the others; newest first."""
    found = connection.execute(
        f"SELECT * FROM (SELECT * FROM ({_DOCUMENT} ORDER BY rowid DESC LIMIT ?)"
        f" UNION {_DOCUMENT} WHERE open = 1) ORDER BY at_ms DESC, number DESC",
        (limit,),
    )
    return [replace(StockDocumentRow(*row), open=bool(row[8])) for row in found]


def is_received(connection: apsw.Connection, number: str) -> bool:
    """Has this shop received the transfer of this number?"""
    found = "SELECT 1 FROM stock_document WHERE of_number = ? AND kind = 'transfer_in' AND phase = 'done' LIMIT 1"
    return connection.execute(found, (number,)).get is not None


def book_count(
    connection: apsw.Connection, sku: str, location: str, stream: str, sales: Sequence[str], ended: Iterable[str]
) -> BookCount:
    """One look at one moment: a sale that ends meanwhile is in the sum and ended, or neither."""
    phases = frozenset(ended)
    with connection:  # one snapshot for all three
        thousandths = connection.execute(
            "SELECT thousandths FROM stock_balance WHERE sku = ? AND location = ?", (sku, location)
        ).get
        as_of = connection.execute("SELECT seq FROM stream_head WHERE stream = ?", (stream,)).get
        over = [
            sale for sale in sales if connection.execute("SELECT phase FROM sale WHERE id = ?", (sale,)).get in phases
        ]
    return BookCount(int(thousandths or 0), int(as_of or 0), frozenset(over))
