"""The buffer of a coin acceptor or bill validator: an event counter and the five newest events, newest first.

    counter | A B | A B | A B | A B | A B      A 0: trouble or status B; A a coin position or bill type: B says more

The counter is 0 after power-up and reset only: after 255 comes 1.
"""

from __future__ import annotations

DEPTH = 5


class EventBuffer:
    """Lost with the power."""

    def __init__(self) -> None:
        self.counter = 0
        self._events: list[tuple[int, int]] = []

    def forget(self) -> None:
        self.counter = 0
        self._events.clear()

    def add(self, a: int, b: int) -> None:
        self.counter = after(self.counter)
        self._events = [(a, b), *self._events][:DEPTH]

    def read(self) -> bytes:
        """The 11 bytes that answer a poll."""
        pairs = [*self._events, *[(0, 0)] * DEPTH][:DEPTH]
        return bytes([self.counter, *(byte for pair in pairs for byte in pair)])


def after(counter: int) -> int:
    """The value that follows, as all ccTalk event counters do."""
    return counter + 1 if counter < 255 else 1
