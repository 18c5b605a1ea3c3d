"""Every CCNET transcript is what the driver says, tells and understands, byte for byte."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ccnet_playbook import REMEMBERED, TRANSCRIPTS, shown

from drivers.cash_devices.ccnet.driver import Ccnet
from drivers.cash_devices.contract import Accept, GiveBack, Leave, Pay, Refuse, Reset, Stack
from drivers.errors import Unanswered
from drivers.wire.dialogue import Hear, Pause, Rest, Send, Tell, Wish

FILES = sorted((TRANSCRIPTS / "ccnet").glob("*.txt"))
WISHES: dict[str, Wish] = {
    "refuse": Refuse(),
    "leave": Leave(),
    "reset": Reset(),
    "stack": Stack("validator"),
    "give_back": GiveBack("validator"),
    "pay": Pay("validator", "k", 500),
}


def wish_of(words: str) -> Wish:
    name, _, types = words.partition(" ")
    if name == "accept":
        return Accept({"validator": frozenset(int(each) for each in types.split(","))})
    return WISHES[name]


def start(do: str, settings: dict[str, str]) -> Any:
    chosen: dict[str, Any] = {name: int(value) if value.isdigit() else value for name, value in settings.items()}
    validator = Ccnet(chosen)
    if do == "identify":
        return validator.identify()
    return validator.attend(REMEMBERED if do == "attend remembered" else {})


def play(path: Path) -> None:
    dialogue: Any = None
    settings: dict[str, str] = {}
    step: Any = None
    ended = False
    answer: object = None

    def resume(value: object = None, error: Exception | None = None) -> None:
        nonlocal step, ended, answer
        try:
            step = dialogue.throw(error) if error else dialogue.send(value)
            while isinstance(step, Pause):
                step = dialogue.send(None)
        except StopIteration as end:
            ended, answer, step = True, end.value, None

    for line in path.read_text("utf-8").splitlines():
        mark, _, rest = line.partition(" ")
        if line.startswith("# settings: "):
            settings = dict(pair.split("=", 1) for pair in line.removeprefix("# settings: ").split())
        elif line.startswith("# do: "):
            dialogue = start(line.removeprefix("# do: "), settings)
            resume()
        elif line == "# silence":
            assert isinstance(step, Hear)
            resume(error=Unanswered("silence"))
        elif line.startswith("# wish: "):
            assert isinstance(step, Rest)
            resume(wish_of(line.removeprefix("# wish: ")))
        elif mark == ">":
            while isinstance(step, Rest):
                resume()
            assert step == Send(bytes.fromhex(rest)), (path.name, step, rest)
            resume()
        elif mark == "<":
            assert isinstance(step, Hear), step
            cut = step.grammar.cut(bytes.fromhex(rest))
            assert cut is not None
            assert cut[1] == b""
            resume(cut[0])
        elif mark == "!":
            assert isinstance(step, Tell), step
            assert f"! {shown(step.event)}" == line
            resume()
        elif mark == "=":
            assert ended, step
            assert shown(answer) == rest
    assert ended


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_transcript(path: Path) -> None:
    play(path)


def test_the_transcripts_are_there() -> None:
    names = {path.stem for path in FILES}
    assert names >= {"identify", "note_accepted", "note_given_back", "recovered_after_power_loss", "cassette_exchanged"}
