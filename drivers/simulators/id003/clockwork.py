"""One status at a time, each with the moment it ends and what comes then; time passes when somebody looks."""

from __future__ import annotations

from collections.abc import Callable

from drivers.simulators.id003.codes import Status


class Clockwork:
    """`advance` carries out everything that became due since the last look, each step at its own moment.

    `runtime` gives the seconds of a clock that only runs forward.
    """

    def __init__(self, runtime: Callable[[], float], *, instant: bool) -> None:
        self._runtime = runtime
        self._instant = instant
        self.now = runtime()
        self.status = Status.DARK
        self.data = b""
        self._due: float | None = None
        self._then: Callable[[], None] | None = None
        self._watch_at: float | None = None
        self._watched: Callable[[], None] | None = None
        self.stirred: Callable[[], None] = lambda: None  # called when a next change is planned

    def go(
        self,
        status: Status,
        data: bytes = b"",
        *,
        moves_s: float | None = None,
        waits_s: float | None = None,
        then: Callable[[], None] | None = None,
    ) -> None:
        """From now on `status`. What moves takes no time in an instant unit, what waits for somebody does."""
        self.status, self.data, self._then = status, data, then
        self._watch_at = self._watched = None
        lasts_s = 0.0 if moves_s is not None and self._instant else moves_s if moves_s is not None else waits_s
        self._due = None if lasts_s is None else self.now + lasts_s
        self.stirred()

    def become(self, status: Status, data: bytes = b"") -> None:
        """Another status for what goes on as planned."""
        self.status, self.data = status, data

    @property
    def moving_on(self) -> bool:
        """Will this status end by itself?"""
        return self._due is not None

    def watch(self, within_s: float, then: Callable[[], None]) -> None:
        """A second end of this status, put off each time this is called."""
        self._watch_at, self._watched = self.now + within_s, then
        self.stirred()

    def next_change_at(self) -> float | None:
        return min((at for at in (self._due, self._watch_at) if at is not None), default=None)

    def advance(self) -> None:
        while (at := self.next_change_at()) is not None and at <= self._runtime():
            self.now = max(self.now, at)
            step = self._then if at == self._due else self._watched
            self._due = self._then = self._watch_at = self._watched = None
            if step is not None:
                step()
        self.now = self._runtime()
