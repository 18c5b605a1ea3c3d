"""Erasing a person: the rows go, the bytes they lay in are overwritten, and the copies made before updates go too."""

from __future__ import annotations

from pathlib import Path

import apsw

from sync.store.failures import translated


def erase(connection: apsw.Connection, value: str) -> int:
    """Deletes every row with this value inside the open transaction; freed bytes are zeroed."""
    connection.execute("PRAGMA secure_delete = ON")
    try:
        connection.execute("DELETE FROM people WHERE value = ?", (value,))
        return connection.changes()
    finally:
        connection.execute("PRAGMA secure_delete = OFF")


def scrub(connection: apsw.Connection, directory: Path | None) -> None:
    """After the commit: empties the log, where older pages still lie, and drops copies of older schemas."""
    with translated():
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    if directory is not None:
        for copy in directory.glob("*.bak"):
            copy.unlink()
