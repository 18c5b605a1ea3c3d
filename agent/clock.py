"""Time as the agent sees it: UTC milliseconds for records, the store's wall clock for people and devices.

Passed in everywhere, so that a simulated day runs on virtual time.
"""

from __future__ import annotations

import datetime as dt
import time
from typing import Protocol
from zoneinfo import ZoneInfo


class Clock(Protocol):
    def now_ms(self) -> int:
        """UTC milliseconds since 1970."""
        ...

    def local(self) -> dt.datetime:
        """The store's wall clock, without zone."""
        ...


class SystemClock:
    def __init__(self, zone: str) -> None:
        self._zone = ZoneInfo(zone)

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def local(self) -> dt.datetime:
        return dt.datetime.now(self._zone).replace(tzinfo=None, microsecond=0)
