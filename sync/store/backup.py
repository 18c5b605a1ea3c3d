"""A copy of the journal that is whole, made beside a running agent; and the way back from one onto a new machine.

    back_up    journal.db -> VACUUM INTO .part -> on the disk -> its name
    place      a copy, or nothing -> .part -> sound, its chain whole? -> "a restored copy", written in it -> its name

Before the copy has its name nothing is here, and once it has, it says of itself what it is: an agent that opens it
does not sell before it has asked HQ and the register (`agent/restore`). Cut anywhere between, the same command begins
anew.
"""

from __future__ import annotations

import os
import shutil
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from typing import Any

import apsw
import msgspec

from sync.store import database, journal, outbox
from sync.store.directory_lock import only_process
from sync.store.failures import Damaged, DirectoryUnusable, OpenRefused, translated
from sync.store.reading import Reading
from sync.store.restored import NOBODY_KNOWS, STATE, Baseline, RestoreState, restore_state
from sync.store.sale_journal import read_sale

PART = f"{database.FILE}.part"
SALES = "sales"
LOOKED_AT = 50
"""So many sales back the newest document of a till is looked for: the last few may have none."""


class DataHere(OpenRefused):
    """There is a journal already, and it is no restored copy: it may know what no backup does."""

    def __init__(self, directory: str) -> None:
        super().__init__(
            ru=f"В {directory} уже есть журнал. Копия не поставлена, журнал не тронут. Если он лишний, уберите папку "
            "целиком в другое место и дайте команду ещё раз.",
            en=f"There is a journal in {directory} already. The copy was not put there, the journal is as it was. If "
            "it is not wanted, move the whole directory away and give the command again.",
        )


def back_up(directory: Path, to: Path) -> int:
    """A whole copy of the journal as `to`; its size in bytes. Raises StoreError, and `to` is then as it was."""
    part = to.with_name(f"{to.name}.part")
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
        part.unlink(missing_ok=True)
        with translated(), closing(database.connect_reading(directory / database.FILE)) as reading:
            reading.execute("PRAGMA query_only = OFF")  # it would forbid VACUUM INTO, which writes elsewhere only
            reading.execute("VACUUM INTO ?", (str(part),))
        part.chmod(0o600)
        _onto_disk(part, to)
    except OSError as error:
        raise DirectoryUnusable(str(to.parent), error) from error
    return to.stat().st_size


def place(directory: Path, backup: Path | None, *, now_ms: int, id: str) -> RestoreState:
    """Puts the copy in its place (None: an empty journal), or finds the one an earlier `place` has put there.

    Raises DataHere, Damaged, NewerSchema, DirectoryBusy, DirectoryUnusable, DiskFull; nothing is in force then.
    """
    file, part = directory / database.FILE, directory / PART
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        with only_process(directory):
            if file.exists():
                return _placed(directory, file)
            for left in (part, _wal(part), part.with_name(f"{part.name}-shm")):
                left.unlink(missing_ok=True)
            if backup is not None:
                shutil.copyfile(backup, part)
                with suppress(FileNotFoundError):  # a copy of a file in use; VACUUM INTO leaves none
                    shutil.copyfile(_wal(backup), _wal(part))
                part.chmod(0o600)
            state = _prepare(part, backup is not None, now_ms, id)
            _onto_disk(part, file)
    except OSError as error:
        raise DirectoryUnusable(str(directory), error) from error
    return state


def _wal(file: Path) -> Path:
    return file.with_name(f"{file.name}-wal")


def _placed(directory: Path, file: Path) -> RestoreState:
    with closing(database.open_database(file, None)) as connection:
        state = restore_state(Reading(connection))
    if state is None:
        raise DataHere(str(directory))
    return state


def _prepare(part: Path, backup: bool, now_ms: int, id: str) -> RestoreState:
    with closing(database.open_database(part, None)) as connection:
        bad = journal.first_bad(connection)
        if bad is not None:
            raise Damaged(str(part), f"its chain breaks at row {bad}")
        state = _read(connection, backup, now_ms, id)
        database.transact(connection, partial(_mark, state=state))
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return state


def _mark(connection: apsw.Connection, state: RestoreState) -> None:
    """What an earlier restore left in the copy counts for nothing."""
    connection.execute("DELETE FROM setting WHERE key LIKE 'restore/%'")
    connection.execute("INSERT INTO setting VALUES (?, ?)", (STATE, msgspec.json.encode(state)))
    connection.execute("UPDATE setting SET value = x'' WHERE key LIKE 'session/%'")
    connection.execute("UPDATE setting SET value = ? WHERE key LIKE 'terminal-last/%'", (NOBODY_KNOWS,))
    # What a shift was about to do when the copy was made has long ended one way or the other, and the counters that
    # would tell have gone on; HQ's copies say what moved. A slip that was being paid stays a question for a person.
    for key, kept in _settings(connection, "shift-meant/"):
        if kept and not msgspec.json.decode(kept).get("claim"):
            holder = f"shift/{key.removeprefix('shift-meant/')}"
            connection.execute("UPDATE setting SET value = x'' WHERE key = ?", (key,))
            connection.execute("DELETE FROM device_lock WHERE holder = ?", (holder,))


def _read(connection: apsw.Connection, backup: bool, now_ms: int, id: str) -> RestoreState:
    reading = Reading(connection)
    epoch = int(reading.setting("store.epoch") or 0) if backup else 0
    newest = reading.journal_since(max(0, reading.last_seq() - 1), 1)
    return RestoreState(
        id,
        now_ms,
        backup,
        reading.last_seq(),
        newest[0].at_ms if newest else 0,
        epoch,
        outbox.acked(connection, SALES),
        _baselines(connection, reading),
    )


def _settings(connection: apsw.Connection, prefix: str) -> list[tuple[str, bytes]]:
    found = connection.execute("SELECT key, value FROM setting WHERE key LIKE ?", (f"{prefix}%",)).fetchall()
    return [(str(key), value) for key, value in found if isinstance(value, bytes)]


def _baselines(connection: apsw.Connection, reading: Reading) -> dict[str, Baseline]:
    """Of each till with a register: the newest document that the copy knows of its fiscal memory."""
    found = {}
    for key, kept in _settings(connection, "register/"):
        till, fn = key.removeprefix("register/"), str(msgspec.json.decode(kept).get("fn", ""))
        shift = reading.setting(f"shift/{till}")
        told: dict[str, Any] = msgspec.json.decode(shift) if shift else {}
        number = int(told.get("document", 0))
        for row in reading.recent_sales(till, LOOKED_AT):
            sale = read_sale(reading.journal(row.id))
            numbers = [one.number for one, meant in zip(sale.sealed, sale.sealed_meant, strict=True) if meant.fn == fn]
            number = max([number, *numbers])
        found[till] = Baseline(fn, number)
    return found


def _onto_disk(part: Path, file: Path) -> None:
    """Whole and on the disk before it has its name, and the name too."""
    with part.open("rb+") as written:
        os.fsync(written.fileno())
    part.replace(file)
    folder = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
