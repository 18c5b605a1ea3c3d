"""Plays a validator by hand: the test says the states, what was ordered and told stands in `log`. No link, no clock.

Every play also checks what the bus demands: data is acknowledged, nothing else is, and 20 ms of silence lie between an
acknowledgement and the next command.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from drivers.cash_devices.ccnet.driver import Ccnet
from drivers.cash_devices.contract import Accept, Denomination, Remembered, Unit
from drivers.errors import DeviceError, Unanswered
from drivers.links.link import LinkLost
from drivers.wire.dialogue import Hear, Pause, Rest, Send, Tell, Wish

TRANSCRIPTS = Path(__file__).parents[2] / "transcripts"
ROUBLES = (10, 50, 100, 200, 500, 1000, 2000, 5000)
TABLE = b"".join(int(str(n)[0]).to_bytes(1, "big") + b"RUB" + bytes([len(str(n)) - 1]) for n in ROUBLES).ljust(
    120, b"\0"
)
TAKES = tuple(Denomination(type_, value * 100, "RUB") for type_, value in enumerate(ROUBLES))
PART, SERIAL = "SM-RU1353", "21KC00001234"
IDENTITY = PART.ljust(15).encode() + SERIAL.encode() + bytes(range(7))
ALL = Accept({"validator": frozenset(range(8))})
STATUS = bytes(6)
GETS = {0x31, 0x33, 0x37, 0x41, 0x5B}


def found(stacked: int | None = 7, serial: str = SERIAL, takes: tuple[Denomination, ...] = TAKES) -> Unit:
    return Unit("validator", serial, PART, takes, (), True, stacked)


REMEMBERED = {"validator": Remembered(found())}


def crc(data: bytes) -> int:
    """CRC-16/KERMIT bit by bit, on its own: a mistake shared with the driver would not be seen."""
    value = 0
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ 0x8408 if value & 1 else value >> 1
    return value


def framed(body: bytes) -> bytes:
    head = bytes([2, 3, len(body) + 5]) + body
    return head + crc(head).to_bytes(2, "little")


class Play:
    """A running conversation with a validator that answers as the reference says, unless it is `mute` to a command,
    `refuses` it (30) or `nacks` it (FF). `late` is heard before the next answer.

    `log` holds orders and questions (hexadecimal, without POLL and acknowledgements), events, and "ack" where a poll
    was acknowledged after it had something to tell. `written` are the lines of a transcript.
    """

    def __init__(self, dialogue: Any, *, table: bytes = TABLE, identity: bytes = IDENTITY, count: int = 7) -> None:
        self.dialogue = dialogue
        self.table, self.identity, self.count = table, identity, count
        self.mute: set[int] = set()
        self.refuses: set[int] = set()
        self.nacks: set[int] = set()
        self.late: list[str] = []
        self.log: list[Any] = []
        self.written: list[str] = []
        self.step: Any = None
        self.ended = False
        self.error: BaseException | None = None
        self.answer: object = None
        self._asked = b""
        self._owes_ack = False
        self._quiet = True
        self._told = False
        self._go(lambda: dialogue.send(None))

    def _go(self, resume: Any) -> None:
        try:
            self.step = resume()
        except StopIteration as end:
            self.ended, self.answer, self.step = True, end.value, None
        except (DeviceError, LinkLost) as error:
            self.ended, self.error, self.step = True, error, None

    def resume(self, value: object = None) -> None:
        self._go(lambda: self.dialogue.send(value))

    def throw(self, error: Exception) -> None:
        self._go(lambda: self.dialogue.throw(error))

    def beat(self, state: str | None = None) -> Play:
        """The next poll hears this state (hexadecimal), None: silence; on to the next rest."""
        if isinstance(self.step, Rest):
            self._rest(None)
        return self.until_rest(state)

    def beats(self, state: str | None, seconds: float) -> Play:
        for _ in range(round(seconds / 0.2)):
            if not self.ended:
                self.beat(state)
        return self

    def states(self, *states: str) -> Play:
        for state in states:
            self.beat(state)
        return self

    def wish(self, wish: Wish) -> Play:
        assert isinstance(self.step, Rest), self.step
        self.written.append(f"# wish: {wished(wish)}")
        self._rest(wish)
        return self.until_rest(None)

    def _rest(self, wish: Wish | None) -> None:
        assert self.step.period_s == 0.2
        assert self.step.at_least_s >= 0.02
        self._quiet = self._quiet or wish is None
        self.resume(wish)

    def until_rest(self, state: str | None) -> Play:
        while not self.ended and not isinstance(self.step, Rest):
            self.one(state)
        return self

    def one(self, state: str | None) -> None:
        """One step that is no rest."""
        match self.step:
            case Tell(event):
                self.log.append(event)
                self.written.append(f"! {shown(event)}")
                self._told = True
                self.resume()
            case Pause(seconds):
                assert seconds >= 0.02
                self._quiet = True
                self.resume()
            case Send(data):
                self._sent(data)
                self.resume()
            case Hear():
                self._answer(state)

    def _sent(self, data: bytes) -> None:
        self.written.append(f"> {data.hex(' ').upper()}")
        body = data[3:-2]
        assert data == framed(body)
        if body == b"\x00":
            assert self._owes_ack, "an acknowledgement nobody asked for"
            self._owes_ack, self._quiet = False, False
            if self._asked == b"\x33" and self._told:
                self.log.append("ack")
            return
        assert not self._owes_ack, f"{self._asked.hex()} was not acknowledged before {body.hex()}"
        assert self._quiet, f"no silence before {body.hex()}"
        self._asked, self._told = body, False
        if body != b"\x33":
            self.log.append(body.hex().upper())

    def _answer(self, state: str | None) -> None:
        command = self._asked[0]
        if self.late:
            self._hear(bytes.fromhex(self.late.pop(0)))
            return
        if command in self.mute or (command == 0x33 and state is None):
            self.written.append("# silence")
            self.throw(Unanswered("silence"))
        elif command in self.nacks:
            self.nacks.discard(command)
            self._hear(b"\xff")
        elif command in self.refuses:
            self._hear(b"\x30")
        elif command in GETS:
            answers = {0x31: STATUS, 0x37: self.identity, 0x41: self.table, 0x5B: self.count.to_bytes(2, "big")}
            self._owes_ack = True
            self._hear(answers[command] if command in answers else bytes.fromhex(state or ""))
        else:
            self._hear(b"\x00")

    def _hear(self, body: bytes) -> None:
        cut = self.step.grammar.cut(framed(body))
        assert cut == (body, b"")
        self.written.append(f"< {framed(body).hex(' ').upper()}")
        self.resume(cut[0])

    def taken(self) -> list[Any]:
        """The log since the last time."""
        log, self.log = self.log, []
        return log


def attend(remembered: Any = None, *, first: str | None = "19", setup: Any = None, **settings: Any) -> Play:
    """A conversation whose first poll has heard `first`. `setup(play)` is called before it."""
    options = {name: settings.pop(name) for name in ("table", "identity", "count") if name in settings}
    play = Play(Ccnet(settings).attend(REMEMBERED if remembered is None else remembered), **options)
    if setup is not None:
        setup(play)
    return play.until_rest(first)


def opened(**settings: Any) -> Play:
    """A validator that takes all its notes, and an empty log."""
    play = attend(**settings).wish(ALL).beat("14")
    play.taken()
    return play


def in_escrow(type_: str = "04", **settings: Any) -> Play:
    play = opened(**settings).states("15", f"80{type_}")
    play.taken()
    return play


def wished(wish: Wish) -> str:
    if isinstance(wish, Accept):
        return "accept " + ",".join(str(each) for each in sorted(wish.types.get("validator", ())))
    return wish.name


def shown(value: object) -> str:
    """A value as a transcript shows it: fields that differ from their defaults."""
    if dataclasses.is_dataclass(value):
        parts = [
            f"{field.name}={shown(getattr(value, field.name))}"
            for field in dataclasses.fields(value)
            if getattr(value, field.name) != field.default
        ]
        return f"{type(value).__name__}({', '.join(parts)})"
    if isinstance(value, tuple):
        return f"({', '.join(shown(each) for each in value)}{',' if len(value) == 1 else ''})"
    return repr(value)
