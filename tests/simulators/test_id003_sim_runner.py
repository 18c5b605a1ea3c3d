"""`simulate id003` as a real process on a pseudo-terminal: notes by standard input, a kill in mid-stacking."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from id003_host import body_of, framed

ROOT = Path(__file__).resolve().parents[2]
WITHIN_S = 20.0  # no course takes longer than five seconds; the machine may be busy


class Process:
    """The simulator as a child process."""

    def __init__(self, *options: str) -> None:
        self.child = subprocess.Popen(
            [sys.executable, "-m", "drivers.simulators", "id003", "--seed", "7", *options],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.ready = self._line()

    def _line(self) -> str:
        assert self.child.stdout is not None
        return self.child.stdout.readline().strip()

    def order(self, text: str) -> str:
        assert self.child.stdin is not None
        self.child.stdin.write(text + "\n")
        self.child.stdin.flush()
        return self._line()

    def kill(self) -> None:
        self.child.kill()
        self.child.communicate()


@contextmanager
def running(*options: str) -> Iterator[Process]:
    process = Process(*options)
    try:
        yield process
    finally:
        if process.child.poll() is None:
            process.kill()


class Host:
    """Blocking, over the descriptor of the terminal."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def ask(self, body: str, within_s: float = 1.0) -> str:
        """The answer's command and data in hex, "" for silence."""
        os.write(self._descriptor, framed(body))
        heard, until = b"", time.monotonic() + within_s
        while len(heard) < 2 or len(heard) < heard[1]:
            if not select.select([self._descriptor], [], [], max(0.0, until - time.monotonic()))[0]:
                return ""
            heard += os.read(self._descriptor, 1 if len(heard) < 2 else heard[1] - len(heard))
        return body_of(heard)

    def until(self, status: str) -> list[str]:
        """Polls until this status; every one on the way, each once in a row, without silence. 50 to each credit."""
        seen: list[str] = []
        end = time.monotonic() + WITHIN_S
        while not seen or seen[-1] != status:
            assert time.monotonic() < end, seen
            now = self.ask("11", 0.2)
            if now and (not seen or seen[-1] != now):
                seen.append(now)
            if now.startswith("15"):
                os.write(self._descriptor, framed("50"))
            time.sleep(0.05)
        return seen


@contextmanager
def wired(path: Path) -> Iterator[Host]:
    descriptor = os.open(path, os.O_RDWR | os.O_NOCTTY)
    try:
        yield Host(descriptor)
    finally:
        os.close(descriptor)


def started(host: Host, woke: str) -> list[str]:
    """Power-up, 50, RESET, initialising; every status up to disabled."""
    host.until(woke)
    assert host.ask("50", 0.1) == ""
    assert host.ask("40") == "50"
    course = host.until("1A")
    assert host.ask("C00000") == "C00000"
    assert host.ask("C300") == "C300"
    return course


def records(ledger: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in ledger.read_text(encoding="utf-8").splitlines()]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("pace", "replay", "after"),
    [([], "on", ["1565", "16", "1A"]), (["--instant"], "off", ["1A"])],
    ids=["real", "instant"],
)
def test_killed_in_mid_stacking_it_comes_up_as_after_a_power_cut(
    tmp_path: Path, pace: list[str], replay: str, after: list[str]
) -> None:
    """Two notes of 500: the first all the way, the second past return when the process is killed."""
    wire, ledger = tmp_path / "validator", tmp_path / "world" / "validator.jsonl"
    options = ("--at", f"pty:{wire}", "--ledger", str(ledger), *pace)
    with running(*options, "--fault", "stuck@2") as process:
        assert process.ready == f"ready pty:{wire}"
        assert process.order(f"replay {replay}")
        with wired(wire) as host:
            assert "refused at the mouth" in process.order("insert 500")
            started(host, "40")
            assert process.order("insert 500") == "500 is in the transport"
            assert host.until("1365")[-1] == "1365"
            assert host.ask("42") == "50"
            course = [status for status in host.until("11") if status not in ("14", "16")]
            assert course == ["1565", "11"]
            assert [record["event"] for record in records(ledger)] == ["entered", "escrowed", "stacked"]
            assert process.order("insert 500") == "500 is in the transport"
            host.until("1365")
            assert host.ask("42") == "50"
            host.until("14")
            state = json.loads(process.order("state"))
            while state["place"] != "past_return":
                time.sleep(0.05)
                state = json.loads(process.order("state"))
            assert (state["state"], state["cassette_minor"]) == ("stacking", 50000)
        process.kill()
    assert [record["event"] for record in records(ledger)][3:] == ["entered", "escrowed"]
    with running(*options) as process, wired(wire) as host:
        assert process.ready.startswith("ready ")
        assert [status for status in started(host, "42") if status != "1B"] == after
        assert json.loads(process.order("state"))["cassette_minor"] == 100000
        assert host.until("11") == ["11"]
    told = [(record["event"], record["piece"], record["value_minor"]) for record in records(ledger)]
    ways = [(event, piece, 50000) for piece in (1, 2) for event in ("entered", "escrowed", "stacked")]
    assert told == ways
