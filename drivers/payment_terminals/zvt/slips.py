"""Collects the slip a terminal prints through the till: single lines (06 D1) and text blocks (06 D3).

    06 D1 LEN attr text           attr FF: the next byte counts line feeds; bit 7 (but not 80, FF) ends this copy
    06 D3 LEN 06 len { 1F07 type, 14 charset, 25 { 07 line | 09 attribute ... } }

Between two copies (merchant, customer) stands one empty line. Source: VdTH PA00P015 rev 13.08.
"""

from __future__ import annotations

from drivers.payment_terminals.card_numbers import mask_text
from drivers.payment_terminals.zvt import bitmaps
from drivers.payment_terminals.zvt.apdu import Apdu

PRINT_LINE, PRINT_BLOCK = 0x06D1, 0x06D3
MOST_LINES = 1000  # both copies of a long end-of-day slip have a few hundred
LINE_FEEDS, RESERVED, ENDS_COPY = 0xFF, 0x80, 0x80
CHARSETS = {b"\xff": "cp437", b"\xfe": "utf-8", b"\x01": "latin-1"}


class Slip:
    """The lines heard so far."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._copy_ended = False

    @property
    def lines(self) -> tuple[str, ...]:
        return tuple(self._lines)

    def hear(self, message: Apdu) -> None:
        if message.command == PRINT_LINE:
            self._line(message.data)
        else:
            self._block(message.data)

    def _line(self, data: bytes) -> None:
        attribute, text = (data[0], data[1:]) if data else (0, b"")
        if attribute == LINE_FEEDS:
            for _ in range(min(text[0] if text else 1, 20)):
                self._add("")
            return
        self._add(text.decode("cp437"))
        self._end_copy(attribute)

    def _block(self, data: bytes) -> None:
        charset = "cp437"
        for tag, value in bitmaps.parse(data).objects():
            if tag == 0x14:
                charset = CHARSETS.get(value, charset)
            elif tag == 0x07:
                self._add(value.decode(charset, "replace"))
            elif tag == 0x09 and value:
                self._end_copy(value[0])

    def _add(self, line: str) -> None:
        if len(self._lines) >= MOST_LINES:
            return
        if self._copy_ended:
            self._lines.append("")
            self._copy_ended = False
        printable = "".join(sign if sign.isprintable() else " " for sign in line)
        self._lines.append(mask_text(printable.rstrip()))

    def _end_copy(self, attribute: int) -> None:
        if attribute & ENDS_COPY and attribute not in (RESERVED, LINE_FEEDS):
            self._copy_ended = True
