"""A still picture that walks through a scene: the demonstration's visitor, and the same pictures for every test.

The scene is a wall, a floor and a door frame; the photo comes in from the left, stops in the middle, turns and goes, in
`PERIOD` frames; with `both_ways` every second one comes back the way it went. Without a photo a drawn figure walks.
Each frame is a function of its number alone. A small square in the corner changes with every frame, as a camera's clock
does: a picture that never changes is a frozen camera's.
"""

from __future__ import annotations

import time
from math import sin
from pathlib import Path

import cv2
import numpy as np

from sensors.camera_messages import State
from sensors.cameras.faces import Image
from sensors.cameras.sources import NoPicture, Picture

WIDTH, HEIGHT, FPS = 1280, 720, 15.0
PERIOD = 240
"""Frames of one visit and the pause after it: 16 s."""
WALK, STAY = 60, 60
"""Frames to the middle, and there."""
CLOCK_PX = 16
"""Far smaller than a visitor."""


def scene(width: int = WIDTH, height: int = HEIGHT) -> Image:
    """An empty shop, BGR, with the grain of a cheap camera that stands still."""
    picture = np.empty((height, width, 3), np.uint8)
    picture[: height * 2 // 3] = (176, 188, 196)
    picture[height * 2 // 3 :] = (110, 120, 128)
    cv2.rectangle(picture, (width // 20, height // 8), (width // 4, height * 2 // 3), (90, 98, 104), 6)
    for shelf in range(3):
        top = height // 5 + shelf * height // 7
        cv2.rectangle(picture, (width * 3 // 4, top), (width - 20, top + 14), (70, 90, 110), -1)
    grain = np.random.default_rng(1).integers(-3, 4, picture.shape, np.int16)
    return np.asarray(np.clip(picture + grain, 0, 255), np.uint8)


def figure(height: int = 420) -> Image:
    """A drawn person, BGR, for where no photo is given; no detector takes it for a face."""
    picture = np.full((height, height * 2 // 3, 3), (176, 188, 196), np.uint8)
    middle = height // 3
    cv2.ellipse(picture, (middle, height // 4), (height // 11, height // 8), 0, 0, 360, (150, 180, 215), -1)
    cv2.ellipse(picture, (middle, height), (height // 4, height * 3 // 5), 0, 180, 360, (120, 70, 50), -1)
    return picture


class Visit:
    """Frames by number. `photo`: BGR; it is drawn `photo_height` pixels high."""

    def __init__(
        self,
        photo: Image | None = None,
        photo_height: int = 480,
        width: int = WIDTH,
        height: int = HEIGHT,
        *,
        both_ways: bool = False,
    ) -> None:
        self._scene = scene(width, height)
        self._both_ways = both_ways
        photo = figure() if photo is None else photo
        scale = min(photo_height, height) / photo.shape[0]
        size = (max(1, round(photo.shape[1] * scale)), max(1, round(photo.shape[0] * scale)))
        self._photo = np.asarray(cv2.resize(photo, size, interpolation=cv2.INTER_AREA), np.uint8)

    def frame(self, number: int) -> Image:
        """BGR."""
        picture = self._scene.copy()
        picture[:CLOCK_PX, :CLOCK_PX] = number * 37 % 256
        left = self.left(number)
        if left is None:
            return picture
        height, width = picture.shape[:2]
        high, wide = self._photo.shape[:2]
        top = height - high + round(3 * sin(number / 4))
        top = max(0, min(height - high, top))
        first, end = max(0, left), min(width, left + wide)
        if first < end:
            picture[top : top + high, first:end] = self._photo[:, first - left : end - left]
        return picture

    def left(self, number: int) -> int | None:
        """The photo's left edge; None while nobody is there."""
        there = self._walked(number % PERIOD)
        if there is None or not (self._both_ways and number // PERIOD % 2):
            return there
        return int(self._scene.shape[1]) - int(self._photo.shape[1]) - there

    def _walked(self, step: int) -> int | None:
        """From left to right."""
        wide, width = int(self._photo.shape[1]), int(self._scene.shape[1])
        middle = (width - wide) // 2
        if step < WALK:
            return round(-wide + (middle + wide) * step / WALK)
        if step < WALK + STAY:
            return middle + round(2 * sin(step / 3))  # nobody stands still
        if step < 2 * WALK + STAY:
            return round(middle + (width - middle) * (step - WALK - STAY) / WALK)
        return None


def read_photo(path: Path) -> Image:
    """BGR. Raises NoPicture for what is no picture."""
    try:
        content = np.fromfile(path, np.uint8)
    except OSError as error:
        raise NoPicture(State.NO_CAMERA, "gone", f"{path.name}: {error.strerror}") from error
    try:
        image = cv2.imdecode(content, cv2.IMREAD_COLOR) if content.size else None
    except cv2.error:
        image = None
    if image is None:
        raise NoPicture(State.GARBAGE, "garbage", f"{path.name} is no picture")
    return np.asarray(image, np.uint8)


class PhotoSource:
    """A `Source`: the visit in its own rhythm, for ever."""

    def __init__(self, path: Path, fps: float = FPS) -> None:
        self._visit = Visit(read_photo(path))
        self._each_s = 1 / fps
        self._due_s = time.monotonic()
        self._number = 0
        self.garbage = 0

    def read(self) -> Picture:
        self._due_s = max(self._due_s + self._each_s, time.monotonic() - 1.0)
        time.sleep(max(0.0, self._due_s - time.monotonic()))
        self._number += 1
        return Picture(self._visit.frame(self._number - 1))

    def close(self) -> None:
        """Nothing is open."""
