"""A bell that wakes everyone who waits for something about a simulated device to change."""

from __future__ import annotations

import anyio


class Stir:
    """Take `next()` before looking, then wait for it: no ring in between is missed."""

    def __init__(self) -> None:
        self._event = anyio.Event()

    def now(self) -> None:
        event, self._event = self._event, anyio.Event()
        event.set()

    def next(self) -> anyio.Event:
        return self._event
