"""The agent's end of the association program's line: sightings kept before they are acknowledged, consents, keys.

    Hello ──────────> Known in portions                Came, Left ─> queue ─> VisitDay.take: durable ─> Taken(seq)
    Gives, Withdraws ─> Consents ─> Recorded                             └──> Guests.came, left: those who agreed
    Lists, Exports ───> Standing, Exported             a consent changed ───> Known, Forget to every program

Sightings of all programs that are at hand are one commit. A full disk acknowledges nothing: they are kept and tried
again, and what a broken line has of them is told again by its program and counts once. Whoever withdraws is counted on
under a stand-in: a key without a standing consent goes no further than this file.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import anyio
import msgspec

from agent.visitors.consents import Consents
from agent.visitors.door import Door, Wire
from sensors.association_messages import (
    DAY_MARK,
    KEYS_AT_ONCE,
    Came,
    Exported,
    Exports,
    Forget,
    FromAgent,
    Gives,
    Hello,
    Known,
    Left,
    Lists,
    Pulse,
    Recorded,
    Standing,
    Taken,
    ToAgent,
    Withdraws,
    at_the_agent,
    encoded,
)
from sensors.identity.records import Kind, record_id
from sensors.sighting import Sighting
from sync.store.failures import StoreError

log = logging.getLogger("tillkeeper.visitors")

NO_ROOM = "no_room"
AT_ONCE = 512
"""Sightings in one commit: 100 KB, some milliseconds."""
MOST_WAITING = 4_096
"""What a program keeps, sensors/association/outbox.py. With more it waits at its end of the socket."""
FULL_WAIT_S = 5.0
"""A full disk is emptied by a person."""


class Day(Protocol):
    """agent/visitors/visit_day.py."""

    async def take(self, sightings: Sequence[Sighting], same: Mapping[str, str] = {}) -> object: ...


class Guests(Protocol):
    """agent/visitors/guests.py."""

    def came(self, record: str, how: str, at_ms: int) -> None: ...

    def left(self, record: str, at_ms: int) -> None: ...


class Fares(Protocol):
    """Whoever watches how the programs fare."""

    def heard(self, sensor: str, told: Hello | Pulse) -> None: ...

    def gone(self, sensor: str) -> None: ...


class AssociationDoor:
    """`path`: the socket. `fares` may be left out."""

    def __init__(self, path: Path, consents: Consents, day: Day, guests: Guests, fares: Fares | None = None) -> None:
        self.door: Door[ToAgent, FromAgent] = Door(path, at_the_agent, encoded, self._attend)
        self._consents = consents
        self._day = day
        self._guests = guests
        self._fares = fares
        self._lines: set[_Line] = set()
        self._waiting: deque[tuple[_Line, Came | Left]] = deque()
        self._news = anyio.Event()
        self._room = anyio.Event()
        consents.watchers.append(self._tell)

    async def run(self) -> None:
        """Until cancelled. Raises OSError where the socket cannot be made."""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._keep)
            await self.door.run()

    def _attend(self, wire: Wire[FromAgent]) -> _Line:
        line = _Line(wire, self._consents, self._put, self._fares, self._lines.discard)
        self._lines.add(line)
        return line

    def _tell(self) -> None:
        keys = frozenset(self._consents.known_keys())
        for line in self._lines:
            line.tell(keys)

    async def _put(self, line: _Line, told: Came | Left) -> None:
        while len(self._waiting) >= MOST_WAITING:
            await self._room.wait()
        self._waiting.append((line, told))
        self._news.set()

    async def _keep(self) -> None:
        while True:
            if not self._waiting:
                self._news = anyio.Event()
                await self._news.wait()
            batch = [self._waiting.popleft() for _ in range(min(AT_ONCE, len(self._waiting)))]
            await self._take(batch)
            self._room.set()
            self._room = anyio.Event()

    async def _take(self, batch: Sequence[tuple[_Line, Came | Left]]) -> None:
        """Returns when it is durable. Who may be known is asked anew at each try: consents end meanwhile."""
        while True:
            try:
                await self._kept(batch)
                break
            except StoreError as error:
                log.warning("%d sightings of devices wait: %s", len(batch), error)
                await anyio.sleep(FULL_WAIT_S)
        for line, told in batch:
            key, at_ms = told.sighting.key, told.sighting.at_ms
            known = self._consents.is_known(key)
            if known and isinstance(told, Came):
                self._guests.came(record_id(Kind.MAC, key), "wifi", at_ms)
            elif known:
                self._guests.left(record_id(Kind.MAC, key), at_ms)
            line.taken(told.sighting.seq)
        for line in {line for line, _ in batch}:
            line.say_taken()

    async def _kept(self, batch: Sequence[tuple[_Line, Came | Left]]) -> None:
        async with self._consents.keeping:
            known = self._consents.is_known
            sightings = [self._as_allowed(told.sighting) for _, told in batch]
            same = {
                told.was: told.sighting.key
                for _, told in batch
                if isinstance(told, Came) and told.was and known(told.sighting.key)
            }
            await self._day.take(sightings, same)

    def _as_allowed(self, sighting: Sighting) -> Sighting:
        if not sighting.key or sighting.key.startswith(DAY_MARK) or self._consents.is_known(sighting.key):
            return sighting
        return msgspec.structs.replace(sighting, key=self._consents.stand_in(sighting.key))


class _Line:
    """One program's connection. `told` are the keys it knows of."""

    def __init__(
        self,
        wire: Wire[FromAgent],
        consents: Consents,
        put: Callable[[_Line, Came | Left], Awaitable[None]],
        fares: Fares | None,
        ended: Callable[[_Line], None],
    ) -> None:
        self._wire = wire
        self._consents = consents
        self._put = put
        self._fares = fares
        self._ended = ended
        self._sensor: str | None = None
        self._told: frozenset[str] = frozenset()
        self._taken = self._said = 0

    async def hear(self, message: ToAgent) -> None:
        match message:
            case Hello():
                self._sensor, self._told = message.sensor, frozenset()
                self._know(self._consents.known_keys(), whole=True)
                self._fare(message)
            case Pulse():
                self._fare(message)
            case Came() | Left():
                await self._put(self, message)
            case Gives():
                self._wire.say(Recorded(message.ask, await _recorded(self._consents.give(message))))
            case Withdraws():
                self._wire.say(Recorded(message.ask, await _recorded(self._consents.withdraw(message))))
            case Lists():
                self._wire.say(Standing(message.ask, self._consents.standing_of(message.phone)))
            case Exports():
                self._wire.say(Exported(message.ask, self._consents.export(message.phone)))

    def gone(self) -> None:
        self._ended(self)
        if self._fares is not None and self._sensor is not None:
            self._fares.gone(self._sensor)

    def tell(self, keys: frozenset[str]) -> None:
        """What is new of these keys and what is there no more, once it has said Hello."""
        if self._sensor is None:
            return
        ended = sorted(self._told - keys)
        for at in range(0, len(ended), KEYS_AT_ONCE):
            self._wire.say(Forget(tuple(ended[at : at + KEYS_AT_ONCE])))
        self._know(sorted(keys - self._told), whole=False)
        self._told = keys

    def taken(self, seq: int) -> None:
        self._taken = max(self._taken, seq)

    def say_taken(self) -> None:
        self._wire.say(Taken(self._taken))

    def _know(self, keys: Sequence[str], *, whole: bool) -> None:
        portions = [tuple(keys[at : at + KEYS_AT_ONCE]) for at in range(0, len(keys), KEYS_AT_ONCE)]
        if whole and not portions:
            portions = [()]
        for at, portion in enumerate(portions):
            self._wire.say(Known(portion, first=whole and at == 0, last=at == len(portions) - 1))
        self._told |= frozenset(keys)

    def _fare(self, message: Hello | Pulse) -> None:
        if self._fares is not None and self._sensor is not None:
            self._fares.heard(self._sensor, message)


async def _recorded(act: Awaitable[str]) -> str:
    """Why it was not, or ""."""
    try:
        return await act
    except StoreError as error:
        log.warning("a guest's consent or withdrawal was not kept: %s", error)
        return NO_ROOM
