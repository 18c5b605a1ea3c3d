"""What one entry of the command table says, and how a command is checked before it runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from drivers.simulators.shtrih_m.codes import Code, Refusal
from drivers.simulators.shtrih_m.machine import Machine, Mode, Outcome
from drivers.simulators.shtrih_m.tables import read_number
from drivers.simulators.shtrih_m.wire_fields import Params

Handler = Callable[[Machine, int, Params], bytes]
"""(machine, operator 1..30 or 0, parameters after the password) -> answer after error byte and operator."""

ADMINISTRATOR, SYSTEM_ADMINISTRATOR = 29, 30
LONGEST = 255

SHIFT_ANY = frozenset({Mode.SHIFT_OPEN, Mode.OVER_24H, Mode.SHIFT_CLOSED})
SHIFT_RUNNING = frozenset({Mode.SHIFT_OPEN, Mode.OVER_24H})
CLOSED = frozenset({Mode.SHIFT_CLOSED})
OPEN_DOCUMENT = frozenset({Mode.DOCUMENT})
_WITHOUT_DATE = ("10", "11", "FC", "F7", "6B", "21", "22", "23")


class Who(Enum):
    NOBODY = "no password"
    OPERATOR = "any operator"
    ADMIN = "administrator or system administrator"
    SYSTEM = "system administrator"


@dataclass(frozen=True, slots=True)
class Command:
    """Lengths count the command's own bytes. `modes` None: any mode. `lasts_s`: time before the effect."""

    run: Handler
    least: int
    most: int
    who: Who = Who.OPERATOR
    says_operator: bool = False
    prints: bool = False
    modes: frozenset[Mode] | None = None
    reads: bool = False  # changes nothing, so nothing is saved
    lasts_s: float = 0.005


def fixed(run: Handler, length: int, **more: object) -> Command:
    """A command of one length."""
    return Command(run, length, length, **more)  # type: ignore[arg-type]


def code_of(body: bytes) -> bytes:
    """One byte, or two when the first is FF."""
    return body[:2] if body[:1] == b"\xff" else body[:1]


def carry_out(machine: Machine, commands: dict[str, Command], body: bytes) -> Outcome:
    """Run one command body; the answer always begins with its code and an error byte."""
    code = code_of(body)
    machine.advance()
    machine.command, machine.committed, machine.wait_for_print = code.hex().upper(), False, False
    try:
        answer = _checked(machine, commands, code, body)
        if not commands[machine.command].reads:
            machine.settle()
    except Refusal as refusal:
        machine.undo()
        return Outcome(code + bytes([refusal.code]) + refusal.extra)
    failure = machine.traps.sprung("fn_fails_after_commit", machine.command) if machine.committed else None
    if failure is not None:
        return Outcome(code + bytes([int(failure or "03", 16)]), committed=True)
    return Outcome(code + answer, machine.committed, machine.wait_for_print)


def _checked(machine: Machine, commands: dict[str, Command], code: bytes, body: bytes) -> bytes:
    command = commands.get(machine.command)
    if command is None:
        raise Refusal(Code.UNSUPPORTED)
    if not command.least <= len(body) <= command.most:
        raise Refusal(Code.BAD_LENGTH)
    params = Params(body[len(code) :])
    operator = 0 if command.who is Who.NOBODY else _operator(machine, params.uint(4), command.who)
    _forced_refusal(machine)
    if machine.mode is Mode.CONFIRM_DATE and machine.command not in _WITHOUT_DATE:
        raise Refusal(Code.CONFIRM_DATE)
    if command.prints:
        machine.printer.demand_ready()
    if command.modes is not None and machine.mode not in command.modes:
        raise Refusal(_wrong_mode(machine, command.modes))
    answer = command.run(machine, operator, params)
    return b"\0" + (bytes([operator]) if command.says_operator else b"") + answer


def _operator(machine: Machine, password: int, who: Who) -> int:
    for row in range(SYSTEM_ADMINISTRATOR, 0, -1):
        if read_number(machine.image, (2, row, 1)) == password:
            allowed = {Who.SYSTEM: SYSTEM_ADMINISTRATOR, Who.ADMIN: ADMINISTRATOR}.get(who, 1)
            if row >= allowed:
                return row
    raise Refusal(Code.WRONG_PASSWORD)


def _wrong_mode(machine: Machine, wanted: frozenset[Mode]) -> int:
    if machine.mode is Mode.DOCUMENT:
        return Code.RECEIPT_OPEN
    if machine.mode is Mode.OVER_24H and Mode.SHIFT_OPEN in wanted:
        return Code.SHIFT_OVER_24H
    return Code.WRONG_MODE


def _forced_refusal(machine: Machine) -> None:
    value = machine.traps.sprung("refuses", machine.command)
    if value is not None:
        raise Refusal(int(value or f"{Code.BAD_PARAMETERS:02X}", 16))
