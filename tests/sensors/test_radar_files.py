"""Capture files: both byte orders, both units of time, both formats; damaged ones end with a word, not an exception."""

from __future__ import annotations

import random
import struct
from pathlib import Path

import pytest

from sensors.radar.capture_file import opened
from sensors.radar.frames import FrameReader, Link, LinkType
from sensors.radar.records import NoCapture, Record
from tests.sensors.radar_samples import captures, pcap, probe, records, request

AT_NS = 1_700_000_000_123_456_789
FRAMES = [probe(), probe(signal_dbm=-90), request(b"\0\0")]


def read(tmp_path: Path, data: bytes) -> tuple[list[Record], str]:
    """The records and why the reading ended early."""
    file = tmp_path / "file.pcap"
    file.write_bytes(data)
    with opened(file) as found:
        return list(found), found.broken


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("nano", [False, True])
@pytest.mark.parametrize("link", [127, 105, 119])
def test_pcap_of_either_order_and_unit(tmp_path: Path, order: str, nano: bool, link: int) -> None:
    found, broken = read(tmp_path, pcap(FRAMES, link, order=order, nano=nano, at_ns=AT_NS))
    first_ns = AT_NS if nano else AT_NS // 1000 * 1000
    assert broken == ""
    assert [one.frame for one in found] == FRAMES
    assert [one.at_ns for one in found] == [first_ns + number * 10**9 for number in range(3)]
    assert {one.link for one in found} == {Link(LinkType(link))}


def test_pcap_may_say_how_long_the_fcs_is(tmp_path: Path) -> None:
    found, _ = read(tmp_path, pcap([request(b"\0\0") + b"FCS!"], 105 | 0x0400_0000 | 2 << 28))
    assert found[0].link == Link(LinkType.BARE, 4)
    probe_read = FrameReader().read(*found[0])
    assert probe_read is not None
    assert probe_read.tagged == b"\0\0"


def test_a_snapshot_length_loses_the_end(tmp_path: Path) -> None:
    data = bytearray(pcap([probe()]))
    struct.pack_into("<I", data, 24 + 12, len(probe()) + 7)
    found, _ = read(tmp_path, bytes(data))
    assert found[0].lost == 7


# pcapng


def block(kind: int, body: bytes, order: str = "<") -> bytes:
    body += bytes(-len(body) % 4)
    length = struct.pack(order + "I", 12 + len(body))
    return struct.pack(order + "I", kind) + length + body + length


def section(order: str = "<") -> bytes:
    return block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1), order)


def option(code: int, value: bytes, order: str = "<") -> bytes:
    return struct.pack(order + "HH", code, len(value)) + value + bytes(-len(value) % 4)


def interface(link: int = 127, options: bytes = b"", order: str = "<", snapshot: int = 0) -> bytes:
    return block(1, struct.pack(order + "HHI", link, 0, snapshot) + options, order)


def packet(frame: bytes, units: int, number: int = 0, order: str = "<", lost: int = 0) -> bytes:
    head = struct.pack(order + "IIIII", number, units >> 32, units & 0xFFFFFFFF, len(frame), len(frame) + lost)
    return block(6, head + frame, order)


@pytest.mark.parametrize("order", "<>")
def test_pcapng_of_either_order(tmp_path: Path, order: str) -> None:
    data = section(order) + interface(order=order) + block(5, b"statistics", order)
    data += packet(FRAMES[0], AT_NS // 1000, order=order, lost=3)
    found, broken = read(tmp_path, data)
    assert (found, broken) == ([Record(Link(LinkType.RADIOTAP), AT_NS // 1000 * 1000, FRAMES[0], 3)], "")


def test_pcapng_times_and_interfaces(tmp_path: Path) -> None:
    """Nanoseconds, 1/1024 of a second, and seconds from another origin; an Ethernet interface is passed over."""
    data = section()
    data += interface(127, option(9, b"\x09")) + interface(105, option(9, b"\x8a") + option(13, b"\x04"))
    data += interface(1) + interface(
        119, option(9, b"\x00") + option(14, struct.pack("<q", 1_000_000)) + option(1, b"x")
    )
    data += packet(b"a", AT_NS, 0) + packet(b"b", 5 * 1024 + 512, 1) + packet(b"c", 1, 2) + packet(b"d", 7, 3)
    data += section(">") + interface(105, order=">") + packet(b"e", 8, 0, ">")
    found, broken = read(tmp_path, data)
    assert broken == ""
    assert found == [
        Record(Link(LinkType.RADIOTAP), AT_NS, b"a", 0),
        Record(Link(LinkType.BARE, 4), 5_500_000_000, b"b", 0),
        Record(Link(LinkType.PRISM), 1_000_007 * 10**9, b"d", 0),
        Record(Link(LinkType.BARE), 8_000, b"e", 0),
    ]


def test_pcapng_of_older_and_simpler_blocks(tmp_path: Path) -> None:
    data = section() + interface(snapshot=2)
    data += block(2, struct.pack("<HHIIII", 0, 0, 0, 9, 3, 5) + b"old") + block(3, struct.pack("<I", 4) + b"simp")
    found, _ = read(tmp_path, data)
    assert [(one.at_ns, one.frame, one.lost) for one in found] == [(9_000, b"old", 2), (0, b"si", 2)]


# What is no capture, or a damaged one


@pytest.mark.parametrize("data", [b"", b"\0", b"GIF89a", b"\xd4\xc3\xb2\xa1short"])
def test_what_is_no_capture_is_refused_in_two_languages(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(NoCapture) as refused:
        read(tmp_path, data)
    assert refused.value.ru != refused.value.en
    assert refused.value.ru.endswith(".")


@pytest.mark.parametrize("data", [pcap([], 1), section() + interface(1) + packet(b"ethernet", 1)])
def test_another_network_is_refused_by_its_number(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(NoCapture, match=r"link type 1\b"):
        read(tmp_path, data)


def test_a_file_may_end_anywhere(tmp_path: Path) -> None:
    ng = section() + interface() + packet(FRAMES[0], 1) + packet(FRAMES[1], 2)
    for whole, head in ((pcap(FRAMES), 24), (ng, 28)):
        everything, _ = read(tmp_path, whole)
        ends = 0
        for end in [*range(head, head + 60), *range(head + 60, len(whole), 7)]:
            found, broken = read(tmp_path, whole[:end])
            assert found == everything[: len(found)]
            ends += not broken
        assert ends <= len(everything) + 1, "only between two records it ends well"


@pytest.mark.parametrize(
    ("spoiled", "why"),
    [
        (pcap([])[:24] + struct.pack("<IIII", 0, 0, 0xFFFFFFFF, 60), "record_too_long"),
        (section() + interface() + struct.pack("<II", 6, 0xFFFFFFFC), "block_length"),
        (section() + interface() + struct.pack("<II", 6, 13) + b"x" * 20, "block_length"),
        (section() + interface() + block(6, b"short"), "block_too_short"),
        (section() + packet(b"of no interface", 1), "block_too_short"),
        (section() + interface() + block(6, struct.pack("<IIIII", 0, 0, 0, 999, 999)), "block_too_short"),
        (section()[:8] + b"\0\0\0\0" + section()[12:], "byte_order"),
    ],
)
def test_a_damaged_length_ends_the_reading_with_a_word(tmp_path: Path, spoiled: bytes, why: str) -> None:
    assert read(tmp_path, spoiled) == ([], why)


def test_bytes_of_real_files_may_be_anything(tmp_path: Path) -> None:
    rng = random.Random(7)
    heads = [file.read_bytes()[:3_000] for file in captures()]
    read_well = 0
    for _ in range(400):
        data = bytearray(rng.choice(heads))
        for _ in range(rng.choice((1, 5, 50))):
            data[rng.randrange(len(data))] = rng.randrange(256)
        try:
            found, _ = read(tmp_path, bytes(data))
        except NoCapture:
            continue
        read_well += bool(found)
    assert read_well > 100


def test_real_files_are_read_to_their_end() -> None:
    """One of scapy's own test files ends within a record, which is said."""
    broken = {}
    for file in captures():
        with opened(file) as found:
            assert sum(1 for _ in found) > 0
            broken[file.stem] = found.broken
    assert {name: why for name, why in broken.items() if why} == {"scapy_bad_rsn": "cut"}
    assert len(records(captures()[0])) == 1
