"""Headers before a frame, byte by byte: radiotap's bitmaps, alignment, vendors and antennas; Prism and AVS."""

from __future__ import annotations

import struct
from typing import NamedTuple

import pytest

from sensors.radar import prism
from sensors.radar.frames import FrameReader, Left, Link, LinkType
from sensors.radar.radiotap import Damaged, Layouts, layout_of
from tests.sensors.radar_samples import BARE, ELEMENTS, PRISM, RADIOTAP, SOURCE, request, ssid

BODY = request(ssid() + ELEMENTS)


class Case(NamedTuple):
    """`header`: without version, padding and length.

    `tshark`: it agrees (4.0 knows no TLVs, and gives up at a vendor's second word).
    """

    name: str
    header: str
    signal_dbm: int | None
    flags: int | None
    tshark: bool = True

    @property
    def frame(self) -> bytes:
        rest = bytes.fromhex(self.header)
        fcs = b"\x12\x34\x56\x78" if self.flags is not None and self.flags & 0x10 else b""
        return struct.pack("<BBH", 0, 0, 4 + len(rest)) + rest + BODY + fcs


HEADERS = [
    Case("nothing at all", "00000000", None, None),
    Case("signal alone", "20000000 b0", -80, None),
    Case("flags and signal", "22000000 00 c4", -60, 0x00),
    Case("the FCS is at the end", "22000000 10 c4", -60, 0x10),
    Case("the time lies at eight already", "23000000 0102030405060708 10 d0", -48, 0x10),
    Case("the time is aligned to eight", "23000080 00000000 00000000 0102030405060708 10 d1", -47, 0x10),
    Case("channel aligned to two after flags and rate", "2e000000 00 02 6c09 a000 d8", -40, 0x00),
    Case("channel aligned to two after flags alone: a byte of padding", "2a000000 00 00 6c09 a000 d8", -40, 0x00),
    Case("FHSS before the signal", "32000000 00 00 0102 d9", -39, 0x00),
    Case("ath9k: two antennas, each with a word of its own",
         "2f4000a0 200800a0 20080000 5622160000000000 10 02 8509 a000 aa 00 0000 a7 00 a9 01", -86, 0x10),
    Case("signal in the second word only, begun anew by bit 29", "020000a0 20080000 00 c1 00", -63, 0x00),
    Case("without bit 29 a second word's bit 5 is field 37, which nobody defined", "02000080 20000000 00 c1",
         None, 0x00),
    Case("an empty second word", "22000080 00000000 00 c5", -59, 0x00),
    Case("a vendor's field behind the signal", "220000c0 01000000 00 c6 001122 07 0400 deadbeef", -58, 0x00),
    Case("a vendor's field between: OUI, sub-space, four bytes skipped, then radiotap again",
         "020000c0 010000a0 20000000 10 00 001122 07 0400 deadbeef c7", -57, 0x10),
    Case("a vendor's field of odd length leaves the next one unaligned",
         "020000c0 010000a0 20000000 00 00 001122 07 0300 deadbe c8", -56, 0x00),
    Case("two words of one vendor", "020000c0 01000080 020000a0 20000000 00 00 001122 07 0200 beef c9", -55, 0x00,
         tshark=False),
    Case("a signal above zero", "20000000 05", 5, None),
    Case("the strongest there is", "20000000 7f", 127, None),
    Case("noise is not the signal", "60000000 b0 a0", -80, None),
    Case("HT rates, A-MPDU and VHT behind the signal",
         "22003800 00 b1 000000 000000 0000000000000000 000000000000000000000000", -79, 0x00),
    Case("typed fields: the signal as one of them", "00000010 0500 0100 bd000000", -67, None, tshark=False),
    Case("typed fields: another before it", "02000010 00 000000 2100 0300 01020300 0500 0100 be000000",
         -66, 0x00, tshark=False),
]  # fmt: skip


def read(frame: bytes, link: Link = RADIOTAP) -> tuple[object, FrameReader]:
    reader = FrameReader()
    return reader.read(link, 0, frame), reader


@pytest.mark.parametrize("case", HEADERS, ids=lambda case: case.name)
def test_a_header_as_the_specification_lays_it_out(case: Case) -> None:
    layout = layout_of(case.frame)
    flags = None if layout.flags_at < 0 else case.frame[layout.flags_at]
    assert flags == case.flags
    probe = FrameReader().read(RADIOTAP, 7, case.frame)
    assert probe is not None
    assert (probe.at_ns, probe.signal_dbm, probe.source, probe.sequence) == (7, case.signal_dbm, SOURCE, 1237)
    assert probe.tagged == ssid() + ELEMENTS, "the FCS is no element"


@pytest.mark.parametrize("case", HEADERS, ids=lambda case: case.name)
def test_remembered_layouts_are_the_same(case: Case) -> None:
    """Whatever was remembered from the other headers."""
    layouts = Layouts()
    for other in [*HEADERS, *reversed(HEADERS)]:
        assert layouts.of(other.frame) == layout_of(other.frame)
    assert layouts.of(case.frame) == layout_of(case.frame)


def test_a_vendors_length_is_read_each_time() -> None:
    """Two frames with the same words and the same length, whose vendor's fields differ in theirs."""
    case = next(case for case in HEADERS if "four bytes skipped" in case.name)
    short = case._replace(header=case.header.replace("0400 deadbeef c7", "0400 deadbeef c7 0000"))
    longer = case._replace(header=case.header.replace("0400 deadbeef c7", "0600 deadbeef0000 c7"))
    reader = FrameReader()
    found = [reader.read(RADIOTAP, 0, one.frame) for one in (short, longer, short)]
    assert [one and one.signal_dbm for one in found] == [-57, -57, -57]


@pytest.mark.parametrize(
    "header",
    [
        "",
        "00",
        "0000 0800 0000",
        "0100 0800 00000000",
        "0000 0700 00000000",
        "0000 0000 00000000",
        "0000 ffff 00000000",
        "0000 0800 00000080",
        "0000 0800 20000000",
        "0000 0a00 03000000 0000",
        "0000 0900 000000c0 00",
        "0000 1200 000000c0 00000000 00112207ffff",
        "0000 0c00 00000010 0500ff7f",
    ],
    ids=lambda text: text or "empty",
)
def test_a_header_that_contradicts_itself_is_counted(header: str) -> None:
    frame = bytes.fromhex(header)
    with pytest.raises(Damaged):
        layout_of(frame)
    probe, reader = read(frame)
    assert probe is None
    assert reader.left[Left.RADIO_HEADER] == 1


def test_present_words_without_end_end() -> None:
    words = b"\xff\xff\xff\xff" * 10_000
    frame = struct.pack("<BBH", 0, 0, 40_004) + words + BODY
    probe, reader = read(frame)
    assert (probe, reader.left[Left.RADIO_HEADER]) == (None, 1)


def test_a_frame_the_radio_calls_damaged_is_left() -> None:
    damaged = bytes.fromhex("0000 0a00 22000000 50 c4") + BODY + bytes(4)
    probe, reader = read(damaged)
    assert (probe, reader.left[Left.BAD_FCS]) == (None, 1)


def test_an_fcs_that_the_capture_cut_off_is_not_cut_again() -> None:
    """A snapshot length took two of its four bytes, then all."""
    frame = bytes.fromhex("0000 0a00 22000000 10 c4") + BODY + b"\xaa\xbb\xcc\xdd"
    for lost in range(6):
        probe = FrameReader().read(RADIOTAP, 0, frame[: len(frame) - lost] if lost < 4 else frame[:-4], lost)
        assert probe is not None
        assert probe.tagged == ssid() + ELEMENTS


def test_bare_frames_have_the_fcs_the_file_says() -> None:
    for fcs in (0, 4):
        probe = FrameReader().read(Link(LinkType.BARE, fcs), 0, BODY + bytes(fcs))
        assert probe is not None
        assert (probe.tagged, probe.signal_dbm) == (ssid() + ELEMENTS, None)


def test_what_is_no_probe_request_is_left_by_reason() -> None:
    reader = FrameReader()
    for first in (0x50, 0x80, 0x08, 0x41, 0x44, 0xD4):
        assert reader.read(BARE, 0, request(b"", first=first)) is None
    assert reader.left[Left.OTHER] == 6
    assert reader.read(BARE, 0, request(b"", flags=0x40)) is None
    assert reader.left[Left.PROTECTED] == 1
    assert reader.read(BARE, 0, request(b"")[:23]) is None
    assert reader.read(BARE, 0, b"") is None
    assert reader.read(BARE, 0, request(b"\0\0", flags=0x80)) is None, "HT control is said and is not there"
    assert reader.left[Left.SHORT] == 3
    assert reader.seen == 10


def test_ht_control_stands_before_the_elements() -> None:
    probe = FrameReader().read(BARE, 0, request(ssid() + ELEMENTS, flags=0x80, more=b"\1\2\3\4"))
    assert probe is not None
    assert probe.tagged == ssid() + ELEMENTS


def prism_header(signal: int, *, order: str = "<", status: int = 0, did: int = 0x0006_0044) -> bytes:
    items = b""
    for number in range(1, 11):
        mine = number == 6
        items += struct.pack(
            order + "IHHi", did if mine else number << 16 | 0x44, status if mine else 0, 4, signal if mine else 99
        )
    return struct.pack(order + "II16s", 68, 144, b"wlan0") + items


def avs_header(signal: int, kind: int = 2) -> bytes:
    return struct.pack(">IIQQIIIIIIiiII", 0x80211001, 64, 0, 0, 0, 6, 10, 0, 0, kind, signal, -90, 0, 0)


@pytest.mark.parametrize(
    ("header", "signal"),
    [
        (prism_header(-57), -57),
        (prism_header(-57, order=">"), -57),
        (prism_header(-57, did=0x0000_6044), -57),
        (prism_header(57), None),  # a bare number: madwifi's RSSI
        (prism_header(-57, status=1), None),  # said to be not given
        (prism_header(-1000), None),
        (avs_header(-44), -44),
        (avs_header(44), None),
        (avs_header(-44, kind=1), None),
    ],
)
def test_prism_and_avs(header: bytes, signal: int | None) -> None:
    probe = FrameReader().read(PRISM, 0, header + BODY)
    assert probe is not None
    assert (probe.signal_dbm, probe.source, probe.sequence) == (signal, SOURCE, 1237)


@pytest.mark.parametrize(
    "header", [b"", b"\0" * 7, b"\0" * 200, prism_header(-50)[:100], struct.pack("<II", 68, 10_000) + bytes(200)]
)
def test_a_damaged_prism_header_is_counted(header: bytes) -> None:
    with pytest.raises(prism.Damaged):
        prism.header_of(header)
    probe, reader = read(header, PRISM)
    assert (probe, reader.left[Left.RADIO_HEADER]) == (None, 1)
