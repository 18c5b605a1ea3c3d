"""One shopper at one till who may agree to be known: how far they have come, in memory only.

    PHONE ── number ──> CODE ── right code ──> CHOOSE ── boxes ──> KEEPING ── durable ──> DONE
                                                 ^  └── withdraw ──> KEEPING ──> CHOOSE     ^
                                                 └── not kept ──────────┘  └─ face ─> FACE ─┘
                                                       FACE: a camera looks, or has said what it saw
It can be left at every step, and ends by itself. What was confirmed by then is recorded, and nothing else is kept.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

import anyio
from anyio.abc import TaskGroup

from agent.view import Note
from sensors.consent.facts import Purpose


class Step(Enum):
    PHONE = "phone"
    CODE = "code"
    CHOOSE = "choose"
    KEEPING = "keeping"
    FACE = "face"
    DONE = "done"


class Message(Enum):
    """What became of the code's message."""

    NONE = ""
    SENDING = "sending"
    SENT = "sent"
    NOT_SENT = "not_sent"
    UNDELIVERABLE = "undeliverable"


class Face(Enum):
    """What became of the look at the camera."""

    NONE = ""
    LOOKING = "looking"
    SEEN = "seen"
    NOBODY = "nobody"
    SEVERAL = "several"
    AWAY = "away"
    NOT_MADE = "not_made"


class AgreeRefused(Exception):
    """The act is not done and nothing has changed. `code`: of the page's texts."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(slots=True, repr=False)
class Agreeing:
    """It has no `repr`: it holds a number. `who` names the conversation for the codes' rules."""

    who: str
    locale: str
    began_ms: int
    step: Step = Step.PHONE
    phone: str = ""
    message: Message = Message.NONE
    until_ms: int = 0  # until when the code is good, or the camera looks
    since_ms: int = 0  # since when this step stands
    proof_id: str = ""
    given: tuple[Purpose, ...] = ()
    face: Face = Face.NONE
    request: str = ""  # of the cameras, that nobody answered yet
    note: Note | None = None
    scope: anyio.CancelScope = field(default_factory=anyio.CancelScope)
    tasks: TaskGroup | None = None
