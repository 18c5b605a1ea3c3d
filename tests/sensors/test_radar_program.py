"""The radar as a process: a replay is heard, killed and taken up again; the commands print what they promise."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import stat
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from agent.cli import main as cli
from sensors.radar_messages import Hello, State
from tests.sensors.radar_process import AgentEnd, agent_end, memory, radar
from tests.sensors.radar_samples import ELEMENTS, SECRET_NAME, SOURCE, capture, pcap, probe
from tests.sensors.socket_agent import command

MAKES, EACH = 12, 10


def replay(folder: Path, seconds_apart: float = 0.02) -> Path:
    """Frames of some makes of phones, in a pcap of some seconds."""
    rng = random.Random(4)
    frames = []
    for number in range(MAKES * EACH):
        make = ELEMENTS + bytes([70, number % MAKES]) + bytes(number % MAKES)
        frames.append(probe(source=bytes([2]) + rng.randbytes(5), elements=make))
    data = bytearray(pcap(frames))
    at = 24
    for number in range(len(frames)):
        seconds, rest = divmod(int(number * seconds_apart * 1e6), 1_000_000)
        struct.pack_into("<II", data, at, 1_700_000_000 + seconds, rest)
        at += 16 + struct.unpack_from("<I", data, at + 8)[0]
    (folder / "replay.pcap").write_bytes(data)
    return folder / "replay.pcap"


def frames_told(end: AgentEnd) -> int:
    return sum(one.frames for one in end.tallies.values())


def test_a_replay_is_counted_and_nothing_of_anybody_leaves() -> None:
    with memory() as folder, agent_end(folder) as end:
        with radar(folder, "--replay", str(replay(folder)), "--sensor", "door", "--near-dbm", "-65") as running:
            end.listen(lambda: frames_told(end) == MAKES * EACH)
            end.listen(lambda: end.pulse and end.pulse.state is State.REPLAY_OVER)
            end.listen(lambda: end.readings)
            assert end.messages[0] == Hello("door", 600, -65)
            assert len({key for _, key, _ in end.tallies}) == MAKES
            kept = sorted(folder.glob("p/*"))
            assert [file.name for file in kept] == ["counts", "salt"]
            assert {stat.S_IMODE(file.stat().st_mode) for file in kept} == {0o600}
            running.terminate()
            _, said = running.communicate(timeout=20)
            written = bytes(end.bytes) + said.encode() + b"".join(file.read_bytes() for file in kept)
        assert running.returncode == 0
        assert len(written) > 2_000
        assert SECRET_NAME not in written
        assert SOURCE.hex(":").encode() not in written
        rng = random.Random(4)
        addresses = [bytes([2]) + rng.randbytes(5) for _ in range(MAKES * EACH)]
        forms = [form for one in addresses for form in (one, one.hex().encode(), one.hex(":").encode())]
        assert not [form for form in forms if form in written]


def test_killed_and_started_again_it_counts_under_the_same_keys() -> None:
    """Without its salt, the second process would double the makes; without its counts, it would halve the frames."""
    with memory() as folder, agent_end(folder) as end:
        file = str(replay(folder, 0.004))
        with radar(folder, "--replay", file) as running:
            end.listen(lambda: frames_told(end) == MAKES * EACH)
            running.send_signal(signal.SIGKILL)
            running.wait(20)
        first = dict(end.tallies)
        with radar(folder, "--replay", file) as running:
            end.listen(lambda: frames_told(end) == 2 * MAKES * EACH)
        assert end.connections == 2
        assert {key for _, key, _ in end.tallies} == {key for _, key, _ in first}
        assert all(end.tallies[name].first_ms == first[name].first_ms for name in first)
        (folder / "p" / "salt").unlink()
        with radar(folder, "--replay", file) as running:
            end.listen(lambda: len({key for _, key, _ in end.tallies}) == 2 * MAKES)


def test_it_waits_for_the_agent_and_is_heard_when_the_agent_comes() -> None:
    with memory() as folder, radar(folder, "--replay", str(replay(folder, 0.001))) as running:
        while not (folder / "p" / "counts").exists():
            assert running.poll() is None
        with agent_end(folder) as end:
            end.listen(lambda: frames_told(end) == MAKES * EACH)


def test_an_interface_that_is_not_there_is_told() -> None:
    pytest.importorskip("scapy", reason="scapy is not installed: make venv")
    with memory() as folder, agent_end(folder) as end, radar(folder, "--interface", "nowhere0") as running:
        end.listen(lambda: end.pulse and end.pulse.state is State.NO_INTERFACE)
        assert running.poll() is None


def test_a_place_on_a_disk_is_refused(tmp_path: Path) -> None:
    said = command("-m", "sensors.radar", "live", "--interface", "x", "--socket", "s", "--place", str(tmp_path / "p"))
    if said.returncode != 2:
        pytest.skip("the temporary directory is in memory here")
    assert "not in memory" in said.stderr
    assert "лежит не в памяти" in said.stderr


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--interface", "x", "--replay", "y"),
        ("--interface", "x", "--zone", "Europe/Nowhere"),
        ("--interface", "x", "--zone", "../../etc/passwd"),
        ("--interface", "x", "--window-s", "7"),
        ("--replay", "x", "--speed", "nan"),
    ],
)
def test_wrong_options_are_refused(options: tuple[str, ...]) -> None:
    said = command("-m", "sensors.radar", "live", "--socket", "s", *options)
    assert said.returncode == 2
    assert "usage" in said.stderr


def test_a_replay_of_no_capture_is_refused() -> None:
    with memory() as folder:
        for name, word in (("pyproject.toml", "no capture file"), ("nothing.pcap", "There is no file")):
            said = command("-m", "sensors.radar", "live", "--socket", "s", "--place", str(folder), "--replay", name)
            assert (said.returncode, word in said.stderr) == (2, True), said.stderr


# The command


def test_read_prints_a_line_a_probe() -> None:
    file = str(capture("aircrack_test1"))
    said = command("-m", "agent", "radar", "--read", file)
    lines = said.stdout.splitlines()
    assert said.returncode == 0
    assert len(lines) == 5
    assert re.fullmatch(r"2018-09-22 13:02:52\.193623Z +3620 +-86 dBm +[0-9a-f]{16} +0,1,45,50,221", lines[0])
    assert "192 frames, 5 probe requests. other_frame 187" in said.stderr
    assert "Кадров: 192, запросов: 5" in said.stderr
    assert not re.search(r"([0-9a-f]{2}:){5}", said.stdout + said.stderr)


def test_addresses_are_shown_when_asked_for() -> None:
    said = command("-m", "agent", "radar", "--read", str(capture("aircrack_test1")), "--show-addresses")
    assert [line.split()[6] for line in said.stdout.splitlines()][:2] == ["4c:5e:0c:b0:4f:f7", "7c:64:56:8a:d6:7c"]


def test_json_has_one_object_a_line_and_a_days_signatures_compare() -> None:
    file = str(capture("aircrack_wpa3"))
    runs = [command("-m", "agent", "radar", "--read", file, "--json") for _ in range(2)]
    (told,) = [json.loads(line) for line in runs[0].stdout.splitlines()]
    assert told.pop("signature")
    assert told == {"time": 1555458958.728828, "sequence": 0, "signal_dbm": None, "element_ids": [0, 1, 50, 3, 45, 127]}
    if "no place in memory" not in runs[0].stderr:
        assert runs[0].stdout == runs[1].stdout
    shown = command("-m", "agent", "radar", "--read", file, "--json", "--show-addresses")
    assert json.loads(shown.stdout)["source"] == "02:00:00:00:01:00"


def test_a_cut_element_is_printed_without_a_signature(tmp_path: Path) -> None:
    (tmp_path / "cut.pcap").write_bytes(pcap([probe()[:-3]]))
    said = command("-m", "sensors.radar", "read", "--json", str(tmp_path / "cut.pcap"))
    told = json.loads(said.stdout)
    assert (told["signature"], told["element_ids"][-1]) == (None, 221)
    assert "1 probe requests. cut_element 1" in said.stderr


@pytest.mark.parametrize("content", [b"not a capture", b""])
def test_what_cannot_be_read_is_said_in_two_languages(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x").write_bytes(content)
    for name in ("x", "missing"):
        said = command("-m", "agent", "radar", "--read", str(tmp_path / name))
        russian, english = said.stderr.splitlines()
        assert said.returncode == 2
        assert re.search("[а-я]", russian)
        assert not re.search("[а-я]", english)


def test_what_is_asked_about_people_is_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    given = []

    def run(words: list[str], check: bool) -> subprocess.CompletedProcess[str]:
        given.append(words)
        return subprocess.CompletedProcess(words, 7)

    monkeypatch.setattr("agent.cli.subprocess.run", run)
    assert cli(["radar", "--people", "train.csv.gz", "test.csv.gz"]) == 7
    assert given == [[sys.executable, "-m", "sensors.radar", "people", "train.csv.gz", "test.csv.gz"]]


def test_who_reads_a_few_lines_breaks_nothing() -> None:
    reads, writes = os.pipe()
    os.close(reads)
    with os.fdopen(writes, "wb") as closed:
        file = str(capture("brno_sc6-61_2022"))
        done = subprocess.run(
            [sys.executable, "-m", "sensors.radar", "read", file], stdout=closed, stderr=subprocess.PIPE, timeout=60
        )
    assert (done.returncode, done.stderr) == (0, b"")


def test_an_unknown_command_is_refused() -> None:
    for words in (["-m", "sensors.radar"], ["-m", "sensors.radar", "listen"], ["-m", "agent", "radar"]):
        said = command(*words)
        assert said.returncode == 2
        assert "usage" in said.stderr
