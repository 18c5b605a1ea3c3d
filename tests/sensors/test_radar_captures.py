"""On every capture of ../shared the radar reads what scapy and tshark read: address, sequence, signal, element ids."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from sensors.radar.frames import FrameReader, Left, Probe
from tests.sensors.radar_samples import FILES, captures, pcap, records

CAMPAIGN = os.environ.get("TILLKEEPER_CAMPAIGN") == "1"
A_SHARE = 1 if CAMPAIGN else 12
"""scapy takes a millisecond a frame: each twelfth, and all of them in the campaign."""
Read = tuple[str, int, int | None, tuple[int, ...]]
"""Address, sequence, first dBm signal, element ids."""
TSHARK = shutil.which("tshark")
needs_tshark = pytest.mark.skipif(TSHARK is None, reason="tshark is not installed")
every_capture = pytest.mark.parametrize("file", FILES or [Path("none")], ids=lambda file: file.stem)


def ours(file: Path) -> tuple[dict[int, Read], FrameReader]:
    """By the frame's number, from 1."""
    reader = FrameReader()
    found = {}
    for number, record in enumerate(records(file), 1):
        probe = reader.read(record.link, record.at_ns, record.frame, record.lost)
        if probe is not None:
            found[number] = as_read(probe)
    return found, reader


def as_read(probe: Probe) -> Read:
    return probe.source.hex(":"), probe.sequence, probe.signal_dbm, probe.ids


def tshark(file: Path) -> dict[int, tuple[Read, str]]:
    """What tshark reads, and the time as it prints it."""
    assert TSHARK is not None
    fields = ["frame.number", "frame.time_epoch", "wlan.ta", "wlan.seq", "radiotap.dbm_antsignal", "wlan.tag.number"]
    command = [TSHARK, "-r", str(file), "-Y", "wlan.fc.type_subtype==4", "-T", "fields", "-E", "separator=|"]
    said = subprocess.run(
        [*command, *(word for field in fields for word in ("-e", field))], capture_output=True, text=True, timeout=120
    )
    found = {}
    for line in said.stdout.splitlines():
        number, at, source, sequence, signals, tags = line.split("|")
        signal = int(signals.split(",")[0]) if signals else None
        ids = tuple(int(tag, 0) for tag in tags.split(",") if tag)
        found[int(number)] = ((source, int(sequence), signal, ids), at)
    return found


@every_capture
@needs_tshark
def test_read_as_tshark_reads(file: Path) -> None:
    captures()
    found, _ = ours(file)
    theirs = tshark(file)
    assert found == {number: read for number, (read, _) in theirs.items()}
    times = {number: record.at_ns for number, record in enumerate(records(file), 1) if number in found}
    assert {n: f"{at // 10**9}.{at % 10**9:09d}" for n, at in times.items()} == {n: at for n, (_, at) in theirs.items()}


def scapy_reads(link: int, frame: bytes) -> Read | None:
    from scapy.layers.dot11 import Dot11, Dot11Elt, Dot11FCS, PrismHeader, RadioTap

    first: dict[int, Any] = {127: RadioTap, 105: Dot11, 119: PrismHeader}
    packet = first[link](frame)
    dot11 = packet.getlayer(Dot11FCS) or packet.getlayer(Dot11)
    if dot11 is None or (dot11.type, dot11.subtype) != (0, 4):
        return None
    ids, element = [], packet.getlayer(Dot11Elt)
    while isinstance(element, Dot11Elt):
        ids.append(element.ID)
        element = element.payload
    signal = packet.dBm_AntSignal if link == 127 else None
    return dot11.addr2, dot11.SC >> 4, signal, tuple(ids)


@every_capture
def test_read_as_scapy_reads(file: Path) -> None:
    pytest.importorskip("scapy", reason="scapy is not installed: make venv")
    from scapy.utils import RawPcapNgReader, RawPcapReader

    captures()
    found, _ = ours(file)
    mine = records(file)
    ng = file.read_bytes()[:4] == b"\x0a\x0d\x0d\x0a"
    with (RawPcapNgReader if ng else RawPcapReader)(str(file)) as reader:
        theirs = [frame for frame, _ in reader]
    assert [record.frame for record in mine] == theirs[: len(mine)]
    compared = 0
    for number in range(1, len(mine) + 1, A_SHARE):
        record = mine[number - 1]
        assert scapy_reads(record.link.kind, record.frame) == found.get(number), number
        compared += 1
    assert compared


def test_nothing_real_is_left_for_a_wrong_reason() -> None:
    """Every frame that is no probe is another frame, and no real one is damaged."""
    probes = 0
    for file in captures():
        found, reader = ours(file)
        assert {why for why, count in reader.left.items() if count} <= {Left.OTHER, Left.SHORT}
        probes += len(found)
    assert probes == 20_919


@needs_tshark
def test_headers_of_the_tables_are_read_as_tshark_reads(tmp_path: Path) -> None:
    """The byte tables of test_radar_headers.py, judged by somebody else."""
    from test_radar_headers import HEADERS

    cases = [case for case in HEADERS if case.tshark]
    file = tmp_path / "tables.pcap"
    file.write_bytes(pcap([case.frame for case in cases]))
    found, _ = ours(file)
    assert len(found) == len(cases) > 10
    theirs = tshark(file)
    for number, case in enumerate(cases, 1):
        assert found[number] == theirs[number][0], case.name
