"""Every ID-003 transcript is what the driver says, understands and tells, byte for byte and in this order.

# do: identify | attend      `>` sent, `<` heard, `!` told, `# wish: accept 61 62`, `# silence`, `=` the end
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from id003_playbook import TRANSCRIPTS, shown

from drivers.cash_devices.contract import Accept, GiveBack, Leave, Refuse, Stack
from drivers.cash_devices.id003.driver import Id003
from drivers.errors import Unanswered
from drivers.wire.dialogue import Hear, Rest, Send, Tell, Wish

FILES = sorted((TRANSCRIPTS / "id003").glob("*.txt"))


def wish(words: list[str]) -> Wish:
    match words:
        case ["accept", *codes]:
            return Accept(types={"validator": frozenset(int(code, 16) for code in codes)})
        case ["stack"]:
            return Stack(unit="validator")
        case ["give_back"]:
            return GiveBack(unit="validator")
        case ["refuse"]:
            return Refuse()
        case ["leave"]:
            return Leave()
    raise ValueError(words)


class Reading:
    """A dialogue that is held against the lines of a transcript."""

    def __init__(self, dialogue: Any) -> None:
        self.dialogue = dialogue
        self.answer: object = None
        self.step: Any = None
        self.resume(None)

    def resume(self, value: object) -> None:
        try:
            self.step = self.dialogue.send(value)
        except StopIteration as end:
            self.answer, self.step = end.value, None

    def line(self, mark: str, rest: str) -> None:
        while isinstance(self.step, Rest) and mark in (">", "!", "="):
            self.resume(None)
        match mark:
            case ">":
                assert isinstance(self.step, Send), (self.step, rest)
                assert self.step.data.hex(" ").upper() == rest
                self.resume(None)
            case "<":
                assert isinstance(self.step, Hear), (self.step, rest)
                cut = self.step.grammar.cut(bytes.fromhex(rest))
                assert cut is not None, rest
                assert cut[1] == b""
                self.resume(cut[0])
            case "!":
                assert isinstance(self.step, Tell), (self.step, rest)
                assert shown(self.step.event) == rest
                self.resume(None)
            case "=":
                assert self.step is None, self.step
                assert shown(self.answer) == rest

    def wishes(self, wished: Wish) -> None:
        assert isinstance(self.step, Rest), self.step
        self.resume(wished)

    def silence(self) -> None:
        assert isinstance(self.step, Hear), self.step
        self.step = self.dialogue.throw(Unanswered("silence"))


def play(path: Path) -> None:
    settings: dict[str, int | str | bool] = {}
    reading: Reading | None = None
    for line in path.read_text("utf-8").splitlines():
        mark, _, rest = line.partition(" ")
        if line.startswith("# settings: "):
            settings = dict(pair.split("=", 1) for pair in line.removeprefix("# settings: ").split())
        elif line == "# do: identify":
            reading = Reading(Id003(settings).identify())
        elif line == "# do: attend":
            reading = Reading(Id003(settings).attend({}))
        elif line.startswith("# wish: "):
            assert reading is not None
            reading.wishes(wish(line.removeprefix("# wish: ").split()))
        elif line == "# silence":
            assert reading is not None
            reading.silence()
        elif mark != "#":
            assert reading is not None
            reading.line(mark, rest)
    assert reading is not None
    assert reading.step is None, f"{path.name} ends before the conversation does"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_transcript(path: Path) -> None:
    play(path)


def test_the_transcripts_are_there() -> None:
    names = {path.stem for path in FILES}
    assert {"identify", "note_accepted", "note_given_back", "power_up_in_stacker", "stack_unanswered"} <= names
