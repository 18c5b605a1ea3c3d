"""After an outage a box comes back in a moment of its own, sends what HQ can bear, and knows how wrong its clock is."""

from __future__ import annotations

import itertools
import random
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import anyio
import pytest
import trio
import trio.testing

from sync.batch_size import STEP, BatchSize
from sync.clock_offset import ClockOffset, Offset
from sync.courier import Courier
from sync.greeter import Greeter
from sync.store.batch import Batch, Outgoing
from sync.store.store import Store, open_store
from sync.telemetry_log import TelemetryLog
from sync.uplink import SPREAD_S, run_uplink
from sync.uplink_board import Trouble, UplinkBoard
from sync.wire.edge_log import MAX_ITEMS
from tests.simulation.recording_vfs import power
from tests.sync.tiny_hq import KEY, Fault, Kept, TinyHq

SHOP = Path("/shop")
names = itertools.count()


def simulate(main: Callable[[], Awaitable[None]]) -> None:
    trio.run(main, clock=trio.testing.MockClock(autojump_threshold=0))


def now_ms() -> int:
    return int(trio.current_time() * 1000)


async def pause() -> None:
    await anyio.sleep(0.002)


class Shop:
    """A till and what is left of its disk."""

    def __init__(self, hq: TinyHq, seed: int = 1) -> None:
        self.hq, self.rng = hq, random.Random(seed)
        self.image: dict[str, bytes] = {}
        self.board = UplinkBoard(("sales", "loyalty"))

    async def life(self, work: Callable[[Store], Awaitable[None]]) -> None:
        with power(f"back{next(names)}", image=self.image) as disk:
            async with (
                open_store(SHOP, device="t", now_ms=now_ms, vfs=disk.name, inline=pause) as store,
                self.hq.client() as client,
                anyio.create_task_group() as tasks,
            ):
                self.board = UplinkBoard(("sales", "loyalty"))
                post, greeter = Courier(client, "http://hq", KEY).post, Greeter(client, "http://hq", KEY)

                async def uplink() -> None:
                    await run_uplink(store, post, self.board, now_ms=now_ms, rng=self.rng, greet=greeter)

                tasks.start_soon(uplink)
                await work(store)
                self.image = disk.image()
                tasks.cancel_scope.cancel()


async def sell(store: Store, count: int = 1) -> None:
    for _ in range(count):
        await store.commit(Batch(outgoing=(Outgoing("sales", f"i{next(names)}", "sale", 1, b"{}"),)))


async def taken(hq: TinyHq, count: int) -> float:
    """When HQ has so many."""
    while len(hq.applied.get("sales", [])) < count:  # noqa: ASYNC110
        await anyio.sleep(0.5)
    return trio.current_time()


def back_after(outage_s: float, seed: int) -> float:
    """Seconds from HQ's first answer to the first sale it has."""
    hq, late = TinyHq(), 0.0

    async def main() -> None:
        async def work(store: Store) -> None:
            nonlocal late
            await anyio.sleep(5)
            hq.faults = hq.hello_faults = [Fault.LOST_REQUEST] * 100_000
            await sell(store)
            await anyio.sleep(outage_s)
            hq.faults, hq.hello_faults = [], []
            while shop.board.states(store)[0].trouble is not None:  # noqa: ASYNC110
                await anyio.sleep(0.5)
            answered_s = trio.current_time()
            late = await taken(hq, 1) - answered_s

        shop = Shop(hq, seed)
        await shop.life(work)

    simulate(main)
    return late


def test_boxes_come_back_from_an_outage_spread_over_a_minute() -> None:
    late = sorted(back_after(200, seed) for seed in range(12))
    assert max(late) <= SPREAD_S + 1
    thirds = [sum(low <= one < low + 20 for one in late) for low in (0, 20, 40)]
    assert min(thirds) >= 1, thirds


def test_a_box_that_was_not_away_does_not_wait() -> None:
    assert max(back_after(20, seed) for seed in range(5)) < 1


def test_a_box_that_starts_waits_only_if_something_old_waits_with_it() -> None:
    hq = TinyHq()
    waits = []

    async def main() -> None:
        shop = Shop(hq)

        async def fresh(store: Store) -> None:
            began_s = trio.current_time()
            await sell(store)
            waits.append(await taken(hq, 1) - began_s)
            hq.faults = hq.hello_faults = [Fault.LOST_REQUEST] * 1000
            await sell(store)

        async def a_day_later(store: Store) -> None:
            hq.faults, hq.hello_faults = [], []
            began_s = trio.current_time()
            waits.append(await taken(hq, 2) - began_s)

        await shop.life(fresh)
        await anyio.sleep(86_400)
        await shop.life(a_day_later)

    simulate(main)
    assert waits[0] < 1
    assert 1 < waits[1] <= SPREAD_S + 1


def test_the_size_of_a_batch_falls_to_half_grows_by_a_step_and_survives_a_restart() -> None:
    hq = TinyHq()

    async def main() -> None:
        shop = Shop(hq)

        async def busy(store: Store) -> None:
            hq.faults = [Fault.BUSY, Fault.BUSY]
            await sell(store, 600)
            while hq.faults:  # noqa: ASYNC110
                await anyio.sleep(0.1)

        async def later(store: Store) -> None:
            await taken(hq, 600)

        await shop.life(busy)
        first = len(hq.sizes)
        await shop.life(later)
        assert hq.sizes[first:][0] <= MAX_ITEMS // 2
        grown = [size for size in hq.sizes if size]
        assert all(after - before <= STEP for before, after in itertools.pairwise(grown))

    simulate(main)
    assert len(hq.applied["sales"]) == 600


def test_the_size_keeps_to_its_bounds() -> None:
    size = BatchSize.read(b"40")
    assert size.taken(500)
    assert size.items == 65
    assert size.refused(3)
    assert size.items == 1
    assert not size.refused(1)
    for _ in range(30):
        size.taken(120)
    assert size.items == 120
    assert BatchSize.read(size.written()).items == 120
    assert [BatchSize.read(odd).items for odd in (None, b"", b"-4", b"x", b"99999")] == [500, 500, 500, 500, 500]


def test_the_clocks_offset_is_bounded_by_the_quickest_answer() -> None:
    clock = ClockOffset()
    assert clock.heard(1_000, 61_500, 2_000) == Offset(60_000, 500, 2_000)
    assert clock.heard(10_000, 70_040, 10_020) == Offset(60_030, 10, 10_020)
    assert clock.heard(20_000, 80_900, 21_000) == Offset(60_030, 10, 10_020), "a slow answer tells less"
    assert not clock.wrong
    set_back = clock.heard(100_000, 460_000, 100_100)
    assert set_back.offset_ms == 359_950, "somebody has set a clock: what was known says nothing"
    assert clock.wrong


def test_the_offset_is_kept_over_a_restart_without_hq() -> None:
    hq = TinyHq()

    async def main() -> None:
        shop = Shop(hq)

        async def online(store: Store) -> None:
            await anyio.sleep(10)

        async def offline(store: Store) -> None:
            hq.faults = hq.hello_faults = [Fault.LOST_REQUEST] * 100
            await anyio.sleep(1)
            assert shop.board.states(store)[0].trouble is Trouble.AWAY
            assert shop.board.confirmed_ms is None
            assert shop.board.states(store)[0].skew_ms == 70_000

        await shop.life(online)
        await shop.life(offline)

    simulate(main)


def test_a_stream_hq_does_not_know_waits_and_the_others_go_on() -> None:
    hq = TinyHq(streams=("sales",))

    async def main() -> None:
        shop = Shop(hq)

        async def work(store: Store) -> None:
            await store.commit(Batch(outgoing=(Outgoing("loyalty", "l1", "earn", 1, b"{}"),)))
            await sell(store, 3)
            await taken(hq, 3)
            await anyio.sleep(1)
            states = {state.stream: state for state in shop.board.states(store)}
            assert (states["sales"].waiting, states["sales"].trouble) == (0, None)
            assert (states["loyalty"].waiting, states["loyalty"].trouble) == (1, Trouble.REFUSED)

        await shop.life(work)

    simulate(main)


def test_an_hq_of_before_the_handshake_is_pushed_to_and_its_fork_stops_for_a_while() -> None:
    hq = TinyHq(flaws=frozenset({"no_handshake", "no_hash"}))

    async def main() -> None:
        shop = Shop(hq)

        async def work(store: Store) -> None:
            await sell(store, 3)
            await taken(hq, 3)

        async def restored(store: Store) -> None:
            await sell(store, 4)
            await anyio.sleep(60)
            assert shop.board.states(store)[0].trouble is Trouble.FORK
            assert hq.requests < 10
            assert shop.board.states(store)[0].waiting == 4

        await shop.life(work)
        shop.image = {}
        await shop.life(restored)

    simulate(main)


def test_when_hq_was_mended_a_stream_that_had_stopped_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    from sync.store import outbox

    monkeypatch.setattr(outbox, "KEPT_AFTER_ACK", 3)
    hq = TinyHq()

    async def main() -> None:
        shop = Shop(hq)

        async def work(store: Store) -> None:
            await sell(store, 20)
            await taken(hq, 20)
            whole, hq.kept = hq.kept, Kept()
            await sell(store)
            await anyio.sleep(100)
            assert shop.board.states(store)[0].trouble is Trouble.HQ_BEHIND
            hq.kept = whole
            await anyio.sleep(700)
            assert shop.board.states(store)[0].trouble is None
            assert len(hq.applied["sales"]) == 21

        await shop.life(work)

    simulate(main)


def test_telemetry_follows_hq_whoever_was_restored() -> None:
    hq = TinyHq()
    told = itertools.count(1)

    async def main() -> None:
        for life in range(3):
            log, board = TelemetryLog("t", "telemetry", now_ms), UplinkBoard(("telemetry",))
            async with hq.client() as client, anyio.create_task_group() as tasks:
                post, greeter = Courier(client, "http://hq", KEY).post, Greeter(client, "http://hq", KEY)

                way = partial(run_uplink, now_ms=now_ms, rng=random.Random(1), greet=greeter)
                tasks.start_soon(way, log, post, board)
                for n in range(5):
                    log.tell(Outgoing("telemetry", f"b{next(told)}", "heartbeat", 1, b"{}"))
                    if life == 1 and n == 2:
                        hq.kept.chains[("telemetry", 1)] = hq.kept.chains[("telemetry", 1)][:2]
                        hq.kept.applied["telemetry"] = hq.kept.applied["telemetry"][:2]
                    if life == 2 and n == 2:
                        hq.faults = [Fault.LOST_REPLY] * 3
                    await anyio.sleep(60)
                await anyio.sleep(400)
                assert board.states(log)[0].waiting == 0
                tasks.cancel_scope.cancel()

    simulate(main)
    found = [item["id"] for item in hq.applied["telemetry"]]
    assert found[-1] == "b15", "the last word is there"
    assert len(found) == len(set(found))
