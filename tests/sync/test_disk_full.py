"""A full disk: no new money is taken, what was begun is finished from the reserve, nothing committed is lost."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import anyio
import pytest
import trio
import trio.testing

from sync.store.batch import Batch, Entry, Outgoing
from sync.store.failures import DiskFull
from sync.store.reserve import RESERVE_BYTES, Reserve
from sync.store.store import Store, open_store
from tests.simulation.recording_vfs import power

BODY = b'"' + b"x" * 20_000 + b'"'


def batch(number: int) -> Batch:
    return Batch(
        entries=(Entry("closed", "t1", BODY, f"s{number}"),),
        outgoing=(Outgoing("sales", f"i{number}", "sale", 1, b"{}"),),
    )


async def fill(store: Store) -> int:
    """Commits until the disk is full; how many were answered."""
    for number in range(1, 5_000):
        try:
            await store.commit(batch(number))
        except DiskFull:
            return number - 1
    raise AssertionError("the disk never got full")


def test_full_means_nothing_of_the_batch_and_another_try_works() -> None:
    async def pause() -> None:
        await anyio.sleep(0.001)

    async def main() -> None:
        with power("full") as disk:
            async with open_store(Path("/s"), device="d", now_ms=lambda: 1, vfs=disk.name, inline=pause) as store:
                disk.full_after_bytes = 400_000
                kept = await fill(store)
                assert kept > 5
                with pytest.raises(DiskFull):
                    await store.commit(batch(kept + 1))
                assert len(store.journal_since(0, 9_999)) == kept
                assert store.verify_chain() is None
                disk.full_after_bytes = None
                await store.commit(batch(kept + 1))
                assert store.journal_since(kept, 9)[0].sale == f"s{kept + 1}"
                assert store.outbox_state()[0].waiting == kept + 1

    trio.run(main, clock=trio.testing.MockClock(autojump_threshold=0))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of twelve megabytes."""
    place = tmp_path / "small"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(place)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("mounting a small tmpfs is not permitted: run as root with CAP_SYS_ADMIN")
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


@pytest.mark.slow
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
@pytest.mark.anyio
async def test_a_real_small_disk_gets_full(small_disk: Path) -> None:
    data, other, rest = small_disk / "data", small_disk / "other", small_disk / "rest"
    other.write_bytes(bytes(4 << 20))
    async with open_store(data, device="d", now_ms=lambda: 1) as store:
        assert store.room()
        kept = 0
        while store.room():
            kept += 1
            await store.commit(batch(kept))
        assert kept > 10
        assert (data / "reserve").stat().st_size == RESERVE_BYTES  # refused before the reserve is touched
        stuff_with(rest)
        after_refusal = kept
        while (data / "reserve").exists():
            kept += 1
            await store.commit(batch(kept))  # sales under way are finished, from the reserve in the end
        for _ in range(20):
            kept += 1
            await store.commit(batch(kept))
        assert kept > after_refusal + 20
        assert not store.room()
        last = kept + await fill_from(store, kept)
        assert len(store.journal_since(0, 9_999)) == last
        assert store.verify_chain() is None
        other.unlink()  # a person makes room
        await store.commit(batch(last + 1))
        assert store.room()
        assert (data / "reserve").stat().st_size == RESERVE_BYTES
    async with open_store(data, device="d", now_ms=lambda: 1) as store:
        assert len(store.journal_since(0, 9_999)) == last + 1
        assert store.verify_chain() is None


def stuff_with(file: Path) -> None:
    """Takes all that is left."""
    with file.open("wb", buffering=0) as out:
        try:
            while out.write(bytes(os.statvfs(file.parent).f_bsize)):
                pass
        except OSError:
            return


async def fill_from(store: Store, kept: int) -> int:
    for more in range(5_000):
        try:
            await store.commit(batch(kept + more + 1))
        except DiskFull:
            return more
    raise AssertionError("the disk never got full")


@pytest.mark.parametrize(
    ("total_gb", "free_gb", "crowded"),
    [(32, 3, True), (32, 8, False), (32, 6.2, False), (8, 3, False), (2000, 100, False)],
)
def test_four_fifths_of_a_small_disk_are_a_crowd(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, total_gb: float, free_gb: float, crowded: bool
) -> None:
    """From then on visits are given up before sales (sync/visitor_store/dropping.py); of a large disk never."""
    blocks, free = int(total_gb * 1024 * 256), int(free_gb * 1024 * 256)
    stat = os.statvfs_result((4096, 4096, blocks, free, free, 0, 0, 0, 0, 255))
    monkeypatch.setattr(os, "statvfs", lambda _: stat)
    assert Reserve(tmp_path).crowded() is crowded
