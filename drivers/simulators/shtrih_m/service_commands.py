"""Printing, paper, drawer, clock, tables and the link's own settings (reference section 5)."""

from __future__ import annotations

import datetime as dt

from drivers.simulators.shtrih_m import layout, tables
from drivers.simulators.shtrih_m.codes import Code, Refusal
from drivers.simulators.shtrih_m.command import LONGEST, SHIFT_ANY, Command, Who, fixed
from drivers.simulators.shtrih_m.machine import Machine, Mode
from drivers.simulators.shtrih_m.wire_fields import Params, le, padded, text_of

PRINT_WIDTH_PX, CHAR_WIDTH, CHAR_HEIGHT, FONTS = 432, 12, 24, 7
BAUD_CODES = 10
RECEIPT_ROLL = 0x02
CUT_LINE = "- - - - - - - - - - - - - - - - - -"


def beep(machine: Machine, operator: int, params: Params) -> bytes:
    return b""


def print_line(machine: Machine, operator: int, params: Params) -> bytes:
    """12h and 17h: flags, text. Without the receipt flag nothing comes out here."""
    flags, text = params.uint(1), params.text()
    if flags & RECEIPT_ROLL:
        machine.print([text], wait=True)
    return b""


def print_with_font(machine: Machine, operator: int, params: Params) -> bytes:
    flags, font = params.uint(1), params.uint(1)
    if not 1 <= font <= FONTS:
        raise Refusal(0x91)
    if flags & RECEIPT_ROLL:
        machine.print([params.text()], wait=True)
    return b""


def document_header(machine: Machine, operator: int, params: Params) -> bytes:
    title, number = text_of(params.take(30)), params.uint(2)
    machine.image.running_number += 1
    machine.print([*layout.header(machine), layout.pair(title, f"№ {number}")], wait=True)
    return le(machine.image.running_number & 0xFFFF, 2)


def print_header(machine: Machine, operator: int, params: Params) -> bytes:
    machine.print(layout.header(machine), wait=True)
    return b""


def print_footer(machine: Machine, operator: int, params: Params) -> bytes:
    machine.print(layout.footer(machine), wait=True)
    return b""


def feed(machine: Machine, operator: int, params: Params) -> bytes:
    flags, lines = params.uint(1), params.uint(1)
    if flags & RECEIPT_ROLL:
        machine.print([""] * lines, wait=True)
    return b""


def cut(machine: Machine, operator: int, params: Params) -> bytes:
    if params.uint(1) > 1:
        raise Refusal(Code.BAD_PARAMETERS)
    machine.print([CUT_LINE], wait=True)
    return b""


def open_drawer(machine: Machine, operator: int, params: Params) -> bytes:
    number = params.uint(1)
    if number > 1:
        raise Refusal(Code.BAD_PARAMETERS)
    machine.image.drawer_open = True
    machine.tell("drawer_opened", drawer=number)
    return b""


def font_parameters(machine: Machine, operator: int, params: Params) -> bytes:
    if not 1 <= params.uint(1) <= FONTS:
        raise Refusal(0x91)
    return le(PRINT_WIDTH_PX, 2) + bytes([CHAR_WIDTH, CHAR_HEIGHT, FONTS])


def set_link(machine: Machine, operator: int, params: Params) -> bytes:
    _port, baud, timeout = params.uint(1), params.uint(1), params.uint(1)
    if baud >= BAUD_CODES:
        raise Refusal(Code.BAD_PARAMETERS)
    machine.image.baud, machine.image.byte_timeout = baud, timeout
    return b""


def read_link(machine: Machine, operator: int, params: Params) -> bytes:
    params.uint(1)
    return bytes([machine.image.baud, machine.image.byte_timeout])


def technological_reset(machine: Machine, operator: int, params: Params) -> bytes:
    raise Refusal(Code.WRONG_MODE)  # mode 9 is reached by opening the case only


def set_time(machine: Machine, operator: int, params: Params) -> bytes:
    try:
        wanted = dt.time(params.uint(1), params.uint(1), params.uint(1))
    except ValueError as wrong:
        raise Refusal(Code.BAD_PARAMETERS) from wrong
    at = machine.wall()
    machine.image.rtc_ahead_s += int((dt.datetime.combine(at.date(), wanted) - at).total_seconds())
    return b""


def _date(params: Params) -> dt.date:
    day, month, year = params.uint(1), params.uint(1), params.uint(1)
    try:
        return dt.date(2000 + year, month, day)
    except ValueError as wrong:
        raise Refusal(Code.BAD_DATE) from wrong


def set_date(machine: Machine, operator: int, params: Params) -> bytes:
    machine.image.date_to_confirm = _date(params).isoformat()
    return b""


def confirm_date(machine: Machine, operator: int, params: Params) -> bytes:
    if not machine.image.date_to_confirm:
        raise Refusal(Code.WRONG_MODE)
    wanted = _date(params)
    if wanted.isoformat() != machine.image.date_to_confirm:
        raise Refusal(Code.DATE_MISMATCH)
    machine.image.rtc_ahead_s += (wanted - machine.wall().date()).days * 86_400
    machine.image.date_to_confirm = ""
    return b""


def write_cell(machine: Machine, operator: int, params: Params) -> bytes:
    cell = (params.uint(1), params.uint(2), params.uint(1))
    tables.write(machine.image, cell, params.rest())
    return b""


def read_cell(machine: Machine, operator: int, params: Params) -> bytes:
    return tables.read_bytes(machine.image, (params.uint(1), params.uint(2), params.uint(1)))


def table_shape(machine: Machine, operator: int, params: Params) -> bytes:
    shape = tables.table(params.uint(1))
    return padded(shape.name, 40) + le(shape.rows, 2) + bytes([len(shape.fields)])


def field_shape(machine: Machine, operator: int, params: Params) -> bytes:
    shape = tables.field(params.uint(1), params.uint(1))
    head = padded(shape.name, 40) + bytes([1 if shape.low is None else 0, shape.size])
    return head if shape.low is None else head + le(shape.low, shape.size) + le(shape.high, shape.size)


def continue_print(machine: Machine, operator: int, params: Params) -> bytes:
    machine.resume_printing()
    return b""


def open_non_fiscal(machine: Machine, operator: int, params: Params) -> bytes:
    machine.image.non_fiscal = True
    machine.print(layout.header(machine), wait=True)
    return b""


def close_non_fiscal(machine: Machine, operator: int, params: Params) -> bytes:
    if not machine.image.non_fiscal:
        raise Refusal(Code.WRONG_MODE)
    machine.image.non_fiscal = False
    machine.print(layout.footer(machine), wait=True)
    return b""


NOT_CONFIRMING = frozenset({Mode.SHIFT_CLOSED, Mode.CONFIRM_DATE})

COMMANDS: dict[str, Command] = {
    "12": Command(print_line, 6, LONGEST, says_operator=True, prints=True),
    "13": fixed(beep, 5, says_operator=True, reads=True),
    "14": fixed(set_link, 8, who=Who.SYSTEM),
    "15": fixed(read_link, 6, who=Who.SYSTEM, reads=True),
    "16": fixed(technological_reset, 1, who=Who.NOBODY),
    "17": Command(print_line, 6, LONGEST, says_operator=True, prints=True),
    "18": fixed(document_header, 37, says_operator=True, prints=True),
    "1E": Command(write_cell, 9, LONGEST, who=Who.SYSTEM),
    "1F": fixed(read_cell, 9, who=Who.SYSTEM, reads=True),
    "21": fixed(set_time, 8, who=Who.SYSTEM, modes=NOT_CONFIRMING),
    "22": fixed(set_date, 8, who=Who.SYSTEM, modes=NOT_CONFIRMING),
    "23": fixed(confirm_date, 8, who=Who.SYSTEM),
    "25": fixed(cut, 6, says_operator=True, prints=True),
    "26": fixed(font_parameters, 6, reads=True),
    "28": fixed(open_drawer, 6, says_operator=True),
    "29": fixed(feed, 7, says_operator=True, prints=True),
    "2D": fixed(table_shape, 6, who=Who.SYSTEM, reads=True),
    "2E": fixed(field_shape, 7, who=Who.SYSTEM, reads=True),
    "2F": Command(print_with_font, 7, LONGEST, says_operator=True, prints=True),
    "52": fixed(print_header, 5, says_operator=True, prints=True),
    "53": Command(print_footer, 5, 6, says_operator=True, prints=True),
    "54": fixed(print_footer, 5, says_operator=True, prints=True),
    "B0": fixed(continue_print, 5, says_operator=True),
    "E1": fixed(continue_print, 5),
    "E2": fixed(open_non_fiscal, 5, says_operator=True, prints=True, modes=SHIFT_ANY),
    "E3": fixed(close_non_fiscal, 5, says_operator=True, prints=True),
}
