"""Writes one batch into the open transaction, in an order that refuses early: locks first, then everything else."""

from __future__ import annotations

import apsw

from sync.store import journal, outbox, stock_rows
from sync.store.batch import Batch, Committed, Lock, SaleRow, StockMove
from sync.store.failures import LockHeld

_SALE = (
    "INSERT INTO sale VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET till = excluded.till,"
    " number = excluded.number, act = excluded.act, phase = excluded.phase, opened_ms = excluded.opened_ms,"
    " closed_ms = excluded.closed_ms, total_minor = excluded.total_minor, shift = excluded.shift,"
    " of_sale = excluded.of_sale, open = excluded.open"
)


def write(connection: apsw.Connection, batch: Batch, at_ms: int) -> Committed:
    """Everything of `batch`, at one instant. Raises LockHeld; the caller's transaction then keeps nothing."""
    for lock in batch.locks:
        _lock(connection, lock)
    committed = journal.append(connection, batch.entries, at_ms)
    command = batch.command
    if command is not None:
        connection.execute(
            "INSERT INTO command VALUES (?, ?, ?, ?, ?)",
            (command.id, command.till, command.revision, command.answer, at_ms),
        )
    outbox.append(connection, batch.outgoing, at_ms)
    if batch.moves:
        _move(connection, batch.moves, at_ms)
    if batch.personal:
        connection.executemany(
            "INSERT INTO people VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET sale = excluded.sale,"
            " kind = excluded.kind, value = excluded.value",
            [(person.id, person.sale, person.kind, person.value, at_ms) for person in batch.personal],
        )
    if batch.sales:
        connection.executemany(_SALE, [_sale(sale) for sale in batch.sales])
    if batch.documents:
        stock_rows.write_documents(connection, batch.documents)
    if batch.holds:
        stock_rows.write_holds(connection, batch.holds)
    if batch.settings:
        connection.executemany(
            "INSERT INTO setting VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            [(setting.key, setting.value) for setting in batch.settings],
        )
    return committed


def _lock(connection: apsw.Connection, lock: Lock) -> None:
    if lock.holder is None:
        connection.execute("DELETE FROM device_lock WHERE device = ?", (lock.device,))
        return
    for (holder,) in connection.execute("SELECT holder FROM device_lock WHERE device = ?", (lock.device,)):
        if holder != lock.holder:
            raise LockHeld(lock.device, holder)
    connection.execute("INSERT OR REPLACE INTO device_lock VALUES (?, ?)", (lock.device, lock.holder))


def _move(connection: apsw.Connection, moves: tuple[StockMove, ...], at_ms: int) -> None:
    connection.executemany(
        "INSERT INTO stock_move VALUES (?, ?, ?, ?, ?, ?)",
        [(move.sku, move.location, move.delta_thousandths, move.reason, move.document, at_ms) for move in moves],
    )
    connection.executemany(
        "INSERT INTO stock_balance VALUES (?, ?, ?)"
        " ON CONFLICT (sku, location) DO UPDATE SET thousandths = thousandths + excluded.thousandths",
        [(move.sku, move.location, move.delta_thousandths) for move in moves],
    )


def _sale(sale: SaleRow) -> tuple[str | int | None, ...]:
    return (
        sale.id,
        sale.till,
        sale.number,
        sale.act,
        sale.phase,
        sale.opened_ms,
        sale.closed_ms,
        sale.total_minor,
        sale.shift,
        sale.of,
        sale.open,
    )
