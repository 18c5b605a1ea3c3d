"""The shape of `journal.db`, version by version, and the way from an older one to ours.

`PRAGMA user_version` is the schema version. MIGRATIONS[n] leads from version n to n + 1; a released migration is never
edited. Before a file with data is changed a copy is kept beside it (`journal.db.v1.bak`): a bad update can be undone.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import apsw

from sync.store.failures import Damaged, DiskFull, NewerSchema

_V1 = """
CREATE TABLE journal (
  seq INTEGER PRIMARY KEY,      -- dense: 1, 2, 3 ...
  at_ms INTEGER NOT NULL,
  till TEXT NOT NULL,
  sale TEXT NOT NULL,
  kind TEXT NOT NULL,
  body BLOB NOT NULL,
  hash BLOB NOT NULL            -- see sync/store/journal.py
) STRICT;
CREATE INDEX journal_sale ON journal (sale) WHERE sale <> '';

CREATE TABLE command (
  id TEXT PRIMARY KEY,
  till TEXT NOT NULL,
  revision INTEGER NOT NULL,
  answer BLOB NOT NULL,
  at_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE outbox (
  stream TEXT NOT NULL,
  seq INTEGER NOT NULL,
  id TEXT NOT NULL,
  kind TEXT NOT NULL,
  v INTEGER NOT NULL,
  at_ms INTEGER NOT NULL,
  hash TEXT NOT NULL,
  body BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX outbox_order ON outbox (stream, seq);

CREATE TABLE stream_head (
  stream TEXT PRIMARY KEY,
  seq INTEGER NOT NULL,         -- the last number given
  hash TEXT NOT NULL,           -- its hash
  acked INTEGER NOT NULL        -- everything up to here is committed at HQ
) STRICT, WITHOUT ROWID;

CREATE TABLE stock_move (
  sku TEXT NOT NULL,
  location TEXT NOT NULL,
  delta_thousandths INTEGER NOT NULL,
  reason TEXT NOT NULL,
  document TEXT NOT NULL,
  at_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE stock_balance (    -- the running sum of stock_move, so that asking does not add up years
  sku TEXT NOT NULL,
  location TEXT NOT NULL,
  thousandths INTEGER NOT NULL,
  PRIMARY KEY (sku, location)
) STRICT, WITHOUT ROWID;

CREATE TABLE people (           -- may be erased; no hash covers it
  id TEXT PRIMARY KEY,
  sale TEXT NOT NULL,
  kind TEXT NOT NULL,
  value TEXT NOT NULL,
  at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX people_sale ON people (sale);
CREATE INDEX people_value ON people (value);

CREATE TABLE sale (
  id TEXT NOT NULL UNIQUE,
  till TEXT NOT NULL,
  number TEXT NOT NULL,
  act TEXT NOT NULL,
  phase TEXT NOT NULL,
  opened_ms INTEGER NOT NULL,
  closed_ms INTEGER,
  total_minor INTEGER NOT NULL,
  shift INTEGER NOT NULL,
  of_sale TEXT NOT NULL,
  open INTEGER NOT NULL
) STRICT;
CREATE INDEX sale_number ON sale (till, number);
CREATE INDEX sale_open ON sale (till) WHERE open = 1;
CREATE INDEX sale_of ON sale (of_sale) WHERE of_sale <> '';

CREATE TABLE device_lock (
  device TEXT PRIMARY KEY,
  holder TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE setting (
  key TEXT PRIMARY KEY,
  value BLOB NOT NULL
) STRICT, WITHOUT ROWID;
"""

_V2 = """
CREATE TABLE stock_document (   -- where a document of the stock stands; its journal is the truth
  id TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  number TEXT NOT NULL,
  phase TEXT NOT NULL,
  other TEXT NOT NULL,          -- the other shop of a transfer
  of_number TEXT NOT NULL,      -- the transfer that was received
  person TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  open INTEGER NOT NULL
) STRICT;
CREATE INDEX stock_document_open ON stock_document (open) WHERE open = 1;
CREATE INDEX stock_document_of ON stock_document (of_number) WHERE of_number <> '';

CREATE TABLE pickup (           -- kept for an order until somebody comes for it
  order_id TEXT NOT NULL,
  line TEXT NOT NULL,
  sku TEXT NOT NULL,
  name TEXT NOT NULL,
  thousandths INTEGER NOT NULL,
  made_ms INTEGER NOT NULL,
  until_ms INTEGER NOT NULL,
  sale TEXT NOT NULL,           -- in which it is being rung up
  state TEXT NOT NULL,          -- as it was last written: see fiscal/pickup.py
  PRIMARY KEY (order_id, line)
) STRICT, WITHOUT ROWID;
CREATE INDEX pickup_held ON pickup (sku) WHERE state = 'held';
CREATE INDEX pickup_until ON pickup (until_ms) WHERE state = 'held';
"""

MIGRATIONS: tuple[str, ...] = (_V1, _V2)


def refuse_newer(connection: apsw.Connection, file: Path, migrations: Sequence[str]) -> int:
    """The file's schema version; raises NewerSchema if this program does not know it."""
    found = int(connection.execute("PRAGMA user_version").get)
    if found > len(migrations):
        raise NewerSchema(str(file), found, len(migrations))
    return found


def migrate(connection: apsw.Connection, file: Path, migrations: Sequence[str], *, keep_copy: bool) -> tuple[int, int]:
    """Brings an open file to the newest schema; returns (found, now). A newer file is refused before any write."""
    found, known = refuse_newer(connection, file, migrations), len(migrations)
    if found == known:
        return found, known
    if found == 0 and connection.execute("SELECT count(*) FROM sqlite_schema").get:
        raise Damaged(str(file), "it is not a journal of this program")
    if found > 0 and keep_copy:
        _copy(connection, file.with_name(f"{file.name}.v{found}.bak"))
    for version in range(found, known):
        connection.execute("BEGIN IMMEDIATE")
        try:
            connection.execute(migrations[version])
            connection.execute(f"PRAGMA user_version = {version + 1}")
            connection.execute("COMMIT")
        except apsw.Error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
    return found, known


def _copy(connection: apsw.Connection, copy: Path) -> None:
    """A consistent copy under a name that appears only when the copy is whole and on the disk."""
    unfinished = copy.with_name(copy.name + ".part")
    unfinished.unlink(missing_ok=True)
    try:
        connection.execute("VACUUM INTO ?", (str(unfinished),))
        with unfinished.open("rb+") as written:
            os.fsync(written.fileno())
    except (OSError, apsw.FullError, apsw.IOError) as error:
        unfinished.unlink(missing_ok=True)
        raise DiskFull(f"no room for the copy before the update: {error}") from error
    unfinished.replace(copy)
    folder = os.open(copy.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
