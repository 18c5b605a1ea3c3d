"""What a till is doing at a moment, in the words of the coverage table. Looks into the agent, as only a test may."""

from __future__ import annotations

from enum import Enum
from typing import Any

from agent.course.course import Course
from agent.till.till import Till
from fiscal.payment import Attempt, AttemptPhase, CardAct
from fiscal.sale import Phase
from fiscal.sale_events import SaleAct


class Step(Enum):
    IDLE = "idle"
    SCANNING = "scanning"
    PREFLIGHT = "pre-flight"
    CARD = "card running"
    SEALING = "sealing"
    PRINTING = "printing"
    CONFIRMING = "confirming"
    MENDING = "paid, unsealed"
    RESOLVING = "resolving"
    GIVING_BACK = "giving back"
    REFUNDING = "refunding"
    OPENING = "opening shift"
    CLOSING = "closing shift"
    CASH_MOVE = "moving cash"
    SYNCING = "syncing"


DOUBT = frozenset({AttemptPhase.UNKNOWN, AttemptPhase.NEEDS_PERSON})
RUNNING = frozenset({AttemptPhase.SENT, AttemptPhase.HEARD})
_ACTS = {"open": Step.OPENING, "close": Step.CLOSING, "cash_in": Step.CASH_MOVE, "cash_out": Step.CASH_MOVE}


def step_of(till: Till, register: Any) -> Step:
    """`register` is the simulator of the till's register: it knows whether paper is still coming out."""
    if till.shifts.closing:
        return Step.CLOSING
    if till.shifts.standing is not None:
        return _ACTS[till.shifts.standing.meant.act]
    at_counter = _of_course(till.counter) if till.counter is not None else None
    if at_counter is not None and at_counter is not Step.SCANNING:
        return at_counter
    aside = [step for course in till.aside if (step := _of_course(course)) not in (None, Step.SCANNING)]
    if aside:
        return aside[0]  # type: ignore[return-value]
    if register.machine.printer.job:
        return Step.PRINTING
    return at_counter or Step.IDLE


def _of_course(course: Course) -> Step | None:
    sale = course.record.sale
    if sale.phase is Phase.IN_DOUBT or any(a.phase in DOUBT for a in sale.attempts):
        return Step.RESOLVING
    if sale.phase is Phase.GIVING_BACK or any(a.phase is AttemptPhase.ROLLING_BACK for a in sale.attempts):
        return Step.GIVING_BACK
    if sale.phase is Phase.SEALING:
        return Step.SEALING
    running = next((a for a in sale.attempts if a.phase in RUNNING), None)
    if running is not None:
        return _running(running)
    if any(a.phase is AttemptPhase.CONFIRMING for a in sale.attempts):
        return Step.CONFIRMING
    if sale.phase is Phase.PAID_UNSEALED:
        return Step.MENDING
    if course.live:
        return Step.REFUNDING if sale.act is SaleAct.REFUND else Step.PREFLIGHT
    if sale.phase in (Phase.BASKET, Phase.PAYING):
        return Step.REFUNDING if sale.act is SaleAct.REFUND and sale.phase is Phase.PAYING else Step.SCANNING
    return Step.SEALING if sale.phase is Phase.SEALED else None


def _running(attempt: Attempt) -> Step:
    return Step.CARD if attempt.sent.act is CardAct.PURCHASE else Step.REFUNDING
