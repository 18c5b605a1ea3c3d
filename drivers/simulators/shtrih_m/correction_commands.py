"""Correction receipts FF35, FF36 and FF4A: one command commits a whole document (reference section 7)."""

from __future__ import annotations

from drivers.simulators.shtrih_m import layout, tlv
from drivers.simulators.shtrih_m.codes import Code, Refusal
from drivers.simulators.shtrih_m.command import Command, Who, fixed
from drivers.simulators.shtrih_m.machine import Kind, Machine, Mode
from drivers.simulators.shtrih_m.receipt_body import FORM_CORRECTION, common
from drivers.simulators.shtrih_m.registers import CLASSIC
from drivers.simulators.shtrih_m.shift_commands import FN_COMMITS_S, extended
from drivers.simulators.shtrih_m.wire_fields import Params, le

OPERATIONS = (1, 2, 3, 4)
PARTS = ("cash", "electronic", "prepaid", "credit", "barter")


def begin(machine: Machine, operator: int, params: Params) -> bytes:
    """FF35."""
    if machine.image.fn.current != Kind.NONE:
        raise Refusal(Code.FN_WRONG_STATE)
    machine.image.fn.current, machine.image.fn.tlv = Kind.CORRECTION, ""
    return b""


def correction(machine: Machine, operator: int, params: Params) -> bytes:
    """FF36: sum and operation only; taken as cash."""
    total, operation = params.uint(5), params.uint(1)
    return _commit(machine, operator, operation, total, [total, 0, 0, 0, 0], 0)


def correction_v2(machine: Machine, operator: int, params: Params) -> bytes:
    """FF4A."""
    kind, operation, total = params.uint(1), params.uint(1), params.uint(5)
    means = [params.uint(5) for _ in PARTS]
    _taxes, tax_system = [params.uint(5) for _ in range(6)], params.uint(1)
    if kind > 1 or tax_system.bit_count() != 1 or sum(means) != total:
        raise Refusal(Code.BAD_PARAMETERS)
    return _commit(machine, operator, operation, total, means, kind)


def _commit(machine: Machine, operator: int, operation: int, total: int, means: list[int], kind: int) -> bytes:
    fn = machine.image.fn
    if fn.current not in (Kind.NONE, Kind.CORRECTION):
        raise Refusal(Code.FN_WRONG_STATE)
    if operation not in OPERATIONS:
        raise Refusal(Code.BAD_PARAMETERS)
    if total == 0:
        raise Refusal(Code.ZERO_TOTAL)
    body = common(machine, bytes.fromhex(fn.tlv), operator) + tlv.number(1173, kind, 1)
    body += tlv.number(1054, operation, 1) + tlv.vln(1020, total) + tlv.vln(1031, means[0]) + tlv.vln(1081, means[1])
    filed = machine.file(Kind.CORRECTION, operation=operation, total=total, body=tlv.tlv(FORM_CORRECTION, body))
    fn.receipts += 1
    for index, paid in zip((1, 2, 14, 15, 16), means, strict=True):
        machine.add(machine.image.shift_sums, f"paid.{index}.{CLASSIC[operation]}", paid)
    machine.image.cash = max(0, machine.image.cash + (means[0] if operation in (1, 4) else -means[0]))
    title = layout.pair("ЧЕК КОРРЕКЦИИ", layout.OPERATIONS[operation])
    lines = [title, layout.pair("ИТОГ", f"={layout.amount(total)}"), *layout.fiscal_lines(machine, filed)]
    lines.append(layout.qr_text(filed, machine.image.identity.fn))
    machine.image.last_copy = lines
    machine.print([*lines, ""])
    machine.tell(
        "corrected",
        document=filed.number,
        fiscal_sign=filed.sign,
        operation=operation,
        total_minor=total,
        shift=filed.shift,
        **{f"{name}_minor": paid for name, paid in zip(PARTS, means, strict=True)},
    )
    return le(fn.receipts, 2) + le(filed.number, 4) + le(filed.sign, 4) + extended(machine, filed)


RUNNING = frozenset({Mode.SHIFT_OPEN})
COMMANDS: dict[str, Command] = {
    "FF35": fixed(begin, 6, who=Who.SYSTEM, modes=RUNNING),
    "FF36": fixed(correction, 12, who=Who.SYSTEM, prints=True, modes=RUNNING, lasts_s=FN_COMMITS_S),
    "FF4A": fixed(correction_v2, 69, who=Who.SYSTEM, prints=True, modes=RUNNING, lasts_s=FN_COMMITS_S),
}
