"""The units, rules and accounts for store IT: systemd itself finds no fault, and they stay as closed as they are."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from unit_files import FOLDER, analyze, must_stay_closed, needs_systemd, settings_of, stand_in

MOST_EXPOSED = {"tillkeeper-agent.service": 1.5, "tillkeeper-hq.service": 0.9, "tillkeeper-association.service": 1.3}
UNITS = sorted(MOST_EXPOSED)


@needs_systemd
@pytest.mark.parametrize("unit", UNITS)
def test_systemd_finds_no_fault(unit: str, tmp_path: Path) -> None:
    """The programs are installed elsewhere, so a stand-in takes their place; every other word is the unit's own."""
    said = analyze("verify", "--man=no", str(stand_in(unit, tmp_path)))
    about_us = [line for line in (said.stdout + said.stderr).splitlines() if unit in line]
    assert (said.returncode, about_us) == (0, [])


@needs_systemd
@pytest.mark.parametrize("unit", UNITS)
def test_a_unit_stays_closed(unit: str) -> None:
    must_stay_closed(unit, MOST_EXPOSED[unit])


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
    shutil.which("systemd-sysusers") is None, reason="no systemd-sysusers: apt install systemd (Debian)"
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
        pytest.skip("systemd-sysusers of systemd 250 or newer has --dry-run, this one not")
    assert said.returncode == 0, said.stderr
    assert "tillkeeper-devices" in said.stdout + said.stderr
