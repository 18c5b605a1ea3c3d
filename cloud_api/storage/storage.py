"""Where HQ keeps what it was told: one interface, whatever database is behind it.

    async with storage.transaction(store) as transaction:      all or nothing, durable when the block was left
        await transaction.write("UPDATE ... WHERE store=? ...", (...))
    await storage.rows("SELECT ...", (...))                    reading, outside any transaction

SQL is one text for every database, with `?` for its values; the few places where databases have no words in common ask
the `Dialect`. Whatever a database says of its own failures arrives as StorageBusy.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

Value = str | int | bytes | None
Row = tuple[Value, ...]

RETRY_AFTER_S = 5  # an administrator's command, a checkpoint or the promotion of a standby is mostly over by then


class StorageBusy(Exception):
    """The storage cannot do it now: locked, full, out of reach, in the middle of a failover. Nothing was changed,
    or, where only the confirmation of a commit was lost, all of it was: whoever asks again finds out which."""


class NewerStorage(Exception):
    """A later HQ has written it; this one refuses to touch it. `ru` and `en` are for a person."""

    def __init__(self, what: str, version: int | str, known: int | str) -> None:
        self.ru = (
            f"{what}: записано более новой программой офиса (схема {version}, известна {known}). Ничего не тронуто."
            " Обновите программу."
        )
        self.en = f"{what} has schema {version}, this program knows {known}. It was left as it is. Update the program."
        super().__init__(self.en)


class Dialect(Protocol):
    """What has no words that every database knows. `name` is for people."""

    name: str
    locked: str
    """Ends a SELECT whose rows nobody else may change until this transaction ends."""
    not_before: str
    """With one `?`: says to all programs over this database, as long as this transaction lasts, that it stores nothing
    of before that moment. Empty: transactions that write follow each other."""
    said_not_before: str
    """A query: the smallest moment that is said so now; NULL where nobody says one."""

    def among(self, column: str) -> str:
        """A condition with one `?`: the column is one of the values that `asked` made its argument of."""
        ...

    def asked(self, values: Sequence[str]) -> Any:
        """The argument of `among`."""
        ...

    def each(self, name: str) -> str:
        """A table `name` with one `?`, whose column `id` has the values that `asked` made its argument of."""
        ...

    def holds(self, column: str) -> str:
        """A condition with one `?`: the bytes are somewhere in the column."""
        ...


class Reading(Protocol):
    """What can be asked, in a transaction and outside."""

    @property
    def dialect(self) -> Dialect: ...

    async def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]: ...

    async def row(self, sql: str, values: Sequence[Any] = ()) -> tuple[Any, ...] | None: ...

    async def number(self, sql: str, values: Sequence[Any] = ()) -> int:
        """The one integer a query answers; 0 for NULL or no row."""
        ...


class Transaction(Reading, Protocol):
    """The open transaction: what it wrote is seen by its own questions, and by nobody else yet."""

    async def write(self, sql: str, values: Sequence[Any] = ()) -> None: ...

    async def write_many(self, sql: str, rows: Iterable[Sequence[Any]], *, apart: bool = False) -> None:
        """The same statement for each row. `apart`: no two rows have the same key, so they may be written as one."""
        ...

    async def insert(self, table: str, rows: Sequence[Row]) -> None:
        """Whole new rows, each with all columns of the table in their order, by the fastest way there is."""
        ...


class Storage(Reading, Protocol):
    """HQ's storage, open. `rows`, `row` and `number` ask for what is committed."""

    def transaction(self, store: str | None) -> AbstractAsyncContextManager[Transaction]:
        """`store` is the shop whose rows are written; None: what belongs to the whole chain, such as keys.

        Never opened inside another one, and inside it nothing is asked of the storage itself, only of the transaction.
        """
        ...

    async def look_ahead(self, today: dt.date) -> None:
        """Makes room for the coming months, where room is made by the month."""
        ...

    async def scrub(self) -> None:
        """Empties what still holds pages from before an erasure; outside a transaction."""
        ...

    async def close(self) -> None: ...


def upsert(table: str, keys: Sequence[str], columns: Sequence[str]) -> str:
    """SQL that writes a row over the one with the same `keys`; `columns` are all columns of the table, in order."""
    changed = ", ".join(f"{column}=excluded.{column}" for column in columns if column not in keys)
    marks = ",".join("?" * len(columns))
    put = f"INSERT INTO {table}({', '.join(columns)}) VALUES({marks})"
    return f"{put} ON CONFLICT({', '.join(keys)}) DO UPDATE SET {changed}"
