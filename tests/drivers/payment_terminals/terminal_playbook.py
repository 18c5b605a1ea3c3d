"""Drives a dialogue by hand, step by step: what it must send, what it hears, what it tells. No link, no mocks."""

from __future__ import annotations

import dataclasses
import datetime as dt
from enum import Enum
from pathlib import Path
from typing import Any

from drivers.errors import DeviceError, Refused, Unanswered
from drivers.links.link import LinkLost
from drivers.payment_terminals.contract import Baseline, CardOperation, CardRequest
from drivers.wire.dialogue import Hear, Send, Tell, Wish

TRANSCRIPTS = Path(__file__).parents[2] / "transcripts"
SENT_AT = dt.datetime(2025, 11, 21, 14, 30, 0)
ACK = "80 00 00"


def request(
    operation: CardOperation = CardOperation.PURCHASE,
    amount_minor: int = 1000,
    *,
    currency: int = 978,
    terminal: str = "52500038",
    slip: int = 30,
    trace: int = 122,
    of_slip: int = 0,
    sent_at: dt.datetime = SENT_AT,
    key: str = "a1",
) -> CardRequest:
    baseline = Baseline(terminal, slip, trace)
    return CardRequest(key, operation, amount_minor, currency, sent_at, baseline, of_slip)


class Play:
    """A running dialogue. `answer` or `error` is set once it has ended."""

    def __init__(self, dialogue: Any) -> None:
        self.dialogue = dialogue
        self.step: Any = None
        self.answer: Any = None
        self.error: BaseException | None = None
        self.ended = False
        self.told: list[object] = []
        self._go(lambda: dialogue.send(None))

    def _go(self, resume: Any) -> None:
        try:
            self.step = resume()
        except StopIteration as end:
            self.answer, self.ended, self.step = end.value, True, None
        except (DeviceError, LinkLost) as error:
            self.error, self.ended, self.step = error, True, None

    def resume(self, value: object = None) -> None:
        self._go(lambda: self.dialogue.send(value))

    def throw(self, error: Exception) -> Play:
        assert isinstance(self.step, Hear | Send), self.step
        self._go(lambda: self.dialogue.throw(error))
        return self

    def sends(self, *frames: str) -> Play:
        for frame in frames:
            assert self.step == Send(bytes.fromhex(frame)), (self.step, frame)
            self.resume()
        return self

    def hears(self, frame: str | bytes) -> Play:
        """The dialogue hears these bytes: exactly one frame."""
        assert isinstance(self.step, Hear), self.step
        cut = self.step.grammar.cut(bytes.fromhex(frame) if isinstance(frame, str) else frame)
        assert cut is not None
        assert cut[1] == b""
        self.resume(cut[0])
        return self

    def acks(self, frame: str) -> Play:
        return self.hears(frame).sends(ACK)

    def tells(self, kind: type) -> Any:
        assert isinstance(self.step, Tell), self.step
        event = self.step.event
        assert isinstance(event, kind), event
        self.told.append(event)
        self.resume()
        return event

    def wishes(self, name: str) -> Play:
        assert isinstance(self.step, Hear)
        assert self.step.wishes
        self.resume(Wish(name))
        return self

    def lost(self) -> Play:
        return self.throw(LinkLost("closed"))

    def silence(self) -> Play:
        assert isinstance(self.step, Hear)
        return self.throw(Unanswered("silence"))

    def refused(self) -> str:
        assert isinstance(self.error, Refused), (self.error, self.answer, self.step)
        return self.error.code

    def result(self) -> Any:
        assert self.ended, self.step
        if self.error is not None:
            raise self.error
        return self.answer


def shown(value: object) -> str:
    """A value as a transcript shows it: fields that differ from their defaults."""
    if isinstance(value, Refused):
        return f"Refused({value.code})"
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, dt.datetime):
        return str(value)
    if dataclasses.is_dataclass(value):
        parts = [
            f"{field.name}={shown(getattr(value, field.name))}"
            for field in dataclasses.fields(value)
            if getattr(value, field.name) != field.default
        ]
        return f"{type(value).__name__}({', '.join(parts)})"
    return repr(value)


def play_transcript(path: Path, start: Any) -> None:
    """Play a transcript file: `>` must be sent, `<` is heard, `=` is the end; `start` makes the dialogue."""
    settings: dict[str, str] = {}
    play: Play | None = None
    for line in path.read_text("utf-8").splitlines():
        mark, _, rest = line.partition(" ")
        if line.startswith("# settings: "):
            settings = dict(pair.split("=") for pair in line.removeprefix("# settings: ").split())
        elif line.startswith("# do: "):
            play = Play(start(line.removeprefix("# do: ").split(), settings))
        elif line.startswith("# wish: "):
            assert play is not None
            play.wishes(line.removeprefix("# wish: "))
        elif line.startswith("#"):
            continue
        else:
            assert play is not None
            while mark != "=" and isinstance(play.step, Tell):
                play.tells(object)
            if mark == ">":
                play.sends(rest)
            elif mark == "<":
                play.hears(rest)
            elif mark == "=":
                while isinstance(play.step, Tell):
                    play.tells(object)
                assert play.ended, play.step
                assert shown(play.error or play.answer) == rest
