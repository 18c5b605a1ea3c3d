"""Erasing a person: the rows go, the bytes they lay in are overwritten, and the copies made before updates go too."""

from __future__ import annotations

from pathlib import Path

import apsw

from sync.store.failures import translated

NATIONAL_LENGTH = 11  # 8 916 ... and +7 916 ... are one number


def _is_national(digits: str) -> bool:
    return len(digits) == NATIONAL_LENGTH and digits[0] in "78"


def spellings(value: str) -> list[str]:
    """How one phone, card or address may stand in the rows: as it was typed, and as whoever kept it spelled it."""
    found = {value, value.upper(), value.lower()}
    digits = value.removeprefix("+")
    if digits.isdigit():
        same = {digits} | ({"7" + digits[1:], "8" + digits[1:]} if _is_national(digits) else set())
        found |= same | {f"+{one}" for one in same}
    return sorted(found)


def erase(connection: apsw.Connection, value: str) -> int:
    """Deletes every row with this value, however it is spelled, inside the open transaction; no byte of them stays."""
    connection.execute("PRAGMA secure_delete = ON")
    try:
        count = 0
        for one in spellings(value):
            connection.execute("DELETE FROM people WHERE value = ?", (one,))
            count += connection.changes()
        if count:
            _write_anew(connection)
        return count
    finally:
        connection.execute("PRAGMA secure_delete = OFF")


def _write_anew(connection: apsw.Connection) -> None:
    """All rows out, their pages zeroed, and in again. SQLite zeroes a row where it lies, but a page that was rearranged
    earlier holds a second copy in its gap, which nothing frees: of 400 erased numbers 22 were still in the file.
    Measured: 0.6 s of the writer for 100,000 rows, once for each erasure."""
    rows = connection.execute("SELECT * FROM people ORDER BY rowid").fetchall()
    connection.execute("DELETE FROM people")
    connection.executemany("INSERT INTO people VALUES (?, ?, ?, ?, ?)", rows)


def scrub(connection: apsw.Connection, directory: Path | None) -> None:
    """After the commit: empties the log, where older pages still lie, and drops copies of older schemas."""
    with translated():
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    if directory is not None:
        for copy in directory.glob("*.bak"):
            copy.unlink()
