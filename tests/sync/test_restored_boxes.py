"""A box restored from an older image, again and again, at any moment: no sale is lost and none is counted twice.

Lost means: on the disk of the box that is left, or acknowledged to any box there ever was, and not at HQ. A sale that
was on a disk that nobody has any more, and had not reached HQ, is gone with the disk: nobody can bring it back.
`TILLKEEPER_CAMPAIGN=1` makes it a thousand restores before a tiny HQ, and a thousand before ours.
"""

from __future__ import annotations

import itertools
import os
import random
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import anyio
import httpx
import msgspec
import pytest
import trio
import trio.testing

from cloud_api.app import Hq, start_hq
from cloud_api.settings import DeviceEntry, Settings
from cloud_api.store.devices import key_hash
from sync.courier import Courier
from sync.greeter import Greeter
from sync.store.batch import Batch, Entry, Outgoing
from sync.store.store import Store, open_store
from sync.uplink import run_uplink
from sync.uplink_board import UplinkBoard
from tests.cloud_api.at_once import AtOnce, at_once
from tests.cloud_api.pushing_till import a_sale
from tests.simulation.recording_vfs import RecordingVfs, power
from tests.sync.tiny_hq import KEY, Fault, TinyHq

SHOP = Path("/shop")
names = itertools.count()
RESTORES_A_SEED = 5
SEEDS = range(200 if os.environ.get("TILLKEEPER_CAMPAIGN") else 12)
SEEDS_OF_OUR_HQ = range(1000, 1200 if os.environ.get("TILLKEEPER_CAMPAIGN") else 1006)
ON_THE_WAY = (Fault.LOST_REQUEST, Fault.LOST_REPLY, Fault.LOST_REPLY, Fault.TWICE, Fault.BUSY, Fault.NONE, Fault.NONE)


def now_ms() -> int:
    return 1_795_251_600_000 + int(trio.current_time() * 1000)


async def pause() -> None:
    await anyio.sleep(0.002)


def simulate(main: Callable[[], Awaitable[None]]) -> None:
    trio.run(main, clock=trio.testing.MockClock(autojump_threshold=0))


class RealHq:
    """The real app behind the same faults; `applied` are the sales it counts."""

    def __init__(self, hq: Hq) -> None:
        self.hq = hq
        self.faults: list[Fault] = []
        self.hello_faults: list[Fault] = []
        self.requests = 0

    def client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.MockTransport(self._handle), base_url="http://hq")

    async def _handle(self, request: httpx.Request) -> httpx.Response:
        faults = self.faults if "/push/" in request.url.path else self.hello_faults
        fault = faults.pop(0) if faults else Fault.NONE
        if fault is Fault.LOST_REQUEST:
            raise httpx.ConnectError("cut")
        if fault is Fault.BUSY:
            return httpx.Response(503, headers={"retry-after": "3"}, json={})
        inner = httpx.ASGITransport(app=self.hq)
        for _ in range(1 + (fault is Fault.TWICE)):
            answer = await inner.handle_async_request(request)
            await answer.aread()
        if fault is Fault.LOST_REPLY:
            raise httpx.ReadError("cut")
        return answer

    @property
    def applied(self) -> dict[str, list[dict[str, str]]]:
        rows = AtOnce(self.hq.storage).rows("SELECT id FROM sale ORDER BY received_ms, epoch, seq")
        return {"sales": [{"id": str(row[0])} for row in rows]}

    def judge(self) -> None:
        """HQ's own sums agree with its sales, and nothing lies in quarantine."""
        ask = AtOnce(self.hq.storage)
        sales = ask.number("SELECT count(*) FROM sale")
        assert ask.rows("SELECT moved_thousandths FROM stock_sum") == [(-1000 * sales,)]
        assert ask.number("SELECT count(*) FROM quarantine") == 0
        assert ask.number("SELECT count(*) FROM item WHERE fate = 'taken'") == sales


class Box:
    """One device name, the images of its disk, and every sale it ever made in any of its lives."""

    def __init__(self, seed: int, hq: TinyHq | RealHq | None = None) -> None:
        self.rng = random.Random(seed)
        self.hq: Any = TinyHq() if hq is None else hq
        self.images: list[dict[str, bytes]] = [{}]
        self.image: dict[str, bytes] = {}
        self.acked: set[str] = set()
        self.epochs: set[int] = set()
        self.made = 0
        self.board = UplinkBoard()

    async def life(self, work: Callable[[Store, RecordingVfs], Awaitable[None]]) -> None:
        """The box runs while `work` does; then its power goes, whatever is under way."""
        with power(f"restored{next(names)}", image=self.image) as disk:
            async with (
                open_store(SHOP, device="t", now_ms=now_ms, vfs=disk.name, inline=pause) as store,
                self.hq.client() as client,
                anyio.create_task_group() as tasks,
            ):
                self.board = UplinkBoard(("sales", "loyalty"))
                courier, greeter = Courier(client, "http://hq", KEY), Greeter(client, "http://hq", KEY)

                async def uplink() -> None:
                    await run_uplink(
                        store, courier.post, self.board, now_ms=now_ms, rng=self.rng, greet=greeter, longest_wait_s=20
                    )

                tasks.start_soon(uplink)
                await work(store, disk)
                self._remember(store)
                self.image = disk.image(self.rng)
                tasks.cancel_scope.cancel()

    def _remember(self, store: Store) -> None:
        acked = store.outbox_ack("sales")
        self.acked |= {row.id for row in store.outbox_read("sales", 0, acked)} if acked else set()
        self.epochs.add(store.epoch)

    async def sell(self, store: Store) -> None:
        self.made += 1
        id = f"i{self.made}"
        out = [Outgoing("sales", id, "sale", 1, msgspec.json.encode(a_sale(id)))]
        if self.rng.random() < 0.1:
            out.append(Outgoing("loyalty", f"l{self.made}", "earn", 1, b"{}"))
        await store.commit(Batch(entries=(Entry("c", "t", b"{}"),), outgoing=tuple(out)))

    async def some_hours(self, store: Store, disk: RecordingVfs) -> None:
        """Sales, waits, trouble on the way, and images taken at any moment."""
        rng = self.rng
        self.hq.faults = rng.choices(ON_THE_WAY, k=rng.randrange(8))
        self.hq.hello_faults = rng.choices(ON_THE_WAY, k=rng.randrange(5))
        if rng.random() < 0.3:  # HQ is away for this life, and the shop sells
            self.hq.faults = self.hq.hello_faults = [Fault.LOST_REQUEST] * 500
        for _ in range(rng.randrange(12)):
            await self.sell(store)
            await anyio.sleep(rng.choice([0, 0.001, 0.01, 1, 30, 200]))
            self._remember(store)
            if rng.random() < 0.2:
                self.images.append(disk.image(rng))

    def restore(self) -> None:
        self.image = self.rng.choice(self.images)

    async def to_the_end(self, store: Store, disk: RecordingVfs) -> None:
        self.hq.faults, self.hq.hello_faults = [], []
        await self.sell(store)
        with anyio.fail_after(20_000):
            while any(state.waiting or state.trouble for state in self.board.states(store)):  # noqa: ASYNC110
                await anyio.sleep(5)
        here = {row.id for row in store.outbox_read("sales", 0, 1 << 40)}
        at_hq = [item["id"] for item in self.hq.applied["sales"]]
        assert len(at_hq) == len(set(at_hq)), "counted twice"
        assert here | self.acked <= set(at_hq), f"lost: {sorted((here | self.acked) - set(at_hq))}"
        assert f"i{self.made}" in at_hq


@pytest.mark.parametrize("seed", SEEDS_OF_OUR_HQ)
def test_the_same_with_our_hq(seed: int, tmp_path: Path) -> None:
    async def main() -> None:
        entry = DeviceEntry("t", "Казань", "Касса", key_hash(KEY))
        hq = await start_hq(Settings(database=str(tmp_path / "hq"), devices=(entry,)), now_ms=now_ms)
        at_once(hq.storage.rows("PRAGMA synchronous = OFF"))  # nothing here cuts HQ's power
        real = RealHq(hq)
        box = Box(seed, real)
        for _ in range(RESTORES_A_SEED):
            await box.life(box.some_hours)
            box.restore()
        await box.life(box.to_the_end)
        real.judge()
        await hq.storage.close()

    simulate(main)


@pytest.mark.parametrize("seed", SEEDS)
def test_restored_again_and_again_nothing_is_lost_and_nothing_counted_twice(seed: int) -> None:
    box = Box(seed)

    async def main() -> None:
        for _ in range(RESTORES_A_SEED):
            await box.life(box.some_hours)
            box.restore()
        await box.life(box.to_the_end)

    simulate(main)


def test_the_restores_are_real() -> None:
    """The property proves something: epochs were left, and images of boxes that had sold were restored."""
    epochs, made = set(), 0
    for seed in range(6):
        box = Box(seed)

        async def main(box: Box = box) -> None:
            for _ in range(RESTORES_A_SEED):
                await box.life(box.some_hours)
                box.restore()
            await box.life(box.to_the_end)

        simulate(main)
        epochs |= box.epochs
        made += box.made
    assert max(epochs) > 2
    assert made > 60


async def sell_offline(box: Box, count: int) -> None:
    async def work(store: Store, disk: RecordingVfs) -> None:
        box.hq.faults = box.hq.hello_faults = [Fault.LOST_REQUEST] * 1000
        for _ in range(count):
            await box.sell(store)

    await box.life(work)


async def sell_online(box: Box, count: int) -> None:
    async def work(store: Store, disk: RecordingVfs) -> None:
        box.hq.faults, box.hq.hello_faults = [], []
        for _ in range(count):
            await box.sell(store)
        await anyio.sleep(200)

    await box.life(work)


@pytest.mark.parametrize("offline", [1, 4, 5, 6, 700])
def test_sold_before_hello_up_to_exactly_where_hq_is(offline: int) -> None:
    """The image is five sales old and sells as many without HQ: its head is HQ's cursor, and no item behind it would
    ever break the chain. Nothing of them may be taken for what HQ has."""
    box = Box(3)

    async def main() -> None:
        await sell_online(box, 3)
        old = box.image
        await sell_online(box, 5)
        box.image = old
        await sell_offline(box, offline)
        await box.life(box.to_the_end)

    simulate(main)
    assert len(box.hq.applied["sales"]) == 3 + 5 + offline + 1


def test_hello_finds_the_copy_before_anything_is_pushed() -> None:
    box = Box(9)

    async def main() -> None:
        await sell_online(box, 3)
        old = box.image
        await sell_online(box, 3)
        box.image = old
        pushes = box.hq.requests

        async def work(store: Store, disk: RecordingVfs) -> None:
            while store.epoch == 1:
                assert box.hq.requests == pushes
                await anyio.sleep(0.001)

        with anyio.fail_after(60):
            await box.life(work)

    simulate(main)


def test_an_empty_box_of_the_same_name_is_a_fork_too() -> None:
    box = Box(4)

    async def main() -> None:
        await sell_online(box, 4)
        box.image = {}
        await sell_offline(box, 4)
        await box.life(box.to_the_end)

    simulate(main)
    assert len(box.hq.applied["sales"]) == 9


@pytest.mark.parametrize("lost", [0, 1, 2, 3])
@pytest.mark.parametrize("fault", [Fault.LOST_REQUEST, Fault.LOST_REPLY])
@pytest.mark.parametrize("cut", [False, True])
def test_an_answer_lost_at_any_step_of_the_handshake(lost: int, fault: Fault, cut: bool) -> None:
    """hello, epoch, hello again: whichever goes astray, and whether or not the power goes with it, one epoch is left
    for one other. With `cut` the wish's image comes back once more after it was granted and used."""
    box = Box(5)

    async def main() -> None:
        await sell_online(box, 3)
        old = box.image
        await sell_online(box, 3)
        box.image = old

        async def work(store: Store, disk: RecordingVfs) -> None:
            box.hq.faults, box.hq.hello_faults = [], [Fault.NONE] * lost + [fault]
            await box.sell(store)
            while not box.hq.kept.requests:  # noqa: ASYNC110
                await anyio.sleep(0.01)
            box.images = [disk.image()]  # the wish is on the disk, HQ has granted it
            await anyio.sleep(0 if cut else 100)

        await box.life(work)
        if cut:
            await box.life(box.to_the_end)
            box.image = box.images[0]
        await box.life(box.to_the_end)

    simulate(main)


def test_a_box_and_hq_both_restored() -> None:
    """HQ comes back from before the epoch; the box still has what HQ had taken of the old one, and sends it again."""
    box = Box(6)

    async def main() -> None:
        await sell_online(box, 3)
        old = box.image
        box.hq.back_up()
        await sell_online(box, 3)
        box.image = old
        await sell_online(box, 2)
        box.hq.restore()
        box.acked -= {"i4", "i5", "i6"}  # they were on the lost disk and in the lost HQ
        await box.life(box.to_the_end)

    simulate(main)
    assert [item["id"] for item in box.hq.applied["sales"]] == ["i1", "i2", "i3", "i7", "i8", "i9"]


def test_two_boxes_of_one_name_do_not_take_epochs_without_end() -> None:
    box, twin = Box(7), Box(8)

    async def main() -> None:
        await sell_online(box, 3)
        twin.image, twin.hq, twin.made = box.image, box.hq, 1000

        async def work(one: Box, store: Store) -> None:
            for _ in range(60):
                await one.sell(store)
                await anyio.sleep(60)

        async with anyio.create_task_group() as tasks:
            for one in (box, twin):
                tasks.start_soon(one.life, lambda store, disk, one=one: work(one, store))
        assert max(box.epochs | twin.epochs) < 20, "an hour of it: three each and six an hour after that"
        await box.life(box.to_the_end)
        await twin.life(twin.to_the_end)

    simulate(main)
    assert len({item["id"] for item in box.hq.applied["sales"]}) == len(box.hq.applied["sales"]) == 3 + 120 + 2
