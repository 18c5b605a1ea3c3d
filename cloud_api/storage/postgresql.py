"""HQ's storage in PostgreSQL: a pool of connections to whichever of the named servers takes writes.

    postgresql://hq@db1,db2:5433/hq        several servers: a promoted standby is found when the primary is gone

Under asyncio only, as asyncpg is. Whatever the server or the way to it does wrong is StorageBusy: the till keeps what
it has and comes back. New rows go in by COPY. What an erasure leaves in old versions of rows goes with the next
autovacuum, in the log when the server recycles it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import anyio
import asyncpg

from cloud_api.storage.revisions import PARTED
from cloud_api.storage.storage import Dialect, Row, StorageBusy

CONNECTIONS = 10  # beyond a few for each core of the server more of them only wait there
STATEMENT_S = 15  # a standby that is waited for and never comes back must not hold a till for longer
CONNECT_S = 5
MOMENT_BITS = 44  # milliseconds until the year 2527
SAID = 0x7111_6  # before the moment in the number of a lock; any would do that nobody else uses
MONTHS_AHEAD = 3  # parts that are there before anybody needs them, if the program is not started for a while

MANY = 20  # rows: from here on a column of texts is sent as one text, which asyncpg packs a few times faster
BETWEEN = "\x1f"

_AT_ONCE: dict[str, _AtOnce] = {}
"""Statements of `write_many` by the text they were made of; the types of our columns do not change while we run."""
_TROUBLE = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, TimeoutError)


@dataclass(frozen=True, slots=True)
class _AtOnce:
    """One statement for many rows: by columns as arrays, and by columns as texts, where all are texts or numbers."""

    arrays: str
    texts: str | None


class PostgresqlDialect:
    """PostgreSQL's words for what has no common ones."""

    name = "postgresql"
    locked = " FOR UPDATE"
    not_before = f"SELECT pg_advisory_xact_lock_shared({SAID << MOMENT_BITS} | CAST(? AS bigint))"
    said_not_before = (
        f"SELECT min((classid::bigint % {2 ** (MOMENT_BITS - 32)} << 32) + objid::bigint) FROM pg_locks "
        f"WHERE locktype='advisory' AND objsubid=1 AND classid::bigint >> {MOMENT_BITS - 32} = {SAID} "
        "AND database=(SELECT oid FROM pg_database WHERE datname=current_database())"
    )

    def among(self, column: str) -> str:
        return f"{column} = ANY(?)"

    def asked(self, values: Sequence[str]) -> list[str]:
        return list(values)

    def each(self, name: str) -> str:
        return f"unnest(CAST(? AS text[])) AS {name}(id)"

    def holds(self, column: str) -> str:
        return f"position(CAST(? AS bytea) in {column}) > 0"


POSTGRESQL = PostgresqlDialect()


@contextmanager
def ours() -> Iterator[None]:
    """asyncpg's errors become ours."""
    try:
        yield
    except _TROUBLE as error:
        raise StorageBusy(f"the database cannot do it now: {type(error).__name__}: {error}") from error


@lru_cache(maxsize=1024)
def numbered(sql: str) -> str:
    """`?` becomes $1, $2 and so on; no text of ours has a question mark of its own."""
    first, *rest = sql.split("?")
    return first + "".join(f"${place}{part}" for place, part in enumerate(rest, start=1))


def _as_texts(columns: Iterable[Sequence[Any]]) -> list[str] | None:
    """None where a value is NULL or has the character that stands between."""
    found = []
    for column in columns:
        if None in column:
            return None
        text = BETWEEN.join(map(str, column))
        if text.count(BETWEEN) != len(column) - 1:
            return None
        found.append(text)
    return found


class _Statements:
    """What can be said on one connection."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    @property
    def dialect(self) -> Dialect:
        return POSTGRESQL

    async def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with ours():
            return [tuple(row) for row in await self._connection.fetch(numbered(sql), *values)]

    async def row(self, sql: str, values: Sequence[Any] = ()) -> tuple[Any, ...] | None:
        with ours():
            found = await self._connection.fetchrow(numbered(sql), *values)
        return None if found is None else tuple(found)

    async def number(self, sql: str, values: Sequence[Any] = ()) -> int:
        found = await self.row(sql, values)
        return found[0] if found is not None and isinstance(found[0], int) else 0

    async def write(self, sql: str, values: Sequence[Any] = ()) -> None:
        with ours():
            await self._connection.execute(numbered(sql), *values)

    async def write_many(self, sql: str, rows: Iterable[Sequence[Any]], *, apart: bool = False) -> None:
        rows = list(rows)
        if not rows:
            return
        with ours():
            if not apart:
                await self._connection.executemany(numbered(sql), rows)
                return
            at_once = _AT_ONCE.get(sql) or await self._as_one(sql)
            columns = list(zip(*rows, strict=True))
            texts = _as_texts(columns) if at_once.texts is not None and len(rows) >= MANY else None
            if texts is not None and at_once.texts is not None:
                await self._connection.execute(at_once.texts, *texts)
            else:
                await self._connection.execute(at_once.arrays, *map(list, columns))

    async def _as_one(self, sql: str) -> _AtOnce:
        """The same statement of many rows as one; asking the server for the types of its columns costs two round trips,
        so it is asked once."""
        prepared = await self._connection.prepare(numbered(sql))
        types = [one.name for one in prepared.get_parameters()]
        head, _, tail = sql.partition(f"VALUES({','.join('?' * len(types))})")

        def by(column: str) -> str:
            columns = ", ".join(column.format(place=place, type=name) for place, name in enumerate(types, start=1))
            return f"{head}SELECT * FROM unnest({columns}){tail}"

        texts = by("string_to_array(${place}::text, chr(31))::{type}[]") if {*types} <= {"text", "int8"} else None
        return _AT_ONCE.setdefault(sql, _AtOnce(by("${place}::{type}[]"), texts))

    async def insert(self, table: str, rows: Sequence[Row]) -> None:
        if rows:
            with ours():
                await self._connection.copy_records_to_table(table, records=rows)


class PostgresqlStorage:
    """The open pool."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool

    @property
    def dialect(self) -> Dialect:
        return POSTGRESQL

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[Any]:
        with ours(), anyio.fail_after(CONNECT_S):  # asyncpg's own timeout would make a task each time
            connection = await self._pool.acquire()
        try:
            yield connection
        except StorageBusy as busy:
            if isinstance(busy.__cause__, asyncpg.ReadOnlySQLTransactionError):
                await self._pool.expire_connections()  # this server was the primary once
            raise
        finally:
            with suppress(*_TROUBLE):
                await self._pool.release(connection)

    @asynccontextmanager
    async def transaction(self, store: str | None) -> AsyncIterator[_Statements]:
        """`store` decides nothing here yet: one server has all shops, or finds the one that has."""
        async with self._connected() as connection:
            transaction = connection.transaction()
            with ours():
                await transaction.start()
            async with AsyncExitStack() as undoing:
                undoing.push_async_callback(_undo, connection, transaction)
                yield _Statements(connection)
                undoing.pop_all()  # whatever a commit that fails has done, it is no longer ours to undo
            with ours():
                await transaction.commit()

    async def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        async with self._connected() as connection:
            return await _Statements(connection).rows(sql, values)

    async def row(self, sql: str, values: Sequence[Any] = ()) -> tuple[Any, ...] | None:
        async with self._connected() as connection:
            return await _Statements(connection).row(sql, values)

    async def number(self, sql: str, values: Sequence[Any] = ()) -> int:
        async with self._connected() as connection:
            return await _Statements(connection).number(sql, values)

    async def look_ahead(self, today: dt.date) -> None:
        """Makes the monthly parts of this month and the coming ones. A month that rows of the part `other` belong to
        already is left to it."""
        months = [today.year * 12 + today.month - 1 + ahead for ahead in range(MONTHS_AHEAD + 1)]
        found = await self.rows("/* global: parts */ SELECT inhrelid::regclass::text FROM pg_inherits")
        there = {str(row[0]) for row in found}
        for table in PARTED:
            for month in months:
                name = f"{table}_{month // 12}_{month % 12 + 1:02d}"
                if name in there:
                    continue
                first, end = (m // 12 * 10_000 + (m % 12 + 1) * 100 for m in (month, month + 1))
                async with self._connected() as connection:
                    with ours(), suppress(asyncpg.CheckViolationError, asyncpg.DuplicateTableError):
                        await connection.execute(
                            f"CREATE TABLE {name} PARTITION OF {table} FOR VALUES FROM ({first}) TO ({end})"
                        )

    async def scrub(self) -> None:
        """Nothing to do: see the file's first words."""

    async def close(self) -> None:
        with suppress(*_TROUBLE):
            await self._pool.close()


async def _prepare(connection: Any) -> None:
    # A sum of whole numbers is `numeric` to PostgreSQL; all of ours are whole.
    await connection.set_type_codec("numeric", schema="pg_catalog", encoder=str, decoder=int, format="text")


async def _undo(connection: Any, transaction: Any) -> None:
    """Even when whoever wrote was cancelled: a connection must not go back to the pool in the middle of something."""
    with anyio.move_on_after(CONNECT_S, shield=True), suppress(*_TROUBLE):
        await transaction.rollback()
    with suppress(asyncpg.InterfaceError):  # it broke, and the pool has taken it back already
        if not connection.is_closed() and connection.is_in_transaction():
            connection.terminate()  # the server rolls back by itself


async def _leave(connection: Any) -> None:
    """Between two users of a connection there is nothing to tidy up: no setting, lock or cursor of ours outlives its
    transaction, and asking the server to make sure would cost a round trip each time."""


async def connect(url: str) -> Any:
    """One connection to the server that takes writes."""
    return await asyncpg.connect(url, timeout=CONNECT_S, target_session_attrs="read-write")


async def open_pool(url: str, today: dt.date) -> PostgresqlStorage:
    """The storage behind `url`, whose schema is there. StorageBusy if no server of it takes writes."""
    with ours():
        pool = await asyncpg.create_pool(
            url,
            min_size=1,
            max_size=CONNECTIONS,
            timeout=CONNECT_S,
            command_timeout=STATEMENT_S,
            target_session_attrs="read-write",
            init=_prepare,
            reset=_leave,
            server_settings={"application_name": "tillkeeper hq", "statement_timeout": f"{STATEMENT_S}s"},
        )
    storage = PostgresqlStorage(pool)
    await storage.look_ahead(today)
    return storage
