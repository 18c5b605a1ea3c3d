"""One host on the line: its frames answered, its acknowledgements awaited, and what a bad line does to both.

    > command ── 3 ms ──> < data ── within 10 ms ──> > 00         read: an event is said no more
                                                     > FF         the same data again
                                                     > nothing    not read: the next POLL says the event again
    > command ── 3 ms ──> < 00, FF or 30                          nothing more

A slave speaks only when asked: data that nobody acknowledged is not sent again by itself, only an event is said again
when it is asked for. Frames for other addresses are not answered; one of ours with a wrong CRC is answered with FF.
"""

from __future__ import annotations

import contextlib

import anyio
import anyio.abc

from drivers.links.link import Link, LinkLost
from drivers.simulators.ccnet import line, phases
from drivers.simulators.ccnet.answers import ACK, NAK, Answer, answer
from drivers.simulators.ccnet.line import Heard, Line
from drivers.simulators.ccnet.path import Path
from drivers.simulators.ccnet.phases import Phase
from drivers.simulators.stir import Stir

ANSWERS_IN_S = 0.003  # 10 ms at the most are allowed
ACK_WITHIN_S = 0.010  # "an absent ACK within 10 ms counts as NAK"
REST_AFTER_ACK_S = 0.010  # so long the host is silent after its ACK
POLLS_APART_S = 0.1
POLL = 0x33


class Conversation:
    def __init__(self, link: Link, unit: Path, stir: Stir, tasks: anyio.abc.TaskGroup, ack_within_s: float) -> None:
        self._link = link
        self._unit = unit
        self._stir = stir
        self._tasks = tasks
        self._ack_within_s = ack_within_s
        self._said: tuple[Answer, int] | None = None  # the last data, and the command it answered: NAK repeats it
        self._said_at: float | None = None  # when it left, until it is acknowledged
        self._kept_back = b""  # a reply that comes after the next command
        self._acknowledged_at = -1.0
        self._polled_at = -1.0

    async def run(self) -> None:
        """Until LinkLost, which passes through."""
        frames = Line()
        while True:
            data = await self._link.receive()
            at = anyio.current_time()
            self._unit.advance(at)
            if self._unit.phase is Phase.OFF:
                frames.forget()
                self._said, self._said_at, self._kept_back = None, None, b""
                continue
            for heard in frames.feed(data, at):
                await self._hear(heard, at)
                self._stir.now()

    async def _hear(self, heard: Heard, at: float) -> None:
        if heard.address != line.ADDRESS or self._unit.phase is Phase.OFF:
            return
        if not heard.sound:
            await self._send(line.framed(NAK.body))
        elif heard.body == ACK.body:
            self._acknowledged(at)
        elif heard.body == NAK.body:
            self._acknowledged_at = at
            if self._said is not None:
                await self._say(*self._said)
        else:
            await self._carry_out(heard.body, at)

    def _acknowledged(self, at: float) -> None:
        said_at, self._said_at = self._said_at, None
        self._acknowledged_at = at
        if said_at is None or self._said is None:
            return
        said, command = self._said
        if self._unit.traps.meets("drop_ack", *_moments(said, command)) is not None:
            return
        if not self._unit.instant and at - said_at > self._ack_within_s + line.SLACK_S:
            return
        self._said = None
        if said.event is None:
            return
        if self._unit.latch != "off":
            self._unit.acknowledged(said.event, at)
        if said.event[0] == phases.STACKED:
            self._unit.cut_at("acknowledged", at)

    async def _carry_out(self, body: bytes, at: float) -> None:
        self._watch_manners(body[0], at)
        self._said, self._said_at = None, None
        late, self._kept_back = self._kept_back, b""
        if late:
            await self._send(late)
        said = answer(self._unit, body, at)
        if said is None:
            return
        if said.data:
            self._said = (said, body[0])
        await self._say(said, body[0])

    def _watch_manners(self, command: int, at: float) -> None:
        if at - self._acknowledged_at < REST_AFTER_ACK_S - line.SLACK_S:
            self._unit.hurried += 1
        if command == POLL:
            self._unit.crowded += at - self._polled_at < POLLS_APART_S - line.SLACK_S
            self._polled_at = at

    async def _say(self, said: Answer, command: int) -> None:
        moments = _moments(said, command)
        traps = self._unit.traps
        frame = line.framed(said.body)
        if traps.meets("drop_reply", *moments) is not None:
            return
        late = traps.meets("late_reply", *moments)
        if late is not None:
            self._keep_back(frame, late)
            return
        if traps.meets("corrupt_reply", *moments) is not None:
            frame = frame[:-1] + bytes((frame[-1] ^ 0x55,))
        await self._send(frame)
        if self._unit.phase is Phase.OFF:
            return
        now = anyio.current_time()
        if said.data:
            self._said_at = now
        if said.event is not None and said.event[0] == phases.STACKED:
            self._unit.cut_at("reported", now)

    def _keep_back(self, frame: bytes, late: str) -> None:
        try:
            self._tasks.start_soon(self._send_late, frame, float(late))
        except ValueError:
            self._kept_back = frame

    async def _send_late(self, frame: bytes, late_s: float) -> None:
        await anyio.sleep(late_s)
        with contextlib.suppress(LinkLost):
            await self._send(frame)

    async def _send(self, frame: bytes) -> None:
        if not self._unit.instant:
            await anyio.sleep(ANSWERS_IN_S)
        self._unit.advance(anyio.current_time())
        if self._unit.phase is not Phase.OFF:
            await self._link.send(frame)


def _moments(said: Answer, command: int) -> tuple[str, str]:
    return f"{command:02x}", f"{command:02x}:{said.body[0]:02x}"
