"""The kinds of faults of an exchange, how often each is drawn, and how often each has struck."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from enum import Enum


class Fault(Enum):
    """The value is what the table says."""

    LOST_REQUEST = "a request is lost"
    LOST_REPLY = "a reply is lost, HQ has done its work"
    DOUBLED = "a request arrives twice"
    TRUNCATED_REQUEST = "a request arrives in part"
    TRUNCATED_REPLY = "a reply arrives in part"
    ALTERED_REQUEST = "a byte of a request is another one"
    ALTERED_REPLY = "a byte of a reply is another one"
    LATE = "a request arrives after later ones"
    REPLAYED = "an old request comes again as it was"
    RESIGNED = "an old request comes again, signed anew"
    TOO_MANY = "HQ says 429 with Retry-After"
    BUSY = "HQ says 503 with Retry-After"
    PORTAL = "somebody else answers: 200 and a page"
    POISON_FACT = "a shop tells a fact that fits no schema"
    POISON_REQUEST = "a request that is no batch"
    PAGE_DAMAGED = "a page of a feed or a snapshot arrives damaged"
    VISITS_DROPPED = "visits are dropped for want of room"
    SHOP_KILLED = "a shop loses its power"
    SHOP_RESTORED = "a shop comes back from a backup"
    SHOP_CLOCK = "a shop's clock is wrong"
    HQ_KILLED = "HQ loses its power, or ends in the middle of its work"
    HQ_SIGKILL = "a process of HQ gets SIGKILL under load"
    HQ_RESTORED = "HQ comes back from a backup"
    HQ_CLOCK = "HQ's clock is wrong"
    PROMOTED = "the database's primary dies under load, its standby is promoted"


ON_POSTGRESQL_ONLY = frozenset({Fault.PROMOTED})
ON_THE_WAY = {
    Fault.LOST_REQUEST: 14,
    Fault.LOST_REPLY: 24,
    Fault.DOUBLED: 16,
    Fault.TRUNCATED_REQUEST: 5,
    Fault.TRUNCATED_REPLY: 8,
    Fault.ALTERED_REQUEST: 5,
    Fault.ALTERED_REPLY: 6,
    Fault.LATE: 12,
    Fault.TOO_MANY: 6,
    Fault.BUSY: 6,
    Fault.PORTAL: 4,
}
"""Befall a request; the numbers are weights."""
STRUCK = {
    Fault.REPLAYED: 12,
    Fault.RESIGNED: 12,
    Fault.POISON_REQUEST: 8,
    Fault.SHOP_KILLED: 14,
    Fault.SHOP_CLOCK: 4,
    Fault.HQ_CLOCK: 3,
}
"""Befall a machine, or come from nowhere."""


class Faults:
    """Draws faults by their weights and counts what has struck."""

    def __init__(self, rng: random.Random, wanted: int) -> None:
        self._rng = rng
        self.wanted = wanted
        self.struck: Counter[Fault] = Counter()
        self.log: list[str] = []

    def strike(self, fault: Fault, what: str = "") -> None:
        self.struck[fault] += 1
        self.log.append(f"{fault.name} {what}")

    def draw(self, weights: dict[Fault, int]) -> Fault:
        return self._rng.choices(list(weights), list(weights.values()))[0]

    @property
    def count(self) -> int:
        return self.struck.total()

    @property
    def enough(self) -> bool:
        return self.count >= self.wanted

    def missing(self, postgresql: bool) -> list[Fault]:
        """Kinds that never struck."""
        return [one for one in Fault if not self.struck[one] and (postgresql or one not in ON_POSTGRESQL_ONLY)]

    def table(self) -> str:
        return table([(fault.value, self.struck[fault]) for fault in Fault])


def table(rows: Sequence[tuple[str, object]]) -> str:
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"  {name:<{width}}  {value}" for name, value in rows)
