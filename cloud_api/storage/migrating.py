"""Brings a PostgreSQL database to the newest revision: Alembic runs what is missing, one program at a time.

SQLAlchemy, which Alembic stands on, is used for nothing else here. SQLite's file runs the same revisions by itself
(sqlite.py): a second library with the same file open would take its locks away.
"""

from __future__ import annotations

from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy.engine import Connection
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import create_async_engine

from cloud_api.storage.postgresql import connect, ours
from cloud_api.storage.revisions import REVISIONS
from cloud_api.storage.storage import NewerStorage, StorageBusy

ONE_AT_A_TIME = 0x7111_6EE9  # the number of the lock; any would do that nobody else uses


async def migrate_postgresql(url: str) -> int:
    """How many revisions were run. NewerStorage if a later HQ has been here, StorageBusy if it
    cannot be done now."""
    known = [str(revision.revision) for revision in REVISIONS]
    with ours():
        connection = await connect(url)
        try:
            there = await connection.fetchval("SELECT to_regclass('alembic_version') IS NOT NULL")
            now = await connection.fetchval("SELECT version_num FROM alembic_version") if there else None
        finally:
            await connection.close()
    if now is not None and now not in known:
        raise NewerStorage("PostgreSQL", str(now), known[-1])
    missing = known[known.index(now) + 1 :] if now is not None else known
    if missing:
        try:
            await _upgrade(url)
        except SQLAlchemyError as error:
            raise StorageBusy(f"the schema was not changed: {error}") from error
    return len(missing)


async def _upgrade(url: str) -> None:
    async def creator() -> Any:
        return await connect(url)

    engine = create_async_engine("postgresql+asyncpg://", async_creator=creator)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(_run)
    finally:
        await engine.dispose()


def _run(connection: Connection) -> None:
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({ONE_AT_A_TIME})")
    config = Config()
    config.set_main_option("script_location", "cloud_api.storage:migrations")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
