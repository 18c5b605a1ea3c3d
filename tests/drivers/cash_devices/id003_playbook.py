"""Plays a validator by hand: the test says the statuses, what was sent and told stands in `log`. No link, no clock."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from drivers.cash_devices.contract import Accept, Remembered
from drivers.cash_devices.id003.driver import Id003
from drivers.cash_devices.id003.frames import Frame
from drivers.errors import DeviceError, Unanswered
from drivers.links.link import LinkLost
from drivers.wire.dialogue import Hear, Rest, Send, Tell, Wish

TRANSCRIPTS = Path(__file__).parents[2] / "transcripts"
VERSION = b"UBA-10-SS ID003-05V213-13"
TABLE = bytes.fromhex("61300102 62300502 63300103 64300503 65000000")
"""61 = 100, 62 = 500, 63 = 1000, 64 = 5000 roubles, 65 unused."""
ALL = frozenset({0x61, 0x62, 0x63, 0x64})
STATUS, SETS, GETS, MOVES = 0x11, (0xC0, 0xC1, 0xC3, 0xC5), (0x88, 0x8A), (0x40, 0x41, 0x42, 0x43, 0x44)


class Play:
    """A running conversation with a validator that answers as the reference says, unless it is `mute` to a command or
    `refuses` it. `log` holds what was sent (hexadecimal, without status requests and checksums) and the events."""

    def __init__(self, dialogue: Any, *, table: bytes = TABLE, version: bytes = VERSION) -> None:
        self.dialogue = dialogue
        self.table, self.version = table, version
        self.mute: set[int] = set()
        self.refuses: set[int] = set()
        self.log: list[object] = []
        self.step: Any = None
        self.ended = False
        self.error: BaseException | None = None
        self.answer: object = None
        self._asked: Frame | None = None
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

    def beat(self, status: str | None) -> Play:
        """The next poll hears this status (hexadecimal, with its data), None: silence; on to the next rest."""
        while isinstance(self.step, Rest):
            self.resume()
        return self.until_rest(status)

    def until_rest(self, status: str | None) -> Play:
        while not self.ended and not isinstance(self.step, Rest):
            self.one(status)
        return self

    def beats(self, status: str | None, seconds: float) -> Play:
        for _ in range(round(seconds / 0.2)):
            if not self.ended:
                self.beat(status)
        return self

    def wish(self, wish: Wish, status: str | None = None) -> Play:
        assert isinstance(self.step, Rest), self.step
        self.resume(wish)
        return self.until_rest(status)

    def one(self, status: str | None) -> None:
        """One step that is no rest."""
        step = self.step
        if isinstance(step, Tell):
            self.log.append(step.event)
            self.resume()
        elif isinstance(step, Send):
            self._asked = Frame(step.data[2], step.data[3:-2])
            assert self._asked.encode() == step.data
            if self._asked.code != STATUS:
                self.log.append((bytes([self._asked.code]) + self._asked.data).hex(" ").upper())
            self.resume()
        else:
            assert isinstance(step, Hear), step
            answer = self._answer(status)
            cut = step.grammar.cut(answer.encode()) if answer else None
            if cut is None:
                self.throw(Unanswered("silence"))
            else:
                self.resume(cut[0])

    def _answer(self, status: str | None) -> Frame | None:
        asked = self._asked
        assert asked is not None
        if asked.code == STATUS:
            said = bytes.fromhex(status) if status else b""
            return Frame(said[0], said[1:]) if said else None
        if asked.code in self.mute:
            return None
        if asked.code in self.refuses:
            return Frame(0x4B)
        if asked.code in SETS:
            return asked
        if asked.code in GETS:
            return Frame(asked.code, self.version if asked.code == 0x88 else self.table)
        assert asked.code in MOVES, asked
        return Frame(0x50)

    def news(self) -> list[object]:
        """What stands in the log since the last look."""
        seen, self.log = self.log, []
        return seen

    def events(self) -> list[object]:
        return [entry for entry in self.news() if not isinstance(entry, str)]


def attend(remembered: dict[str, Remembered] | None = None, **settings: int | str) -> Play:
    return Play(Id003(dict(settings)).attend(remembered or {}))


def set_up(**settings: int | str) -> Play:
    """A validator that was running and shut: identified, taking nothing."""
    play = attend(None, **settings).beat("1A")
    play.news()
    return play


def opened(**settings: int | str) -> Play:
    """A validator that takes every note."""
    play = set_up(**settings).wish(Accept(types={"validator": ALL})).beat("1A").beat("11")
    play.news()
    return play


def escrowed(code: str = "62", **settings: int | str) -> Play:
    play = opened(**settings).beat("12").beat(f"13 {code}")
    play.news()
    return play


def shown(value: object) -> str:
    """An event as a transcript shows it: fields that differ from their defaults."""
    if dataclasses.is_dataclass(value):
        parts = [
            f"{field.name}={shown(getattr(value, field.name))}"
            for field in dataclasses.fields(value)
            if getattr(value, field.name) != field.default
        ]
        return f"{type(value).__name__}({', '.join(parts)})"
    if isinstance(value, tuple):
        inside = ", ".join(shown(each) for each in value)
        return f"({inside}{',' if len(value) == 1 else ''})"
    return repr(value)
