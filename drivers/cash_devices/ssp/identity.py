"""What a unit says of itself: its kind, its note or coin table, its counters, and what lies in its store.

    validator  type 1 | firmware 4 | country 3 | multiplier 3 | n 1 | values n | security n | real multiplier 3 |
               protocol 1 | (from protocol 6) currencies 3n | full values 4n, least first
    hopper     type 1 | firmware 4 | country 3 | protocol 1 | n 1 | values 2n, least first | (from 6) currencies 3n
    counters   how many 1 | stacked 4 | stored 4 | dispensed 4 | store to stacker 4 | rejected 4, least first
    levels     n 1 | n times: count 2 | value 4 | currency 3, least first

A note is worth its full value times the real multiplier, in minor units. Source: SSP manual GA138 as `kybarg/ssp`
gives it (SETUP REQUEST, GET COUNTERS, GET ALL LEVELS).
"""

from __future__ import annotations

from dataclasses import dataclass

from drivers.cash_devices.contract import Denomination
from drivers.errors import Garbled

VALIDATOR, HOPPER, SMART_PAYOUT, NOTE_FLOAT = 0x00, 0x03, 0x06, 0x07
KINDS = {VALIDATOR: "Validator", HOPPER: "SMART Hopper", SMART_PAYOUT: "SMART Payout", NOTE_FLOAT: "Note Float"}
PAYERS = frozenset({HOPPER, SMART_PAYOUT, NOTE_FLOAT})
VALUE_LISTS = frozenset({HOPPER, SMART_PAYOUT})
"""Units whose fraud event carries values and not a channel."""
OLDEST_PROTOCOL = 6
"""Before it the setup has no full values: what a channel is worth would be a guess."""


@dataclass(frozen=True, slots=True)
class Setup:
    kind: int
    firmware: str
    protocol: int
    channels: int
    table: tuple[Denomination, ...]

    @property
    def title(self) -> str:
        return f"{KINDS.get(self.kind, f'SSP unit {self.kind:02X}')} {self.firmware}".strip()

    @property
    def pays(self) -> bool:
        return self.kind in PAYERS


@dataclass(frozen=True, slots=True)
class Counters:
    stacked: int
    stored: int
    dispensed: int

    @property
    def taken(self) -> int:
        """All pieces it ever took for good, in the box or in the store."""
        return self.stacked + self.stored & 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Level:
    count: int
    value_minor: int
    currency: str


def parse_setup(data: bytes) -> Setup:
    """Raises Garbled if it is too short or of a protocol without full values."""
    if len(data) < 10:
        raise Garbled(f"setup of {len(data)} bytes")
    kind, firmware = data[0], _text(data[1:5])
    if kind == HOPPER:
        protocol, n = data[8], data[9]
        whole = len(data) >= 10 + 5 * n
        values = [int.from_bytes(data[at : at + 2], "little") for at in range(10, 10 + 2 * n, 2)]
        currencies = data[10 + 2 * n : 10 + 5 * n]
    else:
        n = data[11] if len(data) > 11 else 0
        tail = data[12 + 2 * n :]
        multiplier, protocol = int.from_bytes(tail[:3], "big"), tail[3] if len(tail) > 3 else 0
        currencies = tail[4 : 4 + 3 * n]
        full = tail[4 + 3 * n : 4 + 7 * n]
        whole = len(full) == 4 * n
        values = [int.from_bytes(full[at : at + 4], "little") * multiplier for at in range(0, len(full), 4)]
    if protocol < OLDEST_PROTOCOL:
        raise Garbled(f"setup of protocol {protocol}")
    if not whole:
        raise Garbled(f"setup with {n} values ends early")
    table = tuple(
        Denomination(channel, value, _text(currencies[3 * channel - 3 : 3 * channel]))
        for channel, value in enumerate(values, 1)
        if value > 0
    )
    return Setup(kind, firmware, protocol, n, table)


def parse_counters(data: bytes) -> Counters | None:
    """None if they are not the five counters."""
    if len(data) < 21:
        return None
    numbers = [int.from_bytes(data[at : at + 4], "little") for at in range(len(data) - 20, len(data), 4)]
    return Counters(*numbers[:3])


def parse_levels(data: bytes) -> tuple[Level, ...] | None:
    """None if the list ends early."""
    if not data or len(data) < 1 + 9 * data[0]:
        return None
    rows = (data[at : at + 9] for at in range(1, 1 + 9 * data[0], 9))
    return tuple(
        Level(int.from_bytes(row[:2], "little"), int.from_bytes(row[2:6], "little"), _text(row[6:])) for row in rows
    )


def _text(raw: bytes) -> str:
    return "".join(chr(byte) for byte in raw if 0x20 <= byte < 0x7F).strip()
