"""What a device's mechanics will do and when: deeds with their time, done in order as time passes."""

from __future__ import annotations

import heapq
from collections.abc import Callable

from drivers.simulators.stir import Stir

Deed = Callable[[], None]
Runtime = Callable[[], float]


class Appointment:
    """One deed to come; `cancel` drops it."""

    __slots__ = ("deed", "due")

    def __init__(self, due: float, deed: Deed) -> None:
        self.due = due
        self.deed: Deed | None = deed

    def cancel(self) -> None:
        self.deed = None


class Agenda:
    """Deeds are done by `advance`, whoever calls it: a served link as time passes, a command, a picture."""

    def __init__(self, runtime: Runtime, stir: Stir) -> None:
        self._runtime = runtime
        self._stir = stir
        self._heap: list[tuple[float, int, Appointment]] = []
        self._number = 0
        self._doing_at: float | None = None

    @property
    def now(self) -> float:
        """Seconds; inside a deed the moment it was due, so that a late look does not stretch a chain of deeds."""
        return self._runtime() if self._doing_at is None else self._doing_at

    def at(self, after_s: float, deed: Deed) -> Appointment:
        appointment = Appointment(self.now + after_s, deed)
        self._number += 1
        heapq.heappush(self._heap, (appointment.due, self._number, appointment))
        self._stir.now()
        return appointment

    def clear(self) -> None:
        self._heap.clear()

    @property
    def next_due(self) -> float | None:
        while self._heap and self._heap[0][2].deed is None:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def advance(self) -> None:
        """Do everything that is due."""
        if self._doing_at is not None:
            return
        now = self._runtime()
        try:
            while (due := self.next_due) is not None and due <= now:
                appointment = heapq.heappop(self._heap)[2]
                self._doing_at = due
                deed, appointment.deed = appointment.deed, None
                if deed is not None:
                    deed()
        finally:
            self._doing_at = None
