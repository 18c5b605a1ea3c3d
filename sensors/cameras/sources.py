"""Where pictures come from: a file, a still photo moved about, MJPEG over HTTP, RTSP, or a USB camera.

    photo:FILE           a still picture that walks about (moving_photo.py)
    file:FILE            a video in its own rhythm, once
    http://... https://  MJPEG (mjpeg.py)
    rtsp://...           through OpenCV's FFmpeg, over TCP; rtsp+udp://... over UDP
    usb:0                /dev/video0 through OpenCV's V4L2

A source blocks in `read` for some seconds at the most, and raises NoPicture when it has nothing more: it is closed and
opened again by whoever asked (eye.py).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, Protocol
from urllib.parse import urlsplit

from sensors.camera_messages import State
from sensors.cameras.faces import Image

WITHIN_S = 5.0
"""For a connection and for each picture: a camera at one picture a second is slow, one at a fifth is no camera."""
LARGEST_SIDE, SMALLEST_SIDE = 4096, 64
"""A camera of 4K has 3840. A header that says 65,535 x 65,535 asks for 12 GB."""


class NoPicture(Exception):
    """There is no picture now. `state` says why; `name` is counted; the source is opened anew."""

    def __init__(self, state: State, name: str, why: str) -> None:
        super().__init__(why)
        self.state = state
        self.name = name


class Picture(NamedTuple):
    """`image`: BGR. `said`: the size that the camera claimed before, where it did."""

    image: Image
    said: tuple[int, int] | None = None


class Source(Protocol):
    """`garbage`: parts that were no picture, since it was opened."""

    garbage: int

    def read(self) -> Picture:
        """The next picture. Raises NoPicture. Blocks for `WITHIN_S` at the most."""

    def close(self) -> None: ...


class WrongAddress(ValueError):
    """These words name no camera; says so in both languages."""

    def __init__(self, address: str) -> None:
        super().__init__(f"no camera: {address}")
        self.ru = f"Это не адрес камеры: {address}. Бывает photo:, file:, usb:, http://, https:// и rtsp://."
        self.en = (
            f"This is no address of a camera: {address}. There are photo:, file:, usb:, http://, https://, rtsp://."
        )


def opener(address: str) -> Callable[[], Source]:
    """What opens the source each time anew; opening raises NoPicture. Raises WrongAddress at once."""
    kind, _, rest = address.partition(":")
    if kind == "photo" and rest:
        from sensors.cameras.moving_photo import PhotoSource

        return lambda: PhotoSource(Path(rest))
    if kind == "file" and rest:
        from sensors.cameras.video_capture import open_file

        return lambda: open_file(Path(rest))
    if kind == "usb" and rest.isdigit() and int(rest) < 64:
        from sensors.cameras.video_capture import open_usb

        return lambda: open_usb(int(rest))
    try:
        has_host = urlsplit(address).hostname is not None
    except ValueError:
        has_host = False
    if kind in ("http", "https") and has_host:
        from sensors.cameras.mjpeg import MjpegSource

        return lambda: MjpegSource(address)
    if kind in ("rtsp", "rtsp+udp") and has_host:
        from sensors.cameras.video_capture import open_rtsp

        return lambda: open_rtsp("rtsp:" + rest, "tcp" if kind == "rtsp" else "udp")
    raise WrongAddress(address)


def shown(address: str) -> str:
    """The address without its password, for logs."""
    before, at, after = address.rpartition("@")
    return f"{before.partition('://')[0]}://...@{after}" if at and "://" in before else address
