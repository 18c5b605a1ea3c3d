"""CCNET frames byte for byte, and a grammar that finds them in whatever arrives."""

from __future__ import annotations

import pytest
from ccnet_playbook import ROUBLES, TABLE, TAKES, framed
from hypothesis import given
from hypothesis import strategies as st

from drivers.cash_devices.ccnet.bill_table import masks, read_countries, read_identity, read_table
from drivers.cash_devices.ccnet.frames import LONGEST_BODY, FrameGrammar, frame
from drivers.cash_devices.ccnet.states import State, is_state, read_state
from drivers.cash_devices.contract import Denomination
from drivers.setting_wrong import SettingWrong

GRAMMAR = FrameGrammar(3)
WORKED = {
    "33": "02 03 06 33 DA 81",
    "00": "02 03 06 00 C2 82",
    "FF": "02 03 06 FF BA 8D",
    "30": "02 03 06 30 41 B3",
    "31": "02 03 06 31 C8 A2",
    "37": "02 03 06 37 FE C7",
    "41": "02 03 06 41 4F D1",
    "34 FF FF FF FF FF FF": "02 03 0C 34 FF FF FF FF FF FF FE F7",
    "34 00 00 0C 00 00 0C": "02 03 0C 34 00 00 0C 00 00 0C 4F 51",
    "34 00 00 00 00 00 00": "02 03 0C 34 00 00 00 00 00 00 17 0C",
    "35": "02 03 06 35 EC E4",
    "36": "02 03 06 36 77 D6",
    "38": "02 03 06 38 09 3F",
    "5B": "02 03 06 5B 94 6E",
    "10": "02 03 06 10 43 92",
    "12": "02 03 06 12 51 B1",
    "13": "02 03 06 13 D8 A0",
    "14": "02 03 06 14 67 D4",
    "15": "02 03 06 15 EE C5",
    "17": "02 03 06 17 FC E6",
    "19": "02 03 06 19 82 0F",
    "1B 0A": "02 03 07 1B 0A 23 61",
    "1C 68": "02 03 07 1C 68 3F 6C",
    "80 03": "02 03 07 80 03 17 01",
    "81 03": "02 03 07 81 03 CF 18",
    "82 03": "02 03 07 82 03 A7 32",
    "47 50": "02 03 07 47 50 AB E6",
}


@pytest.mark.parametrize(("body", "whole"), WORKED.items())
def test_worked_frames(body: str, whole: str) -> None:
    assert frame(3, bytes.fromhex(body)) == bytes.fromhex(whole)
    assert GRAMMAR.cut(bytes.fromhex(whole)) == (bytes.fromhex(body), b"")


def test_another_address() -> None:
    assert frame(1, b"\x33") == bytes.fromhex("02 01 06 33 62 34")
    assert frame(1, b"\x66") == bytes.fromhex("02 01 06 66 4A 31")
    assert GRAMMAR.cut(frame(1, b"\x33")) is None
    assert GRAMMAR.cut(frame(1, b"\x33") + frame(3, b"\x14")) == (b"\x14", b"")


def test_the_worked_bill_table() -> None:
    whole = frame(3, TABLE)
    assert whole[:3].hex() == "02037d"
    assert whole[3:18].hex(" ").upper() == "01 52 55 42 01 05 52 55 42 01 01 52 55 42 02"
    assert whole[-2:].hex() == "71e0"
    assert read_table(TABLE, {"RUB": "RUB"}, 2).denominations == TAKES
    assert [each.value_minor // 100 for each in TAKES] == list(ROUBLES)


@pytest.mark.parametrize("length", range(6))
def test_a_length_below_six_starts_no_frame(length: int) -> None:
    short = bytes([2, 3, length]) + bytes(8)
    assert GRAMMAR.cut(short) is None
    assert GRAMMAR.cut(short + frame(3, b"\x81\x03")) == (b"\x81\x03", b"")


def test_a_spurious_length_does_not_swallow_the_frame_behind_it() -> None:
    assert GRAMMAR.cut(b"\x02\x03\xff" + frame(3, b"\x14") + b"\x02") == (b"\x14", b"\x02")


def test_a_frame_carries_1_to_250_bytes() -> None:
    assert GRAMMAR.cut(frame(3, bytes(LONGEST_BODY))) == (bytes(250), b"")
    for wrong in (b"", bytes(251)):
        with pytest.raises(ValueError, match="1 to 250"):
            frame(3, wrong)


bodies = st.binary(min_size=1, max_size=LONGEST_BODY)


@given(st.binary(max_size=600))
def test_any_bytes_give_whole_frames_or_nothing(heard: bytes) -> None:
    while (cut := GRAMMAR.cut(heard)) is not None:
        body, rest = cut
        assert framed(body) in heard
        assert heard.endswith(rest)
        assert len(rest) < len(heard)
        heard = rest


@given(st.lists(bodies, min_size=1, max_size=4), st.binary(max_size=40).map(lambda noise: noise.replace(b"\x02", b"")))
def test_frames_are_found_between_noise_and_byte_by_byte(sent: list[bytes], noise: bytes) -> None:
    stream = b"".join(noise + framed(body) for body in sent)
    for step in (len(stream), 7, 1):
        heard, got = b"", []
        for at in range(0, len(stream), step):
            heard += stream[at : at + step]
            while (cut := GRAMMAR.cut(heard)) is not None:
                got.append(cut[0])
                heard = cut[1]
        assert [body for body in got if body in sent] == sent


@given(bodies, st.data())
def test_a_damaged_byte_is_silence(body: bytes, data: st.DataObject) -> None:
    whole = bytearray(framed(body))
    at = data.draw(st.integers(0, len(whole) - 1))
    whole[at] ^= 1 << data.draw(st.integers(0, 7))
    cut = GRAMMAR.cut(bytes(whole))
    assert cut is None or cut[0] != body


def test_masks_have_the_highest_types_first() -> None:
    assert masks({2, 3}).hex() == "00000c00000c"
    assert masks({4}).hex() == "000010000010"
    assert masks({23, 16, 15, 8, 0}).hex() == "818101818101"
    assert masks(range(24)).hex() == "ff" * 6
    assert masks(()).hex() == "00" * 6
    with pytest.raises(ValueError, match="24"):
        masks({24})


def test_a_table_with_holes_countries_and_exponents() -> None:
    """type 1 and 3 are holes, 4 has places after the point, 5 is less than a kopeck, 6 is of nowhere, 7 is too much."""
    words = ["01 52555301", "00 00000000", "05 4B5A5403", "00 52555300", "19 52555382", "01 52555383"]
    words += ["0A 58595A00", "01 5255537F", "0A 52555300"]
    table = read_table(bytes.fromhex("".join(words)).ljust(120, b"\0"), read_countries("RUS=RUB, KZT=KZT"), 2)
    assert table.denominations == (
        Denomination(0, 1000, "RUB"),
        Denomination(2, 500_000, "KZT"),
        Denomination(4, 25, "RUB"),
        Denomination(8, 1000, "RUB"),
    )
    assert table.unmapped == ("XYZ",)


@given(st.binary(min_size=120, max_size=120), st.integers(0, 4))
def test_any_table_reads(body: bytes, minor_digits: int) -> None:
    for each in read_table(body, {"RUS": "RUB", body[1:4].decode("latin1"): "KZT"}, minor_digits).denominations:
        assert 0 <= each.type < 24
        assert each.value_minor > 0


def test_identity() -> None:
    identity = read_identity(b"SM-RU1353      21KC00001234" + b"\xff" * 7)
    assert (identity.part, identity.serial) == ("SM-RU1353", "21KC00001234")
    assert read_identity(bytes(27) + bytes(7)).serial == ""
    assert read_identity(b"\xffM".ljust(15) + b" 1".ljust(12) + bytes(7)).part == "?M"


@pytest.mark.parametrize("setting", ["RUS", "RUS=", "=RUB", "RUS=rub", "RUS=RUBL", "RUS=RUB;KZT=KZT"])
def test_countries_that_do_not_read(setting: str) -> None:
    with pytest.raises(SettingWrong, match="countries"):
        read_countries(setting)


@given(st.binary(min_size=1, max_size=5))
def test_answers_to_other_questions_are_no_states(body: bytes) -> None:
    if is_state(body):
        assert read_state(body).code == body[0]
        assert body not in (b"\x00", b"\xff", b"\x30")
        assert len(body) <= 3
    assert read_state(b"\x14") == State(0x14)
    assert not is_state(b"\x33"), "the echo of a POLL"
