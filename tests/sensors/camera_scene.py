"""What the camera's tests share: photos of ../shared, a finder that knows where the face is, and an agent's end."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
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
from tests.sensors.socket_agent import SocketAgent, program

ROOT = Path(__file__).resolve().parents[2]
PHOTOS = ROOT.parent / "shared" / "data" / "faces"
FPS = 15


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


class AgentEnd(SocketAgent[FromCamera]):
    """Listens where the agent would, and tells the camera what an agent tells."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, at_the_agent)

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


@contextmanager
def agent_end(folder: Path) -> Iterator[AgentEnd]:
    with closing(AgentEnd(folder / "s")) as end:
        yield end


@contextmanager
def camera(folder: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    """`python -m sensors.cameras live` with its socket in the folder."""
    with program("sensors.cameras", "live", "--socket", str(folder / "s"), *options) as running:
        yield running
