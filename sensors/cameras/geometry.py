"""Boxes in pixels, and how much two of them are one."""

from __future__ import annotations

from typing import NamedTuple


class Point(NamedTuple):
    x: float
    y: float


class Box(NamedTuple):
    """Left, top, right, bottom in pixels; right and bottom are outside."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        return max(0, self.right - self.left)

    @property
    def height(self) -> int:
        return max(0, self.bottom - self.top)

    @property
    def area(self) -> int:
        return self.width * self.height

    @property
    def centre(self) -> Point:
        return Point((self.left + self.right) / 2, (self.top + self.bottom) / 2)

    def within(self, width: int, height: int) -> Box:
        """Cut to a picture of this size."""
        return Box(max(0, self.left), max(0, self.top), min(width, self.right), min(height, self.bottom))

    def wider(self, share: float) -> Box:
        """Grown on each side by a share of its own size."""
        across, down = round(self.width * share), round(self.height * share)
        return Box(self.left - across, self.top - down, self.right + across, self.bottom + down)

    def joined(self, other: Box) -> Box:
        return Box(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )

    def shifted(self, across: int, down: int) -> Box:
        return Box(self.left + across, self.top + down, self.right + across, self.bottom + down)


def overlap(one: Box, other: Box) -> float:
    """Intersection over union, 0..1."""
    across = min(one.right, other.right) - max(one.left, other.left)
    down = min(one.bottom, other.bottom) - max(one.top, other.top)
    if across <= 0 or down <= 0:
        return 0.0
    shared = across * down
    return shared / (one.area + other.area - shared)
