"""Marking codes before a receipt is opened: each is checked by the fiscal memory and accepted or refused.

    FF61 planned status, code, TLV -> err | local(2004) reason type(2100) extra | [fnCode result(2106) TLV]
    FF69 1 accept, 0 reject

Source: vendor protocol 1.17, marking commands; values of tags 2003, 2004 and 2106 from the fiscal data format 1.2.
"""

from __future__ import annotations

from drivers.errors import Garbled, Refused
from drivers.fiscal_registers.shtrih_m import commands
from drivers.fiscal_registers.shtrih_m.asking import ask
from drivers.fiscal_registers.shtrih_m.commands import Access
from drivers.wire import tlv
from drivers.wire.dialogue import Dialogue
from fiscal.document import DocumentLine, FiscalDocument, Operation

REJECTED = "shtrih_m.MARK_REJECTED"
QUANTITY, MEASURE = 1023, 2108
CHECKED, POSITIVE, STATUS_CHECKED, STATUS_GOOD = 1, 2, 4, 8
SOLD, PART_SOLD, RETURNED, PART_RETURNED = 1, 2, 3, 4
REFUNDS = (Operation.SALE_REFUND, Operation.EXPENSE_REFUND)


def check_marks(access: Access, document: FiscalDocument, refuse_bad: bool) -> Dialogue[None]:
    """Check every marked line's code. Raises Refused for a code found bad, if `refuse_bad`."""
    for line in document.lines:
        if line.mark is None:
            continue
        part = tlv.small(MEASURE, line.measure) + tlv.quantity(QUANTITY, line.quantity_thousandths)
        status = planned_status(document.operation, line)
        command = commands.check_mark(access, status, line.mark, part if line.measure else b"")
        data = yield from ask(access, command)
        good = mark_is_good(data) or not refuse_bad
        yield from ask(access, commands.keep_mark(access, good))
        if not good:
            raise Refused(REJECTED, f"{line.name}: {data.hex(' ')}")


def planned_status(operation: Operation, line: DocumentLine) -> int:
    """Tag 2003: what becomes of the marked thing, by measure or as a piece."""
    if operation in REFUNDS:
        return PART_RETURNED if line.measure else RETURNED
    return PART_SOLD if line.measure else SOLD


def mark_is_good(data: bytes) -> bool:
    """Neither the fiscal memory nor the server behind it found the code bad. What could not be checked is not bad."""
    if len(data) < 4:
        raise Garbled(f"answer to FF61: {data.hex(' ')}")
    results = [data[0]]
    if data[3] >= 2 and len(data) >= 6:
        results.append(data[5])
    return not any(
        (result & CHECKED and not result & POSITIVE) or (result & STATUS_CHECKED and not result & STATUS_GOOD)
        for result in results
    )
