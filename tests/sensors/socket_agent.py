"""The agent's end of a sensor program's socket, for tests: takes one connection after the other and keeps all bytes."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Generic, TypeVar

from sensors.framed import MessageReader

ROOT = Path(__file__).resolve().parents[2]
WITHIN_S = 40.0
"""For what takes a second or two on an idle machine."""
M = TypeVar("M")


class SocketAgent(Generic[M]):
    """`reader` makes what cuts one connection's messages."""

    def __init__(self, path: Path, reader: Callable[[], MessageReader[M]]) -> None:
        self.bytes = bytearray()
        self.messages: list[M] = []
        self.connections = 0
        self._make_reader = reader
        self._reader = reader()
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(path))
        self._listening.listen(2)
        self._listening.settimeout(0.2)
        self._stream: socket.socket | None = None

    def heard(self, message: M) -> None:
        """Told of each message, once it is kept."""

    def listen(self, until: Callable[[], object], within_s: float = WITHIN_S) -> None:
        """Hears until that is so. Raises TimeoutError."""
        ends = time.monotonic() + within_s
        while not until():
            if time.monotonic() > ends:
                raise TimeoutError(f"{len(self.messages)} messages, at last {self.messages[-3:]}")
            self._hear()

    def say(self, data: bytes) -> None:
        assert self._stream is not None
        self._stream.sendall(data)

    def hang_up(self) -> None:
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    def close(self) -> None:
        self.hang_up()
        self._listening.close()

    def _hear(self) -> None:
        try:
            if self._stream is None:
                self._stream, _ = self._listening.accept()
                self._stream.settimeout(0.2)
                self._reader = self._make_reader()
                self.connections += 1
            data = self._stream.recv(65_536)
        except TimeoutError:
            return
        if not data:
            self.hang_up()
            return
        self.bytes += data
        for message in self._reader.feed(data):
            self.messages.append(message)
            self.heard(message)


@contextmanager
def program(module: str, *options: str) -> Iterator[subprocess.Popen[str]]:
    """`python -m module options`, ended with the block."""
    with subprocess.Popen(
        [sys.executable, "-m", module, *options], cwd=ROOT, stderr=subprocess.PIPE, text=True
    ) as running:
        try:
            yield running
        finally:
            running.terminate()


def command(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *words], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
