"""Lets many wait for a feed to move on while one of them looks: another process may write, which rings no bell."""

from __future__ import annotations

import anyio

from cloud_api.live import Bell
from cloud_api.storage.storage import Reading

LOOK_EVERY_S = 0.5  # a price is in the shops within five seconds; one small question a process costs nothing


class FeedWatch:
    """`bell` wakes all who wait; it is closed when HQ stops."""

    def __init__(self, reading: Reading, bell: Bell) -> None:
        self._reading = reading
        self._bell = bell
        self._looking = False
        self._versions: dict[str, int] = {}

    async def moved(self, name: str, since: int, within_s: float) -> bool:
        """True as soon as the feed is beyond `since`, False after `within_s` or when HQ stops. Raises StorageBusy."""
        until = anyio.current_time() + within_s
        while not self._bell.closed:
            if self._versions.get(name, 0) > since:
                return True
            left_s = until - anyio.current_time()
            if left_s <= 0:
                return False
            if self._looking:
                await self._bell.heard(left_s)
            else:
                await self._look(name, since, until)
        return False

    async def _look(self, name: str, since: int, until: float) -> None:
        """Looks for everybody until its own wait is over; then the others are woken, and one of them goes on."""
        self._looking = True
        try:
            while self._versions.get(name, 0) <= since and not self._bell.closed:
                found = dict(await self._reading.rows("SELECT name, version FROM feed_head"))
                if found != self._versions:
                    self._versions = found
                    self._bell.ring()
                    continue
                left_s = until - anyio.current_time()
                if left_s <= 0:
                    return
                await self._bell.heard(min(LOOK_EVERY_S, left_s))
        finally:
            self._looking = False
            self._bell.ring()
