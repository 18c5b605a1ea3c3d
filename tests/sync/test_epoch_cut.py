"""The power goes at any write while a box numbers anew: it wakes in the old epoch or in the new one, whole in both."""

from __future__ import annotations

import random
from pathlib import Path

import anyio
import pytest
import trio.testing

from sync.store.batch import Batch, Outgoing
from sync.store.store import Store, open_store
from sync.wire.edge_log import GENESIS, chain
from tests.simulation.recording_vfs import RecordingVfs, power

SHOP = Path("/shop")
SOLD, ACKED, EPOCH = 40, 25, 7
IDS = [f"i{n}" for n in range(1, SOLD + 1)]


async def pause() -> None:
    await anyio.sleep(0.002)


def renumbered(torn: bool) -> list[dict[str, bytes]]:
    """The disk as each write and sync of the new epoch would have left it."""
    cuts: list[dict[str, bytes]] = []
    rng = random.Random(4) if torn else None

    async def main() -> None:
        disk: RecordingVfs
        with power(f"epoch{torn}") as disk:
            async with open_store(SHOP, device="t", now_ms=lambda: 5, vfs=disk.name, inline=pause) as store:
                for id in IDS:
                    out = Outgoing("sales", id, "sale", 1, b'{"lines":"' + b"x" * 700 + b'"}')
                    await store.commit(Batch(outgoing=(out,)))
                await store.outbox_acked("sales", ACKED)
                disk.watch = lambda operation, file: cuts.append(disk.image(rng))
                await store.begin_epoch(EPOCH)
                cuts.append(disk.image(rng))

    trio.run(main, clock=trio.testing.MockClock(autojump_threshold=0))
    return cuts


def whole(store: Store) -> int:
    """The epoch, after everything of it was looked at."""
    rows = store.outbox_read("sales", 0, 1_000)
    link = GENESIS
    for number, row in enumerate(rows, start=1):
        link = chain(link, row.id, row.kind, row.v, row.body)
        assert (row.seq, row.hash) == (number, link)
    assert [row.id for row in rows] == IDS
    assert (store.outbox_head("sales"), store.outbox_hash("sales", SOLD)) == (SOLD, link)
    assert store.outbox_ack("sales") == (0 if store.epoch == EPOCH else ACKED)
    return store.epoch


@pytest.mark.parametrize("torn", [False, True], ids=["synced-only", "torn-writes"])
def test_the_new_numbers_are_there_whole_or_not_at_all(torn: bool) -> None:
    woke: list[int] = []

    async def main() -> None:
        for number, image in enumerate(renumbering):
            with power(f"woke{torn}{number}", image=image) as disk:
                async with open_store(SHOP, device="t", now_ms=lambda: 6, vfs=disk.name, inline=pause) as store:
                    woke.append(whole(store))
                    await store.commit(Batch(outgoing=(Outgoing("sales", "next", "sale", 1, b"{}"),)))
                    assert store.outbox_head("sales") == SOLD + 1

    renumbering = renumbered(torn)
    trio.run(main, clock=trio.testing.MockClock(autojump_threshold=0))
    assert woke == sorted(woke)
    assert set(woke) == {1, EPOCH}, "cuts before and after"
