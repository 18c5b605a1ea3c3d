"""The units, rules and accounts for store IT: systemd itself finds no fault, and they stay as closed as they are."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "systemd"
MOST_EXPOSED = {"tillkeeper-agent.service": 1.5, "tillkeeper-hq.service": 0.9, "tillkeeper-association.service": 1.3}
ANALYZE = shutil.which("systemd-analyze")
needs_systemd = pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze is not installed (Debian: systemd)")
UNITS = sorted(MOST_EXPOSED)


def analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    assert ANALYZE is not None
    return subprocess.run([ANALYZE, *arguments], capture_output=True, text=True, timeout=60, check=False)


def settings_of(unit: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in (FOLDER / unit).read_text("utf-8").splitlines():
        if line and line[0] not in "#[":
            name, _, value = line.partition("=")
            found.setdefault(name, []).append(value)
    return found


@needs_systemd
@pytest.mark.parametrize("unit", UNITS)
def test_systemd_finds_no_fault(unit: str, tmp_path: Path) -> None:
    """The programs are installed elsewhere, so a stand-in takes their place; every other word is the unit's own."""
    text = re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", (FOLDER / unit).read_text("utf-8"), flags=re.MULTILINE)
    (tmp_path / unit).write_text(text, "utf-8")
    said = analyze("verify", "--man=no", str(tmp_path / unit))
    about_us = [line for line in (said.stdout + said.stderr).splitlines() if unit in line]
    assert (said.returncode, about_us) == (0, [])


@needs_systemd
@pytest.mark.parametrize("unit", UNITS)
def test_a_unit_stays_closed(unit: str) -> None:
    limit = round(MOST_EXPOSED[unit] * 10)
    said = analyze("security", "--offline=true", "--no-pager", f"--threshold={limit}", str(FOLDER / unit))
    exposure = re.search(r"exposure level for \S+: ([\d.]+)", said.stdout)
    if exposure is None:
        pytest.skip(f"this systemd-analyze cannot judge files offline: {said.stderr.strip()[:120]}")
    assert said.returncode == 0, said.stdout[-3000:]
    assert float(exposure[1]) <= MOST_EXPOSED[unit]


@pytest.mark.parametrize("unit", UNITS)
def test_a_unit_tells_when_it_is_ready_is_watched_and_comes_back(unit: str) -> None:
    said = settings_of(unit)
    assert said["Type"] == ["notify"]
    assert int(said["WatchdogSec"][0]) <= 60
    assert said["Restart"] == ["always"]
    assert said["CapabilityBoundingSet"] == [""]
    assert said["NoNewPrivileges"] == ["yes"]
    assert said["ProtectSystem"] == ["strict"]


def test_the_agent_may_open_serial_devices_and_no_disk() -> None:
    said = settings_of("tillkeeper-agent.service")
    assert {"char-ttyACM rw", "char-ttyUSB rw"} <= set(said["DeviceAllow"])
    assert not [device for device in said["DeviceAllow"] if device.startswith("block")]
    assert said["StateDirectory"] == ["tillkeeper tillkeeper-keys"]
    rules = (FOLDER / "70-tillkeeper.rules").read_text("utf-8")
    assert 'SUBSYSTEM!="tty", GOTO="tillkeeper_end"' in rules
    assert "block" not in rules


def test_the_accounts_are_those_the_agent_uses() -> None:
    said = settings_of("tillkeeper-agent.service")
    accounts = (FOLDER / "tillkeeper.sysusers.conf").read_text("utf-8")
    assert re.search(rf"^u {said['User'][0]} ", accounts, re.MULTILINE)
    assert re.search(rf"^g {said['SupplementaryGroups'][0]} ", accounts, re.MULTILINE)
    assert f'GROUP="{said["SupplementaryGroups"][0]}"' in (FOLDER / "70-tillkeeper.rules").read_text("utf-8")


@pytest.mark.skipif(
    shutil.which("systemd-sysusers") is None, reason="systemd-sysusers is not installed (Debian: systemd)"
)
def test_sysusers_reads_the_accounts(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    said = subprocess.run(
        ["systemd-sysusers", f"--root={tmp_path}", "--dry-run", str(FOLDER / "tillkeeper.sysusers.conf")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if "--dry-run" in said.stderr:
        pytest.skip("this systemd-sysusers has no --dry-run (systemd 250 or newer has it)")
    assert said.returncode == 0, said.stderr
    assert "tillkeeper-devices" in said.stdout + said.stderr
