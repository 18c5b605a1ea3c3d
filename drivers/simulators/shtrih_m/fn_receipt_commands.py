"""The receipt of the FF commands: FF46 line, FF4D, FF0C tags, FF4B discount, FF0D, FF45 close (section 7)."""

from __future__ import annotations

from drivers.simulators.shtrih_m import receipt_sums, tables, tlv
from drivers.simulators.shtrih_m.codes import Code, Refusal
from drivers.simulators.shtrih_m.command import LONGEST, OPEN_DOCUMENT, Command, Who, fixed
from drivers.simulators.shtrih_m.machine import Kind, Machine
from drivers.simulators.shtrih_m.memory_image import Line
from drivers.simulators.shtrih_m.receipt_commands import add_line, ready_to_add, receipt_for
from drivers.simulators.shtrih_m.sealing import MEANS, Settlement, seal
from drivers.simulators.shtrih_m.shift_commands import FN_COMMITS_S, extended
from drivers.simulators.shtrih_m.taxes import BY_FF46_CODE, GROUPS, NO_VAT
from drivers.simulators.shtrih_m.wire_fields import NOT_GIVEN, Params, le, money, text_of

OPERATIONS = (1, 2, 3, 4)
NAME_BYTES = 128
TLV_LIMIT = 250
SUM_TOLERANCE = 1  # kopecks between the host's sum and price x quantity
HOST_COMPUTES = 1
TAX_SYSTEMS_ALLOWED = 0x3F


def operation_v2(machine: Machine, operator: int, params: Params) -> bytes:
    """FF46."""
    operation, quantity, price = params.uint(1), params.uint(6), params.uint(5)
    given_sum, _tax_sum, rate, department = params.uint(5), params.uint(5), params.uint(1), params.uint(1)
    method, subject, name = params.uint(1), params.uint(1), params.text()
    ready_to_add(machine)
    group = BY_FF46_CODE.get(rate)
    if operation not in OPERATIONS or group is None:
        raise Refusal(Code.BAD_PARAMETERS)
    if department > receipt_sums.DEPARTMENTS:
        raise Refusal(Code.DEPARTMENT_OVERFLOW)
    exact = receipt_sums.line_sum(price, quantity)
    if given_sum != NOT_GIVEN and abs(given_sum - exact) > SUM_TOLERANCE:
        raise Refusal(Code.BAD_PARAMETERS)
    line = Line(
        name=name or str(tables.read(machine.image, (7, max(1, department), 1))),
        quantity=quantity,
        price=price,
        sum=exact if given_sum == NOT_GIVEN else given_sum,
        vat=group.row,
        department=department,
        method=method,
        subject=subject,
    )
    add_line(machine, receipt_for(machine, operator, operation), line)
    return b""


def operation_with_barcode(machine: Machine, operator: int, params: Params) -> bytes:
    """FF0D: a line with its own discount and surcharge."""
    operation, quantity, price = params.uint(1), params.uint(5), params.uint(5)
    discount, surcharge, department, mask = params.uint(5), params.uint(5), params.uint(1), params.uint(1)
    _barcode, name = params.take(5), text_of(params.rest())
    ready_to_add(machine)
    if operation not in OPERATIONS:
        raise Refusal(Code.BAD_PARAMETERS)
    exact = receipt_sums.line_sum(price, quantity * 1000) - discount + surcharge
    if exact < 0:
        raise Refusal(Code.NEGATIVE_TOTAL)
    rows = [row for row in GROUPS if row <= 8 and mask >> row - 1 & 1]
    line = Line(name, quantity * 1000, price, exact, rows[0] if rows else NO_VAT, department)
    add_line(machine, receipt_for(machine, operator, operation), line)
    return b""


def tag_for_document(machine: Machine, operator: int, params: Params) -> bytes:
    """FF0C: into the document being formed, a receipt or a shift document begun by FF41 or FF42."""
    data = _tags(params)
    return _put_into_document(machine, data)


def _put_into_document(machine: Machine, data: bytes) -> bytes:
    if machine.image.receipt is not None and machine.image.fn.current == Kind.RECEIPT:
        machine.image.receipt.tlv += data.hex()
    elif machine.image.fn.current in (Kind.SHIFT_OPEN, Kind.SHIFT_CLOSE, Kind.CORRECTION, Kind.STATE):
        machine.image.fn.tlv += data.hex()
    else:
        raise Refusal(Code.FN_WRONG_STATE)
    return b""


def _tags(params: Params) -> bytes:
    data = params.rest()
    if len(data) > TLV_LIMIT:
        raise Refusal(Code.FN_TLV_TOO_LONG)
    if not list(tlv.parse(data)):
        raise Refusal(Code.FN_BAD_VALUE)
    return data


def tag_for_operation(machine: Machine, operator: int, params: Params) -> bytes:
    """FF4D: into the last operation."""
    receipt, data = machine.need_receipt(), _tags(params)
    if not receipt.lines:
        raise Refusal(Code.FN_WRONG_STATE)
    receipt.lines[-1].tlv += data.hex()
    return b""


def send_buffered(machine: Machine, operator: int, params: Params) -> bytes:
    """FF64: what FF32 and FF33 wrote goes into the document, longer than one command could carry."""
    data = bytes(machine.buffer)
    if not data or not list(tlv.parse(data)):
        raise Refusal(Code.FN_BAD_VALUE)
    machine.buffer.clear()
    return _put_into_document(machine, data)


def receipt_discount(machine: Machine, operator: int, params: Params) -> bytes:
    """FF4B."""
    discount, surcharge, _tax, _text = params.uint(5), params.uint(5), params.uint(1), params.rest()
    receipt = machine.need_receipt()
    if not machine.cell((17, 1, 3)):
        raise Refusal(Code.WRONG_OPERATION)
    if receipt_sums.total(receipt) - discount + surcharge < 0:
        raise Refusal(Code.NEGATIVE_TOTAL)
    receipt.discount += discount
    receipt.surcharge += surcharge
    return b""


def close_receipt(machine: Machine, operator: int, params: Params) -> bytes:
    """FF45. In tax mode 0 the host's six tax sums are ignored."""
    means = [params.uint(5) for _ in range(MEANS)]
    rounding, taxes = params.uint(1), [params.uint(5) for _ in range(6)]
    tax_system, text = params.uint(1), params.text()
    if rounding > 99 or tax_system.bit_count() != 1 or not tax_system & TAX_SYSTEMS_ALLOWED:
        raise Refusal(Code.BAD_PARAMETERS)
    host_taxes = None
    if machine.cell(tables.TAX_MODE) == HOST_COMPUTES:
        host_taxes = {row: amount for row, amount in zip((1, 2, 3, 4, 5, 6), taxes, strict=True) if amount}
    filed, change = seal(machine, Settlement(means, rounding, tax_system, text, host_taxes))
    return money(change) + le(filed.number, 4) + le(filed.sign, 4) + extended(machine, filed)


COMMANDS: dict[str, Command] = {
    "FF0C": Command(tag_for_document, 6, LONGEST, who=Who.SYSTEM),
    "FF0D": fixed(operation_with_barcode, 254, who=Who.SYSTEM),
    "FF45": Command(close_receipt, 118, 182, who=Who.SYSTEM, prints=True, modes=OPEN_DOCUMENT, lasts_s=FN_COMMITS_S),
    "FF46": Command(operation_v2, 32, 32 + NAME_BYTES),
    "FF4B": fixed(receipt_discount, 145, who=Who.SYSTEM),
    "FF4D": Command(tag_for_operation, 6, LONGEST, who=Who.SYSTEM),
    "FF64": fixed(send_buffered, 6, who=Who.SYSTEM),
}
