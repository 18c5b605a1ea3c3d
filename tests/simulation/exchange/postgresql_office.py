"""HQ over PostgreSQL in an exchange: two HQs over one database, each request goes to either.

inside: cancelled in the middle of a transaction        outside: SIGKILL
the primary dies under load: its synchronous standby is promoted, and gets a standby of its own
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import anyio
import asyncpg

from cloud_api.storage.opening import open_storage
from tests.cloud_api.postgres_cluster import Cluster
from tests.simulation.exchange.office import Inside, Office, Process
from tests.simulation.exchange.virtual_loop import Outside

DATABASE = "hq"


class _Counted:
    """A storage that says when the database is at work, so that the clock stands still meanwhile."""

    def __init__(self, storage: Any, outside: Outside) -> None:
        self._storage = storage
        self._outside = outside
        self.dialect = storage.dialect

    async def rows(self, *asked: Any) -> Any:
        with self._outside.at_work():
            return await self._storage.rows(*asked)

    async def row(self, *asked: Any) -> Any:
        with self._outside.at_work():
            return await self._storage.row(*asked)

    async def number(self, *asked: Any) -> Any:
        with self._outside.at_work():
            return await self._storage.number(*asked)

    def transaction(self, store: str | None) -> Any:
        return _CountedTransaction(self._storage.transaction(store), self._outside)

    async def look_ahead(self, today: Any) -> None:
        await self._storage.look_ahead(today)

    async def scrub(self) -> None:
        await self._storage.scrub()

    async def close(self) -> None:
        with self._outside.at_work():
            await self._storage.close()


class _CountedTransaction:
    def __init__(self, opened: Any, outside: Outside) -> None:
        self._opened, self._outside = opened, outside

    async def __aenter__(self) -> Any:
        self._outside.busy += 1
        try:
            return await self._opened.__aenter__()
        except BaseException:
            self._outside.busy -= 1
            raise

    async def __aexit__(self, *told: Any) -> Any:
        try:
            return await self._opened.__aexit__(*told)
        finally:
            self._outside.busy -= 1


class PostgresqlOffice(Office):
    """Two HQs over one database, on a primary with a synchronous standby."""

    HQS = 2

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._primary = Cluster("wal_level=replica", "max_wal_senders=4", "fsync=off", "full_page_writes=off")
        self._standby: Cluster | None = None
        self._old: list[Cluster] = []
        self._backed_up = False

    async def prepare(self) -> None:
        await self._apart(self._primary.make)
        await self._say(f"CREATE DATABASE {DATABASE}")
        await self._stand_by()

    @property
    def database(self) -> str:
        ports = [str(one.port) for one in (self._primary, self._standby) if one is not None]
        return f"postgresql://hq@{','.join(f'127.0.0.1:{port}' for port in ports)}/{DATABASE}"

    async def _apart(self, work: Callable[..., object], *arguments: object) -> None:
        with self.outside.at_work():
            await anyio.to_thread.run_sync(work, *arguments)

    async def _stand_by(self) -> None:
        """A standby of the primary; from now on a commit is on both."""
        self._standby = Cluster("hot_standby=on", "fsync=off", "wal_level=replica", "max_wal_senders=4")
        primary, standby = self._primary, self._standby
        await self._apart(
            standby.run, "pg_basebackup", "-h", "127.0.0.1", "-p", primary.port, "-U", "hq", "-D", standby.data, "-R",
            "-c", "fast",
        )  # fmt: skip
        await self._apart(standby.start)
        await self._say("ALTER SYSTEM SET synchronous_standby_names='*'")
        await self._say("SELECT pg_reload_conf()")

    async def promote(self) -> None:
        """The primary is killed; HQ finds the promoted standby by its URL of two servers."""
        primary, standby = self._primary, self._standby
        assert standby is not None
        primary.kill()
        await anyio.lowlevel.checkpoint()
        await self._apart(standby.run, "pg_ctl", "promote", "-D", standby.data)
        self._old.append(primary)

    async def stand_by_again(self) -> None:
        """HQ is down: the promoted server is the primary now and gets a standby."""
        assert self._standby is not None
        self._primary = self._standby
        await self._stand_by()

    async def _say(self, sql: str) -> None:
        with self.outside.at_work():
            connection = await asyncpg.connect(self._primary.url("postgres"))
            try:
                await connection.execute(sql)
            finally:
                await connection.close()

    async def start(self) -> None:
        with self.outside.at_work():
            opened = [await open_storage(self.database) for _ in range(self.HQS)]
        apps = [self.app(_Counted(one, self.outside)) for one in opened]  # type: ignore[arg-type]
        self.ends = [Inside(app, self.tasks) for app in apps]

    async def stop(self) -> None:
        ends, self.ends = self.ends, []
        for end in ends:
            await end.end()
            if isinstance(end, Inside):
                pool: Any = end.app.storage
                pool._storage._pool.terminate()

    async def start_processes(self) -> None:
        self.starter.tell_time(self.clocks.hq_ms())
        self.ends = [
            Process(self.starter.start(self.database, self.keys), self.outside) for _ in range(self.HQS)
        ]  # fmt: skip

    async def back_up(self) -> None:
        await self._without_sessions(DATABASE)
        await self._say("DROP DATABASE IF EXISTS backup WITH (FORCE)")
        await self._say(f"CREATE DATABASE backup TEMPLATE {DATABASE}")

    async def restore(self) -> None:
        await self._without_sessions(DATABASE)
        await self._say(f"DROP DATABASE {DATABASE} WITH (FORCE)")
        await self._say(f"CREATE DATABASE {DATABASE} TEMPLATE backup")

    async def _without_sessions(self, name: str) -> None:
        await self._say(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname='{name}'")
        with self.outside.at_work():
            await anyio.sleep(0.05)

    async def close(self) -> None:
        await super().close()
        for one in (self._primary, self._standby, *self._old):
            if one is not None:
                await self._apart(one.close)
