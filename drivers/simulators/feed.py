"""A ledger that is also heard: every record goes to the real ledger first, then to whoever listens."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

from drivers.simulators.world import Ledger, Now

KEPT = 200  # what a page that has just been opened wants to see; the file has the rest
WAITING = 1000  # a listener that does not read loses records rather than stop the device


class HeardLedger:
    """Writes through and tells listeners."""

    def __init__(self, ledger: Ledger, now: Now) -> None:
        self._ledger = ledger
        self._now = now
        self._ears: list[MemoryObjectSendStream[dict[str, Any]]] = []
        self.last: deque[dict[str, Any]] = deque(maxlen=KEPT)

    def write(self, event: str, **facts: Any) -> None:
        self._ledger.write(event, **facts)
        record = {"event": event, "at": self._now().isoformat(timespec="milliseconds"), **facts}
        self.last.append(record)
        for ear in self._ears:
            try:
                ear.send_nowait(record)
            except (anyio.WouldBlock, anyio.BrokenResourceError):
                continue

    @contextmanager
    def listen(self) -> Iterator[MemoryObjectReceiveStream[dict[str, Any]]]:
        """Records written from now on."""
        tell, hear = anyio.create_memory_object_stream[dict[str, Any]](WAITING)
        self._ears.append(tell)
        try:
            with hear:
                yield hear
        finally:
            self._ears.remove(tell)
            tell.close()
