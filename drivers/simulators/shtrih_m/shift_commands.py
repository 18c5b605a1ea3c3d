"""The shift and the drawer: E0h, 40h, 41h, 42h-46h, 50h, 51h, and the fiscal memory's own FF0B, FF41-FF43."""

from __future__ import annotations

import datetime as dt

from drivers.simulators.shtrih_m import layout, tables, tlv
from drivers.simulators.shtrih_m.codes import Code, Refusal
from drivers.simulators.shtrih_m.command import (
    CLOSED,
    SHIFT_ANY,
    SHIFT_RUNNING,
    Command,
    Handler,
    Who,
    fixed,
)
from drivers.simulators.shtrih_m.machine import Kind, Machine
from drivers.simulators.shtrih_m.memory_image import Filed
from drivers.simulators.shtrih_m.receipt_body import FORM_SHIFT_CLOSE, FORM_SHIFT_OPEN, common
from drivers.simulators.shtrih_m.receipt_sums import TOTAL_LIMIT
from drivers.simulators.shtrih_m.wire_fields import Params, le, moment

FN_COMMITS_S = 0.3  # signing and storing one document


def open_shift_document(machine: Machine, operator: int, *, on_paper: bool = True) -> Filed:
    """Commit "shift opened"."""
    fn = machine.image.fn
    if fn.current not in (Kind.NONE, Kind.SHIFT_OPEN):
        raise Refusal(Code.FN_WRONG_STATE)
    fn.shift += 1
    tags = bytes.fromhex(fn.tlv)
    try:
        body = tlv.tlv(FORM_SHIFT_OPEN, common(machine, tags, operator))
        filed = machine.file(Kind.SHIFT_OPEN, body=body)
    except Refusal:
        fn.shift -= 1
        raise
    fn.shift_open, fn.shift_opened_at, fn.receipts = True, filed.at, 0
    machine.image.shift_sums.clear()
    cashier = layout.cashier(machine, operator, tags)
    machine.tell("shift_opened", document=filed.number, fiscal_sign=filed.sign, shift=fn.shift, cashier=cashier)
    if on_paper:
        lines = ["ОТЧЁТ ОБ ОТКРЫТИИ СМЕНЫ", f"Кассир {cashier}", *layout.fiscal_lines(machine, filed)]
        machine.image.last_copy = lines
        machine.print([*lines, ""])
    return filed


def close_shift_document(machine: Machine, operator: int, *, on_paper: bool = True) -> Filed:
    """Commit "shift closed" and zero the shift's sums; the drawer keeps its cash unless table 1 says otherwise."""
    fn = machine.image.fn
    if fn.current not in (Kind.NONE, Kind.SHIFT_CLOSE):
        raise Refusal(Code.FN_WRONG_STATE)
    body = tlv.tlv(FORM_SHIFT_CLOSE, common(machine, bytes.fromhex(fn.tlv), operator))
    filed = machine.file(Kind.SHIFT_CLOSE, body=body)
    lines = [*layout.report_lines(machine, "ОТЧЁТ О ЗАКРЫТИИ СМЕНЫ"), *layout.fiscal_lines(machine, filed)]
    sums = machine.image.shift_sums
    machine.tell(
        "shift_closed",
        document=filed.number,
        fiscal_sign=filed.sign,
        shift=fn.shift,
        receipts=fn.receipts,
        sales_minor=sums.get("sum.0", 0),
        refunds_minor=sums.get("sum.2", 0),
        cash_minor=machine.image.cash,
    )
    fn.shift_open = False
    sums.clear()
    machine.add(machine.image.totals, "z_reports")
    if machine.cell((1, 1, 2)):
        machine.image.cash = 0
    if on_paper:
        machine.image.last_copy = lines
        machine.print([*lines, ""], report=True)
    return filed


def open_shift(machine: Machine, operator: int, params: Params) -> bytes:
    open_shift_document(machine, operator)
    return b""


def z_report(machine: Machine, operator: int, params: Params) -> bytes:
    close_shift_document(machine, operator)
    return b""


def x_report(machine: Machine, operator: int, params: Params) -> bytes:
    machine.add(machine.image.totals, "x_reports")
    machine.tell("x_report", shift=machine.image.fn.shift, cash_minor=machine.image.cash)
    machine.print(layout.report_lines(machine, "СУТОЧНЫЙ ОТЧЁТ БЕЗ ГАШЕНИЯ"), report=True)
    return b""


def _other_report(title: str) -> Handler:
    def run(machine: Machine, operator: int, params: Params) -> bytes:
        machine.print(layout.report_lines(machine, title), report=True)
        return b""

    return run


def cash_in(machine: Machine, operator: int, params: Params) -> bytes:
    return _move_cash(machine, params.uint(5), "cash_in", "ВНЕСЕНИЕ", 1)


def cash_out(machine: Machine, operator: int, params: Params) -> bytes:
    return _move_cash(machine, params.uint(5), "cash_out", "ВЫПЛАТА", -1)


def _move_cash(machine: Machine, amount: int, event: str, title: str, sign: int) -> bytes:
    if not 0 < amount <= TOTAL_LIMIT:
        raise Refusal(Code.BAD_PARAMETERS)
    if machine.image.cash + sign * amount < 0:
        raise Refusal(Code.DRAWER_LACKS_CASH)
    machine.image.cash += sign * amount
    machine.image.running_number += 1
    machine.add(machine.image.shift_sums, event, amount)
    machine.add(machine.image.shift_sums, event + "s")
    machine.add(machine.image.totals, event + "s")
    machine.tell(event, sum_minor=amount, cash_minor=machine.image.cash)
    lines = [
        layout.pair(title, f"={layout.amount(amount)}"),
        layout.pair("НАЛИЧНЫХ", layout.amount(machine.image.cash)),
    ]
    machine.image.last_copy = lines
    machine.print([*lines, ""])
    return le(machine.image.running_number & 0xFFFF, 2)


def extended(machine: Machine, filed: Filed) -> bytes:
    """DATE_TIME at the end of an answer, when table 17 asks for it."""
    return moment_of(filed) if machine.cell(tables.EXTENDED_ANSWERS) else b""


def moment_of(filed: Filed) -> bytes:
    return moment(dt.datetime.fromisoformat(filed.at))


def fn_open_shift(machine: Machine, operator: int, params: Params) -> bytes:
    filed = open_shift_document(machine, operator, on_paper=False)
    return le(filed.shift, 2) + le(filed.number, 4) + le(filed.sign, 4)


def fn_close_shift(machine: Machine, operator: int, params: Params) -> bytes:
    filed = close_shift_document(machine, operator, on_paper=False)
    return le(filed.shift, 2) + le(filed.number, 4) + le(filed.sign, 4) + extended(machine, filed)


def _begin(kind: Kind) -> Handler:
    def run(machine: Machine, operator: int, params: Params) -> bytes:
        fn = machine.image.fn
        if fn.current not in (Kind.NONE, kind):
            raise Refusal(Code.FN_WRONG_STATE)
        fn.current, fn.has_data, fn.tlv = kind, False, ""
        return b""

    return run


COMMANDS: dict[str, Command] = {
    "40": fixed(x_report, 5, who=Who.ADMIN, says_operator=True, prints=True, modes=SHIFT_ANY),
    "41": fixed(z_report, 5, who=Who.ADMIN, says_operator=True, prints=True, modes=SHIFT_RUNNING, lasts_s=FN_COMMITS_S),
    "42": fixed(_other_report("ОТЧЁТ ПО ОТДЕЛАМ"), 5, says_operator=True, prints=True, modes=SHIFT_ANY),
    "43": fixed(_other_report("ОТЧЁТ ПО НАЛОГАМ"), 5, says_operator=True, prints=True, modes=SHIFT_ANY),
    "44": fixed(_other_report("ОТЧЁТ ПО КАССИРАМ"), 5, says_operator=True, prints=True, modes=SHIFT_ANY),
    "45": fixed(_other_report("ПОЧАСОВОЙ ОТЧЁТ"), 5, says_operator=True, prints=True, modes=SHIFT_ANY),
    "46": fixed(_other_report("ОТЧЁТ ПО ТОВАРАМ"), 5, says_operator=True, prints=True, modes=SHIFT_ANY),
    "50": fixed(cash_in, 10, says_operator=True, prints=True, modes=SHIFT_ANY),
    "51": fixed(cash_out, 10, says_operator=True, prints=True, modes=SHIFT_ANY),
    "E0": fixed(open_shift, 5, prints=True, modes=CLOSED, lasts_s=FN_COMMITS_S),
    "FF0B": fixed(fn_open_shift, 6, who=Who.SYSTEM, modes=CLOSED, lasts_s=FN_COMMITS_S),
    "FF41": fixed(_begin(Kind.SHIFT_OPEN), 6, who=Who.SYSTEM, modes=CLOSED),
    "FF42": fixed(_begin(Kind.SHIFT_CLOSE), 6, who=Who.SYSTEM, modes=SHIFT_RUNNING),
    "FF43": fixed(fn_close_shift, 6, who=Who.SYSTEM, modes=SHIFT_RUNNING, lasts_s=FN_COMMITS_S),
}
