"""The fiscal memory asked directly: its state, its archive, registration, the OFD queue (reference section 7)."""

from __future__ import annotations

import datetime as dt

from drivers.simulators.shtrih_m import tables, tlv
from drivers.simulators.shtrih_m.codes import Code, Refusal
from drivers.simulators.shtrih_m.command import CLOSED, Command, Who, fixed
from drivers.simulators.shtrih_m.machine import Kind, Machine
from drivers.simulators.shtrih_m.memory_image import Filed
from drivers.simulators.shtrih_m.receipt_body import FORM_STATE, common
from drivers.simulators.shtrih_m.shift_commands import FN_COMMITS_S, extended, moment_of
from drivers.simulators.shtrih_m.wire_fields import Params, fn_date, le, moment, money

FN_VERSION = "fn v 1.37"
SERIAL_FN = 1
TAX_SYSTEMS, WORK_MODE = 0x3F, 0
CHUNK = 128  # bytes of a document FF3B tells at a time
BUFFER_BYTES = 4096
NO_DATE = bytes(5)


def status(machine: Machine, operator: int, params: Params) -> bytes:
    """FF01."""
    fn, last = machine.image.fn, machine.image.fn.documents[-1]
    return (
        bytes([fn.life, fn.current, fn.has_data, fn.shift_open, machine.fn_warnings()])
        + moment_of(last)
        + machine.image.identity.fn.encode("ascii")
        + le(fn.last, 4)
    )


def fn_number(machine: Machine, operator: int, params: Params) -> bytes:
    return machine.image.identity.fn.encode("ascii")


def valid_until(machine: Machine, operator: int, params: Params) -> bytes:
    return fn_date(dt.date.fromisoformat(machine.image.fn.valid_until)) + bytes([29, 1])


def fn_version(machine: Machine, operator: int, params: Params) -> bytes:
    return FN_VERSION.encode("ascii").ljust(16) + bytes([SERIAL_FN])


def registration(machine: Machine, operator: int, params: Params) -> bytes:
    """FF09 and FF4C: the last registration, or the n-th; only one has been made here unless re-registered."""
    made = [filed for filed in machine.image.fn.documents if filed.kind in (Kind.REGISTRATION, Kind.RE_REGISTRATION)]
    chosen = made[-1]
    if machine.command == "FF4C":
        number = params.uint(1)
        if not 1 <= number <= len(made):
            raise Refusal(Code.FN_NO_DATA)
        chosen = made[number - 1]
    return moment_of(chosen) + _details(machine) + le(chosen.number, 4) + le(chosen.sign, 4)


def _details(machine: Machine) -> bytes:
    who = machine.image.identity
    details = who.inn.ljust(12).encode("ascii") + who.rnm.ljust(20).encode("ascii") + bytes([TAX_SYSTEMS, WORK_MODE])
    if machine.cell(tables.FFD_FORMAT) >= 3:
        details += b"\0" + who.ofd_inn.ljust(12).encode("ascii") + bytes(4)
    return details


def begin_registration(machine: Machine, operator: int, params: Params) -> bytes:
    raise Refusal(Code.FN_WRONG_STATE)  # it is registered; only re-registration is possible


def re_register(machine: Machine, operator: int, params: Params) -> bytes:
    """FF34: writes the document; INN and registration number must stay those of this register."""
    inn, rnm = params.take(12).strip(b" \0"), params.take(20).strip(b" \0")
    _tax, _work_mode, reason = params.uint(1), params.uint(1), params.uint(1)
    ours = (machine.image.identity.inn, machine.image.identity.rnm)
    if (inn.decode("ascii", "replace"), rnm.decode("ascii", "replace")) != ours or reason not in (1, 2, 3, 4):
        raise Refusal(Code.FN_BAD_VALUE)
    filed = machine.file(Kind.RE_REGISTRATION)
    machine.tell("re_registered", document=filed.number, fiscal_sign=filed.sign, reason=reason)
    return le(filed.number, 4) + le(filed.sign, 4) + extended(machine, filed)


def reset_debug_fn(machine: Machine, operator: int, params: Params) -> bytes:
    raise Refusal(Code.FN_WRONG_STATE)  # a serial fiscal memory cannot be reset


def cancel_document(machine: Machine, operator: int, params: Params) -> bytes:
    """FF08."""
    machine.image.fn.current, machine.image.fn.has_data, machine.image.fn.tlv = Kind.NONE, False, ""
    return b""


def _find(machine: Machine, number: int) -> Filed:
    documents = machine.image.fn.documents
    if not 1 <= number <= len(documents):
        raise Refusal(Code.FN_NO_DATA)
    return documents[number - 1]


def document(machine: Machine, operator: int, params: Params) -> bytes:
    """FF0A: what the archive says about one document."""
    filed = _find(machine, params.uint(4))
    head = bytes([filed.kind, filed.sent]) + moment_of(filed) + le(filed.number, 4) + le(filed.sign, 4)
    if filed.kind in (Kind.RECEIPT, Kind.CORRECTION):
        return head + bytes([filed.operation]) + money(filed.total)
    if filed.kind in (Kind.SHIFT_OPEN, Kind.SHIFT_CLOSE):
        return head + le(filed.shift, 2)
    if filed.kind in (Kind.REGISTRATION, Kind.RE_REGISTRATION):
        return bytes([filed.kind, filed.sent]) + moment_of(filed) + _details(machine) + head[-8:]
    return head


def choose_document(machine: Machine, operator: int, params: Params) -> bytes:
    """FF3A: which document FF3B tells."""
    filed = _find(machine, params.uint(4))
    if not filed.body:
        raise Refusal(Code.FN_NO_DATA)
    form, machine.chosen_body = next(tlv.parse(bytes.fromhex(filed.body)))
    return le(form, 2) + le(len(machine.chosen_body), 2)


def next_chunk(machine: Machine, operator: int, params: Params) -> bytes:
    """FF3B: the next TLV of the chosen document, whole; longer ones in pieces."""
    if not machine.chosen_body:
        raise Refusal(Code.FN_NO_DATA)
    size = min(CHUNK, 4 + int.from_bytes(machine.chosen_body[2:4], "little"))
    chunk, machine.chosen_body = machine.chosen_body[:size], machine.chosen_body[size:]
    return chunk


def ticket(machine: Machine, operator: int, params: Params) -> bytes:
    """FF3C: the operator's ticket, form 7."""
    filed = _find(machine, params.uint(4))
    if not filed.sent:
        raise Refusal(Code.FN_NO_DATA)
    at = dt.datetime.fromisoformat(filed.at)
    return (
        tlv.text(1041, machine.image.identity.fn, 16)
        + tlv.number(1040, filed.number, 4)
        + tlv.wall_time(1012, at)
        + tlv.tlv(1078, filed.sign.to_bytes(4, "big") * 4)
    )


def begin_state(machine: Machine, operator: int, params: Params) -> bytes:
    if machine.image.fn.current not in (Kind.NONE, Kind.STATE):
        raise Refusal(Code.FN_WRONG_STATE)
    machine.image.fn.current = Kind.STATE
    return b""


def make_state(machine: Machine, operator: int, params: Params) -> bytes:
    """FF38."""
    if machine.image.fn.current != Kind.STATE:
        raise Refusal(Code.FN_WRONG_STATE)
    unsent = machine.unsent
    body = tlv.tlv(FORM_STATE, common(machine, bytes.fromhex(machine.image.fn.tlv), operator))
    filed = machine.file(Kind.STATE, body=body)
    machine.tell("state_reported", document=filed.number, fiscal_sign=filed.sign)
    first = fn_date(dt.datetime.fromisoformat(unsent[0].at).date()) if unsent else bytes(3)
    return le(filed.number, 4) + le(filed.sign, 4) + le(len(unsent), 4) + first + extended(machine, filed)


def ofd_exchange(machine: Machine, operator: int, params: Params) -> bytes:
    """FF39."""
    unsent = machine.unsent
    state = (0 if machine.image.ofd_away else 1) | (2 if unsent else 0)
    first = moment(dt.datetime.fromisoformat(unsent[0].at)) if unsent else NO_DATE
    return bytes([state, 0]) + le(len(unsent), 2) + le(unsent[0].number if unsent else 0, 4) + first


def unconfirmed(machine: Machine, operator: int, params: Params) -> bytes:
    return le(len(machine.unsent), 2)


def shift_state(machine: Machine, operator: int, params: Params) -> bytes:
    fn = machine.image.fn
    return bytes([fn.shift_open]) + le(fn.shift, 2) + le(fn.receipts, 2)


def begin_archive(machine: Machine, operator: int, params: Params) -> bytes:
    if machine.unsent:
        raise Refusal(Code.FN_WRONG_STATE)
    machine.image.fn.current = Kind.ARCHIVE_CLOSE
    return b""


def close_archive(machine: Machine, operator: int, params: Params) -> bytes:
    """FF3E: irreversible; afterwards this fiscal memory makes no documents."""
    if machine.image.fn.current != Kind.ARCHIVE_CLOSE:
        raise Refusal(Code.FN_WRONG_STATE)
    filed = machine.file(Kind.ARCHIVE_CLOSE)
    machine.image.fn.life = 7
    machine.tell("archive_closed", document=filed.number, fiscal_sign=filed.sign)
    return le(filed.number, 4) + le(filed.sign, 4) + extended(machine, filed)


def registration_tag(machine: Machine, operator: int, params: Params) -> bytes:
    """FF60 and FF0E: one parameter of a registration as TLV."""
    _number, tag = params.uint(1), params.uint(2)
    who = machine.image.identity
    known = {
        1018: tlv.text(1018, who.inn, 12),
        1037: tlv.text(1037, who.rnm, 20),
        1048: tlv.text(1048, str(tables.read(machine.image, (18, 1, 7)))),
        1009: tlv.text(1009, str(tables.read(machine.image, (18, 1, 9)))),
        1187: tlv.text(1187, str(tables.read(machine.image, (18, 1, 14)))),
        1062: tlv.number(1062, TAX_SYSTEMS, 1),
        1017: tlv.text(1017, who.ofd_inn, 12),
        1013: tlv.text(1013, who.serial),
        1041: tlv.text(1041, who.fn, 16),
        1209: tlv.number(1209, machine.cell(tables.FFD_FORMAT), 1),
    }
    if tag not in known:
        raise Refusal(Code.FN_NO_DATA)
    return known[tag]


def synchronise(machine: Machine, operator: int, params: Params) -> bytes:
    return b""


def free_memory(machine: Machine, operator: int, params: Params) -> bytes:
    """FF63."""
    used = machine.image.fn.last
    return le(max(0, 230_000 - used), 4) + le(max(0, 65_536 - used // 2), 4)


def buffer_size(machine: Machine, operator: int, params: Params) -> bytes:
    return le(len(machine.buffer), 2)


def buffer_read(machine: Machine, operator: int, params: Params) -> bytes:
    offset, count = params.uint(2), params.uint(1)
    return bytes(machine.buffer[offset : offset + count])


def buffer_begin(machine: Machine, operator: int, params: Params) -> bytes:
    size = params.uint(2)
    if size > BUFFER_BYTES:
        raise Refusal(Code.BAD_PARAMETERS)
    machine.buffer[:] = bytes(size)
    return b""


def buffer_write(machine: Machine, operator: int, params: Params) -> bytes:
    offset, count = params.uint(2), params.uint(1)
    if offset + count > len(machine.buffer):
        raise Refusal(Code.BAD_PARAMETERS)
    machine.buffer[offset : offset + count] = params.take(count)
    return b""


SYSTEM = Who.SYSTEM
COMMANDS: dict[str, Command] = {
    "FF01": fixed(status, 6, who=SYSTEM, reads=True),
    "FF02": fixed(fn_number, 6, who=SYSTEM, reads=True),
    "FF03": fixed(valid_until, 6, who=SYSTEM, reads=True),
    "FF04": fixed(fn_version, 6, who=SYSTEM, reads=True),
    "FF05": fixed(begin_registration, 7, who=SYSTEM),
    "FF06": fixed(begin_registration, 40, who=SYSTEM),
    "FF07": fixed(reset_debug_fn, 7, who=SYSTEM),
    "FF08": fixed(cancel_document, 6, who=SYSTEM),
    "FF09": fixed(registration, 6, who=SYSTEM, reads=True),
    "FF0A": fixed(document, 10, who=SYSTEM, reads=True),
    "FF0E": fixed(registration_tag, 9, who=SYSTEM, reads=True),
    "FF30": fixed(buffer_size, 6, who=SYSTEM, reads=True),
    "FF31": fixed(buffer_read, 9, who=SYSTEM, reads=True),
    "FF32": fixed(buffer_begin, 8, who=SYSTEM, reads=True),
    "FF33": Command(buffer_write, 10, 255, who=SYSTEM, reads=True),
    "FF34": fixed(re_register, 41, who=SYSTEM, modes=CLOSED, lasts_s=FN_COMMITS_S),
    "FF37": fixed(begin_state, 6, who=SYSTEM),
    "FF38": fixed(make_state, 6, who=SYSTEM, lasts_s=FN_COMMITS_S),
    "FF39": fixed(ofd_exchange, 6, who=SYSTEM, reads=True),
    "FF3A": fixed(choose_document, 10, who=SYSTEM, reads=True),
    "FF3B": fixed(next_chunk, 6, who=SYSTEM, reads=True),
    "FF3C": fixed(ticket, 10, who=SYSTEM, reads=True),
    "FF3D": fixed(begin_archive, 6, who=SYSTEM, modes=CLOSED),
    "FF3E": fixed(close_archive, 6, who=SYSTEM, modes=CLOSED, lasts_s=FN_COMMITS_S),
    "FF3F": fixed(unconfirmed, 6, who=SYSTEM, reads=True),
    "FF40": fixed(shift_state, 6, who=SYSTEM, reads=True),
    "FF4C": fixed(registration, 7, who=SYSTEM, reads=True),
    "FF60": fixed(registration_tag, 9, who=SYSTEM, reads=True),
    "FF62": fixed(synchronise, 6, who=SYSTEM, reads=True),
    "FF63": fixed(free_memory, 6, who=SYSTEM, reads=True),
}
