"""Opens the storage that HQ was told to use, and brings its schema forward."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from zoneinfo import ZoneInfo

from cloud_api.settings import POSTGRESQL
from cloud_api.storage.business_day import ZONE
from cloud_api.storage.sqlite import open_sqlite
from cloud_api.storage.storage import Storage


class DriverMissing(Exception):
    """What PostgreSQL needs is not installed. `ru` and `en` are for a person."""

    ru = "Для PostgreSQL нужны дополнительные пакеты. Данные не тронуты. Установите tillkeeper[postgres]."
    en = "PostgreSQL needs more packages. The data are not touched. Install tillkeeper[postgres]."


async def open_storage(database: str, zone: str = ZONE) -> Storage:
    """`database` is the path of a SQLite file, or the URL of a PostgreSQL database. NewerStorage, DriverMissing, or
    StorageBusy, if it cannot be opened."""
    if not database.startswith(POSTGRESQL):
        return open_sqlite(database, zone=zone)
    try:
        from cloud_api.storage.migrating import migrate_postgresql
        from cloud_api.storage.postgresql import open_pool
    except ImportError as missing:
        raise DriverMissing(str(missing)) from None
    await migrate_postgresql(database)
    return await open_pool(database, dt.datetime.now(ZoneInfo(zone)).date())


@asynccontextmanager
async def opened(database: str, zone: str = ZONE) -> AsyncIterator[Storage]:
    """The storage, closed when the block is left."""
    storage = await open_storage(database, zone)
    try:
        yield storage
    finally:
        await storage.close()
