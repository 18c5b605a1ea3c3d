"""Reads a fiscal data operator's register of receipts: a CSV file as cabinets export it, with its faults.

    [lines about the company and the period]      skipped until the line of headings
    ФН;ФД;ФПД;Признак расчета;Сумма;Дата          heading (columns.py)
    9999...;124;1234567890;Приход;1 234,56;...    a row; a line that is none is kept with its reason

UTF-8 (with or without its mark) or Windows-1251; semicolon, comma or tab; sums with a comma or a point, spaces of any
kind between thousands. Shift reports and other papers stand in such registers too: they are
counted and left aside.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import BinaryIO

from cloud_api.operator_register.columns import Columns

HEAD_BYTES = 1 << 16  # enough for the lines above the heading, to see what parts the columns
HEADING_WITHIN = 30  # lines; above the heading stand a title, the company and the period
MOST_ROWS = 2_000_000  # a chain of 300 shops has 300,000 receipts a day; a week of them
SHOWN = 50  # lines that were no rows, with their reason
LARGEST_MINOR = 10**13
FN_DIGITS = 16


class Operation(Enum):
    """Tag 1054, as registers spell it."""

    SALE = 1
    SALE_REFUND = 2
    PURCHASE = 3
    PURCHASE_REFUND = 4


_OPERATIONS = {
    "приход": Operation.SALE,
    "1": Operation.SALE,
    "возврат прихода": Operation.SALE_REFUND,
    "2": Operation.SALE_REFUND,
    "расход": Operation.PURCHASE,
    "3": Operation.PURCHASE,
    "возврат расхода": Operation.PURCHASE_REFUND,
    "4": Operation.PURCHASE_REFUND,
}


class NoRegister(Exception):
    """The file is no register: `ru` and `en` say why, for a person."""

    def __init__(self, ru: str, en: str) -> None:
        super().__init__(en)
        self.ru, self.en = ru, en


@dataclass(frozen=True, slots=True)
class RegisterRow:
    """A receipt as the operator has it. `operation` is None where the register does not say; `at` is its own text."""

    line: int
    fn: str
    number: int
    total_minor: int
    sign: int | None = None
    operation: Operation | None = None
    at: str = ""

    @property
    def says(self) -> tuple[int, int | None, Operation | None]:
        """What two rows of one document have to agree in."""
        return self.total_minor, self.sign, self.operation


@dataclass(frozen=True, slots=True)
class OddLine:
    """A line that is no receipt and should be one; `why`: fn, number, total, sign, operation, short, twice."""

    line: int
    why: str
    text: str


@dataclass(slots=True)
class Register:
    """What was read. `aside`: papers that are no receipts (shift reports, registrations); `odd_lines` in all."""

    rows: list[RegisterRow] = field(default_factory=list)
    odd: list[OddLine] = field(default_factory=list)
    odd_lines: int = 0
    aside: int = 0

    def put_odd(self, odd: OddLine) -> None:
        self.odd_lines += 1
        if len(self.odd) < SHOWN:
            self.odd.append(odd)


def read_register(data: bytes, said: Mapping[str, str] | None = None) -> Register:
    """The receipts in the file. NoRegister if it has no heading, no row, or is no text. `said`: see columns.py."""
    found = Register()
    seen: dict[tuple[str, int], RegisterRow] = {}
    for read in walk_register(io.BytesIO(data), said):
        if read is None:
            found.aside += 1
        elif isinstance(read, OddLine):
            found.put_odd(read)
        else:
            before = seen.setdefault((read.fn, read.number), read)
            if before is read:
                found.rows.append(read)
            elif before.says != read.says:
                found.put_odd(OddLine(read.line, "twice", ""))
    if not found.rows:
        raise NoRegister(
            "В реестре нет ни одного чека. Ничего не изменено.",
            "The register has no receipt. Nothing was changed.",
        )
    return found


def walk_register(file: BinaryIO, said: Mapping[str, str] | None = None) -> Iterator[RegisterRow | OddLine | None]:
    """Line by line, so that a file of any length takes the memory of one: a receipt, a line that should be one, or None
    for another paper. NoRegister before the first if there is no heading or no text, later where the file breaks."""
    head = file.read(HEAD_BYTES)
    encoding = _encoding(file, head)
    file.seek(0)
    delimiter = _delimiter(head.decode(encoding, errors="replace"))
    lines = csv.reader(io.TextIOWrapper(file, encoding, errors="replace", newline=""), delimiter=delimiter)
    columns: Columns | None = None
    rows = 0
    try:
        for cells in lines:
            number = lines.line_num
            if columns is None:
                columns = Columns.from_headings(cells, said)
                if columns is None and number >= HEADING_WITHIN:
                    break
                continue
            if not any(cell.strip() for cell in cells):
                continue
            try:
                read: RegisterRow | OddLine | None = _row(columns, number, cells)
            except _Odd as odd:
                read = OddLine(number, str(odd), ";".join(cells)[:200])
            rows += isinstance(read, RegisterRow)
            if rows > MOST_ROWS:
                raise NoRegister(
                    f"В файле больше {MOST_ROWS} чеков. Выгрузите реестр за меньший срок.",
                    f"The file has more than {MOST_ROWS} receipts. Export a shorter period.",
                )
            yield read
    except csv.Error as error:
        raise NoRegister(f"Файл оборван или испорчен: {error}", f"The file is cut or damaged: {error}") from None
    if columns is None:
        raise NoRegister(
            "Это не реестр чеков: нет строки с колонками «ФН», «ФД» и «Сумма». Ничего не изменено.",
            "This is no register of receipts: no line names the columns FN, FD and sum. Nothing was changed.",
        )


class _Odd(Exception):
    """A line that should be a receipt and is none; its text is the reason."""


def _row(columns: Columns, line: int, cells: Sequence[str]) -> RegisterRow | None:
    """The receipt of a line; None for another paper, a note or the sums at the end."""

    def cell(place: int | None) -> str:
        return cells[place].strip() if place is not None and place < len(cells) else ""

    fn, number = re.sub(r"\D", "", cell(columns.fn)), _whole(cell(columns.number))
    if (not fn and number is None) or not _is_receipt(cell(columns.kind).lower()):
        return None
    if len(cells) <= max(columns.fn, columns.number, columns.total):
        raise _Odd("short")
    if len(fn) != FN_DIGITS:
        raise _Odd("fn")
    if number is None or not 1 <= number < 2**32:
        raise _Odd("number")
    total = minor_of(cell(columns.total))
    if total is None:
        raise _Odd("total")
    operation = cell(columns.operation).lower().removeprefix("чек ")
    if operation and operation not in _OPERATIONS:
        raise _Odd("operation")
    sign = _whole(cell(columns.sign))
    if cell(columns.sign) and sign is None:
        raise _Odd("sign")
    return RegisterRow(line, fn, number, total, sign, _OPERATIONS.get(operation), cell(columns.at).replace("\0", ""))


def _is_receipt(kind: str) -> bool:
    return not kind or any(word in kind for word in ("чек", "бсо", "receipt"))


def _encoding(file: BinaryIO, head: bytes) -> str:
    """UTF-8 if all of the file is, else Windows-1251. `head` was read already."""
    if b"\x00" in head[:4096]:
        raise NoRegister(
            "Это не CSV (похоже на Excel или архив). Сохраните реестр как CSV и загрузите снова.",
            "This is no CSV (it looks like Excel or an archive). Save the register as CSV and load it again.",
        )
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        part = head
        while part:
            decoder.decode(part)
            part = file.read(HEAD_BYTES)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "cp1251"
    return "utf-8-sig"


def _delimiter(text: str) -> str:
    """The sign that most of the first lines have most of."""
    head = text.splitlines()[:HEADING_WITHIN]
    return max(";\t,", key=lambda sign: sum(line.count(sign) for line in head if line.count(sign) > 1))


def _whole(text: str) -> int | None:
    digits = re.sub(r"[\s\u00a0\u202f']", "", text)
    digits = re.sub(r"[.,]0+$", "", digits)  # a table program has made 124 into 124,00
    return int(digits) if re.fullmatch(r"[0-9]{1,18}", digits) else None


def minor_of(text: str) -> int | None:
    """`1 234,5` -> 123450; None for what is no sum of at most two decimals."""
    plain = re.sub(r"[\s\u00a0\u202f'₽]|руб\.?", "", text.lower())
    if plain.count(",") == 1 and "." not in plain:
        plain = plain.replace(",", ".")
    elif re.fullmatch(r"-?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?", plain):
        plain = plain.replace(",", "")
    match = re.fullmatch(r"(-?)([0-9]{1,13})(?:\.([0-9]{1,2})0*)?", plain)
    if match is None:
        return None
    sign, whole, part = match.groups()
    minor = int(whole) * 100 + int((part or "0").ljust(2, "0"))
    if minor > LARGEST_MINOR:
        return None
    return -minor if sign else minor
