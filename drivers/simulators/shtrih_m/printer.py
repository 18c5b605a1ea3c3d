"""The printing part: paper, cover, the job being printed and the submode that follows from them.

Submode: 0 idle, 1 paper-out while idle, 2 paper-out while printing, 3 paper is back and B0h is awaited,
4 printing a full report, 5 printing. Printing passes by the clock it is given: nothing runs in the background.

    5 --paper runs out--> 2 --paper loaded--> 3 --B0h--> 5 --> 0
    0 --paper runs out--> 1 --paper loaded--> 0
"""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum

from drivers.simulators.shtrih_m.codes import Code, Refusal

LINE_S = 0.02  # a thermal printer does some fifty lines a second


class Submode(IntEnum):
    IDLE = 0
    OUT_IDLE = 1
    OUT_PRINTING = 2
    WAITS_CONTINUE = 3
    PRINTING_REPORT = 4
    PRINTING = 5


class Printer:
    """`tell` gets the lines that really came out of the slot."""

    def __init__(self, tell: Callable[[list[str]], None], instant: bool) -> None:
        self._tell = tell
        self._line_s = 0.0 if instant else LINE_S
        self.paper = True
        self.cover_open = False
        self.job: list[str] = []
        self.stopped = False  # the job waits: for paper, or for B0h
        self.report = False
        self._since = 0.0
        self.runs_out_after: int | None = None  # lines left on the roll, when a fault says so
        self.hangs = False

    @property
    def able(self) -> bool:
        return self.paper and not self.cover_open

    @property
    def submode(self) -> Submode:
        if self.job and self.stopped:
            return Submode.WAITS_CONTINUE if self.able else Submode.OUT_PRINTING
        if self.job:
            return Submode.PRINTING_REPORT if self.report else Submode.PRINTING
        return Submode.IDLE if self.able else Submode.OUT_IDLE

    def demand_ready(self) -> None:
        """Refuses what prints while it cannot be printed."""
        refusals = {
            Submode.OUT_IDLE: Code.NO_PAPER,
            Submode.OUT_PRINTING: Code.NO_PAPER,
            Submode.WAITS_CONTINUE: Code.WAITS_CONTINUE,
            Submode.PRINTING: Code.PRINTING,
            Submode.PRINTING_REPORT: Code.PRINTING,
        }
        if self.submode in refusals:
            raise Refusal(refusals[self.submode])

    def start(self, lines: list[str], at: float, report: bool = False) -> None:
        """Print on from `at` (seconds of the runtime's clock)."""
        self.job += lines
        self.report = report
        self._since = at
        if self.hangs and self.job:
            self.stopped, self.hangs = True, False
        self.advance(at)

    def advance(self, at: float) -> None:
        """Let time pass: lines whose time has come are out."""
        if not self.job or self.stopped:
            return
        due = len(self.job) if not self._line_s else min(len(self.job), int((at - self._since) / self._line_s + 1e-6))
        if self.runs_out_after is not None:
            due, left = min(due, self.runs_out_after), self.runs_out_after - min(due, self.runs_out_after)
            self.runs_out_after = left
            if left == 0 and due < len(self.job):
                self.paper, self.stopped, self.runs_out_after = False, True, None
        self._since += due * self._line_s
        out, self.job = self.job[:due], self.job[due:]
        if out:
            self._tell(out)
        if not self.job:
            self.report, self.runs_out_after = False, None

    @property
    def done_at(self) -> float | None:
        """When the job ends if nothing happens; None when nothing is being printed."""
        return self._since + len(self.job) * self._line_s if self.job and not self.stopped else None

    def set_condition(self, *, paper: bool | None = None, cover_open: bool | None = None) -> None:
        """A person touched it."""
        self.paper = self.paper if paper is None else paper
        self.cover_open = self.cover_open if cover_open is None else cover_open
        if self.job and not self.able:
            self.stopped = True

    def carry_on(self, at: float) -> None:
        """B0h."""
        if self.submode is not Submode.WAITS_CONTINUE:
            raise Refusal(Code.WRONG_SUBMODE)
        self.stopped = False
        self._since = at

    def power_lost(self) -> None:
        """What was being printed stays to be printed, and waits for B0h."""
        self.stopped = bool(self.job)
