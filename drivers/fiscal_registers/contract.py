"""What every fiscal register driver offers, whatever its protocol.

Each method returns a dialogue; errors are those of `drivers.errors`. The sale's rules live elsewhere: a register
knows documents, shifts of its own memory and paper, never baskets or cashiers' privileges.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from drivers.wire.dialogue import Dialogue
from fiscal.document import FiscalDocument, Operation


class Printing(Enum):
    IDLE = "idle"
    BUSY = "busy"
    PAPER_OUT = "paper_out"  # ran out while printing: load paper, then continue
    WAITS_CONTINUE = "waits_continue"  # paper is back: continue_print() goes on


class FnWarning(Enum):
    """What the fiscal memory warns of."""

    KEY_3_DAYS = "key_3_days"
    KEY_30_DAYS = "key_30_days"
    ARCHIVE_90 = "archive_90"
    OFD_OVERDUE = "ofd_overdue"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True)
class RegisterState:
    """Everything the pre-flight, the resolver and the status page need, read in one conversation.

    `clock` and `ofd_oldest` are the register's local wall clock, without zone. `last_document` is the number of the
    last document in the fiscal memory: it moves only when one is committed.
    """

    model: str
    serial: str
    fn: str
    inn: str
    firmware: str
    last_document: int
    shift_open: bool
    shift_number: int
    shift_over_24h: bool
    document_open: bool
    printing: Printing
    paper: bool
    cover_open: bool
    drawer_open: bool
    clock: dt.datetime
    fn_ready: bool  # registered, fiscal mode open
    fn_warnings: frozenset[FnWarning]
    ofd_unsent: int
    ofd_oldest: dt.datetime | None


@dataclass(frozen=True, slots=True)
class SealedDocument:
    """A receipt as the fiscal memory holds it. `at` is register-local; None where the answer does not say."""

    number: int
    fiscal_sign: int
    operation: Operation
    total_minor: int
    at: dt.datetime | None = None
    change_minor: int = 0


class RecordKind(Enum):
    RECEIPT = "receipt"
    SHIFT_OPENED = "shift_opened"
    SHIFT_CLOSED = "shift_closed"
    CORRECTION = "correction"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class MemoryRecord:
    """One document found in the fiscal memory by its number."""

    number: int
    kind: RecordKind
    at: dt.datetime
    fiscal_sign: int
    operation: Operation | None = None
    total_minor: int | None = None
    shift_number: int | None = None


@dataclass(frozen=True, slots=True)
class ShiftReport:
    """What opening or closing a shift left in the fiscal memory."""

    shift_number: int
    document: int
    fiscal_sign: int
    at: dt.datetime


@dataclass(frozen=True, slots=True)
class Committing:
    """Told just before the one command that commits: up to here everything can be cancelled."""


class FiscalRegister(Protocol):
    """A connected model. Instances hold settings (passwords, VAT table) and no connection."""

    def state(self) -> Dialogue[RegisterState]: ...

    def open_shift(self, cashier: str) -> Dialogue[ShiftReport]: ...

    def close_shift(self, cashier: str) -> Dialogue[ShiftReport]:
        """Z report. If its answer is lost, `state()` tells whether the shift is closed; never repeated blindly."""
        ...

    def x_report(self) -> Dialogue[None]: ...

    def seal(self, document: FiscalDocument) -> Dialogue[SealedDocument]:
        """Make one receipt and commit it.

        Tells `Committing` before the committing command. Refused means: nothing was committed and the half-made
        receipt was cancelled. Unanswered or Garbled (also for the ambiguous refusals of the fiscal memory) mean:
        ask `state()` and `record()`.
        """
        ...

    def record(self, number: int) -> Dialogue[MemoryRecord | None]:
        """The document with this number, None if there is none."""
        ...

    def cancel(self) -> Dialogue[None]:
        """Drop an open, uncommitted document, in the register and in its fiscal memory. Harmless when none is open."""
        ...

    def continue_print(self) -> Dialogue[None]:
        """Go on printing after paper-out. Harmless when nothing waits. Never makes a document."""
        ...

    def print_copy(self) -> Dialogue[None]: ...

    def print_text(self, lines: tuple[str, ...]) -> Dialogue[None]:
        """Plain lines on the receipt paper, then a cut: the card terminal's slip. No document, nothing to recover."""
        ...

    def cash_in(self, sum_minor: int) -> Dialogue[None]: ...

    def cash_out(self, sum_minor: int) -> Dialogue[None]: ...

    def cash_in_drawer(self) -> Dialogue[int]:
        """Minor units in the drawer by the register's own count."""
        ...

    def open_drawer(self) -> Dialogue[None]: ...
