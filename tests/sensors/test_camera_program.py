"""The camera as processes: a real photo's face is recognised where it may be, the embedding process is killed and
started anew, an agent that goes is forgotten and found again, and in Russia nothing of all that ever begins."""

from __future__ import annotations

import os
import re
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import anyio
import pytest

from tests.sensors.camera_scene import agent_end, camera, needs_dlib, photo
from tests.sensors.socket_agent import WITHIN_S, command

needs_dlib()

import numpy as np  # noqa: E402

from sensors.camera_messages import (  # noqa: E402
    Enrol,
    Enrolled,
    Hello,
    Member,
    Members,
    Recognised,
    Rules,
    State,
    Triggers,
    as_bytes,
    packed,
)
from sensors.cameras.compare import main as compare  # noqa: E402
from sensors.cameras.embed_process import Embed, Near  # noqa: E402
from sensors.cameras.embedding import Embedding  # noqa: E402
from sensors.cameras.moving_photo import read_photo  # noqa: E402
from sensors.recognition_policy import Among, Trigger  # noqa: E402
from sensors.sighting import Seen  # noqa: E402

SOMEBODY = tuple(0.1 if n % 2 else -0.1 for n in range(128))
LINE, ALL = "0.5,1,0.5,0", "0,0,1,1"


def children(process: int) -> list[int]:
    """Of every thread: asyncio starts processes from the main one, but that is its own business."""
    found: list[int] = []
    for task in Path(f"/proc/{process}/task").glob("*/children"):
        found += [int(number) for number in task.read_text().split()]
    return found


@contextmanager
def place() -> Iterator[Path]:
    """A directory with a short name: a Unix socket's has 107 bytes at the most."""
    with tempfile.TemporaryDirectory(prefix="tillkeeper-", dir="/tmp") as folder:
        yield Path(folder)


def test_a_member_is_recognised_from_an_enrolled_face_and_counted_at_the_line() -> None:
    """One process, the whole way: enrolled, the agent hangs up and is told anew, recognised, the embedding process
    killed in between."""
    file = photo("astronaut.png")
    options = ("--camera", f"photo:{file}", "--sensor", "door-cam", "--place", "door", "--line", LINE, "--zone", ALL)
    with place() as folder, agent_end(folder) as end, camera(folder, *options) as running:
        end.listen(lambda: end.messages)
        assert isinstance(end.messages[0], Hello)
        assert end.messages[0].faces
        end.tell(Rules("DE"), Members(()), Enrol("q", "anna", for_s=60))
        end.listen(lambda: [one for one in end.messages if isinstance(one, Enrolled)])
        (enrolled,) = [one for one in end.messages if isinstance(one, Enrolled)]
        assert enrolled.why == ""
        (embedder,) = children(running.pid)
        os.kill(embedder, signal.SIGKILL)
        end.hang_up()
        end.listen(lambda: end.connections == 2)
        end.tell(
            Rules("DE"),
            Members((Member("anna", enrolled.template), Member("boris", packed(as_bytes(SOMEBODY))))),
            Triggers((Trigger.CARD,), for_s=120),
        )
        end.listen(lambda: end.recognised)
        end.listen(lambda: end.counted)
        end.listen(lambda: end.pulse and end.pulse.worker_ends and end.pulse.came_in)
        said, counted = end.recognised[0], end.counted[0]
        assert (said.member, said.why, said.among) == ("anna", None, Among.STORE)
        assert said.distance is not None
        assert said.distance < 0.3
        assert said.margin is not None
        assert said.margin > 0.3
        assert 2 <= said.embeddings <= 3
        assert (counted.sighting.seen, counted.sighting.key, counted.sighting.zone) == (Seen.LINE_IN, "", "door")
        assert end.pulse is not None
        assert (end.pulse.state, end.pulse.worker_ends) == (State.WATCHING, 1)
        assert (end.pulse.width_px, end.pulse.height_px) == (1280, 720)
        assert list(folder.iterdir()) == [folder / "s"], "nothing is written anywhere"
        running.terminate()
        _, said_last = running.communicate(timeout=20)
        assert running.returncode == 0, said_last
        assert enrolled.template not in said_last


def test_in_russia_it_counts_and_no_embedding_process_ever_runs() -> None:
    file = photo("astronaut.png")
    options = ("--camera", f"photo:{file}", "--line", LINE, "--zone", ALL)
    with place() as folder, agent_end(folder) as end, camera(folder, *options) as running:
        end.listen(lambda: end.messages)
        end.tell(
            Rules("RU", zone_is_trigger=True),
            Members((Member("anna", packed(as_bytes(SOMEBODY))),)),
            Triggers((Trigger.CARD,), for_s=120),
        )
        end.listen(lambda: end.counted)
        end.listen(lambda: end.pulse and end.pulse.came_in and end.pulse.forbidden)
        assert end.pulse is not None
        assert (end.pulse.faces, end.pulse.embeddings, end.pulse.worker_ends) == (0, 0, 0)
        assert set(end.pulse.forbidden) == {"country"}
        assert children(running.pid) == []
        assert not [one for one in end.messages if isinstance(one, Recognised | Enrolled)]


def test_a_camera_that_is_not_there_is_told_and_nonsense_is_hung_up_on() -> None:
    with place() as folder, agent_end(folder) as end, camera(folder, "--camera", "usb:63") as running:
        end.listen(lambda: end.pulse and end.pulse.state is State.NO_CAMERA)
        end.say(b"\0\0\0\x02{}")
        end.listen(lambda: end.connections == 2)
        assert running.poll() is None, "nor does an agent that speaks something else end it"


def test_killed_at_work_the_process_is_started_anew_and_only_that_job_is_lost() -> None:
    """The process is stopped first, so that it surely dies on the job; then two jobs go through its successor."""
    picture = np.ascontiguousarray(read_photo(photo("astronaut.png"))[:, :, ::-1])
    crop = np.ascontiguousarray(picture[40:220, 130:310])
    answers: dict[int, Near | None] = {}

    def job(number: int, template: bool = False) -> Embed:
        return Embed(number, crop.tobytes(), 180, 180, (49, 43, 137, 131), None, template)

    async def run() -> None:
        came = {number: anyio.Event() for number in (1, 2, 3)}

        def answered(number: int, near: Near | None) -> None:
            answers[number] = near
            came[number].set()

        async def until(number: int) -> None:
            with anyio.fail_after(WITHIN_S):
                await came[number].wait()

        embedding = Embedding("dlib", answered)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(embedding.run)
            await anyio.sleep(0.05)
            assert embedding.process_id is None, "it is started when it is needed"
            embedding.submit(job(1, template=True))
            await until(1)
            first, process = answers[1], embedding.process_id
            assert first is not None
            assert process is not None
            embedding.keep([("boris", as_bytes(SOMEBODY)), ("anna", first.template)])
            os.kill(process, signal.SIGSTOP)
            embedding.submit(job(2))
            await anyio.sleep(0.05)
            os.kill(process, signal.SIGKILL)
            await until(2)
            embedding.submit(job(3))
            await until(3)
            assert answers[2] is None
            assert answers[3] is not None
            assert [record for record, _ in answers[3].near] == ["anna", "boris"]
            assert answers[3].near[0][1] == pytest.approx(0.0, abs=2e-3)
            assert answers[3].template == b""
            assert embedding.ends == 1
            assert embedding.process_id not in (None, process)
            tasks.cancel_scope.cancel()

    anyio.run(run)
    assert len(answers) == 3


# Commands


def test_faces_compares_two_photos(capsys: pytest.CaptureFixture[str]) -> None:
    """The command of the house for one pair, the same program within this process for the other."""
    said = command("-m", "agent", "faces", "--compare", str(photo("obama.jpg")), str(photo("obama3.jpg")))
    assert said.returncode == 0, said.stderr
    assert compare([str(photo("obama.jpg")), str(photo("biden.jpg"))]) == 0
    for printed, verdict, russian in (
        (said.stdout, "same person", "один человек"),
        (capsys.readouterr().out, "another person", "разные люди"),
    ):
        english, translated = printed.splitlines()
        found = re.fullmatch(rf"distance (\d\.\d+): {verdict}", english)
        assert found is not None, english
        assert russian in translated
        assert (float(found[1]) < 0.45) == (verdict == "same person")


def test_what_cannot_be_compared_is_said_in_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import cv2

    face = read_photo(photo("astronaut.png"))
    small = np.ascontiguousarray(face[40:240, 120:320])
    cv2.imwrite(str(tmp_path / "two.png"), np.hstack([small, small]))
    cv2.imwrite(str(tmp_path / "none.png"), np.full((200, 200, 3), 127, np.uint8))
    (tmp_path / "x.jpg").write_bytes(b"no photo")
    for name, english, russian in (
        ("two.png", "there are 2 faces", "лиц несколько (2)"),
        ("none.png", "no face was found", "лицо не найдено"),
        ("x.jpg", "this is no picture", "это не снимок"),
        ("missing.jpg", "not readable", "файл не читается"),
    ):
        assert compare([str(tmp_path / name), str(photo("astronaut.png"))]) == 2
        said = capsys.readouterr()
        assert said.out == ""
        assert english in said.err
        assert russian in said.err


@pytest.mark.parametrize(
    "words",
    [
        ("live", "--socket", "s", "--camera", "ftp://x"),
        ("live", "--socket", "s", "--camera", "usb:0", "--line", "0,0,0,0"),
        ("live", "--socket", "s", "--camera", "usb:0", "--zone", "0.5,0,0.2,1"),
        ("mjpeg-demo", "--port", "0", "--photo", "pyproject.toml"),
        ("mjpeg-demo", "--port", "99999999"),
        ("watch",),
        (),
    ],
)
def test_wrong_words_are_refused(words: tuple[str, ...]) -> None:
    said = command("-m", "sensors.cameras", *words)
    assert said.returncode == 2
    assert said.stderr
    assert "Traceback" not in said.stderr


def test_the_demonstrations_camera_says_where_it_is() -> None:
    import subprocess
    import sys

    from camera_scene import ROOT

    from sensors.cameras.sources import opener

    words = [sys.executable, "-m", "sensors.cameras", "mjpeg-demo", "--port", "0"]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True) as running:
        try:
            assert running.stdout is not None
            ready, url = running.stdout.readline().split()
            source = opener(url)()
            assert ready == "ready"
            assert source.read().image.shape == (720, 1280, 3)
            source.close()
        finally:
            running.terminate()
