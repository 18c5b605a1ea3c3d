"""The one wire all units hang on: what the host sends is echoed, a frame goes to whom it names, answers come back.

    host ── 02 00 01 E5 18 ──> wire ── the same bytes ──> host       (the echo of an open-collector wire)
                                └──> coin acceptor ── 01 0B 02 00 ... ──> host

A frame whose check does not fit, or for an address nobody has, is met with silence. To a broadcast (address 0) each
unit answers by itself, the lower address first; only simple poll, address poll and reset are heard as broadcasts.
"""

from __future__ import annotations

from collections.abc import Sequence

import anyio

from drivers.links.link import Link, LinkLost
from drivers.simulators.cctalk.frames import BROADCAST, HOST, Answer, Frame, Receiver, reply
from drivers.simulators.cctalk.peripheral import RESET, Peripheral
from drivers.simulators.cctalk.rig import Rig

REPLY_S = 0.005  # simple answers come within about 10 ms
STEP_S = 0.004  # a multi-drop answer waits 4 ms for each number of its address, so that they do not collide
SIMPLE_POLL, ADDRESS_POLL = 254, 253
CREDIT_POLLS = (229, 159)


class Bus:
    """The wire; `serve` it to one host or several after another."""

    def __init__(self, rig: Rig, units: Sequence[Peripheral]) -> None:
        self._rig = rig
        self._units = sorted(units, key=lambda unit: unit.identity.address)
        self._held: list[bytes] = []  # late answers that wait for the next command
        self.echo = True

    async def serve(self, link: Link) -> None:
        receiver = Receiver()
        async with anyio.create_task_group() as life:
            life.start_soon(self._let_time_pass)
            try:
                while True:
                    data = await link.receive()
                    self._rig.wake()
                    if self.echo:
                        await link.send(data)
                    for frame in receiver.take(data, anyio.current_time()):
                        await self._hear(frame, link, life)
            except LinkLost:
                life.cancel_scope.cancel()

    async def _let_time_pass(self) -> None:
        while True:
            change = self._rig.stir.next()
            self._rig.wake()
            due = self._rig.agenda.next_due
            with anyio.move_on_after(None if due is None else max(0.0, due - anyio.current_time())):
                await change.wait()

    async def _hear(self, frame: Frame, link: Link, life: anyio.abc.TaskGroup) -> None:
        self._rig.wake()
        if frame.dest == BROADCAST:
            await self._broadcast(frame, link)
            return
        for unit in self._units:
            if unit.identity.address == frame.dest:
                await self._ask(unit, frame, link, life)

    def _hears(self, unit: Peripheral, frame: Frame) -> bool:
        return self._rig.powered and unit.ready and (frame.crc_fits if unit.crc else frame.sum_fits)

    async def _broadcast(self, frame: Frame, link: Link) -> None:
        waited = 0
        for unit in self._units:
            if frame.header not in (SIMPLE_POLL, ADDRESS_POLL, RESET) or not self._hears(unit, frame):
                continue
            address = unit.identity.address
            await self._pause(STEP_S * (address - waited))
            waited = address
            if frame.header == ADDRESS_POLL:
                await link.send(bytes([address]))
            elif (answer := unit.carry_out(frame.header, frame.data)) is not None and self._rig.powered:
                await link.send(reply(answer, address, HOST, crc=unit.crc))

    async def _ask(self, unit: Peripheral, frame: Frame, link: Link, life: anyio.abc.TaskGroup) -> None:
        if not self._hears(unit, frame) or self._caught("drop_request", frame.header):
            return
        if unit.credit_was_told and frame.header in CREDIT_POLLS and self._rig.traps.strikes("drop_ack"):
            return
        for late in self._held:
            await link.send(late)
        self._held.clear()
        answer = unit.carry_out(frame.header, frame.data)
        await self._pause(REPLY_S)
        self._rig.wake()
        if answer is None or not self._rig.powered:
            return
        said = await self._answer(answer, unit, frame, link, life)
        self._rig.wake()
        if said and self._rig.powered:
            unit.answered(frame.header)

    async def _answer(
        self, answer: Answer, unit: Peripheral, frame: Frame, link: Link, life: anyio.abc.TaskGroup
    ) -> bool:
        """Has it left, whole and now?"""
        out = reply(answer, unit.identity.address, HOST if unit.crc else frame.source, crc=unit.crc)
        header = frame.header
        if self._caught("drop_reply", header):
            return False
        corrupt = self._caught("corrupt_reply", header)
        if corrupt:
            at = self._rig.rng.randrange(len(out))
            out = out[:at] + bytes([out[at] ^ 1 << self._rig.rng.randrange(8)]) + out[at + 1 :]
        late = self._rig.traps.due("late_reply", lambda value: True)
        if late is not None:
            if late.replace(".", "", 1).isdecimal():
                life.start_soon(self._say_later, float(late), out, link)
            else:
                self._held.append(out)
            return False
        await link.send(out)
        if unit.tells_new_credit and self._rig.traps.strikes("repeat_credit"):
            await link.send(out)
        return not corrupt

    async def _say_later(self, after_s: float, out: bytes, link: Link) -> None:
        await anyio.sleep(after_s)
        if self._rig.powered:
            try:
                await link.send(out)
            except LinkLost:
                return

    def _caught(self, fault: str, header: int) -> bool:
        return self._rig.traps.strikes(fault, str(header))

    async def _pause(self, seconds: float) -> None:
        if not self._rig.instant:
            await anyio.sleep(seconds)

    def power_lost(self) -> None:
        self._held.clear()
