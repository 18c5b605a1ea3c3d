"""A commit that returned survives a power cut at any write or sync, and an unfinished one leaves nothing behind.

The same run with `synchronous=OFF` loses commits: the test can fail.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from pathlib import Path

import anyio
import pytest
import trio.testing

from sync.store import database
from sync.store.batch import Batch, Entry, Outgoing, Setting, StockMove
from sync.store.store import Store, open_store
from tests.simulation.recording_vfs import RecordingVfs, power

SHOP = Path("/shop")
SALES = 30


@dataclass
class Cut:
    """The disk at one moment, and how many commits had been answered by then."""

    operation: str
    answered: int
    disk: dict[str, bytes]


@dataclass
class Run:
    seed: int
    torn: bool
    answered: int = 0
    cuts: list[Cut] = field(default_factory=list)


def batch(number: int) -> Batch:
    body = b'{"lines":"' + b"x" * 900 + b'"}'
    return Batch(
        entries=(Entry("opened", "t1", b"{}", f"s{number}"), Entry("closed", "t1", body, f"s{number}")),
        outgoing=(Outgoing("sales", f"id{number}", "sale", 1, body),),
        moves=tuple(
            StockMove(f"sku{(number * 7 + line) % 40}", "shop", -1000, "sale", f"s{number}") for line in range(5)
        ),
        settings=(Setting("last", str(number).encode()),),
    )


def sell(run: Run) -> None:
    """Commits SALES batches on a recorded disk and takes an image before every operation on it."""
    torn = random.Random(run.seed) if run.torn else None

    async def main() -> None:
        disk: RecordingVfs

        def watch(operation: str, file: str) -> None:
            run.cuts.append(Cut(f"{operation} {file}", run.answered, disk.image(torn)))

        with power(f"selling{run.seed}{run.torn}", seed=run.seed) as disk:
            disk.watch = watch
            async with open_store(SHOP, device="d1", now_ms=lambda: 5, vfs=disk.name, inline=pause) as store:
                for number in range(1, SALES + 1):
                    await store.commit(batch(number))
                    run.answered = number
                    run.cuts.append(Cut("answered", number, disk.image(torn)))

    trio.run(main, clock=trio.testing.MockClock(autojump_threshold=0))


async def pause() -> None:
    await anyio.sleep(0.003)


def lost(run: Run, cut: Cut, number: int) -> int:
    """Starts the machine on what the cut left; how many answered commits are gone. Halves of a commit fail at once."""
    missing = 0

    async def main() -> None:
        nonlocal missing
        with power(f"after{run.seed}{run.torn}{number}", image=cut.disk) as disk:
            async with open_store(SHOP, device="d1", now_ms=lambda: 6, vfs=disk.name, inline=pause) as store:
                kept = whole_commits(store)
                missing = max(0, cut.answered - kept)
                await store.commit(batch(kept + 1))  # and it goes on selling
                assert whole_commits(store) == kept + 1

    trio.run(main, clock=trio.testing.MockClock(autojump_threshold=0))
    return missing


def whole_commits(store: Store) -> int:
    rows = store.journal_since(0, 10_000)
    kept = len(rows) // 2
    assert [row.kind for row in rows] == ["opened", "closed"] * kept
    assert store.verify_chain() is None
    assert [item.id for item in store.outbox_read("sales", 0, 10_000)] == [f"id{n}" for n in range(1, kept + 1)]
    assert (store.setting("last") or b"0") == str(kept).encode()
    assert sum(store.stock(f"sku{sku}", "shop") for sku in range(40)) == -5000 * kept
    return kept


@pytest.mark.parametrize("torn", [False, True], ids=["synced-only", "torn-writes"])
def test_full_loses_nothing_that_was_answered(torn: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "CHECKPOINT_PAGES", 60)  # so that checkpoints are cut as well
    run = Run(seed=11, torn=torn)
    sell(run)
    files = {cut.operation.rpartition(" ")[2] for cut in run.cuts}
    assert f"{SHOP}/journal.db" in files, "no checkpoint was ever under way"
    assert run.answered == SALES
    for number, cut in enumerate(run.cuts):
        assert lost(run, cut, number) == 0, f"{cut.operation}, {cut.answered} answered"


def test_off_does_lose(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "SYNCHRONOUS", "OFF")
    run = Run(seed=12, torn=False)
    sell(run)
    assert lost(run, run.cuts[-1], 0) > 0


def test_an_empty_disk_is_not_trusted_before_it_is_synced() -> None:
    with power("young") as disk:
        assert disk.image() == {}
