"""One device as the agent holds it: its driver, its wire, one conversation at a time, and what is known of its health.

A port opens its link when it is needed and, for devices that live on one connection, keeps it. Every frame goes to the
timeline, redacted. A port never repeats anything: what an error means is decided by those who keep the journal.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream

from agent.clock import Clock
from drivers.driver import Driver
from drivers.errors import DeviceError, NeverSent, Refused, Unanswered, WrongDevice
from drivers.links.converse import converse
from drivers.links.link import Link, LinkLost, OpenLink
from drivers.wire.dialogue import Dialogue, Wish

Contract = TypeVar("Contract")
Answer = TypeVar("Answer")

FRAMES_KEPT = 400  # of one device: a day's trouble fits, memory stays small


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame on the wire, redacted. `about` is the sale (or other operation) it belongs to."""

    at_ms: int
    direction: str
    data: bytes
    about: str


@dataclass(slots=True)
class Health:
    """state: ok, busy, attention, down, unknown. `code` names a text when not ok; `since_ms`: when it became so."""

    state: str
    since_ms: int
    code: str = ""
    detail: str = ""


class DevicePort(Generic[Contract]):
    """`driver` is the contract's object; `redact` hides what may not reach memory or disk."""

    def __init__(
        self,
        id: str,
        name: str,
        about: Driver,
        driver: Contract,
        open_link: OpenLink,
        clock: Clock,
        *,
        keep_open: bool,
        redact: Callable[[bytes], bytes] = bytes,
    ) -> None:
        self.id = id
        self.name = name
        self.about = about
        self.driver = driver
        self.frames: deque[Frame] = deque(maxlen=FRAMES_KEPT)
        self.health = Health("unknown", clock.now_ms(), "never_asked")
        self.address = ""
        self.changed: Callable[[], None] = lambda: None
        self._open_link = open_link
        self._clock = clock
        self._keep_open = keep_open
        self._redact = redact
        self._turn = anyio.Lock(fast_acquire=True)  # nobody waits: go on at once
        self._link: Link | None = None
        self._held = AsyncExitStack()

    @property
    def busy(self) -> bool:
        return self._turn.locked()

    async def run(
        self,
        dialogue: Dialogue[Answer],
        *,
        about: str = "",
        tell: Callable[[object], Awaitable[None]] | None = None,
        wishes: MemoryObjectReceiveStream[Wish] | None = None,
    ) -> Answer:
        """Carry one conversation out, after those waiting. Raises only drivers.errors (and what `tell` raises)."""
        async with self._turn:
            try:
                link = await self._connected()
            except LinkLost as error:
                dialogue.close()
                self._mark("down", "away", str(error))
                raise NeverSent(str(error)) from error
            kept = False
            try:
                answer = await converse(
                    dialogue, link, tell=tell, wishes=wishes, frames=lambda way, data: self._keep(way, data, about)
                )
                kept = self._keep_open
                self._mark("ok")
                return answer
            except Refused as refused:
                kept = self._keep_open  # the wire works: it was the device that said no
                if self.health.state == "down":
                    self._mark("attention", refused.code, refused.detail)
                raise
            except WrongDevice as error:
                self._mark("down", "wrong_device", str(error))
                raise Unanswered(str(error)) from error
            except DeviceError as error:
                self._mark("down", "silent", str(error))
                raise
            finally:
                if not kept:
                    await self.hang_up()

    async def hang_up(self) -> None:
        """Close the wire; the next conversation opens a new one."""
        self._link = None
        with anyio.CancelScope(shield=True):
            await self._held.aclose()

    def say(self, state: str, code: str = "", detail: str = "") -> None:
        """What a look at the device's own state means for its health (paper out, not ready)."""
        self._mark(state, code, detail)

    async def _connected(self) -> Link:
        if self._link is None:
            self._held = AsyncExitStack()
            self._link = await self._held.enter_async_context(self._open_link())
            self.address = self._link.address
        return self._link

    def _keep(self, direction: str, data: bytes, about: str) -> None:
        self.frames.append(Frame(self._clock.now_ms(), direction, self._redact(data), about))

    def _mark(self, state: str, code: str = "", detail: str = "") -> None:
        if (self.health.state, self.health.code) != (state, code):
            self.health = Health(state, self._clock.now_ms(), code, detail)
            self.changed()


Ports = dict[str, DevicePort[Any]]
