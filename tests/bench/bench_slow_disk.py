"""A device is polled every 200 ms while each fsync of the store takes 300 ms, as on a worn SD card: does the poll hold?

The slowness is real for SQLite: a VFS whose `xSync` sleeps stands under the store as it is opened in production, with
its writer thread. The poll is a task of the same event loop; its longest period is the figure.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anyio
import apsw

from sync.store.store import open_store
from tests.bench.bench_store import ten_line_sale
from tests.bench.figure import Figure, of_runs

POLL_S = 0.200
FSYNC_S = 0.300
LATE_S = 0.050  # what polled devices allow; a loop that waited for the disk would be late by 300 ms and more


def bench_slow_disk(runs: int = 5, commits: int = 8, fsync_s: float = FSYNC_S) -> list[Figure]:
    """The longest period of the poll, and how long a commit then takes."""
    periods, commit_ms, alone = [], [], []
    for _ in range(runs):
        with tempfile.TemporaryDirectory(prefix="tillkeeper-slow-") as folder, slow_disk(fsync_s):
            polled, each_s = anyio.run(_poll_beside_commits, Path(folder), commits)
        periods.append(max(polled) * 1e3)
        alone.append(max(anyio.run(_poll_alone, len(polled))) * 1e3)
        commit_ms.append(each_s * 1e3)
    return [
        of_runs(
            f"longest period of a {POLL_S * 1e3:.0f} ms poll while each fsync takes {fsync_s * 1e3:.0f} ms",
            periods,
            "ms",
            digits=1,
            at_most=(POLL_S + LATE_S) * 1e3,
            against=f"the poll with nothing beside it: {statistics.median(alone):.0f} ms; "
            f"a commit then takes {min(commit_ms):.0f} ms",
        )
    ]


async def _poll(periods: list[float]) -> None:
    last = due = anyio.current_time()
    while True:
        due += POLL_S
        await anyio.sleep_until(due)
        now = anyio.current_time()
        periods.append(now - last)
        last = now


async def _poll_alone(times: int) -> list[float]:
    periods: list[float] = []
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_poll, periods)
        await anyio.sleep((times + 0.5) * POLL_S)
        tasks.cancel_scope.cancel()
    return periods


async def _poll_beside_commits(directory: Path, commits: int) -> tuple[list[float], float]:
    periods: list[float] = []
    async with open_store(directory, device="d1", now_ms=lambda: 1) as store, anyio.create_task_group() as tasks:
        tasks.start_soon(_poll, periods)
        began = time.perf_counter()
        for number in range(commits):
            await store.commit(ten_line_sale(number))
        took = time.perf_counter() - began
        await anyio.sleep(1.5 * POLL_S)  # however short the commits were, a period has passed
        tasks.cancel_scope.cancel()
    return periods, took / commits


@contextmanager
def slow_disk(fsync_s: float) -> Iterator[None]:
    """Until the block is left, what SQLite opens syncs slowly."""
    usual = apsw.vfs_names()[0]

    class SlowFile(apsw.VFSFile):  # type: ignore[misc, unused-ignore]
        def __init__(self, name: Any, flags: Any) -> None:
            super().__init__(usual, name, flags)

        def xSync(self, flags: int) -> None:
            time.sleep(fsync_s)
            super().xSync(flags)

    class SlowDisk(apsw.VFS):  # type: ignore[misc, unused-ignore]
        def __init__(self) -> None:
            super().__init__("bench-slow-disk", usual, makedefault=True)

        def xOpen(self, name: Any, flags: Any) -> SlowFile:
            return SlowFile(name, flags)

    slow = SlowDisk()
    try:
        yield
    finally:
        slow.unregister()
        apsw.set_default_vfs(usual)
