"""One connection of a till: its messages in, the procedures' steps out, and what becomes of them when it dies."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import anyio
import anyio.lowlevel

from drivers.links.link import Link, LinkLost
from drivers.simulators.stir import Stir
from drivers.simulators.zvt import apdu
from drivers.simulators.zvt.apdu import Apdu
from drivers.simulators.zvt.day import (
    configuration,
    diagnosis,
    end_of_day,
    initialisation,
    repeat_receipt,
    totals_so_far,
)
from drivers.simulators.zvt.money_commands import MONEY, money_command
from drivers.simulators.zvt.payment import Procedure
from drivers.simulators.zvt.registration import (
    display_text,
    forbidden,
    log_off,
    print_line,
    registration,
    reset,
    set_clock,
    status_enquiry,
)
from drivers.simulators.zvt.steps import Drop, Operation, PowerCut, Say, Steps, Tell, Turn
from drivers.simulators.zvt.talk import refuse
from drivers.simulators.zvt.terminal import Terminal

T3_S = 5.0  # the standard's time for an 80 or 84 to come
ABORT = 0x06B0
TABLE: dict[int, Procedure] = {
    **dict.fromkeys(MONEY, money_command),
    0x0501: status_enquiry,
    0x0600: registration,
    0x0602: log_off,
    0x0610: totals_so_far,
    0x0612: totals_so_far,
    0x0618: reset,
    0x061A: configuration,
    0x0620: repeat_receipt,
    0x0650: end_of_day,
    0x0670: diagnosis,
    0x0691: set_clock,
    0x0693: initialisation,
    0x06C0: forbidden,
    0x06D1: print_line,
    0x06E0: display_text,
}
WHILE_BUSY = {0x0501, 0x0600, 0x0602}  # what another connection may ask while an operation runs


def procedure(pt: Terminal, turn: Turn, data: bytes) -> Steps:
    """What a command sets going; commands this terminal does not have are answered 84 83."""
    if pt.running is not None and turn.code in TABLE and turn.code not in WHILE_BUSY:
        return refuse(0x9C)
    known = TABLE.get(turn.code)
    return refuse(0x83) if known is None else known(pt, turn, data)


class Session:
    """The wire half of one connection. `gone` once nothing more can pass."""

    def __init__(self, link: Link, stir: Stir, plugged: Callable[[], bool]) -> None:
        self._link = link
        self._stir = stir
        self._plugged = plugged
        self._lock = anyio.Lock()  # an abort may be answered while a procedure speaks
        self._reading = anyio.CancelScope()
        self.power = anyio.CancelScope()  # around everything this connection does
        self._reply: Apdu | None = None
        self._asking = False
        self._changed = Stir()
        self._held_back = b""
        self.gone = False
        self.lost_bytes = False
        self.operation: Operation | None = None

    def end(self) -> None:
        """Close the connection from our side."""
        self.gone = True
        self._reading.cancel()
        self._changed.now()
        self._stir.now()

    def cut(self) -> None:
        """The power is gone in the middle of whatever it does."""
        self.gone = True
        self.power.cancel()

    async def run(self, begin: Callable[[Apdu], Awaitable[None]]) -> None:
        """Read until the connection is gone; `begin` is called with each command."""
        with self._reading, contextlib.suppress(LinkLost):
            await self._read(begin)
        self.end()

    async def _read(self, begin: Callable[[Apdu], Awaitable[None]]) -> None:
        buffer = bytearray()
        while not self.gone:
            data = await self._link.receive()
            if not self._plugged():
                self.lost_bytes = True
                continue
            buffer += data
            for message in apdu.cut(buffer):
                if message.is_reply:
                    await self._take_reply(message)
                else:
                    await begin(message)

    async def _take_reply(self, message: Apdu) -> None:
        """Hand it to the procedure and let that go on first: the next command may lie in the same bytes."""
        if not self._asking or self._reply is not None:
            return
        self._reply = message
        while self._reply is not None and not self.gone:
            change = self._changed.next()
            self._stir.now()
            await change.wait()

    async def send(self, data: bytes) -> None:
        if not self._plugged():
            self.lost_bytes = True
            return
        try:
            async with self._lock:
                await self._link.send(data)
        except LinkLost:
            self.gone = True

    async def say(self, message: Apdu, turn: Turn) -> None:
        """A message in the form the armed faults ask for."""
        data = self._held_back + apdu.encode(message, long_form=turn.long_form)
        self._held_back = b""
        if turn.coalesce and message.code == apdu.ACKNOWLEDGED:
            self._held_back = data
            turn.coalesce = False
        elif turn.fragment:
            for at in range(len(data)):
                await self.send(data[at : at + 1])
                await anyio.lowlevel.checkpoint()
        else:
            await self.send(data)

    async def let_go(self) -> None:
        """Send what `coalesce` held back: nothing follows at once."""
        if self._held_back:
            data, self._held_back = self._held_back, b""
            await self.send(data)

    async def ask(self, message: Apdu, turn: Turn) -> Apdu | None:
        """Send and wait for the till's 80 or 84, at most T3."""
        self._reply, self._asking = None, True
        try:
            await self.say(message, turn)
            with anyio.move_on_after(T3_S):
                while self._reply is None and not self.gone:
                    await self._stir.next().wait()
            return self._reply
        finally:
            self._reply, self._asking = None, False
            self._changed.now()


@dataclass(frozen=True, slots=True)
class Desk:
    """What a procedure stands on besides its connection."""

    pt: Terminal
    stir: Stir
    cut_power: Callable[[float], None]


async def drive(operation: Operation, session: Session, its_own: bool, desk: Desk) -> None:
    """Take a procedure further while the connection lives; one of an earlier connection is not `its_own`."""
    operation.driven = True
    pt = desk.pt
    try:
        while (step := operation.step) is not None and not session.gone:
            if isinstance(step, Tell | Say | Drop):
                reply = None
                if its_own and isinstance(step, Tell):
                    await session.say(step.apdu, operation.turn)
                elif its_own and isinstance(step, Say):
                    reply = await session.ask(step.apdu, operation.turn)
                operation.answer(reply, pt.elapsed() if its_own else operation.at)
                if its_own and isinstance(step, Drop):
                    session.end()
            elif isinstance(step, PowerCut):
                desk.cut_power(step.off_for_s)
            else:
                change = desk.stir.next()
                left_s = operation.settle(pt.reader, pt.elapsed())
                if left_s is not None:
                    await session.let_go()
                    with anyio.move_on_after(left_s):
                        await change.wait()
        await session.let_go()
    finally:
        operation.driven = False
