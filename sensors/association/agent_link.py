"""The line to the agent: tells what waits, asks for a person's sake, hears what to know and what to forget.

What the agent has not taken (outbox.py) is told again after a broken line. A question carries a phone number, so it
waits for nobody: it is asked on the line that stands, and where none stands, it breaks or nothing comes, the answer is
AgentAway.
"""

from __future__ import annotations

import logging
import random
import socket
from collections.abc import Callable
from pathlib import Path

import anyio
from anyio.abc import SocketAttribute, SocketStream

from sensors.association.outbox import Outbox
from sensors.association_messages import (
    Answer,
    Ask,
    Exported,
    Forget,
    FromAgent,
    Hello,
    Known,
    NotAMessage,
    Recorded,
    Standing,
    Taken,
    at_the_program,
    encoded,
)

log = logging.getLogger("tillkeeper.association")

FIRST_S, LONGEST_S = 0.5, 15.0
"""An agent that restarts is back within seconds; one that is off is asked four times a minute."""
SEND_WITHIN_S = 5.0
"""A Unix socket takes 15 KB at once; an agent that reads nothing for so long is hung, and is connected to anew."""
ANSWER_WITHIN_S = 8.0
"""A commit on an SD card takes 0.3 s; a person who waits for longer is told to come again."""


class AgentAway(Exception):
    """Nobody answered: what was asked may have been done, or not. Asking again does no harm."""


class AgentLink:
    """`known` is called with each Known, `forget` with each Forget."""

    def __init__(
        self,
        path: Path,
        hello: Hello,
        outbox: Outbox,
        known: Callable[[Known], None],
        forget: Callable[[Forget], None],
        rng: random.Random,
    ) -> None:
        self._path = path
        self._hello = hello
        self._outbox = outbox
        self._known = known
        self._forget = forget
        self._rng = rng
        self._tries = 0
        self._stream: SocketStream | None = None
        self._line: anyio.CancelScope | None = None
        self._writing = anyio.Lock()
        self._asked: dict[str, tuple[anyio.Event, list[Answer]]] = {}

    @property
    def there(self) -> bool:
        """Is there a line on which a question can be asked now?"""
        return self._stream is not None

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                async with await anyio.connect_unix(self._path) as stream:
                    await self._talk(stream)
                why = "the agent closed it"
            except* (OSError, anyio.BrokenResourceError, anyio.ClosedResourceError, TimeoutError, NotAMessage) as told:
                why = str(told.exceptions[0]) or "the connection broke"
            self._hung_up()
            reach_s = min(LONGEST_S, FIRST_S * 2.0 ** min(self._tries, 10))
            if self._tries == 0:
                log.warning("not connected to %s: %s", self._path, why)
            self._tries += 1
            await anyio.sleep(self._rng.uniform(reach_s / 2, reach_s))

    async def ask(self, question: Ask) -> Answer:
        """The agent's answer. Raises AgentAway."""
        stream = self._stream
        if stream is None:
            raise AgentAway("not connected")
        heard, answers = self._asked[question.ask] = (anyio.Event(), [])
        try:
            with anyio.fail_after(ANSWER_WITHIN_S):
                await self._send(stream, encoded(question))
                await heard.wait()
        except (OSError, anyio.BrokenResourceError, anyio.ClosedResourceError, TimeoutError) as error:
            raise AgentAway(type(error).__name__) from None
        finally:
            del self._asked[question.ask]
        if not answers:
            raise AgentAway("the line broke")
        return answers[0]

    async def _talk(self, stream: SocketStream) -> None:
        await self._send(stream, encoded(self._hello))
        self._stream = stream
        async with anyio.create_task_group() as tasks:
            self._line = tasks.cancel_scope
            tasks.start_soon(self._hear, stream, tasks.cancel_scope)
            self._outbox.rewind()
            while True:
                await self._outbox.wait()
                await self._send(stream, self._outbox.next())

    async def _hear(self, stream: SocketStream, scope: anyio.CancelScope) -> None:
        """Waited for at the socket: AnyIO's own `receive` can complain to the loop when it is cancelled at the end."""
        raw: socket.socket = stream.extra(SocketAttribute.raw_socket)
        reader = at_the_program()
        while True:
            await anyio.wait_readable(raw)
            try:
                data = raw.recv(65_536)
            except BlockingIOError:
                continue
            if not data:
                break
            if self._tries:
                log.warning("connected to %s again", self._path)
                self._tries = 0
            for message in reader.feed(data):
                self._take(message)
        scope.cancel()

    def _take(self, message: FromAgent) -> None:
        match message:
            case Taken():
                self._outbox.taken(message.seq)
            case Known():
                self._known(message)
            case Forget():
                self._forget(message)
            case Recorded() | Standing() | Exported():
                waiting = self._asked.get(message.ask)
                if waiting is not None:  # else: whoever asked has gone
                    waiting[1].append(message)
                    waiting[0].set()

    async def _send(self, stream: SocketStream, data: bytes) -> None:
        """Whole or not at all: half a message would make the rest of the line unreadable, so the line is cut then."""
        async with self._writing:
            try:
                with anyio.fail_after(SEND_WITHIN_S, shield=True):
                    await stream.send(data)
            except TimeoutError:
                if self._line is not None:
                    self._line.cancel()
                raise

    def _hung_up(self) -> None:
        self._stream = self._line = None
        for heard, _ in self._asked.values():
            heard.set()
