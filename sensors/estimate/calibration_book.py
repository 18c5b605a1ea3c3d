"""The windows of the last weeks whose people are known, and the calibration that they make: a new one each day.

    window closed, door counted ──> book ──(the day ended)──> method for tomorrow
                                     └── windows older than KEPT_DAYS fall out: shelves move, phones change

A book holds numbers only, no key of anything heard; it may be kept anywhere and read by anybody.
"""

from __future__ import annotations

from datetime import date, timedelta

from sensors.estimate.calibration import Truth
from sensors.estimate.calibration_choice import KnownReading, Method, chosen
from sensors.estimate.presence import View
from sensors.estimate.tally import Reach, WindowReading

KEPT_DAYS = 28
"""Four weeks hold each weekday four times."""


class CalibrationBook:
    """One sensor's known windows. `truth`: what they are known by; a book of doors and one of receipts are two."""

    def __init__(self, truth: Truth, reach: Reach | None = None) -> None:
        self._truth = truth
        self._reach = Reach() if reach is None else reach
        self._rows: dict[int, KnownReading] = {}
        self._made: tuple[str, View, Method] | None = None

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, reading: WindowReading, people: float, day: str) -> None:
        """One window whose people are known; said again, the later word counts. `day`: ISO date in the store's zone."""
        if people < 0:
            raise ValueError("fewer than no people")
        self._rows[reading.start_ms] = KnownReading(day, reading, people)

    def method(self, today: str, view: View = View.LIVE) -> Method:
        """The method of the days before `today`; UNTAUGHT until they are enough. Made once a day."""
        if self._made is not None and self._made[:2] == (today, view):
            return self._made[2]
        oldest = (date.fromisoformat(today) - timedelta(days=KEPT_DAYS)).isoformat()
        self._rows = {start: row for start, row in self._rows.items() if row.day >= oldest}
        rows = [self._rows[start] for start in sorted(self._rows) if self._rows[start].day < today]
        method = chosen({self._reach: rows}, view, self._truth, today)
        self._made = (today, view, method)
        return method
