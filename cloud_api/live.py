"""The live feed: a page is told of a sale the moment HQ has it on disk (server-sent events).

    id: 1795251600123.1.418.ufa  the place of arrival; a page coming back sends it as Last-Event-ID and misses nothing
    event: sale                  data: SaleSummary as JSON
    event: many                  data: {"skipped": n}: a till drained its queue, only the newest are shown
    : alive                      a comment every 15 s

Nothing is queued for a reader: each remembers its place and reads the storage when the bell rings, so a slow page costs
nothing.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace

import anyio
import msgspec

from cloud_api.arrivals import ALWAYS_MS, Arrivals, Place
from cloud_api.storage.storage import Reading, StorageBusy
from cloud_api.store import readings

ALIVE_EVERY_S = 15  # proxies cut connections that say nothing for 30 to 60 s
HELD_UP_S = 1  # a batch that another HQ program stores holds up ours, and rings no bell here when it is done
ASKED_EVERY_S = 10  # whose access has ended sees sales for no longer than that
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

    def coming(self) -> anyio.Event:
        """The next ring: for who reads first and then waits, and would miss one that rang while it read."""
        return self._rung

    async def heard(self, within_s: float, coming: anyio.Event | None = None) -> bool:
        """True when it rang (`coming`: since that was asked for), False after `within_s` of silence."""
        rung = coming or self._rung
        with anyio.move_on_after(within_s):
            await rung.wait()
        return rung.is_set()


def _event(name: str, data: object, id: str) -> bytes:
    """Without an id the reader keeps the place it has."""
    place = b"id: %s\n" % id.encode() if id else b""
    return place + b"event: %s\ndata: %s\n\n" % (name.encode(), msgspec.json.encode(data))


async def news(
    storage: Reading, after: Place, settled_ms: int = ALWAYS_MS, stores: frozenset[str] | None = None
) -> tuple[list[bytes], Place]:
    """The events after the place `after`, as far as everything is settled, and the new place."""
    newest = await readings.newest_arrival(storage, settled_ms)
    if newest <= after:
        return [], after
    count = await readings.count_between(storage, after, newest, stores)
    if not count:
        return [], newest
    beyond = replace(newest, seq=newest.seq + 1)
    page = (await readings.sales_before(storage, beyond, min(count, SHOWN_AT_ONCE), stores)).sales
    events = [_event("sale", sale, sale.arrival) for sale in reversed(page)]
    if count > SHOWN_AT_ONCE:
        own = str(after) if stores is None else ""  # `after` may be a sale of another store
        events.insert(0, _event("many", {"skipped": count - SHOWN_AT_ONCE}, own))
    return events, newest


async def feed(
    storage: Reading,
    bell: Bell,
    place: Place | None,
    arrivals: Arrivals,
    stores: frozenset[str] | None = None,
    still: Callable[[], Awaitable[bool]] | None = None,
) -> AsyncIterator[bytes]:
    """Events from `place` on (None: from now), until the reader leaves or HQ stops; of `stores` only, None: of all.
    `still`: may who reads this go on? It is asked before anything is told, every ASKED_EVERY_S."""
    bell.listeners += 1
    try:
        place = None if place is None else await arrivals.standing(storage, place)
        place = await readings.newest_arrival(storage, await arrivals.settled_ms(storage)) if place is None else place
        yield b"retry: 1000\n\n"  # a page comes back one second after a restart of HQ
        asked_s = anyio.current_time()
        while not bell.closed:
            if still is not None and anyio.current_time() - asked_s >= ASKED_EVERY_S:
                if not await still():
                    return
                asked_s = anyio.current_time()
            coming = bell.coming()
            place = await arrivals.standing(storage, place) or place
            settled_ms = await arrivals.settled_ms(storage)
            events, place = await news(storage, place, settled_ms, stores)
            for event in events:
                yield event
            if events:
                continue
            held_up = settled_ms <= (await readings.newest_arrival(storage, ALWAYS_MS)).received_ms
            if not await bell.heard(HELD_UP_S if held_up else ALIVE_EVERY_S, coming):
                yield b": alive\n\n"
    except StorageBusy:
        return  # the page comes back by itself, with its place
    finally:
        bell.listeners -= 1
