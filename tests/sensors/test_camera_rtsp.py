"""RTSP through OpenCV from the server that Debian has (rtsp-server-perl), and from cameras that are none."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.sensors.camera_rtsp import Publisher
from tests.sensors.camera_scene import needs_dlib
from tests.sensors.socket_agent import WITHIN_S

needs_dlib()

import numpy as np  # noqa: E402

from sensors.camera_messages import State  # noqa: E402
from sensors.cameras import video_capture  # noqa: E402
from sensors.cameras.jpeg import as_jpeg  # noqa: E402
from sensors.cameras.moving_photo import Visit  # noqa: E402
from sensors.cameras.sources import NoPicture, Source, opener  # noqa: E402

SERVER = shutil.which("rtsp-server-perl")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port


@contextmanager
def server() -> Iterator[tuple[int, int]]:
    """The ports for those who look and for sources."""
    if SERVER is None:
        pytest.skip("no RTSP server is installed (Debian: rtsp-server-perl)")
    looks, sources = free_port(), free_port()
    words = [
        SERVER,
        "-c",
        str(looks),
        "-s",
        str(sources),
        "-l",
        "0",
        "--rtp_start_port",
        str(40_000 + sources % 10_000 * 2),
    ]
    words += ["--client_listen_address", "127.0.0.1", "--source_listen_address", "127.0.0.1"]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
        try:
            until = time.monotonic() + WITHIN_S
            for port in (looks, sources):
                while time.monotonic() < until:
                    with socket.socket() as probe:
                        if probe.connect_ex(("127.0.0.1", port)) == 0:
                            break
                    time.sleep(0.05)
            yield looks, sources
        finally:
            running.kill()


def read_on(source: Source) -> None:
    for _ in range(200):
        source.read()


def test_a_stream_of_a_real_server_is_seen_and_its_end_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(video_capture, "WITHIN_S", 2.0)
    visit = Visit(width=320, height=192, photo_height=160)
    jpegs = [as_jpeg(visit.frame(number)) for number in range(30, 60)]
    with server() as (looks, sources):
        publisher = Publisher(sources, f"rtsp://127.0.0.1:{sources}/door", jpegs)
        source = opener(f"rtsp+udp://127.0.0.1:{looks}/door")()
        try:
            seen = [source.read() for _ in range(6)]
            assert {picture.image.shape for picture in seen} == {(192, 320, 3)}
            plain = [visit.frame(number).astype(int) for number in range(30, 60)]
            away = [min(float(np.abs(picture.image - one).mean()) for one in plain) for picture in seen]
            assert max(away) < 8, "they are the pictures that were sent"
            publisher.close()
            with pytest.raises(NoPicture) as gone:
                read_on(source)
            assert gone.value.state is State.NO_CAMERA
        finally:
            source.close()
            publisher.close()


def test_a_server_without_the_stream_and_no_server_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(video_capture, "WITHIN_S", 2.0)
    for transport in ("rtsp", "rtsp+udp"):
        with pytest.raises(NoPicture) as gone:
            opener(f"{transport}://127.0.0.1:{free_port()}/door")()
        assert gone.value.state is State.NO_CAMERA
    with server() as (looks, _), pytest.raises(NoPicture) as gone:
        opener(f"rtsp+udp://127.0.0.1:{looks}/elsewhere")()
    assert gone.value.name == "gone"


def test_a_server_that_says_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(video_capture, "WITHIN_S", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        began = time.monotonic()
        with pytest.raises(NoPicture):
            opener(f"rtsp://127.0.0.1:{silent.getsockname()[1]}/door")()
        assert time.monotonic() - began < 15
