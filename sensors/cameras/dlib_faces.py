"""Faces by dlib directly: its HOG detector, the 5-point predictor, and the ResNet that makes 128 numbers of a face.

The models come as files of the package face_recognition_models and are opened by their own names: the network and the
5-point predictor are in the public domain. A third file beside them was trained on pictures that may not be used
commercially; no code of ours names it or lists that directory (tests/sensors/test_camera_structure.py).
Source: dlib.net/face_recognition.py.html and the README of davisking/dlib-models.
"""

from __future__ import annotations

from importlib.resources import files
from importlib.util import find_spec
from typing import Any

import numpy as np

from sensors.cameras.faces import Face, Image, NoBackend, Template, of_five
from sensors.cameras.geometry import Box

FIVE_POINTS = "shape_predictor_5_face_landmarks.dat"
NETWORK = "dlib_face_recognition_resnet_model_v1.dat"
CERTAIN = 0.25
"""The detector's score: at 0.2 a pattern on a wall may be a face. Real ones of 60 px have 1.0 (measured)."""
MISSING = NoBackend(
    "Нет библиотеки dlib или файлов моделей. Установите: make cameras",
    "dlib or its model files are missing. Install: make cameras",
)


def installed() -> bool:
    """Whether both packages are there; nothing is loaded."""
    return find_spec("dlib") is not None and find_spec("face_recognition_models") is not None


def model(name: str) -> str:
    """The path of a model file. Raises NoBackend."""
    if not installed():
        raise MISSING
    place = files("face_recognition_models") / "models" / name
    if not place.is_file():
        raise MISSING
    return str(place)


def _dlib() -> Any:
    if not installed():
        raise MISSING
    import dlib

    return dlib


class DlibFinder:
    """A `Finder`."""

    def __init__(self) -> None:
        self._dlib = _dlib()
        self._detector = self._dlib.get_frontal_face_detector()
        self._five = self._dlib.shape_predictor(model(FIVE_POINTS))

    def find(self, picture: Image) -> list[Face]:
        grey = _grey(picture)
        boxes, scores, _ = self._detector.run(grey, 0, CERTAIN)
        found = []
        for box, _ in zip(boxes, scores, strict=True):
            points = [(point.x, point.y) for point in self._five(picture, box).parts()]
            found.append(Face(Box(box.left(), box.top(), box.right() + 1, box.bottom() + 1), of_five(points)))
        return found


class DlibEmbedder:
    """An `Embedder`."""

    def __init__(self) -> None:
        self._dlib = _dlib()
        self._five = self._dlib.shape_predictor(model(FIVE_POINTS))
        self._network = self._dlib.face_recognition_model_v1(model(NETWORK))

    def embed(self, picture: Image, box: Box) -> Template:
        rectangle = self._dlib.rectangle(box.left, box.top, box.right - 1, box.bottom - 1)
        points = self._five(picture, rectangle)
        return np.asarray(self._network.compute_face_descriptor(picture, points), np.float32)


def _grey(picture: Image) -> Image:
    """ITU-R BT.601, as dlib and OpenCV weigh it; a third of the detector's time is saved over colour."""
    weighed = picture[:, :, 0] * np.uint16(77) + picture[:, :, 1] * np.uint16(150) + picture[:, :, 2] * np.uint16(29)
    return np.asarray(weighed >> 8, np.uint8)
