"""A sensor's stream cut into windows of ten minutes, with its gaps and the jumps of its clock told and not smoothed.

a moment of the open window                      counted
of a later window                                the open one is closed; silent ones stand for what was missed
of a window that was closed already              left out: a figure is not changed afterwards
before the newest by more than BACK_MS           the clock went back: the window it left and the one it came to
                                                 are marked, and give no figure
after the newest by more than a day              the clock went ahead, or the sensor was away: both are marked too
"""

from __future__ import annotations

from collections import deque

from sensors.estimate.tally import WINDOW_MS, Reach, WindowReading, WindowTally, window_of

BACK_MS = 5_000
"""Frames of two radios may come in the wrong order by a buffer's length. A step of the clock smaller than this moves a
phone by no more than two bursts."""
MOST_MISSED = 144
"""A day of windows: a clock that jumps by years must not make rows without end."""
REMEMBERED = 1_008
"""A week of closed windows: a clock that goes back further than that is wrong by more than any figure of it."""


class Windows:
    """One sensor's windows under one salt. `closed` gives those that ended, in the order in which they ended."""

    def __init__(self, reach: Reach | None = None, kept: WindowTally | None = None) -> None:
        """`kept`: the window that a former run of this process left open."""
        self._reach = Reach() if reach is None else reach
        self._open = kept
        self._newest_ms: int | None = None if kept is None else kept.start_ms
        self._last_start: int | None = None
        self._ended: list[WindowReading] = []
        self._done: deque[int] = deque(maxlen=REMEMBERED)
        self.left_out = 0
        """Frames of windows that were closed already."""

    @property
    def open(self) -> WindowTally | None:
        """The window being heard: what to keep for a restart."""
        return self._open

    def live(self, at_ms: int) -> None:
        """The sensor lives at this moment."""
        tally = self._at(at_ms)
        if tally is not None:
            tally.live(at_ms)

    def add(self, at_ms: int, source: str, made_up: bool, signature: str, signal_dbm: int | None) -> None:
        """One probe; see `WindowTally.add`."""
        tally = self._at(at_ms)
        if tally is None:
            self.left_out += 1
        else:
            tally.add(at_ms, source, made_up, signature, signal_dbm)

    def closed(self, now_ms: int) -> list[WindowReading]:
        """Windows that ended since the last question, silent ones among them. `now_ms` is the clock of the frames."""
        before = window_of(now_ms - BACK_MS)
        if self._open is not None and self._open.start_ms < before:
            self._close()
        if self._open is None:
            self._miss(before)
        ended, self._ended = self._ended, []
        return ended

    def _at(self, at_ms: int) -> WindowTally | None:
        start = window_of(at_ms)
        back = self._newest_ms is not None and at_ms < self._newest_ms - BACK_MS
        # After a jump the new time counts: a clock that was years ahead must not silence the sensor for years.
        self._newest_ms = at_ms if back or self._newest_ms is None else max(at_ms, self._newest_ms)
        if self._open is not None:
            if back:
                self._open.clock_jumped = True
            if self._open.start_ms == start:
                return self._open
            if start < self._open.start_ms and not back:
                return None  # a straggler of the window before
            ahead = start - self._open.start_ms > MOST_MISSED * WINDOW_MS
            self._open.clock_jumped = self._open.clock_jumped or ahead
            self._close()
        if start in self._done:
            return None
        doubtful = back or self._too_far(start)
        if not back:
            self._miss(start)
        self._open = WindowTally(start, self._reach, clock_jumped=doubtful)
        return self._open

    def _close(self) -> None:
        if self._open is not None:
            self._end(self._open)
            self._open = None

    def _end(self, tally: WindowTally) -> None:
        self._ended.append(tally.reading())
        self._done.append(tally.start_ms)
        self._last_start = tally.start_ms

    def _too_far(self, start: int) -> bool:
        return self._last_start is not None and start - self._last_start > MOST_MISSED * WINDOW_MS

    def _miss(self, before: int) -> None:
        """Silent windows between the last one that ended and this one."""
        if self._last_start is None or self._too_far(before):
            return
        for start in range(self._last_start + WINDOW_MS, before, WINDOW_MS):
            if start not in self._done:
                self._end(WindowTally(start, self._reach))
