"""The simulated ZVT terminal as a device on a desk: power, cable, card, faults, and the connections it serves."""

from __future__ import annotations

import math
import random
from typing import Any

import anyio

from drivers.links.link import Link
from drivers.simulators.stir import Stir
from drivers.simulators.world import Faults, Ledger, Memory, Now
from drivers.simulators.zvt import apdu, display
from drivers.simulators.zvt.apdu import Apdu
from drivers.simulators.zvt.faults import COMMANDS, FAULTS
from drivers.simulators.zvt.session import ABORT, Desk, Session, drive, procedure
from drivers.simulators.zvt.steps import Operation, Turn
from drivers.simulators.zvt.terminal import AUTO_CARD_S, Terminal


class ZvtSimulator:
    """A `world.Simulator` for ZVT over TCP. Connections may be served one after another or together."""

    NAME = "zvt"
    FAULTS = FAULTS
    COMMANDS = COMMANDS

    def __init__(
        self, *, ledger: Ledger, memory: Memory, rng: random.Random, now: Now, faults: Faults, instant: bool = False
    ) -> None:
        self._pt = Terminal(ledger, memory, rng, now, faults, instant, anyio.current_time)
        self._pt.start()
        self._faults = faults
        self._stir = Stir()
        self._sessions: list[Session] = []
        self._left_alone: Operation | None = None  # a procedure whose connection died
        self._off_until: float | None = None  # None: it has power
        self._plugged = True

    async def serve(self, link: Link) -> None:
        """Talk to one till until the connection is lost or closed by a fault, or the power goes.

        A procedure that still runs then is taken further by the next connection, time included.
        """
        if not self._powered():
            return
        session = Session(link, self._stir, lambda: self._plugged)
        self._sessions.append(session)
        try:
            with session.power:
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(self._adopt, session)
                    await session.run(lambda message: self._begin(message, session, tasks))
        finally:
            self._sessions.remove(session)
            self._leave_alone(session.operation)

    async def _begin(self, message: Apdu, session: Session, tasks: anyio.abc.TaskGroup) -> None:
        turn = Turn(message.code)
        if message.code == ABORT:
            await session.say(apdu.positive(), turn)  # first this, then the 06 1E it leads to
            if self._pt.running is not None:
                self._pt.running.abort_wished = True
                self._stir.now()
            return
        if session.operation is not None and session.operation.step is not None:
            await session.say(apdu.negative(0x9C), turn)
            return
        turn.fragment = self._faults.strikes("fragment")
        turn.coalesce = self._faults.strikes("coalesce")
        turn.long_form = self._faults.strikes("len_ff_form")
        steps = procedure(self._pt, turn, message.data)
        session.operation = Operation(turn, steps, anyio.current_time())
        tasks.start_soon(self._drive, session.operation, session, True)

    async def _drive(self, operation: Operation, session: Session, its_own: bool) -> None:
        await drive(operation, session, its_own, Desk(self._pt, self._stir, self._cut_power))
        if operation.step is None:
            self._ended(operation)

    async def _adopt(self, session: Session) -> None:
        """While this connection lives, a procedure left alone lives too."""
        while not session.gone:
            change = self._stir.next()
            operation = self._left_alone
            if operation is not None and not operation.driven:
                await self._drive(operation, session, False)
            else:
                await change.wait()

    def _leave_alone(self, operation: Operation | None) -> None:
        if operation is not None and operation.step is not None and operation.turn is self._pt.running:
            self._left_alone = operation
            self._stir.now()

    def _ended(self, operation: Operation) -> None:
        if self._left_alone is operation:
            self._left_alone = None
        if self._pt.running is operation.turn:
            self._pt.running = None
            self._pt.show(display.READY)

    def _powered(self) -> bool:
        """Is there power? Starts the terminal when a cut with an end has ended."""
        if self._off_until is not None and anyio.current_time() >= self._off_until:
            self._power_on()
        return self._off_until is None

    def _power_on(self) -> None:
        self._off_until = None
        self._pt.start()

    def _cut_power(self, off_for_s: float) -> None:
        self._off_until = anyio.current_time() + off_for_s
        self._left_alone = None
        self._pt.running = None
        self._pt.registration = None
        self._pt.show(display.OFF)
        for session in self._sessions:
            session.cut()
        self._stir.now()

    async def command(self, line: str) -> str:
        """Carry out one command of COMMANDS. Raises ValueError with a sentence for one it does not know."""
        self._powered()
        done = self._hands(line.strip())
        self._stir.now()
        return done

    def _hands(self, line: str) -> str:
        words = line.split()
        reader = self._pt.reader
        match words:
            case ["present", "card", *name]:
                return f"{reader.present(' '.join(name), chip=False).name} held to the reader"
            case ["insert", "card", *name]:
                return f"{reader.present(' '.join(name), chip=True).name} inserted"
            case ["remove", "card"]:
                reader.remove()
                return "no card at the terminal"
            case ["press", "cancel"]:
                if self._pt.running is not None:
                    self._pt.running.abort_wished = True
                return "the red key was pressed"
            case ["card", "auto", *after] if len(after) < 2:
                reader.auto_s = float(after[0]) if after else (0.0 if self._pt.instant else AUTO_CARD_S)
                return f"a card presents itself after {reader.auto_s:g} s"
            case ["card", "manual"]:
                reader.auto_s = None
                return "cards come by hand only"
            case ["decline", "next"]:
                self._faults.arm("decline")
                return "the next payment is declined"
            case ["fault", *spec] if spec:
                self._faults.arm(" ".join(spec))
                return f"armed {' '.join(spec)}"
            case _:
                return self._wiring(words)

    def _wiring(self, words: list[str]) -> str:
        match words:
            case ["power", "off"]:
                self._cut_power(math.inf)
                return "the terminal is dark"
            case ["power", "on"]:
                if self._off_until is not None:
                    self._power_on()
                return "the terminal has power"
            case ["unplug"]:
                self._plugged = False
                return "the network cable is out"
            case ["plug"]:
                self._plugged = True
                for session in self._sessions:
                    if session.lost_bytes:
                        session.end()
                return "the network cable is in"
            case ["currency", first, *others] if all(code.isdecimal() for code in (first, *others)):
                self._pt.currencies = (int(first), *(int(code) for code in others))
                return f"currencies {' '.join((first, *others))}"
            case ["language", ("en" | "ru") as language]:
                self._pt.language = language
                return f"receipts in {language}"
            case ["sync", "ids", ("on" | "off") as state]:
                self._pt.books.sync_ids = state == "on"
                self._pt.books.save()
                return f"receipt-number ids {state}"
            case _:
                raise ValueError(f"unknown command {' '.join(words)!r}; known: {', '.join(COMMANDS)}")

    def picture(self) -> dict[str, Any]:
        """What a drawing of the terminal needs; `display` is in two languages. Called where anyio runs."""
        self._powered()
        pt, books = self._pt, self._pt.books
        running = pt.running
        last = books.last()
        return {
            "device": self.NAME,
            "power": self._off_until is None,
            "connections": len(self._sessions),
            "registered": pt.registration is not None,
            "display": dict(pt.shown),
            "busy": running is not None,
            "waiting_for_card": running is not None and running.waits_for_card,
            "amount_minor": None if running is None else running.amount_minor,
            "currency": pt.setup.currency,
            "card": "inserted" if pt.reader.inserted else "held" if pt.reader.held else "none",
            "card_auto_s": pt.reader.auto_s,
            "needs": [f"{code:02X}" for code in sorted(books.needs)],
            "slip": books.slip,
            "last": None if last is None else {"kind": last.kind, **last.facts()},
            "faults": self._faults.armed(),
            "paper": pt.paper[-30:],
            **({} if self._plugged else {"plugged": False}),  # else the runner's plug knows
        }
