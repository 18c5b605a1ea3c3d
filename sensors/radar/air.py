"""Where frames come from: a radio's monitor interface (sensors/radar/capture.py), or a capture file played again."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Protocol

import anyio

from sensors.radar.capture_file import opened
from sensors.radar.records import NoCapture, Record
from sensors.radar_messages import State

LONGEST_SILENCE_S = 5.0
"""A replay skips the night: nobody who looks at a demonstration waits for the next phone of 1 March."""


class NoAir(Exception):
    """There is nothing to listen to now. `state` says why; it is tried again."""

    def __init__(self, state: State, why: str) -> None:
        super().__init__(why)
        self.state = state


class Air(Protocol):
    """An open source of frames."""

    async def wait(self) -> None:
        """Until frames may be there, a second at the most. Raises NoAir when the source is gone."""

    def receive(self) -> Record | None:
        """The next frame that is there already. Raises NoAir."""

    def kernel_drops(self) -> int | None:
        """Frames dropped before they were received, since it was opened; None: nobody counts them."""

    def close(self) -> None: ...


class FileAir:
    """A capture file in its own rhythm, `speed` times as fast, its frames heard now and not when they were recorded."""

    def __init__(self, path: Path, *, speed: float = 1.0, again: bool = False, now_ns: Callable[[], int]) -> None:
        self._path = path
        self._speed = speed
        self._again = again
        self._now_ns = now_ns
        self._records = self._played()
        self._next: tuple[int, Record] | None = None

    async def wait(self) -> None:
        if not self._more():
            raise NoAir(State.REPLAY_OVER, f"{self._path.name} has been played")
        due = self._next[0] if self._next is not None else 0
        await anyio.sleep(min(1.0, max(0.0, (due - time.monotonic_ns()) / 1e9)))

    def receive(self) -> Record | None:
        if not self._more() or self._next is None or self._next[0] > time.monotonic_ns():
            return None
        record = self._next[1]
        self._next = None
        return record._replace(at_ns=self._now_ns())

    def kernel_drops(self) -> int | None:
        return None

    def close(self) -> None:
        self._records.close()

    def _more(self) -> bool:
        if self._next is None:
            try:
                self._next = next(self._records, None)
            except (NoCapture, OSError) as error:
                raise NoAir(State.NO_INTERFACE, f"{self._path.name}: {error}") from error
        return self._next is not None

    def _played(self) -> Generator[tuple[int, Record], None, None]:
        """Each record with the monotonic moment (ns) at which it is due."""
        while True:
            due, last, any_frame = time.monotonic_ns(), 0, False
            with opened(self._path) as records:
                for record in records:
                    if any_frame:
                        pause = min(max(0, record.at_ns - last), int(LONGEST_SILENCE_S * 1e9))
                        due += int(pause / self._speed)
                    any_frame, last = True, record.at_ns
                    yield due, record
            if not (self._again and any_frame):
                return
