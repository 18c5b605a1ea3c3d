"""What can happen to one message, as a table of transitions: meant, then sent or dropped, and never meant again.

    MEANT ── MessageSent ──> SENT
      └───── MessageDropped ──> DROPPED     (erased: the person is; late; undeliverable; over: nothing is left to say)

The events name the person by the id of a row in the erasable table, never by an address: the journal is for ever.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum


class MessagePhase(Enum):
    MEANT = "meant"
    SENT = "sent"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class MessageMeant:
    """`what`: receipt (`of` is a sale) or slip (`of` is a claim's number). The words are made when it is sent."""

    what: str
    of: str
    personal: str
    language: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class MessageSent:
    at_ms: int


@dataclass(frozen=True, slots=True)
class MessageDropped:
    why: str


MessageEvent = MessageMeant | MessageSent | MessageDropped

TRANSITIONS: dict[tuple[MessagePhase, type], MessagePhase] = {
    (MessagePhase.MEANT, MessageSent): MessagePhase.SENT,
    (MessagePhase.MEANT, MessageDropped): MessagePhase.DROPPED,
}


class MessageNotAllowed(Exception):
    """No row of the table."""

    def __init__(self, phase: MessagePhase | None, event: object) -> None:
        super().__init__(f"{type(event).__name__} cannot follow {phase.value if phase else 'nothing'}")


@dataclass(frozen=True, slots=True)
class Message:
    """The fold of a message's events."""

    id: str
    meant: MessageMeant
    phase: MessagePhase = MessagePhase.MEANT


def evolve_message(message: Message, event: MessageEvent) -> Message:
    """The message after the event. Raises MessageNotAllowed."""
    following = TRANSITIONS.get((message.phase, type(event)))
    if following is None:
        raise MessageNotAllowed(message.phase, event)
    return replace(message, phase=following)


def fold_message(id: str, events: Iterable[MessageEvent]) -> Message | None:
    """None where nothing happened."""
    remaining = iter(events)
    first = next(remaining, None)
    if first is None:
        return None
    if not isinstance(first, MessageMeant):
        raise MessageNotAllowed(None, first)
    message = Message(id, first)
    for event in remaining:
        message = evolve_message(message, event)
    return message
