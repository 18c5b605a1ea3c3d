"""Has the wall clock gone on by itself for long enough to forget by it? One that is years ahead would forget all."""

from __future__ import annotations

STEP_S = 60.0
"""More between two looks than the monotonic clock says is no drift: the clock was set."""


class SteadyClock:
    """Looked at now and then; `for_s`: how long it must have gone on."""

    def __init__(self, for_s: float) -> None:
        self._for_s = for_s
        self._since: tuple[float, int] | None = None

    def steady(self, monotonic_s: float, wall_ms: int) -> bool:
        """True once neither clock has run away from the other for so long. The first look begins."""
        if self._since is None or self._stepped(self._since, monotonic_s, wall_ms):
            self._since = (monotonic_s, wall_ms)
        return monotonic_s - self._since[0] >= self._for_s

    def _stepped(self, since: tuple[float, int], monotonic_s: float, wall_ms: int) -> bool:
        return abs((wall_ms - since[1]) / 1000 - (monotonic_s - since[0])) > STEP_S
