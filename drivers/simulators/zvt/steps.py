"""What a terminal's procedure asks of the world: say something, wait, watch for a card, lose connection or power.

A procedure is a generator of steps, so it goes on living when its connection dies: whoever comes next takes it further,
and the time that passed meanwhile counts.
"""

from __future__ import annotations

import enum
from collections.abc import Generator
from dataclasses import dataclass
from typing import TypeVar

from drivers.simulators.zvt.apdu import Apdu
from drivers.simulators.zvt.cards import Card, Reader


class Happened(enum.Enum):
    PASSED = "passed"  # the time is over
    ABORTED = "aborted"  # the till asked to stop (06 B0)
    CARD_OUT = "card out"


@dataclass(frozen=True, slots=True)
class Tell:
    """Send and go on; nothing comes back. Answered with None."""

    apdu: Apdu


@dataclass(frozen=True, slots=True)
class Say:
    """Send and wait for the till's 80 or 84. Answered with it, or None when it did not come in time."""

    apdu: Apdu


@dataclass(frozen=True, slots=True)
class Pause:
    """Let time pass. Answered PASSED, or ABORTED when `abortable`."""

    seconds: float
    abortable: bool = False


@dataclass(frozen=True, slots=True)
class AwaitCard:
    """Wait for a card. Answered with the Card, ABORTED, or PASSED when none came."""

    within_s: float


@dataclass(frozen=True, slots=True)
class AwaitRemoval:
    """Wait until the chip card is out. Answered CARD_OUT, or PASSED when it still sits there."""

    within_s: float


@dataclass(frozen=True, slots=True)
class Drop:
    """The terminal closes the connection; the procedure goes on by itself. Answered with None."""


@dataclass(frozen=True, slots=True)
class PowerCut:
    """The power is gone, the procedure with it."""

    off_for_s: float


Step = Tell | Say | Pause | AwaitCard | AwaitRemoval | Drop | PowerCut
Answer = Apdu | Card | Happened | None
Done = TypeVar("Done")
Part = Generator[Step, Answer, Done]
Steps = Part[None]


@dataclass(slots=True)
class Turn:
    """One command of the till while it runs, and the faults on its wire."""

    code: int
    abort_wished: bool = False
    waits_for_card: bool = False
    amount_minor: int | None = None
    fragment: bool = False
    coalesce: bool = False
    long_form: bool = False


class Operation:
    """A running procedure and the step it stands at (None once it ended). Times are seconds of anyio's clock."""

    def __init__(self, turn: Turn, steps: Steps, at: float) -> None:
        self.turn = turn
        self.at = at
        self.driven = False
        self._steps = steps
        self.step: Step | None = next(steps, None)

    def answer(self, what: Answer, at: float) -> None:
        """Let the procedure go on; `at` is when the step was over."""
        self.at = at
        try:
            self.step = self._steps.send(what)
        except StopIteration:
            self.step = None

    def settle(self, reader: Reader, at: float) -> float | None:
        """End a waiting step whose moment has come. Returns the seconds still to wait, or None when it went on."""
        step, turn = self.step, self.turn
        if not isinstance(step, Pause | AwaitCard | AwaitRemoval):
            return None
        end = self.at + (step.seconds if isinstance(step, Pause) else step.within_s)
        due, when = end, at
        outcome: Answer = None
        if turn.abort_wished and (isinstance(step, AwaitCard) or (isinstance(step, Pause) and step.abortable)):
            outcome = Happened.ABORTED
        elif isinstance(step, AwaitRemoval) and not reader.inserted:
            outcome = Happened.CARD_OUT
        elif isinstance(step, AwaitCard):
            outcome = reader.take()
            if outcome is None and reader.auto_s is not None and self.at + reader.auto_s < end:
                due = self.at + reader.auto_s
                outcome, when = (reader.own_card(), due) if at >= due else (None, at)
        if outcome is None and at >= end:
            outcome, when = Happened.PASSED, end
        if outcome is None:
            return due - at
        self.answer(outcome, when)
        return None
