"""The long run of simulated days as a process beside the other tests, at the lowest priority.

Most tests keep one core busy or wait for a browser; the days take what is left, and are waited for at the end.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DAYS = int(os.environ.get("TILLKEEPER_DAYS", "200"))
"""Fewer for a first look; then nobody is asked for the coverage of all cells."""
FIRST = int(os.environ.get("TILLKEEPER_FIRST_DAY", "1"))
WITHIN_S = 3600.0
LOWEST = 19


class LongDays:
    """Its output goes to files: a pipe that nobody reads would stop it."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self._told, self._complained = (Path(self._folder.name) / name for name in ("told", "complained"))
        command = [sys.executable, "-m", "tests.simulation", str(DAYS), str(FIRST), "--nice", str(LOWEST)]
        with self._told.open("w") as told, self._complained.open("w") as complained:
            self._process = subprocess.Popen(
                command,
                cwd=ROOT,
                env={**os.environ, "PYTHONHASHSEED": "0"},
                stdin=subprocess.DEVNULL,
                stdout=told,
                stderr=complained,
                process_group=0,  # not a session of its own: Linux would give that a full share, whatever its priority
            )

    def ended(self) -> tuple[int, str, str]:
        """Exit code, output, errors; waits for the end."""
        code = self._process.wait(WITHIN_S)
        return code, self._told.read_text(), self._complained.read_text()

    def stop(self) -> None:
        """Nobody waits for it any more: it ends with its own workers."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._folder.cleanup()
