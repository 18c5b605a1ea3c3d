"""`python -m sensors.cameras compare A B`: how far two photos' faces are apart, and what that is worth.

    under 0.45             the same person        the policy's threshold (sensors/recognition_policy.py)
    0.45 to 0.60           not sure               dlib's own radius, far too wide among many members
    0.60 and more          another person

Measured on ten photos of three people: the same person up to 0.43, different ones from 0.80.
"""

from __future__ import annotations

import argparse
import sys
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from sensors.recognition_policy import THRESHOLD

if TYPE_CHECKING:
    from sensors.cameras.faces import Image

USAGE_ERROR = 2
DLIBS_RADIUS = 0.6
LARGEST_SIDE_PX = 1280
"""A photo is scaled down to it: the network sees 150 pixels of a face."""
LARGEST_FILE_BYTES = 64 * 1024 * 1024


class Same(Enum):
    YES = "same person"
    UNSURE = "not sure"
    NO = "another person"


RUSSIAN = {Same.YES: "один человек", Same.UNSURE: "не ясно", Same.NO: "разные люди"}


class NoFace(Exception):
    """This photo cannot be compared; says why in both languages."""

    def __init__(self, ru: str, en: str) -> None:
        super().__init__(en)
        self.ru = ru
        self.en = en


def judged(distance: float) -> Same:
    if distance < THRESHOLD:
        return Same.YES
    return Same.UNSURE if distance < DLIBS_RADIUS else Same.NO


def distance_of(one: Path, other: Path, backend: str = "dlib") -> float:
    """Between the only face of each photo. Raises NoFace and NoBackend."""
    import numpy as np

    from sensors.cameras.backends import embedder_of, finder_of

    finder = finder_of(backend)
    found = []
    for path in (one, other):
        picture = _read(path)
        faces = finder.find(picture)
        if not faces:
            raise NoFace(f"{path.name}: лицо не найдено.", f"{path.name}: no face was found.")
        if len(faces) > 1:
            raise NoFace(f"{path.name}: лиц несколько ({len(faces)}).", f"{path.name}: there are {len(faces)} faces.")
        found.append((picture, faces[0].box))
    embedder = embedder_of(backend)  # it takes the longest to load, and is needed for good photos only
    templates = [embedder.embed(picture, box) for picture, box in found]
    return float(np.linalg.norm(templates[0] - templates[1]))


def main(argv: list[str]) -> int:
    from sensors.cameras.faces import NoBackend

    parser = argparse.ArgumentParser(prog="python -m sensors.cameras compare", description="Two faces, one distance.")
    parser.add_argument("photos", nargs=2, type=Path, metavar="PHOTO")
    parser.add_argument("--backend", choices=("dlib", "package"), default="dlib")
    options = parser.parse_args(argv)
    try:
        distance = distance_of(options.photos[0], options.photos[1], options.backend)
    except (NoFace, NoBackend) as error:
        print(f"{error.ru}\n{error.en}", file=sys.stderr)
        return USAGE_ERROR
    except ImportError as error:
        print(f"Не установлено: {error.name}. make cameras", file=sys.stderr)
        print(f"Not installed: {error.name}. make cameras", file=sys.stderr)
        return USAGE_ERROR
    same = judged(distance)
    print(f"distance {distance:.3f}: {same.value}")
    print(f"расстояние {distance:.3f}: {RUSSIAN[same]}")
    return 0


def _read(path: Path) -> Image:
    """RGB, scaled down where it is large. Raises NoFace."""
    import cv2
    import numpy as np

    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE_BYTES)
        image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR) if content else None
    except OSError as error:
        raise NoFace(
            f"{path}: файл не читается ({error.strerror}).", f"{path}: not readable ({error.strerror})."
        ) from error
    except cv2.error:
        image = None
    if image is None:
        raise NoFace(f"{path.name}: это не снимок.", f"{path.name}: this is no picture.")
    scale = min(1.0, LARGEST_SIDE_PX / max(image.shape[:2]))
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2RGB), np.uint8)
