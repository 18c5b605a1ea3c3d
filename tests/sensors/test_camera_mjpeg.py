"""MJPEG from real HTTP servers: the demonstration's own, and cameras that lie, stop, chatter and vanish."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sensors.camera_scene import needs_dlib

needs_dlib()

import cv2  # noqa: E402
import numpy as np  # noqa: E402

from sensors.camera_messages import State  # noqa: E402
from sensors.cameras.jpeg import as_jpeg, decoded, jpeg_size  # noqa: E402
from sensors.cameras.mjpeg import MOST_BAD, MjpegSource  # noqa: E402
from sensors.cameras.mjpeg_demo import server_of  # noqa: E402
from sensors.cameras.moving_photo import Visit  # noqa: E402
from sensors.cameras.multipart import LARGEST_PART, LONGEST_HEAD, NotParts, PartReader  # noqa: E402
from sensors.cameras.sources import NoPicture, WrongAddress, opener, shown  # noqa: E402

SMALL = np.random.default_rng(3).integers(0, 255, (96, 128, 3), np.uint8)
JPEG = as_jpeg(SMALL)
HEAD = b"HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=b0\r\n\r\n"


def part(data: bytes, length: int | None = None, boundary: bytes = b"b0") -> bytes:
    said = b"" if length is None else b"Content-Length: %d\r\n" % length
    return b"--" + boundary + b"\r\nContent-Type: image/jpeg\r\n" + said + b"\r\n" + data + b"\r\n"


def bomb(width: int, height: int) -> bytes:
    """The JPEG with another size in its header."""
    at = JPEG.index(b"\xff\xc0")
    return JPEG[: at + 5] + struct.pack(">HH", height, width) + JPEG[at + 9 :]


@contextmanager
def serving(play: Callable[[socket.socket], None]) -> Iterator[str]:
    """A camera that answers one request after the other with what `play` sends."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.1)
        over = threading.Event()

        def run() -> None:
            while not over.is_set():
                try:
                    stream, _ = listening.accept()
                except OSError:
                    continue
                with stream:
                    stream.settimeout(5)
                    try:
                        stream.recv(4096)
                        play(stream)
                    except OSError:
                        continue  # who looked has gone

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/video"
        finally:
            over.set()
            thread.join(10)


def sending(*parts: bytes, pause_s: float = 0.0, head: bytes = HEAD) -> Callable[[socket.socket], None]:
    def play(stream: socket.socket) -> None:
        for one in (head, *parts):
            stream.sendall(one)
            time.sleep(pause_s)

    return play


def pictures(url: str, within_s: float = 2.0) -> tuple[int, NoPicture, int]:
    """How many came before what, and how many parts were none."""
    source, count = MjpegSource(url, within_s), 0
    try:
        while True:
            assert source.read().image.shape == SMALL.shape
            count += 1
    except NoPicture as gone:
        return count, gone, source.garbage
    finally:
        source.close()


# Parts


@given(
    st.lists(st.tuples(st.binary(max_size=60), st.sampled_from(["right", "none", "long", "short"])), max_size=6),
    st.lists(st.integers(1, 90), min_size=1, max_size=9),
)
def test_parts_survive_any_cut_and_any_length(bodies: list[tuple[bytes, str]], cuts: list[int]) -> None:
    """Bodies are JPEGs as far as their ends go; the lengths said of them are right, missing, too long or too short."""
    jpegs = [(b"\xff\xd8" + body.replace(b"\xff", b"").replace(b"--", b"") + b"\xff\xd9", lie) for body, lie in bodies]
    lengths = {"right": 0, "none": None, "long": 40, "short": -3}
    data = b"noise" + b"".join(
        part(body, None if (off := lengths[lie]) is None else max(0, len(body) + off)) for body, lie in jpegs
    )
    data += b"--b0--\r\n"
    reader, found, turn = PartReader(b"b0"), [], 0
    while data:
        size = cuts[turn % len(cuts)]
        found += reader.feed(data[:size])
        data, turn = data[size:], turn + 1
    assert found == [body for body, _ in jpegs]
    assert reader.over


def test_a_picture_is_there_before_the_next_boundary() -> None:
    reader = PartReader(b"--b0")  # some cameras write the dashes into the header
    assert reader.feed(part(JPEG, len(JPEG))[:-2]) == [JPEG]
    assert reader.feed(part(JPEG)) == []
    assert reader.feed(part(JPEG)) == [JPEG]


def test_parts_without_end_are_refused() -> None:
    with pytest.raises(NotParts, match="head"):
        PartReader(b"b").feed(b"--b\r\n" + b"x" * (LONGEST_HEAD + 9))
    with pytest.raises(NotParts, match="bytes"):
        PartReader(b"b").feed(b"--b\r\n\r\n" + b"x" * (LARGEST_PART + 9))
    reader = PartReader(b"b")
    for _ in range(50):
        assert reader.feed(b"x" * 65_536) == []
    assert len(reader._waiting) < 100, "what is before the first boundary is not kept"


# JPEGs


@settings(max_examples=60)
@given(st.integers(0, len(JPEG) - 1), st.integers(0, 255), st.integers(0, len(JPEG)))
def test_no_jpeg_brings_the_reader_down(at: int, value: int, cut: int) -> None:
    broken = bytearray(JPEG)
    broken[at] = value
    for data in (bytes(broken), JPEG[:cut], bytes(broken[cut:])):
        size = jpeg_size(data)
        if size is not None and max(size) <= 4096:
            image = decoded(data)
            assert image is None or image.ndim == 3


def test_the_size_is_read_before_the_pixels() -> None:
    assert jpeg_size(JPEG) == (128, 96)
    assert jpeg_size(bomb(65_535, 65_500)) == (65_535, 65_500)
    assert decoded(JPEG[: len(JPEG) // 2]) is None
    assert jpeg_size(b"GIF89a") is None


# Cameras


def test_the_demonstrations_camera_moves() -> None:
    server = server_of(Visit(width=320, height=180, photo_height=120), 0, fps=30)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        source = opener(f"http://127.0.0.1:{server.server_address[1]}/video")()
        seen = [source.read() for _ in range(4)]
        assert {picture.said for picture in seen} == {(320, 180)}
        assert all(picture.image.shape == (180, 320, 3) for picture in seen)
        assert len({picture.image.tobytes() for picture in seen}) == 4
        source.close()
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


def test_a_camera_that_vanishes() -> None:
    with serving(sending(part(JPEG, len(JPEG)), part(JPEG), part(JPEG))) as url:
        count, gone, garbage = pictures(url)
        assert (count, gone.state, garbage) == (2, State.NO_CAMERA, 0), "the third had no end yet"
        assert pictures(url)[0] == 2, "and it may come back"


def test_lengths_that_are_lies_lose_no_picture() -> None:
    lies = [part(JPEG, len(JPEG) + 700), part(JPEG, 3), part(JPEG, LARGEST_PART * 99), part(JPEG, 0), part(JPEG)]
    with serving(sending(*lies, b"--b0--\r\n")) as url:
        assert pictures(url)[0] == len(lies)


def test_garbage_between_pictures_is_counted_and_borne_and_garbage_alone_is_not() -> None:
    with serving(sending(*[part(b"no jpeg"), part(JPEG)] * 3, b"--b0--")) as url:
        count, _, garbage = pictures(url)
        assert (count, garbage) == (3, 3)
    with serving(sending(*[part(JPEG[:400])] * (MOST_BAD + 5))) as url:
        count, gone, garbage = pictures(url)
        assert (count, gone.state, garbage) == (0, State.GARBAGE, MOST_BAD)


@pytest.mark.parametrize("size", [(65_535, 65_500), (5_000, 100), (16, 16)])
def test_a_size_that_cannot_be_is_not_decoded(size: tuple[int, int]) -> None:
    with serving(sending(part(JPEG), part(bomb(*size)), part(JPEG))) as url:
        count, gone, _ = pictures(url)
        assert (count, gone.state) == (1, State.WRONG_SIZE)
        assert f"{size[0]} x {size[1]}" in str(gone)


def test_silence_and_a_byte_now_and_then_are_silence() -> None:
    def trickle(stream: socket.socket) -> None:
        stream.sendall(HEAD + part(JPEG, len(JPEG)))
        for byte in JPEG:
            time.sleep(0.05)
            stream.sendall(bytes([byte]))

    for play in (lambda stream: (stream.sendall(HEAD + part(JPEG, len(JPEG))), time.sleep(1.0)), trickle):
        with serving(play) as url:
            began = time.monotonic()
            count, gone, _ = pictures(url, 0.3)
            assert (count, gone.state) == (1, State.SILENT)
            assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    ("head", "state"),
    [
        (b"HTTP/1.0 401 Unauthorized\r\n\r\n", State.NO_CAMERA),
        (b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n<html>", State.GARBAGE),
        (b"\x00\x01\x02\x03\r\n", State.NO_CAMERA),
        (b"", State.NO_CAMERA),
    ],
)
def test_what_is_no_camera_is_said(head: bytes, state: State) -> None:
    with serving(sending(head=head)) as url, pytest.raises(NoPicture) as gone:
        MjpegSource(url, 0.5).read()
    assert gone.value.state is state


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(NoPicture):
        MjpegSource(f"http://127.0.0.1:{port}/video", 0.5)


def test_addresses() -> None:
    for wrong in ("", "photo:", "usb:x", "usb:99", "ftp://a/b", "http://", "rtsp:", "C:\\x", "http://[", "file:"):
        with pytest.raises(WrongAddress) as said:
            opener(wrong)
        assert "адрес" in said.value.ru
    assert shown("rtsp://admin:secret@10.0.0.5/1") == "rtsp://...@10.0.0.5/1"
    assert shown("http://10.0.0.5/video") == "http://10.0.0.5/video"
    assert cv2.__version__[0] in "45", "the versions that this is written for"
