"""Where to look for faces: around what moves and around the faces known, in portions that cost the same each time.

A detector that is given 0.88 of the picture finds dlib's boxes of 70 px in nearly every look (at 0.75 in half of them).
What is larger than one portion is cut into tiles that overlap by half, and the tiles take turns: a crowd is looked at
over some looks, one visitor in each. Pure: boxes in, boxes out.
"""

from __future__ import annotations

from collections.abc import Iterable

from sensors.cameras.geometry import Box

SCALE = 0.88
TILE_PX = 640
"""Of the detector's picture: 640 x 640 take some 30 ms by HOG on one core. A height of 720 is one tile."""
AROUND = 0.15
LEAST_PX = 128
"""A smaller region is searched with its surroundings: a face of 64 px needs its outline."""


class Regions:
    """Gives the tiles of each look in turn. `scale`: of the detector's picture to the camera's."""

    def __init__(self, width: int, height: int, scale: float = SCALE) -> None:
        self._size = (width, height)
        self.scale = scale
        self._side = int(TILE_PX / scale)
        self._turn = 0

    def look(self, boxes: Iterable[Box], within: Box | None) -> list[Box]:
        """The tiles to search now; none where nothing is. `within`: the only part that may be looked at."""
        tiles = [tile for region in self._merged(boxes, within) for tile in self._tiles(region)]
        if not tiles:
            return []
        start = self._turn % len(tiles)
        budget = self._side**2
        chosen: list[Box] = []
        for tile in tiles[start:] + tiles[:start]:
            if chosen and tile.area > budget:
                break
            budget -= tile.area
            chosen.append(tile)
        self._turn = (start + len(chosen)) % len(tiles)
        return chosen

    def _merged(self, boxes: Iterable[Box], within: Box | None) -> list[Box]:
        merged: list[Box] = []
        for box in boxes:
            grown = box.wider(AROUND)
            across, down = max(0, LEAST_PX - grown.width) // 2, max(0, LEAST_PX - grown.height) // 2
            grown = Box(grown.left - across, grown.top - down, grown.right + across, grown.bottom + down)
            grown = grown.within(*self._size)
            if within is not None:
                grown = Box(
                    max(grown.left, within.left),
                    max(grown.top, within.top),
                    min(grown.right, within.right),
                    min(grown.bottom, within.bottom),
                )
            if not grown.area:
                continue
            touching = [other for other in merged if _touch(other, grown)]
            while touching:
                for other in touching:
                    merged.remove(other)
                    grown = grown.joined(other)
                touching = [other for other in merged if _touch(other, grown)]
            merged.append(grown)
        return sorted(merged)

    def _tiles(self, region: Box) -> list[Box]:
        return [
            Box(left, top, right, bottom)
            for top, bottom in self._cut(region.top, region.bottom)
            for left, right in self._cut(region.left, region.right)
        ]

    def _cut(self, first: int, end: int) -> list[tuple[int, int]]:
        if end - first <= self._side:
            return [(first, end)]
        step = self._side // 2
        starts = [*range(first, end - self._side, step), end - self._side]
        return [(start, start + self._side) for start in starts]


def _touch(one: Box, other: Box) -> bool:
    return one.left < other.right and other.left < one.right and one.top < other.bottom and other.top < one.bottom
