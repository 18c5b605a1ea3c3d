"""A video file made of pictures, as a camera's recorder writes it: Motion JPEG in AVI, through OpenCV."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import cv2

from sensors.cameras.faces import Image

FPS = 15.0


def write_film(file: Path, pictures: Iterable[Image]) -> None:
    """BGR pictures of one size, at least one."""
    writer: cv2.VideoWriter | None = None
    for picture in pictures:
        if writer is None:
            size = (picture.shape[1], picture.shape[0])
            writer = cv2.VideoWriter(str(file), cv2.VideoWriter.fourcc(*"MJPG"), FPS, size)
            assert writer.isOpened(), "this OpenCV writes no Motion JPEG"
        writer.write(picture)
    assert writer is not None
    writer.release()
