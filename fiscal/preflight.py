"""Pre-flight: may money be asked for now? Every reason why the register could not seal the sale, found beforehand.

Ages are taken by the register's own clock against its own stamps; the host's clock is only compared with it. A silent
register is no case here: without its facts there is no pre-flight.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

from fiscal.regimes.profile import Profile
from fiscal.seal_verdict import Printer

PROBLEM_CODES = (
    "other_register",
    "other_fn",
    "fn_not_ready",
    "fn_full",
    "cover_open",
    "paper_out",
    "printing_unfinished",
    "document_open",
    "shift_closed",
    "shift_too_old",
    "ofd_overdue",
    "clock_off",
    "mark_not_accepted",
    "fn_key",
)


@dataclass(frozen=True, slots=True)
class RegisterFacts:
    """What the register says of itself; times are its local wall clock. `fn_warnings` are the FN's own flags:
    key_3_days, key_30_days, archive_90, archive_100 (no room left), ofd_overdue, critical."""

    serial: str
    fn: str
    paper: bool
    cover_open: bool
    shift_open: bool
    shift_over_24h: bool
    document_open: bool
    printer: Printer
    clock: dt.datetime
    fn_ready: bool
    fn_warnings: frozenset[str] = frozenset()
    ofd_unsent: int = 0
    ofd_oldest: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class MarkFact:
    """One marked line of the basket and what the goods check said."""

    line_id: str
    product: str
    accepted: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class JournalFacts:
    """What the journal expects. `now` is the host's clock in the store's zone, without zone; `shift_opened_at` is the
    time of the shift's opening document by the register's clock. Empty serial or FN: none has been recorded yet."""

    serial: str
    fn: str
    now: dt.datetime
    shift_opened_at: dt.datetime | None = None
    marks: tuple[MarkFact, ...] = ()


@dataclass(frozen=True, slots=True)
class Problem:
    """One reason. `blocks`: no money may be asked for; else it is a warning for the screen."""

    code: str
    blocks: bool = True
    params: dict[str, int | str] = field(default_factory=dict)


def preflight(register: RegisterFacts, journal: JournalFacts, profile: Profile) -> list[Problem]:
    """All problems: those that block first, each half in the order of `PROBLEM_CODES`."""
    found = [
        *_identity(register, journal),
        *_memory(register),
        *_machine(register),
        *_shift(register, journal, profile),
        *_unsent(register, profile),
        *_clock(register, journal, profile),
        *(
            Problem("mark_not_accepted", params={"line": mark.line_id, "product": mark.product, "reason": mark.reason})
            for mark in journal.marks
            if not mark.accepted
        ),
    ]
    return sorted(found, key=lambda problem: (not problem.blocks, PROBLEM_CODES.index(problem.code)))


def may_ask_for_money(problems: Sequence[Problem]) -> bool:
    return not any(problem.blocks for problem in problems)


def _identity(register: RegisterFacts, journal: JournalFacts) -> list[Problem]:
    found = []
    if journal.serial and register.serial != journal.serial:
        found.append(Problem("other_register", params={"expected": journal.serial, "found": register.serial}))
    if journal.fn and register.fn != journal.fn:
        found.append(Problem("other_fn", params={"expected": journal.fn, "found": register.fn}))
    return found


def _memory(register: RegisterFacts) -> list[Problem]:
    found = []
    if not register.fn_ready or "critical" in register.fn_warnings:
        found.append(Problem("fn_not_ready"))
    if "archive_100" in register.fn_warnings:
        found.append(Problem("fn_full", params={"percent": 100}))
    elif "archive_90" in register.fn_warnings:
        found.append(Problem("fn_full", blocks=False, params={"percent": 90}))
    for flag, days in (("key_3_days", 3), ("key_30_days", 30)):
        if flag in register.fn_warnings:
            found.append(Problem("fn_key", blocks=False, params={"days": days}))
            break
    return found


def _machine(register: RegisterFacts) -> list[Problem]:
    found = []
    if register.cover_open:
        found.append(Problem("cover_open"))
    if not register.paper:
        found.append(Problem("paper_out"))
    if register.printer is not Printer.IDLE:
        found.append(Problem("printing_unfinished", params={"printer": register.printer.value}))
    if register.document_open:
        found.append(Problem("document_open"))
    return found


def _shift(register: RegisterFacts, journal: JournalFacts, profile: Profile) -> list[Problem]:
    if not register.shift_open:
        return [Problem("shift_closed")]
    age_s = 0
    if journal.shift_opened_at is not None:
        age_s = (register.clock - journal.shift_opened_at) // dt.timedelta(seconds=1)
    if register.shift_over_24h or 0 < profile.shift_longest_s <= age_s:
        return [Problem("shift_too_old", params={"age_s": age_s})]
    return []


def _unsent(register: RegisterFacts, profile: Profile) -> list[Problem]:
    days = 0
    if register.ofd_unsent and register.ofd_oldest is not None:
        days = (register.clock - register.ofd_oldest) // dt.timedelta(days=1)
    params: dict[str, int | str] = {"unsent": register.ofd_unsent, "days": days}
    if 0 < profile.unsent_block_days <= days:
        return [Problem("ofd_overdue", params=params)]
    if 0 < profile.unsent_warn_days <= days or "ofd_overdue" in register.fn_warnings:
        return [Problem("ofd_overdue", blocks=False, params=params)]
    return []


def _clock(register: RegisterFacts, journal: JournalFacts, profile: Profile) -> list[Problem]:
    off = register.clock - journal.now
    if profile.clock_off_s and abs(off) > dt.timedelta(seconds=profile.clock_off_s):
        return [Problem("clock_off", params={"off_s": off // dt.timedelta(seconds=1)})]
    return []
