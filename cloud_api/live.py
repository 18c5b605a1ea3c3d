"""The live feed: a page is told of a sale the moment HQ has it on disk (server-sent events).

    id: 1041                     the arrival number; a page coming back sends it as Last-Event-ID and misses nothing
    event: sale                  data: SaleSummary as JSON
    event: many                  data: {"skipped": n}: a till drained its queue, only the newest are shown
    : alive                      a comment every 15 s

Nothing is queued for a reader: each remembers its place and reads the storage when the bell rings, so a slow page costs
nothing.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import anyio
import msgspec

from cloud_api.storage.storage import Reading, StorageBusy
from cloud_api.store import readings

ALIVE_EVERY_S = 15  # proxies cut connections that say nothing for 30 to 60 s
SHOWN_AT_ONCE = 40  # rows a page can show; the rest of a flood is only counted


class Bell:
    """Rings when sales have been committed; `close()` ends every feed."""

    def __init__(self) -> None:
        self._rung = anyio.Event()
        self.closed = False
        self.listeners = 0

    def ring(self) -> None:
        rung, self._rung = self._rung, anyio.Event()
        rung.set()

    def close(self) -> None:
        self.closed = True
        self.ring()

    async def heard(self, within_s: float) -> bool:
        """True when it rang, False after `within_s` of silence."""
        rung = self._rung
        with anyio.move_on_after(within_s):
            await rung.wait()
        return rung.is_set()


def _event(name: str, data: object, id: int) -> bytes:
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (id, name.encode(), msgspec.json.encode(data))


async def news(storage: Reading, place: int) -> tuple[list[bytes], int]:
    """The events after arrival `place`, and the new place."""
    newest = await readings.newest_arrival(storage)
    if newest <= place:
        return [], min(place, newest)
    events = []
    if newest - place > SHOWN_AT_ONCE:
        events.append(_event("many", {"skipped": newest - place - SHOWN_AT_ONCE}, newest - SHOWN_AT_ONCE))
        place = newest - SHOWN_AT_ONCE
    sales = (await readings.sales_after(storage, place, SHOWN_AT_ONCE)).sales
    return events + [_event("sale", sale, sale.arrival) for sale in sales], newest


async def feed(storage: Reading, bell: Bell, place: int | None) -> AsyncIterator[bytes]:
    """Events from `place` on (None: from now), until the reader leaves or HQ stops."""
    place = await readings.newest_arrival(storage) if place is None else place
    bell.listeners += 1
    try:
        yield b"retry: 1000\n\n"  # a page comes back one second after a restart of HQ
        while not bell.closed:
            try:
                events, place = await news(storage, place)
            except StorageBusy:
                return  # the page comes back by itself, with its place
            for event in events:
                yield event
            if not events and not await bell.heard(ALIVE_EVERY_S):
                yield b": alive\n\n"
    finally:
        bell.listeners -= 1
