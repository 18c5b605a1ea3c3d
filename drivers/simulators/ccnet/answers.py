"""What the validator answers to each command: data, 00 done, FF not understood, or 30 not in this state.

Which state allows what is the command table of the specification; 30 also answers what this validator does not know
(loading of firmware, statistics). Data is to be acknowledged by the host, the one-byte answers are not.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass

from drivers.simulators.ccnet import notes, phases
from drivers.simulators.ccnet.path import Path
from drivers.simulators.ccnet.phases import Phase
from drivers.simulators.ccnet.unit import Event

BUSY_TENTHS = 10
LAST_COUNT = 0xFFFF
RELEASED = b"24112014"
MODULE = b"FLGR1353       "  # 15 characters
OPTION_48_TYPES = 0x00800000  # byte 2 bit 7: this validator has no second 24 types


@dataclass(frozen=True, slots=True)
class Answer:
    """`data`: to be acknowledged. `event`: what stays to be said until it was."""

    body: bytes
    data: bool = False
    event: Event | None = None


ACK, NAK, ILLEGAL = Answer(b"\x00"), Answer(b"\xff"), Answer(b"\x30")


@dataclass(frozen=True, slots=True)
class Command:
    """`size`: bytes after the code. `carry_out` returns None when the power went before an answer."""

    size: int
    allowed: frozenset[Phase]
    carry_out: Callable[[Path, bytes, float], Answer | None]


def answer(unit: Path, body: bytes, at: float) -> Answer | None:
    """Carry out one command. None: no answer any more."""
    counter = unit.traps.number("counter_wrap", LAST_COUNT)
    if counter is not None:
        unit.counter = counter % (LAST_COUNT + 1)
        unit.save()
    command = COMMANDS.get(body[0])
    if command is None:
        return ILLEGAL
    if len(body) - 1 != command.size:
        return NAK
    if not _allowed(command, unit, at):
        return ILLEGAL
    return command.carry_out(unit, body[1:], at)


def _allowed(command: Command, unit: Path, at: float) -> bool:
    """By the state that POLL shows: while it shows an event or busy, the unit is in none of the states of the table."""
    if command.allowed == phases.ALL:
        return True
    overlaid = unit.shown(at)[0] != unit.phase.value and unit.phase is not Phase.POWER_UP
    return unit.phase in command.allowed and not overlaid


def _poll(unit: Path, _data: bytes, at: float) -> Answer:
    if unit.traps.meets("reset_in_session") is not None:
        unit.starts_anew(at)
    tenths = unit.traps.number("busy", BUSY_TENTHS)
    if tenths is not None:
        unit.busy_until = at + tenths / 10
    said = unit.shown(at)
    event = unit.events[0] if unit.events and unit.events[0] == said else None
    unit.polled(said, at)
    if event is not None and unit.latch == "off":
        unit.acknowledged(event, at)
    return Answer(bytes(said), data=True, event=event)


def _reset(unit: Path, _data: bytes, at: float) -> Answer:
    unit.reset(at)
    return ACK


def _status(unit: Path, _data: bytes, _at: float) -> Answer:
    return Answer(unit.enabled + unit.security, data=True)


def _security(unit: Path, data: bytes, _at: float) -> Answer:
    unit.security = data
    return ACK


def _enable(unit: Path, data: bytes, at: float) -> Answer:
    unit.enabled, unit.escrowing = data[:3], data[3:]
    unit.masks_set(at)
    return ACK


def _stack(unit: Path, _data: bytes, at: float) -> Answer | None:
    return ACK if unit.stack_asked(at) else None


def _return(unit: Path, _data: bytes, at: float) -> Answer:
    unit.begin_returning(at)
    return ACK


def _hold(unit: Path, _data: bytes, at: float) -> Answer:
    unit.hold(at)
    return ACK


def _identification(unit: Path, _data: bytes, _at: float) -> Answer:
    return Answer(unit.identity.reply(), data=True)


def _bill_table(_unit: Path, _data: bytes, _at: float) -> Answer:
    return Answer(notes.bill_table(), data=True)


def _barcode(_unit: Path, data: bytes, _at: float) -> Answer:
    return ACK if data[0] == 1 and 6 <= data[1] <= 18 else NAK


def _code_check(unit: Path, _data: bytes, _at: float) -> Answer:
    return Answer(zlib.crc32(unit.identity.part.encode()).to_bytes(4, "big"), data=True)


def _module(_unit: Path, _data: bytes, _at: float) -> Answer:
    return Answer(MODULE + zlib.crc32(MODULE).to_bytes(4, "big"), data=True)


def _escrow_timeouts(unit: Path, data: bytes, _at: float) -> Answer:
    """Bills first, then vouchers, which this validator does not read. In force from the next escrow on."""
    unit.escrow_ms = int.from_bytes(data[:4], "big")
    return ACK


def _counter(unit: Path, _data: bytes, _at: float) -> Answer:
    return Answer(unit.counter.to_bytes(2, "big"), data=True)


def _released(_unit: Path, _data: bytes, _at: float) -> Answer:
    return Answer(RELEASED, data=True)


def _set_options(unit: Path, data: bytes, _at: float) -> Answer:
    unit.options = (int.from_bytes(data, "big") & ~OPTION_48_TYPES).to_bytes(4, "big")
    return ACK


def _options(unit: Path, _data: bytes, _at: float) -> Answer:
    return Answer(unit.options, data=True)


INITIALIZE_OR_DISABLED = frozenset({Phase.INITIALIZE, Phase.DISABLED})
COMMANDS: dict[int, Command] = {
    0x30: Command(0, phases.ALL, _reset),
    0x31: Command(0, phases.ALL, _status),
    0x32: Command(3, phases.ALL, _security),
    0x33: Command(0, phases.ALL, _poll),
    0x34: Command(6, phases.ALL, _enable),
    0x35: Command(0, phases.UNDECIDED, _stack),
    0x36: Command(0, phases.UNDECIDED, _return),
    0x37: Command(0, phases.NOT_RUNNING, _identification),
    0x38: Command(0, phases.UNDECIDED, _hold),
    0x39: Command(2, phases.ALL, _barcode),
    0x3A: Command(0, frozenset(), lambda _unit, _data, _at: ILLEGAL),  # no barcode ever enters
    0x41: Command(0, phases.NOT_RUNNING, _bill_table),
    0x51: Command(0, phases.ALL, _code_check),
    0x54: Command(0, phases.RESTING, _module),
    0x5A: Command(8, phases.ALL, _escrow_timeouts),
    0x5B: Command(0, phases.NOT_RUNNING | {Phase.IDLING}, _counter),
    0x5C: Command(0, phases.ALL, _released),
    0x68: Command(4, INITIALIZE_OR_DISABLED, _set_options),
    0x69: Command(0, INITIALIZE_OR_DISABLED, _options),
}
