"""Opens the one SQLite file that remembers the shop, with the settings its promises hang on.

WAL with `synchronous=FULL`: a commit returns after its bytes are on the disk, and a power cut takes nothing back.
NORMAL would be 0.2 ms faster and may lose the last sales. With a VFS of its own (simulation) the index of the log lies
in memory (`locking_mode=EXCLUSIVE`), so one connection both writes and reads.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TypeVar

import apsw

from sync.store.failures import Damaged, translated
from sync.store.migrations import MIGRATIONS, migrate, refuse_newer

FILE = "journal.db"
SYNCHRONOUS = "FULL"
BUSY_MS = 5_000  # only a backup or an admin's sqlite3 can hold the file, and both are brief
CHECKPOINT_PAGES = 512  # 2 MB: the log stays small enough for a disk of a few megabytes
PAGE_CACHE_KIB = 8_192

T = TypeVar("T")


def connect(file: Path, vfs: str | None) -> apsw.Connection:
    """A connection that has written nothing yet and, closed now, leaves file and log as they were."""
    connection = apsw.Connection(str(file), vfs=vfs)
    connection.set_busy_timeout(BUSY_MS)
    connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
    if vfs is not None:
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    return connection


def settle(connection: apsw.Connection) -> None:
    """The settings of a file that is ours to write."""
    if connection.execute("PRAGMA journal_mode").get != "wal":
        # Until the log exists a rollback journal guards the file. Deleted without syncing its folder it may come back
        # after a power cut and undo everything since: found by tests/sync/test_power_cut.py. EXTRA syncs the folder.
        connection.execute("PRAGMA synchronous = EXTRA")
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(f"PRAGMA synchronous = {SYNCHRONOUS}")
    connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
    connection.execute(f"PRAGMA journal_size_limit = {CHECKPOINT_PAGES * 4096}")
    connection.execute(f"PRAGMA cache_size = -{PAGE_CACHE_KIB}")
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0)


def connect_reading(file: Path) -> apsw.Connection:
    """A second connection that sees every commit and cannot write."""
    connection = apsw.Connection(str(file))
    connection.set_busy_timeout(BUSY_MS)
    connection.execute("PRAGMA query_only = ON")
    connection.execute(f"PRAGMA cache_size = -{PAGE_CACHE_KIB}")
    return connection


def open_database(file: Path, vfs: str | None) -> apsw.Connection:
    """Opens, checks and migrates; raises NewerSchema, Damaged or DiskFull and then leaves the file as it was."""
    with translated(), ExitStack() as unless_sound:
        try:
            connection = connect(file, vfs)
            unless_sound.callback(connection.close)
            refuse_newer(connection, file, MIGRATIONS)
            verdict = connection.execute("PRAGMA quick_check(1)").get
            if verdict != "ok":
                raise Damaged(str(file), str(verdict))
            settle(connection)
            migrate(connection, file, MIGRATIONS, keep_copy=vfs is None)
        except (apsw.NotADBError, apsw.CorruptError) as error:
            raise Damaged(str(file), str(error)) from error
        unless_sound.pop_all()
        return connection


def transact(connection: apsw.Connection, work: Callable[[apsw.Connection], T]) -> T:
    """Runs `work` in one durable transaction: it is kept whole when this returns, and not at all when it raises."""
    with translated():
        connection.execute("BEGIN IMMEDIATE")
        try:
            result = work(connection)
            connection.execute("COMMIT")
        finally:
            if connection.in_transaction:  # it raised: nothing of it stays
                connection.execute("ROLLBACK")
    return result
