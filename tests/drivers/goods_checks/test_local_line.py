"""The goods check driver: verdicts, evidence, and answers that are none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from drivers.errors import DeviceError, Garbled, Refused, Unanswered
from drivers.goods_checks.contract import GoodsAnswer, GoodsVerdict
from drivers.goods_checks.local_line import LocalLine
from drivers.links.link import LinkLost
from drivers.wire.dialogue import Hear, Send
from drivers.wire.lines import JsonLines

TRANSCRIPTS = Path(__file__).parents[2] / "transcripts" / "local_line"


def asked(code: bytes = b"0104\x1d93", within_s: float = 1.5) -> Any:
    dialogue = LocalLine({}).check(code, within_s=within_s)
    assert isinstance(next(dialogue), Send)
    hear = dialogue.send(None)
    assert isinstance(hear, Hear)
    assert hear.within_s == within_s
    return dialogue


def end(dialogue: Any, line: bytes) -> Any:
    """The value or the error the dialogue ends in when it hears this line."""
    cut = JsonLines().cut(line)
    assert cut is not None
    try:
        dialogue.send(cut[0])
    except StopIteration as ended:
        return ended.value
    except DeviceError as error:
        return error
    raise AssertionError("the dialogue goes on")


@pytest.mark.parametrize("verdict", list(GoodsVerdict))
def test_every_verdict_is_understood(verdict: GoodsVerdict) -> None:
    line = json.dumps({"verdict": verdict.value, "uuid": "5b1f", "time": 7}).encode() + b"\n"
    assert end(asked(), line) == GoodsAnswer(verdict, "UUID=5b1f&Time=7")


def test_an_answer_that_is_none() -> None:
    assert isinstance(end(asked(), b'{"verdict":"fine","uuid":"5b1f","time":7}\n'), Garbled)
    assert isinstance(end(asked(), b'{"verdict":"ok","uuid":"5b1f","time":"7"}\n'), Garbled)
    assert isinstance(end(asked(), b"{}\n"), Garbled)
    refused = end(asked(), b'{"error":"bad_request"}\n')
    assert isinstance(refused, Refused)
    assert refused.code == "local_line.bad_request"


@pytest.mark.parametrize("trouble", [Unanswered("silence"), LinkLost("closed")])
def test_silence_and_a_lost_link_are_unanswered(trouble: Exception) -> None:
    with pytest.raises(Unanswered):
        asked().throw(trouble)


def test_what_is_too_long_for_a_code_is_never_sent() -> None:
    with pytest.raises(Refused):
        next(LocalLine({}).check(bytes(4000), within_s=1.5))


@pytest.mark.parametrize("path", sorted(TRANSCRIPTS.glob("*.txt")), ids=lambda path: path.stem)
def test_transcript(path: Path) -> None:
    dialogue: Any = None
    step: Any = None
    ended: Any = None
    for line in path.read_text("utf-8").splitlines():
        if line.startswith("# do: check "):
            dialogue = LocalLine({}).check(bytes.fromhex(line.removeprefix("# do: check ")), within_s=1.5)
            step = next(dialogue)
        elif line == "# do: reachable":
            dialogue = LocalLine({}).reachable()
            step = next(dialogue)
        elif line.startswith("> "):
            assert step == Send(bytes.fromhex(line[2:]))
            step = dialogue.send(None)
        elif line.startswith("< "):
            ended = end(dialogue, bytes.fromhex(line[2:]))
        elif line.startswith("= "):
            shown = f"GoodsAnswer(verdict={ended.verdict.name}, evidence={ended.evidence!r})" if ended else "None"
            assert shown == line[2:]
    assert dialogue is not None
