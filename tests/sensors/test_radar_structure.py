"""What the radar may never do, as laws of its sources and of its units: transmit, or let somebody else import scapy."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
from source_words import imports_of, names_of
from unit_files import analyze, must_stay_closed, needs_systemd, settings_of, stand_in

ROOT = Path(__file__).resolve().parents[2]
SHARED = [ROOT / "sensors" / f"{name}.py" for name in ("notify", "memory_place", "salt")]
"""What the radar uses together with the other programs of the sensors."""
RADAR = [*sorted((ROOT / "sensors" / "radar").rglob("*.py")), *SHARED]
HOUSE = [
    file
    for floor in ("agent", "cloud_api", "drivers", "fiscal", "sensors", "sync")
    for file in (ROOT / floor).rglob("*.py")
]
LISTENER = ROOT / "sensors" / "radar" / "capture.py"
TELLERS = {"teller.py": {"send"}, "notify.py": {"sendto"}}
"""Who sends at all, and by which call: to the agent's Unix socket, to systemd's."""
SENDING = {
    *("send", "sendp", "sendpfast", "sendto", "sendmsg", "sendall", "sendfile", "inject", "fuzz"),
    *("sr", "sr1", "srp", "srp1", "srloop", "srploop", "srflood"),
    *("L2socket", "L3socket", "L2Socket", "L3RawSocket"),
}
PURE = (
    "elements",
    "frames",
    "prism",
    "radiotap",
    "records",
    "signature",
    "tally",
    "hearing",
    "pcap_file",
    "pcapng_file",
)
"""Rooms without files, clock or randomness of their own: what they need is given to them."""
IMPURE = {
    "os",
    "io",
    "time",
    "random",
    "secrets",
    "socket",
    "subprocess",
    "threading",
    "asyncio",
    "anyio",
    "pathlib",
    "logging",
}
UNITS = {"tillkeeper-radar.service": 1.5, "tillkeeper-radar-monitor.service": 1.1, "tillkeeper-radar-hop.service": 1.1}


@pytest.mark.parametrize("file", RADAR, ids=lambda file: file.name)
def test_the_radar_never_transmits(file: Path) -> None:
    assert names_of(file) & SENDING <= TELLERS.get(file.name, set())


def test_who_sends_knows_unix_sockets_only() -> None:
    for name in TELLERS:
        (file,) = (one for one in RADAR if one.name == name)
        assert "scapy" not in imports_of(file)
        families = set(re.findall(r"AF_\w+", file.read_text(encoding="utf-8")))
        assert families <= {"AF_UNIX"}
        assert "connect_tcp" not in names_of(file)


def test_scapy_is_imported_in_one_file_of_the_house() -> None:
    assert [file for file in HOUSE if "scapy" in imports_of(file)] == [LISTENER]
    imported = [file for file in HOUSE if "sensors.radar.capture import" in file.read_text(encoding="utf-8")]
    assert [file.name for file in imported] == ["program.py"]


def test_the_listener_opens_scapys_listening_socket_and_nothing_else() -> None:
    tree = ast.parse(LISTENER.read_text(encoding="utf-8"))
    attributes = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    conf = {node.attr for node in attributes if isinstance(node.value, ast.Name) and node.value.id == "conf"}
    assert conf == {"L2listen", "bufsize", "ifaces"}


@pytest.mark.parametrize("room", PURE)
def test_pure_rooms_are_pure(room: str) -> None:
    assert not imports_of(ROOT / "sensors" / "radar" / f"{room}.py") & IMPURE


def test_the_salts_arithmetic_is_pure_too() -> None:
    assert not imports_of(ROOT / "sensors" / "salt.py") & IMPURE


def test_the_wire_stands_on_msgspec_alone() -> None:
    assert imports_of(ROOT / "sensors" / "framed.py") <= {"__future__", "struct", "typing", "msgspec"}
    messages = ROOT / "sensors" / "radar_messages.py"
    assert imports_of(messages) <= {"__future__", "enum", "msgspec", "sensors"}
    assert re.findall(r"^from (sensors\S*)", messages.read_text(encoding="utf-8"), re.MULTILINE) == ["sensors.framed"]
    said = subprocess.run(
        [sys.executable, "-c", "import sys, sensors.radar_messages, sensors.radar.read; print(sorted(sys.modules))"],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert "scapy" not in said.stdout
    assert "numpy" not in said.stdout


# The units


@needs_systemd
@pytest.mark.parametrize("unit", UNITS)
def test_systemd_finds_no_fault(unit: str, tmp_path: Path) -> None:
    copies = {other: stand_in(other, tmp_path) for other in UNITS}
    said = analyze("verify", "--man=no", str(copies[unit]))
    about_us = [line for line in (said.stdout + said.stderr).splitlines() if "tillkeeper-radar" in line]
    assert (said.returncode, about_us) == (0, [])


@needs_systemd
@pytest.mark.parametrize("unit", UNITS)
def test_a_unit_stays_closed(unit: str) -> None:
    must_stay_closed(unit, UNITS[unit])


@pytest.mark.parametrize("unit", UNITS)
def test_a_unit_has_one_capability_and_no_device(unit: str) -> None:
    said = settings_of(unit)
    allowed = "CAP_NET_RAW" if unit == "tillkeeper-radar.service" else "CAP_NET_ADMIN"
    assert said["CapabilityBoundingSet"] == said["AmbientCapabilities"] == [allowed]
    assert said["NoNewPrivileges"] == said["PrivateDevices"] == said["MemoryDenyWriteExecute"] == ["yes"]
    assert said["ProtectSystem"] == ["strict"]
    assert said["IPAddressDeny"] == ["any"], "no packet of IP leaves it, whatever it does"
    assert "AF_INET6" not in said["RestrictAddressFamilies"][0]
    assert ("AF_PACKET" in said["RestrictAddressFamilies"][0]) == (allowed == "CAP_NET_RAW")


def test_the_radars_salt_stays_in_memory_over_a_restart_and_goes_with_a_stop() -> None:
    said = settings_of("tillkeeper-radar.service")
    assert said["RuntimeDirectory"] == ["tillkeeper-radar"]
    assert said["RuntimeDirectoryPreserve"] == ["restart"]
    assert said["RuntimeDirectoryMode"] == ["0700"]
    assert said["MemorySwapMax"] == said["LimitCORE"] == ["0"]
    assert "StateDirectory" not in said
    assert "LogsDirectory" not in said


def test_the_radar_is_watched_and_sees_nothing_of_the_agents() -> None:
    said = settings_of("tillkeeper-radar.service")
    assert said["Type"] == ["notify"]
    assert int(said["WatchdogSec"][0]) <= 60
    assert said["Restart"] == ["always"]
    assert said["InaccessiblePaths"] == ["-/etc/tillkeeper -/var/lib/tillkeeper -/var/lib/tillkeeper-keys"]
    agent = settings_of("tillkeeper-agent.service")
    assert agent["User"] == said["SupplementaryGroups"], "the group of the agent's runtime directory"
    assert not [line for line in agent.get("After", []) + agent.get("Wants", []) if "radar" in line], (
        "the till waits for none"
    )


@pytest.mark.parametrize("unit", UNITS)
def test_the_commands_of_the_units_exist(unit: str) -> None:
    """Their options are those of the program."""
    words = settings_of(unit)["ExecStart"][0].split()
    assert words[1:3] == ["-m", "sensors.radar"]
    said = subprocess.run([sys.executable, *words[1:4], "--help"], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert said.returncode == 0
    for option in (word for word in words if word.startswith("--")):
        assert option in said.stdout
