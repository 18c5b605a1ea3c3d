"""What ZVT's one-byte codes mean for the money: result codes, terminal status, and the code of a text a person reads.

The same table of result codes serves field 27, negative responses (84 xx) and the terminal's abort (06 1E xx). Any
non-zero one proves that no money moved, unless an approval had been acknowledged before it.
Source: VdTH PA00P015 rev 13.08.
"""

from __future__ import annotations

from enum import Enum

from drivers.errors import Refused
from drivers.payment_terminals.zvt.texts import REFUSALS

APPROVED = 0x00
NOT_REGISTERED, CANCELLED, ALREADY_REVERSED, NOT_POSSIBLE = 0x6B, 0x6C, 0xB4, 0x83
DIAGNOSIS_NEEDED, INITIALISATION_NEEDED, END_OF_DAY_OPEN = 0xC2, 0x51, 0xF0
LAST_HOST_CODE = 0x63


class Repair(Enum):
    """The terminal's own service that clears a status or a refusal."""

    NONE = "none"
    DIAGNOSIS = "diagnosis"
    INITIALISATION = "initialisation"
    END_OF_DAY = "end_of_day"
    REGISTRATION = "registration"
    WAIT = "wait"


_REPAIRS = {
    DIAGNOSIS_NEEDED: Repair.DIAGNOSIS,
    INITIALISATION_NEEDED: Repair.INITIALISATION,
    0x62: Repair.DIAGNOSIS,
    END_OF_DAY_OPEN: Repair.END_OF_DAY,
    NOT_REGISTERED: Repair.REGISTRATION,
    0x9C: Repair.WAIT,
    0x9D: Repair.WAIT,
    0xA0: Repair.WAIT,
}

# While one of these holds, the terminal is still at something: what it calls its last transaction may not be the last.
AT_WORK = frozenset({0x9C, 0x9D, 0xA0, 0xDC, 0xDD, 0xE1, 0xE2, 0xE3})


def repair(code: int) -> Repair:
    return _REPAIRS.get(code, Repair.NONE)


def result_text(code: int) -> str:
    """The stable name of a result code: `zvt.6C`; codes of the bank's own host and unlisted ones have one text each."""
    if f"{code:02X}" in REFUSALS:
        return f"zvt.{code:02X}"
    return "zvt.host" if 0 < code <= LAST_HOST_CODE else "zvt.FF"


def status_text(code: int) -> str:
    """The stable name of a terminal status: `zvt.status.F0`; "" when ready."""
    if code == 0x00:
        return ""
    return f"zvt.status.{code:02X}" if f"status.{code:02X}" in REFUSALS else "zvt.status.other"


class ZvtRefused(Refused):
    """A refusal whose one-byte code the driver itself still needs."""

    def __init__(self, byte: int, detail: str = "") -> None:
        super().__init__(result_text(byte), f"{byte:02X} {detail}".strip())
        self.byte = byte
