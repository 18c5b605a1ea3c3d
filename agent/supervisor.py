"""Keeps the agent's long tasks alive: one that dies is written down and started again, more slowly each time.

The one place that catches every Exception: a watch that crashes must not take the till with it. What moves money is not
restarted in the middle: the journal tells its successor where it stood.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

import anyio

log = logging.getLogger("tillkeeper.supervisor")

PAUSES_S = (0.5, 1, 2, 5, 15)
"""A task that fails at once and always is tried again every 15 s: often enough for a device that comes back."""
HEALTHY_S = 60
"""After running this long a task counts as healthy again."""


async def keep_running(name: str, work: Callable[[], Awaitable[None]]) -> None:
    """Run `work` again whenever it dies; returns when it returns."""
    failures = 0
    while True:
        began = anyio.current_time()
        try:
            await work()
            return
        except Exception:  # the supervisor: everything else names what it expects
            log.exception("%s died", name)
        failures = 0 if anyio.current_time() - began > HEALTHY_S else failures + 1
        await anyio.sleep(PAUSES_S[min(failures, len(PAUSES_S) - 1)])
