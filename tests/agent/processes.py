"""Real processes for tests: start one, read the address it prints, end it, and see that nothing is left."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher

ROOT = Path(__file__).resolve().parents[2]
START_WITHIN_S = 60.0
"""A busy test machine starts ten interpreters one after another."""


class Started:
    """A process, and every line of its standard output up to the awaited one."""

    def __init__(self, process: subprocess.Popen[str], lines: list[str]) -> None:
        self.process = process
        self.lines = lines

    def word_after(self, word: str) -> str:
        return next(line.split(word, 1)[1].strip() for line in self.lines if word in line)


def start(arguments: list[str], until: str, **more: Any) -> Started:
    """`python -m ARGUMENTS`; returns once a line with `until` was printed."""
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [sys.executable, "-m", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        **more,
    )
    lines: list[str] = []
    assert process.stdout is not None
    deadline = time.monotonic() + START_WITHIN_S
    while time.monotonic() < deadline:
        line = process.stdout.readline()
        if not line:
            break
        lines.append(line.rstrip("\n"))
        if until in line:
            return Started(process, lines)
    process.kill()
    raise AssertionError(f"{arguments} did not start: {lines} {process.communicate()[1]}")


@contextmanager
def running(arguments: list[str], until: str = "ready ") -> Iterator[Started]:
    started = start(arguments, until)
    try:
        yield started
    finally:
        started.process.terminate()
        started.process.communicate(timeout=START_WITHIN_S)


def run(arguments: list[str], *, within_s: float = START_WITHIN_S) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        capture_output=True,
        text=True,
        timeout=within_s,
        env=environment,
        check=False,
    )


def alive_with(text: str) -> list[str]:
    """Command lines of living processes that mention `text`, this test's own shell and ps aside."""
    listed = subprocess.run(["ps", "-ww", "-eo", "pid=,stat=,args="], capture_output=True, text=True, check=True).stdout
    found = []
    for line in listed.splitlines():
        pid, stat, command = line.split(None, 2)
        if text in command and int(pid) != os.getpid() and not stat.startswith("Z") and " -m " in command:
            found.append(command)
    return found


def wait_until_gone(text: str, within_s: float) -> list[str]:
    deadline = time.monotonic() + within_s
    while (left := alive_with(text)) and time.monotonic() < deadline:
        time.sleep(0.1)
    return left


def interrupt(started: Started) -> tuple[int, str]:
    """Ctrl-C; the exit code and what it wrote to standard error."""
    started.process.send_signal(signal.SIGINT)
    _, errors = started.process.communicate(timeout=START_WITHIN_S)
    return started.process.returncode, errors


def get(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return json.load(answer)


def post(url: str, body: object) -> tuple[int, Any]:
    request = urllib.request.Request(url, json.dumps(body).encode(), {"content-type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


@contextmanager
def taken_port() -> Iterator[int]:
    """A port somebody listens on."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen(1)
        yield int(holder.getsockname()[1])


def config(folder: Path, devices: dict[str, tuple[str, str]], *, port: int = 0, more: str = "") -> Path:
    """A shop's configuration in `folder`: {id: (driver, address)}; one till with the register, if there is one."""
    hashed = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("1111")
    register = next(id for id, (driver, _) in devices.items() if driver == "shtrih_m")
    terminals = [id for id, (driver, _) in devices.items() if driver in ("zvt", "confirm")]
    parts = [
        f'[shop]\nname = "Проба"\ndirectory = "data"\ntraining = true\n[agent]\nport = {port}\nwatch_ms = 300',
        f'[[cashiers]]\nid = "irina"\nname = "Ирина"\npin_hash = "{hashed}"\nsupervisor = true',
        f'[[tills]]\nid = "1"\nname = "Касса 1"\nregister = "{register}"\nterminals = {json.dumps(terminals)}',
        more,
    ]
    for id, (driver, address) in devices.items():
        parts.append(f'[[devices]]\nid = "{id}"\nname = "{id}"\ndriver = "{driver}"\naddress = "{address}"')
    file = folder / "tillkeeper.toml"
    file.write_text("\n".join(parts), encoding="utf-8")
    return file
