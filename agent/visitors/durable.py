"""Keeps on until what a sensor told is on the disk: meanwhile its program waits at its own end and counts there."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

import anyio

from sync.store.failures import StoreError

log = logging.getLogger("tillkeeper.visitors")

AGAIN_S = 5.0
"""Somebody makes room by hand, or the journal's housekeeping does."""
T = TypeVar("T")


async def until_durable(work: Callable[[], Awaitable[T]], waiting: Callable[[], None]) -> T:
    """What `work` returns once it raises no StoreError; `waiting` is called each time that it does."""
    told = False
    while True:
        try:
            return await work()
        except StoreError as error:
            if not told:
                log.warning("what a sensor tells waits: %s", error)
            told = True
            waiting()
            await anyio.sleep(AGAIN_S)
