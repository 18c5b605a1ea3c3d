"""Runs a shop in one thread on virtual time, the same way for the same seed: the one file that knows trio's insides.

Trio's autojump clock moves to the next deadline whenever every task waits, so an hour costs what happens in it. Its
scheduler shuffles runnable tasks with a generator of its own: seeded here. Trio is pinned because of that.
"""

from __future__ import annotations

import datetime as dt
import gc
import os
import random
import select
from collections.abc import Awaitable, Callable
from typing import TypeVar
from zoneinfo import ZoneInfo

import trio
import trio.testing
from trio._core._wakeup_socketpair import WakeupSocketpair

T = TypeVar("T")

MORNING = dt.datetime(2026, 11, 21, 9, 0, tzinfo=ZoneInfo("Europe/Moscow"))


def run_simulated(work: Callable[[], Awaitable[T]], seed: int) -> T:
    """Run `work` on virtual time. A hash seed that changes between runs would reorder sets: refused."""
    if os.environ.get("PYTHONHASHSEED") not in ("0", "1"):
        raise RuntimeError("simulation needs PYTHONHASHSEED=0 (the Makefile and tests that start a process set it)")
    trio._core._run._ALLOW_DETERMINISTIC_SCHEDULING = True  # type: ignore[misc]
    trio._core._run._r = random.Random(f"{seed}/scheduler")
    # When the collector runs hangs on what this process did before, and what it finalises (an abandoned async
    # generator) is one more task for trio: so it waits for the end. A whole day needs no more memory for that.
    collecting = gc.isenabled()
    gc.disable()
    try:
        # Autojump at once: nothing here waits for a socket, a file or a thread.
        return trio.run(work, clock=trio.testing.MockClock(autojump_threshold=0))
    finally:
        if collecting:
            gc.enable()
            gc.collect(0)


def stand_alone() -> None:
    """In a copy of the process (fork), inside the run: what trio waits with is the copy's own from now on.

    A fork shares the epoll and the sockets that wake trio up (an async generator's end does): one process would take
    the other's wake-ups. New ones are put under the same descriptors, and what was registered is registered again.
    """
    runner = trio._core._run.GLOBAL_RUN_CONTEXT.runner
    manager, queue = runner.io_manager, runner.entry_queue
    for wakeup in (manager._force_wakeup, queue.wakeup):
        fresh = WakeupSocketpair()
        os.dup2(fresh.wakeup_sock.fileno(), wakeup.wakeup_sock.fileno())
        os.dup2(fresh.write_sock.fileno(), wakeup.write_sock.fileno())
        fresh.close()
    with select.epoll() as epoll:
        os.dup2(epoll.fileno(), manager._epoll.fileno())
    manager._epoll.register(manager._force_wakeup_fd, select.EPOLLIN)
    for descriptor, waiters in manager._registered.items():
        manager._epoll.register(descriptor, waiters.current_flags | select.EPOLLONESHOT)
    if queue.queue or queue.idempotent_queue:
        queue.wakeup.wakeup_thread_and_signal_safe()


class VirtualClock:
    """The shop's clock in simulation: starts in the morning and follows trio's time."""

    def __init__(self, start: dt.datetime = MORNING) -> None:
        self._start = start
        self._zone = start.tzinfo
        self._instant = 0.0, int(start.timestamp() * 1000)

    def now(self) -> dt.datetime:
        return self._start + dt.timedelta(seconds=trio.current_time())

    def now_ms(self) -> int:
        at, ms = self._instant
        if at != trio.current_time():  # asked a thousand times a run, mostly in the same instant
            at, ms = self._instant = trio.current_time(), int(self.now().timestamp() * 1000)
        return ms

    def local(self) -> dt.datetime:
        return self.now().astimezone(self._zone).replace(tzinfo=None, microsecond=0)
