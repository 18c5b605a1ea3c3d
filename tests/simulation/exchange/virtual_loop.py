"""An event loop on virtual time that nevertheless waits, in real time, for what works outside this process.

While a database or a real HQ process is asked something (`Outside.busy`), time passes as it does on the wall. Whenever
nobody outside is at work and every task waits, the clock moves on to the next deadline at once, so an hour of backoffs
costs what happens in it. With nothing outside a run is the same for the same seed: asyncio wakes tasks in their order.
"""

from __future__ import annotations

import asyncio
import random
import selectors
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import anyio

T = TypeVar("T")
STUCK_S = 60.0
"""So long nothing moves although nobody outside is at work: a task waits for what will never come."""


class Outside:
    """How much of the world outside this process is at work for us now."""

    def __init__(self) -> None:
        self.busy = 0

    @contextmanager
    def at_work(self) -> Iterator[None]:
        self.busy += 1
        try:
            yield
        finally:
            self.busy -= 1


class _Selector(selectors.DefaultSelector):  # type: ignore[misc, valid-type]
    """Real sockets; the time to the next deadline is skipped where nobody outside is at work."""

    def __init__(self, outside: Outside) -> None:
        super().__init__()
        self._outside = outside
        self.now_s = 0.0

    def select(self, timeout: float | None = None) -> Any:
        if timeout is not None and timeout <= 0:
            return super().select(0)
        if not self._outside.busy and timeout is not None:
            ready = super().select(0)
            if not ready:
                self.now_s += timeout
            return ready
        began = time.monotonic()
        ready = super().select(STUCK_S if timeout is None else timeout)
        self.now_s += time.monotonic() - began
        if timeout is None and not ready:
            raise RuntimeError(f"nothing has happened for {STUCK_S} s, and nothing is to come")
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self, outside: Outside) -> None:
        self._skipping = _Selector(outside)
        super().__init__(self._skipping)

    def time(self) -> float:
        return self._skipping.now_s


def run_virtually(work: Callable[[Outside], Awaitable[T]]) -> T:
    """Runs `work` on such a loop; it gets what counts the work outside."""
    outside = Outside()
    return anyio.run(work, outside, backend="asyncio", backend_options={"loop_factory": lambda: VirtualLoop(outside)})


class Clocks:
    """What the machines of a run believe to be the time: UTC milliseconds, each wrong by its own."""

    START_MS = 1_795_251_600_000  # 2026-11-21 12:00 in Moscow

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self.hq_wrong_ms = 0

    def true_ms(self) -> int:
        return self.START_MS + int(anyio.current_time() * 1000)

    def hq_ms(self) -> int:
        return self.true_ms() + self.hq_wrong_ms
