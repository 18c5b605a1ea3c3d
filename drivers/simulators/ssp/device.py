"""The simulated SSP wire as one device: a validator and a hopper behind one plug, and a link to a host.

Without power, and for a second afterwards, the wire is silent; the link itself stays, as a serial cable does.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import anyio
import anyio.abc

from drivers.links.link import Link, LinkLost
from drivers.simulators.cash_box import plain_order
from drivers.simulators.ssp import orders
from drivers.simulators.ssp.faults import COMMANDS, FAULTS
from drivers.simulators.ssp.frames import ADDRESS, Frame, Inlet
from drivers.simulators.ssp.hopper import Hopper
from drivers.simulators.ssp.housing import Housing, PowerCut, SelfReset
from drivers.simulators.ssp.secrecy import STEX
from drivers.simulators.ssp.timers import Timers
from drivers.simulators.ssp.unit import EVENT_ACK, SYNC, Unit
from drivers.simulators.ssp.validator import Validator
from drivers.simulators.stir import Stir
from drivers.simulators.world import Faults, Ledger, Memory, Now

DARK_S = 1.0  # how long a power cut by a fault lasts
SERIALS = (0x00410B2C, 0x00520C3D)


class SspSimulator:
    """A validator at address 0 and a hopper at 10h. Made once; its memory goes on from one host to the next."""

    NAME = "ssp"
    FAULTS = FAULTS
    COMMANDS = COMMANDS

    def __init__(
        self,
        *,
        ledger: Ledger,
        memory: Memory,
        rng: random.Random,
        now: Now,
        faults: Faults,
        instant: bool = False,
    ) -> None:
        self._memory = memory
        self.faults = faults
        self._stir = Stir()
        self.timers = Timers(_clock)
        self.timers.changed = self._stir.now
        self.powered = True
        self._late: list[bytes] = []
        kept = memory.load()
        housing = Housing(self.timers, faults, rng, ledger, instant, self.save)
        self._housing = housing
        self.hopper_on: bool = kept.get("hopper_on", True)
        self.validator = Validator(
            housing, kept.get("validator", {}), model=kept.get("model", "payout"), serial=SERIALS[0]
        )
        self.hopper = Hopper(housing, kept.get("hopper", {}), serial=SERIALS[1])
        self.units: tuple[Unit, ...] = (self.validator, self.hopper)
        self._started = False

    def save(self) -> None:
        """The device's commit point."""
        self._memory.save(
            {
                "model": self.validator.model,
                "hopper_on": self.hopper_on,
                "validator": self.validator.state(),
                "hopper": self.hopper.state(),
            }
        )

    # Power

    def advance(self) -> None:
        """Everything that is due by now happens."""
        if not self._started:
            self._started = True
            self._power_on()
        while True:
            if self._survives(self.timers.advance):
                return

    def _survives(self, step: Callable[[], None]) -> bool:
        """Does the step come to its end with the power on?"""
        try:
            step()
        except PowerCut:
            self.cut_power()
            self.timers.after(self._housing.pace(DARK_S), self, self._power_on)
            return False
        return True

    def cut_power(self) -> None:
        self.powered = False
        self.timers.drop(self)
        self._late.clear()
        for unit in self.units:
            unit.power_lost()
        self.validator.waiting.clear()
        self.save()

    def _power_on(self) -> None:
        self.powered = True
        for unit in self.units:
            unit.power_on()

    def give_power(self) -> None:
        if not self.powered:
            self.timers.drop(self)
            self._power_on()

    # The wire

    async def serve(self, link: Link) -> None:
        """Talk to one host until the link is lost."""
        self.advance()
        async with anyio.create_task_group() as life:
            life.start_soon(self._let_time_pass)
            await self._converse(link, life)
            life.cancel_scope.cancel()

    async def _converse(self, link: Link, life: anyio.abc.TaskGroup) -> None:
        inlet = Inlet()
        try:
            while True:
                arrived = await link.receive()
                self.advance()
                if not self.powered:
                    inlet = Inlet()
                    continue
                for frame in inlet.feed(arrived):
                    await self._answer(frame, link, life)
        except LinkLost:
            return

    async def _answer(self, frame: Frame, link: Link, life: anyio.abc.TaskGroup) -> None:
        self.advance()
        unit = self._addressed(frame)
        if unit is None or self._lost_on_the_way(unit, frame):
            return
        reply = self._reply(unit, frame)
        hooks, unit.after_reply[:] = list(unit.after_reply), []
        for late in self._late:
            await link.send(late)
        self._late.clear()
        if reply is not None:
            await self._send(reply, link, life)
        for hook in hooks:
            if not self._survives(hook):
                return

    def _addressed(self, frame: Frame) -> Unit | None:
        for unit in self.units:
            if unit.address == frame.seq_addr & ADDRESS and unit.answering:
                return None if unit is self.hopper and not self.hopper_on else unit
        return None

    def _reply(self, unit: Unit, frame: Frame) -> bytes | None:
        reply: list[bytes | None] = []
        try:
            self._survives(lambda: reply.append(unit.receive(frame)))
        except SelfReset:
            unit.reset()
        return reply[0] if reply else None

    def _lost_on_the_way(self, unit: Unit, frame: Frame) -> bool:
        """The fault that swallows the host's acknowledgement of a credit."""
        confirms = isinstance(unit, Validator) and unit.credit_unconfirmed and frame.data[0] != SYNC
        if not confirms:
            return False
        if unit.reports.acknowledging and not self._is_event_ack(unit, frame):
            return False
        return self.faults.strikes("drop_ack")

    def _is_event_ack(self, unit: Unit, frame: Frame) -> bool:
        """Looked at without opening it for good: the counter must not move for a packet that is lost."""
        if frame.data[0] != STEX:
            return frame.data[0] == EVENT_ACK
        peeked = unit.secrecy.peek(frame.data[1:])
        return peeked is not None and peeked[0] == EVENT_ACK

    async def _send(self, reply: bytes, link: Link, life: anyio.abc.TaskGroup) -> None:
        late = self.faults.value("late_reply")
        if self.faults.strikes("drop_reply"):
            return
        if self.faults.strikes("corrupt_reply"):
            middle = len(reply) // 2
            reply = reply[:middle] + bytes([reply[middle] ^ 0x10]) + reply[middle + 1 :]
        if late is None:
            await link.send(reply)
        elif late:
            life.start_soon(_send_later, float(late), reply, link)
        else:
            self._late.append(reply)

    async def _let_time_pass(self) -> None:
        """Mechanics and timers go on while the host is silent."""
        while True:
            stirred = self._stir.next()
            self.advance()
            due = self.timers.next_at
            with anyio.move_on_after(None if due is None else max(0.001, due - anyio.current_time())):
                await stirred.wait()

    # People

    async def command(self, line: str) -> str:
        """Carry out one command of COMMANDS. Raises ValueError with a sentence for one it does not know."""
        self.advance()
        done: list[str] = []
        self._survives(lambda: done.append(orders.carry_out(self, plain_order(line))))
        self.advance()
        self._stir.now()
        return done[0] if done else "the power went"

    def picture(self) -> dict[str, Any]:
        """What a drawing of the device needs. Called where anyio runs."""
        self.advance()
        return orders.picture(self)


def _clock() -> float:
    return anyio.current_time()


async def _send_later(seconds: float, reply: bytes, link: Link) -> None:
    await anyio.sleep(seconds)
    try:
        await link.send(reply)
    except LinkLost:
        return
