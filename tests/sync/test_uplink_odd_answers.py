"""HQs of another age and files that cannot be written to: the uplink neither runs in circles nor believes too much."""

from __future__ import annotations

import itertools
import random
from collections.abc import Awaitable, Callable
from pathlib import Path

import anyio
import msgspec
import pytest
import trio
import trio.testing
import zstandard

from sync.courier import Answer, Delivered
from sync.greeter import NoHandshake, Trouble
from sync.push_stream import STOPPED_WAIT_S
from sync.store.batch import Batch, Outgoing
from sync.store.failures import JournalRefused
from sync.store.store import Store, open_store
from sync.uplink import run_uplink
from sync.uplink_board import UplinkBoard
from sync.wire.edge_log import GENESIS, Push
from sync.wire.hello import EpochIssued, Hello, NewEpoch, Standing, StreamStand, Welcome
from tests.simulation.recording_vfs import power

SHOP = Path("/shop")
names = itertools.count()


def now_ms() -> int:
    return int(trio.current_time() * 1000)


async def pause() -> None:
    await anyio.sleep(0.002)


class OddHq:
    """Knows the streams in `known`, takes what follows and shows hashes only with `hashes`."""

    def __init__(self, *known: str, hashes: bool = True) -> None:
        self.known, self.hashes = set(known), hashes
        self.hellos = 0
        self.taken: dict[str, list[str]] = {}
        self.chain: dict[str, str] = {}
        self.during_report: Callable[[], Awaitable[int]] | None = None

    async def hello(self, hello: Hello) -> Welcome | Trouble:
        await anyio.sleep(0.001)
        self.hellos += 1
        assert self.hellos < 50, "it runs in circles"
        if not self.hashes:
            return NoHandshake()
        streams = [
            StreamStand(
                one.stream,
                one.epoch,
                len(self.taken.get(one.stream, [])),
                self.chain.get(one.stream, GENESIS),
                Standing.SAME,
            )
            if one.stream in self.known
            else StreamStand(one.stream, one.epoch, 0, "", Standing.UNKNOWN)
            for one in hello.streams
        ]
        return Welcome(1, [1], [], now_ms(), 500, streams)

    async def new_epoch(self, wish: NewEpoch) -> EpochIssued | Trouble:
        raise AssertionError("nothing forked")

    async def post(self, stream: str, body: bytes) -> Answer:
        await anyio.sleep(0.05)
        push = msgspec.json.decode(zstandard.ZstdDecompressor().decompressobj().decompress(body), type=Push)
        taken = self.taken.setdefault(stream, [])
        taken += [item.id for item in push.items]
        if push.items:
            self.chain[stream] = push.items[-1].hash
        ack = len(taken)
        if not push.items and self.during_report is not None:
            ask, self.during_report = self.during_report, None
            ack = await ask()
        return Delivered(ack, now_ms(), 500, self.chain.get(stream, "") if self.hashes else "")


async def sell(store: Store, stream: str = "sales") -> None:
    await store.commit(Batch(outgoing=(Outgoing(stream, f"i{next(names)}", "sale", 1, b"{}"),)))


def lived(hq: OddHq, work: Callable[[Store], Awaitable[None]], *streams: str) -> None:
    async def main() -> None:
        with power(f"odd{next(names)}", image={}) as disk:
            async with (
                open_store(SHOP, device="t", now_ms=now_ms, vfs=disk.name, inline=pause) as store,
                anyio.create_task_group() as tasks,
            ):
                board = UplinkBoard(streams)

                async def uplink() -> None:
                    await run_uplink(store, hq.post, board, now_ms=now_ms, rng=random.Random(1), greet=hq)

                tasks.start_soon(uplink)
                await work(store)
                tasks.cancel_scope.cancel()

    trio.run(main, clock=trio.testing.MockClock(autojump_threshold=0))


def test_an_hq_that_knows_no_stream_is_asked_now_and_then() -> None:
    hq = OddHq()

    async def work(store: Store) -> None:
        await anyio.sleep(STOPPED_WAIT_S * 3 + 30)

    lived(hq, work, "visits")
    assert hq.hellos == 4


def test_a_stream_that_hq_learned_meanwhile_is_pushed() -> None:
    hq = OddHq("sales")

    async def work(store: Store) -> None:
        await sell(store)
        await sell(store, "loyalty")
        await anyio.sleep(30)
        assert (len(hq.taken["sales"]), "loyalty" in hq.taken) == (1, False)
        hq.known.add("loyalty")
        await anyio.sleep(STOPPED_WAIT_S + 30)
        assert len(hq.taken["loyalty"]) == 1

    lived(hq, work, "sales", "loyalty")


def test_an_empty_report_without_a_hash_acknowledges_nothing() -> None:
    """A sale is closed while the report is on its way, and an HQ of another history counts further than it took."""
    hq = OddHq(hashes=False)

    async def work(store: Store) -> None:
        async def sold() -> int:
            await sell(store)
            return 1

        hq.during_report = sold
        await anyio.sleep(30)
        assert store.outbox_head("sales") == 1
        assert len(hq.taken["sales"]) == 1

    lived(hq, work, "sales")


def test_a_file_that_takes_no_notes_does_not_keep_sales_here(monkeypatch: pytest.MonkeyPatch) -> None:
    hq = OddHq("sales")

    async def refused(*_: object) -> None:
        await anyio.sleep(0.001)
        raise JournalRefused("attempt to write a readonly database")

    async def work(store: Store) -> None:
        await anyio.sleep(5)
        await sell(store)
        monkeypatch.setattr(Store, "outbox_note", refused)
        monkeypatch.setattr(Store, "outbox_acked", refused)
        await anyio.sleep(30)
        assert len(hq.taken["sales"]) == 1

    monkeypatch.setattr(Store, "outbox_note", refused)
    lived(hq, work, "sales")
