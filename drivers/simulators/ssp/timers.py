"""What is due when inside a simulated device. Nothing runs by itself: whoever looks at the device advances it first."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from itertools import count


class Timers:
    """Steps in the order in which they are due; each belongs to an owner who may drop all of its own."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._due: list[tuple[float, int, object, Callable[[], None]]] = []
        self._number = count()
        self._at: float | None = None  # the moment of the step that runs now
        self.changed: Callable[[], None] = lambda: None

    @property
    def now(self) -> float:
        """The moment of the running step, so that a chain of steps keeps its pace however late it is looked at."""
        return self._clock() if self._at is None else self._at

    @property
    def next_at(self) -> float | None:
        return self._due[0][0] if self._due else None

    def after(self, seconds: float, owner: object, step: Callable[[], None]) -> None:
        heapq.heappush(self._due, (self.now + seconds, next(self._number), owner, step))
        self.changed()

    def drop(self, owner: object) -> None:
        self._due = [entry for entry in self._due if entry[2] is not owner]
        heapq.heapify(self._due)

    def advance(self) -> None:
        """Run what is due by now. What a step raises leaves the rest for the next call."""
        until = self._clock()
        while self._due and self._due[0][0] <= until:
            self._at, _, _, step = heapq.heappop(self._due)
            try:
                step()
            finally:
                self._at = None
