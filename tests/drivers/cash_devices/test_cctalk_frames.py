"""ccTalk frames byte for byte, and what a reply is told from: echo, noise, damage, late answers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.cash_devices.cctalk.frames import ACK, BUSY, NAK, Echo, Reply, ReplyGrammar, Station, decode, encode

COINS, HOPPER, BILLS = Station(2), Station(3), Station(40)
CRC_BILLS = Station(40, crc=True)


@pytest.mark.parametrize(
    ("station", "header", "data", "frame"),
    [
        (COINS, 254, "", "02 00 01 FE FF"),
        (COINS, 1, "", "02 00 01 01 FC"),
        (COINS, 231, "FF FF", "02 02 01 E7 FF FF 16"),
        (COINS, 228, "01", "02 01 01 E4 01 17"),
        (COINS, 228, "00", "02 01 01 E4 00 18"),
        (COINS, 184, "01", "02 01 01 B8 01 43"),
        (COINS, 229, "", "02 00 01 E5 18"),
        (HOPPER, 163, "", "03 00 01 A3 59"),
        (HOPPER, 164, "A5", "03 01 01 A4 A5 B2"),
        (HOPPER, 167, "DF D7 0A 01", "03 04 01 A7 DF D7 0A 01 90"),
        (HOPPER, 166, "", "03 00 01 A6 56"),
        (BILLS, 159, "", "28 00 01 9F 38"),
        (BILLS, 154, "01", "28 01 01 9A 01 3B"),
        (BILLS, 154, "00", "28 01 01 9A 00 3C"),
        (CRC_BILLS, 254, "", "28 00 B6 FE 21"),
    ],
)
def test_frames_of_the_reference(station: Station, header: int, data: str, frame: str) -> None:
    assert encode(station, header, bytes.fromhex(data)) == bytes.fromhex(frame)


@pytest.mark.parametrize(
    ("station", "frame", "data"),
    [
        (COINS, "01 00 02 00 FD", ""),
        (HOPPER, "01 00 03 00 FC", ""),
        (COINS, "01 0B 02 00 01 03 01 00 00 00 00 00 00 00 00 ED", "01 03 01 00 00 00 00 00 00 00 00"),
    ],
)
def test_replies_of_the_reference(station: Station, frame: str, data: str) -> None:
    assert decode(bytes.fromhex(frame), station) == Reply(ACK, bytes.fromhex(data))


def crc_reply(data: bytes) -> bytes:
    """The bitwise reckoning, apart from the tables of the driver."""
    crc = 0
    for byte in bytes([1, len(data), 0]) + data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ (0x1021 if crc & 0x8000 else 0)) & 0xFFFF
    return bytes([1, len(data), crc & 0xFF, 0]) + data + bytes([crc >> 8])


def test_a_reply_with_crc() -> None:
    grammar = ReplyGrammar(encode(CRC_BILLS, 154, b"\x01"), CRC_BILLS, frozenset({0, 1}))
    assert grammar.cut(crc_reply(b"\xfe")) == (Reply(ACK, b"\xfe"), b"")
    damaged = bytearray(crc_reply(b"\xfe"))
    damaged[4] ^= 1
    assert grammar.cut(bytes(damaged)) is None
    assert decode(crc_reply(b""), BILLS) is None


SENT = encode(COINS, 228, b"\x01")
ACKNOWLEDGED = bytes.fromhex("01 00 02 00 FD")
ELEVEN = bytes.fromhex("01 0B 02 00 01 03 01 00 00 00 00 00 00 00 00 ED")


def grammar(echo: Echo, lengths: frozenset[int] = frozenset({0})) -> ReplyGrammar:
    return ReplyGrammar(SENT, COINS, lengths, echo)


def test_the_echo_is_stripped_exactly() -> None:
    for echo in (Echo.ON, Echo.AUTO):
        for length in range(len(SENT) + len(ACKNOWLEDGED)):
            assert grammar(echo).cut((SENT + ACKNOWLEDGED)[:length]) is None
        assert grammar(echo).cut(SENT + ACKNOWLEDGED + b"\x01") == (Reply(ACK, echoed=True), b"\x01")


def test_without_echo() -> None:
    for echo in (Echo.OFF, Echo.AUTO):
        assert grammar(echo).cut(ACKNOWLEDGED) == (Reply(ACK), b"")


def test_what_comes_before_the_echo_answers_something_else() -> None:
    assert grammar(Echo.ON).cut(ACKNOWLEDGED) is None
    for echo in (Echo.ON, Echo.AUTO):
        assert grammar(echo).cut(ACKNOWLEDGED + SENT) is None


def test_a_late_answer_of_another_length_is_passed_over() -> None:
    assert grammar(Echo.ON).cut(SENT + ELEVEN + ACKNOWLEDGED) == (Reply(ACK, echoed=True), b"")


def test_a_second_reply_is_noticed_and_a_glitch_is_not() -> None:
    assert grammar(Echo.OFF).cut(ACKNOWLEDGED * 2) == (Reply(ACK, crowded=True), ACKNOWLEDGED)
    assert grammar(Echo.ON).cut(ELEVEN + SENT + ACKNOWLEDGED) == (Reply(ACK, echoed=True, crowded=True), b"")
    assert grammar(Echo.OFF).cut(b"\xff" + ACKNOWLEDGED + b"\x00") == (Reply(ACK), b"\x00")


def test_another_units_answer_is_passed_over() -> None:
    other = bytes.fromhex("01 00 03 00 FC")
    assert grammar(Echo.ON).cut(SENT + other) is None
    assert grammar(Echo.ON).cut(SENT + other + ACKNOWLEDGED) == (Reply(ACK, echoed=True), b"")


def test_nak_and_busy_answer_any_question() -> None:
    for header, frame in ((NAK, "01 00 02 05 F8"), (BUSY, "01 00 02 06 F7")):
        assert grammar(Echo.ON, frozenset({11})).cut(SENT + bytes.fromhex(frame)) == (Reply(header, echoed=True), b"")


@given(st.binary(max_size=80), st.sampled_from(Echo), st.booleans())
def test_garbage_never_crashes(heard: bytes, echo: Echo, crc: bool) -> None:
    station = Station(2, crc)
    cut = ReplyGrammar(encode(station, 229), station, frozenset({0, 11}), echo).cut(heard)
    if cut is not None:
        assert heard.endswith(cut[1])


@given(
    st.binary(max_size=30).filter(lambda noise: 1 not in noise),
    st.binary(min_size=11, max_size=11),
    st.binary(max_size=30),
    st.booleans(),
)
def test_the_reply_is_found_after_noise_and_before_more(noise: bytes, data: bytes, after: bytes, crc: bool) -> None:
    station = Station(2, crc)
    if crc:
        frame = crc_reply(data)
    else:
        frame = bytes([1, 11, 2, 0]) + data
        frame += bytes([-sum(frame) & 0xFF])
    found = ReplyGrammar(encode(station, 229), station, frozenset({11}), Echo.OFF).cut(noise + frame + after)
    assert found is not None
    assert (found[0].data, found[1]) == (data, after)


@given(st.binary(min_size=11, max_size=11), st.integers(0, 15))
def test_a_torn_reply_is_waited_for(data: bytes, length: int) -> None:
    frame = bytes([1, 11, 2, 0]) + data
    frame += bytes([-sum(frame) & 0xFF])
    assert ReplyGrammar(b"", COINS, frozenset({11}), Echo.OFF).cut(frame[:length]) is None


def test_more_data_than_a_frame_holds() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        encode(COINS, 254, bytes(256))
