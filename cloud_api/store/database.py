"""HQ's one SQLite file: opened with WAL and synchronous=FULL, migrated forward only, written in whole transactions.

All work is done inline on the event loop: a batch of 500 receipts takes some tens of milliseconds and nothing else may
see half of it. An acknowledgement may leave only after `transaction()` has ended without an error.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import apsw

from cloud_api.store.schema import STEPS, VERSION

BUSY_MS = 2_000  # another writer is only an administrator's command, and that commits in milliseconds
WAL_KEPT_BYTES = 64 * 1024 * 1024  # a replay of a day's receipts must not leave a giant log behind

Value = str | int | bytes | None
Row = tuple[Value, ...]


class NewerFile(Exception):
    """The file was written by a later HQ; this one refuses to touch it. `ru` and `en` are for a person."""

    def __init__(self, path: str, version: int) -> None:
        self.ru = (
            f"Файл {path} записан более новой программой офиса (схема {version}, известна {VERSION}). Он не тронут."
            " Обновите программу."
        )
        self.en = (
            f"The file {path} has schema {version}, this program knows {VERSION}. It was left as it is."
            " Update the program."
        )
        super().__init__(self.en)


class Database:
    """The open file. Use as `with open_database(path) as database`."""

    def __init__(self, connection: apsw.Connection, path: str) -> None:
        self._connection = connection
        self.path = path

    def __enter__(self) -> Database:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing, durable when the block has been left without an error."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        finally:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")

    def scrub(self) -> None:
        """Empties the log, where pages from before an erasure still lie; outside a transaction."""
        self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def write(self, sql: str, values: Sequence[Value] = ()) -> None:
        self._connection.execute(sql, values)

    def write_many(self, sql: str, rows: Iterable[Sequence[Value]]) -> None:
        self._connection.executemany(sql, rows)

    def rows(self, sql: str, values: Sequence[Value] = ()) -> list[tuple[Any, ...]]:
        return list(self._connection.execute(sql, values))

    def row(self, sql: str, values: Sequence[Value] = ()) -> tuple[Any, ...] | None:
        found = self._connection.execute(sql, values).fetchone()
        return None if found is None else tuple(found)

    def number(self, sql: str, values: Sequence[Value] = ()) -> int:
        """The one integer a query answers; 0 for NULL or no row."""
        found = self.row(sql, values)
        return found[0] if found is not None and isinstance(found[0], int) else 0


def open_database(path: str, *, vfs: str | None = None) -> Database:
    """Open or create the file; NewerFile if a later version wrote it, apsw.Error if it cannot be opened."""
    connection = apsw.Connection(path, vfs=vfs)
    connection.set_busy_timeout(BUSY_MS)
    # EXTRA until the log exists: the rollback journal of a new file, deleted without syncing its folder, may come back
    # after a power cut and undo everything since (tests/cloud_api/test_hq_power_cut.py).
    # secure_delete from the first byte on: a page that was rearranged without it keeps old copies of erased rows.
    pragmas = ("secure_delete=ON", "synchronous=EXTRA", "journal_mode=WAL", "synchronous=FULL", "cache_size=-65536")
    for pragma in (*pragmas, f"journal_size_limit={WAL_KEPT_BYTES}"):
        connection.execute(f"PRAGMA {pragma}")
    database = Database(connection, path)
    try:
        _migrate(database)
    except (NewerFile, apsw.Error):
        connection.close()
        raise
    return database


def _migrate(database: Database) -> None:
    version = database.number("PRAGMA user_version")
    if version > VERSION:
        raise NewerFile(database.path, version)
    if 0 < version < VERSION:
        database.write("VACUUM INTO ?", (f"{database.path}.before-v{VERSION}",))
    for number, step in enumerate(STEPS[version:], start=version + 1):
        with database.transaction():
            database.write(step)
            database.write(f"PRAGMA user_version = {number}")
