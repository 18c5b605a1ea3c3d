"""What a unit tells when it is polled: single events in their order, each spelled as the protocol version wants it.

With POLL (07) an event is told once and is gone. With POLL WITH ACK (56) a critical one is told again and again until
EVENT ACK (57); such an event, once raised under 56, outlives a power cut.
Source: the event catalogue of the open-source library kybarg/ssp, condensed from the maker's manual.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import IntEnum
from typing import Any

CURRENCY = "RUB"


class Event(IntEnum):
    ERROR_IN_PAYOUT = 0xB1
    SMART_EMPTYING = 0xB3
    SMART_EMPTIED = 0xB4
    CHANNELS_DISABLED = 0xB5
    INITIALISING = 0xB6
    EMPTYING = 0xC2
    EMPTIED = 0xC3
    PAID_INTO_STACKER_AT_POWER_UP = 0xCA
    PAID_INTO_STORE_AT_POWER_UP = 0xCB
    STACKING = 0xCC
    DISPENSED_AT_POWER_UP = 0xCD
    DISPENSED = 0xD2
    JAMMED = 0xD5
    HALTED = 0xD6
    TIMED_OUT = 0xD9
    DISPENSING = 0xDA
    STORED = 0xDB
    INCOMPLETE_PAYOUT = 0xDC
    CLEARED_FROM_FRONT = 0xE1
    CLEARED_TO_CASHBOX = 0xE2
    CASHBOX_REMOVED = 0xE3
    CASHBOX_REPLACED = 0xE4
    FRAUD = 0xE6
    STACKER_FULL = 0xE7
    DISABLED = 0xE8
    UNSAFE_JAM = 0xE9
    SAFE_JAM = 0xEA
    STACKED = 0xEB
    REJECTED = 0xEC
    REJECTING = 0xED
    CREDIT = 0xEE
    READ = 0xEF
    RESET = 0xF1


CHANNEL = frozenset({Event.READ, Event.CREDIT, Event.CLEARED_FROM_FRONT, Event.CLEARED_TO_CASHBOX})
SUM = frozenset(
    {
        Event.DISPENSING,
        Event.DISPENSED,
        Event.JAMMED,
        Event.HALTED,
        Event.TIMED_OUT,
        Event.SMART_EMPTYING,
        Event.SMART_EMPTIED,
    }
)
ONE_VALUE_FROM = {  # protocol version from which the value of the one note is told
    Event.PAID_INTO_STACKER_AT_POWER_UP: 8,
    Event.PAID_INTO_STORE_AT_POWER_UP: 8,
    Event.DISPENSED_AT_POWER_UP: 6,
}
# Those that say where money is or that something is wrong; the reference names "credit, jams, etc.".
CRITICAL = frozenset(
    {
        Event.CREDIT,
        Event.CLEARED_FROM_FRONT,
        Event.CLEARED_TO_CASHBOX,
        Event.PAID_INTO_STACKER_AT_POWER_UP,
        Event.PAID_INTO_STORE_AT_POWER_UP,
        Event.DISPENSED_AT_POWER_UP,
        Event.DISPENSED,
        Event.JAMMED,
        Event.HALTED,
        Event.TIMED_OUT,
        Event.INCOMPLETE_PAYOUT,
        Event.SMART_EMPTIED,
        Event.EMPTIED,
        Event.FRAUD,
    }
)


@dataclass(slots=True)
class Report:
    """One event on its way to the host. `shown`: told at least once; `kept`: stays until acknowledged."""

    code: int
    channel: int = 0
    value_minor: int = 0
    asked_minor: int = 0
    kept: bool = False
    shown: bool = False

    def spelled(self, version: int, smart: bool) -> bytes:
        """The event's bytes. `smart`: a payout or hopper, whose fraud event names values."""
        event = Event(self.code)
        head = bytes([event])
        if event in CHANNEL or (event is Event.FRAUD and not smart):
            return head + bytes([self.channel])
        if event in SUM or event is Event.FRAUD:
            return head + (b"\x01" + _value(self.value_minor) if version >= 6 else _number(self.value_minor))
        if event in ONE_VALUE_FROM:
            return head + (_value(self.value_minor) if version >= ONE_VALUE_FROM[event] else b"")
        if event is Event.INCOMPLETE_PAYOUT:
            both = _number(self.value_minor) + _number(self.asked_minor)
            return head + (b"\x01" + both + CURRENCY.encode() if version >= 6 else both)
        if event is Event.ERROR_IN_PAYOUT:
            return head + (b"\x01" + _value(self.value_minor) if version >= 7 else b"") + bytes([self.channel])
        return head


def _number(number: int) -> bytes:
    return number.to_bytes(4, "little")


def _value(value_minor: int) -> bytes:
    return _number(value_minor) + CURRENCY.encode()


class Reports:
    """The events of one unit that the host has not been told, or not acknowledged."""

    def __init__(self, kept: list[dict[str, Any]]) -> None:
        self._queue = [Report(**report) for report in kept]
        self.acknowledging = False  # the host polls with 56

    def state(self) -> list[dict[str, Any]]:
        """What a power cut leaves."""
        return [{**asdict(report), "shown": False} for report in self._queue if report.kept]

    def power_lost(self) -> None:
        self._queue = [report for report in self._queue if report.kept]
        for report in self._queue:
            report.shown = False
        self.acknowledging = False

    def post(self, event: Event, *, channel: int = 0, value_minor: int = 0, asked_minor: int = 0) -> None:
        kept = self.acknowledging and event in CRITICAL
        self._queue.append(Report(event, channel, value_minor, asked_minor, kept))

    def post_first(self, event: Event) -> None:
        """In front of everything: the reset comes before what the device remembers from before it."""
        self._queue.insert(0, Report(event))

    @property
    def unacknowledged(self) -> bool:
        return self.acknowledging and any(report.code in CRITICAL for report in self._queue)

    def told(self, acknowledging: bool) -> list[Report]:
        """The answer to a poll: every event waiting; those that need no acknowledgement are forgotten."""
        self.acknowledging = acknowledging
        answer = list(self._queue)
        self._queue = [report for report in answer if acknowledging and report.code in CRITICAL]
        for report in self._queue:
            report.shown = report.kept = True
        return answer

    def acknowledge(self) -> list[Report]:
        """Forget what was told; what has not been told yet stays."""
        done = [report for report in self._queue if report.shown]
        self._queue = [report for report in self._queue if not report.shown]
        return done
