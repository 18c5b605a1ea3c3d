"""The door line: who crosses it is counted in or out, by where the blob's centre was; pure geometry, no picture.

              out side              a ──────────────────── b      the segment, directed
    ------------------------------- a + band -------------------------
         between the two parallels a path may do what it likes: nothing is counted
    ------------------------------- a - band -------------------------
              in side

Looking from a to b, "in" is to the right hand (y grows downwards in a picture). A path is on a side only beyond the
band. It is counted when it stands on one side after it stood on the other, and the way between the two led through the
segment, not around its ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from math import hypot

from sensors.cameras.geometry import Point


class Crossed(Enum):
    IN = "in"
    OUT = "out"


class Side(Enum):
    OUT = -1
    IN = 1


@dataclass(frozen=True, slots=True)
class DoorLine:
    """From `a` to `b` in the picture's own units; `band` is the distance of each parallel from the line.

    Raises ValueError for a line without a length or a band that is not positive.
    """

    a: Point
    b: Point
    band: float

    def __post_init__(self) -> None:
        if self.length <= 0 or not self.band > 0:
            raise ValueError("a door line has two different ends and a band")

    @property
    def length(self) -> float:
        return hypot(self.b.x - self.a.x, self.b.y - self.a.y)

    def beyond(self, point: Point) -> float:
        """The signed distance from the line: positive on the inner side."""
        return (
            (self.b.x - self.a.x) * (point.y - self.a.y) - (self.b.y - self.a.y) * (point.x - self.a.x)
        ) / self.length

    def along(self, point: Point) -> float:
        """Where the point lies along the segment: 0 at `a`, 1 at `b`."""
        return (
            (self.b.x - self.a.x) * (point.x - self.a.x) + (self.b.y - self.a.y) * (point.y - self.a.y)
        ) / self.length**2

    def side(self, point: Point) -> Side | None:
        """None within the band."""
        distance = self.beyond(point)
        if abs(distance) <= self.band:
            return None
        return Side.IN if distance > 0 else Side.OUT


class LinePath:
    """One blob's way past one line. `last` is where it was seen before, `side` where it last stood beyond the band."""

    def __init__(self, line: DoorLine) -> None:
        self._line = line
        self._side: Side | None = None
        self._last: Point | None = None
        self._through = False

    def move(self, to: Point) -> Crossed | None:
        """The blob is at `to` now. A crossing is told once, when the far parallel is passed."""
        line, last = self._line, self._last
        self._last = to
        if last is not None:
            before, after = line.beyond(last), line.beyond(to)
            if (before > 0) != (after > 0):
                share = before / (before - after)
                passed = line.along(last) + share * (line.along(to) - line.along(last))
                self._through = 0.0 <= passed <= 1.0  # the last passage decides: between the ends or around them
        side = line.side(to)
        if side is None or side is self._side:
            return None
        was, self._side = self._side, side
        if was is None or not self._through:
            return None
        return Crossed.IN if side is Side.IN else Crossed.OUT
