"""Opens the storage that HQ was told to use."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from cloud_api.storage.sqlite import open_sqlite
from cloud_api.storage.storage import Storage


async def open_storage(database: str) -> Storage:
    """`database` is the path of a SQLite file. NewerFile, or StorageBusy, if it cannot be opened."""
    return open_sqlite(database)


@asynccontextmanager
async def opened(database: str) -> AsyncIterator[Storage]:
    """The storage, closed when the block is left."""
    storage = await open_storage(database)
    try:
        yield storage
    finally:
        await storage.close()
