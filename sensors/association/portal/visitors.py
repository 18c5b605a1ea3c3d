"""Who has the page open: what a visitor chose and proved so far, in memory, for half an hour.

A visitor is named by a random token in the page's forms, no cookie: the small browsers that phones open for such pages
often keep none. Nobody can guess it, so nobody can post a form in somebody's place.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from sensors.association.gates import Guest
from sensors.association_messages import Gives, StandingConsent
from sensors.consent.proving import PROVEN_MS
from sensors.consent.texts import ShownText

LIFE_MS = 1_800_000
"""As long as somebody looks for a phone in a bag, twice."""
MOST_VISITORS = 2_000


@dataclass(slots=True, repr=False)
class Visitor:
    """`chosen`: the texts of the ticked boxes, as the page showed them. `proven_ms`: when the code was typed, 0: not.

    `pending`: what the agent did not confirm yet. It has no `repr`: it holds a number, a name and a device.
    """

    token: str
    began_ms: int
    host: str
    locale: str
    guest: Guest | None = None
    online: bool = False
    phone: str = ""
    name: str = ""
    chosen: tuple[ShownText, ...] = ()
    proven_ms: int = 0
    proof_id: str = ""
    pending: Gives | None = None
    standing: dict[str, StandingConsent] = field(default_factory=dict)

    def proven(self, now_ms: int) -> bool:
        return bool(self.proof_id) and 0 <= now_ms - self.proven_ms < PROVEN_MS

    def disprove(self) -> None:
        """Another number was typed: what was proven was proven of the one before."""
        self.proof_id, self.proven_ms, self.pending = "", 0, None
        self.standing = {}


class Visitors:
    """Bounded; who came first goes first."""

    def __init__(self, draw: Callable[[], str]) -> None:
        self._draw = draw
        self._visitors: OrderedDict[str, Visitor] = OrderedDict()

    def __len__(self) -> int:
        return len(self._visitors)

    def come(self, host: str, locale: str, now_ms: int) -> Visitor:
        self.lapse(now_ms)
        visitor = Visitor(self._draw(), now_ms, host, locale)
        self._visitors[visitor.token] = visitor
        while len(self._visitors) > MOST_VISITORS:
            self._visitors.popitem(last=False)
        return visitor

    def find(self, token: str, host: str, now_ms: int) -> Visitor | None:
        """None for a token of nobody, of somebody else's device, or of long ago."""
        visitor = self._visitors.get(token)
        if visitor is None or visitor.host != host or not 0 <= now_ms - visitor.began_ms < LIFE_MS:
            return None
        return visitor

    def lapse(self, now_ms: int) -> None:
        for token in [one.token for one in self._visitors.values() if not 0 <= now_ms - one.began_ms < LIFE_MS]:
            del self._visitors[token]
