"""The camera's end of the agent's Unix socket: tells what waits, hears rules and members, and comes back by itself.

What waits is bounded: the oldest count is dropped and counted. Counts wait for an agent that is away; a greeting does
not: whoever it was for has gone past the till by then.
"""

from __future__ import annotations

import logging
import random
from collections import deque
from collections.abc import Awaitable, Callable
from pathlib import Path

import anyio
from anyio.abc import SocketStream

from sensors.camera_messages import (
    Counted,
    FromCamera,
    Hello,
    NotAMessage,
    Pulse,
    ToCamera,
    at_the_camera,
    encoded,
)
from sensors.cameras.causes import first_cause

log = logging.getLogger("tillkeeper.camera")

FIRST_S, LONGEST_S = 0.5, 15.0
"""An agent that restarts is back within seconds; one that is off is asked four times a minute."""
SEND_WITHIN_S = 5.0
"""An agent that reads nothing for so long is hung, and is connected to anew."""
MOST_WAITING = 4_096
"""Crossings of a busy Saturday, 2 MB."""


class Outbox:
    """Messages in order; a pulse replaces the one that waits."""

    def __init__(self, most: int = MOST_WAITING) -> None:
        self.dropped = 0
        self._most = most
        self._waiting: deque[FromCamera] = deque()
        self._news = anyio.Event()

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, message: FromCamera) -> None:
        if isinstance(message, Pulse):
            self._waiting = deque(one for one in self._waiting if not isinstance(one, Pulse))
        self._waiting.append(message)
        while len(self._waiting) > self._most:
            self._waiting.popleft()
            self.dropped += 1
        self._news.set()

    def only_counts(self) -> None:
        """The agent is away."""
        self._waiting = deque(one for one in self._waiting if isinstance(one, Counted))

    async def first(self) -> FromCamera:
        """The oldest; it stays until `told`."""
        while not self._waiting:
            self._news = anyio.Event()
            await self._news.wait()
        return self._waiting[0]

    def told(self, message: FromCamera) -> None:
        if self._waiting and self._waiting[0] is message:
            self._waiting.popleft()


class Talk:
    """`hear` is given each message of the agent and may raise NotAMessage; `gone` is called when a connection ended."""

    def __init__(
        self,
        socket: Path,
        hello: Hello,
        outbox: Outbox,
        hear: Callable[[ToCamera], Awaitable[None]],
        gone: Callable[[], Awaitable[None]],
        rng: random.Random,
    ) -> None:
        self._socket = socket
        self._hello = hello
        self._outbox = outbox
        self._hear = hear
        self._gone = gone
        self._rng = rng

    async def run(self) -> None:
        """Until cancelled."""
        tries = 0
        while True:
            connected = False
            why = "the agent closed it"
            try:
                async with await anyio.connect_unix(self._socket) as stream:
                    connected = True
                    await self._talk(stream)
            except* (OSError, anyio.BrokenResourceError, TimeoutError, NotAMessage) as several:
                why = str(first_cause(several)) or "the connection broke"
            if connected:
                tries = 0
                await self._gone()
            self._outbox.only_counts()
            if tries == 0:
                log.warning("not connected to %s: %s", self._socket, why)
            reach_s = min(LONGEST_S, FIRST_S * 2.0**tries)
            tries = min(tries + 1, 10)
            await anyio.sleep(self._rng.uniform(reach_s / 2, reach_s))

    async def _talk(self, stream: SocketStream) -> None:
        await _send(stream, self._hello)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._listen, stream, tasks.cancel_scope)
            while True:
                message = await self._outbox.first()
                await _send(stream, message)
                self._outbox.told(message)

    async def _listen(self, stream: SocketStream, scope: anyio.CancelScope) -> None:
        reader = at_the_camera()
        try:
            while True:
                for message in reader.feed(await stream.receive()):
                    await self._hear(message)
        except (anyio.EndOfStream, anyio.ClosedResourceError):
            scope.cancel()


async def _send(stream: SocketStream, message: FromCamera) -> None:
    with anyio.fail_after(SEND_WITHIN_S):
        await stream.send(encoded(message))
