"""Tells a stranger on the port from a device that is silent: by the first words it says.

A silent device may be off; one that says something else is another device, or a line at another speed, and whoever
reads "does not answer" would look for the wrong thing. Only conversations that ask and move nothing are listened to so:
what is heard first decides, a later torn frame is the device's own trouble.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from drivers.errors import Garbled, Unanswered, WrongDevice
from drivers.links.link import LinkLost
from drivers.wire.dialogue import Answer, Dialogue, Grammar, Hear, Send, Wish

HEARD_BYTES = 32  # enough to recognise a banner, a control character, a frame of another protocol


class _Listening:
    """A grammar that keeps what has not become a frame."""

    def __init__(self, grammar: Grammar) -> None:
        self._grammar = grammar
        self.unread = b""

    def cut(self, heard: bytes) -> tuple[Any, bytes] | None:
        self.unread = heard
        found = self._grammar.cut(heard)
        if found is not None:
            self.unread = b""
        return found


@dataclass(frozen=True, slots=True)
class Knock:
    """A harmless question of the protocol itself that some strangers answer too, and how long to listen for that."""

    data: bytes
    within_s: float


def first_words(
    expected: str,
    dialogue: Dialogue[Answer],
    show: Callable[[bytes], bytes] = bytes,
    *,
    knock: Knock | None = None,
) -> Dialogue[Answer]:
    """`dialogue`, which ends in WrongDevice where the first thing heard is no frame of the protocol `expected`.

    `show` hides what may not reach a screen. Where nothing at all was heard `knock` asks once more, only to listen who
    is there: the conversation ends unanswered all the same. A link that is lost in the middle of a frame stays lost.
    """
    understood = False
    try:
        step = next(dialogue)
        while True:
            listening: _Listening | None = None
            if isinstance(step, Hear) and not understood:
                listening = _Listening(step.grammar)
                step = replace(step, grammar=listening)
            try:
                result = yield step
            except (Garbled, Unanswered, LinkLost) as error:
                if listening is not None and not isinstance(error, LinkLost):
                    if not listening.unread and knock is not None and isinstance(error, Unanswered):
                        yield from _listen_for(listening, knock)
                    if listening.unread:
                        raise WrongDevice(expected, show(listening.unread[:HEARD_BYTES]).hex(" ")) from error
                step = dialogue.throw(error)
            else:
                understood = understood or (listening is not None and not isinstance(result, Wish))
                step = dialogue.send(result)
    except StopIteration as ended:
        answer: Answer = ended.value
        return answer
    finally:
        dialogue.close()


def _listen_for(listening: _Listening, knock: Knock) -> Dialogue[None]:
    """What is said to the knock lies in `listening.unread`; a frame of the protocol leaves nothing: it is slow."""
    with suppress(Garbled, Unanswered, LinkLost):
        yield Send(knock.data)
        yield Hear(listening, knock.within_s)
