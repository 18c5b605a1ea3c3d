"""What HQ has told the store beside the catalogue: rows by kind and key, the newest of each, in a file of their own.

    DIR/told.db    told     (kind, key) -> body, as it came
                   and the place in the feed, skipped kinds and rows put aside (sync/store/feed_place.py)

A kind is kept whether anybody reads it yet or not; whoever begins to, finds the rows here. The file can be thrown away:
HQ tells everything again. Rows of customers are among them, so what is deleted is overwritten.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import apsw
import msgspec

from sync.store import feed_place
from sync.store.fed_catalogue import BUSY_MS, Applied
from sync.store.feed_place import Aside, FeedPlace, read_rows
from sync.wire.feed import CUSTOMER, OFFER, SHOP_KINDS, STOCK, CustomerBody, FeedPage, OfferBody, StockBody, ToldRow

T = TypeVar("T")
FILE = "told.db"
APPLICATION = 0x746B746F  # "tkto"
SCHEMA = 1
BODIES: Mapping[str, Any] = {OFFER: OfferBody, CUSTOMER: CustomerBody, STOCK: StockBody}
"""Kinds with a reader: a body that is not of this shape is put aside before it is met."""
BEGINNING = FeedPlace("", 0)

TABLES = """
CREATE TABLE told (
  kind TEXT NOT NULL, key TEXT NOT NULL, body BLOB NOT NULL, round INTEGER NOT NULL, PRIMARY KEY (kind, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE told_change (kind TEXT PRIMARY KEY, n INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE told_round (one INTEGER PRIMARY KEY CHECK (one = 1), n INTEGER NOT NULL) STRICT;
INSERT INTO told_round VALUES (1, 0);
"""
_PUT = "INSERT OR REPLACE INTO told VALUES (?, ?, ?, (SELECT n FROM told_round))"
_CHANGED = "INSERT INTO told_change VALUES (?, 1) ON CONFLICT DO UPDATE SET n = n + 1"


class ToldRows:
    """The keeper of feed `shop` (sync/feed_following.py): writes on its own connection, reads inline on another."""

    def __init__(self, directory: Path, kinds: frozenset[str] = SHOP_KINDS) -> None:
        """`directory` is the data directory; the file is made or, if it cannot be used, made anew."""
        self.file = directory / FILE
        self._kinds = kinds
        self._read: apsw.Connection | None = None
        self._write: apsw.Connection | None = self._opened()

    def place(self) -> FeedPlace:
        return feed_place.place_of(self._writing()) or BEGINNING

    def apply(self, page: FeedPage, since: int) -> Applied:
        applied = feed_place.whole(self._writing(), partial(self._apply, page, since))
        if page.gone.get(CUSTOMER):
            # Somebody's consent has ended, perhaps: the log still holds pages from before.
            self._writing().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return applied

    def give_up_place(self) -> None:
        """Everything is told again; what is not told again goes when that is over."""
        feed_place.whole(self._writing(), self._begin_round)

    def distrust(self) -> None:
        """A reader in the middle of a question keeps the old file until it has its answer. Where no other file can be
        made now (a full disk), nothing is told, and whoever writes next tries again."""
        if self._write is not None:
            self._write.close()
        self._write = self._read = None
        self._remove()
        self._write = self._opened()

    def close(self) -> None:
        if self._write is not None:
            self._write.close()
        if self._read is not None:
            self._read.close()
            self._read = None

    def bodies(self, kind: str, shape: type[T]) -> list[T]:
        """All rows of a kind by key. A body of another shape was put aside when it came, or is passed over here."""
        read = self._reading()
        if read is None:
            return []
        found = []
        for (body,) in read.execute("SELECT body FROM told WHERE kind = ? ORDER BY key", (kind,)):
            try:
                found.append(msgspec.json.decode(body, type=shape))
            except (msgspec.DecodeError, UnicodeDecodeError):
                continue
        return found

    def body(self, kind: str, key: str, shape: type[T]) -> T | None:
        """One row, by its key: microseconds. None: it is not there, or of another shape."""
        read = self._reading()
        asked = "SELECT body FROM told WHERE kind = ? AND key = ?"
        row = read.execute(asked, (kind, key)).fetchone() if read is not None else None
        try:
            return None if row is None else msgspec.json.decode(row[0], type=shape)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None

    def holding(self, kind: str, text: str, shape: type[T]) -> list[tuple[str, T]]:
        """(key, body) of the rows of a kind whose body has this text somewhere: some milliseconds in 10,000 rows, and
        nothing is kept in memory of those that nobody asks for."""
        asked = "SELECT key, body FROM told WHERE kind = ? AND instr(body, CAST(? AS BLOB)) > 0 ORDER BY key"
        read = self._reading()
        if read is None:
            return []
        found = []
        for key, body in read.execute(asked, (kind, text)):
            try:
                found.append((str(key), msgspec.json.decode(body, type=shape)))
            except (msgspec.DecodeError, UnicodeDecodeError):
                continue
        return found

    def change(self, kind: str) -> int:
        """Grows whenever a row of the kind came or went."""
        read = self._reading()
        row = read.execute("SELECT n FROM told_change WHERE kind = ?", (kind,)).fetchone() if read else None
        return 0 if row is None else int(row[0])

    def aside(self) -> list[Aside]:
        read = self._reading()
        return feed_place.aside(read) if read else []

    def _apply(self, page: FeedPage, since: int) -> Applied:
        write = self._writing()
        wrong: list[Aside] = []
        count = 0
        for kind, raw in page.rows.items():
            if kind in self._kinds:
                rows, aside = read_rows(kind, raw, ToldRow)
                sound, misshapen = _judged(kind, rows)
                wrong += aside + misshapen
                write.executemany(_PUT, [(kind, row.key, bytes(row.body)) for row in sound])
                count += len(sound)
        for kind, keys in page.gone.items():
            write.executemany("DELETE FROM told WHERE kind = ? AND key = ?", [(kind, key) for key in keys])
        touched = ({*page.rows, *page.gone}) & self._kinds
        write.executemany(_CHANGED, [(kind,) for kind in touched])
        feed_place.skip_kinds(write, {*page.rows, *page.gone} - self._kinds, since)
        feed_place.put_aside(write, wrong)
        if not page.more:
            self._end_round()
        place = FeedPlace(page.feed, page.next)
        feed_place.keep_place(write, place)
        return Applied(place, count, sum(map(len, page.gone.values())), len(wrong))

    def _begin_round(self) -> None:
        write = self._writing()
        write.execute("UPDATE told_round SET n = n + 1")
        feed_place.forget_place(write)

    def _end_round(self) -> None:
        """What was told before the feed began anew, and not since, is in force no more."""
        old = "FROM told WHERE round < (SELECT n FROM told_round)"
        write = self._writing()
        kinds = list(write.execute(f"SELECT DISTINCT kind {old}"))
        if kinds:
            write.execute(f"DELETE {old}")
            write.executemany(_CHANGED, kinds)
            write.execute("UPDATE told SET round = (SELECT n FROM told_round)")

    def _writing(self) -> apsw.Connection:
        if self._write is None:
            self._write = self._opened()
        return self._write

    def _reading(self) -> apsw.Connection | None:
        """None: the file was given up, and no other is there yet."""
        if self._write is None:
            return None
        if self._read is None:
            self._read = apsw.Connection(str(self.file))
            self._read.set_busy_timeout(BUSY_MS)
            self._read.execute("PRAGMA query_only = ON")
        return self._read

    def _opened(self) -> apsw.Connection:
        """A file of another program, a newer schema or a damaged one is made anew: nothing in it is ours alone."""
        try:
            return self._connected()
        except (apsw.CorruptError, apsw.NotADBError, ValueError):
            self._remove()
            return self._connected()

    def _connected(self) -> apsw.Connection:
        connection = apsw.Connection(str(self.file))
        try:
            connection.set_busy_timeout(BUSY_MS)
            connection.execute("PRAGMA secure_delete = ON")
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")  # what a power cut takes is told again, with its place
            connection.execute("PRAGMA wal_autocheckpoint = 200")
            version = connection.execute("PRAGMA user_version").get
            if version == 0:
                feed_place.whole(connection, partial(_make, connection))
            elif (connection.execute("PRAGMA application_id").get, version) != (APPLICATION, SCHEMA):
                raise ValueError(f"{self.file} is not of this program")
            feed_place.whole(connection, partial(feed_place.back_to_learned, connection, self._kinds))
        except (apsw.Error, ValueError):
            connection.close()
            raise
        return connection

    def _remove(self) -> None:
        for suffix in ("", "-wal", "-shm"):
            self.file.with_name(self.file.name + suffix).unlink(missing_ok=True)


def _make(connection: apsw.Connection) -> None:
    connection.execute(TABLES)
    connection.execute(feed_place.TABLES)
    connection.execute(f"PRAGMA application_id = {APPLICATION}")
    connection.execute(f"PRAGMA user_version = {SCHEMA}")


def _judged(kind: str, rows: list[ToldRow]) -> tuple[list[ToldRow], list[Aside]]:
    shape = BODIES.get(kind)
    if shape is None:
        return rows, []
    sound, wrong = [], []
    for row in rows:
        try:
            msgspec.json.decode(row.body, type=shape)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            wrong.append(Aside(kind, str(error), bytes(row.body).decode(errors="replace")))
        else:
            sound.append(row)
    return sound, wrong
