"""Checksums, packed decimals and fields agree with the published vectors."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.errors import Garbled
from drivers.wire import tlv
from drivers.wire.bcd import from_bcd, to_bcd
from drivers.wire.checksums import crc16_ccitt, crc16_reflected, lrc

CHECK = b"123456789"


def test_checksums_give_their_published_check_values() -> None:
    assert crc16_ccitt(CHECK) == 0x29B1
    assert crc16_ccitt(CHECK, 0) == 0x31C3
    assert crc16_reflected(CHECK) == 0x2189
    assert crc16_reflected(CHECK, 0xFFFF) == 0x6F91
    assert lrc(bytes.fromhex("05 13 01 00 00 00")) == 0x17


@given(st.integers(0, 10**12 - 1))
def test_packed_decimal_there_and_back(number: int) -> None:
    assert from_bcd(to_bcd(number, 6)) == number


def test_packed_decimal_bounds() -> None:
    assert to_bcd(1999, 6) == bytes.fromhex("000000001999")
    assert from_bcd(b"") == 0
    for number in (-1, 10**12):
        with pytest.raises(ValueError, match="6 bytes"):
            to_bcd(number, 6)
    with pytest.raises(Garbled):
        from_bcd(b"\x1a")


def test_fields_of_the_worked_examples() -> None:
    assert tlv.text(1008, "a@b.ru", 64) == bytes.fromhex("F0 03 06 00") + b"a@b.ru"
    assert tlv.field(1018, b"7734384850  ")[:4] == bytes.fromhex("FA 03 0C 00")
    assert tlv.quantity(1023, 2500) == bytes.fromhex("FF 03 02 00 01 19")
    assert tlv.small(2108, 11) == bytes.fromhex("3C 08 01 00 0B")
    assert tlv.text(1030, "Молоко", 128) == bytes.fromhex("06 04 06 00 8C AE AB AE AA AE")
    item = bytes.fromhex(
        "06 04 06 00 8C AE AB AE AA AE 37 04 02 00 16 4E FF 03 03 00 03 C4 09 3C 08 01 00 0B AF 04 01 00 01"
        "13 04 02 00 37 C3 BE 04 01 00 04 BC 04 01 00 01"
    )
    assert [tag for tag, _ in tlv.fields(item)] == [1030, 1079, 1023, 2108, 1199, 1043, 1214, 1212]


@given(st.lists(st.tuples(st.integers(0, 0xFFFF), st.binary(max_size=40))))
def test_fields_there_and_back(given_fields: list[tuple[int, bytes]]) -> None:
    data = b"".join(tlv.field(tag, value) for tag, value in given_fields)
    assert list(tlv.fields(data)) == given_fields
    if data:
        with pytest.raises(Garbled):
            list(tlv.fields(data + b"\x00"))
