"""The long run of simulated days as a process beside the other tests, at the lowest priority.

Many tests wait for a browser or a disk; the days take what is left, and are waited for at the end. The session that
was asked for starts and ends them; the test that judges them may run in another process, so it reads their folder.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DAYS = int(os.environ.get("TILLKEEPER_DAYS", "200"))
"""Fewer for a first look; then nobody is asked for the coverage of all cells."""
FIRST = int(os.environ.get("TILLKEEPER_FIRST_DAY", "1"))
WITHIN_S = 3600.0
LOOKS_EVERY_S = 0.5
LOWEST = 19
TOLD, COMPLAINED, ENDED = "told", "complained", "ended"


class LongDays:
    """Its output goes to files: a pipe that nobody reads would stop it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        command = [sys.executable, "-m", "tests.simulation", str(DAYS), str(FIRST), "--nice", str(LOWEST)]
        with (folder / TOLD).open("w") as told, (folder / COMPLAINED).open("w") as complained:
            self._process = subprocess.Popen(
                command,
                cwd=ROOT,
                env={**os.environ, "PYTHONHASHSEED": "0"},
                stdin=subprocess.DEVNULL,
                stdout=told,
                stderr=complained,
                process_group=0,  # not a session of its own: Linux would give that a full share, whatever its priority
            )
        self._noting = threading.Thread(target=self._note_the_end)
        self._noting.start()

    def _note_the_end(self) -> None:
        code = self._process.wait()
        written = self._folder / "ending"
        written.write_text(str(code))
        written.rename(self._folder / ENDED)

    def stop(self) -> None:
        """Nobody waits for it any more: it ends with its own workers."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._noting.join()


def made_folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="tillkeeper-days-")


def ended(folder: Path) -> tuple[int, str, str]:
    """Exit code, output, errors; waits for the end."""
    until = time.monotonic() + WITHIN_S
    while not (folder / ENDED).exists():
        if time.monotonic() > until:
            raise TimeoutError(f"the days did not end within {WITHIN_S:.0f} s: {(folder / TOLD).read_text()[-2_000:]}")
        time.sleep(LOOKS_EVERY_S)
    return int((folder / ENDED).read_text()), (folder / TOLD).read_text(), (folder / COMPLAINED).read_text()
