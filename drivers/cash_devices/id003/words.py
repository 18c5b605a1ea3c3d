"""The numbers of ID-003: what a host may say, what a validator answers, and why it rejects or fails.

Source: public ID-003 drivers and a kiosk driver's constants, which agree.
"""

from __future__ import annotations

from enum import IntEnum


class Say(IntEnum):
    """From the host. Operations are answered by ACK, sets by their echo, the rest by what was asked for."""

    STATUS = 0x11
    RESET = 0x40
    STACK_1 = 0x41  # vend valid when the note is past the lever
    STACK_2 = 0x42  # vend valid when the note lies in the stacker
    RETURN = 0x43
    HOLD = 0x44
    ACK = 0x50
    SET_DISABLED = 0xC0  # two bytes: a bit that is 1 shuts a denomination out
    SET_SECURITY = 0xC1
    SET_INHIBIT = 0xC3
    SET_OPTIONS = 0xC5
    VERSION = 0x88
    CURRENCY_TABLE = 0x8A


class Is(IntEnum):
    """What a validator says of itself."""

    IDLE = 0x11
    ACCEPTING = 0x12
    ESCROW = 0x13  # with the escrow code
    STACKING = 0x14
    VEND_VALID = 0x15  # repeated until acknowledged; some models repeat the escrow code
    STACKED = 0x16
    REJECTING = 0x17  # with the reason
    RETURNING = 0x18
    HOLDING = 0x19
    DISABLED = 0x1A
    INITIALISING = 0x1B
    POWER_UP = 0x40
    POWER_UP_IN_ACCEPTOR = 0x41
    POWER_UP_IN_STACKER = 0x42
    FULL = 0x43
    OPEN = 0x44
    JAM_ACCEPTOR = 0x45
    JAM_STACKER = 0x46
    PAUSE = 0x47
    CHEATED = 0x48
    FAILURE = 0x49  # with what failed
    HEARD_NOISE = 0x4A
    NOT_NOW = 0x4B  # the command does not exist or does not fit the state


ACKNOWLEDGED = 0x50
STATUSES = frozenset(Is)
REFUSALS = frozenset({Is.HEARD_NOISE, Is.NOT_NOW})
POWER_UPS = frozenset({Is.POWER_UP, Is.POWER_UP_IN_ACCEPTOR, Is.POWER_UP_IN_STACKER})
RUNNING = frozenset(
    {
        Is.IDLE,
        Is.ACCEPTING,
        Is.ESCROW,
        Is.STACKING,
        Is.VEND_VALID,
        Is.STACKED,
        Is.REJECTING,
        Is.RETURNING,
        Is.HOLDING,
        Is.DISABLED,
    }
)
"""The statuses of a validator that has nothing to complain of."""

REJECTS = frozenset({0x71, 0x72, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78, 0x79, 0x7B, 0x7C, 0x7D, 0x7E})
"""71 insertion, 72 magnetic, 73 a note left in the head, 74 compensation, 75 conveying, 76 denomination, 77 and 7E
picture, 78 light level, 79 inhibited (and the escrow's 10 s are over), 7B operation, 7C a note left in the stacker, 7D
length."""

FAILURES = frozenset({0xA2, 0xA5, 0xA6, 0xA7, 0xAB, 0xAC, 0xAD, 0xAF, 0xB0, 0xB1, 0xB2, 0xB3})
"""A2 stacker motor, A5 speed, A6 transport, A7 aligning, AB cash box, AC light sensor, AD magnetic sensor, AF head
taken off, B0-B3 memory."""


def reject_code(data: bytes) -> str:
    """The text for a reason; `id003.reject` for one that no list names."""
    return f"id003.reject_{data[0]:02X}" if data and data[0] in REJECTS else "id003.reject"


def failure_code(data: bytes) -> str:
    return f"id003.failure_{data[0]:02X}" if data and data[0] in FAILURES else "id003.failure"
