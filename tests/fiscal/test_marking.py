"""Scanned bytes: every disguise of one code is one item, and no bytes break the parser."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fiscal.ffd.product_code import product_code_1162
from fiscal.marking import Scan, ScanKind, check_digit_fits, parse_scan
from fiscal.refused import SCAN_CODES, ScanRefused

GTIN = b"04600439931256"
SERIAL = b"5qsVJx'Wyq%+D"  # 13 symbols, as shoes, clothes and toys have
KEY = b"91EE06"
SIGN = b"92" + b"k6cf0Z+gXVmNYqD0ZbR8yv1rWmP3Lr2tSa9eUq4HB7w="
TOY = b"01" + GTIN + b"21" + SERIAL + b"\x1d" + KEY + b"\x1d" + SIGN
MILK = b"01" + GTIN + b"21" + b"aB3/x!" + b"\x1d93dGVz"

SHOE = b"01" + GTIN + b"21A\x1d" + KEY + b"\x1d92" + b"s" * 88


def test_the_sign_of_the_example_has_its_lawful_length() -> None:
    assert len(SIGN) == 2 + 44


@pytest.mark.parametrize(
    "scanned",
    [
        TOY,
        b"]d2" + TOY,
        b"]C1" + TOY,
        b"\x1d" + TOY,
        b"]d2\x1d" + TOY + b"\r\n",
        b"\xe8" + TOY,
        TOY.replace(b"\x1d", b"\xe8\x1d"),
        TOY.replace(b"\x1d", b"\xf8"),
        TOY.replace(b"\x1d", b"<GS>"),
        TOY.replace(b"\x1d", b"<gs>"),
        TOY.replace(b"\x1d", b"{GS}"),
        TOY.replace(b"\x1d", b"\\x1d"),
        TOY.replace(b"\x1d", b"^]"),
        TOY.replace(b"\x1d", "␝".encode()),
        TOY.replace(b"\x1d", b""),  # lost: the lengths put it back
        TOY.replace(b"\x1d91", b"91"),  # lost once
        TOY.replace(b"\x1d92", b"92"),
        TOY + b"\x1d",
    ],
)
def test_every_disguise_of_a_code_is_the_same_item(scanned: bytes) -> None:
    scan = parse_scan(scanned)
    assert (scan.kind, scan.gtin, scan.barcode) == (ScanKind.GS1, GTIN.decode(), "4600439931256")
    assert scan.serial == SERIAL.decode()
    assert scan.code == TOY
    assert scan.raw == scanned
    assert scan.mark is not None
    assert scan.mark.item == (GTIN.decode(), SERIAL.decode())


@pytest.mark.parametrize(
    ("scanned", "serial", "code"),
    [
        (MILK, "aB3/x!", MILK),
        (MILK.replace(b"\x1d", b""), "aB3/x!", MILK),
        (b"01" + GTIN + b"21aB3/x!93dGVz3103002500", "aB3/x!", MILK + b"\x1d3103002500"),
        (b"01" + GTIN + b"21" + SERIAL, SERIAL.decode(), b"01" + GTIN + b"21" + SERIAL),
        (b"01" + GTIN + b"21A\x1d17261231\x1d99unknown", "A", b"01" + GTIN + b"21A\x1d17261231\x1d99unknown"),
        (SHOE, "A", SHOE),
    ],
)  # fmt: skip
def test_codes_of_other_shapes(scanned: bytes, serial: str, code: bytes) -> None:
    scan = parse_scan(scanned)
    assert (scan.serial, scan.code) == (serial, code)


@pytest.mark.parametrize(
    ("scanned", "kind", "barcode", "gtin"),
    [
        (b"46198488", ScanKind.EAN8, "46198488", "00000046198488"),
        (b"4606203090785", ScanKind.EAN13, "4606203090785", "04606203090785"),
        (b"]E04606203090785\r", ScanKind.EAN13, "4606203090785", "04606203090785"),
        (b"036000291452", ScanKind.UPC_A, "0036000291452", "00036000291452"),
        (b"14601234567890", ScanKind.ITF14, "14601234567890", "14601234567890"),
        (b"04606203090785", ScanKind.ITF14, "4606203090785", "04606203090785"),
        (b"]C10104606203090785", ScanKind.GS1, "4606203090785", "04606203090785"),
    ],
)
def test_barcodes_of_the_shelf(scanned: bytes, kind: ScanKind, barcode: str, gtin: str) -> None:
    scan = parse_scan(scanned)
    assert (scan.kind, scan.barcode, scan.gtin) == (kind, barcode, gtin)
    assert scan.mark is None


@pytest.mark.parametrize(
    ("scanned", "value"),
    [  # the order's own test vectors
        (b"46198488", "45 08 00 00 02 C0 EE D8"),
        (b"4606203090785", "45 0D 04 30 77 19 57 61"),
        (b"14601234567890", "49 0E 0D 47 9D 66 52 D2"),
        (
            b"010460043993125621JgXJ5.T\x1d8005112000\x1d930001\x1d24010000",
            "44 4D 04 2F 1F 96 81 78 4A 67 58 4A 35 2E 54 31 31 32 30 30 30",
        ),
        (b"00000046198488X?io+qCABm8wAYa", "44 4D 00 00 02 C0 EE D8 58 3F 69 6F 2B 71 43 41 42 6D 38 20 20"),
    ],
)
def test_product_codes_of_the_order(scanned: bytes, value: str) -> None:
    assert product_code_1162(parse_scan(scanned)) == bytes.fromhex(value)


def test_a_tobacco_code_carries_its_price() -> None:
    pack = parse_scan(b"00000046198488X?io+qCABm8wAYa")
    assert (pack.kind, pack.serial, pack.printed_price_minor) == (ScanKind.SHORT, "X?io+qC", 9500)
    box = parse_scan(b"010460043993125621JgXJ5.T\x1d8005112000\x1d93abcd")
    assert box.printed_price_minor == 112_000


RUSSIAN = str.maketrans(
    "qwertyuiop[]asdfghjkl;'zxcvbnm,./QWERTYUIOP{}ASDFGHJKL:\"ZXCVBNM<>?&@#$^",
    'йцукенгшщзхъфывапролджэячсмитьбю.ЙЦУКЕНГШЩЗХЪФЫВАПРОЛДЖЭЯЧСМИТЬБЮ,?"№;:',
)


@pytest.mark.parametrize("encoding", ["utf-8", "cp1251"])
@pytest.mark.parametrize("code", [TOY, MILK, b"00000046198488X?io+qCABm8wAYa"])
def test_a_code_through_a_russian_layout_is_refused_as_such(code: bytes, encoding: str) -> None:
    mangled = code.decode("ascii").translate(RUSSIAN).encode(encoding)
    with pytest.raises(ScanRefused) as refused:
        parse_scan(mangled)
    assert refused.value.code == "layout_mangled"


@pytest.mark.parametrize(
    ("scanned", "code"),
    [
        (b"", "unreadable"),
        (b"4606203090786", "check_digit"),
        (b"46198480", "check_digit"),
        (b"010460043993125721ABC", "check_digit"),
        (b"00000046198480X?io+qCABm8wAYa", "check_digit"),
        (b"12345", "unreadable"),
        (b"hello", "unreadable"),
        (b"01" + GTIN + b"21", "unreadable"),
        (b"01" + GTIN + b"21with space\x1d93abcd", "unreadable"),
        (b"01" + GTIN + b"21" + b"Z" * 40, "separator_lost"),
        (b"01" + GTIN + b"21ABCDEFG8005118005931234", "separator_lost"),  # two ways to cut it: not guessed
        (b"01" + GTIN + b"2112\xf8456", "layout_mangled"),  # a letter, not a separator: nothing whole behind it
        (b"A" * 68, "excise_stamp"),
        (b"1" * 3 + b"B" * 147, "excise_stamp"),
        (b"x" * 513, "unreadable"),
        (b"\x81\x82", "layout_mangled"),
        (b"\xa7\xa7", "unreadable"),
    ],
)
def test_what_is_no_code_is_refused_by_name(scanned: bytes, code: str) -> None:
    with pytest.raises(ScanRefused) as refused:
        parse_scan(scanned)
    assert refused.value.code == code


def test_the_check_digit_finds_each_wrong_digit() -> None:
    good = "4606203090785"
    assert check_digit_fits(good)
    for place in range(13):
        for digit in "0123456789":
            assert check_digit_fits(good[:place] + digit + good[place + 1 :]) == (digit == good[place])


def sound(scan: Scan) -> None:
    assert len(scan.gtin) == 14
    assert scan.gtin.isdecimal()
    assert check_digit_fits(scan.gtin)
    assert scan.barcode.zfill(14) == scan.gtin
    assert 8 <= len(product_code_1162(scan)) <= 32
    again = parse_scan(scan.code)
    assert (again.kind, again.gtin, again.serial, again.code) == (scan.kind, scan.gtin, scan.serial, scan.code)


pieces = st.sampled_from([b"01" + GTIN, b"21", SERIAL, b"\x1d", KEY, SIGN, b"93abcd", b"8005112000", b"\xe8", b"<GS>"])
assembled = st.lists(st.one_of(pieces, st.binary(max_size=3)), max_size=12).map(b"".join)


def refusal(data: bytes) -> str | None:
    try:
        parse_scan(data)
    except ScanRefused as refused:
        return refused.code
    return None


@given(st.one_of(st.binary(max_size=600), assembled))
@example(TOY)
@example(b"]d2]C1" + TOY)
@example(b"0104600213345699")
def test_any_bytes_are_a_sound_scan_or_refused_by_a_known_code(data: bytes) -> None:
    code = refusal(data)
    if code is None:
        sound(parse_scan(data))
    else:
        assert code in SCAN_CODES


symbols = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!\"%&'*+-./_,:;=<>?", min_size=1)


@given(symbols.filter(lambda text: len(text) <= 20), st.sampled_from([KEY + b"\x1d" + SIGN, b"93dGVz", b""]))
def test_a_whole_code_gives_back_serial_and_code(serial: str, tail: bytes) -> None:
    code = b"01" + GTIN + b"21" + serial.encode() + (b"\x1d" + tail if tail else b"")
    scan = parse_scan(code)
    if tail:
        assert (scan.serial, scan.code) == (serial, code)
    else:
        assert serial.startswith(scan.serial)
