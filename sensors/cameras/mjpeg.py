"""MJPEG over HTTP, as network cameras send it: one request, an endless multipart answer, each part one JPEG.

    GET /video HTTP/1.1                     (Authorization: Basic where the address has a name and a password)

    HTTP/1.0 200 OK
    Content-Type: multipart/x-mixed-replace; boundary=frame

A camera says what it likes: multipart.py and jpeg.py judge its lengths and sizes. Here are the connection, its silences
and how much garbage is borne. The fields are those of Axis' VAPIX "Video streaming", which the others follow.
"""

from __future__ import annotations

import http.client
import time
from base64 import b64encode
from collections import deque
from urllib.parse import unquote, urlsplit

from sensors.camera_messages import State
from sensors.cameras.jpeg import decoded, jpeg_size
from sensors.cameras.multipart import NotParts, PartReader
from sensors.cameras.sources import LARGEST_SIDE, SMALLEST_SIDE, WITHIN_S, NoPicture, Picture, shown

MOST_BAD = 25
"""Parts in a row that are no picture: two seconds of garbage, then the connection is made anew."""
CHUNK = 65_536


class MjpegSource:
    """A `Source`. Connecting raises NoPicture. `garbage`: parts that were no picture."""

    def __init__(self, url: str, within_s: float = WITHIN_S) -> None:
        self._name = shown(url)
        self._within_s = within_s
        self._bad = 0
        self._waiting: deque[bytes] = deque()
        self._connection, self._answer = _asked(url, within_s, self._name)
        self._reader = PartReader(_boundary(self._answer, self._name))
        self.garbage = 0

    def read(self) -> Picture:
        until = time.monotonic() + self._within_s
        while True:
            part = self._part(until)
            size = jpeg_size(part)
            if size is not None and not all(SMALLEST_SIDE <= side <= LARGEST_SIDE for side in size):
                raise NoPicture(State.WRONG_SIZE, "wrong_size", f"{self._name} sends {size[0]} x {size[1]}")
            image = decoded(part) if size is not None else None
            if image is not None:
                self._bad = 0
                return Picture(image, size)
            self.garbage += 1
            self._bad += 1
            if self._bad >= MOST_BAD:
                raise NoPicture(State.GARBAGE, "garbage", f"{self._name} sends no pictures")

    def close(self) -> None:
        self._answer.close()
        self._connection.close()

    def _part(self, until: float) -> bytes:
        while not self._waiting:
            if time.monotonic() > until:  # byte by byte, or part by part of garbage, is silence, too
                raise NoPicture(State.SILENT, "silent", f"{self._name} sends no picture in {self._within_s:g} s")
            try:
                data = self._answer.read1(CHUNK)
            except TimeoutError as error:
                raise NoPicture(State.SILENT, "silent", f"{self._name} says nothing") from error
            except (OSError, http.client.HTTPException, ValueError) as error:
                raise NoPicture(State.NO_CAMERA, "gone", f"{self._name}: {error}") from error
            if not data or self._reader.over:
                raise NoPicture(State.NO_CAMERA, "gone", f"{self._name} closed the connection")
            try:
                self._waiting.extend(self._reader.feed(data))
            except NotParts as error:
                raise NoPicture(State.GARBAGE, "garbage", f"{self._name}: {error}") from error
        return self._waiting.popleft()


def _asked(url: str, within_s: float, name: str) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    headers = {"Accept": "multipart/x-mixed-replace", "User-Agent": "tillkeeper"}
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        headers["Authorization"] = "Basic " + b64encode(pair.encode()).decode("ascii")
    try:
        connection = kind(parts.hostname or "", parts.port, timeout=within_s)
        connection.request("GET", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""), headers=headers)
        answer = connection.getresponse()
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise NoPicture(State.NO_CAMERA, "gone", f"{name}: {error}") from error
    if answer.status != 200:
        connection.close()
        raise NoPicture(State.NO_CAMERA, "gone", f"{name} answers {answer.status}")
    return connection, answer


def _boundary(answer: http.client.HTTPResponse, name: str) -> bytes:
    boundary = answer.headers.get_param("boundary") if answer.headers.get_content_maintype() == "multipart" else None
    if not isinstance(boundary, str) or not boundary:
        answer.close()
        raise NoPicture(State.GARBAGE, "garbage", f"{name} sends no MJPEG")
    return boundary.encode("latin-1", "replace")
