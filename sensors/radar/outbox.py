"""What waits to be told to the agent: bounded, newer counts in place of older ones, the oldest dropped and counted."""

from __future__ import annotations

import anyio

from sensors.radar_messages import Message, Pulse, Reading, Tally, encoded

MOST_WAITING = 4_096
"""Some windows of a busy street, under 2 MB: an agent that is away for longer gets the present, not the morning."""
AT_ONCE = 64
"""Messages in one write: some 15 KB, less than a Unix socket's buffer."""
Name = tuple[object, ...]


class Outbox:
    """Messages in the order in which their names came. A message under a name that waits already replaces it."""

    def __init__(self, most: int = MOST_WAITING) -> None:
        self.dropped = 0
        self._most = most
        self._waiting: dict[Name, bytes] = {}
        self._news = anyio.Event()

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, message: Message) -> None:
        self._waiting[_name(message)] = encoded(message)
        while len(self._waiting) > self._most:
            del self._waiting[next(iter(self._waiting))]
            self.dropped += 1
        self._news.set()

    def first(self, most: int = AT_ONCE) -> list[tuple[Name, bytes]]:
        """The oldest; they stay until `told`."""
        return [pair for pair, _ in zip(self._waiting.items(), range(most), strict=False)]

    def told(self, messages: list[tuple[Name, bytes]]) -> None:
        """They have left. One that was replaced meanwhile waits on."""
        for name, data in messages:
            if self._waiting.get(name) is data:
                del self._waiting[name]

    async def wait(self) -> None:
        """Until something waits."""
        while not self._waiting:
            self._news = anyio.Event()
            await self._news.wait()


def _name(message: Message) -> Name:
    if isinstance(message, Tally):
        return ("tally", message.window_ms, message.key, message.made_up)
    if isinstance(message, Reading):
        return ("reading", message.start_ms)
    return ("pulse",) if isinstance(message, Pulse) else ("hello",)
