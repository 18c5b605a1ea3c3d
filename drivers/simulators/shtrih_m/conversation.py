"""What both link protocols need of the device: one command carried out in its time, with the faults of the way.

command taken -> ACK -> executing -> committed -> answer
     |            |         |            |          |
drop_before   _after_ack  _during_   _after_     half_answer, bad_lrc, slow_answer
_frame                    execution  commit
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import NoReturn

import anyio

from drivers.simulators.shtrih_m.command import Command, carry_out, code_of
from drivers.simulators.shtrih_m.machine import Machine, Outcome

SLOW_ANSWER_S = 15.0


class Dropped(Exception):
    """A fault: the link drops now."""


class PowerCut(Exception):
    """A fault: the power is cut now."""


@dataclass(slots=True)
class Owed:
    """The answer a device still has for its host, and how it is broken on the way."""

    answer: bytes
    code: str
    broken_always: bool = False
    then_power_cut: bool = False


class Conversation:
    """Carries out commands for a link protocol. `owe` is told the answer as soon as there is one."""

    def __init__(self, machine: Machine, commands: dict[str, Command], owe: Callable[[Owed], None]) -> None:
        self.machine = machine
        self._commands = commands
        self._owe = owe

    def about_to_take(self, code: str) -> None:
        """A whole good command frame is here, nothing of it is done."""
        if self.machine.traps.strikes("drop_before_frame", code):
            raise Dropped
        if self.machine.traps.strikes("power_cycle_before_frame", code):
            raise PowerCut

    async def carry_out(self, body: bytes) -> Owed:
        """Execute one body; returns what is owed. Raises Dropped (executed, answer owed) or PowerCut."""
        traps, code = self.machine.traps, code_of(body).hex().upper()
        if traps.strikes("power_cycle_after_ack", code):
            raise PowerCut
        if traps.strikes("shift_24h", code):
            self.machine.age_shift()
            self.machine.save()
        drop_now = traps.strikes("drop_after_ack", code)
        drop_during = traps.strikes("drop_during_execution", code)
        cut_during = traps.strikes("power_cycle_during_execution", code)
        if not drop_now:
            await self._take_time(code, half=drop_during or cut_during)
        if cut_during:
            raise PowerCut
        outcome = carry_out(self.machine, self._commands, body)
        owed = Owed(outcome.answer, code)
        if outcome.committed:
            self._after_commit(code, owed)
        if drop_now or drop_during:
            self._drop(owed)
        await self._until_printed(owed, outcome)
        await self._be_slow(code)
        self._owe(owed)
        if traps.strikes("bad_lrc_always", code):
            owed.broken_always = True
        return owed

    def _after_commit(self, code: str, owed: Owed) -> None:
        if self.machine.traps.strikes("power_cycle_after_commit", code):
            self._owe(owed)
            raise PowerCut
        if self.machine.traps.strikes("drop_after_commit", code):
            self._drop(owed)
        owed.then_power_cut = self.machine.traps.strikes("power_cycle_while_printing", code)

    def _drop(self, owed: Owed) -> NoReturn:
        self._owe(owed)
        raise Dropped

    async def _take_time(self, code: str, half: bool) -> None:
        command = self._commands.get(code)
        if command is not None and not self.machine.instant:
            await anyio.sleep(command.lasts_s / 2 if half else command.lasts_s)

    async def _until_printed(self, owed: Owed, outcome: Outcome) -> None:
        """Plain printing is answered when the lines are out; running out of paper meanwhile is the answer."""
        while outcome.wait_for_print and (until := self.machine.printer.done_at) is not None:
            await anyio.sleep(max(0.0, until - anyio.current_time()))
            self.machine.advance()
        if outcome.wait_for_print and self.machine.printer.job and len(owed.answer) > 1:
            owed.answer = code_of(owed.answer) + b"\x6b"

    async def _be_slow(self, code: str) -> None:
        late = self.machine.traps.sprung("slow_answer", code)
        if late is not None:
            await anyio.sleep(float(late or SLOW_ANSWER_S))


Send = Callable[[bytes], Awaitable[None]]


async def send_answer(send: Send, frame: bytes, owed: Owed, machine: Machine) -> bool:
    """Send an answer frame, perhaps broken by a fault; False when only half of it went out."""
    if owed.broken_always or machine.traps.strikes("bad_lrc_once", owed.code):
        frame = frame[:-1] + bytes([frame[-1] ^ 0x5A])
    cut = machine.traps.strikes("power_cycle_half_answer", owed.code)
    if cut or machine.traps.strikes("half_answer", owed.code):
        await send(frame[: max(1, len(frame) // 2)])
        if cut:
            raise PowerCut
        return False
    await send(frame)
    if owed.then_power_cut:
        owed.then_power_cut = False
        raise PowerCut
    return True
