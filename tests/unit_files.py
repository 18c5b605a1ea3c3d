"""What tests ask of the systemd units: their settings, systemd's own judgement, and how exposed they are."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[1] / "systemd"
ANALYZE = shutil.which("systemd-analyze")
needs_systemd = pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze is not installed (Debian: systemd)")


def analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    assert ANALYZE is not None
    return subprocess.run([ANALYZE, *arguments], capture_output=True, text=True, timeout=60, check=False)


def settings_of(unit: str) -> dict[str, list[str]]:
    """Each setting of a unit with its values, in order."""
    found: dict[str, list[str]] = {}
    for line in (FOLDER / unit).read_text("utf-8").splitlines():
        if line and line[0] not in "#[":
            name, _, value = line.partition("=")
            found.setdefault(name, []).append(value)
    return found


def stand_in(unit: str, folder: Path) -> Path:
    """The unit with a program that is there; every other word is its own."""
    text = re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", (FOLDER / unit).read_text("utf-8"), flags=re.MULTILINE)
    (folder / unit).write_text(text, "utf-8")
    return folder / unit


def must_stay_closed(unit: str, most: float) -> None:
    """0 is best, 10 worst. Skips by name where systemd cannot judge a file."""
    said = analyze("security", "--offline=true", "--no-pager", f"--threshold={round(most * 10)}", str(FOLDER / unit))
    exposure = re.search(r"exposure level for \S+: ([\d.]+)", said.stdout)
    if exposure is None:
        pytest.skip(f"only systemd 250 or newer judges files offline: {said.stderr.strip()[:80]}")
    assert said.returncode == 0, said.stdout[-3000:]
    assert float(exposure[1]) <= most
