"""Answers given a moment ago: a packet that comes again, because our answer was lost, gets the same and counts once.

A repeated packet has its sender, port, identifier and Request Authenticator (RFC 5080, 2.2.2). One whose delay was
updated is another packet (RFC 2866, 5.2) about the same session, and the stations (stations.py) know the session.
"""

from __future__ import annotations

from collections import OrderedDict

KEPT_MS = 60_000
"""Routers repeat for 3 to 30 s; after a minute an identifier may be in use again."""
MOST_KEPT = 4_096
"""A shop with 500 stations sends some hundred packets a minute."""

Name = tuple[str, int, int, bytes]


class AnswersGiven:
    """Bounded; the oldest go first."""

    def __init__(self, most: int = MOST_KEPT) -> None:
        self._most = most
        self._given: OrderedDict[Name, tuple[int, bytes]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._given)

    def recall(self, name: Name, now_ms: int) -> bytes | None:
        """A clock that was set back makes a packet new, not old: it is only counted as one session anyway."""
        found = self._given.get(name)
        return found[1] if found is not None and 0 <= now_ms - found[0] < KEPT_MS else None

    def keep(self, name: Name, answer: bytes, now_ms: int) -> None:
        self._given.pop(name, None)
        self._given[name] = (now_ms, answer)
        while len(self._given) > self._most:
            self._given.popitem(last=False)
