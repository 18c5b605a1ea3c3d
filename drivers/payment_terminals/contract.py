"""What every payment terminal driver offers, whatever its protocol.

A driver says how an answer becomes final (`Commit`); the rest of the house treats that as data. Nothing here holds
card data beyond the last four digits: they are masked where the bytes are parsed.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from drivers.wire.dialogue import Dialogue


class Commit(Enum):
    QUERY = "query"  # the terminal keeps the truth; we ask
    ACK = "ack"  # our acknowledgement commits; silence makes it reverse by itself
    CONFIRM = "confirm"  # it waits for our commit or rollback after the fiscal receipt
    OPERATOR = "operator"  # nobody can be asked: a person reads the slip


class CardOperation(Enum):
    PURCHASE = "purchase"
    REFUND = "refund"
    REVERSAL = "reversal"


@dataclass(frozen=True, slots=True)
class Baseline:
    """What the terminal last did, read and stored with the intent, before an operation is sent.

    `slip` is its last receipt number, `trace` its last trace number, 0 where it has none.
    """

    terminal_id: str
    slip: int
    trace: int


@dataclass(frozen=True, slots=True)
class CardRequest:
    """One operation. `key` is our attempt id, made once and kept for ever; `sent_at` is store-local wall clock.

    REFUND and REVERSAL name the slip of the purchase they take back.
    """

    key: str
    operation: CardOperation
    amount_minor: int
    currency: int  # ISO 4217 number, 643 = RUB
    sent_at: dt.datetime
    baseline: Baseline
    of_slip: int = 0


@dataclass(frozen=True, slots=True)
class CardResult:
    """Money moved, as the terminal says it. `card` is masked to the last four digits, `at` is terminal-local."""

    operation: CardOperation
    amount_minor: int
    terminal_id: str
    slip: int
    trace: int
    at: dt.datetime | None = None
    card: str = ""
    scheme: str = ""
    auth_code: str = ""
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Charged:
    """The terminal proves that the asked operation was booked."""

    result: CardResult


@dataclass(frozen=True, slots=True)
class NotCharged:
    """The terminal proves that it was not. `reason` names a text. `final` is False where one answer is not proof enough
    (asked again after 5 s at least, then it counts). `absent`: it shows nothing of the operation, no refusal and no
    reversal either; against a slip that a person has read that is no proof."""

    reason: str
    final: bool = True
    absent: bool = False


@dataclass(frozen=True, slots=True)
class CannotTell:
    """The terminal answers but does not settle the question (busy, wrong terminal, last record lost)."""

    reason: str


Verdict = Charged | NotCharged | CannotTell


@dataclass(frozen=True, slots=True)
class ApprovalHeard:
    """Told when the result arrived and before it is acknowledged: it must be durable first."""

    result: CardResult


@dataclass(frozen=True, slots=True)
class AckSent:
    """Told right after the acknowledgement of an approval was handed to the wire."""


@dataclass(frozen=True, slots=True)
class Progress:
    """What the terminal shows its customer now (`code` names a text, `text` is its own). Need not be durable."""

    code: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class TerminalState:
    terminal_id: str
    ready: bool
    reason: str  # names a text when not ready: "zvt.status.F0" ...
    baseline: Baseline


@dataclass(frozen=True, slots=True)
class DayTotals:
    """End of day as the terminal counts it: net sum and number of operations, first and last slip.

    `signed` False: this protocol's sums have no sign, a day that came to less than zero is told as zero.
    """

    total_minor: int
    count: int
    first_slip: int
    last_slip: int
    lines: tuple[str, ...] = ()
    signed: bool = True


class PaymentTerminal(Protocol):
    """A connected model. Instances hold settings (password, currency) and no connection."""

    @property
    def commit(self) -> Commit: ...

    def state(self) -> Dialogue[TerminalState]:
        """Ready or not, and the baseline. Answers within 2 s or raises."""
        ...

    def perform(self, request: CardRequest) -> Dialogue[CardResult]:
        """Purchase, refund or reversal. Hears the wish "stop" (a request: approval beats it).

        Returns when money moved and, for ACK terminals, our acknowledgement went out; Refused proves that none did.
        Tells Progress, ApprovalHeard, AckSent. "Already reversed" ends a REVERSAL as success.
        """
        ...

    def ask(self, request: CardRequest) -> Dialogue[Verdict]:
        """What became of this operation? Never starts one. Matches by terminal, slip or trace above the baseline,
        amount and time together, never by amount alone."""
        ...

    def confirm(self, key: str) -> Dialogue[None]:
        """CONFIRM terminals: the receipt exists, keep the money. Repeating it is harmless."""
        ...

    def roll_back(self, key: str) -> Dialogue[None]:
        """CONFIRM terminals: no receipt will exist, give the money back. Repeating it is harmless."""
        ...

    def mend(self) -> Dialogue[str]:
        """Run the terminal's own service (diagnosis, initialisation) that clears a "not ready"; moves no money and may
        take minutes. Returns the name of what is still wrong, "" when ready."""
        ...

    def end_of_day(self) -> Dialogue[DayTotals]: ...
