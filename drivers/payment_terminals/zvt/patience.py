"""How long a ZVT conversation waits: the standard's two timers, or one short budget for a question.

T3 (5 s) runs from a command to its 80/84; T4 (180 s) from the positive response to the end, restarted by whatever the
terminal says, and 04 FF may bring another T4 in minutes. Source: VdTH PA00P015 rev 13.08.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

T3_S = 5.0
T4_S = 180.0
LEAST_S = 0.02  # a budget that is used up still looks at what has arrived already


class Patience(Protocol):
    def answer_s(self) -> float:
        """Seconds to wait for the response to a command."""
        ...

    def running_s(self) -> float:
        """Seconds to wait for the terminal's next message while it works."""
        ...

    def stretch(self, minutes: int) -> None:
        """The terminal asks for another T4."""
        ...


class Timers:
    """T3 and T4."""

    def __init__(self, t3_s: float = T3_S, t4_s: float = T4_S) -> None:
        self._t3_s = t3_s
        self._t4_s = t4_s

    def answer_s(self) -> float:
        return self._t3_s

    def running_s(self) -> float:
        return self._t4_s

    def stretch(self, minutes: int) -> None:
        if minutes:
            self._t4_s = minutes * 60.0


class Budget:
    """All waits together end `within_s` seconds after the first: what a pre-flight can afford."""

    def __init__(self, now: Callable[[], float], within_s: float) -> None:
        self._now = now
        self._within_s = within_s
        self._end: float | None = None

    def answer_s(self) -> float:
        if self._end is None:
            self._end = self._now() + self._within_s
        return max(self._end - self._now(), LEAST_S)

    def running_s(self) -> float:
        return self.answer_s()

    def stretch(self, minutes: int) -> None:
        """A question's budget is the till's, not the terminal's."""
