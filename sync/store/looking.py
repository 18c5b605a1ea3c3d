"""Looks into a data directory without changing it, beside a running agent too: for the doctor."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import apsw

from sync.store import database
from sync.store.failures import translated
from sync.store.log_index import refuse_without_room
from sync.store.migrations import MIGRATIONS
from sync.store.reading import Reading
from sync.store.reserve import Reserve


@dataclass(frozen=True, slots=True)
class Look:
    """What the file says of itself. `schema` above `known`: written by a newer program, nothing else is read."""

    schema: int
    known: int
    entries: int
    reading: Reading


@contextmanager
def look_into(directory: Path) -> Iterator[Look | None]:
    """None: there is no file yet. Raises JournalRefused or DiskFull (failures.py) when it cannot be read."""
    file = directory / database.FILE
    if not file.exists():
        yield None
        return
    refuse_without_room(file, Reserve(directory).free_bytes)
    with translated():
        connection = database.connect_reading(file)
    try:
        with translated():
            schema = int(connection.execute("PRAGMA user_version").get)
            entries = _entries(connection) if schema <= len(MIGRATIONS) else 0
        yield Look(schema, len(MIGRATIONS), entries, Reading(connection))
    finally:
        connection.close()


def owner_of(directory: Path) -> tuple[str, int] | None:
    """The device and epoch the data belong to; None where there are none yet, or of a newer program."""
    with look_into(directory) as look:
        if look is None or look.schema > look.known:
            return None
        device, epoch = look.reading.setting("store.device"), look.reading.setting("store.epoch")
    return (device.decode(), int(epoch)) if device is not None and epoch is not None else None


def _entries(connection: apsw.Connection) -> int:
    return int(connection.execute("SELECT coalesce(max(seq), 0) FROM journal").get)
