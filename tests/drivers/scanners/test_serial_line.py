"""The serial scanner: every suffix, silence, prefixes, AIM ids, and noise that must not become a code."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.errors import Unanswered
from drivers.links.link import LinkLost
from drivers.scanners.contract import Scanned
from drivers.scanners.serial_line import IDLE_S, SerialLine
from drivers.wire.dialogue import Hear, Tell

TRANSCRIPTS = Path(__file__).parents[2] / "transcripts" / "serial_line"
SILENCE = b""


class Listening:
    def __init__(self, **settings: int | str | bool) -> None:
        self.dialogue = SerialLine(settings).listen()
        self.step: Any = next(self.dialogue)
        self.scanned: list[bytes] = []

    def hear(self, *chunks: bytes) -> list[bytes]:
        for chunk in chunks:
            assert isinstance(self.step, Hear)
            if chunk == SILENCE:
                self.step = self.dialogue.throw(Unanswered("silence"))
            else:
                cut = self.step.grammar.cut(chunk)
                assert cut == (chunk, b"")
                self.step = self.dialogue.send(cut[0])
            while isinstance(self.step, Tell):
                assert isinstance(self.step.event, Scanned)
                self.scanned.append(self.step.event.data)
                self.step = self.dialogue.send(None)
        return self.scanned


@pytest.mark.parametrize("suffix", [b"\r", b"\n", b"\r\n", b"\t"])
def test_suffixes_end_a_code_and_belong_to_none(suffix: bytes) -> None:
    assert Listening().hear(b"460" + suffix + b"461" + suffix) == [b"460", b"461"]


def test_silence_ends_a_code_without_a_suffix() -> None:
    scanner = Listening(silence_ms=80)
    assert scanner.step.within_s == IDLE_S
    assert scanner.hear(b"46", b"00") == []
    assert scanner.step.within_s == 0.08
    assert scanner.hear(SILENCE) == [b"4600"]
    assert scanner.step.within_s == IDLE_S
    assert scanner.hear(b"\r", SILENCE) == [b"4600"]


def test_the_group_separator_stays() -> None:
    assert Listening().hear(b"]d20104\x1d93\r") == [b"]d20104\x1d93"]


def test_prefix_and_aim_id_are_removed_by_setting() -> None:
    assert Listening(prefix="02").hear(b"\x02]E0460\r", b"461\r") == [b"]E0460", b"461"]
    stripped = Listening(prefix="02", strip_aim_id=True).hear(b"\x02]C10104\r]d20105\r460\r]\r")
    assert stripped == [b"0104", b"0105", b"460", b"]"]


def test_noise_without_an_end_becomes_no_code() -> None:
    scanner = Listening()
    assert scanner.hear(bytes([0x55]) * 5000, b"UUU\r", b"460\r") == [b"460"]
    assert scanner.hear(bytes([0x55]) * 5000, SILENCE, b"461\r") == [b"460", b"461"]


def test_only_a_lost_link_ends_it() -> None:
    scanner = Listening()
    assert scanner.hear(SILENCE, SILENCE) == []
    scanner.hear(b"46")
    with pytest.raises(LinkLost):
        scanner.dialogue.throw(LinkLost("unplugged"))
    assert scanner.scanned == []


def test_a_wrong_prefix_is_an_error() -> None:
    with pytest.raises(ValueError, match="hexadecimal"):
        SerialLine({"prefix": "zz"})


@given(st.lists(st.binary(min_size=1, max_size=20), max_size=5), st.lists(st.integers(0, 120), max_size=6))
def test_any_split_gives_the_same_codes(codes: list[bytes], cuts: list[int]) -> None:
    clean = [code.translate(None, b"\r\n\t") for code in codes]
    stream = b"".join(code + b"\r\n" for code in clean)
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    chunks = [stream[start:end] for start, end in pairwise(edges) if start < end]
    assert Listening().hear(*chunks) == [code for code in clean if code]


@pytest.mark.parametrize("path", sorted(TRANSCRIPTS.glob("*.txt")), ids=lambda path: path.stem)
def test_transcript(path: Path) -> None:
    scanner, told = Listening(), 0
    for line in path.read_text("utf-8").splitlines():
        if line.startswith("< "):
            scanner.hear(bytes.fromhex(line[2:]))
        elif line == "# silence":
            scanner.hear(SILENCE)
        elif line.startswith("= "):
            assert f"Scanned(data={scanner.scanned[told]!r})" == line[2:]
            told += 1
    assert told == len(scanner.scanned) > 0
