"""The eye: frozen, lying, hanging and vanishing cameras are counted, told and tried again; a file is played."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import anyio
import pytest

from tests.sensors.camera_scene import drawn, needs_dlib

needs_dlib()

import cv2  # noqa: E402
import numpy as np  # noqa: E402

from sensors.camera_messages import State  # noqa: E402
from sensors.cameras import eye as eye_room  # noqa: E402
from sensors.cameras.eye import FROZEN_S, MOST_HUNG, Eye, Hung  # noqa: E402
from sensors.cameras.sources import NoPicture, Picture, opener  # noqa: E402


class Played:
    """A `Source` that gives what is in the list; a function in it is called."""

    def __init__(self, script: list[Picture | NoPicture | Callable[[], Picture]]) -> None:
        self._script = iter(script)
        self.closed = 0
        self.garbage = 0

    def read(self) -> Picture:
        one = next(self._script, None) or NoPicture(State.NO_CAMERA, "gone", "the script is over")
        if isinstance(one, NoPicture):
            raise one
        return one() if callable(one) else one

    def close(self) -> None:
        self.closed += 1


def noise(seed: int, width: int = 64, height: int = 64) -> Picture:
    return Picture(np.random.default_rng(seed).integers(0, 255, (height, width, 3), np.uint8))


def eye_of(now_s: Callable[[], float] = lambda: 0.0) -> Eye:
    return Eye(lambda: Played([]), lambda: 7, now_s)


def test_a_picture_that_never_changes_is_a_frozen_camera() -> None:
    clock = [0.0]
    eye = eye_of(lambda: clock[0])
    for second in range(int(FROZEN_S)):
        clock[0] = float(second)
        eye.judge(noise(1))
    clock[0] = FROZEN_S
    with pytest.raises(NoPicture) as frozen:
        eye.judge(noise(1))
    assert (frozen.value.state, frozen.value.name) == (State.FROZEN, "frozen")
    eye.state, eye.frames, eye._same_since = State.FROZEN, 0, clock[0]  # opened anew, it sends what it sent
    eye.judge(noise(1))
    assert (eye.state, eye.frames) == (State.FROZEN, 0)
    eye.judge(noise(2))
    clock[0] = 2 * FROZEN_S - 1
    eye.judge(noise(2))
    assert (eye.state, eye.frames) == (State.WATCHING, 2)


def test_sizes_that_lie_or_change() -> None:
    eye = eye_of()
    for _ in range(3):
        eye.judge(Picture(noise(1).image, (1920, 1080)))
    assert (eye.trouble["wrong_size"], eye.size) == (1, (64, 64)), (
        "once for each opening, and the pictures' own size holds"
    )
    eye.judge(noise(1, 80, 64))
    assert (eye.trouble["size_changed"], eye.size) == (1, (80, 64))
    for impossible in (noise(1, 8, 64), Picture(np.zeros((64, 5_000, 3), np.uint8))):
        with pytest.raises(NoPicture) as wrong:
            eye.judge(impossible)
        assert wrong.value.state is State.WRONG_SIZE


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_only_the_newest_picture_waits(backend: str) -> None:
    async def run() -> None:
        eye = eye_of()
        for seed in range(5):
            eye.judge(noise(seed))
        assert (eye.frames, eye.left) == (5, 4)
        seen = await eye.newest()
        assert np.array_equal(seen.image, noise(4).image)
        assert seen.at_ms == 7
        with anyio.move_on_after(0.01) as scope:
            await eye.newest()
        assert scope.cancelled_caught, "none is given twice"

    anyio.run(run, backend=backend)


def test_it_comes_back_with_longer_and_longer_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    opened: list[Played] = []
    told: list[State] = []
    scripts: list[list[Picture | NoPicture]] = [
        [noise(1), NoPicture(State.GARBAGE, "garbage", "x")],
        [],
        [noise(2), NoPicture(State.SILENT, "silent", "x")],
        [noise(3), NoPicture(State.OVER, "over", "x")],
    ]

    def source() -> Played:
        if len(opened) == 1:
            opened.append(Played([]))
            raise NoPicture(State.NO_CAMERA, "gone", "no answer")
        opened.append(Played(list(scripts[len(opened)])))
        return opened[-1]

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    async def run() -> None:
        eye = Eye(source, lambda: 0, lambda: 0.0, lambda: told.append(eye.state))
        await eye.run()
        assert eye.trouble == {"garbage": 1, "gone": 1, "silent": 1, "over": 1}
        assert eye.frames == 3

    monkeypatch.setattr(eye_room.anyio, "sleep", pause)
    anyio.run(run)
    assert pauses == [1.0, 2.0, 4.0]
    watching = State.WATCHING
    assert told == [watching, State.GARBAGE, State.NO_CAMERA, watching, State.SILENT, watching, State.OVER]
    assert [one.closed for one in opened] == [1, 0, 1, 1]


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_native_code_that_never_returns_is_left_behind_and_ends_the_program_at_last(
    monkeypatch: pytest.MonkeyPatch, backend: str
) -> None:
    monkeypatch.setattr(eye_room, "HUNG_S", 0.05)
    monkeypatch.setattr(eye_room, "FIRST_S", 0.001)
    let_go = threading.Event()
    opened: list[Played] = []

    def hang() -> Picture:
        let_go.wait(20)
        return noise(1)

    def source() -> Played:
        opened.append(Played([noise(len(opened)), hang]))
        return opened[-1]

    async def run() -> None:
        eye = Eye(source, lambda: 0, anyio.current_time)
        with pytest.raises(Hung):
            await eye.run()
        assert (eye.trouble["hung"], eye.frames, len(opened)) == (MOST_HUNG, MOST_HUNG, MOST_HUNG)
        assert [one.closed for one in opened] == [0] * MOST_HUNG, "what is still read is not closed"
        let_go.set()

    anyio.run(run, backend=backend)


def test_a_video_file_is_played_to_its_end(tmp_path: Path) -> None:
    file = tmp_path / "visit.avi"
    writer = cv2.VideoWriter(str(file), cv2.VideoWriter.fourcc(*"MJPG"), 100.0, (400, 240))
    if not writer.isOpened():
        pytest.skip("this OpenCV writes no MJPG videos")
    for number in range(12):
        writer.write(drawn(number * 40))
    writer.release()
    source = opener(f"file:{file}")()
    assert [source.read().said for _ in range(12)] == [(400, 240)] * 12
    with pytest.raises(NoPicture) as over:
        source.read()
    assert over.value.state is State.OVER
    source.close()


def test_what_is_no_video_and_no_photo_is_said(tmp_path: Path) -> None:
    (tmp_path / "x.avi").write_bytes(b"no video" * 99)
    for address, state in (
        (f"file:{tmp_path}/x.avi", State.GARBAGE),
        (f"file:{tmp_path}/none.avi", State.NO_CAMERA),
        (f"photo:{tmp_path}/x.avi", State.GARBAGE),
        (f"photo:{tmp_path}/none.png", State.NO_CAMERA),
        ("usb:63", State.NO_CAMERA),
    ):
        with pytest.raises(NoPicture) as gone:
            opener(address)()
        assert gone.value.state is state, address
