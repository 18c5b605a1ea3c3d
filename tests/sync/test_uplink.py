"""Whatever happens to requests, answers, till and HQ: what was closed reaches HQ once and in order."""

from __future__ import annotations

import itertools
import random
from collections.abc import Awaitable, Callable
from pathlib import Path

import anyio
import httpx
import trio
import trio.testing
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.backoff import NOT_ENROLLED_WAIT_S, Backoff
from sync.courier import Courier
from sync.store import outbox
from sync.store.batch import Batch, Entry, Outgoing
from sync.store.store import Store, open_store
from sync.uplink import run_uplink
from sync.uplink_board import Trouble, UplinkBoard, UplinkState
from tests.simulation.recording_vfs import power
from tests.sync.tiny_hq import KEY, Fault, Kept, TinyHq

SHOP = Path("/shop")
names = itertools.count()


async def pause() -> None:
    await anyio.sleep(0.002)


def simulate(main: Callable[[], Awaitable[None]]) -> None:
    trio.run(main, clock=trio.testing.MockClock(autojump_threshold=0))


def now_ms() -> int:
    return int(trio.current_time() * 1000)


class Till:
    """A till with its uplink, on a disk that survives it."""

    def __init__(self, hq: TinyHq, key: str = KEY, seed: int = 1) -> None:
        self.hq, self.key, self.rng = hq, key, random.Random(seed)
        self.image: dict[str, bytes] = {}
        self.sold: list[str] = []
        self.board = UplinkBoard()

    async def shift(self, work: Callable[[Store], Awaitable[None]], epoch: int = 1) -> None:
        """The till runs while `work` does, then the power goes."""
        with power(f"uplink{next(names)}", image=self.image) as disk:
            async with (
                open_store(SHOP, device="t", epoch=epoch, now_ms=now_ms, vfs=disk.name, inline=pause) as store,
                self.hq.client() as client,
                anyio.create_task_group() as tasks,
            ):
                self.board = UplinkBoard()
                courier = Courier(client, "http://hq", self.key)

                async def uplink() -> None:
                    await run_uplink(store, courier.post, self.board, now_ms=now_ms, rng=self.rng)

                tasks.start_soon(uplink)
                await work(store)
                self.image = disk.image(self.rng)
                tasks.cancel_scope.cancel()

    async def sell(self, store: Store, count: int = 1) -> None:
        for _ in range(count):
            id = f"i{len(self.sold) + 1}"
            body = f'{{"n":"{id}"}}'.encode()
            await store.commit(
                Batch(entries=(Entry("c", "t", body),), outgoing=(Outgoing("sales", id, "sale", 1, body),))
            )
            self.sold.append(id)

    def state(self, store: Store) -> UplinkState:
        return self.board.states(store)[0]

    def arrived(self) -> list[str]:
        return [item["id"] for item in self.hq.applied.get("sales", [])]


async def drained(till: Till, store: Store, within_s: float = 3600) -> None:
    with anyio.fail_after(within_s):
        while till.state(store).waiting:  # noqa: ASYNC110 - the board is looked at, as the page does
            await anyio.sleep(1)


faults = st.lists(st.sampled_from([fault for fault in Fault if fault is not Fault.RESTORED]), max_size=25)


@settings(max_examples=60, deadline=None)
@given(faults=faults, shifts=st.lists(st.integers(0, 12), min_size=1, max_size=5), seed=st.integers(0, 999))
def test_everything_closed_arrives_once_whatever_is_lost_doubled_or_restarted(
    faults: list[Fault], shifts: list[int], seed: int
) -> None:
    hq = TinyHq(list(faults))
    till = Till(hq, seed=seed)

    async def main() -> None:
        for count in shifts:

            async def work(store: Store, count: int = count) -> None:
                for _ in range(count):
                    await till.sell(store)
                    await anyio.sleep(till.rng.uniform(0, 20))

            await till.shift(work)

        async def last(store: Store) -> None:
            await drained(till, store)

        await till.shift(last)

    simulate(main)
    assert till.arrived() == till.sold


def test_a_new_sale_wakes_the_uplink_at_once_and_the_board_says_so() -> None:
    till = Till(TinyHq())

    async def work(store: Store) -> None:
        await anyio.sleep(1000)
        await till.sell(store)
        await anyio.sleep(0.1)
        assert till.arrived() == ["i1"]
        state = till.state(store)
        assert (state.waiting, state.oldest_ms, state.trouble) == (0, None, None)
        assert state.last_ack_ms is not None
        assert state.skew_ms == 70_000 - state.last_ack_ms

    simulate(lambda: till.shift(work))


def test_the_retry_does_not_need_a_new_sale_and_is_not_hastened_by_one() -> None:
    hq = TinyHq([Fault.LOST_REQUEST] * 40)
    till = Till(hq)

    async def work(store: Store) -> None:
        await till.sell(store)
        await anyio.sleep(600)
        tried = hq.requests
        assert 5 < tried < 40
        state = till.state(store)
        assert (state.waiting, state.trouble) == (1, Trouble.AWAY)
        assert state.oldest_ms is not None
        assert state.since_ms is not None
        assert state.since_ms < 1_000
        await till.sell(store, 20)
        assert hq.requests <= tried + 1
        await drained(till, store, 40 * 300)

    simulate(lambda: till.shift(work))
    assert till.arrived() == till.sold


def test_busy_means_come_back_when_asked() -> None:
    hq = TinyHq([Fault.BUSY])
    till = Till(hq)

    async def work(store: Store) -> None:
        await till.sell(store)
        await anyio.sleep(6.9)
        assert till.state(store).trouble is Trouble.BUSY
        assert hq.requests == 1
        await anyio.sleep(2)
        assert till.arrived() == ["i1"]

    simulate(lambda: till.shift(work))


def test_an_unknown_key_is_said_and_tried_slowly_while_the_till_sells() -> None:
    hq = TinyHq()
    till = Till(hq, key="another key")

    async def work(store: Store) -> None:
        await till.sell(store, 3)
        await anyio.sleep(NOT_ENROLLED_WAIT_S * 3.5)
        state = till.state(store)
        assert (state.trouble, state.waiting, hq.requests) == (Trouble.NOT_ENROLLED, 3, 4)
        await till.sell(store)

    simulate(lambda: till.shift(work))
    assert till.arrived() == []


def test_a_batch_too_large_is_halved_until_it_fits_and_grows_again() -> None:
    hq = TinyHq(most_items=60)
    till = Till(hq)
    hq.faults = [Fault.LOST_REQUEST]

    async def work(store: Store) -> None:
        await till.sell(store, 200)
        await drained(till, store)
        hq.most_items = 500
        hq.faults = [Fault.LOST_REQUEST] * 3
        await till.sell(store, 300)
        await drained(till, store)

    simulate(lambda: till.shift(work))
    assert till.arrived() == till.sold
    assert max(hq.sizes[-6:]) > 60


def test_hq_from_last_nights_backup_gets_everything_again() -> None:
    hq = TinyHq()
    till = Till(hq)

    async def work(store: Store) -> None:
        await till.sell(store, 30)
        await drained(till, store)
        hq.faults = [Fault.RESTORED]
        await till.sell(store)
        await drained(till, store)
        await anyio.sleep(1)

    simulate(lambda: till.shift(work))
    assert till.arrived() == till.sold


def test_what_is_no_longer_kept_is_not_made_up(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(outbox, "KEPT_AFTER_ACK", 5)
    hq = TinyHq()
    till = Till(hq)

    async def work(store: Store) -> None:
        await till.sell(store, 30)
        await drained(till, store)
        hq.kept = Kept()
        await till.sell(store)
        await anyio.sleep(10)
        assert till.state(store).trouble is Trouble.HQ_BEHIND
        assert [item.seq for item in store.outbox_read("sales", 0, 100)] == list(range(26, 32))

    simulate(lambda: till.shift(work))


def test_a_restored_till_is_stopped_and_a_new_epoch_sends_what_waits() -> None:
    hq = TinyHq()
    till = Till(hq)
    old: dict[str, bytes] = {}

    async def sell_some(store: Store) -> None:
        await till.sell(store, 5)
        await drained(till, store)

    async def sell_more(store: Store) -> None:
        await till.sell(store, 5)
        await drained(till, store)

    async def after_restore(store: Store) -> None:
        till.sold.append("other")
        await till.sell(store, 2)
        await anyio.sleep(5)
        assert till.state(store).trouble is Trouble.FORK
        assert till.state(store).waiting == 2
        assert till.arrived() == [f"i{n}" for n in range(1, 11)]

    async def new_epoch(store: Store) -> None:
        await drained(till, store)

    async def main() -> None:
        await till.shift(sell_some)
        old.update(till.image)
        await till.shift(sell_more)
        till.image = old
        await till.shift(after_restore)
        await till.shift(new_epoch, epoch=2)

    simulate(main)
    assert till.arrived() == [*(f"i{n}" for n in range(1, 11)), "i12", "i13"]
    assert [item["seq"] for item in hq.applied["sales"][-2:]] == [6, 7], "behind five that HQ knows by their ids"


def test_an_ack_of_another_history_is_none_of_ours() -> None:
    """The image is of before the first push, and its first batch is what HQ has: nothing differs, yet HQ's answer goes
    beyond it, to exactly where this box's own new sales end. They are not what HQ means."""
    hq = TinyHq()
    till = Till(hq)
    old: dict[str, bytes] = {}

    async def offline(store: Store) -> None:
        hq.faults = [Fault.LOST_REQUEST] * 100
        await till.sell(store, 520)

    async def online(store: Store) -> None:
        hq.faults = []
        await drained(till, store)
        await till.sell(store, 5)
        await drained(till, store)

    async def restored(store: Store) -> None:
        await till.sell(store, 5)
        await anyio.sleep(30)
        assert till.state(store).trouble is Trouble.FORK
        assert till.state(store).waiting >= 5

    async def main() -> None:
        await till.shift(offline)
        old.update(till.image)
        await till.shift(online)
        till.image = old
        hq.faults = [Fault.LOST_REQUEST]  # it sells before HQ answers
        await till.shift(restored)

    simulate(main)
    assert till.arrived() == [f"i{n}" for n in range(1, 526)]


def test_batches_keep_to_the_wire_limits() -> None:
    hq = TinyHq()
    till = Till(hq)
    noise = random.Random(4)

    async def work(store: Store) -> None:
        for n in range(40):
            body = f'"{noise.randbytes(30_000).hex()}"'.encode()
            await store.commit(Batch(outgoing=(Outgoing("sales", f"x{n}", "sale", 1, body),)))
        await drained(till, store)

    simulate(lambda: till.shift(work))
    assert len(till.arrived()) == 40
    assert hq.wire_bytes / hq.requests <= 256 * 1024


def test_acknowledged_rows_go_in_handfuls_and_the_cursor_stays(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(outbox, "KEPT_AFTER_ACK", 3)
    monkeypatch.setattr(outbox, "DELETED_AT_ONCE", 4)
    till = Till(TinyHq())

    async def main() -> None:
        with power("handfuls") as disk:
            async with open_store(SHOP, device="t", now_ms=now_ms, vfs=disk.name, inline=pause) as store:
                await till.sell(store, 20)
                await store.outbox_acked("sales", 15)
                assert [item.seq for item in store.outbox_read("sales", 0, 100)] == list(range(13, 21))
                await store.outbox_acked("sales", 7)  # an old answer comes late
                await store.outbox_acked("nothing", 7)
                assert store.outbox_ack("sales") == 15
                assert store.outbox_state()[0].waiting == 5
                await store.outbox_acked("sales", 999)
                assert store.outbox_ack("sales") == 20

    simulate(main)


def test_backoff_is_jittered_bounded_and_starts_again() -> None:
    waits = Backoff(random.Random(3))
    drawn = [waits.next_s() for _ in range(200)]
    assert max(drawn[:1]) <= 1
    assert max(drawn) <= 300
    assert min(drawn) >= 0.1
    assert len(set(drawn[20:])) > 150
    waits.reset()
    assert waits.next_s() <= 1


def test_courier_waits_no_longer_than_it_says() -> None:
    async def never(request: httpx.Request) -> httpx.Response:
        await anyio.sleep_forever()
        raise AssertionError

    async def main() -> None:
        async with httpx.AsyncClient(transport=httpx.MockTransport(never)) as client:
            began = trio.current_time()
            await Courier(client, "http://hq", KEY).post("sales", b"")
            assert trio.current_time() - began == 30

    simulate(main)


def test_a_quiet_shop_says_each_minute_that_it_is_there() -> None:
    hq = TinyHq()
    till = Till(hq)

    async def work(store: Store) -> None:
        await anyio.sleep(1)
        assert hq.sizes == [0], "at its start too"
        await anyio.sleep(600)
        assert hq.sizes == [0] * 11
        await till.sell(store)
        await anyio.sleep(59)
        assert hq.sizes[11:] == [1], "a sale is a report"
        assert till.state(store).trouble is None

    simulate(lambda: till.shift(work))
    assert till.arrived() == till.sold


def test_a_quiet_shop_sees_within_a_minute_that_hq_is_away_or_behind() -> None:
    hq = TinyHq()
    till = Till(hq)

    async def work(store: Store) -> None:
        await till.sell(store, 10)
        await drained(till, store)
        hq.faults = [Fault.LOST_REQUEST] * 8
        await anyio.sleep(61)
        assert till.state(store).trouble is Trouble.AWAY
        hq.faults = []
        await anyio.sleep(300)
        assert till.state(store).trouble is None
        hq.faults = [Fault.RESTORED]
        await anyio.sleep(61)

    simulate(lambda: till.shift(work))
    assert till.arrived() == till.sold
