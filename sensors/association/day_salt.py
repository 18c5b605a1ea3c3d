"""The salt of today's counting keys: in memory-backed storage, another one after each midnight of the shop."""

from __future__ import annotations

import logging
from collections.abc import Callable
from zoneinfo import ZoneInfo

from sensors.memory_place import MemoryPlace
from sensors.salt import SECRET_BYTES, Salt, as_kept, salt_for

FILE = "salt"
log = logging.getLogger("tillkeeper.association")


class DaySalt:
    """`fresh` gives so many random bytes. A restart within the day finds the same salt, and counts nobody twice."""

    def __init__(self, place: MemoryPlace, zone: ZoneInfo, fresh: Callable[[int], bytes]) -> None:
        self._place = place
        self._zone = zone
        self._fresh = fresh
        self._salt: Salt | None = None

    def __call__(self, now_ms: int) -> bytes:
        if self._salt is None or not self._salt.holds(now_ms):
            kept = self._place.read(FILE)
            salt, new = salt_for(now_ms, self._zone, kept, self._fresh(SECRET_BYTES))
            if new:
                self._keep(salt)
            self._salt = salt
        return self._salt.secret

    def _keep(self, salt: Salt) -> None:
        try:
            self._place.wipe(FILE)
            self._place.write(FILE, as_kept(salt))
        except OSError as full:
            # The counting goes on; only a restart within the day would count everybody again.
            log.warning("the day's salt is not kept: %s", full.strerror)
