"""The classic receipt: 80h-8Eh, 88h, 89h, and the copy 8Ch (reference section 6)."""

from __future__ import annotations

from collections.abc import Callable

from drivers.simulators.shtrih_m import layout, receipt_sums, tables
from drivers.simulators.shtrih_m.codes import Code, Refusal
from drivers.simulators.shtrih_m.command import LONGEST, SHIFT_ANY, Command, Handler, fixed
from drivers.simulators.shtrih_m.machine import Kind, Machine, Mode
from drivers.simulators.shtrih_m.memory_image import Line, Receipt
from drivers.simulators.shtrih_m.registers import PURCHASE, PURCHASE_RETURN, SALE, SALE_RETURN, TAG_1054
from drivers.simulators.shtrih_m.sealing import MEANS, Settlement, seal
from drivers.simulators.shtrih_m.shift_commands import open_shift_document
from drivers.simulators.shtrih_m.taxes import GROUPS, NO_VAT
from drivers.simulators.shtrih_m.wire_fields import Params, money

TEXT = 40
OPENING = frozenset({Mode.SHIFT_OPEN, Mode.SHIFT_CLOSED, Mode.DOCUMENT})


def open_receipt(machine: Machine, operator: int, operation: int) -> Receipt:
    """A new receipt. With a closed shift it is refused, unless table 1 lets the register open one by itself."""
    if machine.mode is Mode.SHIFT_CLOSED:
        if not machine.cell(tables.AUTO_OPEN_SHIFT):
            raise Refusal(Code.WRONG_SHIFT_STATE)
        open_shift_document(machine, operator)
    if machine.image.fn.life != 3 or machine.image.fn.current not in (Kind.NONE, Kind.RECEIPT):
        raise Refusal(Code.FN_WRONG_STATE)
    machine.image.receipt = Receipt(operation, operator)
    machine.image.fn.current, machine.image.fn.has_data = Kind.RECEIPT, False
    if not machine.cell(tables.PRINT_AT_CLOSE):
        machine.print(layout.header(machine), wait=True)
    return machine.image.receipt


def receipt_for(machine: Machine, operator: int, operation: int) -> Receipt:
    """The open receipt of this type, or a new one."""
    receipt = machine.image.receipt or open_receipt(machine, operator, operation)
    if receipt.operation != operation:
        raise Refusal(Code.WRONG_RECEIPT_TYPE)
    return receipt


def add_line(machine: Machine, receipt: Receipt, line: Line) -> None:
    """Register one operation."""
    receipt_sums.check_room(receipt, line)
    receipt.lines.append(line)
    machine.image.fn.has_data = True
    if not machine.cell(tables.PRINT_AT_CLOSE):
        machine.print(layout.operation_lines(line), wait=True)
    if machine.traps.strikes("shift_24h_mid_receipt", machine.command):
        machine.age_shift()


def ready_to_add(machine: Machine) -> None:
    """A line is printed at once when table 1 says so, and then needs paper."""
    if machine.mode is Mode.OVER_24H:
        raise Refusal(Code.SHIFT_OVER_24H)
    if machine.image.non_fiscal:
        raise Refusal(Code.WRONG_MODE)
    if not machine.cell(tables.PRINT_AT_CLOSE):
        machine.printer.demand_ready()


def begin(machine: Machine, operator: int, params: Params) -> bytes:
    """8Dh."""
    classic = params.uint(1)
    if classic not in TAG_1054:
        raise Refusal(Code.BAD_PARAMETERS)
    ready_to_add(machine)
    open_receipt(machine, operator, TAG_1054[classic])
    return b""


def _classic_line(params: Params, storno: bool = False) -> Line:
    quantity, price, department = params.uint(5), params.uint(5), params.uint(1)
    groups = [group for group in params.take(4) if group]
    if any(group not in GROUPS for group in groups):
        raise Refusal(Code.BAD_PARAMETERS)
    return Line(
        name=params.text(),
        quantity=quantity * 1000,
        price=price,
        sum=receipt_sums.line_sum(price, quantity * 1000),
        vat=groups[0] if groups else NO_VAT,
        department=department,
        storno=storno,
    )


def _operation(classic: int) -> Handler:
    def run(machine: Machine, operator: int, params: Params) -> bytes:
        ready_to_add(machine)
        line = _classic_line(params)
        if line.department > receipt_sums.DEPARTMENTS:
            raise Refusal(Code.DEPARTMENT_OVERFLOW)
        add_line(machine, receipt_for(machine, operator, TAG_1054[classic]), line)
        return b""

    return run


def storno(machine: Machine, operator: int, params: Params) -> bytes:
    ready_to_add(machine)
    add_line(machine, machine.need_receipt(), _classic_line(params, storno=True))
    return b""


def _adjust(change: Callable[[Receipt, int], None]) -> Handler:
    def run(machine: Machine, operator: int, params: Params) -> bytes:
        receipt, amount = machine.need_receipt(), params.uint(5)
        discount, surcharge = receipt.discount, receipt.surcharge
        change(receipt, amount)
        if receipt.discount < 0 or receipt.surcharge < 0 or receipt_sums.total(receipt) < 0:
            receipt.discount, receipt.surcharge = discount, surcharge
            raise Refusal(Code.NEGATIVE_TOTAL)
        return b""

    return run


def discount(receipt: Receipt, amount: int) -> None:
    receipt.discount += amount


def surcharge(receipt: Receipt, amount: int) -> None:
    receipt.surcharge += amount


def undo_discount(receipt: Receipt, amount: int) -> None:
    receipt.discount -= amount


def undo_surcharge(receipt: Receipt, amount: int) -> None:
    receipt.surcharge -= amount


def subtotal(machine: Machine, operator: int, params: Params) -> bytes:
    return money(max(0, receipt_sums.total(machine.need_receipt())))


def cancel(machine: Machine, operator: int, params: Params) -> bytes:
    """88h: nothing was committed, and nothing will be."""
    receipt = machine.need_receipt()
    total = receipt_sums.total(receipt)
    machine.image.receipt = None
    if not machine.traps.strikes("fn_document_stuck", machine.command):
        machine.image.fn.current, machine.image.fn.has_data = Kind.NONE, False
    machine.add(machine.image.totals, "cancelled")
    machine.tell("cancelled", operation=receipt.operation, total_minor=total)
    machine.print(["ЧЕК АННУЛИРОВАН"])
    return b""


def _classic_close(means: int) -> Handler:
    def run(machine: Machine, operator: int, params: Params) -> bytes:
        paid = [params.uint(5) for _ in range(means)]
        percent, _groups = params.sint(2), params.take(4)
        receipt = machine.need_receipt()
        before = receipt.discount
        if percent > 0:
            receipt.discount += (receipt_sums.total(receipt) * percent + 5_000) // 10_000
        try:
            _filed, change = seal(machine, Settlement(paid + [0] * (MEANS - means), text=params.text()))
        except Refusal:
            receipt.discount = before
            raise
        return money(change)

    return run


def print_copy(machine: Machine, operator: int, params: Params) -> bytes:
    if not machine.image.last_copy:
        raise Refusal(Code.NOTHING_TO_REPEAT)
    machine.print(["КОПИЯ".center(layout.WIDTH), *machine.image.last_copy, ""])
    machine.tell("copy_printed", document=machine.image.fn.last)
    return b""


def _line(run: Handler) -> Command:
    return Command(run, 60 - TEXT, LONGEST, says_operator=True)


COMMANDS: dict[str, Command] = {
    "80": _line(_operation(SALE)),
    "81": _line(_operation(PURCHASE)),
    "82": _line(_operation(SALE_RETURN)),
    "83": _line(_operation(PURCHASE_RETURN)),
    "84": _line(storno),
    "85": Command(_classic_close(4), 71 - TEXT, LONGEST, says_operator=True, prints=True, lasts_s=0.3),
    "86": Command(_adjust(discount), 54 - TEXT, LONGEST, says_operator=True),
    "87": Command(_adjust(surcharge), 54 - TEXT, LONGEST, says_operator=True),
    "88": fixed(cancel, 5, says_operator=True, prints=True),
    "89": fixed(subtotal, 5, says_operator=True, reads=True),
    "8A": Command(_adjust(undo_discount), 54 - TEXT, LONGEST, says_operator=True),
    "8B": Command(_adjust(undo_surcharge), 54 - TEXT, LONGEST, says_operator=True),
    "8C": fixed(print_copy, 5, says_operator=True, prints=True, modes=SHIFT_ANY),
    "8D": fixed(begin, 6, says_operator=True, modes=frozenset(SHIFT_ANY)),
    "8E": Command(_classic_close(16), 131 - TEXT, LONGEST, says_operator=True, prints=True, lasts_s=0.3),
}
