"""Link protocol v1 of the register, device side (reference section 1).

frame: 02 | LEN | BODY (LEN bytes) | LRC      LRC = XOR of LEN and every BODY byte

IDLE : 05 -> send 15, IDLE | 02 -> RX | other -> ignored
RX   : LEN+1 bytes more; byte timeout -> IDLE; bad LRC -> send 15, IDLE; good -> send 06, EXEC
EXEC : 05 -> send 06; finished -> send the answer frame, SENT
SENT : 06 -> IDLE, the answer is forgotten | 15 or silence -> HELD
HELD : 05 -> send 06 and the frame again, SENT | 02 -> RX, the answer is dropped
"""

from __future__ import annotations

from enum import Enum
from functools import reduce
from operator import xor

import anyio

from drivers.links.link import Link, LinkLost
from drivers.simulators.shtrih_m.command import Command
from drivers.simulators.shtrih_m.conversation import Conversation, Dropped, Owed, PowerCut, send_answer
from drivers.simulators.shtrih_m.inlet import Inlet
from drivers.simulators.shtrih_m.machine import Machine

STX, ENQ, ACK, NAK, V2_START = 0x02, 0x05, 0x06, 0x15, 0x8F
NAK_STORM, SILENT_ENQS = 10, 3
NOISE = b"\xff\xff\xff"
SILENCE_FACTOR = 10  # how many byte timeouts without ACK make an answer HELD


class State(Enum):
    IDLE = "idle"
    SENT = "sent"
    HELD = "held"


def byte_timeout_s(code: int) -> float:
    """The device's byte timeout setting, command 14h."""
    if code <= 150:
        return max(code, 1) / 1000
    return (code - 149) * 0.150 if code <= 249 else (code - 248) * 15.0


def frame(body: bytes) -> bytes:
    """02 | LEN | BODY | LRC."""
    return bytes([STX, len(body)]) + body + bytes([reduce(xor, body, len(body))])


class LinkV1:
    """Lives as long as the device is powered: an answer owed outlives the connection, not the power."""

    def __init__(self, machine: Machine, commands: dict[str, Command]) -> None:
        self._machine = machine
        self._conversation = Conversation(machine, commands, self._owe)
        self.state = State.IDLE
        self.owed: Owed | None = None
        self._storm = 0
        self._silent = 0
        self._noisy = False

    def _owe(self, owed: Owed) -> None:
        self.owed, self.state = owed, State.HELD

    def forget(self) -> None:
        """Power lost."""
        self.owed, self.state = None, State.IDLE

    async def converse(self, link: Link, inlet: Inlet) -> None:
        """Until a v2 frame starts (its first byte is given back by returning). Raises LinkLost, Dropped, PowerCut."""
        while True:
            heard = await inlet.byte(self._silence_s() if self.state is State.SENT else None)
            if heard is None or (heard == NAK and self.state is State.SENT):
                self.state = State.HELD
            elif heard == ACK and self.state is State.SENT:
                self.owed, self.state = None, State.IDLE
            elif heard == ENQ:
                await self._enquired(link)
            elif heard == STX:
                await self._receive(link, inlet)
            elif heard == V2_START:
                return

    def _silence_s(self) -> float:
        return byte_timeout_s(self._machine.image.byte_timeout) * SILENCE_FACTOR

    async def _control(self, link: Link, byte: int) -> None:
        await link.send((NOISE if self._noisy else b"") + bytes([byte]))

    async def _enquired(self, link: Link) -> None:
        silence = self._machine.traps.sprung("enq_silence")
        if silence is not None:
            self._silent = int(silence or SILENT_ENQS)
        if self._silent:
            self._silent -= 1
            return
        if self.owed is None:
            await self._control(link, NAK)
            return
        await self._control(link, ACK)
        await self._answer(link, self.owed)

    async def _receive(self, link: Link, inlet: Inlet) -> None:
        self.owed, self.state = None, State.IDLE
        within_s = byte_timeout_s(self._machine.image.byte_timeout)
        length = await inlet.byte(within_s)
        if length is None:
            return
        body = bytearray()
        while len(body) <= length:
            heard = await inlet.byte(within_s)
            if heard is None:
                return
            body.append(heard)
        if reduce(xor, body, length) or not length:
            await self._control(link, NAK)
            return
        await self._take(link, inlet, bytes(body[:-1]))

    async def _take(self, link: Link, inlet: Inlet, body: bytes) -> None:
        traps, code = self._machine.traps, body[: 2 if body[0] == 0xFF else 1].hex().upper()
        self._noisy = traps.strikes("ff_noise", code)
        storm = traps.sprung("nak_storm", code) if not self._storm else None
        if storm is not None:
            self._storm = int(storm or NAK_STORM)
        if self._storm:
            self._storm -= 1
            await self._control(link, NAK)
            return
        self._conversation.about_to_take(code)
        lost = False
        try:
            await self._control(link, ACK)
        except LinkLost:
            lost = True  # the frame is here: the device executes it whether the host still listens or not
        owed = await self._execute(link, inlet, body)
        if lost:
            raise LinkLost(link.address)
        await self._answer(link, owed)

    async def _execute(self, link: Link, inlet: Inlet, body: bytes) -> Owed:
        """ENQ is answered meanwhile; a host that goes away does not stop the device."""

        async def reassure() -> None:
            try:
                while True:
                    if await inlet.byte() == ENQ:
                        await self._control(link, ACK)
            except LinkLost:
                return

        if self._machine.instant:
            return await self._conversation.carry_out(body)
        ended: Owed | Dropped | PowerCut
        async with anyio.create_task_group() as executing:
            executing.start_soon(reassure)
            try:
                ended = await self._conversation.carry_out(body)
            except (Dropped, PowerCut) as fault:
                ended = fault  # raised again outside the group, which would wrap it
            executing.cancel_scope.cancel()
        if isinstance(ended, Owed):
            return ended
        raise ended

    async def _answer(self, link: Link, owed: Owed) -> None:
        self.owed, self.state = owed, State.HELD
        if await send_answer(link.send, frame(owed.answer), owed, self._machine):
            self.state = State.SENT
