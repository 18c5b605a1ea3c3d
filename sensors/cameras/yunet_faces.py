"""Faces found by YuNet through OpenCV, where the shop supplies the weights and their SHA-256: we ship none.

YuNet's box is higher than wide and dlib's predictor expects dlib's box: a square around the five landmarks whose side
is 0.95 of the larger side. Distances then agree with those of dlib's own boxes.
"""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import cv2
import numpy as np

from sensors.cameras.faces import Face, Image, NoBackend, frontalness
from sensors.cameras.geometry import Box, Point

CERTAIN = 0.8
SIDE = 0.95
LARGEST_BYTES = 64 * 1024 * 1024
"""The known weights have 230 KB; a gigabyte is no detector of faces."""


class YunetFinder:
    """A `Finder`. `digest`: SHA-256 of the file, hex. Raises NoBackend for another file or one that is none."""

    def __init__(self, weights: Path, digest: str) -> None:
        content = checked(weights, digest)
        try:
            # From memory: what was checked is what is opened.
            network, no_words = np.frombuffer(content, np.uint8), np.zeros(0, np.uint8)
            self._net = cv2.FaceDetectorYN.create("onnx", network, no_words, (320, 320), CERTAIN)
        except (cv2.error, AttributeError) as error:
            raise NoBackend(
                f"OpenCV не открывает веса YuNet {weights.name}.",
                f"OpenCV does not open the YuNet weights {weights.name}.",
            ) from error

    def find(self, picture: Image) -> list[Face]:
        height, width = picture.shape[:2]
        self._net.setInputSize((width, height))
        _, rows = self._net.detect(cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
        return [] if rows is None else [as_face(row) for row in rows.tolist()]


def checked(weights: Path, digest: str) -> bytes:
    """The file's content. Raises NoBackend where it is missing, too large, or not the one that was agreed on."""
    try:
        with weights.open("rb") as file:
            content = file.read(LARGEST_BYTES + 1)
    except OSError as error:
        raise NoBackend(f"Нет файла весов {weights}.", f"There is no file of weights {weights}.") from error
    if len(content) > LARGEST_BYTES or sha256(content).hexdigest() != digest.strip().lower():
        raise NoBackend(
            f"Сумма SHA-256 файла {weights.name} другая. Файл не открыт.",
            f"The SHA-256 of {weights.name} is another one. It was not opened.",
        )
    return content


def as_face(row: list[float]) -> Face:
    """`row`: x, y, width, height, then five landmarks (eye, eye, tip of the nose, two corners of the mouth), score."""
    points = [Point(row[place], row[place + 1]) for place in range(4, 14, 2)]
    x = sum(point.x for point in points) / 5
    y = sum(point.y for point in points) / 5
    half = SIDE * max(row[2], row[3]) / 2
    box = Box(round(x - half), round(y - half), round(x + half), round(y + half))
    return Face(box, frontalness(points[0], points[1], points[2]))
