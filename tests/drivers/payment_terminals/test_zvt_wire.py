"""The ZVT parser: any bytes, any split, long lengths, and card numbers that must not come out of it."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import example, given
from hypothesis import strategies as st

from drivers.errors import Garbled
from drivers.payment_terminals.card_numbers import mask_text, passes_luhn
from drivers.payment_terminals.redaction import redact_frame
from drivers.payment_terminals.zvt import bitmaps, tlv
from drivers.payment_terminals.zvt.apdu import Apdu, ApduGrammar
from drivers.payment_terminals.zvt.records import Record, shown_card

GRAMMAR = ApduGrammar()
COMMANDS = (0x040F, 0x04FF, 0x0600, 0x060F, 0x061E, 0x06D1, 0x06D3, 0x8000, 0x846C, 0x0501, 0x0620)
apdus = st.builds(Apdu, st.sampled_from(COMMANDS), st.binary(max_size=300))


@st.composite
def card_numbers(draw: st.DrawFn) -> str:
    body = draw(st.sampled_from("23456")) + draw(st.text("0123456789", min_size=11, max_size=17))
    return next(body + digit for digit in "0123456789" if passes_luhn(body + digit))


def cut_all(chunks: list[bytes]) -> list[Apdu]:
    heard, found = b"", []
    for chunk in chunks:
        heard += chunk
        while heard and (cut := GRAMMAR.cut(heard)) is not None:
            found.append(cut[0])
            heard = cut[1]
    assert heard == b""
    return found


@given(st.lists(apdus, max_size=5), st.data())
def test_any_split_gives_the_same_messages(messages: list[Apdu], data: st.DataObject) -> None:
    stream = b"".join(message.encode() for message in messages)
    whole = cut_all([stream])
    assert [message.command for message in whole] == [message.command for message in messages]
    assert [len(message.data) for message in whole] == [len(message.data) for message in messages]
    assert cut_all([stream[at : at + 1] for at in range(len(stream))]) == whole
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    edges = [0, *cuts, len(stream)]
    assert cut_all([stream[start:end] for start, end in pairwise(edges)]) == whole


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_garbled(heard: bytes) -> None:
    try:
        cut = GRAMMAR.cut(heard)
    except Garbled:
        return
    if cut is not None:
        fields = bitmaps.parse(cut[0].data)
        fields.objects()
        try:
            assert Record(fields).approved in (True, False)
        except Garbled:
            assert 0x27 not in fields.values or 0x27 in fields.contradictory


@given(st.binary(max_size=200))
def test_any_bytes_are_fields_up_to_the_first_unknown_one(data: bytes) -> None:
    placed, unread = bitmaps.place(data)
    assert all(field.end <= unread for field in placed)
    assert bitmaps.parse(data).complete == (unread == len(data))
    tlv.flat(data)
    assert len(redact_frame(data)) == len(data)


def test_long_lengths_are_little_endian() -> None:
    message = Apdu(0x06D3, b"\x06\x82\x01\x00" + bytes(256))
    assert message.encode()[:5].hex() == "06d3ff0401"
    assert GRAMMAR.cut(message.encode() + b"\x80") == (message, b"\x80")
    assert Apdu(0x0600, bytes(254)).encode()[:3].hex() == "0600fe"
    assert Apdu(0x0600, bytes(255)).encode()[:5].hex() == "0600ffff00"
    assert GRAMMAR.cut(bytes.fromhex("060FFF0100")) is None


def test_the_field_table_is_whole() -> None:
    fixed = {
        0x04: 6,
        0x0B: 3,
        0x0C: 3,
        0x0D: 2,
        0x27: 1,
        0x29: 4,
        0x2A: 15,
        0x3B: 8,
        0x49: 2,
        0x87: 2,
        0xAA: 3,
        0xBA: 5,
    }
    assert fixed.items() <= bitmaps.LENGTHS.items()
    assert len(bitmaps.LENGTHS) == 76
    assert {tag for tag, length in bitmaps.LENGTHS.items() if length == bitmaps.LLLVAR} == {
        0x24, 0x2E, 0x3C, 0x60, 0x9A, 0xAF, 0x92
    }  # fmt: skip


def test_tlv_lengths_and_long_tags() -> None:
    inner = tlv.encode(0x07, b"a" * 200) + tlv.encode(0x1F0E, b"\x20\x25\x11\x21")
    assert tlv.flat(tlv.encode(0x25, inner)) == [(0x07, b"a" * 200), (0x1F0E, b"\x20\x25\x11\x21")]
    assert tlv.encode(0x07, bytes(300))[:4].hex() == "0782012c"
    assert tlv.flat(b"\x25" * 200) == []


@given(card_numbers(), st.booleans())
def test_a_card_number_in_its_field_keeps_four_digits(number: str, in_frame: bool) -> None:
    packed = bytes.fromhex(number + "F" * (len(number) % 2))
    data = b"\x27\x00\x22\xf0" + bytes([0xF0 | len(packed) % 10]) + packed
    if len(packed) == 10:
        data = b"\x27\x00\x22\xf1\xf0" + packed
    raw = b"\x04\x0f" + bytes([len(data)]) + data
    cut = GRAMMAR.cut(raw)
    assert cut is not None
    shown = redact_frame(raw) if in_frame else cut[0].data
    assert number[:-4] not in shown.hex()
    assert shown_card(bitmaps.parse(cut[0].data).values[0x22]) == f"**** {number[-4:]}"


@given(card_numbers(), st.text("0123456789 ;=?", max_size=10), st.text(" abc-", max_size=5))
def test_a_card_number_in_a_text_is_masked(number: str, before: str, after: str) -> None:
    spaced = " ".join(number[at : at + 4] for at in range(0, len(number), 4))
    for written in (number, spaced):
        line = f"{before} {written} {after}"
        masked = mask_text(line)
        assert len(masked) == len(line)
        assert written not in masked
        assert number not in masked.replace(" ", "")


@given(card_numbers())
@example("20202021222209306")  # its half-bytes read as blanks and quotes
def test_a_card_number_gets_into_no_frame_that_is_shown(number: str) -> None:
    text = number.encode()
    packed = bytes.fromhex(number + "F" * (len(number) % 2))
    track = b"\x23\xf1\xf2" + (packed + bytes(12))[:12]
    emv = b"\x06" + bytes([len(packed) + 2]) + b"\x5a" + bytes([len(packed)]) + packed
    unknown = b"\xec" + packed
    spoken = b"\x3c\xf0" + bytes([0xF0 | len(text) // 10, 0xF0 | len(text) % 10]) + text
    for data in (track, emv, unknown, spoken):
        raw = b"\x04\x0f" + bytes([len(data)]) + data
        for shown in (redact_frame(raw), redact_frame(raw + raw), redact_frame(raw[:-1]), redact_frame(raw[5:])):
            assert number[:-4] not in shown.hex()
            assert text[:-4] not in shown
    line = b"\x06\xd1" + bytes([len(text) + 1]) + b"\x00" + text
    assert text[:-4] not in redact_frame(line)
    assert text[:-4] not in redact_frame(b'{"n":1,"show":"' + text + b'"}\n')
    assert text[:-4] not in redact_frame(text)


def test_harmless_frames_are_shown_as_they_are() -> None:
    for frame in (
        "04 0F 22 27 00 04 000000001000 49 0978 87 0031 0B 000123 0C 143015 0D 1121 29 52500038 3C F0F0F0",
        "06 01 0A 04 000000001000 49 0978",
        "06 00 06 000000 86 0978",
        "80 00 00",
    ):
        raw = bytes.fromhex(frame)
        assert redact_frame(raw) == raw
    line = b'{"n":1,"key":"a1","state":"suspended","amount":1000,"card":"**** 4417"}\n'
    assert redact_frame(line) == line


def test_passwords_are_not_shown() -> None:
    assert redact_frame(bytes.fromhex("06 00 06 123456 86 0978")).hex() == "060006eeeeee860978"
