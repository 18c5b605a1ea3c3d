"""Every ccTalk transcript is what the driver says and understands, byte for byte.

# settings: name=value ...       # remembered: UNIT SERIAL STACKED CREDITS [KEY AMOUNT BASELINE,...]
# do: identify | attend          # wish: accept UNIT TYPE,... | stack UNIT | pay UNIT KEY AMOUNT | leave
# silence                        > sent    < heard    ! told    = result
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from drivers.cash_devices.cctalk.driver import CcTalk
from drivers.cash_devices.contract import Accept, GiveBack, Leave, Pay, PayoutMeant, Refuse, Remembered, Stack, Unit
from drivers.errors import DeviceError, Unanswered
from drivers.wire.dialogue import Hear, Rest, Send, Tell, Wish

FILES = sorted((Path(__file__).parents[2] / "transcripts" / "cctalk").glob("*.txt"))
NEEDED = {"identify", "coin_accepted", "note_accepted", "note_given_back", "recovery_after_power_loss", "payout"}
WISHES: dict[str, Callable[..., Wish]] = {
    "accept": lambda unit, types: Accept({unit: frozenset(int(each) for each in types.split(","))}),
    "refuse": lambda: Refuse(),
    "leave": lambda: Leave(),
    "stack": Stack,
    "give_back": GiveBack,
    "pay": lambda unit, key, amount: Pay(unit, key, int(amount)),
}


def shown(value: object) -> str:
    """A value as a transcript shows it: fields that differ from their defaults."""
    if dataclasses.is_dataclass(value):
        fields = dataclasses.fields(value)
        parts = [(each.name, getattr(value, each.name), each.default) for each in fields]
        return f"{type(value).__name__}({', '.join(f'{name}={shown(is_)}' for name, is_, was in parts if is_ != was)})"
    if isinstance(value, tuple):
        return f"({', '.join(map(shown, value))}{',' if len(value) == 1 else ''})"
    return repr(value)


def setting(text: str) -> tuple[str, int | str | bool]:
    name, _, value = text.partition("=")
    return name, value == "true" if value in ("true", "false") else int(value) if value.isdigit() else value


def number(text: str) -> int | None:
    return None if text == "-" else int(text)


def memory(line: str) -> dict[str, Remembered]:
    name, serial, stacked, credits, *payout = line.split()
    meant = None
    if payout:
        key, amount, baseline = payout
        meant = PayoutMeant(name, key, int(amount), tuple(int(each) for each in baseline.split(",")))
    return {name: Remembered(Unit(name, serial, "", stacked=number(stacked), credits=number(credits)), meant)}


class Player:
    """The dialogue, moved by the lines of a transcript. Rests pass by themselves."""

    def __init__(self, dialogue: Any) -> None:
        self.dialogue = dialogue
        self.end = ""
        self.step: Any = None
        self.go()

    def go(self, result: object = None, trouble: DeviceError | None = None) -> None:
        try:
            self.step = self.dialogue.throw(trouble) if trouble else self.dialogue.send(result)
        except StopIteration as ended:
            self.step, self.end = None, shown(ended.value)
        except DeviceError as error:
            self.step, self.end = None, type(error).__name__

    def rest(self) -> None:
        while isinstance(self.step, Rest):
            self.go()

    def line(self, mark: str, text: str) -> None:
        if mark == "wish":
            name, *words = text.split()
            while not (isinstance(self.step, Rest) and self.step.period_s):
                assert isinstance(self.step, Rest), self.step
                self.go()
            self.go(WISHES[name](*words))
            return
        self.rest()
        if mark == ">":
            assert self.step == Send(bytes.fromhex(text)), (self.step, text)
            self.go()
        elif mark == "<":
            assert isinstance(self.step, Hear), self.step
            cut = self.step.grammar.cut(bytes.fromhex(text))
            assert cut is not None, text
            assert cut[1] == b""
            self.go(cut[0])
        elif mark == "silence":
            assert isinstance(self.step, Hear), self.step
            self.go(trouble=Unanswered("silence"))
        elif mark == "!":
            assert isinstance(self.step, Tell), self.step
            assert shown(self.step.event) == text
            self.go()
        else:
            assert mark == "="
            assert self.end == text


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_transcript(path: Path) -> None:
    settings: dict[str, int | str | bool] = {}
    remembered: dict[str, Remembered] = {}
    player: Player | None = None
    for line in path.read_text("utf-8").splitlines():
        word, _, rest = line.removeprefix("# ").partition(": ")
        if line.startswith("# settings: "):
            settings = dict(setting(each) for each in rest.split())
        elif line.startswith("# remembered: "):
            remembered |= memory(rest)
        elif line.startswith("# do: "):
            device = CcTalk(settings)
            player = Player(device.identify() if rest == "identify" else device.attend(remembered))
        elif line.startswith("# wish: ") or line == "# silence":
            assert player is not None
            player.line(word, rest)
        elif not line.startswith("#"):
            assert player is not None
            mark, _, text = line.partition(" ")
            player.line(mark, text)
    assert player is not None


def test_the_transcripts_are_there() -> None:
    assert {path.stem for path in FILES} >= NEEDED
