"""A recorded session with the ZVT simulator, judged by somebody else's eyes: Wireshark's ZVT dissector."""

from __future__ import annotations

import re
import shutil
import struct
import subprocess
from pathlib import Path

import pytest
from zvt_till import END_OF_DAY, REPEAT, SALE_10, STATUS, Bench, in_virtual_time

from drivers.links.link import Link
from drivers.links.memory import MemoryLink

TERMINAL_PORT, TILL_PORT = 20007, 40000
NOT_IN_WIRESHARK = ("0501", "0620")  # commands its dissector (4.0) does not know
REGISTER_TLV = "06 00 08 000000 8E 0978 06 00"


class Tap:
    """A link that remembers what passed, in order: (from the till?, bytes)."""

    def __init__(self, inner: Link) -> None:
        self._inner = inner
        self.passed: list[tuple[bool, bytes]] = []

    @property
    def address(self) -> str:
        return self._inner.address

    async def send(self, data: bytes) -> None:
        self.passed.append((True, data))
        await self._inner.send(data)

    async def receive(self) -> bytes:
        data = await self._inner.receive()
        self.passed.append((False, data))
        return data

    def take_back(self, data: bytes) -> None:
        self._inner.take_back(data)

    def cut(self) -> None:
        assert isinstance(self._inner, MemoryLink)
        self._inner.cut()


def pcap(passed: list[tuple[bool, bytes]]) -> bytes:
    """A capture file of raw IPv4: one TCP segment for each piece, sequence numbers running on."""
    said = {True: 1, False: 1}
    file = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101)
    for at, (from_till, data) in enumerate(passed):
        ports = (TILL_PORT, TERMINAL_PORT) if from_till else (TERMINAL_PORT, TILL_PORT)
        tcp = struct.pack(">HHIIBBHHH", *ports, said[from_till], said[not from_till], 0x50, 0x18, 8192, 0, 0)
        hosts = (b"\x0a\0\0\1", b"\x0a\0\0\2") if from_till else (b"\x0a\0\0\2", b"\x0a\0\0\1")
        ip = struct.pack(">BBHHHBBH", 0x45, 0, 40 + len(data), at, 0, 64, 6, 0) + b"".join(hosts)
        packet = ip + tcp + data
        file += struct.pack("<IIII", at, 0, len(packet), len(packet)) + packet
        said[from_till] += len(data)
    return file


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed (Debian: apt install tshark)")
def test_wireshark_reads_every_message_of_a_recorded_day(tmp_path: Path) -> None:
    bench = Bench()

    async def scenario() -> list[tuple[bool, bytes]]:
        async with bench.plug_in(register="") as till:
            tap = Tap(till.link)
            till.link = tap  # type: ignore[assignment]
            await till.run(REGISTER_TLV)
            await till.run(STATUS)
            await till.run(SALE_10)
            await till.run(REPEAT)
            await till.run("06 30 06 000000 87 0001")
            await till.run("06 31 0D 000000 04 000000000500 49 0978")
            await till.run(END_OF_DAY)
            return tap.passed

    file = tmp_path / "zvt.pcap"
    passed = in_virtual_time(scenario)
    file.write_bytes(pcap(passed))
    told = subprocess.run(
        ["tshark", "-r", str(file), "-d", f"tcp.port=={TERMINAL_PORT},zvt", "-V", "-O", "zvt"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout
    assert "Malformed" not in told
    read = [data[:2].hex() for _, data in passed if data[:2].hex() not in NOT_IN_WIRESHARK]
    assert told.count("ZVT APDU") == len(read)
    sent = [code for code in read if code != "8000"]
    assert re.findall(r"Control-field: .* \(0x([0-9a-f]{4})\)", told) == sent
    assert sent.count("040f") == 5  # sale, its repeat, reversal, refund, end of day
    for line in (
        "Password: 000000",
        "Config byte: 0x8e",
        "Terminal ID: 52500038",
        "Amount: 1000",
        "Result Code: 0x00",
        "Trace number: 000001",
        "Time: 12:00:00",
        "Date: 03/02",
        "Text line: Insert or hold card",
    ):
        assert line in told, line
    assert re.search(r"Card number: \d\d\?+\d{4}", told)
