"""Frames of ID-003: the worked frames of the reference byte for byte, and any stream cut without a crash."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.cash_devices.contract import Denomination
from drivers.cash_devices.id003.frames import Answers, Frame
from drivers.cash_devices.id003.notes import disabled_mask, read_countries, read_table, strangers
from drivers.setting_wrong import SettingWrong

WORKED = {
    "FC 05 11 27 56": Frame(0x11),
    "FC 05 50 AA 05": Frame(0x50),
    "FC 05 40 2B 15": Frame(0x40),
    "FC 05 41 A2 04": Frame(0x41),
    "FC 05 43 B0 27": Frame(0x43),
    "FC 05 44 0F 53": Frame(0x44),
    "FC 06 C3 00 04 D6": Frame(0xC3, b"\x00"),
    "FC 06 13 61 B0 FB": Frame(0x13, b"\x61"),
    "FC 06 15 61 60 AF": Frame(0x15, b"\x61"),
    "FC 05 16 98 22": Frame(0x16),
    "FC 05 1A F4 E8": Frame(0x1A),
}

frames = st.builds(Frame, st.integers(0, 255), st.binary(max_size=60))
# Noise that cannot begin a frame: what begins like one may well swallow what follows until its length is there.
noise = st.binary(max_size=20).map(lambda data: data.replace(b"\xfc", b"\xfd"))


def cut_all(stream: bytes) -> list[Frame]:
    found = []
    while (cut := Answers().cut(stream)) is not None:
        found.append(cut[0])
        stream = cut[1]
    return found


@pytest.mark.parametrize("hexadecimal", WORKED)
def test_a_worked_frame_is_built_and_read(hexadecimal: str) -> None:
    data, frame = bytes.fromhex(hexadecimal), WORKED[hexadecimal]
    assert frame.encode() == data
    assert Answers().cut(data) == (frame, b"")


def test_a_frame_too_long_for_its_length_byte_is_not_built() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        Frame(0x8A, bytes(251)).encode()
    assert cut_all(Frame(0x8A, bytes(250)).encode()) == [Frame(0x8A, bytes(250))]


@given(st.lists(st.tuples(noise, frames), max_size=5), noise)
def test_frames_are_found_between_noise(pieces: list[tuple[bytes, Frame]], tail: bytes) -> None:
    stream = b"".join(before + frame.encode() for before, frame in pieces) + tail
    assert cut_all(stream) == [frame for _, frame in pieces]


@given(st.binary(max_size=300))
def test_garbage_never_crashes(stream: bytes) -> None:
    for frame in cut_all(stream):
        assert frame.encode() in stream


@given(frames, st.data())
def test_a_torn_frame_is_waited_for(frame: Frame, data: st.DataObject) -> None:
    whole = frame.encode()
    at = data.draw(st.integers(0, len(whole) - 1))
    assert Answers(lambda found: found == frame).cut(whole[:at]) is None
    assert Answers().cut(whole + b"\x00") == (frame, b"\x00")


@given(frames, st.integers(2, 200), st.integers(1, 255))
def test_a_frame_with_a_wrong_byte_is_no_answer(frame: Frame, at: int, flip: int) -> None:
    whole = bytearray(frame.encode())
    whole[min(at, len(whole) - 1)] ^= flip
    assert frame not in cut_all(bytes(whole))


def test_a_frame_is_found_behind_what_only_began_like_one() -> None:
    """FC in noise, with a length that never comes, hides no answer."""
    assert cut_all(b"\xfc\xf0\x01" + Frame(0x1A).encode()) == [Frame(0x1A)]


def test_a_late_answer_to_another_question_is_passed_over() -> None:
    """The acknowledgement of an earlier HOLD and an older echo lie before the status that was asked for."""
    stream = Frame(0x50).encode() + Frame(0xC3, b"\x01").encode() + Frame(0x13, b"\x61").encode()
    grammar = Answers(lambda frame: frame.code == 0x13)
    assert grammar.cut(stream) == (Frame(0x13, b"\x61"), b"")
    assert grammar.noise == b""
    assert Answers(lambda frame: frame.code == 0x14).cut(stream) is None


def test_the_currency_table() -> None:
    """Value and zeros make the sum; an unused place and a country nobody named are left out."""
    table = bytes.fromhex("61300102 62300502 63010503 64000000 60300101 6F300103") + b"\x65"
    assert read_table(table, {48: "RUB"}) == (
        Denomination(0x61, 100_00, "RUB"),
        Denomination(0x62, 500_00, "RUB"),
        Denomination(0x6F, 1000_00, "RUB"),
    )
    assert strangers(table, {48: "RUB"})
    assert not strangers(table, {48: "RUB", 1: "USD"})
    assert read_table(bytes.fromhex("61050103"), {5: "JPY"}) == (Denomination(0x61, 1000, "JPY"),)


@given(st.binary(max_size=80), st.dictionaries(st.integers(0, 255), st.sampled_from(["RUB", "JPY"])))
def test_any_table_is_read(table: bytes, countries: dict[int, str]) -> None:
    for note in read_table(table, countries):
        assert 0x61 <= note.type <= 0x6F
        assert note.value_minor > 0


def test_the_mask_shuts_out_what_is_not_taken() -> None:
    assert disabled_mask(()) == b"\xff\xff"
    assert disabled_mask({0x61, 0x63}) == bytes([0b11111010, 0xFF])
    assert disabled_mask({0x69}) == b"\xff\xfe"
    assert disabled_mask(range(0x61, 0x70)) == b"\x00\x80"
    assert disabled_mask({5, 0x90}) == b"\xff\xff"


def test_country_numbers_are_read() -> None:
    assert read_countries(" 48=RUB, 1 = USD ") == {48: "RUB", 1: "USD"}
    assert read_countries("") == {}


@pytest.mark.parametrize("text", ["48", "48=rub", "x=RUB", "300=RUB", "48=RUBL", "48=РУБ"])
def test_wrong_country_numbers_are_said(text: str) -> None:
    with pytest.raises(SettingWrong) as wrong:
        read_countries(text)
    assert "48=RUB" in wrong.value.ru
    assert "48=RUB" in wrong.value.en
