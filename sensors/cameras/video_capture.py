"""Pictures through OpenCV's VideoCapture: a video file in its own rhythm, RTSP through FFmpeg, USB through V4L2."""

from __future__ import annotations

import os
import time
from pathlib import Path

import cv2
import numpy as np

from sensors.camera_messages import State
from sensors.cameras.sources import WITHIN_S, NoPicture, Picture, shown

USUAL_FPS = 15.0
"""Of a file that does not say, or says 90,000."""


class Captured:
    """A `Source` over an open VideoCapture. `fps`: pace the pictures (a file); None: they come when they come."""

    def __init__(self, capture: cv2.VideoCapture, name: str, fps: float | None, at_end: State) -> None:
        self._capture = capture
        self._name = name
        self._fps = fps
        self._at_end = at_end
        self._due_s = time.monotonic()
        self._read = 0
        self.garbage = 0
        said = (int(capture.get(cv2.CAP_PROP_FRAME_WIDTH)), int(capture.get(cv2.CAP_PROP_FRAME_HEIGHT)))
        self._said = said if min(said) > 0 else None

    def read(self) -> Picture:
        if self._fps is not None:
            self._due_s += 1 / self._fps
            time.sleep(max(0.0, self._due_s - time.monotonic()))
        try:
            found, image = self._capture.read()
        except cv2.error as error:
            raise NoPicture(State.GARBAGE, "garbage", f"{self._name}: {error.err}") from error
        if not found or image is None:
            if self._at_end is State.OVER and self._read == 0:
                raise NoPicture(State.GARBAGE, "garbage", f"{self._name} has no picture")
            raise NoPicture(self._at_end, "over" if self._at_end is State.OVER else "gone", f"{self._name} ended")
        self._read += 1
        return Picture(np.asarray(image, np.uint8), self._said)

    def close(self) -> None:
        self._capture.release()


def open_file(path: Path) -> Captured:
    """Raises NoPicture."""
    if not path.is_file():
        raise NoPicture(State.NO_CAMERA, "gone", f"there is no file {path.name}")
    capture = _opened(cv2.VideoCapture(str(path), cv2.CAP_ANY), path.name, State.GARBAGE)
    fps = capture.get(cv2.CAP_PROP_FPS)
    return Captured(capture, path.name, fps if 1 <= fps <= 120 else USUAL_FPS, State.OVER)


def open_rtsp(url: str, transport: str = "tcp") -> Captured:
    """`transport`: "udp" where a camera knows nothing else: a lost packet is a grey stripe, which moves, and TCP loses
    none. Raises NoPicture."""
    # The only way to tell OpenCV; a program has one camera.
    os.environ["OPENCV_FFMPEG_CAPTURE_OPTIONS"] = f"rtsp_transport;{transport}"
    limits = [
        *(cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, int(WITHIN_S * 1000)),
        *(cv2.CAP_PROP_READ_TIMEOUT_MSEC, int(WITHIN_S * 1000)),
    ]
    capture = cv2.VideoCapture(url, cv2.CAP_FFMPEG, limits)
    return Captured(_opened(capture, shown(url), State.NO_CAMERA), shown(url), None, State.NO_CAMERA)


def open_usb(number: int) -> Captured:
    """Raises NoPicture."""
    name = f"/dev/video{number}"
    if not Path(name).exists():
        raise NoPicture(State.NO_CAMERA, "gone", f"there is no {name}")
    capture = _opened(cv2.VideoCapture(number, cv2.CAP_V4L2), name, State.NO_CAMERA)
    capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)  # the newest picture, not the one of three ago
    return Captured(capture, name, None, State.NO_CAMERA)


def _opened(capture: cv2.VideoCapture, name: str, state: State) -> cv2.VideoCapture:
    if not capture.isOpened():
        capture.release()
        raise NoPicture(state, "garbage" if state is State.GARBAGE else "gone", f"{name} does not open")
    return capture
