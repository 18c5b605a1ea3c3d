"""An agent's end of the association program's socket, in memory or as a thread, and what it answers."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from pathlib import Path

import anyio
from anyio.abc import SocketAttribute, SocketStream

from sensors.association_messages import (
    Came,
    Exported,
    Exports,
    FromAgent,
    Gives,
    Hello,
    Known,
    Left,
    Lists,
    Recorded,
    Standing,
    StandingConsent,
    Taken,
    ToAgent,
    Withdraws,
    at_the_agent,
    encoded,
)


class Books:
    """What an agent would keep of consents, and its answers."""

    def __init__(self) -> None:
        self.gives: list[Gives] = []
        self.known: tuple[str, ...] = ()
        self.silent = False
        self.refuses = ""
        self.document = '{"format":"tillkeeper-person-1"}'
        self._standing: dict[str, dict[str, StandingConsent]] = {}

    def answers(self, told: ToAgent) -> list[FromAgent]:
        if self.silent:
            return []
        match told:
            case Hello():
                return [Known(self.known, first=True, last=True)]
            case Came() | Left():
                return [Taken(told.sighting.seq)]
            case Gives():
                if not self.refuses:
                    self._give(told)
                return [Recorded(told.ask, self.refuses)]
            case Withdraws():
                of = self._standing.get(told.phone, {})
                if not set(told.consent_ids) <= of.keys():
                    return [Recorded(told.ask, "unknown_consent")]
                for one in told.consent_ids:
                    del of[one]
                return [Recorded(told.ask)]
            case Lists():
                return [Standing(told.ask, tuple(self._standing.get(told.phone, {}).values()))]
            case Exports():
                return [Exported(told.ask, self.document if told.phone in self._standing else "")]
        return []

    def _give(self, told: Gives) -> None:
        self.gives.append(told)
        of = self._standing.setdefault(told.phone, {})
        for one in told.agreements:
            of[one.consent_id] = StandingConsent(
                consent_id=one.consent_id,
                purpose=one.purpose,
                text_version=one.text_version,
                given_ms=told.given_ms,
                controller=told.controller,
                retention_days=one.retention_days,
            )


class AsyncAgent:
    """Listens, answers, and hangs up when told."""

    def __init__(self, path: Path, books: Books) -> None:
        self.path = path
        self.books = books
        self.heard: list[list[ToAgent]] = []
        self.scope = anyio.CancelScope()
        self.hang_up_at: type[ToAgent] | None = None
        self.speaks = b""

    async def run(self) -> None:
        self.path.unlink(missing_ok=True)
        with self.scope:
            async with await anyio.create_unix_listener(self.path) as listener:
                await listener.serve(self._read)

    async def _read(self, stream: SocketStream) -> None:
        heard: list[ToAgent] = []
        self.heard.append(heard)
        reader = at_the_agent()
        raw: socket.socket = stream.extra(SocketAttribute.raw_socket)
        async with stream:
            while True:
                await anyio.wait_readable(raw)
                data = raw.recv(65_536)
                if not data:
                    return
                for message in reader.feed(data):
                    heard.append(message)
                    if self.hang_up_at is not None and isinstance(message, self.hang_up_at):
                        return
                    for answer in self.books.answers(message):
                        await stream.send(encoded(answer))
                    if self.speaks:
                        await stream.send(self.speaks)


class PlainAgent:
    """The same without an event loop, for a program that is a process: keeps all bytes that it was told."""

    def __init__(self, path: Path, books: Books) -> None:
        self.books = books
        self.bytes = bytearray()
        self.messages: list[ToAgent] = []
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(path))
        self._listening.listen(2)
        self._listening.settimeout(0.2)
        self._stream: socket.socket | None = None
        self._reader = at_the_agent()

    def listen(self, until: Callable[[], object], within_s: float = 40.0) -> None:
        """Hears until that is so. Raises TimeoutError."""
        ends = time.monotonic() + within_s
        while not until():
            if time.monotonic() > ends:
                raise TimeoutError(f"heard {[type(one).__name__ for one in self.messages]}")
            try:
                if self._stream is None:
                    self._stream, _ = self._listening.accept()
                    self._stream.settimeout(0.2)
                    self._reader = at_the_agent()
                data = self._stream.recv(65_536)
            except TimeoutError:
                continue
            except ConnectionResetError:
                data = b""  # it was killed with our answer unread
            if not data:
                self._stream.close()
                self._stream = None
                continue
            self.bytes += data
            for message in self._reader.feed(data):
                self.messages.append(message)
                for answer in self.books.answers(message):
                    self._stream.sendall(encoded(answer))

    def close(self) -> None:
        for one in (self._listening, self._stream):
            if one is not None:
                one.close()
