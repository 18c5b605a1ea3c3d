"""What a scanner read: a barcode of the shelf or the marking code of one item, freed of what scanners do to it.

    EAN-8, UPC-A, EAN-13, ITF-14    8, 12, 13, 14 digits, the last one a check digit
    GS1 DataMatrix                  01 GTIN(14) 21 serial(<=20) GS 91 key(4) GS 92 sign(44 or 88)
                                    01 GTIN(14) 21 serial GS 93 sign(4) [GS 3103 grams(6)]
                                    01 GTIN(14) 21 serial(7) GS 8005 kopecks(6) GS 93 sign(4) [GS 240 ...]
    short code (tobacco pack)       GTIN(14) serial(7) price(4, base 80, kopecks) sign(4), 29 symbols

GS is the byte 0x1D. Scanners send it as 0x1D, with FNC1 (0xE8) before it, as 0xF8, as words ("<GS>"), or not at all;
then the known lengths of the parts put it back, if in one way only. Sources: GS1 General Specifications (application
identifiers, character set 82); order ED-7-20/662@ for the product code made of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import Final

from fiscal.mark import Mark, gtin_of
from fiscal.refused import ScanRefused as ScanRefused  # named here for its callers

GS: Final = "\x1d"
LONGEST: Final = 512  # bytes; the longest lawful code has under 200

_SET_82: Final = frozenset("!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz")
_BASE_80: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!\"%&'*+-./_,:;=<>?"
_AIM: Final = re.compile(rb"\][A-Za-z][0-9]")
_GS_WORDS: Final = re.compile(rb"<GS>|\{GS\}|\[GS\]|\\x1D|\\u001D|&#29;|&#x1D;|\^\]|\xe2\x90\x9d", re.IGNORECASE)
_ITEM: Final = re.compile(r"01([0-9]{14})21(.*)", re.DOTALL)
_SERIAL_LENGTHS: Final = (6, 7, 8, 13, 20)  # the lengths the marking groups use
_TAILS: Final = tuple(
    re.compile(shape, re.DOTALL)
    for shape in (
        r"(91.{4})(92.{44}|92.{88})",
        r"(93.{4})",
        r"(93.{4})(3103[0-9]{6})",
        r"(17[0-9]{6})(93.{4})",
        r"(7003[0-9]{10})(93.{4})",
        r"(8005[0-9]{6})",
        r"(8005[0-9]{6})(93.{4})",
        r"(8005[0-9]{6})(93.{4})(240.{1,30})",
    )
)
_EXCISE_STAMP: Final = re.compile(r"[0-9A-Z]{68}|[0-9A-Z]{150}")


class ScanKind(Enum):
    EAN8 = "ean8"
    UPC_A = "upc_a"
    EAN13 = "ean13"
    ITF14 = "itf14"
    GS1 = "gs1"
    SHORT = "short"


@dataclass(frozen=True, slots=True)
class Scan:
    """One scanned code.

    `barcode` is the catalogue's key (8, 13 or 14 digits), `gtin` the same in 14; `serial` is empty when the code names
    no single item; `raw` are the scanned bytes, `code` the same cleaned, with 0x1D where it belongs.
    `sign_known` says that the part after the serial has a known shape.
    """

    kind: ScanKind
    barcode: str
    gtin: str
    serial: str
    raw: bytes
    code: bytes
    printed_price_minor: int = 0
    sign_known: bool = False

    @property
    def mark(self) -> Mark | None:
        """The mark for the basket; None for a barcode of the shelf."""
        return Mark(self.code, self.gtin, self.serial, self.printed_price_minor) if self.serial else None


def check_digit_fits(digits: str) -> bool:
    """The GS1 check digit of 8, 12, 13 or 14 digits: weights 3, 1, 3 ... from the right, before the last."""
    body = digits[-2::-1]
    weighted = sum(int(digit) * (1 if place % 2 else 3) for place, digit in enumerate(body))
    return (weighted + int(digits[-1])) % 10 == 0


def parse_scan(data: bytes) -> Scan:
    """Understand one scanned code, or refuse: layout_mangled, check_digit, separator_lost, excise_stamp, unreadable."""
    if len(data) > LONGEST:
        raise ScanRefused("unreadable")
    body = data.strip(b"\r\n\t ")
    body = _AIM.sub(b"", body, count=1) if _AIM.match(body) else body
    body = body.removeprefix(b"\xe8").replace(b"\xe8\x1d", b"\x1d")
    if b"\x1d" not in body:
        body = _GS_WORDS.sub(b"\x1d", body)
    body = body.strip(b"\x1d")
    if any(byte >= 0x80 for byte in body):
        return _with_high_bytes(data, body)
    return _parse(data, body.decode("ascii"))


def _with_high_bytes(data: bytes, body: bytes) -> Scan:
    """No lawful code has them: a disguised separator, if the code is whole with it, else letters of another layout."""
    high = {byte for byte in body if byte >= 0x80}
    if high <= {0xE8, 0xF8}:
        try:
            scan = _parse(data, body.translate(bytes.maketrans(b"\xe8\xf8", b"\x1d\x1d")).decode("ascii"))
        except ScanRefused:
            scan = None
        if scan is not None and scan.sign_known:
            return scan
    for encoding in ("utf-8", "cp1251"):
        text = body.decode(encoding, errors="replace")
        if any("Ѐ" <= letter <= "ӿ" or letter == "№" for letter in text):
            raise ScanRefused("layout_mangled")
    raise ScanRefused("unreadable")


def _parse(data: bytes, text: str) -> Scan:
    if text.isdecimal() and len(text) in (8, 12, 13, 14):
        return _barcode(data, text)
    item = _ITEM.fullmatch(text)
    if item is not None and check_digit_fits(item[1]):
        return _item(data, item[1], item[2])
    if text.isdecimal() and len(text) == 16 and text.startswith("01"):
        return _barcode(data, text[2:], ScanKind.GS1)
    if len(text) == 29 and text[:14].isdecimal() and all(letter in _SET_82 for letter in text[14:]):
        return _short(data, text)
    if _EXCISE_STAMP.fullmatch(text):
        raise ScanRefused("excise_stamp")
    raise ScanRefused("check_digit" if item is not None else "unreadable")


def _barcode(data: bytes, digits: str, kind: ScanKind | None = None) -> Scan:
    if not check_digit_fits(digits):
        raise ScanRefused("check_digit")
    kinds = {8: ScanKind.EAN8, 12: ScanKind.UPC_A, 13: ScanKind.EAN13, 14: ScanKind.ITF14}
    gtin = gtin_of(digits)
    barcode = digits if len(digits) == 8 else _shelf(gtin)
    code = f"01{digits}" if kind is ScanKind.GS1 else digits
    return Scan(kind or kinds[len(digits)], barcode, gtin, "", data, code.encode("ascii"))


def _shelf(gtin: str) -> str:
    """The shortest catalogue key of a GTIN: EAN-8, EAN-13 or, for a case, all 14 digits."""
    if gtin.startswith("000000"):
        return gtin[6:]
    return gtin[1:] if gtin.startswith("0") else gtin


def _item(data: bytes, gtin: str, rest: str) -> Scan:
    serial, separator, tail = rest.partition(GS)
    parts = _tail_parts(tail.replace(GS, ""))
    if not parts:
        put_back = _separator_put_back(rest.replace(GS, ""))
        if put_back is not None:
            serial, parts = put_back
        elif not separator and len(rest) > 20:
            raise ScanRefused("separator_lost")
    if not 1 <= len(serial) <= 20 or any(letter not in _SET_82 for letter in serial):
        raise ScanRefused("unreadable")
    # An unknown tail is left as it was read: the register and the marking system judge it, not the till.
    joined = GS.join(parts) if parts else tail
    code = f"01{gtin}21{serial}" + (GS + joined if joined else "")
    price = next((int(part[4:]) for part in parts if part.startswith("8005")), 0)
    return Scan(ScanKind.GS1, _shelf(gtin), gtin, serial, data, code.encode("ascii"), price, bool(parts))


def _tail_parts(tail: str) -> tuple[str, ...]:
    for shape in _TAILS:
        found = shape.fullmatch(tail)
        if found is not None:
            return found.groups()
    return ()


def _separator_put_back(rest: str) -> tuple[str, tuple[str, ...]] | None:
    """Serial and parts where the known lengths fit in exactly one way."""
    ways = [(rest[:length], _tail_parts(rest[length:])) for length in _SERIAL_LENGTHS]
    whole = [(serial, parts) for serial, parts in ways if parts]
    return whole[0] if len(whole) == 1 else None


def _short(data: bytes, text: str) -> Scan:
    gtin, serial, price = text[:14], text[14:21], text[21:25]
    if not check_digit_fits(gtin):
        raise ScanRefused("check_digit")
    minor = 0
    for letter in price:
        minor = minor * 80 + max(0, _BASE_80.find(letter))
    return Scan(ScanKind.SHORT, _shelf(gtin), gtin, serial, data, text.encode("ascii"), minor, True)
