"""Faces by the package `face_recognition` where it is installed: the same networks behind its own functions.

On import the package opens a landmark file that may not be used commercially, although nobody asks for its points. So
before the import its models package is told to name the 5-point file there: that file is opened twice, the other never.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np

from sensors.cameras.dlib_faces import FIVE_POINTS, model
from sensors.cameras.faces import Face, Image, NoBackend, Template, of_five
from sensors.cameras.geometry import Box

MISSING = NoBackend(
    "Пакет face_recognition не установлен. Выберите backend dlib или установите пакет.",
    "The package face_recognition is not installed. Choose the backend dlib, or install it.",
)


def package() -> Any:
    """The package, imported so that it opens the 5-point file only. Raises NoBackend."""
    if find_spec("face_recognition") is None:
        raise MISSING
    five = model(FIVE_POINTS)
    try:
        models: Any = import_module("face_recognition_models")
        models.pose_predictor_model_location = lambda: five
        return import_module("face_recognition")
    except (ImportError, SystemExit) as error:
        # Version 1.3 ends the program when it does not find its models with setuptools 81 and newer.
        raise MISSING from error


class PackageFinder:
    """A `Finder`."""

    def __init__(self) -> None:
        self._package = package()

    def find(self, picture: Image) -> list[Face]:
        places = self._package.face_locations(picture, number_of_times_to_upsample=0, model="hog")
        found = []
        marks = self._package.face_landmarks(picture, places, model="small")
        for (top, right, bottom, left), five in zip(places, marks, strict=True):
            points = [*five["right_eye"], *five["left_eye"], *five["nose_tip"]]
            found.append(Face(Box(left, top, right + 1, bottom + 1), of_five(points)))
        return found


class PackageEmbedder:
    """An `Embedder`."""

    def __init__(self) -> None:
        self._package = package()

    def embed(self, picture: Image, box: Box) -> Template:
        place = (box.top, box.right - 1, box.bottom - 1, box.left)
        (numbers,) = self._package.face_encodings(picture, known_face_locations=[place], model="small")
        return np.asarray(numbers, np.float32)
