"""How far a store has read a feed of HQ, kept in the same file and the same commit as what it has read.

feed_place      the place: everything of `feed` up to `version` is in this file
kind_skipped    kinds this program did not know, each with the place before its first row: asked for again by a program
                that knows it
put_aside       rows that make no sense, as they came, for a person; the others go on
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import TypeVar

import apsw
import msgspec

T = TypeVar("T")

KEPT_ASIDE = 500
"""The newest; a feed that is wrong as a whole must not fill the disk."""
LONGEST_ASIDE = 4_000

TABLES = """
CREATE TABLE feed_place (one INTEGER PRIMARY KEY CHECK (one = 1), feed TEXT NOT NULL, version INTEGER NOT NULL) STRICT;
CREATE TABLE kind_skipped (kind TEXT PRIMARY KEY, since INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE put_aside (n INTEGER PRIMARY KEY, kind TEXT NOT NULL, why TEXT NOT NULL, body TEXT NOT NULL) STRICT;
"""


@dataclass(frozen=True, slots=True)
class FeedPlace:
    feed: str
    version: int


@dataclass(frozen=True, slots=True)
class Aside:
    """A row nobody could use."""

    kind: str
    why: str
    body: str


def place_of(connection: apsw.Connection) -> FeedPlace | None:
    """None: nothing was read yet, or it was forgotten."""
    row = connection.execute("SELECT feed, version FROM feed_place").fetchone()
    return None if row is None else FeedPlace(row[0], row[1])


def keep_place(connection: apsw.Connection, place: FeedPlace) -> None:
    connection.execute("INSERT OR REPLACE INTO feed_place VALUES (1, ?, ?)", (place.feed, place.version))


def forget_place(connection: apsw.Connection) -> None:
    connection.execute("DELETE FROM feed_place")


def skip_kinds(connection: apsw.Connection, kinds: Iterable[str], since: int) -> None:
    """Rows of these kinds after `since` were passed over; of a kind skipped before the earlier place counts."""
    connection.executemany("INSERT OR IGNORE INTO kind_skipped VALUES (?, ?)", [(kind, since) for kind in kinds])


def back_to_learned(connection: apsw.Connection, known: Collection[str]) -> bool:
    """Goes back to before the first row of a kind that was skipped and is known now. True if there was one.

    Rows in between come a second time; the newest of each key is in force, so that changes nothing.
    """
    learned = [row for row in connection.execute("SELECT kind, since FROM kind_skipped") if row[0] in known]
    place = place_of(connection)
    if not learned:
        return False
    if place is not None:
        keep_place(connection, FeedPlace(place.feed, min(place.version, *(since for _, since in learned))))
    connection.executemany("DELETE FROM kind_skipped WHERE kind = ?", [(kind,) for kind, _ in learned])
    return True


def put_aside(connection: apsw.Connection, rows: Iterable[Aside]) -> None:
    found = [(row.kind, row.why, row.body[:LONGEST_ASIDE]) for row in rows]
    if found:
        connection.executemany("INSERT INTO put_aside (kind, why, body) VALUES (?, ?, ?)", found)
        connection.execute("DELETE FROM put_aside WHERE n <= (SELECT max(n) FROM put_aside) - ?", (KEPT_ASIDE,))


def aside(connection: apsw.Connection) -> list[Aside]:
    """What lies aside, oldest first."""
    return [Aside(*row) for row in connection.execute("SELECT kind, why, body FROM put_aside ORDER BY n")]


def read_rows(kind: str, raw: msgspec.Raw | bytes, shape: type[T]) -> tuple[list[T], list[Aside]]:
    """The rows of a page, and those that are none; all at once where all are sound."""
    try:
        return msgspec.json.decode(raw, type=list[shape]), []  # type: ignore[valid-type]
    except (msgspec.DecodeError, UnicodeDecodeError) as whole:
        try:
            each = msgspec.json.decode(raw, type=list[msgspec.Raw])
        except (msgspec.DecodeError, UnicodeDecodeError):
            return [], [Aside(kind, str(whole), _text(raw))]
    rows: list[T] = []
    wrong: list[Aside] = []
    for one in each:
        try:
            rows.append(msgspec.json.decode(one, type=shape))
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            wrong.append(Aside(kind, str(error), _text(one)))
    return rows, wrong


def whole(connection: apsw.Connection, work: Callable[[], T]) -> T:
    """Runs `work` in one transaction: what it wrote stands whole with its place, or not at all."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        result = work()
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:  # it raised: nothing of it stays
            connection.execute("ROLLBACK")
    return result


def _text(raw: msgspec.Raw | bytes) -> str:
    return bytes(raw[:LONGEST_ASIDE]).decode(errors="replace") if isinstance(raw, bytes) else _text(bytes(raw))
