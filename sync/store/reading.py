"""Everything that is read from the store: plain functions of a few microseconds, called on the event loop."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import apsw

from fiscal.pickup import Hold
from sync.store import journal, outbox, stock_rows
from sync.store.batch import Command, OutboxRow, OutboxState, Personal, Row, SaleRow, StockDocumentRow

LONGEST_SALE_MS = 2 * 86_400_000
"""From opening to closing: a case that a person settles takes a weekend."""
_SALE = "SELECT id, till, number, act, phase, opened_ms, closed_ms, total_minor, shift, of_sale, open FROM sale"


@dataclass(frozen=True, slots=True)
class ShiftCount:
    """Closed sales and refunds of a shift, and their sum: sales less refunds. Advances are neither."""

    sales: int
    refunds: int
    net_minor: int


class Reading:
    """Reads through one connection; what was committed is seen, what was not is not."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._read = connection

    def journal(self, sale: str) -> list[Row]:
        """The journal of one sale, oldest first: the sale is the fold of it."""
        return journal.read(self._read, "sale = ? AND sale <> '' ORDER BY seq", (sale,))

    def journal_since(self, seq: int, limit: int) -> list[Row]:
        """The rows after `seq`, oldest first."""
        return journal.read(self._read, "seq > ? ORDER BY seq LIMIT ?", (seq, limit))

    def last_seq(self) -> int:
        """The number of the newest row; 0 in an empty journal."""
        for (seq,) in self._read.execute("SELECT seq FROM journal ORDER BY seq DESC LIMIT 1"):
            return int(seq)
        return 0

    def verify_chain(self) -> int | None:
        """The first journal number that is missing or was changed, or None. Reads everything: for the doctor."""
        return journal.first_bad(self._read)

    def sale(self, id: str) -> SaleRow | None:
        return self._one_sale(" WHERE id = ?", (id,))

    def sale_by_number(self, till: str, number: str) -> SaleRow | None:
        """The sale with the number printed on a receipt; the newest, should a number repeat."""
        return self._one_sale(" WHERE till = ? AND number = ? ORDER BY rowid DESC LIMIT 1", (till, number))

    def written_since(self, seq: int, kind: str) -> list[tuple[int, str]]:
        """Number and subject of the rows of one kind that follow a row of the journal."""
        found = self._read.execute("SELECT seq, sale FROM journal WHERE seq > ? AND kind = ? ORDER BY seq", (seq, kind))
        return [(int(number), str(subject)) for number, subject in found]

    def open_sales(self, till: str | None = None) -> list[SaleRow]:
        """What is not finished, oldest first: recovery begins here."""
        if till is None:
            return self._sales(" WHERE open = 1 ORDER BY rowid", ())
        return self._sales(" WHERE open = 1 AND till = ? ORDER BY rowid", (till,))

    def recent_sales(self, till: str, limit: int) -> list[SaleRow]:
        """The till's latest sales, newest first, open ones among them."""
        return self._sales(" WHERE till = ? ORDER BY rowid DESC LIMIT ?", (till, limit))

    def refunds_of(self, sale: str) -> list[SaleRow]:
        """Refunds that were begun for a sale and advances of its change, oldest first, whatever became of them."""
        return self._sales(" WHERE of_sale = ? AND of_sale <> '' ORDER BY rowid", (sale,))

    def closed_since(self, since_ms: int) -> tuple[int, int, int]:
        """What the shop sold from an instant on: (net minor units, number of sales, number of refunds). An advance is
        money left with the shop: it is sold when goods are taken for it."""
        for row in self._read.execute(
            "SELECT coalesce(sum(CASE act WHEN 'refund' THEN -total_minor WHEN 'sale' THEN total_minor END), 0), "
            "coalesce(sum(act = 'sale'), 0), coalesce(sum(act = 'refund'), 0) "
            "FROM sale WHERE phase = 'closed' AND closed_ms >= ?",
            (since_ms,),
        ):
            return (int(row[0]), int(row[1]), int(row[2]))
        return (0, 0, 0)

    def shift_count(self, till: str, opened_ms: int) -> ShiftCount:
        """What a till's journal has closed since its shift was opened, whenever it was begun."""
        before = self._read.execute(
            "SELECT rowid FROM sale WHERE opened_ms < ? ORDER BY rowid DESC LIMIT 1", (opened_ms - LONGEST_SALE_MS,)
        ).get
        for row in self._read.execute(
            "SELECT coalesce(sum(act = 'sale'), 0), coalesce(sum(act = 'refund'), 0), "
            "coalesce(sum(CASE act WHEN 'refund' THEN -total_minor WHEN 'sale' THEN total_minor END), 0) "
            "FROM sale WHERE rowid > ? AND till = ? AND phase = 'closed' AND closed_ms >= ?",
            (before or 0, till, opened_ms),
        ):
            return ShiftCount(int(row[0]), int(row[1]), int(row[2]))
        return ShiftCount(0, 0, 0)

    def closed_between(self, from_ms: int, until_ms: int) -> int:
        """How many sales were closed in [from, until). Looks at the rows of those days only, from the newest on."""
        before = self._read.execute(
            "SELECT rowid FROM sale WHERE opened_ms < ? ORDER BY rowid DESC LIMIT 1", (from_ms - LONGEST_SALE_MS,)
        ).get
        counted = self._read.execute(
            "SELECT count(*) FROM sale WHERE rowid > ? AND act = 'sale' AND phase = 'closed'"
            " AND closed_ms >= ? AND closed_ms < ?",
            (before or 0, from_ms, until_ms),
        ).get
        return int(counted)

    def sales_closed(self, from_ms: int, until_ms: int) -> list[SaleRow]:
        """The sales that `closed_between` counts, in the order they were opened."""
        before = self._read.execute(
            "SELECT rowid FROM sale WHERE opened_ms < ? ORDER BY rowid DESC LIMIT 1", (from_ms - LONGEST_SALE_MS,)
        ).get
        return self._sales(
            " WHERE rowid > ? AND act = 'sale' AND phase = 'closed'"
            " AND closed_ms >= ? AND closed_ms < ? ORDER BY rowid",
            (before or 0, from_ms, until_ms),
        )

    def command(self, id: str) -> Command | None:
        """What a command was answered, if it was carried out."""
        for row in self._read.execute("SELECT id, till, revision, answer FROM command WHERE id = ?", (id,)):
            return Command(*row)
        return None

    def personal(self, sale: str) -> list[Personal]:
        """Who belongs to a sale; empty again after `erase_person`."""
        found = self._read.execute("SELECT id, sale, kind, value FROM people WHERE sale = ? ORDER BY rowid", (sale,))
        return [Personal(*row) for row in found]

    def personal_with(self, kind: str, value: str) -> list[Personal]:
        """Everything that belongs to a number or address of one kind, oldest first."""
        found = self._read.execute(
            "SELECT id, sale, kind, value FROM people WHERE value = ? AND kind = ? ORDER BY rowid", (value, kind)
        )
        return [Personal(*row) for row in found]

    def person(self, id: str) -> Personal | None:
        """One row of the erasable table; None once the person was erased."""
        for row in self._read.execute("SELECT id, sale, kind, value FROM people WHERE id = ?", (id,)):
            return Personal(*row)
        return None

    def lock_holder(self, device: str) -> str | None:
        for (holder,) in self._read.execute("SELECT holder FROM device_lock WHERE device = ?", (device,)):
            return str(holder)
        return None

    def setting(self, key: str) -> bytes | None:
        for (value,) in self._read.execute("SELECT value FROM setting WHERE key = ?", (key,)):
            return bytes(value)
        return None

    def stock(self, sku: str, location: str) -> int:
        """Thousandths on hand at a location: the sum of the moves."""
        for (thousandths,) in self._read.execute(
            "SELECT thousandths FROM stock_balance WHERE sku = ? AND location = ?", (sku, location)
        ):
            return int(thousandths)
        return 0

    def book_count(
        self, sku: str, location: str, stream: str, sales: Sequence[str], ended: Iterable[str]
    ) -> stock_rows.BookCount:
        """What a stocktake compares with: the sum of the moves and the stream's newest number, at one moment."""
        return stock_rows.book_count(self._read, sku, location, stream, sales, ended)

    def holds(self, sku: str | None = None) -> list[Hold]:
        """What is written as kept for orders, of one product or of all."""
        return stock_rows.all_holds(self._read) if sku is None else stock_rows.holds(self._read, sku)

    def holds_in(self, sale: str) -> list[Hold]:
        """The lines of the order that is rung up in a sale."""
        return stock_rows.holds_in(self._read, sale)

    def holds_of(self, order: str) -> list[Hold]:
        return stock_rows.order(self._read, order)

    def stock_received(self, transfer: str) -> bool:
        """Has this shop received the transfer of this number?"""
        return stock_rows.is_received(self._read, transfer)

    def stock_documents(self, limit: int) -> list[StockDocumentRow]:
        """Those that are not over, and the newest of the others; newest first."""
        return stock_rows.documents(self._read, limit)

    def outbox_state(self) -> list[OutboxState]:
        """A row for each stream that ever had an item."""
        return outbox.state(self._read)

    def outbox_read(self, stream: str, after_seq: int, limit: int, max_bytes: int = outbox.NO_LIMIT) -> list[OutboxRow]:
        """Consecutive items after `after_seq`, within both limits but at least one if there is one."""
        return outbox.read(self._read, stream, after_seq, limit, max_bytes)

    def outbox_ack(self, stream: str) -> int:
        """The last number of a stream that HQ acknowledged."""
        return outbox.acked(self._read, stream)

    def outbox_head(self, stream: str) -> int:
        """The last number a stream gave; 0 before the first."""
        return outbox.head(self._read, stream)[0]

    def outbox_hash(self, stream: str, seq: int) -> str | None:
        """The hash of an item, GENESIS for 0; None if it is no longer kept."""
        return outbox.hash_of(self._read, stream, seq)

    def _one_sale(self, where: str, bindings: tuple[str, ...]) -> SaleRow | None:
        found = self._sales(where, bindings)
        return found[0] if found else None

    def _sales(self, where: str, bindings: tuple[str | int, ...]) -> list[SaleRow]:
        return [replace(SaleRow(*row), open=bool(row[10])) for row in self._read.execute(_SALE + where, bindings)]
