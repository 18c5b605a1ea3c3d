"""What a Shtrih-M register says about itself, read from its status answers.

    10   err | op flags2 mode submode opsLo battery psu err err opsHi rsv3 [lastPrint]
    11   err | op version2 build2 date3 hall doc2 flags2 mode submode port fmVersion2 fmBuild2 fmDate3 date3 time3
              fmFlags serial4 lastShift2 free2 registrations1 left1 inn6 [serialHigh2 ...]
    FF01 err | life doc data shift warnings dateTime5 fn16 lastDocument4
    FF40 err | shiftState shift2 lastReceipt2
    FF39 err | status reading count2 firstDocument4 firstDateTime5

Source: vendor protocol 1.17; layouts of 10 and 11 checked against answers of real devices.
"""

from __future__ import annotations

import datetime as dt
import struct
from dataclasses import dataclass

from drivers.errors import Garbled, Refused
from drivers.fiscal_registers.contract import FnWarning, Printing, RegisterState
from drivers.fiscal_registers.shtrih_m import commands
from drivers.fiscal_registers.shtrih_m.commands import Access
from drivers.fiscal_registers.shtrih_m.exchange import Command, exchange
from drivers.wire.dialogue import Dialogue

ROLL_PRESENT, PAPER_SENSOR, COVER_OPEN, DRAWER_OPEN = 1 << 1, 1 << 7, 1 << 10, 1 << 11
SHIFT_OPEN, SHIFT_OVER_24H, SHIFT_CLOSED, DATE_UNCONFIRMED, DOCUMENT_OPEN = 2, 3, 4, 6, 8
FISCAL_MODE_OPEN = 3
WARNINGS = {
    0: FnWarning.KEY_3_DAYS,
    1: FnWarning.KEY_30_DAYS,
    2: FnWarning.ARCHIVE_90,
    3: FnWarning.OFD_OVERDUE,
    7: FnWarning.CRITICAL,
}
PRINTING = {2: Printing.PAPER_OUT, 3: Printing.WAITS_CONTINUE, 4: Printing.BUSY, 5: Printing.BUSY}
# Bad parameters, bad for this model, command not supported, table not defined.
NOT_IN_THIS_MODEL = frozenset({"shtrih_m.33", "shtrih_m.35", "shtrih_m.36", "shtrih_m.37", "shtrih_m.5D"})
SERIAL_TABLE, INN_TABLE = (18, 1, 1), (18, 1, 2)  # fiscal data: table, row, field


@dataclass(frozen=True, slots=True)
class ShortStatus:
    """The answer to 10: `mode` is the low half (what), `mode_status` the high half of the mode byte."""

    flags: int
    mode: int
    mode_status: int
    submode: int


@dataclass(frozen=True, slots=True)
class FullStatus:
    """The answer to 11. `serial` and `inn` are None where the device fills them with FF: not set."""

    firmware: str
    flags: int
    mode: int
    submode: int
    clock: dt.datetime
    serial: int | None
    inn: int | None


@dataclass(frozen=True, slots=True)
class FnStatus:
    """The answer to FF01."""

    life: int
    document: int
    warnings: frozenset[FnWarning]
    fn: str
    last_document: int


def read_short(data: bytes) -> ShortStatus:
    _at_least(data, 14, "10")
    _, flags, mode, submode = struct.unpack_from("<BHBB", data)
    return ShortStatus(flags, mode & 0x0F, mode >> 4, submode)


def read_full(data: bytes) -> FullStatus:
    _at_least(data, 46, "11")
    version = data[1:3].decode("ascii", "replace")
    build = int.from_bytes(data[3:5], "little")
    flags, mode, submode = struct.unpack_from("<HBB", data, 11)
    day, month, year, hour, minute, second = data[23:29]
    serial = _number(data[30:34])
    high = data[46:48]
    if serial is not None and len(high) == 2 and high != b"\xff\xff":
        serial |= int.from_bytes(high, "little") << 32
    return FullStatus(
        firmware=f"{version[0]}.{version[1]}.{build}",
        flags=flags,
        mode=mode & 0x0F,
        submode=submode,
        clock=moment(year, month, day, hour, minute, second),
        serial=serial,
        inn=_number(data[40:46]),
    )


def read_fn(data: bytes) -> FnStatus:
    _at_least(data, 30, "FF01")
    return FnStatus(
        life=data[0],
        document=data[1],
        warnings=frozenset(warning for bit, warning in WARNINGS.items() if data[4] >> bit & 1),
        fn=data[10:26].decode("ascii", "replace").strip("\0 "),
        last_document=int.from_bytes(data[26:30], "little"),
    )


def short_status(access: Access) -> Dialogue[ShortStatus]:
    return read_short((yield from exchange(commands.short_status(access))))


def fn_status(access: Access) -> Dialogue[FnStatus]:
    return read_fn((yield from exchange(commands.fn_status(access))))


def shift_status(access: Access) -> Dialogue[tuple[bool, int]]:
    """Is the shift open in the fiscal memory, and the number of the open or last one."""
    data = yield from exchange(commands.shift_status(access))
    _at_least(data, 3, "FF40")
    return bool(data[0]), int.from_bytes(data[1:3], "little")


def register_state(access: Access) -> Dialogue[RegisterState]:
    """Everything the contract asks for, in one conversation."""
    model = yield from exchange(commands.IDENTIFY)
    full = read_full((yield from exchange(commands.full_status(access))))
    fn = yield from fn_status(access)
    shift_open, shift_number = yield from shift_status(access)
    unsent, oldest = yield from _unsent(access)
    if full.serial is not None:
        serial = str(full.serial)
    else:
        serial = yield from _table_text(access, SERIAL_TABLE)
    if full.inn is not None:
        digits = str(full.inn)
        inn = digits.zfill(10 if len(digits) <= 10 else 12)
    else:
        inn = yield from _table_text(access, INN_TABLE)
    return RegisterState(
        model=model[6:].decode("cp1251", "replace").strip("\0 "),
        serial=serial,
        fn=fn.fn,
        inn=inn,
        firmware=full.firmware,
        last_document=fn.last_document,
        shift_open=shift_open,
        shift_number=shift_number,
        shift_over_24h=full.mode == SHIFT_OVER_24H,
        document_open=full.mode == DOCUMENT_OPEN or fn.document != 0,
        printing=PRINTING.get(full.submode, Printing.IDLE),
        paper=has_paper(full.flags, full.submode),
        cover_open=bool(full.flags & COVER_OPEN),
        drawer_open=bool(full.flags & DRAWER_OPEN),
        clock=full.clock,
        fn_ready=fn.life == FISCAL_MODE_OPEN,
        fn_warnings=fn.warnings,
        ofd_unsent=unsent,
        ofd_oldest=oldest,
    )


def has_paper(flags: int, submode: int) -> bool:
    """Either paper sensor is enough (models have the one or the other), unless the register says that it ran out."""
    return bool(flags & (PAPER_SENSOR | ROLL_PRESENT)) and submode not in (1, 2)


def moment(year: int, month: int, day: int, hour: int, minute: int, second: int = 0) -> dt.datetime:
    """A register's own date and time, years counted from 2000. Raises Garbled if there is no such moment."""
    try:
        return dt.datetime(2000 + year, month, day, hour, minute, second)
    except ValueError as error:
        raise Garbled(f"no such moment: {year} {month} {day} {hour} {minute} {second}") from error


def table_value(access: Access, table: int, row: int, field: int) -> Dialogue[bytes | None]:
    """A value of the device's tables, None where this model has no such field."""
    return (yield from if_supported(commands.read_table(access, table, row, field)))


def _table_text(access: Access, place: tuple[int, int, int]) -> Dialogue[str]:
    value = yield from table_value(access, *place)
    return (value or b"").split(b"\0")[0].decode("cp1251", "replace").strip()


def _unsent(access: Access) -> Dialogue[tuple[int, dt.datetime | None]]:
    """How many documents wait for the OFD, and since when."""
    data = yield from if_supported(commands.ofd_status(access))
    if data is not None:
        _at_least(data, 13, "FF39")
        count = int.from_bytes(data[2:4], "little")
        return count, moment(*data[8:13]) if count else None
    data = yield from if_supported(commands.unsent_count(access))
    return int.from_bytes((data or b"")[:2], "little"), None


def if_supported(command: Command) -> Dialogue[bytes | None]:
    """The answer's data, None where this model does not know the command or its parameters."""
    try:
        return (yield from exchange(command))
    except Refused as refusal:
        if refusal.code in NOT_IN_THIS_MODEL:
            return None
        raise


def _number(data: bytes) -> int | None:
    return None if data == b"\xff" * len(data) else int.from_bytes(data, "little")


def _at_least(data: bytes, count: int, command: str) -> None:
    if len(data) < count:
        raise Garbled(f"answer to {command} has {len(data)} bytes of data, not {count}: {data.hex(' ')}")
