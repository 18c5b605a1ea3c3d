"""A seed is a whole day: run again, in the same process or in another, nothing of it is different.

The command that replays a broken day, and the numbers of the power cut's points, are worth nothing without this.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulation.day import Day, run_day

ROOT = Path(__file__).resolve().parents[2]
SEED = 3
"""Both kinds of card terminal, and HQ under cuts."""
WITHIN_S = 600.0
"""A day takes about five seconds; a loaded machine is forgiven."""


def digest(day: Day) -> str:
    """Everything that became of it: each fault as it struck, each sale's end, each clock."""
    counted = sorted((repr(key), count) for key, count in (*day.hits.items(), *day.ends.items()))
    facts = (day.log, counted, day.hours, day.sales, day.faults, day.boots, day.broken)
    return f"{len(day.log)} lines {hashlib.sha256(repr(facts).encode()).hexdigest()}"


def days_elsewhere(times: int) -> subprocess.Popen[str]:
    """The same day so many times in a process of its own, where the hash seed can be set."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.simulation.test_same_twice", str(times)],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "0"},
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.slow
def test_a_day_is_the_same_twice_in_one_process_and_in_another() -> None:
    digests: list[str] = []
    running = [days_elsewhere(2), days_elsewhere(1)]
    try:
        for process in running:
            told, _ = process.communicate(timeout=WITHIN_S)
            assert process.returncode == 0
            digests += told.split("\n")[:-1]
    finally:
        for process in running:
            process.kill()
            process.wait()
    assert len(digests) == 3
    assert not digests[0].startswith("0 "), "a day without a line in its log proves nothing"
    assert set(digests) == {digests[0]}


if __name__ == "__main__":
    for _ in range(int(sys.argv[1])):
        print(digest(run_day(SEED)), flush=True)
