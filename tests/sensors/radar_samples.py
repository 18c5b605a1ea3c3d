"""Frames for the radar's tests: real ones from ../shared, and ones put together byte by byte."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from sensors.radar.capture_file import opened
from sensors.radar.frames import Link, LinkType
from sensors.radar.records import Record

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "captures"
FILES = sorted(SHARED.glob("*.*cap")) if SHARED.is_dir() else []
RADIOTAP, BARE, PRISM = Link(LinkType.RADIOTAP), Link(LinkType.BARE), Link(LinkType.PRISM)
SOURCE = bytes.fromhex("da a1 19 63 32 22")
SECRET_NAME = b"Kafe u mamy"
ELEMENTS = bytes.fromhex(
    "01 04 02 04 0b 16"  # rates
    "32 08 0c 12 18 24 30 48 60 6c"
    "03 01 06"  # channel 6
    "2d 1a 2d 40 1b ff 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00"
    "7f 08 00 00 08 04 00 00 00 40"
    "ff 1c 23 01 08 08 18 00 80 20 30 02 00 0d 00 9f 08 00 00 00 fd ff fd ff 39 1c c7 71 1c 07"
    "dd 07 00 50 f2 08 00 13 00"
)


def captures() -> list[Path]:
    """Every capture of ../shared; a test without them is skipped by that name."""
    if not FILES:
        pytest.skip("the captures of ../shared are not here")
    return FILES


def capture(name: str) -> Path:
    found = [file for file in captures() if name in file.name]
    assert len(found) == 1, name
    return found[0]


def records(file: Path, most: int = 1 << 30) -> list[Record]:
    with opened(file) as read:
        return [record for record, _ in zip(read, range(most), strict=False)]


def ssid(name: bytes = SECRET_NAME) -> bytes:
    return bytes([0, len(name)]) + name


def request(
    tagged: bytes, *, source: bytes = SOURCE, sequence: int = 1237, first: int = 0x40, flags: int = 0, more: bytes = b""
) -> bytes:
    """A bare 802.11 frame."""
    head = struct.pack("<BBH6s6s6sH", first, flags, 0, b"\xff" * 6, source, b"\xff" * 6, sequence << 4)
    return head + more + tagged


def radiotap(signal_dbm: int = -61, flags: int = 0) -> bytes:
    """The short header of an ESP32: flags, rate, signal."""
    return struct.pack("<BBHIBBb", 0, 0, 11, 1 << 1 | 1 << 2 | 1 << 5, flags, 2, signal_dbm)


def probe(
    name: bytes = SECRET_NAME, *, signal_dbm: int = -61, source: bytes = SOURCE, elements: bytes = ELEMENTS
) -> bytes:
    """A whole frame with its radiotap header."""
    return radiotap(signal_dbm) + request(ssid(name) + elements, source=source)


def pcap(frames: list[bytes], link: int = 127, *, order: str = "<", nano: bool = False, at_ns: int = 10**18) -> bytes:
    """A capture file; one frame a second."""
    magic = 0xA1B23C4D if nano else 0xA1B2C3D4
    data = struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 65535, link)
    for number, frame in enumerate(frames):
        seconds, rest = divmod(at_ns + number * 10**9, 10**9)
        data += struct.pack(order + "IIII", seconds, rest if nano else rest // 1000, len(frame), len(frame)) + frame
    return data
