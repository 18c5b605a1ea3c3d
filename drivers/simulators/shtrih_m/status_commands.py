"""10h, 11h, FCh, F7h, 6Bh, 1Ah, 1Bh: what the register says about itself (reference section 4)."""

from __future__ import annotations

import datetime as dt

from drivers.simulators.shtrih_m.codes import TEXTS, Code, Refusal
from drivers.simulators.shtrih_m.command import Command, Who, fixed
from drivers.simulators.shtrih_m.machine import Machine
from drivers.simulators.shtrih_m.registers import money_register, operation_register
from drivers.simulators.shtrih_m.wire_fields import Params, device_date, le

MODEL, MODEL_NAME = 252, "ШТРИХ-ЛАЙТ-01Ф"
PROTOCOL = (1, 14)
FIRMWARE, BUILD, FIRMWARE_DATE = b"C3", 36_500, dt.date(2026, 2, 2)
BATTERY, POWER_SUPPLY = 0x33, 0x48
TCP_PORT = 0x80

# receipt paper sensor, cover sensor, cutter, drawer sensor, non-fiscal documents, long strings, link v2,
# lastPrint in 10h, 6Bh, extended document answers
MODEL_BITS = sum(1 << bit for bit in (3, 4, 13, 15, 22, 23, 28, 34, 36, 50))


def short_status(machine: Machine, operator: int, params: Params) -> bytes:
    operations = len(machine.image.receipt.lines) if machine.image.receipt else 0
    printing = machine.printer.submode
    last_print = 5 if printing in (4, 5) else 1 if printing in (1, 2, 3) else 0
    return (
        le(machine.flags, 2)
        + bytes([machine.mode_byte, printing, operations & 0xFF, BATTERY, POWER_SUPPLY, 0, 0, operations >> 8])
        + b"\xff\xff\xff"
        + bytes([last_print])
    )


def full_status(machine: Machine, operator: int, params: Params) -> bytes:
    who, fn, at = machine.image.identity, machine.image.fn, machine.wall()
    serial = int(who.serial)
    closed = fn.shift - 1 if fn.shift_open else fn.shift
    return (
        FIRMWARE
        + le(BUILD, 2)
        + device_date(FIRMWARE_DATE)
        + bytes([machine.cell((1, 1, 1))])
        + le(machine.image.running_number & 0xFFFF, 2)
        + le(machine.flags, 2)
        + bytes([machine.mode_byte, machine.printer.submode, TCP_PORT])
        + b"NA\0\0\x01\x01\x10"  # the fiscal memory of older devices: layout only
        + device_date(at.date())
        + bytes([at.hour, at.minute, at.second, 0])
        + le(serial & 0xFFFFFFFF, 4)
        + le(closed & 0xFFFF, 2)
        + le(0, 2)
        + bytes([1, 0])
        + le(int(who.inn), 6)
        + le(serial >> 32, 2)
    )


def device_type(machine: Machine, operator: int, params: Params) -> bytes:
    return bytes([0, 0, *PROTOCOL, MODEL, 0]) + MODEL_NAME.encode("cp1251")


def model_parameters(machine: Machine, operator: int, params: Params) -> bytes:
    if params.uint(1) != 1:
        raise Refusal(Code.BAD_PARAMETERS)
    return (
        le(MODEL_BITS, 8)
        + bytes([12, 24, 0, 12, 16, 16, 20])
        + le(0, 4)
        + le(30, 4)
        + b"\0\x0e"
        + le(255, 2)
        + b"\x28\x40"
        + le(600, 2)
    )


def error_text(machine: Machine, operator: int, params: Params) -> bytes:
    return TEXTS.get(params.uint(1), "Неизвестная ошибка").encode("cp1251", "replace")


def money_of(machine: Machine, operator: int, params: Params) -> bytes:
    return le(max(0, money_register(machine.image, params.uint(1))), 6)


def count_of(machine: Machine, operator: int, params: Params) -> bytes:
    return le(operation_register(machine.image, params.uint(1)), 2)


COMMANDS: dict[str, Command] = {
    "10": fixed(short_status, 5, says_operator=True, reads=True),
    "11": fixed(full_status, 5, says_operator=True, reads=True),
    "FC": fixed(device_type, 1, who=Who.NOBODY, reads=True),
    "F7": fixed(model_parameters, 2, who=Who.NOBODY, reads=True),
    "6B": fixed(error_text, 2, who=Who.NOBODY, reads=True),
    "1A": fixed(money_of, 6, says_operator=True, reads=True),
    "1B": fixed(count_of, 6, says_operator=True, reads=True),
}
