"""Answers to commands are kept for a week: older ones go in handfuls, at opening and behind HQ's acknowledgements."""

from __future__ import annotations

from pathlib import Path

import apsw
import pytest

from sync.store import commands, database
from sync.store.batch import Batch, Command, Outgoing
from sync.store.commands import DELETED_AT_ONCE, HANDFULS_AT_OPENING, KEPT_MS, prune
from sync.store.store import Store, open_store

pytestmark = pytest.mark.anyio
WEEK_LATER_MS = 1_000 + KEPT_MS + 1


def filled(directory: Path, count: int, at_ms: int = 1_000) -> None:
    """As many commands as a busy shop carries out, written by hand: a commit each would take long."""
    with apsw.Connection(str(directory / database.FILE)) as connection:
        rows = [(f"{at_ms}-{number}", "t1", number, b"{}", at_ms) for number in range(count)]
        connection.executemany("INSERT INTO command VALUES (?, ?, ?, ?, ?)", rows)


def left(directory: Path) -> int:
    connection = apsw.Connection(str(directory / database.FILE))
    try:
        return int(connection.execute("SELECT count(*) FROM command").get)
    finally:
        connection.close()


def opened(directory: Path, now_ms: int):  # type: ignore[no-untyped-def]
    return open_store(directory, device="d1", now_ms=lambda: now_ms)


async def test_a_week_is_kept_and_what_is_older_goes_at_opening(tmp_path: Path) -> None:
    async with opened(tmp_path, 1_000) as store:
        await store.commit(Batch(command=Command("old", "t1", 1, b"{}")))
    async with opened(tmp_path, WEEK_LATER_MS - 1) as store:
        assert store.command("old") is not None, "a week to the millisecond"
        await store.commit(Batch(command=Command("young", "t1", 2, b"{}")))
    async with opened(tmp_path, WEEK_LATER_MS) as store:
        assert store.command("old") is None
        assert store.command("young") == Command("young", "t1", 2, b"{}")
        assert store.verify_chain() is None


async def test_opening_takes_a_few_handfuls_and_no_more(tmp_path: Path) -> None:
    async with opened(tmp_path, 1_000):
        pass
    filled(tmp_path, DELETED_AT_ONCE * HANDFULS_AT_OPENING + 7)
    async with opened(tmp_path, WEEK_LATER_MS):
        assert left(tmp_path) == 7
    async with opened(tmp_path, WEEK_LATER_MS):
        assert left(tmp_path) == 0


async def test_acknowledgements_carry_the_rest_away_in_handfuls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A shop that is never restarted. A sale's commit deletes nothing; each delete is bounded and alone."""
    now = [1_000]
    handfuls: list[int] = []

    def watched(connection: apsw.Connection, now_ms: int) -> bool:
        more = prune(connection, now_ms)
        handfuls.append(connection.changes())
        return more

    monkeypatch.setattr(commands, "prune", watched)
    async with open_store(tmp_path, device="d1", now_ms=lambda: now[0]) as store:
        filled(tmp_path, 2 * DELETED_AT_ONCE + 3)
        now[0] = WEEK_LATER_MS
        await sale(store, "c1")
        assert handfuls == []
        assert left(tmp_path) == 2 * DELETED_AT_ONCE + 4
        await store.outbox_acked("sales", 1)
        assert handfuls == [DELETED_AT_ONCE, DELETED_AT_ONCE, 3]
        assert store.command("c1") is not None
        assert left(tmp_path) == 1
        await sale(store, "c2")
        await store.outbox_acked("sales", 2)
        assert len(handfuls) == 3, "nothing old: not even a transaction"


async def test_a_clock_that_was_set_back_keeps_nothing_for_ever(tmp_path: Path) -> None:
    """One row from the future at the front hides the old ones until its own week is over; then all go."""
    async with opened(tmp_path, 1_000):
        pass
    filled(tmp_path, 1, at_ms=50_000)
    filled(tmp_path, 3, at_ms=1_000)
    async with opened(tmp_path, 50_000 + KEPT_MS + 1):
        assert left(tmp_path) == 0


async def sale(store: Store, command: str) -> None:
    await store.commit(
        Batch(command=Command(command, "t1", 1, b"{}"), outgoing=(Outgoing("sales", command, "sale", 1, b"{}"),))
    )
