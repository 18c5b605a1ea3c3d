"""The real demo for browser tests: every program of it runs, the devices are simulated, all on loopback."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LONG_MS = 45_000
"""A card takes five seconds, a terminal that lost its power ten more, on a machine that nine others use."""


class Demo:
    """A demo shop's addresses."""

    def __init__(self, lines: list[str], data: Path) -> None:
        self._config = data / "tillkeeper.toml"
        told = "\n".join(lines)
        self.till = re.search(r"till 1\s+(\S+)", told)[1]  # type: ignore[index]
        self.kiosk = re.search(r"kiosk\s+(\S+)", told)[1]  # type: ignore[index]
        self.bench = re.search(r"bench\s+(\S+)", told)[1]  # type: ignore[index]
        self.office = re.search(r"office\s+(\S+)", told)[1]  # type: ignore[index]

    @contextmanager
    def configured(self, section: str, *lines: str) -> Iterator[None]:
        """The agent with a few more lines of configuration, which it reads when it starts; afterwards without them."""
        before = self._config.read_text(encoding="utf-8")
        assert section in before
        self._restart(before.replace(section, "\n".join((section, *lines)), 1))
        try:
            yield
        finally:
            self._restart(before)

    def _restart(self, config: str) -> None:
        self.order("agent", "power off")
        self._config.write_text(config, encoding="utf-8")
        self.order("agent", "power on")

    def messages(self) -> list[dict[str, str]]:
        """What the shop sent to phones and mailboxes, newest first, as the bench shows it."""
        with urllib.request.urlopen(self.bench.replace("/bench", "/api/bench"), timeout=30) as answer:
            told: list[dict[str, str]] = json.load(answer)["messages"]
        return told

    def order(self, device: str, command: str) -> None:
        url = self.bench.replace("/bench", f"/api/bench/{device}")
        told = json.dumps({"command": command}).encode()
        with urllib.request.urlopen(urllib.request.Request(url, told), timeout=30) as answer:
            assert json.load(answer)["done"] is True

    def ledger(self, device: str) -> list[str]:
        """What truly happened in a device, oldest first."""
        with urllib.request.urlopen(self.bench.replace("/bench", "/api/bench"), timeout=30) as answer:
            rows = json.load(answer)["ledger"]
        return [row["event"] for row in reversed(rows) if row["device"] == device]


@contextmanager
def running_demo(data: Path, *options: str) -> Iterator[Demo]:
    """Started as a newcomer does, on free ports; ended by Ctrl-C, which it must do cleanly."""
    ports = ("--port", "0", "--hq-port", "0")
    command = [sys.executable, "-m", "agent", "demo", *ports, "--data", str(data), *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert process.stdout is not None
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line)
        if "Ctrl-C" in line:
            break
    yield Demo(lines, data)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=30) == 0
