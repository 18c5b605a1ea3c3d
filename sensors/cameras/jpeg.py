"""One JPEG: the size that its header claims, read before anything is decoded, and its pixels.

FF D8  FF xx length ...  FF C0..CF length(2) precision(1) height(2) width(2)        ITU-T T.81 B.2.2
"""

from __future__ import annotations

import struct

import cv2
import numpy as np

from sensors.cameras.faces import Image

_END = b"\xff\xd9"


def jpeg_size(data: bytes) -> tuple[int, int] | None:
    """Width and height as the frame header has them; None for what is no JPEG."""
    if not data.startswith(b"\xff\xd8"):
        return None
    at = 2
    while at + 4 <= len(data):
        if data[at] != 0xFF:
            return None
        marker = data[at + 1]
        if marker == 0xFF:  # fill
            at += 1
            continue
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            if at + 9 > len(data):
                return None
            height, width = struct.unpack_from(">HH", data, at + 5)
            return width, height
        (length,) = struct.unpack_from(">H", data, at + 2)
        if length < 2 or marker == 0xDA:
            return None
        at += 2 + length
    return None


def decoded(data: bytes) -> Image | None:
    """BGR; None for what is no whole JPEG: a cut one would decode with a grey rest, and the grey would move."""
    if _END not in data[-64:]:
        return None
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        return None
    return None if image is None else np.asarray(image, np.uint8)


def as_jpeg(image: Image, quality: int = 85) -> bytes:
    """`image`: BGR."""
    _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return bytes(data.tobytes())
