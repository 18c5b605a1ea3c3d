"""A conversation with a device as a generator: it yields steps and is resumed with their results.

It reads like blocking code, does no I/O and needs no mocks to test; `links/converse.py` is the only place that
performs the steps on a link. A driver's operation is a function that returns a `Dialogue[Answer]`.

    def short_status() -> Dialogue[bytes]:
        yield Send(frame(b"\\x10"))
        answer = yield from hear(FrameGrammar(), within_s=0.5)
        return answer
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar


class Grammar(Protocol):
    """Cuts frames out of a stream."""

    def cut(self, heard: bytes) -> tuple[Any, bytes] | None:
        """(frame, rest) if `heard` starts with a whole frame, None if more bytes are needed.

        Raises drivers.errors.Garbled if it can never become one.
        """
        ...


@dataclass(frozen=True, slots=True)
class Send:
    """Send these bytes. Resumed with None. LinkLost is thrown in if the wire broke."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Hear:
    """Wait for one whole frame, at most `within_s` seconds from now for all of it. Resumed with the frame.

    Thrown in: drivers.errors.Unanswered at the deadline, LinkLost if the wire broke, Garbled from the grammar.
    With `wishes` it is resumed with a `Wish` instead when one comes first; on a tie the frame wins.
    """

    grammar: Grammar
    within_s: float
    wishes: bool = False


@dataclass(frozen=True, slots=True)
class Tell:
    """Tell the host something that it must make durable before the conversation goes on (journal, then acknowledge)."""

    event: object


@dataclass(frozen=True, slots=True)
class Pause:
    """Let time pass (a device's own pace). Resumed with None."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Rest:
    """The pause between two polls: until `period_s` after the end of the rest before, and at least `at_least_s` long.

    Resumed with None at its end or with a `Wish` that came before; the next rest then ends when this one would have.
    What arrives meanwhile was asked by nobody and is dropped. LinkLost is thrown in if the wire broke. Here, and only
    here, a conversation may be cancelled after its first byte.
    """

    period_s: float
    at_least_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Wish:
    """What the host wishes of a running conversation, by name ("stop"); contracts derive richer ones."""

    name: str


Step = Send | Hear | Tell | Pause | Rest
Answer = TypeVar("Answer")
Dialogue = Generator[Step, Any, Answer]
