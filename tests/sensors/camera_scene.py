"""What the camera's tests share: photos of ../shared, a finder that knows where the face is, and an agent's end."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from sensors.camera_messages import (
    Counted,
    FromCamera,
    Pulse,
    Recognised,
    ToCamera,
    at_the_agent,
    encoded,
)
from sensors.cameras.faces import Face, Image
from sensors.cameras.geometry import Box

ROOT = Path(__file__).resolve().parents[2]
PHOTOS = ROOT.parent / "shared" / "data" / "faces"
FPS = 15
WITHIN_S = 40.0
"""For what takes two seconds on an idle machine."""


def photo(name: str) -> Path:
    """A photo of ../shared, or a skip that names it."""
    if not (PHOTOS / name).is_file():
        pytest.skip(f"../shared/data/faces/{name} is not there")
    return PHOTOS / name


def needs_dlib() -> None:
    """A skip that names what is not installed. OpenCV works on one thread, as in the camera's program."""
    for name in ("cv2", "dlib", "face_recognition_models"):
        pytest.importorskip(name, reason=f"{name} is not installed: make cameras")
    import cv2

    cv2.setNumThreads(1)


class MarkFinder:
    """A `Finder` for drawn scenes: the face is where pure red is. Counts its calls."""

    def __init__(self) -> None:
        self.calls = 0
        self.seen: list[tuple[int, ...]] = []

    def find(self, picture: Image) -> list[Face]:
        self.calls += 1
        self.seen.append(picture.shape)
        red = (picture[:, :, 0] > 200) & (picture[:, :, 1] < 60) & (picture[:, :, 2] < 60)
        if red.sum() < 400:
            return []
        rows, columns = np.nonzero(red)
        box = Box(int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1)
        return [Face(box, 0.9)]


def drawn(left: int | None, width: int = 400, height: int = 240, side: int = 90) -> Image:
    """A grey shop, BGR, and a figure with a red, striped face whose left edge is there."""
    picture = np.full((height, width, 3), 120, np.uint8)
    if left is not None:
        first, end = max(0, left), min(width, left + side)
        if first < end:
            picture[40 : 40 + side * 2, first:end] = (60, 120, 60)
            picture[40 : 40 + side, first:end] = (20, 20, 240)
            picture[46 : 40 + side - 6 : 12, first:end] = (10, 10, 110)
    return picture


class AgentEnd:
    """Listens where the agent would; takes one connection after the other."""

    def __init__(self, path: Path) -> None:
        self.messages: list[FromCamera] = []
        self.bytes = bytearray()
        self.connections = 0
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(path))
        self._listening.listen(2)
        self._listening.settimeout(0.2)
        self._stream: socket.socket | None = None
        self._reader = at_the_agent()

    @property
    def pulse(self) -> Pulse | None:
        return next((one for one in reversed(self.messages) if isinstance(one, Pulse)), None)

    @property
    def recognised(self) -> list[Recognised]:
        return [one for one in self.messages if isinstance(one, Recognised)]

    @property
    def counted(self) -> list[Counted]:
        return [one for one in self.messages if isinstance(one, Counted)]

    def tell(self, *messages: ToCamera) -> None:
        self.say(b"".join(encoded(message) for message in messages))

    def say(self, data: bytes) -> None:
        assert self._stream is not None
        self._stream.sendall(data)

    def listen(self, until: Callable[[], object], within_s: float = WITHIN_S) -> None:
        """Hears until that is so. Raises TimeoutError."""
        ends = time.monotonic() + within_s
        while not until():
            if time.monotonic() > ends:
                raise TimeoutError(f"last pulse {self.pulse}, {len(self.messages)} messages")
            self._hear()

    def hang_up(self) -> None:
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    def close(self) -> None:
        self.hang_up()
        self._listening.close()

    def _hear(self) -> None:
        try:
            if self._stream is None:
                self._stream, _ = self._listening.accept()
                self._stream.settimeout(0.2)
                self._reader = at_the_agent()
                self.connections += 1
            data = self._stream.recv(65_536)
        except TimeoutError:
            return
        if not data:
            self.hang_up()
            return
        self.bytes += data
        self.messages += self._reader.feed(data)


@contextmanager
def agent_end(folder: Path) -> Iterator[AgentEnd]:
    end = AgentEnd(folder / "s")
    try:
        yield end
    finally:
        end.close()


@contextmanager
def camera(folder: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    """`python -m sensors.cameras live` with its socket in the folder."""
    command = [sys.executable, "-m", "sensors.cameras", "live", "--socket", str(folder / "s"), *options]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as running:
        try:
            yield running
        finally:
            running.terminate()


def command(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *words], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
