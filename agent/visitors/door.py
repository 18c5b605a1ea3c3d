"""A Unix socket at which programs of one kind knock: radars, cameras, the association.

    program ──connects──> door ──> attend(wire) ──> hear(message), one after the other ──> gone()
                           │ <── wire.say(message): queued, written by a task of the connection's own
                           └── something else is spoken, or nobody reads: hung up; the program comes back

A program that talks faster than it is heard waits at its own end of the socket: its queue is bounded and counted there.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Generic, Protocol, TypeVar

import anyio
from anyio.abc import SocketAttribute, SocketStream

from sensors.framed import MessageReader, NotAMessage

log = logging.getLogger("tillkeeper.visitors")

MODE = 0o660
"""The shop's own group: the programs run under accounts of their own."""
MOST_LINES = 32
"""Sixteen doors of a large shop, each with a radar and a camera. More are refused: something connects in a loop."""
MOST_WAITING = 512
"""Messages for one program, members in portions of a thousand among them. Who reads nothing of so many is hung."""
SEND_WITHIN_S = 10.0
"""A portion of members has 750 KB, and a camera on a busy machine reads it between two pictures."""
In_contra = TypeVar("In_contra", contravariant=True)
In = TypeVar("In")
Out = TypeVar("Out")


class Attending(Protocol[In_contra]):
    """Whoever listens to one connection."""

    async def hear(self, message: In_contra) -> None:
        """Each message in its turn; the next one is read when this returns. May raise NotAMessage."""

    def gone(self) -> None:
        """The connection ended."""


class Wire(Generic[Out]):
    """One connection's way out."""

    def __init__(self, encode: Callable[[Out], bytes]) -> None:
        self._encode = encode
        self._waiting: deque[bytes] = deque()
        self._news = anyio.Event()
        self._full = False

    def say(self, message: Out) -> None:
        """Queues it; never waits. A program that reads nothing is hung up on."""
        self._waiting.append(self._encode(message))
        self._full = self._full or len(self._waiting) > MOST_WAITING
        self._news.set()

    async def carry(self, stream: SocketStream) -> None:
        """Until the connection breaks, or the program reads nothing: then raises TimeoutError."""
        while True:
            while self._waiting:
                if self._full:
                    raise TimeoutError("nothing is read")
                with anyio.fail_after(SEND_WITHIN_S):
                    await stream.send(self._waiting.popleft())
            self._news = anyio.Event()
            await self._news.wait()


class Door(Generic[In, Out]):
    """`reader` cuts one connection's messages; `attend` is asked for a listener at each connection."""

    def __init__(
        self,
        path: Path,
        reader: Callable[[], MessageReader[In]],
        encode: Callable[[Out], bytes],
        attend: Callable[[Wire[Out]], Attending[In]],
    ) -> None:
        self.path = path
        self.lines = 0
        self.listening = False
        self._reader = reader
        self._encode = encode
        self._attend = attend

    async def run(self) -> None:
        """Until cancelled. Raises OSError where the socket cannot be made."""
        self.path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
        listener = await anyio.create_unix_listener(self.path, mode=MODE)
        try:
            async with listener:
                self.listening = True
                await listener.serve(self._line)
        finally:
            self.lines, self.listening = 0, False
            self.path.unlink(missing_ok=True)

    async def _line(self, stream: SocketStream) -> None:
        async with stream:
            if self.lines >= MOST_LINES:
                log.warning("%s: more than %d connections", self.path.name, MOST_LINES)
                return
            self.lines += 1
            wire: Wire[Out] = Wire(self._encode)
            attending = self._attend(wire)
            try:
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(wire.carry, stream)
                    await self._hear(stream, attending)
                    tasks.cancel_scope.cancel()
            except* (NotAMessage, OSError, anyio.BrokenResourceError, anyio.ClosedResourceError, TimeoutError) as told:
                log.warning("%s: a connection was closed: %s", self.path.name, type(told.exceptions[0]).__name__)
            finally:
                self.lines -= 1
                attending.gone()

    async def _hear(self, stream: SocketStream, attending: Attending[In]) -> None:
        """Waited for at the socket: AnyIO's own `receive` can complain to the loop when it is cancelled at the end."""
        raw = stream.extra(SocketAttribute.raw_socket)
        reader = self._reader()
        while True:
            await anyio.wait_readable(raw)
            try:
                data = raw.recv(65_536)
            except BlockingIOError:
                continue
            if not data:
                return
            for message in reader.feed(data):
                await attending.hear(message)
