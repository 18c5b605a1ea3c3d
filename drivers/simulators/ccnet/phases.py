"""The states of the validator as POLL shows them, how long each lasts, and which command is allowed in which."""

from __future__ import annotations

from enum import Enum


class Phase(Enum):
    """The value is the first byte of the answer to POLL; OFF says nothing."""

    OFF = 0x00
    POWER_UP = 0x10  # 11 with a note that can go back, 12 with one that cannot
    INITIALIZE = 0x13
    IDLING = 0x14
    ACCEPTING = 0x15
    STACKING = 0x17
    RETURNING = 0x18
    DISABLED = 0x19
    HOLDING = 0x1A
    REJECTING = 0x1C
    CASSETTE_FULL = 0x41
    CASSETTE_OUT = 0x42
    VALIDATOR_JAM = 0x43
    CASSETTE_JAM = 0x44
    PAUSE = 0x46
    FAILURE = 0x47
    ESCROW = 0x80


NOTE_IN_UNIT, NOTE_IN_STACKER = 0x11, 0x12
BUSY = 0x1B
CHEATED = 0x45
STACKED, RETURNED = 0x81, 0x82
SUSPECTED, COUNTERFEIT = 0x84, 0x90  # kept in Article 6 mode, no credit

# Why a note is rejected
INSERTION, CONVEYING, IDENTIFICATION, VERIFICATION, INHIBITED, OPERATION = 0x60, 0x64, 0x65, 0x66, 0x68, 0x6A

# How long the mechanics take; a validator of this class needs about three seconds a note.
BOOT_S = 1.0
SETTLE_S = 1.0  # the beginning of INITIALIZE: a note found inside goes its way
INITIALIZE_S = 2.0  # the rest of it: motors, sensors
ACCEPT_S = 1.2
STACK_S = 1.0
RETURN_S = 0.8
REJECT_S = 1.0
HAND_S = 0.3  # a shopper with the next note ready

# Timers of the specification; they run in `instant` too.
ESCROW_MS = 10_000
PAUSE_S = 10.0
PATIENCE_S = 60.0  # ours: a shopper with further notes waits so long for the mouth to open, then goes

BOOTING = frozenset({Phase.POWER_UP, Phase.INITIALIZE})
TROUBLES = frozenset(
    {Phase.CASSETTE_FULL, Phase.CASSETTE_OUT, Phase.VALIDATOR_JAM, Phase.CASSETTE_JAM, Phase.FAILURE}
    # PAUSE is among 41 to 47 as well, but a note is on its way then
)
UNDECIDED = frozenset({Phase.ESCROW, Phase.HOLDING})

ALL = frozenset(Phase)
NOT_RUNNING = BOOTING | TROUBLES | {Phase.DISABLED, Phase.PAUSE}  # power-up, initialize, failure 41 to 47, disabled
RESTING = frozenset({Phase.DISABLED, Phase.IDLING})

WORDS = {
    Phase.OFF: "no power",
    Phase.POWER_UP: "power up",
    Phase.INITIALIZE: "initialize",
    Phase.IDLING: "idling",
    Phase.ACCEPTING: "accepting",
    Phase.STACKING: "stacking",
    Phase.RETURNING: "returning",
    Phase.DISABLED: "disabled",
    Phase.HOLDING: "holding",
    Phase.REJECTING: "rejecting",
    Phase.CASSETTE_FULL: "cassette full",
    Phase.CASSETTE_OUT: "cassette out",
    Phase.VALIDATOR_JAM: "jam in the validator",
    Phase.CASSETTE_JAM: "jam in the cassette",
    Phase.PAUSE: "pause",
    Phase.FAILURE: "failure",
    Phase.ESCROW: "escrow",
}
