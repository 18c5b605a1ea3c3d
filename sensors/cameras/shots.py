"""Which pictures of one face are worth a template: few, large, sharp and frontal; then no more.

A track's first good shot opens a window of `WINDOW_MS`. At its end (or the track's) the two best are embedded; the
third only where two cannot settle it. A shot is a crop in memory; it is dropped with its track and written nowhere.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import cv2
import numpy as np

from sensors.cameras.faces import Face, Image
from sensors.cameras.geometry import Box

LEAST_WIDTH_PX = 64
"""Of dlib's box. The distance to a clean enrolment is 0.08 at 82 px, 0.16 at 48 px and 0.41 at 23 px (measured)."""
LEAST_FRONTAL = 0.35
LEAST_SHARP = 0.02
MARGIN = 0.5
"""Around the box: the aligned chip reaches a quarter of the face over it, turned heads a bit more."""
LARGEST_PX = 384
"""Of a crop's side: the network sees 150 px."""
WINDOW_MS = 600
KEPT = 4
MOST_EMBEDDINGS = 3
SURE_FRAMES = 2


@dataclass(frozen=True, slots=True)
class Shot:
    """`crop` is RGB; `box` the face within it. `quality` 0..1 orders shots of one track.

    `at_ms`: by a clock that does not jump; `since_ms`: when the track's first good shot was made.
    """

    crop: Image
    box: Box
    quality: float
    at_ms: int
    since_ms: int = 0


def sharpness(grey: Image) -> float:
    """0..1: the share of fine detail in a face scaled to 64 px, so that size does not count twice."""
    small = cv2.resize(grey, (64, 64), interpolation=cv2.INTER_AREA)
    spread = float(small.std())
    if spread < 4.0:
        return 0.0  # an even surface: noise would look like detail
    detail = float(cv2.Laplacian(small, cv2.CV_32F).std()) / spread
    return min(1.0, detail)


def shot_of(picture: Image, face: Face, at_ms: int) -> Shot | None:
    """`picture`: BGR. None where the face is too small, too blurred or turned away."""
    if face.box.width < LEAST_WIDTH_PX or face.frontal < LEAST_FRONTAL:
        return None
    height, width = picture.shape[:2]
    inside = face.box.within(width, height)
    if inside.area < 0.8 * face.box.area:
        return None
    face_only = picture[inside.top : inside.bottom, inside.left : inside.right]
    sharp = sharpness(np.asarray(cv2.cvtColor(face_only, cv2.COLOR_BGR2GRAY), np.uint8))
    if sharp < LEAST_SHARP:
        return None
    around = face.box.wider(MARGIN).within(width, height)
    crop = cv2.cvtColor(picture[around.top : around.bottom, around.left : around.right], cv2.COLOR_BGR2RGB)
    scale = min(1.0, LARGEST_PX / max(crop.shape[:2]))
    if scale < 1.0:
        crop = cv2.resize(crop, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    box = face.box.shifted(-around.left, -around.top)
    scaled = Box(*(round(side * scale) for side in box))
    size = min(1.0, face.box.width / 200)
    return Shot(np.ascontiguousarray(crop, np.uint8), scaled, size * sharp * face.frontal, at_ms)


@dataclass(slots=True)
class BestShots:
    """The shots of one track. `given`: handed out to be embedded."""

    first_ms: int | None = None
    given: int = 0
    settled: bool = False
    _kept: list[Shot] = field(default_factory=list)

    def add(self, shot: Shot) -> None:
        if self.first_ms is None:
            self.first_ms = shot.at_ms
        if not self.settled:
            self._kept = sorted([*self._kept, shot], key=lambda one: -one.quality)[:KEPT]

    def due(self, now_ms: int, ended: bool = False) -> list[Shot]:
        """What is to be embedded now: two at the window's end, or at the track's.

        One shot alone is never embedded: it could not become a verdict, and would be a template for nothing.
        """
        if self.settled or self.given or self.first_ms is None or len(self._kept) < SURE_FRAMES:
            return []
        if not ended and now_ms - self.first_ms < WINDOW_MS:
            return []
        return self._give(SURE_FRAMES)

    def third(self) -> list[Shot]:
        """One more, where the two disagreed; none is left or three were given: empty."""
        return [] if self.settled or not self.given else self._give(min(1, MOST_EMBEDDINGS - self.given))

    def stop(self) -> None:
        """Nothing of this track is embedded any more."""
        self.settled = True
        self._kept = []

    def _give(self, most: int) -> list[Shot]:
        given, self._kept = self._kept[:most], self._kept[most:]
        self.given += len(given)
        return [replace(shot, since_ms=self.first_ms or 0) for shot in given]
