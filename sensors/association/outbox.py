"""What is to be told to the agent: kept until the agent says that it has it; bounded, the oldest dropped and counted.

    put ─> waiting ─> next(): under way ─> taken(): gone
              └──────<── rewind(): the line broke, all of it once more (a sighting told twice counts once)

A socket takes some thousand messages that nobody ever reads: sent is not told. A pulse is replaced by the next one.
"""

from __future__ import annotations

from collections import deque

import anyio

from sensors.association_messages import Came, Left, Pulse, encoded

MOST_KEPT = 4_096
"""An hour of a busy shop, 1 MB. An agent that is away for longer gets the present, not the morning."""
AT_ONCE = 64
"""Messages in one write: some 15 KB, less than a Unix socket's buffer."""


class Outbox:
    """Sightings in the order of their numbers, which only grow."""

    def __init__(self, most: int = MOST_KEPT) -> None:
        self.dropped = 0
        self._most = most
        self._waiting: deque[tuple[int, bytes]] = deque()
        self._under_way: deque[tuple[int, bytes]] = deque()
        self._pulse = b""
        self._news = anyio.Event()

    def __len__(self) -> int:
        """Sightings that the agent has not taken."""
        return len(self._waiting) + len(self._under_way)

    def put(self, message: Came | Left | Pulse) -> None:
        if isinstance(message, Pulse):
            self._pulse = encoded(message)
        else:
            self._waiting.append((message.sighting.seq, encoded(message)))
            if len(self) > self._most:
                (self._under_way or self._waiting).popleft()
                self.dropped += 1
        self._news.set()

    def next(self, most: int = AT_ONCE) -> bytes:
        """What to send now: the oldest that wait, and the pulse; they are under way from then on."""
        batch = [self._waiting.popleft() for _ in range(min(most, len(self._waiting)))]
        self._under_way += batch
        pulse, self._pulse = self._pulse, b""
        return b"".join(data for _, data in batch) + pulse

    def taken(self, seq: int) -> None:
        """The agent has every sighting up to this number."""
        for kept in (self._under_way, self._waiting):
            while kept and kept[0][0] <= seq:
                kept.popleft()

    def rewind(self) -> None:
        """A new line: what was under way on the old one waits again."""
        self._waiting.extendleft(reversed(self._under_way))
        self._under_way.clear()

    async def wait(self) -> None:
        """Until something waits."""
        while not self._waiting and not self._pulse:
            self._news = anyio.Event()
            await self._news.wait()
