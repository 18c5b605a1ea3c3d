"""SSP packets: every worked one byte for byte, and whatever noise surrounds them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ssp_playbook import packet

from drivers.cash_devices.ssp.frames import GRAMMAR, Frame, crc16_ssp

WORKED = {
    "sync": ("7F 80 01 11 65 82", 0, True, "11"),
    "its answer": ("7F 80 01 F0 23 80", 0, True, "F0"),
    "host protocol 6": ("7F 00 02 06 06 1B 94", 0, False, "06 06"),
    "setup": ("7F 80 01 05 1D 82", 0, True, "05"),
    "inhibits, channels 1-3 on": ("7F 00 03 02 07 00 28 0A", 0, False, "02 07 00"),
    "enable": ("7F 80 01 0A 3F 82", 0, True, "0A"),
    "poll": ("7F 00 01 07 11 88", 0, False, "07"),
    "no events": ("7F 00 01 F0 20 0A", 0, False, "F0"),
    "reset and disabled": ("7F 80 03 F0 F1 E8 BF 8C", 0, True, "F0 F1 E8"),
    "escrow, channel 3": ("7F 00 03 F0 EF 03 C6 76", 0, False, "F0 EF 03"),
    "hold": ("7F 80 01 18 53 82", 0, True, "18"),
    "reject": ("7F 00 01 08 33 88", 0, False, "08"),
    "credit, channel 3": ("7F 80 03 F0 EE 03 C6 4C", 0, True, "F0 EE 03"),
    "stacking, stacked": ("7F 00 03 F0 CC EB B5 3E", 0, False, "F0 CC EB"),
    "stuffing": ("7F 00 02 7F 7F 7F 7F 08 03", 0, False, "7F 7F"),
    "set generator": ("7F 80 09 4A C5 05 8F 3A 00 00 00 00 B2 73", 0, True, "4A C5 05 8F 3A 00 00 00 00"),
}


@pytest.mark.parametrize(("raw", "address", "sequence", "data"), WORKED.values(), ids=WORKED.keys())
def test_worked_packets(raw: str, address: int, sequence: bool, data: str) -> None:
    frame = Frame(address, sequence, bytes.fromhex(data))
    assert frame.encode() == bytes.fromhex(raw)
    assert GRAMMAR.cut(bytes.fromhex(raw)) == (frame, b"")


def test_checksum() -> None:
    assert crc16_ssp(b"123456789") == 0xAEE7


def test_a_packet_has_data_and_not_too_much() -> None:
    for data in (b"", bytes(256)):
        with pytest.raises(ValueError, match="1 to 255"):
            Frame(0, True, data).encode()


FRAMES = st.builds(Frame, st.integers(0, 0x7D), st.booleans(), st.binary(min_size=1, max_size=40))
STUFFED = st.builds(
    Frame, st.integers(0, 0x7D), st.booleans(), st.lists(st.sampled_from([0x7F, 0x7E, 1]), min_size=1).map(bytes)
)


@given(FRAMES | STUFFED, st.binary(max_size=8))
def test_a_packet_is_read_as_it_was_written(frame: Frame, rest: bytes) -> None:
    raw = frame.encode()
    assert raw == packet(frame.sequence << 7 | frame.address, frame.data), "as the other side would write it"
    assert GRAMMAR.cut(raw + rest) == (frame, rest)


@given(FRAMES | STUFFED)
def test_a_torn_packet_waits_for_the_rest(frame: Frame) -> None:
    raw = frame.encode()
    assert all(GRAMMAR.cut(raw[:end]) is None for end in range(len(raw)))


@given(st.lists(FRAMES | STUFFED, min_size=1, max_size=5))
def test_packets_in_a_row(frames: list[Frame]) -> None:
    heard = b"".join(frame.encode() for frame in frames)
    for frame in frames:
        cut = GRAMMAR.cut(heard)
        assert cut is not None
        assert cut[0] == frame
        heard = cut[1]
    assert heard == b""


@given(st.binary(max_size=60).filter(lambda noise: 0x7F not in noise), FRAMES | STUFFED)
def test_noise_before_a_packet_is_skipped(noise: bytes, frame: Frame) -> None:
    assert GRAMMAR.cut(noise + frame.encode()) == (frame, b"")


@given(FRAMES, st.data(), FRAMES)
def test_a_single_start_byte_begins_anew(torn: Frame, data: st.DataObject, frame: Frame) -> None:
    """A packet that breaks off is forgotten as soon as the next begins, unless it broke off in a doubled byte."""
    raw = torn.encode()
    head = raw[: data.draw(st.integers(1, len(raw) - 1))]
    if (len(head) - len(head.rstrip(b"\x7f"))) % 2 == 0:
        assert GRAMMAR.cut(head + frame.encode()) == (frame, b"")


@given(FRAMES, st.data())
def test_a_broken_byte_never_gives_that_packet(frame: Frame, data: st.DataObject) -> None:
    raw = bytearray(frame.encode())
    raw[data.draw(st.integers(1, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    cut = GRAMMAR.cut(bytes(raw))
    assert cut is None or cut[0] != frame


@given(st.lists(st.sampled_from([0x7F, 0x7F, 0x80, 0, 1, 2, 0xF0]) | st.integers(0, 255), max_size=300).map(bytes))
def test_any_bytes_are_survived(noise: bytes) -> None:
    heard = noise
    while (cut := GRAMMAR.cut(heard)) is not None:
        assert len(cut[1]) < len(heard)
        assert cut[0].data
        heard = cut[1]
