"""HQ's storage in one SQLite file: opened with WAL and synchronous=FULL, migrated forward only.

All work is done inline on the event loop, under asyncio, trio or none: no call here ever waits for anything but the
disk, so nothing else runs between the first and the last statement of a transaction that awaits only its storage. One
that does wait for something else keeps others out until it has ended.
"""

from __future__ import annotations

import datetime as dt
import glob
import json
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import anyio
import apsw

from cloud_api.storage.business_day import ZONE, day_of
from cloud_api.storage.revisions import REVISIONS
from cloud_api.storage.sqlite_history import CARRY_OVER, SET_ASIDE, STEPS
from cloud_api.storage.storage import Dialect, NewerStorage, Row, StorageBusy

BUSY_MS = 2_000  # another writer is only an administrator's command, and that commits in milliseconds
FIRST = len(STEPS) + 1  # the first version that is a revision: those before it are steps of sqlite_history.py
VERSION = len(STEPS) + len(REVISIONS)
CHECKPOINT_PAGES = 4_000  # 16 MB: the pages that every batch touches are copied once in some forty batches, not in ten
WAL_KEPT_BYTES = 64 * 1024 * 1024  # a replay of a day's receipts must not leave a giant log behind


class NewerFile(NewerStorage):
    """The file was written by a later HQ."""

    def __init__(self, path: str, version: int) -> None:
        super().__init__(path, version, VERSION)


class SqliteDialect:
    """SQLite's words for what has no common ones."""

    name = "sqlite"
    locked = ""
    not_before = said_not_before = ""

    def among(self, column: str) -> str:
        return f"{column} IN (SELECT value FROM json_each(?))"

    def asked(self, values: Sequence[str]) -> str:
        return json.dumps(list(values))

    def each(self, name: str) -> str:
        return f"(SELECT value AS id FROM json_each(?)) AS {name}"

    def holds(self, column: str) -> str:
        return f"instr({column}, ?) > 0"


SQLITE = SqliteDialect()


@contextmanager
def _ours() -> Iterator[None]:
    """apsw's errors become ours."""
    try:
        yield
    except apsw.Error as error:
        raise StorageBusy(f"the file cannot take it now: {error}") from error


class _SqliteTransaction:
    """The statements of the one open transaction; also how the file is read, for reading is the same."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    @property
    def dialect(self) -> Dialect:
        return SQLITE

    async def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with _ours():
            return list(self._connection.execute(sql, values))

    async def row(self, sql: str, values: Sequence[Any] = ()) -> tuple[Any, ...] | None:
        with _ours():
            found = self._connection.execute(sql, values).fetchone()
        return None if found is None else tuple(found)

    async def number(self, sql: str, values: Sequence[Any] = ()) -> int:
        found = await self.row(sql, values)
        return found[0] if found is not None and isinstance(found[0], int) else 0

    async def write(self, sql: str, values: Sequence[Any] = ()) -> None:
        with _ours():
            self._connection.execute(sql, values)

    async def write_many(self, sql: str, rows: Iterable[Sequence[Any]], *, apart: bool = False) -> None:
        with _ours():
            self._connection.executemany(sql, rows)

    async def insert(self, table: str, rows: Sequence[Row]) -> None:
        if rows:
            with _ours():
                self._connection.executemany(f"INSERT INTO {table} VALUES({','.join('?' * len(rows[0]))})", rows)


class SqliteStorage:
    """The open file."""

    def __init__(self, connection: apsw.Connection, path: str) -> None:
        self._connection = connection
        self._statements = _SqliteTransaction(connection)
        self._entered = False
        self._waiting: list[anyio.Event] = []
        self.path = path

    @property
    def dialect(self) -> Dialect:
        return SQLITE

    @asynccontextmanager
    async def transaction(self, store: str | None) -> AsyncIterator[_SqliteTransaction]:
        """`store` decides nothing here: the file is one."""
        await self._until_free()
        self._entered = True
        try:
            with _ours():
                self._connection.execute("BEGIN IMMEDIATE")
            yield self._statements
            with _ours():
                self._connection.execute("COMMIT")
        finally:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            self._entered = False
            waiting, self._waiting = self._waiting, []
            for turn in waiting:
                turn.set()

    async def _until_free(self) -> None:
        while self._entered:
            turn = anyio.Event()
            self._waiting.append(turn)
            await turn.wait()

    async def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        await self._until_free()
        return await self._statements.rows(sql, values)

    async def row(self, sql: str, values: Sequence[Any] = ()) -> tuple[Any, ...] | None:
        await self._until_free()
        return await self._statements.row(sql, values)

    async def number(self, sql: str, values: Sequence[Any] = ()) -> int:
        await self._until_free()
        return await self._statements.number(sql, values)

    async def look_ahead(self, today: dt.date) -> None:
        """Nothing to do: the file grows by itself."""

    async def scrub(self) -> None:
        """Empties the log, where pages from before an erasure still lie, and takes away the copies of upgrades: whoever
        was erased lies in them whole, and the program that made one has been at work since."""
        await self._until_free()
        with _ours():
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        file = Path(self.path)
        for copy in file.parent.glob(f"{glob.escape(file.name)}.before-v*"):
            with suppress(OSError):  # such as a directory that is only to be read: what is erased in the file stays so
                copy.unlink()

    async def close(self) -> None:
        self._connection.close()


def open_sqlite(path: str, *, zone: str = ZONE, vfs: str | None = None) -> SqliteStorage:
    """Open or create the file; NewerFile if a later version wrote it, StorageBusy if it cannot be opened. `zone` is
    whose day the sales of an earlier version's file belong to."""
    with _ours():
        connection = apsw.Connection(path, vfs=vfs)
        try:
            _prepare(connection)
            _migrate(connection, path, ZoneInfo(zone))
        except (NewerFile, apsw.Error):
            connection.close()
            raise
    return SqliteStorage(connection, path)


def _prepare(connection: apsw.Connection) -> None:
    connection.set_busy_timeout(BUSY_MS)
    # EXTRA until the log exists: the rollback journal of a new file, deleted without syncing its folder, may come back
    # after a power cut and undo everything since (tests/cloud_api/test_hq_power_cut.py).
    # secure_delete from the first byte on: a page that was rearranged without it keeps old copies of erased rows.
    pragmas = ("secure_delete=ON", "synchronous=EXTRA", "journal_mode=WAL", "synchronous=FULL", "cache_size=-65536")
    kept = (f"wal_autocheckpoint={CHECKPOINT_PAGES}", f"journal_size_limit={WAL_KEPT_BYTES}")
    for pragma in (*pragmas, *kept):
        connection.execute(f"PRAGMA {pragma}")


def _migrate(connection: apsw.Connection, path: str, zone: ZoneInfo) -> None:
    version = int(connection.pragma("user_version"))
    if version > VERSION:
        raise NewerFile(path, version)
    if 0 < version < VERSION:
        _keep_copy(connection, Path(f"{path}.before-v{VERSION}"))
    if 0 < version < FIRST:
        for number, step in enumerate(STEPS[version:], start=version + 1):
            _step(connection, number, (step,))

        def business_day(*arguments: Any) -> int:
            return day_of(arguments[0], zone)

        connection.create_scalar_function("business_day", business_day, 1)
        _step(connection, FIRST, (*SET_ASIDE, *REVISIONS[0].statements("sqlite"), *CARRY_OVER))
        version = FIRST
    for number, revision in enumerate(REVISIONS, start=FIRST):
        if number > version:
            _step(connection, number, revision.statements("sqlite"))


def _keep_copy(connection: apsw.Connection, copy: Path) -> None:
    """As it was before the first step; the copy of an upgrade that was cut is that, and stays until somebody is erased
    (`scrub`)."""
    if copy.exists():
        return
    unfinished = copy.with_name(copy.name + ".part")
    unfinished.unlink(missing_ok=True)
    connection.execute("VACUUM INTO ?", (str(unfinished),))
    unfinished.replace(copy)


def _step(connection: apsw.Connection, number: int, statements: Iterable[str]) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        for sql in statements:
            connection.execute(sql)
        connection.execute(f"PRAGMA user_version = {number}")
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
