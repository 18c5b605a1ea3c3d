"""Was our document sealed? Decided from the register's memory after an answer was lost, never by asking again.

The number of the last document in the fiscal memory moves only when one is committed, and the baseline is the number
read just before our document was begun. So only documents with a number above the baseline are looked at: the sale
before, of the very same sum, lies at or below it, and two equal sums in a row cannot be confused.

    last - baseline   what lies there                       verdict
    0                 nothing, register idle                NotCommitted
    0                 nothing, a document is open           NotCommitted(open_document), cancel it first
    0                 nothing, printing or out of paper     StillBusy, read again later
    >= 1              one receipt like ours                 Committed
    >= 1              no receipt like ours                  as for 0
    >= 1              several, or not all could be read     Ambiguous, a person decides
    any               another serial or fiscal memory       WrongRegister, nothing is decided

A receipt is like ours when its operation and total are ours and its time is not before ours by more than the clocks
may differ. Source: the decision table of the registers' manuals and their vendors' threads.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final, TypeAlias

from fiscal.document import Operation

# The pre-flight lets the clocks differ by five minutes, and the memory keeps whole minutes.
CLOCKS_DIFFER: Final = dt.timedelta(minutes=6)


class Printer(Enum):
    """What the register's printer is doing."""

    IDLE = "idle"
    BUSY = "busy"
    PAPER_OUT = "paper_out"
    WAITS_CONTINUE = "waits_continue"


class RecordKind(Enum):
    """What a document of the fiscal memory is, as far as the verdict cares."""

    RECEIPT = "receipt"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Baseline:
    """Read from the register and stored with the intent, before the document was begun."""

    serial: str
    fn: str
    last_document: int


@dataclass(frozen=True, slots=True)
class Asked:
    """The document we asked for; `sent_at` is local wall-clock time without zone."""

    operation: Operation
    total_minor: int
    sent_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Present:
    """The register as it is now."""

    serial: str
    fn: str
    last_document: int
    document_open: bool = False
    printer: Printer = Printer.IDLE


@dataclass(frozen=True, slots=True)
class Record:
    """One document found in the fiscal memory; `at` is register-local, None where the answer does not say."""

    number: int
    kind: RecordKind
    fiscal_sign: int
    operation: Operation | None = None
    total_minor: int | None = None
    at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Committed:
    """Ours is sealed: only printing may be left."""

    record: Record


@dataclass(frozen=True, slots=True)
class NotCommitted:
    """Ours is not sealed. With `open_document` the half-made one is cancelled before anything else."""

    open_document: bool = False


@dataclass(frozen=True, slots=True)
class StillBusy:
    """The register has not finished; what it waits for is in `printer`. Ask again later."""

    printer: Printer


@dataclass(frozen=True, slots=True)
class WrongRegister:
    """Another register or another fiscal memory answers: nothing can be learnt from it."""

    expected: tuple[str, str]
    found: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """The register's memory does not decide; `reason` is a stable code, `numbers` the documents in question."""

    reason: str
    numbers: tuple[int, ...] = ()


Verdict: TypeAlias = Committed | NotCommitted | StillBusy | WrongRegister | Ambiguous


def to_read(baseline: Baseline, present: Present) -> range:
    """The numbers of the documents the verdict needs; empty for another register or an unmoved memory."""
    if (present.serial, present.fn) != (baseline.serial, baseline.fn):
        return range(0)
    return range(baseline.last_document + 1, present.last_document + 1)


def seal_verdict(baseline: Baseline, asked: Asked, present: Present, records: Sequence[Record]) -> Verdict:
    """Decide from the register's state and from the records of `to_read()`; anything else in `records` is ignored."""
    expected, found = (baseline.serial, baseline.fn), (present.serial, present.fn)
    if expected != found:
        return WrongRegister(expected, found)
    if present.last_document < baseline.last_document:
        return Ambiguous("memory_went_back", (present.last_document,))
    by_number = {record.number: record for record in records}
    numbers = to_read(baseline, present)
    missing = tuple(number for number in numbers if number not in by_number)
    if missing:
        return Ambiguous("record_missing", missing)
    receipts = [by_number[number] for number in numbers if by_number[number].kind is RecordKind.RECEIPT]
    unclear = tuple(one.number for one in receipts if one.operation is None or one.total_minor is None)
    if unclear:
        return Ambiguous("record_incomplete", unclear)
    like = [one for one in receipts if (one.operation, one.total_minor) == (asked.operation, asked.total_minor)]
    in_time = [one for one in like if one.at is None or one.at >= asked.sent_at - CLOCKS_DIFFER]
    if len(in_time) == 1:
        return Committed(in_time[0])
    if in_time:
        return Ambiguous("several_match", tuple(one.number for one in in_time))
    if like:
        # Above the baseline and of our sum, yet older than our request: a clock is wrong, and to call it
        # "not committed" could seal the sale twice.
        return Ambiguous("time_before_request", tuple(one.number for one in like))
    if present.printer is not Printer.IDLE:
        return StillBusy(present.printer)
    return NotCommitted(present.document_open)
