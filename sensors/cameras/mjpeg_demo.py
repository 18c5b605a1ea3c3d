"""`python -m sensors.cameras mjpeg-demo --photo FILE --port N`: a camera of the demonstration, MJPEG over HTTP.

GET /video is the endless stream, GET /frame.jpg one picture. Loopback only. `--port 0` takes a free one; the first line
printed is `ready http://127.0.0.1:PORT/video`.
"""

from __future__ import annotations

import argparse
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from sensors.cameras.jpeg import as_jpeg
from sensors.cameras.moving_photo import FPS, Visit, read_photo
from sensors.cameras.sources import NoPicture

USAGE_ERROR = 2
BOUNDARY = "frame"


class Stage:
    """What is shown now: one JPEG a moment, the same for all who look."""

    def __init__(self, visit: Visit, fps: float) -> None:
        self._visit = visit
        self._fps = fps
        self._began = time.monotonic()
        self._lock = threading.Lock()
        self._number, self._jpeg = -1, b""

    def now(self) -> tuple[int, bytes]:
        """The number of this moment's frame, and the frame."""
        number = int((time.monotonic() - self._began) * self._fps)
        with self._lock:
            if number != self._number:
                self._number, self._jpeg = number, as_jpeg(self._visit.frame(number))
            return self._number, self._jpeg

    def wait(self) -> None:
        """Until the next frame."""
        past = (time.monotonic() - self._began) * self._fps
        time.sleep((int(past) + 1 - past) / self._fps)


def server_of(visit: Visit, port: int, fps: float = FPS) -> ThreadingHTTPServer:
    """Listening on the loopback; `serve_forever` serves. Raises OSError."""
    stage = Stage(visit, fps)

    class Shown(BaseHTTPRequestHandler):
        timeout = 10.0

        def do_GET(self) -> None:
            try:
                self._answer()
            except OSError:
                self.close_connection = True  # who looked has gone

        def log_message(self, format: str, *args: object) -> None:
            """A request is no news."""

        def _answer(self) -> None:
            if self.path == "/frame.jpg":
                _, data = stage.now()
                self._head("image/jpeg", len(data))
                self.wfile.write(data)
            elif self.path == "/video":
                self._head(f"multipart/x-mixed-replace; boundary={BOUNDARY}", None)
                while True:
                    _, data = stage.now()
                    head = f"--{BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(data)}\r\n\r\n"
                    self.wfile.write(head.encode() + data + b"\r\n")
                    stage.wait()
            else:
                self.send_error(404)

        def _head(self, kind: str, length: int | None) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Cache-Control", "no-store")
            if length is not None:
                self.send_header("Content-Length", str(length))
            self.end_headers()

    server = ThreadingHTTPServer(("127.0.0.1", port), Shown)
    server.daemon_threads = True
    return server


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m sensors.cameras mjpeg-demo", description=__doc__)
    parser.add_argument("--photo", type=Path, help="who walks there; a drawn figure without it")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--fps", type=float, default=FPS)
    parser.add_argument("--both-ways", action="store_true", help="every second visitor goes out again")
    options = parser.parse_args(argv)
    if not 1 <= options.fps <= 60:
        parser.error("1 to 60 frames a second")
    try:
        visit = Visit(read_photo(options.photo) if options.photo else None, both_ways=options.both_ways)
        server = server_of(visit, options.port, options.fps)
    except NoPicture as error:
        print(f"Снимок не читается: {error}.\nThe photo cannot be read: {error}.", file=sys.stderr)
        return USAGE_ERROR
    except (OSError, OverflowError) as error:
        print(f"Порт {options.port} занят: {error}.\nThe port {options.port} is taken: {error}.", file=sys.stderr)
        return USAGE_ERROR
    print(f"ready http://127.0.0.1:{server.server_address[1]}/video", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.server_close()
    return 0
