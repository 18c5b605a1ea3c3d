"""What a backend for faces can do: find them, say how frontal each is, and make a template of one. Nothing else.

`Finder` works in the camera's loop, `Embedder` in the process of its own (embed_process.py). dlib_faces.py,
package_faces.py and yunet_faces.py are such backends. Pictures are RGB, uint8, rows of pixels of three bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sensors.cameras.geometry import Box, Point

Image = NDArray[np.uint8]
Template = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Face:
    """`frontal`: 1 looks into the camera, 0 is turned away by about 45 degrees or more."""

    box: Box
    frontal: float


class NoBackend(Exception):
    """The library or its models are not there; says which and how to install them, in both languages."""

    def __init__(self, ru: str, en: str) -> None:
        super().__init__(en)
        self.ru = ru
        self.en = en


class Finder(Protocol):
    def find(self, picture: Image) -> list[Face]:
        """Faces of about 55 pixels and more, in any order; boxes may reach over the picture's edge."""


class Embedder(Protocol):
    def embed(self, picture: Image, box: Box) -> Template:
        """128 numbers of the face in this box. `picture` may be a crop with some margin around the box."""


def frontalness(one_eye: Point, other_eye: Point, nose: Point) -> float:
    """From the eyes' centres and the point under the nose: how near the nose is to the middle between the eyes."""
    across, down = other_eye.x - one_eye.x, other_eye.y - one_eye.y
    apart = hypot(across, down)
    if apart < 1:
        return 0.0
    middle = Point((one_eye.x + other_eye.x) / 2, (one_eye.y + other_eye.y) / 2)
    off = abs((nose.x - middle.x) * across + (nose.y - middle.y) * down) / apart
    return max(0.0, 1.0 - off / (apart / 2))


def of_five(points: Sequence[tuple[float, float]]) -> float:
    """Of dlib's five landmarks: two corners of one eye, two of the other, the point under the nose."""
    eyes = [Point((points[n][0] + points[n + 1][0]) / 2, (points[n][1] + points[n + 1][1]) / 2) for n in (0, 2)]
    return frontalness(eyes[0], eyes[1], Point(*points[4]))
