"""Numbers that a till or a kiosk looked somebody up by: evidence that its owner is here, if they agreed to be known.

    till, kiosk ── told(how, number): remembered, nothing else ──> run() ── whose? ──> Greeting.came(record, "card")

The till calls what cannot wait and cannot fail; whose number it is, and whether they agreed, is asked beside it.
Nothing of it is kept: a number of nobody known is forgotten here.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Protocol

import anyio

from agent.clock import Clock
from agent.visitors.buyer import CardKeys
from agent.visitors.erasing import person_record
from sync.store.people import spellings

MOST = 64
"""Numbers that wait: more than tills type while one look-up takes its millisecond. The oldest goes."""


class Ledger(Protocol):
    """The part of agent/visitors/consents.py that is asked here."""

    def subject_with_phone(self, phone: str) -> str | None: ...
    def subject_of(self, record: str) -> str | None: ...


class TillNumbers:
    """`came(record, how, at_ms)`: agent/visitors/greeting.py, which asks for the consent that this evidence needs.
    `strangers(how, number)`: whom nobody here knows, another shop of the chain may (chain_guests.py)."""

    def __init__(self, consents: Ledger, cards: CardKeys, came: Callable[[str, str, int], None], clock: Clock) -> None:
        self._consents = consents
        self._cards = cards
        self._came = came
        self._clock = clock
        self._waiting: deque[tuple[str, str]] = deque(maxlen=MOST)
        self.strangers: Callable[[str, str], None] | None = None
        self._news = anyio.Event()

    def told(self, how: str, number: str) -> None:
        """`how`: phone, card. `number` as accounts spell it (agent/credit/credit_desk.py)."""
        self._waiting.append((how, number))
        self._news.set()

    def typed(self, phone: str) -> None:
        """Given for the receipt. It may be mistyped, so nobody who agreed here is greeted by it, by name; whoever the
        chain alone knows is offered what is theirs, nameless."""
        if self.strangers is not None and not any(map(self._consents.subject_with_phone, spellings(phone))):
            self.strangers("phone", phone)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            self._news = anyio.Event()
            while self._waiting:
                how, number = self._waiting.popleft()
                record = self._record(how, number)
                if record:
                    self._came(record, "card", self._clock.now_ms())
                elif self.strangers is not None:
                    self.strangers(how, number)
            await self._news.wait()

    def _record(self, how: str, number: str) -> str:
        """What the graph knows its owner by; "" for nobody."""
        if how == "card":
            record = self._cards.record(number)
            return record if self._consents.subject_of(record) is not None else ""
        found = {self._consents.subject_with_phone(one) for one in spellings(number)} - {None}
        return person_record(found.pop() or "") if len(found) == 1 else ""
