"""How far this device's clock is from HQ's: an estimate with its error, from answers that say HQ's time.

    sent ---- request ----> HQ stamps server_time ---- answer ----> heard
    offset = server_time - (sent + heard) / 2, wrong by half the round trip at most

Of the last answers the quickest counts: it bounds the offset best. One that contradicts it means that somebody has set
a clock: what was known before is forgotten. Nothing is ordered by wall time; this is shown, and told.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import msgspec

KEPT = 8
"""Answers. One a minute: enough for one that met no other traffic, and few enough to follow a drifting clock."""
WARN_MS = 120_000
"""A clock that is two minutes wrong puts sales into the wrong hour; a person is told."""


class Offset(msgspec.Struct, frozen=True):
    """HQ's clock minus ours. `error_ms`: it is not further from the truth, as far as the way is known."""

    offset_ms: int
    error_ms: int
    at_ms: int


@dataclass
class ClockOffset:
    """`kept` is what was known before a restart: shown until HQ has answered."""

    kept: Offset | None = None

    def __post_init__(self) -> None:
        self._heard: deque[Offset] = deque(maxlen=KEPT)

    def heard(self, sent_ms: int, server_time_ms: int, heard_ms: int) -> Offset:
        """An answer came; all in wall-clock milliseconds, the first and the last of this device."""
        error_ms = max(0, heard_ms - sent_ms + 1) // 2
        new = Offset(server_time_ms - (sent_ms + heard_ms) // 2, error_ms, heard_ms)
        if any(abs(old.offset_ms - new.offset_ms) > old.error_ms + new.error_ms + 1_000 for old in self._heard):
            self._heard.clear()
        self._heard.append(new)
        self.kept = min(self._heard, key=lambda one: (one.error_ms, -one.at_ms))
        return self.kept

    @property
    def wrong(self) -> bool:
        """Is it worth a person's attention?"""
        return self.kept is not None and abs(self.kept.offset_ms) - self.kept.error_ms > WARN_MS
