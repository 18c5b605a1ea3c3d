"""The writing thread: quick work is waited for, slow work does not stop the loop, errors come home, order is kept."""

from __future__ import annotations

import threading
import time

import anyio
import pytest

from sync.store.writer_thread import PATIENCE_S, writer_thread

pytestmark = pytest.mark.anyio


async def test_slow_work_does_not_stop_the_loop() -> None:
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await anyio.sleep(0.005)
            ticks += 1

    async with writer_thread() as thread, anyio.create_task_group() as tasks:
        tasks.start_soon(tick)
        await thread.run(lambda: time.sleep(0.3))
        assert ticks > 10
        tasks.cancel_scope.cancel()


@pytest.mark.parametrize("slow_s", [0.0, PATIENCE_S, 20 * PATIENCE_S])
async def test_results_and_errors_come_home(slow_s: float) -> None:
    async with writer_thread() as thread:

        def fail() -> None:
            time.sleep(slow_s)
            raise KeyError("from the thread")

        for number in range(20):
            assert await thread.run(lambda number=number: (time.sleep(slow_s), number)[1]) == number  # type: ignore[misc]
            with pytest.raises(KeyError, match="from the thread"):
                await thread.run(fail)


async def test_everything_runs_on_one_thread_that_ends_with_the_block() -> None:
    seen: set[int] = set()
    async with writer_thread() as thread:
        for _ in range(10):
            await thread.run(lambda: seen.add(threading.get_ident()))
    assert len(seen) == 1
    assert threading.get_ident() not in seen
    assert not [alive for alive in threading.enumerate() if alive.name == "store writer"]
