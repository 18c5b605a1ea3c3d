"""Link protocol v2 of the register, device side: numbered frames with a CRC (reference section 2).

frame: 8F | LEN2 | NUM2 | DATA | CRC2       after 8F every 8F is sent as 9F 81 and every 9F as 9F 83
       LEN = 2 + length of DATA; CRC-16/CCITT over LEN, NUM, DATA before stuffing
ping : 8F | 00 00 | CRC2 -> the last answer with its number, or a frame of LEN 2 when there is none
NUM = last + 1 -> executed; any other NUM -> the last answer again, never executed twice
"""

from __future__ import annotations

from drivers.links.link import Link
from drivers.simulators.shtrih_m.command import Command
from drivers.simulators.shtrih_m.conversation import Conversation, Owed, send_answer
from drivers.simulators.shtrih_m.identity import crc16
from drivers.simulators.shtrih_m.inlet import Inlet
from drivers.simulators.shtrih_m.link_v1 import byte_timeout_s
from drivers.simulators.shtrih_m.machine import Machine

START, ESCAPE, START_ESCAPED, ESCAPE_ESCAPED = 0x8F, 0x9F, 0x81, 0x83
V1_STARTS = (0x02, 0x05)


def frame(number: int, data: bytes) -> bytes:
    """A whole frame, stuffed."""
    inner = (2 + len(data)).to_bytes(2, "little") + number.to_bytes(2, "little") + data
    inner += crc16(inner).to_bytes(2, "little")
    return bytes([START]) + inner.replace(b"\x9f", b"\x9f\x83").replace(b"\x8f", b"\x9f\x81")


class LinkV2:
    """The last number and answer outlive the connection, not the power."""

    def __init__(self, machine: Machine, commands: dict[str, Command]) -> None:
        self._machine = machine
        self._conversation = Conversation(machine, commands, self._owe)
        self.number = 0
        self.last: Owed | None = None
        self._coming = 0

    def _owe(self, owed: Owed) -> None:
        self.number, self.last = self._coming, owed

    def forget(self) -> None:
        """Power lost."""
        self.number, self.last = 0, None

    async def converse(self, link: Link, inlet: Inlet) -> int:
        """From just after a first 8F on, until a v1 byte starts something; returns that byte."""
        started = True
        while True:
            if not started:
                heard = await inlet.byte()
                if heard in V1_STARTS:
                    return heard or 0
                if heard != START:
                    continue
            started = await self._receive(link, inlet)

    async def _plain_byte(self, inlet: Inlet, within_s: float) -> int | None:
        """One byte unstuffed; -1 when a new frame starts in the middle of this one."""
        heard = await inlet.byte(within_s)
        if heard == START:
            return -1
        if heard != ESCAPE:
            return heard
        return {START_ESCAPED: START, ESCAPE_ESCAPED: ESCAPE}.get(await inlet.byte(within_s) or 0)

    async def _receive(self, link: Link, inlet: Inlet) -> bool:
        """One frame; a damaged one is dropped in silence. True when it was cut short by the start of the next."""
        within_s = byte_timeout_s(self._machine.image.byte_timeout)
        inner = bytearray()
        while len(inner) < 2 or len(inner) < 4 + int.from_bytes(inner[:2], "little"):
            heard = await self._plain_byte(inlet, within_s)
            if heard is None or heard < 0:
                return heard is not None
            inner.append(heard)
        length = int.from_bytes(inner[:2], "little")
        if crc16(bytes(inner[:-2])) != int.from_bytes(inner[-2:], "little") or length == 1:
            return False
        number, data = int.from_bytes(inner[2:4], "little"), bytes(inner[4 : 2 + length])
        if length > 2 and number == (self.number + 1) & 0xFFFF:
            await self._execute(link, number, data)
        else:
            await self._answer(link)
        return False

    async def _execute(self, link: Link, number: int, data: bytes) -> None:
        self._conversation.about_to_take(data[: 2 if data[0] == 0xFF else 1].hex().upper())
        self._coming = number
        await self._conversation.carry_out(data)
        await self._answer(link)

    async def _answer(self, link: Link) -> None:
        owed = self.last or Owed(b"", "")
        await send_answer(link.send, frame(self.number, owed.answer), owed, self._machine)
