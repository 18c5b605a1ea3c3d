"""The radar's program as a process of its own, and an agent's end of its socket."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sensors.memory_place import IN_MEMORY, MOUNTS, kind_of
from sensors.radar_messages import Message, Pulse, Reading, Tally, at_the_agent

ROOT = Path(__file__).resolve().parents[2]
WITHIN_S = 40.0
"""For what takes a second on an idle machine."""


@contextmanager
def memory() -> Iterator[Path]:
    """A directory in memory with a short name, or a skip."""
    shm = Path("/dev/shm")
    if not shm.is_dir() or not MOUNTS.exists() or kind_of(shm, MOUNTS.read_text("utf-8")) not in IN_MEMORY:
        pytest.skip("no tmpfs is mounted on /dev/shm")
    made = Path(tempfile.mkdtemp(dir=shm, prefix="tillkeeper-"))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


class AgentEnd:
    """Takes one connection after the other; keeps all bytes, and tallies as an agent does: a later for an earlier."""

    def __init__(self, path: Path) -> None:
        self.bytes = bytearray()
        self.messages: list[Message] = []
        self.tallies: dict[tuple[int, str, bool], Tally] = {}
        self.readings: dict[int, Reading] = {}
        self.pulse: Pulse | None = None
        self.connections = 0
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(path))
        self._listening.listen(2)
        self._listening.settimeout(0.2)
        self._stream: socket.socket | None = None
        self._reader = at_the_agent()

    def listen(self, until: Callable[[], object], within_s: float = WITHIN_S) -> None:
        """Hears until that is so. Raises TimeoutError."""
        ends = time.monotonic() + within_s
        while not until():
            if time.monotonic() > ends:
                raise TimeoutError(f"last pulse {self.pulse}, {len(self.tallies)} tallies")
            self._hear()

    def _hear(self) -> None:
        try:
            if self._stream is None:
                self._stream, _ = self._listening.accept()
                self._stream.settimeout(0.2)
                self._reader = at_the_agent()
                self.connections += 1
            data = self._stream.recv(65_536)
        except TimeoutError:
            return
        if not data:
            self._stream.close()
            self._stream = None
            return
        self.bytes += data
        for message in self._reader.feed(data):
            self.messages.append(message)
            if isinstance(message, Tally):
                self.tallies[(message.window_ms, message.key, message.made_up)] = message
            elif isinstance(message, Reading):
                self.readings[message.start_ms] = message
            elif isinstance(message, Pulse):
                self.pulse = message

    def close(self) -> None:
        for one in (self._stream, self._listening):
            if one is not None:
                one.close()


@contextmanager
def agent_end(folder: Path) -> Iterator[AgentEnd]:
    end = AgentEnd(folder / "s")
    try:
        yield end
    finally:
        end.close()


@contextmanager
def radar(folder: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    """`python -m sensors.radar live` with its socket and its place in the folder."""
    command = [
        sys.executable,
        "-m",
        "sensors.radar",
        "live",
        "--socket",
        str(folder / "s"),
        "--place",
        str(folder / "p"),
    ]
    with subprocess.Popen([*command, *options], cwd=ROOT, stderr=subprocess.PIPE, text=True) as running:
        try:
            yield running
        finally:
            running.terminate()


def command(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *words], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
