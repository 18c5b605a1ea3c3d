"""Documents found in the fiscal memory by number, and what opening and closing a shift left there.

    FF0A err | type ticket | dateTime5 number4 sign4 | receipt: operation1 sum5    shift: shift2

Source: vendor protocol 1.17, FN commands; types as in the fiscal memory's own description.
"""

from __future__ import annotations

from drivers.errors import Garbled, Refused
from drivers.fiscal_registers.contract import MemoryRecord, RecordKind, ShiftReport
from drivers.fiscal_registers.shtrih_m import commands
from drivers.fiscal_registers.shtrih_m.commands import Access
from drivers.fiscal_registers.shtrih_m.exchange import exchange
from drivers.fiscal_registers.shtrih_m.state import fn_status, moment
from drivers.wire.dialogue import Dialogue
from fiscal.document import Operation

NO_SUCH_DATA = "shtrih_m.08"
KINDS = {
    0x02: RecordKind.SHIFT_OPENED,
    0x04: RecordKind.RECEIPT,
    0x08: RecordKind.SHIFT_CLOSED,
    0x11: RecordKind.RECEIPT,
    0x14: RecordKind.CORRECTION,
    0x15: RecordKind.CORRECTION,
}


def read_record(data: bytes) -> MemoryRecord:
    """The data of an answer to FF0A. Raises Garbled if it is too short for its type."""
    kind = KINDS.get(data[0], RecordKind.OTHER) if data else RecordKind.OTHER
    needed = {RecordKind.RECEIPT: 21, RecordKind.CORRECTION: 21, RecordKind.OTHER: 15}.get(kind, 17)
    if len(data) < needed:
        raise Garbled(f"record of {len(data)} bytes, not {needed}: {data.hex(' ')}")
    operation, total, shift = None, None, None
    if kind in (RecordKind.RECEIPT, RecordKind.CORRECTION):
        try:
            operation = Operation(data[15])
        except ValueError as error:
            raise Garbled(f"record with operation {data[15]}") from error
        total = int.from_bytes(data[16:21], "little")
    elif kind is not RecordKind.OTHER:
        shift = int.from_bytes(data[15:17], "little")
    return MemoryRecord(
        number=int.from_bytes(data[7:11], "little"),
        kind=kind,
        at=moment(*data[2:7]),
        fiscal_sign=int.from_bytes(data[11:15], "little"),
        operation=operation,
        total_minor=total,
        shift_number=shift,
    )


def find_record(access: Access, number: int) -> Dialogue[MemoryRecord | None]:
    """The document with this number, None if the fiscal memory has none."""
    try:
        data = yield from exchange(commands.find_document(access, number))
    except Refused as refusal:
        if refusal.code == NO_SUCH_DATA:
            return None
        raise
    return read_record(data)


def last_shift_report(access: Access, kind: RecordKind, after: int) -> Dialogue[ShiftReport]:
    """The shift document made after document `after`: the last one if it is of this kind. Raises Garbled if not."""
    last = (yield from fn_status(access)).last_document
    record = (yield from find_record(access, last)) if last > after else None
    if record is None or record.kind is not kind or record.shift_number is None:
        raise Garbled(f"the last document, {last}, is not a {kind.value} record newer than {after}")
    return ShiftReport(record.shift_number, record.number, record.fiscal_sign, record.at)
