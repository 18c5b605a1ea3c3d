"""The journal: everything that happened, numbered without holes and chained so that a changed or missing row shows.

hash = sha256(previous hash + "\\n" + kind + "\\n" + till + "\\n" + sale + "\\n" + sha256(body)), the hashes as 32 raw
bytes, the words as UTF-8, 32 zero bytes before row 1. It covers the hash of a body, not the body.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

import apsw

from sync.store.batch import Committed, Entry, Row

GENESIS = bytes(32)
COLUMNS = "seq, at_ms, till, sale, kind, body"


def link(previous: bytes, kind: str, till: str, sale: str, body: bytes) -> bytes:
    """The hash of the row that follows `previous`."""
    return sha256(previous + f"\n{kind}\n{till}\n{sale}\n".encode() + sha256(body).digest()).digest()


def append(connection: apsw.Connection, entries: Iterable[Entry], at_ms: int) -> Committed:
    """Numbers and chains the entries inside the transaction that is open."""
    last = connection.execute("SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1").fetchone()
    seq, previous = last if last is not None else (0, GENESIS)
    first = seq + 1
    rows = []
    for entry in entries:
        seq += 1
        previous = link(previous, entry.kind, entry.till, entry.sale, entry.body)
        rows.append((seq, at_ms, entry.till, entry.sale, entry.kind, entry.body, previous))
    if rows:
        connection.executemany("INSERT INTO journal VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
    return Committed(first, seq)


def read(connection: apsw.Connection, where: str, bindings: tuple[str | int, ...]) -> list[Row]:
    """Rows by a condition of this package's own, oldest first."""
    return [Row(*row) for row in connection.execute(f"SELECT {COLUMNS} FROM journal WHERE {where}", bindings)]


def first_bad(connection: apsw.Connection) -> int | None:
    """Walks the whole chain; the first number that is missing or whose hash is wrong, or None."""
    expected, previous = 1, GENESIS
    for seq, kind, till, sale, body, kept in connection.execute(
        "SELECT seq, kind, till, sale, body, hash FROM journal ORDER BY seq"
    ):
        previous = link(previous, kind, till, sale, body)
        if seq != expected or previous != kept:
            return expected
        expected += 1
    return None
