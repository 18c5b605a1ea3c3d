"""How often something may be done in a span of time, by whom. Pure: the time is passed in, names are hashes."""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limit:
    most: int
    within_ms: int


MOST_NAMES = 20_000
"""More numbers or addresses than a shop sees in a day; the one not seen for longest goes first."""


class Limiter:
    """Several limits on one name at once."""

    def __init__(self, *limits: Limit) -> None:
        self._limits = limits
        self._longest_ms = max(limit.within_ms for limit in limits)
        self._most = max(limit.most for limit in limits)
        self._done: OrderedDict[str, deque[int]] = OrderedDict()

    def may(self, name: str, now_ms: int) -> bool:
        """Is one more within every limit? Nothing is counted by asking."""
        done = self._done.get(name, ())
        # What lies in the future was done before the clock was set back: it counts.
        return all(sum(now_ms - at < limit.within_ms for at in done) < limit.most for limit in self._limits)

    def count(self, name: str, now_ms: int) -> None:
        done = self._done.pop(name, None) or deque(maxlen=self._most)
        while done and now_ms - done[0] >= self._longest_ms:
            done.popleft()
        done.append(now_ms)
        self._done[name] = done
        while len(self._done) > MOST_NAMES:
            self._done.popitem(last=False)
