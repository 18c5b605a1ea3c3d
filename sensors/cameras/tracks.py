"""Which box of this look is the box of the last one: by overlap, else by the nearest centre. Pure, no picture.

A track that nobody was found for waits `patience` looks and ends then. Numbers are never used twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot

from sensors.cameras.geometry import Box, overlap

LEAST_OVERLAP = 0.2
REACH = 1.0
"""A centre may be off by the box's own larger side: at 5 looks a second a face of 20 cm at 1 m/s."""
REACH_MISSED = 0.5
"""More of it for each look in which it was missed."""
STEADY = 0.5
"""How much of its pace a track keeps when it was found elsewhere than expected."""


@dataclass(slots=True)
class Track:
    """`looks`: how often it was found; `missed`: looks in a row without it; `pace`: pixels a look, right and down."""

    number: int
    box: Box
    looks: int = 1
    missed: int = 0
    pace: tuple[float, float] = (0.0, 0.0)

    @property
    def expected(self) -> Box:
        """Where it is by now, if it goes on as it went."""
        looks = self.missed + 1
        return self.box.shifted(round(self.pace[0] * looks), round(self.pace[1] * looks))

    def found(self, box: Box) -> None:
        looks = self.missed + 1
        across, down = (box.centre.x - self.box.centre.x) / looks, (box.centre.y - self.box.centre.y) / looks
        keep = STEADY if self.looks > 1 else 0.0
        self.pace = (keep * self.pace[0] + (1 - keep) * across, keep * self.pace[1] + (1 - keep) * down)
        self.box, self.missed = box, 0
        self.looks += 1


class Tracker:
    def __init__(self, patience: int) -> None:
        self._patience = patience
        self._next = 1
        self.tracks: dict[int, Track] = {}

    def see(self, boxes: Sequence[Box], looked: Sequence[Box] | None = None) -> tuple[list[Track], list[Track]]:
        """The track of each box, and the tracks that ended with this look. Each box belongs to one track.

        `looked`: the parts of the picture that were searched; a track elsewhere was not missed. None: all of it.
        """
        taken: dict[int, Track] = {}
        free = dict(self.tracks)
        pairs = sorted(
            (
                (score, place, number)
                for place, box in enumerate(boxes)
                for number, track in self.tracks.items()
                if (score := _alike(track, box)) > 0
            ),
            key=lambda pair: (-pair[0], pair[2], pair[1]),
        )
        for _, place, number in pairs:
            if place not in taken and number in free:
                taken[place] = free.pop(number)
        for place, box in enumerate(boxes):
            track = taken.get(place)
            if track is None:
                track = taken[place] = self.tracks[self._next] = Track(self._next, box)
                self._next += 1
            else:
                track.found(box)
        ended = []
        for number, track in free.items():
            if looked is not None and not any(_holds(part, track.box) for part in looked):
                continue
            track.missed += 1
            if track.missed > self._patience:
                ended.append(self.tracks.pop(number))
        return [taken[place] for place in range(len(boxes))], ended

    def end_all(self) -> list[Track]:
        """The picture is another one now: every track ends."""
        ended = list(self.tracks.values())
        self.tracks.clear()
        return ended


def _holds(part: Box, box: Box) -> bool:
    return part.left <= box.centre.x < part.right and part.top <= box.centre.y < part.bottom


def _alike(track: Track, other: Box) -> float:
    """Above 1: they overlap enough; up to 1: their centres are within reach; 0: two things."""
    one = track.expected
    shared = overlap(one, other)
    if shared >= LEAST_OVERLAP:
        return 1.0 + shared
    reach = (REACH + REACH_MISSED * track.missed) * max(one.width, one.height, other.width, other.height)
    away = hypot(one.centre.x - other.centre.x, one.centre.y - other.centre.y)
    return 1.0 - away / reach if away < reach else 0.0
