"""Every ZVT transcript is what the driver says and understands, byte for byte."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from terminal_playbook import TRANSCRIPTS, play_transcript, request

from drivers.payment_terminals.contract import CardOperation
from drivers.payment_terminals.zvt.driver import Zvt

FILES = sorted((TRANSCRIPTS / "zvt").glob("*.txt"))


def start(do: list[str], settings: dict[str, str]) -> Any:
    chosen: dict[str, int | str | bool] = {
        name: value == "true" if value in ("true", "false") else value for name, value in settings.items()
    }
    terminal = Zvt(chosen, now=lambda: 0.0)
    if do[0] in ("perform", "ask"):
        options = dict(pair.split("=") for pair in do[3:])
        asked = request(CardOperation(do[1]), int(do[2]), of_slip=int(options.get("of", 0)))
        return getattr(terminal, do[0])(asked)
    return getattr(terminal, do[0])()


@pytest.mark.parametrize(
    "path", [file for file in FILES if "# do:" in file.read_text("utf-8")], ids=lambda path: path.stem
)
def test_transcript(path: Path) -> None:
    play_transcript(path, start)


def test_the_transcripts_are_there() -> None:
    assert len(FILES) >= 8
