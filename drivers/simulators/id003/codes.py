"""The numbers of ID-003: what the host asks, what the validator is doing, why it refuses a note, what it can take."""

from __future__ import annotations

from enum import IntEnum

CURRENCY = "RUB"
NOTES = {  # escrow code -> rubles
    0x61: 10,
    0x62: 50,
    0x63: 100,
    0x64: 200,
    0x65: 500,
    0x66: 1000,
    0x67: 2000,
    0x68: 5000,
}
COUNTRY = 0x1B
"""The country byte of the currency table. The public sources do not list JCM's codes: the number is this unit's own."""
VERSION = b"ID003-SIM(RUS)-03-12 V112"


class Status(IntEnum):
    """DARK is no answer at all: no power, or the program has not started yet."""

    DARK = 0x00
    IDLE = 0x11
    ACCEPTING = 0x12
    ESCROW = 0x13
    STACKING = 0x14
    VEND_VALID = 0x15
    STACKED = 0x16
    REJECTING = 0x17
    RETURNING = 0x18
    HOLDING = 0x19
    DISABLED = 0x1A
    INITIALISE = 0x1B
    POWER_UP = 0x40
    POWER_UP_IN_ACCEPTOR = 0x41
    POWER_UP_IN_STACKER = 0x42
    FULL = 0x43
    STACKER_OPEN = 0x44
    JAM_ACCEPTOR = 0x45
    JAM_STACKER = 0x46
    PAUSE = 0x47
    CHEATED = 0x48
    FAILURE = 0x49


STARTING = (Status.POWER_UP, Status.POWER_UP_IN_ACCEPTOR, Status.POWER_UP_IN_STACKER)


class Ask(IntEnum):
    """What the host may send, besides the settings (see settings.py)."""

    STATUS = 0x11
    RESET = 0x40
    STACK_1 = 0x41
    STACK_2 = 0x42
    RETURN = 0x43
    HOLD = 0x44
    WAIT = 0x45
    ACK = 0x50
    VERSION = 0x88
    CURRENCIES = 0x8A


ACK = 0x50
COMMUNICATION_ERROR = 0x4A
INVALID_COMMAND = 0x4B


class Reject(IntEnum):
    MAGNETIC = 0x72  # what a forgery fails at
    CONVEYING = 0x75
    DENOMINATION = 0x76  # a type that the host disabled
    PHOTO = 0x77  # what a foreign note fails at
    INHIBIT = 0x79  # inhibited while it came in, or nobody decided about it
    CLEARED = 0x00  # never said on the wire: found in the transport at a reset and given back


FAILURES = (0xA2, 0xA5, 0xA6, 0xA7, 0xAB, 0xAC, 0xAD, 0xAF, 0xB0, 0xB1, 0xB2, 0xB3)


def code_of(value_minor: int) -> int:
    """The escrow code of a note; 0 for what is none."""
    return next((code for code, rubles in NOTES.items() if rubles * 100 == value_minor), 0)


def currency_table() -> bytes:
    """Records of four bytes: escrow code, country, value, how many zeros follow the value."""
    table = b""
    for code, rubles in NOTES.items():
        digits = str(rubles).rstrip("0")
        table += bytes([code, COUNTRY, int(digits), len(str(rubles)) - len(digits)])
    return table
