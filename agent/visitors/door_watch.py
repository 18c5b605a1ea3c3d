"""Was the door line watched? What a count of the door is worth at a time, from what its cameras say of themselves.

    pulse "watching" ──> that minute is watched          no minute watched: nobody counted, and 0 would be a lie
    blind, away, or counts missed ──> a hole             from there until midnight nobody knows who is inside

Kept in memory: after a restart the cameras are back in seconds, with the counts that waited.
"""

from __future__ import annotations

from dataclasses import dataclass, field

MINUTE_MS = 60_000
KEPT_MINUTES = 2 * 24 * 60
"""As long as sightings are kept."""
AWAY_MINUTES = 2
"""A program that is started again watches within one; its queue keeps what it counted while the agent was away."""
ENOUGH = 0.8
"""Of a stretch's minutes: a camera that tells itself each five seconds misses a minute only when it was away."""


@dataclass(slots=True)
class DoorWatch:
    """Of all the cameras of the shop: a hole in front of one door is a hole in the shop's count."""

    cameras: set[str] = field(default_factory=set)
    _minutes: dict[str, dict[int, None]] = field(default_factory=dict)
    _holes: dict[int, None] = field(default_factory=dict)

    def watched(self, camera: str, at_ms: int) -> None:
        """It saw at this moment."""
        self.cameras.add(camera)
        minutes = self._minutes.setdefault(camera, {})
        last = next(reversed(minutes), None)
        if last is not None and at_ms // MINUTE_MS - last > AWAY_MINUTES:
            self.hole(camera, (last + 1) * MINUTE_MS)
        minutes[at_ms // MINUTE_MS] = None
        while len(minutes) > KEPT_MINUTES:
            del minutes[next(iter(minutes))]

    def hole(self, camera: str, at_ms: int) -> None:
        """People may have passed who were not counted."""
        self.cameras.add(camera)
        self._holes[at_ms // MINUTE_MS] = None
        while len(self._holes) > KEPT_MINUTES:
            del self._holes[next(iter(self._holes))]

    def any_of(self, from_ms: int, until_ms: int) -> bool:
        """Did any camera see at any time of it?"""
        wanted = range(from_ms // MINUTE_MS, -(-until_ms // MINUTE_MS))
        return any(minute in minutes for minutes in self._minutes.values() for minute in wanted)

    def whole(self, from_ms: int, until_ms: int) -> bool:
        """Did all cameras see nearly all of it?"""
        wanted = range(from_ms // MINUTE_MS, -(-until_ms // MINUTE_MS))
        return bool(self.cameras) and all(
            sum(minute in self._minutes.get(camera, {}) for minute in wanted) >= ENOUGH * len(wanted)
            for camera in self.cameras
        )

    def hole_in(self, from_ms: int, until_ms: int) -> bool:
        return any(from_ms <= minute * MINUTE_MS < until_ms for minute in self._holes)
