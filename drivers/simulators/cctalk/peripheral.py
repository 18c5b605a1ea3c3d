"""One device on the ccTalk bus: its name and numbers, the commands that all devices have, reset and boot.

254 simple poll   246 manufacturer   245 category   244 product   242 serial (3 bytes, low first)
241 software      192 build          4 revision     255 factory   232 self-check   249 polling priority
213 option flags  1 reset
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from drivers.simulators.cash_box import CashBox
from drivers.simulators.cctalk.agenda import Appointment, Deed
from drivers.simulators.cctalk.frames import ACKNOWLEDGED, BUSY_NOW, REFUSED, Answer
from drivers.simulators.cctalk.rig import Rig

READY_S = 0.250  # the specification: ready for the first command 250 ms after power-up
CURRENCY = "RUB"
MINOR = 100  # kopecks in a rouble
RESET = 1
REVISION = bytes([1, 4, 6])  # comms revision: release 1, specification 4.6


@dataclass(frozen=True, slots=True)
class Command:
    """`sizes`: how many data bytes it may have; anything else is answered NAK."""

    run: Callable[[bytes], Answer]
    sizes: tuple[int, ...] = (0,)


@dataclass(frozen=True, slots=True)
class Identity:
    unit: str
    address: int
    category: str
    product: str
    software: str
    poll: bytes  # unit (1: ms, 2: 10 ms, 3: s) and value
    options: int


class Peripheral:
    """What follows here survives a reset only where `state` names it."""

    def __init__(self, rig: Rig, identity: Identity, serial: int) -> None:
        self.rig = rig
        self.identity = identity
        kept: dict[str, Any] = rig.kept.get(identity.unit, {})
        self.kept = kept
        self.serial: int = kept.get("serial", serial)
        self.box = CashBox(rig.ledger, identity.unit, kept.get("box"))
        self.crc = False
        self.ready = False
        self._pending: list[Appointment] = []
        self.commands: dict[int, Command] = {
            254: Command(lambda _: ACKNOWLEDGED),
            255: Command(lambda _: ACKNOWLEDGED, tuple(range(256))),
            246: Command(lambda _: Answer(b"TKS")),
            245: Command(lambda _: Answer(identity.category.encode())),
            244: Command(lambda _: Answer(identity.product.encode())),
            242: Command(lambda _: Answer(three(self.serial))),
            241: Command(lambda _: Answer(identity.software.encode())),
            192: Command(lambda _: Answer(b"2026")),
            4: Command(lambda _: Answer(REVISION)),
            232: Command(lambda _: Answer(self.self_check())),
            249: Command(lambda _: Answer(identity.poll)),
            213: Command(lambda _: Answer(bytes([identity.options]))),
            RESET: Command(self._reset),
        }
        rig.states[identity.unit] = self.state
        rig.on_power_lost.append(self._power_lost)
        rig.on_power_back.append(self.power_up)

    # What a kind of device adds

    tells_new_credit = False  # its answer just made carries a credit that no answer carried before
    credit_was_told = False  # and it has left: the next poll says that the host is content
    counter_headers: tuple[int, ...] = ()

    def state(self) -> dict[str, Any]:
        """What its memory keeps without power."""
        return {"serial": self.serial, "box": self.box.state()}

    def forget(self) -> None:
        """Power or program is gone: what is volatile goes with it."""

    def started(self) -> None:
        """It answers again: what its mechanics do first."""

    def self_check(self) -> bytes:
        """Fault code 0: all is well."""
        return b"\0"

    def stand_at(self, counter: int) -> None:
        """The event counter, set by a fault."""

    def answered(self, header: int) -> None:
        """Its answer to this command has left."""

    # What all have

    def power_up(self) -> None:
        self.forget()
        self.later(READY_S, self._ready)

    def reset(self) -> None:
        """Its program starts anew; its mechanics drop what they were doing."""
        self.ready = False
        for appointment in self._pending:
            appointment.cancel()
        self._pending.clear()
        self.power_up()

    def later(self, seconds: float, deed: Deed, *, timer: bool = False) -> Appointment:
        """A movement (or a timer, which takes its time on an instant device too); a reset forgets it."""
        appointment = self.rig.agenda.at(seconds if timer else self.rig.motion(seconds), deed)
        self._pending = [each for each in self._pending if each.deed is not None] + [appointment]
        return appointment

    def carry_out(self, header: int, data: bytes) -> Answer | None:
        """None: it does not answer."""
        traps, unit = self.rig.traps, self.identity.unit
        if header != RESET and traps.strikes("reset_in_session", unit):
            self.reset()
            return None
        if traps.strikes("busy", str(header)):
            return BUSY_NOW
        if header in self.counter_headers:
            stands = traps.due("counter_wrap", lambda value: value.rpartition(":")[0] in ("", unit))
            if stands is not None:
                number = stands.rpartition(":")[2]
                self.stand_at(int(number) if number.isdecimal() and 0 < int(number) < 256 else 255)
        command = self.commands.get(header)
        if command is None or len(data) not in command.sizes:
            return REFUSED
        return command.run(data)

    def _reset(self, _: bytes) -> Answer:
        self.reset()
        return ACKNOWLEDGED

    def _ready(self) -> None:
        if not self.ready:
            self.ready = True
            self.started()

    def _power_lost(self) -> None:
        self.ready = False
        self.forget()


def three(number: int) -> bytes:
    """A serial number or life counter: three bytes, the low one first."""
    return (number & 0xFFFFFF).to_bytes(3, "little")


def readers(values: Mapping[int, Callable[[], bytes]]) -> dict[int, Command]:
    """Commands without data that only read."""

    def reader(read: Callable[[], bytes]) -> Command:
        return Command(lambda _: Answer(read()))

    return {header: reader(read) for header, read in values.items()}
