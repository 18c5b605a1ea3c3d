"""What a poll reports: a list of events behind F0, each of a length that its code, the protocol and the unit decide.

    F0 | event | event ...      EF 03: channel 3 in escrow      D2 01 64 00 00 00 "EUR": 1.00 EUR dispensed

An event that is not in the table ends the reading: its length is unknown, and with it where the next begins.
Source: the event tables of the SSP manual GA138 as `kybarg/ssp` gives them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Code(IntEnum):
    JAM_RECOVERY = 0xB0
    PAYOUT_FAULT = 0xB1
    SMART_EMPTYING = 0xB3
    SMART_EMPTIED = 0xB4
    CHANNELS_DISABLED = 0xB5
    INITIALISING = 0xB6
    COIN_MECH_FAULT = 0xB7
    EMPTYING = 0xC2
    EMPTIED = 0xC3
    COIN_MECH_JAM = 0xC4
    COIN_MECH_RETURN = 0xC5
    PAYOUT_OUT_OF_SERVICE = 0xC6
    FLOAT_REMOVED = 0xC7
    FLOAT_ATTACHED = 0xC8
    MOVED_TO_STACKER = 0xC9
    STACKED_AT_POWER_UP = 0xCA
    STORED_AT_POWER_UP = 0xCB
    STACKING = 0xCC
    DISPENSED_AT_POWER_UP = 0xCD
    HELD_IN_BEZEL = 0xCE
    DEVICE_FULL = 0xCF
    BARCODE_DONE = 0xD1
    DISPENSED = 0xD2
    JAMMED = 0xD5
    HALTED = 0xD6
    FLOATING = 0xD7
    FLOATED = 0xD8
    TIME_OUT = 0xD9
    DISPENSING = 0xDA
    STORED = 0xDB
    INCOMPLETE_PAYOUT = 0xDC
    INCOMPLETE_FLOAT = 0xDD
    CASHBOX_PAID = 0xDE
    COIN_CREDIT = 0xDF
    PATH_OPEN = 0xE0
    CLEARED_FROM_FRONT = 0xE1
    CLEARED_TO_CASHBOX = 0xE2
    CASSETTE_OUT = 0xE3
    CASSETTE_BACK = 0xE4
    BARCODE = 0xE5
    FRAUD = 0xE6
    FULL = 0xE7
    DISABLED = 0xE8
    UNSAFE_JAM = 0xE9
    SAFE_JAM = 0xEA
    STACKED = 0xEB
    REJECTED = 0xEC
    REJECTING = 0xED
    CREDIT = 0xEE
    READ = 0xEF
    RESET = 0xF1


class Shape(IntEnum):
    """What stands behind the code."""

    NOTHING = 0
    CHANNEL = 1
    VALUE_FROM_6 = 6  # 4 + 3 bytes, nothing before protocol 6
    VALUE_FROM_8 = 8
    VALUES = 10  # a count, then 4 + 3 bytes each
    PAID_OF_ASKED = 11  # a count, then 4 + 4 + 3 bytes each
    FRAUD = 12  # values on units that pay, else a channel
    FAULT = 13  # a cause; from protocol 7 values before it


SHAPES: dict[Code, Shape] = (
    dict.fromkeys(Code, Shape.NOTHING)
    | dict.fromkeys((Code.READ, Code.CREDIT, Code.CLEARED_FROM_FRONT, Code.CLEARED_TO_CASHBOX), Shape.CHANNEL)
    | dict.fromkeys((Code.MOVED_TO_STACKER, Code.DISPENSED_AT_POWER_UP), Shape.VALUE_FROM_6)
    | dict.fromkeys((Code.STACKED_AT_POWER_UP, Code.STORED_AT_POWER_UP, Code.HELD_IN_BEZEL), Shape.VALUE_FROM_8)
    | dict.fromkeys(
        (
            Code.DISPENSING,
            Code.DISPENSED,
            Code.JAMMED,
            Code.HALTED,
            Code.FLOATING,
            Code.FLOATED,
            Code.TIME_OUT,
            Code.CASHBOX_PAID,
            Code.COIN_CREDIT,
            Code.SMART_EMPTYING,
            Code.SMART_EMPTIED,
        ),
        Shape.VALUES,
    )
    | dict.fromkeys((Code.INCOMPLETE_PAYOUT, Code.INCOMPLETE_FLOAT), Shape.PAID_OF_ASKED)
    | {Code.FRAUD: Shape.FRAUD, Code.PAYOUT_FAULT: Shape.FAULT}
)

STATES = frozenset(
    {
        Code.DISABLED,
        Code.CHANNELS_DISABLED,
        Code.INITIALISING,
        Code.READ,
        Code.STACKING,
        Code.DISPENSING,
        Code.REJECTING,
        Code.EMPTYING,
        Code.SMART_EMPTYING,
        Code.FLOATING,
    }
)
"""Reports of what goes on now; everything else has happened, and is acknowledged to a device that waits for it."""


@dataclass(frozen=True, slots=True)
class Amount:
    value_minor: int
    currency: str
    asked_minor: int = 0


@dataclass(frozen=True, slots=True)
class Event:
    code: Code
    channel: int = 0
    amounts: tuple[Amount, ...] = ()

    @property
    def value_minor(self) -> int:
        return sum(amount.value_minor for amount in self.amounts)

    @property
    def asked_minor(self) -> int:
        return sum(amount.asked_minor for amount in self.amounts)


@dataclass(frozen=True, slots=True)
class Report:
    """`unread` begins with the event that is not known or ends early."""

    events: tuple[Event, ...]
    unread: bytes = b""

    def has(self, *codes: Code) -> bool:
        return any(event.code in codes for event in self.events)

    @property
    def awaits_ack(self) -> bool:
        return bool(self.unread) or any(event.code not in STATES for event in self.events)


def parse_report(data: bytes, protocol: int, value_lists: bool) -> Report:
    """`value_lists`: the unit's fraud event carries values."""
    events: list[Event] = []
    at = 0
    while at < len(data):
        known = data[at] in SHAPES
        read = _read(Code(data[at]), data[at + 1 :], protocol, value_lists) if known else None
        if read is None:
            return Report(tuple(events), data[at:])
        event, length = read
        events.append(event)
        at += 1 + length
    return Report(tuple(events))


def _read(code: Code, rest: bytes, protocol: int, value_lists: bool) -> tuple[Event, int] | None:
    """The event and how many bytes it has behind its code; None if it ends early."""
    shape = SHAPES[code]
    if shape is Shape.FRAUD:
        shape = Shape.VALUES if value_lists else Shape.CHANNEL
    if shape is Shape.NOTHING or (shape in (Shape.VALUE_FROM_6, Shape.VALUE_FROM_8) and protocol < shape):
        return Event(code), 0
    if shape is Shape.CHANNEL or (shape is Shape.FAULT and protocol < 7):
        return (Event(code, rest[0]), 1) if rest else None
    if shape in (Shape.VALUE_FROM_6, Shape.VALUE_FROM_8):
        return (Event(code, 0, (_amount(rest[:7]),)), 7) if len(rest) >= 7 else None
    each, cause = (11 if shape is Shape.PAID_OF_ASKED else 7), shape is Shape.FAULT
    length = 1 + each * rest[0] + cause if rest else 1
    if len(rest) < length:
        return None
    rows = (rest[at : at + each] for at in range(1, length - cause, each))
    return Event(code, rest[length - 1] if cause else 0, tuple(_amount(row) for row in rows)), length


def _amount(row: bytes) -> Amount:
    asked = int.from_bytes(row[4:8], "little") if len(row) == 11 else 0
    return Amount(int.from_bytes(row[:4], "little"), row[-3:].decode("ascii", "replace"), asked)
