"""Marked goods, FFD 1.2: FF61 asks, FF69 accepts, FF67 binds to the last line, FF68 and FF70 tell (section 8)."""

from __future__ import annotations

from drivers.simulators.shtrih_m.codes import Code, Refusal
from drivers.simulators.shtrih_m.command import LONGEST, Command, fixed
from drivers.simulators.shtrih_m.machine import Machine
from drivers.simulators.shtrih_m.wire_fields import Params, le, moment

MARKS_LIMIT = 128
CHECKED_GOOD, NOT_CHECKED, CHECKED_LOCALLY = 15, 0, 3  # tag 2106
PREFIX_DATA_MATRIX = b"\x44\x4d"
KM88, SYMMETRIC, TOBACCO, KM44 = range(4)
SERVICE_TIMED_OUT = 0xFF
REASON_CHECKED, REASON_NO_KEYS = 0, 3
TYPE_UNKNOWN, TYPE_88, TYPE_44 = 0, 2, 3
REJECT, ACCEPT, CLEAR = range(3)
PLANNED_STATUSES = (1, 2, 3, 4, 5, 6, 255)


def _verdict(machine: Machine, code: bytes) -> tuple[bytes, int]:
    """(result block of FF61 after the error byte, tag 2106)."""
    if b"\x1d93" in code or b"\x1d91" in code or b"\x1d92" in code:
        local, reason, kind = 3, REASON_CHECKED, TYPE_88 if b"\x1d91" in code else TYPE_44
    else:
        local, reason, kind = 0, REASON_NO_KEYS, TYPE_UNKNOWN
    if machine.traps.strikes("marks_unreachable", machine.command):
        return bytes(
            [local, reason, kind, 2, SERVICE_TIMED_OUT, NOT_CHECKED]
        ), CHECKED_LOCALLY if local else NOT_CHECKED
    return bytes([local, reason, kind, 2, 0, CHECKED_GOOD]), CHECKED_GOOD


def check(machine: Machine, operator: int, params: Params) -> bytes:
    """FF61."""
    status, mode, code_length, tlv_length = (params.uint(1) for _ in range(4))
    code, _tags = params.take(code_length), params.take(tlv_length)
    if status not in PLANNED_STATUSES or mode != 0 or not code:
        raise Refusal(Code.FN_BAD_VALUE)
    block, result = _verdict(machine, code)
    machine.mark_in_question = (code, result)
    return block


def decide(machine: Machine, operator: int, params: Params) -> bytes:
    """FF69: the host accepts or rejects the code FF61 asked about."""
    decision = params.uint(1)
    if decision == CLEAR:
        machine.mark_in_question = None
        machine.checked_marks.clear()
        return b"\0"
    if decision not in (REJECT, ACCEPT):
        raise Refusal(Code.BAD_PARAMETERS)
    if machine.mark_in_question is None:
        raise Refusal(Code.FN_MARKING_ORDER)
    (code, result), machine.mark_in_question = machine.mark_in_question, None
    if decision == ACCEPT:
        if len(machine.checked_marks) >= MARKS_LIMIT:
            raise Refusal(Code.FN_TOO_MANY_MARKS)
        machine.checked_marks[code] = result
    return bytes([result])


def bind(machine: Machine, operator: int, params: Params) -> bytes:
    """FF67: the code belongs to the last operation."""
    code = params.take(params.uint(1))
    receipt = machine.need_receipt()
    if not receipt.lines or receipt.lines[-1].mark:
        raise Refusal(Code.FN_MARKING_ORDER)
    if not code:
        raise Refusal(Code.FN_BAD_VALUE)
    if machine.mark_in_question is not None:
        raise Refusal(Code.FN_MARK_UNCHECKED)  # asked about and neither accepted nor rejected
    if sum(1 for line in receipt.lines if line.mark) >= MARKS_LIMIT:
        raise Refusal(Code.FN_TOO_MANY_MARKS)
    refused = machine.traps.sprung("mark_refused_at_item", machine.command)
    if refused is not None:
        raise Refusal(int(refused or "A2", 16))
    block = b""
    if code not in machine.checked_marks:
        block, machine.checked_marks[code] = _verdict(machine, code)
    line = receipt.lines[-1]
    line.mark, line.mark_result = code.decode("latin-1"), machine.checked_marks[code]
    return PREFIX_DATA_MATRIX + bytes([_kind(code)]) + block


def _kind(code: bytes) -> int:
    if b"\x1d91" in code:
        return KM88
    if b"\x1d93" in code:
        return SYMMETRIC
    return TOBACCO if len(code) == 29 else KM44


def notifications(machine: Machine, operator: int, params: Params) -> bytes:
    """FF68: the store of notifications is empty here: they leave with the documents."""
    return bytes([0]) + le(0, 2) + le(0, 4) + moment(machine.wall()) + bytes([0])


def marking_status(machine: Machine, operator: int, params: Params) -> bytes:
    """FF70."""
    asked = 1 if machine.mark_in_question else 0
    receipt = machine.image.receipt
    bound = sum(1 for line in receipt.lines if line.mark) if receipt else 0
    return bytes([asked, 0, 0x1F, len(machine.checked_marks) & 0xFF, bound, 0]) + le(0, 2)


COMMANDS: dict[str, Command] = {
    "FF61": Command(check, 10, LONGEST, reads=True, lasts_s=0.2),
    "FF67": Command(bind, 7, LONGEST),
    "FF68": fixed(notifications, 6, reads=True),
    "FF69": fixed(decide, 7, reads=True),
    "FF70": fixed(marking_status, 6, reads=True),
}
