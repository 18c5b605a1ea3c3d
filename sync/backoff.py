"""How long to wait before asking again: full jitter, so that a hundred shops do not come back in the same second.

The n-th wait is drawn evenly from 0 to min(longest, first * 2^n); M. Brooker, "Exponential Backoff And Jitter", 2015.
"""

from __future__ import annotations

import random

FIRST_S = 1.0
LONGEST_S = 300.0  # a shop whose HQ was away for a night is back within five minutes of it
NOT_ENROLLED_WAIT_S = 60.0  # a person has to act; a minute after that the shop is connected
LEAST_S = 0.1  # a draw near zero would be a busy loop


class Backoff:
    def __init__(self, rng: random.Random, *, first_s: float = FIRST_S, longest_s: float = LONGEST_S) -> None:
        self._rng = rng
        self._first_s = first_s
        self._longest_s = longest_s
        self._tries = 0

    def next_s(self) -> float:
        """The next wait; every call doubles the range until it is `longest_s`."""
        reach = min(self._longest_s, self._first_s * 2.0 ** min(self._tries, 30))
        self._tries += 1
        return max(LEAST_S, self._rng.uniform(0.0, reach))

    def reset(self) -> None:
        """The other side answered: the next trouble starts small again."""
        self._tries = 0
