"""The fiscal data format: the reference's own bytes, round trips, the QR, the register's number, the receipt's text."""

from __future__ import annotations

import binascii
import csv
import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fiscal.document import DocumentLine, DocumentPayments, FiscalDocument, Operation, TaxSystem
from fiscal.ffd.letters import fit, in_cp866
from fiscal.ffd.qr import ReceiptQr, parse_qr, qr_text
from fiscal.ffd.receipt_text import SealFacts, rate_text, receipt_lines, receipt_qr
from fiscal.ffd.rnm import rnm_fits, rnm_of
from fiscal.ffd.tags import TAGS, Wire
from fiscal.ffd.tlv import Fvln, Tlv, TlvError, decode, encode, find, quantity_1023, row
from fiscal.vat import VatRate

AT = dt.datetime(2026, 11, 21, 12, 30)
REFERENCE = Path(__file__).parents[3] / "shared" / "reference" / "fiscal" / "ffd_tags.csv"
ITEM = row(
    [
        (1030, "Молоко"),
        (1079, 19990),
        (1023, Fvln(2500, 3)),
        (2108, 11),
        (1199, 1),
        (1043, 49975),
        (1214, 4),
        (1212, 1),
    ]
)


@pytest.mark.parametrize(
    ("item", "data"),
    [
        (Tlv(1018, "7734384850"), "FA 03 0C 00 37 37 33 34 33 38 34 38 35 30 20 20"),
        (Tlv(1012, AT), "F4 03 04 00 C8 8E 01 6B"),
        (Tlv(1020, 49975), "FC 03 02 00 37 C3"),
        (Tlv(1077, bytes.fromhex("21043E0BBFF2")), "35 04 06 00 21 04 3E 0B BF F2"),
        (
            Tlv(1059, ITEM),
            "23 04 31 00 06 04 06 00 8C AE AB AE AA AE 37 04 02 00 16 4E FF 03 03 00 03 C4 09 3C 08 01 00 0B"
            "AF 04 01 00 01 13 04 02 00 37 C3 BE 04 01 00 04 BC 04 01 00 01",
        ),
    ],
)
def test_the_worked_bytes_of_the_reference(item: Tlv, data: str) -> None:
    assert encode([item]) == bytes.fromhex(data)
    assert decode(bytes.fromhex(data)) == (item,)


def test_the_quantity_of_an_item_is_found_inside_it() -> None:
    (item,) = decode(encode([Tlv(1059, ITEM)]))
    assert isinstance(item.value, tuple)
    assert find(item.value, 1023) == quantity_1023(2500)
    assert find(item.value, 1200) is None


cp866 = st.text(bytes(range(0x20, 0x7F)).decode() + bytes(range(0x80, 0xB0)).decode("cp866") + "рстуфхцчшщъыьэюяЁё№")


@st.composite
def tlvs(draw: st.DrawFn, depth: int = 0) -> Tlv:
    wires = [wire for wire in Wire if wire is not Wire.PRINT and (depth < 2 or wire is not Wire.STLV)]
    wire = draw(st.sampled_from(wires))
    tag = draw(st.sampled_from([tag for tag in TAGS.values() if tag.wire is wire]))
    match wire:
        case Wire.STR:
            text = draw(cp866)[: tag.length]
            return Tlv(tag.number, text.rstrip(" ") if tag.fixed else text)
        case Wire.BYTES:
            least = tag.length if tag.fixed else 0
            return Tlv(tag.number, draw(st.binary(min_size=least, max_size=tag.length)))
        case Wire.TIME:
            return Tlv(tag.number, dt.datetime(1970, 1, 1) + dt.timedelta(seconds=draw(st.integers(0, 2**32 - 1))))
        case Wire.FVLN:
            return Tlv(tag.number, Fvln(draw(st.integers(0, 2**56 - 1)), draw(st.integers(0, 9))))
        case Wire.STLV:
            children = tuple(draw(st.lists(tlvs(depth + 1), max_size=3)))
            fits = len(encode(children)) <= tag.length
            return Tlv(tag.number, children if fits else ())
        case _:
            return Tlv(tag.number, draw(st.integers(0, 256**tag.length - 1)))


def row_or_none(items: list[Tlv]) -> bytes | None:
    try:
        return encode(items)
    except TlvError:
        return None


@given(st.lists(tlvs(), max_size=6))
def test_a_row_of_tags_survives_its_bytes(items: list[Tlv]) -> None:
    assert decode(encode(items)) == tuple(items)


def heads(data: bytes) -> int | None:
    """How many tags a plain walk over the heads finds; None where it does not end with the bytes."""
    at = count = 0
    while at + 4 <= len(data):
        at += 4 + int.from_bytes(data[at + 2 : at + 4], "little")
        count += 1
    return count if at == len(data) else None


@given(st.one_of(st.binary(max_size=200), st.lists(tlvs(), max_size=4).map(encode)))
def test_any_bytes_are_tags_or_refused(data: bytes) -> None:
    try:
        found: int | None = len(decode(data))
    except TlvError:
        found = None
    assert found in (None, heads(data))


@given(st.lists(tlvs(), min_size=1, max_size=3), st.data())
def test_a_cut_row_is_refused(items: list[Tlv], data: st.DataObject) -> None:
    whole = encode(items)
    ends = {len(encode(items[:count])) for count in range(len(items) + 1)}
    cut = data.draw(st.integers(0, len(whole) - 1).filter(lambda at: at not in ends))
    with pytest.raises(TlvError):
        decode(whole[:cut])


@pytest.mark.parametrize(
    "item",
    [
        Tlv(1054, 256),
        Tlv(1020, 2**48),
        Tlv(1020, -1),
        Tlv(1018, "1234567890123"),
        Tlv(1030, "я" * 129),
        Tlv(1077, b"12345"),
        Tlv(1020, "text"),
        Tlv(1012, dt.datetime(2026, 1, 1, tzinfo=dt.UTC)),
        Tlv(1196, b"on paper only"),
    ],
)
def test_a_value_that_does_not_fit_is_refused(item: Tlv) -> None:
    assert row_or_none([item]) is None


def test_structures_nested_without_end_are_refused() -> None:
    data = b""
    for _ in range(20):
        data = (1059).to_bytes(2, "little") + len(data).to_bytes(2, "little") + data
    with pytest.raises(TlvError, match="too deep"):
        decode(data)


def test_the_table_of_tags_is_the_reference_s() -> None:
    if not REFERENCE.exists():
        pytest.skip("no published table of tags (columns tag, name, ...) at ../shared/reference/fiscal/ffd_tags.csv")
    with REFERENCE.open(newline="") as rows:
        expected = {int(one["tag"]): one for one in csv.DictReader(rows)}
    assert set(TAGS) - set(expected) == {1125, 1163}
    for number, one in expected.items():
        tag = TAGS[number]
        assert tag.wire.value == one["type"]
        if tag.wire is not Wire.PRINT:
            assert (tag.length, tag.fixed) == (int(one["len"]), one["kind"] == "fixed")


def test_letters_a_register_lacks_are_written_otherwise() -> None:
    assert in_cp866("Кукла «Маша» — 5 ₽\n").decode("cp866") == 'Кукла "Маша" - 5 р.'
    assert in_cp866("Ёжик № 1").decode("cp866") == "Ёжик № 1"
    assert in_cp866("日") == b"?"
    assert fit("Молоко…", 7) == "Молоко."


QR = ReceiptQr(AT, 49975, "9999078900005430", 130, 1040957426, Operation.SALE)
QR_TEXT = "t=20261121T1230&s=499.75&fn=9999078900005430&i=130&fp=1040957426&n=1"


def test_the_qr_of_the_reference() -> None:
    assert qr_text(QR) == QR_TEXT
    assert parse_qr(QR_TEXT) == QR
    assert parse_qr(QR_TEXT.replace("T1230", "T123045")) == replace(QR, at=AT.replace(second=45))
    assert parse_qr(QR_TEXT.replace("499.75", "499")) == replace(QR, total_minor=49900)


@given(
    st.datetimes(dt.datetime(2017, 1, 1), dt.datetime(2099, 1, 1)),
    st.integers(0, 10**11),
    st.integers(0, 10**16 - 1),
    st.integers(0, 2**32 - 1),
    st.integers(0, 2**32 - 1),
    st.sampled_from(list(Operation)),
)
def test_a_qr_survives_its_text(
    at: dt.datetime, total: int, fn: int, number: int, sign: int, operation: Operation
) -> None:
    qr = ReceiptQr(at.replace(second=0, microsecond=0), total, f"{fn:016d}", number, sign, operation)
    assert parse_qr(qr_text(qr)) == qr


@pytest.mark.parametrize(
    "text",
    [
        "",
        "4606203090785",
        QR_TEXT.replace("n=1", "n=5"),
        QR_TEXT.replace("20261121", "20261341"),
        QR_TEXT.replace("&i=130", ""),
        QR_TEXT.replace("i=130", "i=-1"),
        QR_TEXT.replace("s=499.75", "s=1e3"),
        QR_TEXT.replace("fn=9999", "fn=99"),
    ],
)
def test_other_texts_are_no_receipt(text: str) -> None:
    assert parse_qr(text) is None


@given(st.text(max_size=120))
def test_no_text_breaks_the_qr(text: str) -> None:
    assert parse_qr(text) is None or "fn=" in text


def test_the_registration_number_checks_taxpayer_and_register() -> None:
    assert binascii.crc_hqx(b"123456789", 0xFFFF) == 0x29B1  # the catalogue's check value of this CRC
    digits = b"0000000042" + b"007734384850" + b"00000000000001234567"
    assert rnm_of("0000000042", "7734384850", "0001234567") == f"0000000042{binascii.crc_hqx(digits, 0xFFFF):06d}"
    rnm = rnm_of("0000000042", "7734384850", "0001234567")
    assert rnm_fits(rnm + "    ", "7734384850", "1234567")
    assert not rnm_fits(rnm, "7734384851", "0001234567")
    assert not rnm_fits(rnm, "7734384850", "0001234568")
    assert not rnm_fits("short", "7734384850", "0001234567")


DOCUMENT = FiscalDocument(
    Operation.SALE,
    TaxSystem.GENERAL,
    (
        DocumentLine("Сыр «Российский» полутвёрдый, выдержанный, кусок", 250, 89900, 22475, VatRate.V10, measure=11),
        DocumentLine("Кукла", 1000, 129900, 129900, VatRate.V22, mark=b"01"),
        DocumentLine("Услуга без налога", 1000, 50, 50, VatRate.NONE),
    ),
    DocumentPayments(cash_minor=52400, electronic_minor=100000),
    "Иванова",
    rounding_minor=25,
    buyer_contact="+79001234567",
)
SEAL = SealFacts(130, 1040957426, "9999078900005430", "0000000042012345", "7734384850", AT, 12, "ООО «Лавка»", "Москва")


@pytest.mark.parametrize("width", range(32, 49))
@pytest.mark.parametrize("language", ["ru", "en"])
def test_no_line_of_a_receipt_is_wider_than_the_paper(width: int, language: str) -> None:
    lines = receipt_lines(DOCUMENT, SEAL, width, language)
    assert max(map(len, lines)) <= width
    text = "\n".join(lines)
    for figure in ("899.00", "=224.75", "=1299.00", "=1524.00", "-0.25", "=524.00", "=1000.00", "=20.43", "=234.25"):
        assert figure in text, figure
    for fact in ("9999078900005430", "1040957426", "130", "0000000042012345", "7734384850", "21.11.2026 12:30"):
        assert fact in text


def test_a_receipt_says_its_words_in_both_languages() -> None:
    russian, english = receipt_lines(DOCUMENT, SEAL, 40, "ru"), receipt_lines(DOCUMENT, SEAL, 40, "en")
    assert any(line.startswith("ИТОГ") for line in russian)
    assert any(line.startswith("TOTAL") for line in english)
    assert "[М] Кукла" in russian
    assert len(russian) == len(english)
    assert not any("СДАЧА" in line for line in russian), "the exact sum was paid"
    change = replace(DOCUMENT, payments=DocumentPayments(cash_minor=60000, electronic_minor=100000))
    assert any(line.startswith("СДАЧА") and line.endswith("=76.00") for line in receipt_lines(change, SEAL))


def test_rates_are_written_as_on_paper() -> None:
    assert [rate_text(rate) for rate in (VatRate.V22, VatRate.V10_110, VatRate.V0, VatRate.NONE)] == [
        "НДС 22%",
        "НДС 10/110",
        "НДС 0%",
        "Без НДС",
    ]


def test_the_receipt_s_qr_is_of_its_total() -> None:
    assert receipt_qr(DOCUMENT, SEAL) == QR_TEXT.replace("499.75", "1524.00")


def test_a_receipt_has_the_width_of_paper() -> None:
    with pytest.raises(ValueError, match="32 to 48"):
        receipt_lines(DOCUMENT, SEAL, 31)
