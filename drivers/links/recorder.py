"""Conversations with devices as text: written down from real hardware, and played back to judge a driver.

    # comment
    > 05                the host sends these bytes
    < 15                the device sends these bytes
    ~ 0.5               the device says nothing for so many seconds: the host's deadline passes
    ! Committing()      the host is told this (drivers/wire/dialogue.py, Tell)
    = Answer(...)       how the conversation ends: the answer's repr, or an error as `! Refused: shtrih_m.4A`

A transcript judges a dialogue without any link: fed whole, byte by byte, or with trailing bytes after each burst.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from drivers.errors import DeviceError, Unanswered
from drivers.wire.dialogue import Dialogue, Hear, Pause, Send, Tell

LONG_SILENCE_S = 0.2


class Mark(Enum):
    """The first character of a line."""

    COMMENT = "#"
    HOST = ">"
    DEVICE = "<"
    SILENCE = "~"
    TOLD = "!"
    END = "="


@dataclass(frozen=True, slots=True)
class Line:
    """One line: bytes of HOST and DEVICE in `data`, everything else as written in `text`."""

    mark: Mark
    text: str
    data: bytes = b""

    def __str__(self) -> str:
        return f"{self.mark.value} {self.text}".rstrip()


Transcript = tuple[Line, ...]


class Feed(Enum):
    """How the device's bytes reach the driver."""

    WHOLE = "whole"
    BYTE_BY_BYTE = "byte by byte"
    TRAILING = "with trailing bytes"


class Mismatch(AssertionError):
    """The driver did something else than the transcript says."""


def read_transcript(text: str) -> Transcript:
    """Raises ValueError with the number of a line that cannot be read."""
    lines: list[Line] = []
    for number, raw in enumerate(text.splitlines(), 1):
        if not raw.strip():
            continue
        try:
            mark, content = Mark(raw[0]), raw[1:].strip()
            data = bytes.fromhex(content) if mark in (Mark.HOST, Mark.DEVICE) else b""
            if mark is Mark.SILENCE:
                float(content)
        except ValueError as error:
            raise ValueError(f"line {number} of the transcript: {raw!r}: {error}") from error
        lines.append(Line(mark, content, data))
    return tuple(lines)


def write_transcript(lines: Iterable[Line]) -> str:
    return "".join(f"{line}\n" for line in lines)


class Recorder:
    """Give it to `converse` as `frames`; `now` counts seconds, for the silences."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._last = now()
        self.lines: list[Line] = []

    def __call__(self, direction: str, data: bytes) -> None:
        silent_s = self._now() - self._last
        if direction == Mark.HOST.value and silent_s >= LONG_SILENCE_S and self.lines:
            self.lines.append(Line(Mark.SILENCE, f"{silent_s:.1f}"))
        self._last = self._now()
        self.lines.append(Line(Mark(direction), data.hex(" ").upper(), data))

    def comment(self, text: str) -> None:
        self.lines.append(Line(Mark.COMMENT, text))

    def ended(self, answer: object) -> None:
        """How it ended: an answer, or the error that was raised."""
        self.lines.append(Line(Mark.END, describe(answer)))

    def text(self) -> str:
        return write_transcript(self.lines)


def describe(answer: object) -> str:
    """An end as a transcript writes it."""
    if isinstance(answer, DeviceError):
        return f"! {type(answer).__name__}: {getattr(answer, 'code', '')}".rstrip(": ")
    return repr(answer)


def judge(dialogue: Dialogue[Any], transcript: Transcript, feed: Feed, trailing: bytes = b"\xff") -> object:
    """Play the device's part of `transcript` to `dialogue`; its answer, or the DeviceError it ended in.

    `trailing` follows each burst of the device in Feed.TRAILING: bytes this protocol must bear. Raises Mismatch where
    the driver leaves the transcript. Pauses take no time; a deadline passes only where the transcript is silent.
    """
    return _Judge([line for line in transcript if line.mark is not Mark.COMMENT], feed, trailing).run(dialogue)


@dataclass
class _Judge:
    left: list[Line]
    feed: Feed
    trailing: bytes
    heard: bytes = field(default=b"")

    def run(self, dialogue: Dialogue[Any]) -> object:
        answer: object
        resume: Any = None
        trouble: DeviceError | None = None
        while True:
            try:
                step = dialogue.throw(trouble) if trouble else dialogue.send(resume)
            except StopIteration as end:
                answer = end.value
                break
            except DeviceError as error:
                answer = error
                break
            resume, trouble = None, None
            match step:
                case Send(data):
                    self._expect(Mark.HOST, data.hex(" ").upper())
                case Tell(event):
                    self._expect(Mark.TOLD, repr(event))
                case Hear():
                    try:
                        resume = self._hear(step)
                    except DeviceError as error:
                        trouble = error
                case Pause():
                    pass
        if self.left and self.left[0].mark is Mark.END:
            self._expect(Mark.END, describe(answer))
        if self.left:
            raise Mismatch(f"ended in {answer!r}, the transcript goes on: {self.left[0]}")
        return answer

    def _expect(self, mark: Mark, text: str) -> None:
        said = Line(mark, text)
        line = self.left.pop(0) if self.left else None
        same = line is not None and line.mark is mark and line.text.upper() == text.upper()
        if not same:
            raise Mismatch(f"driver: {said}\ntranscript: {line or 'its end'}")

    def _hear(self, step: Hear) -> Any:
        while True:
            cut = step.grammar.cut(self.heard) if self.heard else None
            if cut is not None:
                frame, self.heard = cut
                return frame
            if not self._more():
                self.heard = b""
                raise Unanswered("silence in the transcript")

    def _more(self) -> bool:
        """Let more bytes arrive; False where the transcript is silent (and the silence is over)."""
        line = self.left[0] if self.left else None
        if line is None or line.mark is not Mark.DEVICE:
            if line is None or line.mark is not Mark.SILENCE:
                raise Mismatch(f"the driver listens, the transcript says {line or 'nothing more'}")
            self.left.pop(0)
            return False
        if self.feed is Feed.BYTE_BY_BYTE:
            self.heard += line.data[:1]
            rest = line.data[1:]
            self.left[0:1] = [Line(Mark.DEVICE, rest.hex(" "), rest)] if rest else []
            return True
        while self.left and self.left[0].mark is Mark.DEVICE:
            self.heard += self.left.pop(0).data
        if self.feed is Feed.TRAILING:
            self.heard += self.trailing
        return True
