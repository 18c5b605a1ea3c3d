"""One picture after the other: what moves, who crosses the line, and where it is allowed, whose face is worth a look.

    picture ─> motion ─> blobs ─> tracks ─> line ─> in / out                            always, without any face
                          └─> regions ─> faces ─> tracks ─> best shots ─> to embed      only where `may_look` says so

`may_look` is asked before the detector runs and again for each face before a shot of it is made; it returns why not.
Where the zone alone may be looked at, the detector sees no pixel outside it. Time is the pictures' own; nothing is kept
of a picture but the shots of the tracks that are there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from sensors.cameras.faces import Face, Finder, Image
from sensors.cameras.geometry import Box, Point
from sensors.cameras.line import Crossed, DoorLine, LinePath
from sensors.cameras.motion import MotionGate
from sensors.cameras.regions import Regions
from sensors.cameras.shots import BestShots, Shot, shot_of
from sensors.cameras.tracks import Tracker
from sensors.recognition_policy import Forbidden

LOOK_EACH = 3
"""Frames: five looks a second at 15 frames/s. Between them a face at 1 m/s moves by its own width."""
BLOB_PATIENCE = 8
FACE_PATIENCE = 8
"""Looks without it: a turned head is back within 1.6 s, and gets no second set of embeddings."""
BAND = 0.04
"""Of the picture's height: the flicker of a blob's centre while its arms swing."""
MayLook = Callable[[bool], Forbidden | None]
"""Asked with whether the face is in the zone."""


@dataclass(frozen=True, slots=True)
class View:
    """What the shop set for this camera, in shares of the picture (0..1).

    `line`: x, y of its one end, x, y of the other; in is to the right hand from the first to the second. `zone`: left,
    top, right, bottom of the marked zone.
    """

    line: tuple[float, float, float, float] | None = None
    zone: tuple[float, float, float, float] | None = None
    look_each: int = LOOK_EACH


@dataclass(slots=True)
class Looked:
    """What one picture brought. `to_embed`: shots by track, best first. `ended`: face tracks that are gone."""

    crossings: list[Crossed] = field(default_factory=list)
    to_embed: list[tuple[int, Shot]] = field(default_factory=list)
    ended: list[int] = field(default_factory=list)


class Watching:
    """`finder` None: no library for faces is there, so it only counts."""

    def __init__(self, view: View, finder: Finder | None) -> None:
        self._view = view
        self._finder = finder
        self._size = (0, 0)
        self._faces = Tracker(FACE_PATIENCE)
        self._shots: dict[int, BestShots] = {}
        self._frames = 0
        self.faces_found = 0
        self.forbidden: Counter[Forbidden] = Counter()

    def see(self, picture: Image, at_ms: int, may_look: MayLook, zone_only: bool = True) -> Looked:
        """`picture`: BGR. `at_ms`: when it was taken, by a clock that does not jump. `zone_only`: no face outside the
        zone is sought. A picture of another size begins everything anew.
        """
        looked = Looked()
        height, width = picture.shape[:2]
        if (width, height) != self._size:
            self._begin(width, height)
            looked.ended += [track.number for track in self._faces.end_all()]
        motion = self._motion.see(picture)
        looked.crossings = [] if motion.flash else self._cross(motion.blobs)
        if self._finder is not None and self._frames % self._view.look_each == 0 and not motion.flash:
            self._look(self._finder, picture, motion.blobs, at_ms, may_look, zone_only, looked)
        self._frames += 1
        for number, shots in self._shots.items():
            ended = number in looked.ended
            looked.to_embed += [(number, shot) for shot in shots.due(at_ms, ended)]
        for number in looked.ended:
            self._shots.pop(number, None)
        return looked

    def third(self, track: int) -> Shot | None:
        """One shot more of a track whose first two disagreed, where there is one."""
        shots = self._shots.get(track)
        return next(iter(shots.third()), None) if shots is not None else None

    @property
    def faces_here(self) -> int:
        """Faces that are being followed."""
        return len(self._faces.tracks)

    def stop(self, track: int) -> None:
        """Nothing more of this track is embedded."""
        if track in self._shots:
            self._shots[track].stop()

    def _begin(self, width: int, height: int) -> None:
        self._size = (width, height)
        self._motion = MotionGate(width, height)
        self._regions = Regions(width, height)
        self._blobs = Tracker(BLOB_PATIENCE)
        self._paths: dict[int, LinePath] = {}
        zone, line = self._view.zone, self._view.line
        self._zone = None if zone is None else Box(*_pixels(zone, width, height))
        self._line = None
        if line is not None:
            x1, y1, x2, y2 = _pixels(line, width, height)
            self._line = DoorLine(Point(x1, y1), Point(x2, y2), BAND * height)

    def _cross(self, blobs: Sequence[Box]) -> list[Crossed]:
        if self._line is None:
            return []
        tracks, ended = self._blobs.see(blobs)
        for track in ended:
            self._paths.pop(track.number, None)
        found = []
        for track in tracks:
            if track.number not in self._paths:
                self._paths[track.number] = LinePath(self._line)
            crossed = self._paths[track.number].move(track.box.centre)
            if crossed is not None:
                found.append(crossed)
        return found

    def _look(
        self,
        finder: Finder,
        picture: Image,
        blobs: Sequence[Box],
        at_ms: int,
        may_look: MayLook,
        zone_only: bool,
        looked: Looked,
    ) -> None:
        known = [track.box for track in self._faces.tracks.values()]
        if not blobs and not known:
            return
        if zone_only and self._zone is None:
            self.forbidden[may_look(False) or Forbidden.OUTSIDE_ZONE] += 1
            return
        why = may_look(True)
        if why is not None:
            # Nobody may be looked at now, so nobody is: the shots of who is there go, too.
            self.forbidden[why] += 1
            looked.ended += [track.number for track in self._faces.end_all()]
            for number in looked.ended:
                self._shots.pop(number, None)
            return
        tiles = self._regions.look([*blobs, *known], self._zone if zone_only else None)
        faces = [face for tile in tiles for face in self._found(finder, picture, tile)]
        faces = _distinct(faces)
        self.faces_found += len(faces)
        tracks, ended = self._faces.see([face.box for face in faces], tiles)
        looked.ended += [track.number for track in ended]
        for face, track in zip(faces, tracks, strict=True):
            why = may_look(self._in_zone(face))
            if why is not None:
                self.forbidden[why] += 1
                continue
            shot = shot_of(picture, face, at_ms)
            if shot is not None:
                self._shots.setdefault(track.number, BestShots()).add(shot)

    def _in_zone(self, face: Face) -> bool:
        if self._zone is None:
            return False
        x, y = face.box.centre
        return self._zone.left <= x < self._zone.right and self._zone.top <= y < self._zone.bottom

    def _found(self, finder: Finder, picture: Image, tile: Box) -> list[Face]:
        scale = self._regions.scale
        part = picture[tile.top : tile.bottom, tile.left : tile.right]
        small = cv2.resize(part, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        found = finder.find(np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2RGB), np.uint8))
        return [
            Face(Box(*(round(side / scale) for side in face.box)).shifted(tile.left, tile.top), face.frontal)
            for face in found
        ]


def _distinct(faces: list[Face]) -> list[Face]:
    """Tiles overlap: a face found in two of them is one."""
    kept: list[Face] = []
    for face in sorted(faces, key=lambda one: -one.box.area):
        x, y = face.box.centre
        if not any(one.box.left <= x < one.box.right and one.box.top <= y < one.box.bottom for one in kept):
            kept.append(face)
    return kept


def _pixels(shares: tuple[float, float, float, float], width: int, height: int) -> tuple[int, int, int, int]:
    one, two, three, four = shares
    return round(one * width), round(two * height), round(three * width), round(four * height)
