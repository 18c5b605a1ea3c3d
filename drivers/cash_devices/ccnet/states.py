"""What a validator is asked and ordered, the states it answers a POLL with, and the names of what it complains of.

    10 power up --RESET--> 13 initialize --> 19 disabled --masks--> 14 idling --note--> 15 accepting
    11 power up, note in the head: given back in 13            15 --> 1C rejecting --> 14
    12 power up, note past return: after 13 comes 81           15 --> 80 escrow --HOLD--> 1A holding
    80, 1A --STACK--> 17 stacking --> 81 stacked --> 14
    80, 1A --RETURN, or 10 s--> 18 returning --> 82 returned --> 14
    41 full   42 cassette out   43 jam in the head   44 jam in the cassette   45 cheated   46 pause   47 failure

Source: CCNET common specification 2.6.0, chapters 3 and 5; failure codes 10 to 30, 60, F4 and FE are seen in the field.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from drivers.cash_devices.ccnet.texts import REFUSALS


class Command(IntEnum):
    RESET = 0x30
    GET_STATUS = 0x31
    POLL = 0x33
    ENABLE = 0x34
    STACK = 0x35
    RETURN = 0x36
    IDENTIFY = 0x37
    HOLD = 0x38
    GET_TABLE = 0x41
    GET_COUNTER = 0x5B


class Code(IntEnum):
    """First byte of the answer to POLL."""

    POWER_UP = 0x10
    POWER_UP_NOTE_INSIDE = 0x11
    POWER_UP_NOTE_PAST_RETURN = 0x12
    INITIALIZE = 0x13
    IDLING = 0x14
    ACCEPTING = 0x15
    STACKING = 0x17
    RETURNING = 0x18
    DISABLED = 0x19
    HOLDING = 0x1A
    BUSY = 0x1B
    REJECTING = 0x1C
    FULL = 0x41
    CASSETTE_OUT = 0x42
    JAM = 0x43
    JAM_IN_CASSETTE = 0x44
    CHEATED = 0x45
    PAUSE = 0x46
    FAILURE = 0x47
    ESCROW = 0x80
    STACKED = 0x81
    RETURNED = 0x82
    SUSPECT = 0x84
    COUNTERFEIT = 0x90


POWER_UPS = frozenset({Code.POWER_UP, Code.POWER_UP_NOTE_INSIDE, Code.POWER_UP_NOTE_PAST_RETURN})
TROUBLES = frozenset({Code.FULL, Code.JAM, Code.JAM_IN_CASSETTE, Code.PAUSE, Code.FAILURE})
IN_ESCROW = frozenset({Code.ESCROW, Code.HOLDING})
MENDED_BY_RESET = frozenset({Code.JAM, Code.JAM_IN_CASSETTE, Code.CHEATED, Code.FAILURE})
NEW_EPISODE = frozenset(
    {
        *POWER_UPS,
        Code.INITIALIZE,
        Code.IDLING,
        Code.ACCEPTING,
        Code.STACKING,
        Code.RETURNING,
        Code.DISABLED,
        Code.HOLDING,
        Code.REJECTING,
        Code.ESCROW,
        Code.RETURNED,
    }
)
"""After one of these "stacked" is another piece. Being busy, full or jammed in between makes it no other."""


@dataclass(frozen=True, slots=True)
class State:
    """An answer to POLL: the code and its second byte (bill type, reason), 0 where there is none."""

    code: int
    detail: int = 0


def is_state(body: bytes) -> bool:
    """Whether this can answer a POLL: late answers to other questions, and echoes of our commands, cannot."""
    return 1 <= len(body) <= 3 and (0x10 <= body[0] < 0x30 or 0x41 <= body[0] < 0x50 or 0x80 <= body[0] < 0xA0)


def read_state(body: bytes) -> State:
    return State(body[0], body[1] if len(body) > 1 else 0)


def reject_text(reason: int) -> str:
    """The name of why a note was not wanted: `ccnet.reject.68`."""
    return f"ccnet.reject.{reason:02X}" if f"reject.{reason:02X}" in REFUSALS else "ccnet.reject.other"


def trouble_text(state: State) -> str:
    """The name of the trouble that this state is, `ccnet.jam`; "" for one that is none."""
    match state.code:
        case Code.FULL:
            return "ccnet.full"
        case Code.JAM:
            return "ccnet.jam"
        case Code.JAM_IN_CASSETTE:
            return "ccnet.jam_in_cassette"
        case Code.PAUSE:
            return "ccnet.pause"
        case Code.FAILURE:
            named = f"failure.{state.detail:02X}"
            return f"ccnet.{named}" if named in REFUSALS else "ccnet.failure.other"
    return ""


def notice_text(state: State) -> str:
    """The name of what is worth a line in the log, "" for the rest."""
    match state.code:
        case Code.CHEATED:
            return "ccnet.cheated"
        case Code.SUSPECT:
            return "ccnet.suspect"
        case Code.COUNTERFEIT:
            return "ccnet.counterfeit"
    return ""
