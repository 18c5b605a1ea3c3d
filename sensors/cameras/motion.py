"""What moves in the picture: blobs against a learned background, on a small grey copy, for a few milliseconds a frame.

    picture ─> grey, 320 wide ─> MOG2 ─> opened and closed ─> connected components ─> boxes in the picture's pixels

A lamp that is switched on changes everything at once and is nobody: such a frame says `flash`, teaches the background
fast, and has no blobs.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from sensors.cameras.geometry import Box

Image = NDArray[np.uint8]
SMALL_WIDTH = 320
HISTORY = 300
"""Frames until what stands still is background: 20 s at 15 frames/s. A face in it is followed by its own track."""
DIFFERENCE = 32.0
"""Squared distance in deviations; OpenCV's 16 takes a compressed stream's blocks for visitors."""
LEAST_BLOB = 0.01
"""Share of the picture: a head and shoulders seen from a ceiling of 3 m have 3 %, a leaf of paper 0.3 %."""
FLASH = 0.7
QUICK, LEARN_FRAMES = 0.2, 10
"""The first frames, and those after a flash, are learned at a fifth each."""


@dataclass(frozen=True, slots=True)
class Motion:
    """`blobs`: what moves, largest first. `share` of the picture that changed. `flash`: all of it, so nobody."""

    blobs: tuple[Box, ...]
    share: float
    flash: bool


STILL = Motion((), 0.0, False)


class MotionGate:
    """For pictures of one size. `least_blob` is a share of the picture's area."""

    def __init__(self, width: int, height: int, least_blob: float = LEAST_BLOB) -> None:
        self._scale = min(1.0, SMALL_WIDTH / width)
        self._size = (max(1, round(width * self._scale)), max(1, round(height * self._scale)))
        self._full = (width, height)
        self._least = max(4.0, least_blob * self._size[0] * self._size[1])
        self._background = cv2.createBackgroundSubtractorMOG2(HISTORY, DIFFERENCE, detectShadows=False)
        self._learning = LEARN_FRAMES
        self._small = np.ones((3, 3), np.uint8)
        self._large = np.ones((9, 9), np.uint8)

    def see(self, picture: Image) -> Motion:
        """`picture`: BGR, of the size that was told."""
        grey = cv2.cvtColor(cv2.resize(picture, self._size, interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2GRAY)
        learning = self._learning > 0
        mask = self._background.apply(grey, learningRate=QUICK if learning else -1)
        self._learning = max(0, self._learning - 1)
        share = cv2.countNonZero(mask) / mask.size
        if learning:
            return Motion((), share, False)
        if share > FLASH:
            self._learning = LEARN_FRAMES
            return Motion((), share, True)
        if not share:
            return STILL
        mask = cv2.morphologyEx(mask, cv2.MORPH_OPEN, self._small)
        mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, self._large)
        return Motion(self._blobs(mask), share, False)

    def _blobs(self, mask: cv2.typing.MatLike) -> tuple[Box, ...]:
        _, _, stats, _ = cv2.connectedComponentsWithStats(mask)
        found = []
        for left, top, width, height, area in stats[1:].tolist():
            if area >= self._least:
                found.append((area, self._box(left, top, left + width, top + height)))
        return tuple(box for _, box in sorted(found, reverse=True))

    def _box(self, left: int, top: int, right: int, bottom: int) -> Box:
        scale = self._scale
        return Box(int(left / scale), int(top / scale), int(right / scale), int(bottom / scale)).within(*self._full)
