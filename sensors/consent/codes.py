"""The one-time codes that prove a phone: six digits, five minutes, five tries, kept as hashes in memory only.

    SENT ── right ──> (gone, proven)
      ├──── wrong, five times ──> DEAD
      └──── five minutes ──────> DEAD

Six digits are guessed in a million tries, so what protects them is how few tries there are: five a code, and few codes
a number (proving.py). A restart forgets them all; a new code is asked for then.
"""

from __future__ import annotations

import hmac
from collections import OrderedDict
from dataclasses import dataclass
from enum import Enum
from hashlib import sha256

DIGITS = 6
TRIES = 5
LIFE_MS = 300_000
MOST_CODES = 2_000
"""As many as the guests' page holds visitors (sensors/association/portal/visitors.py)."""


class Typed(Enum):
    RIGHT = "right"
    WRONG = "wrong"
    DEAD = "dead"  # too many tries, too late, or no code was sent


@dataclass(slots=True, repr=False)
class _Sent:
    digest: bytes
    until_ms: int
    tries: int


class Codes:
    """`pepper`: 32 random bytes of this run. A code is bound to the visitor and the number it was sent to."""

    def __init__(self, pepper: bytes) -> None:
        self._pepper = pepper
        self._sent: OrderedDict[str, _Sent] = OrderedDict()

    def sent(self, visitor: str, phone: str, code: str, now_ms: int) -> None:
        """In place of the one before. Raises ValueError for what is no code."""
        if len(code) != DIGITS or not code.isascii() or not code.isdecimal():
            raise ValueError("a code has six digits")
        self._sent.pop(visitor, None)
        self._sent[visitor] = _Sent(self._digest(visitor, phone, code), now_ms + LIFE_MS, TRIES)
        while len(self._sent) > MOST_CODES:
            self._sent.popitem(last=False)

    def typed(self, visitor: str, phone: str, code: str, now_ms: int) -> Typed:
        """A right code is good once."""
        sent = self._sent.get(visitor)
        if sent is None or not sent.until_ms - LIFE_MS <= now_ms < sent.until_ms or not sent.tries:
            self._sent.pop(visitor, None)
            return Typed.DEAD
        sent.tries -= 1
        if hmac.compare_digest(sent.digest, self._digest(visitor, phone, code)):
            del self._sent[visitor]
            return Typed.RIGHT
        if not sent.tries:
            del self._sent[visitor]
            return Typed.DEAD
        return Typed.WRONG

    def _digest(self, visitor: str, phone: str, code: str) -> bytes:
        return hmac.new(self._pepper, f"{visitor}\n{phone}\n{code}".encode("utf-8", "replace"), sha256).digest()
