"""The radar's program as a process of its own, and an agent's end of its socket."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from sensors.memory_place import IN_MEMORY, MOUNTS, kind_of
from sensors.radar_messages import Message, Pulse, Reading, Tally, at_the_agent
from tests.sensors.socket_agent import SocketAgent, program


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


class AgentEnd(SocketAgent[Message]):
    """Keeps tallies and readings as an agent does: a later for an earlier."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, at_the_agent)
        self.tallies: dict[tuple[int, str, bool], Tally] = {}
        self.readings: dict[int, Reading] = {}
        self.pulse: Pulse | None = None

    def heard(self, message: Message) -> None:
        if isinstance(message, Tally):
            self.tallies[(message.window_ms, message.key, message.made_up)] = message
        elif isinstance(message, Reading):
            self.readings[message.start_ms] = message
        elif isinstance(message, Pulse):
            self.pulse = message


@contextmanager
def agent_end(folder: Path) -> Iterator[AgentEnd]:
    with closing(AgentEnd(folder / "s")) as end:
        yield end


@contextmanager
def radar(folder: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    """`python -m sensors.radar live` with its socket and its place in the folder."""
    with program(
        "sensors.radar", "live", "--socket", str(folder / "s"), "--place", str(folder / "p"), *options
    ) as running:
        yield running
