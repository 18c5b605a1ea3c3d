"""The simulated ID-003 validator as a device: a wire to a host on one side, people and their notes on the other."""

from __future__ import annotations

import contextlib
import random

import anyio
import anyio.abc

from drivers.links.link import Link, LinkLost
from drivers.simulators.cash_box import plain_order
from drivers.simulators.id003 import people
from drivers.simulators.id003.answers import Answers
from drivers.simulators.id003.faults import COMMANDS, FAULTS
from drivers.simulators.id003.frames import Ear, framed
from drivers.simulators.id003.note_way import NoteWay
from drivers.simulators.id003.unit import Unit
from drivers.simulators.stir import Stir
from drivers.simulators.world import Faults, Ledger, Memory, Now

ANSWERS_AFTER_S = 0.01  # the validator's own pace, its five bytes at 9600 baud included


class Id003Simulator:
    """A `world.Simulator`. A power cut by a fault leaves the wire: it is silent until the unit starts again."""

    NAME = "id003"
    FAULTS = FAULTS
    COMMANDS = COMMANDS

    def __init__(
        self, *, ledger: Ledger, memory: Memory, rng: random.Random, now: Now, faults: Faults, instant: bool = False
    ) -> None:
        self._rng = rng
        self._faults = faults
        self._answer_after_s = 0.0 if instant else ANSWERS_AFTER_S
        self._stir = Stir()
        self._unit = Unit(ledger, memory, faults, anyio.current_time, instant=instant)
        self._unit.stirred = self._stir.now
        self._way = NoteWay(self._unit)
        self._answers = Answers(self._unit, self._way)
        self._served: list[anyio.CancelScope] = []
        self._held_back: bytes | None = None  # an answer that comes with the next one

    async def serve(self, link: Link) -> None:
        """Talk to one host until the link is lost or the power is switched off."""
        if not self._unit.powered:
            return
        with anyio.CancelScope() as scope:
            self._served.append(scope)
            try:
                async with anyio.create_task_group() as life:
                    life.start_soon(self._let_time_pass)
                    await self._listen(link, life)
                    life.cancel_scope.cancel()
            finally:
                self._served.remove(scope)

    async def _listen(self, link: Link, life: anyio.abc.TaskGroup) -> None:
        ear = Ear()
        with contextlib.suppress(LinkLost):
            while True:
                heard = await link.receive()
                self._unit.advance()
                if self._unit.dark():
                    self._held_back = None
                    ear.forget()
                    continue
                for body in ear.hear(heard, anyio.current_time()):
                    self._unit.advance()
                    if self._unit.dark():
                        break
                    await self._answer(body, link, life)

    async def _answer(self, body: bytes, link: Link, life: anyio.abc.TaskGroup) -> None:
        answer = self._answers.to(body)
        if answer is None:
            return
        await anyio.sleep(self._answer_after_s)
        self._unit.advance()
        if self._unit.dark() or self._faults.strikes("drop_reply"):
            return
        frame = framed(answer[0], answer[1:])
        if self._faults.strikes("corrupt_reply"):
            at = self._rng.randrange(2, len(frame))
            frame = frame[:at] + bytes([frame[at] ^ 1 << self._rng.randrange(8)]) + frame[at + 1 :]
        held, self._held_back = self._held_back, None
        late = self._faults.value("late_reply")
        if late and late.replace(".", "", 1).isdecimal():
            life.start_soon(self._send_late, float(late), frame, link)
        elif late is not None:
            self._held_back = frame
        if held is not None:
            await link.send(held)
        if late is None:
            await link.send(frame)
            self._answers.told(answer)

    async def _send_late(self, seconds: float, frame: bytes, link: Link) -> None:
        await anyio.sleep(seconds)
        self._unit.advance()
        if not self._unit.dark():
            with contextlib.suppress(LinkLost):
                await link.send(frame)

    async def _let_time_pass(self) -> None:
        """Notes go their way while the host is silent."""
        while True:
            stirred = self._stir.next()
            due = self._unit.next_change_at()
            with anyio.move_on_after(None if due is None else max(0.001, due - anyio.current_time())):
                await stirred.wait()
            self._unit.advance()

    async def command(self, line: str) -> str:
        """Carry out one command of COMMANDS. Raises ValueError with a sentence for what cannot be done."""
        self._unit.advance()
        match plain_order(line).split():
            case ["power", "off"]:
                self._unit.cut_power(dark_s=None)
                self._held_back = None
                for scope in self._served:
                    scope.cancel()
                return "the power is off"
            case ["power", "on"]:
                if not self._unit.powered:
                    self._unit.give_power()
                return "the power is on"
            case ["fault", *spec] if spec:
                self._faults.arm(" ".join(spec))
                return f"armed: {' '.join(spec)}"
            case words:
                return people.carry_out(self._unit, self._way, words)

    def picture(self) -> dict[str, object]:
        """What a drawing of the validator needs. Called where anyio runs."""
        self._unit.advance()
        return people.picture(self._unit, self._way)
