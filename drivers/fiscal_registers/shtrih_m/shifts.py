"""Opening and closing the register's shift.

    open    FF01 | FF41, FF0C cashier, E0 | FF01, FF0A: the shift's own document
    close   FF01 | FF42, FF0C cashier, 41 | FF40, FF01, FF0A

Answer 50 to command 41 does not prove that the shift is still open (it has been seen after a closing whose print ran
out of paper), so the fiscal memory is asked before 41 is sent again.
Source: vendor protocol 1.17; the remark on 41 from reports to the vendor.
"""

from __future__ import annotations

from drivers.errors import Garbled, NeverSent, Refused, Unanswered
from drivers.fiscal_registers.contract import RecordKind, ShiftReport
from drivers.fiscal_registers.shtrih_m import commands
from drivers.fiscal_registers.shtrih_m.asking import (
    PRINTING,
    PRINTING_EVERY_S,
    PRINTING_WITHIN_S,
    WAITS_CONTINUE,
    ask,
    go_on_printing,
)
from drivers.fiscal_registers.shtrih_m.commands import Access
from drivers.fiscal_registers.shtrih_m.exchange import Command, exchange
from drivers.fiscal_registers.shtrih_m.filling import cashier_field
from drivers.fiscal_registers.shtrih_m.memory_records import last_shift_report
from drivers.fiscal_registers.shtrih_m.sealing import AMBIGUOUS
from drivers.fiscal_registers.shtrih_m.state import NOT_IN_THIS_MODEL, fn_status, shift_status
from drivers.wire.dialogue import Dialogue, Pause

ALREADY_OPEN, NOT_OPEN = "shtrih_m.3C", "shtrih_m.3D"


def open_register_shift(access: Access, cashier: str) -> Dialogue[ShiftReport]:
    """Open the shift and say what that left in the fiscal memory."""
    base = yield from _base(access, Refused(ALREADY_OPEN, "the shift is open already"), refused_if_open=True)
    begin, act = commands.begin_open_shift(access), commands.open_shift(access)
    return (yield from _report(access, cashier, begin, act, base, RecordKind.SHIFT_OPENED))


def close_register_shift(access: Access, cashier: str) -> Dialogue[ShiftReport]:
    """The Z report, and what it left in the fiscal memory."""
    base = yield from _base(access, Refused(NOT_OPEN, "the shift is closed already"), refused_if_open=False)
    begin, act = commands.begin_close_shift(access), commands.z_report(access)
    return (yield from _report(access, cashier, begin, act, base, RecordKind.SHIFT_CLOSED))


def _base(access: Access, refusal: Refused, *, refused_if_open: bool) -> Dialogue[int]:
    """The number of the last document before anything is begun. Only reads, so its silence is NeverSent."""
    try:
        is_open, _ = yield from shift_status(access)
        base = (yield from fn_status(access)).last_document
    except (Unanswered, Garbled) as error:
        raise NeverSent(f"nothing was begun: {error}") from error
    if is_open is refused_if_open:
        raise refusal
    return base


def _report(
    access: Access, cashier: str, begin: Command, act: Command, base: int, kind: RecordKind
) -> Dialogue[ShiftReport]:
    try:
        begun = yield from _with_cashier(access, cashier, begin)
    except (Refused, Unanswered, Garbled) as error:
        yield from _forget(access)
        if isinstance(error, Refused):
            raise
        raise NeverSent(f"the shift was not touched: {error}") from error
    try:
        yield from _act(access, act, kind)
    except (Refused, NeverSent) as error:
        if isinstance(error, Refused) and error.code in AMBIGUOUS:
            raise Unanswered(f"{error}; the shift may have changed") from error
        if begun:
            yield from _forget(access)
        raise
    return (yield from last_shift_report(access, kind, base))


def _with_cashier(access: Access, cashier: str, begin: Command) -> Dialogue[bool]:
    """Begin the document so that it can carry the cashier's name; False where the firmware cannot."""
    if not cashier:
        return False
    try:
        yield from ask(access, begin)
    except Refused as refusal:
        if refusal.code in NOT_IN_THIS_MODEL:
            return False
        raise
    yield from ask(access, commands.document_tags(access, cashier_field(cashier)))
    return True


def _act(access: Access, act: Command, kind: RecordKind) -> Dialogue[None]:
    waited_s, continued = 0.0, False
    while True:
        try:
            yield from exchange(act)
        except Refused as refusal:
            if refusal.code not in (PRINTING, WAITS_CONTINUE):
                raise
            is_open, _ = yield from shift_status(access)
            if is_open is (kind is RecordKind.SHIFT_OPENED):
                return  # done although the answer says busy
            if refusal.code == WAITS_CONTINUE and not continued:
                continued = True
                yield from go_on_printing(access)
            elif waited_s < PRINTING_WITHIN_S:
                yield Pause(PRINTING_EVERY_S)
                waited_s += PRINTING_EVERY_S
            else:
                raise
        else:
            return


def _forget(access: Access) -> Dialogue[None]:
    """Drop the document begun for the cashier's name; one that is not there is no trouble."""
    try:
        yield from exchange(commands.cancel_fn_document(access))
    except (Refused, Unanswered, Garbled, NeverSent):
        return
