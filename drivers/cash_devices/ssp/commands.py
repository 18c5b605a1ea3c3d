"""The commands and generic answers of SSP, by name.

Source: the command tables of the SSP manual GA138 as `kybarg/ssp` gives them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Command(IntEnum):
    SET_INHIBITS = 0x02
    RESET = 0x01
    SETUP = 0x05
    HOST_PROTOCOL = 0x06
    POLL = 0x07
    REJECT = 0x08
    DISABLE = 0x09
    ENABLE = 0x0A
    SERIAL = 0x0C
    SYNC = 0x11
    LAST_REJECT = 0x17
    HOLD = 0x18
    LEVELS = 0x22
    PAYOUT = 0x33
    SET_GENERATOR = 0x4A
    SET_MODULUS = 0x4B
    KEY_EXCHANGE = 0x4C
    POLL_WITH_ACK = 0x56
    EVENT_ACK = 0x57
    COUNTERS = 0x58
    ENABLE_PAYOUT = 0x5C


class Answer(IntEnum):
    OK = 0xF0
    NOT_KNOWN = 0xF2
    WRONG_PARAMETERS = 0xF3
    OUT_OF_RANGE = 0xF4
    CANNOT = 0xF5
    SOFTWARE = 0xF6
    FAIL = 0xF8
    KEY_NOT_SET = 0xFA


ALWAYS_SEALED = frozenset({Command.PAYOUT, Command.POLL_WITH_ACK, Command.EVENT_ACK})
"""What a device takes encrypted only."""
NEVER_SEALED = frozenset({Command.SYNC, Command.SET_GENERATOR, Command.SET_MODULUS, Command.KEY_EXCHANGE})
"""What makes a key, or comes before it."""

PAY_TEST, PAY_NOW = 0x19, 0x58
"""The last byte of PAYOUT: only say whether it can be done, or do it."""


@dataclass(frozen=True, slots=True)
class Reply:
    code: int
    data: bytes

    @property
    def ok(self) -> bool:
        return self.code == Answer.OK

    @property
    def detail(self) -> int | None:
        """The byte behind "cannot be processed" that says why."""
        return self.data[0] if self.code == Answer.CANNOT and self.data else None


def payout(amount_minor: int, currency: str, option: int) -> bytes:
    return bytes([Command.PAYOUT]) + amount_minor.to_bytes(4, "little") + currency.encode("ascii") + bytes([option])


def inhibits(channels: frozenset[int], highest: int) -> bytes:
    """SET INHIBITS for these channels: bit 0 of the first byte is channel 1, and 1 means that it is taken."""
    mask = sum(1 << channel - 1 for channel in channels if channel > 0)
    length = max(2, -(-highest // 8))
    return bytes([Command.SET_INHIBITS]) + mask.to_bytes(length, "little")
