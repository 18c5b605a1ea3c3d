"""Guests of this shop who agreed in another one: known by the number they gave at a till, greeted with their offers.

    number of nobody known here ── told by HQ? ── else asked of HQ ──> ChainGuest ──> here(), beside the shop's own

Of them this shop knows what HQ tells and no more: no name, no history, the last digits of what was typed just now. They
are forgotten ten minutes after that; nothing of it is durable but what the offers' log says (customer_telling.py).
"""

from __future__ import annotations

import datetime as dt
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import anyio

from agent.clock import Clock
from agent.guest_view import GuestView, OfferView
from agent.ids import new_id
from agent.visitors.chain_customers import ChainCustomer, ChainCustomers, good_today
from sync.wire.customer_facts import PHONE

STAY_MS = 600_000
"""As for the shop's own guests (guests.py): nothing was heard of them for so long."""
MOST = 64
SHOWN = 3
TAIL = 4
WAITING = 16
"""Numbers that are to be asked of HQ: one till asks for one at a time."""
Shown = Callable[[str, list[str]], None]
"""(consent to marketing or the person who gave it here, offers): a till shows them."""


@dataclass(frozen=True, slots=True)
class ChainGuest:
    guest: str
    known: ChainCustomer
    tail: str
    since_ms: int
    offers: tuple[OfferView, ...]

    def view(self) -> GuestView:
        return GuestView(self.guest, "", self.tail, "card", self.since_ms, offers=list(self.offers))


class ChainOffers:
    """Offers that HQ chose for a guest who agreed here; whoever asks shows them."""

    def __init__(self, chain: ChainCustomers, shown_to: Shown) -> None:
        self._chain = chain
        self._shown_to = shown_to

    def offers_of(self, subject: str, phone: str, today: dt.date) -> list[OfferView]:
        good = good_today(self._chain.of(PHONE, phone) if phone else None, today)[:SHOWN]
        if good:
            self._shown_to(subject, [one.offer for one in good])
        return [OfferView(one.ru, one.en) for one in good]


class ChainGuests:
    """`changed` is called when another guest is to be shown than before, `shown` with what is shown of offers."""

    def __init__(
        self, chain: ChainCustomers, clock: Clock, rng: random.Random, changed: Callable[[], None], shown: Shown
    ) -> None:
        self._chain = chain
        self._clock = clock
        self._rng = rng
        self._changed = changed
        self._shown = shown
        self._here: dict[str, ChainGuest] = {}
        self._waiting: deque[tuple[str, str]] = deque(maxlen=WAITING)
        self._news = anyio.Event()

    def gave(self, how: str, number: str) -> None:
        """Returns at once. `number` is of nobody who agreed here; it is forgotten when it was looked at."""
        self._waiting.append((how, number))
        self._news.set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            self._news = anyio.Event()
            while self._waiting:
                how, number = self._waiting.popleft()
                known = self._chain.of(how, number) or await self._chain.ask_of(how, number)
                if known is not None:
                    self._came(known, number)
            await self._news.wait()

    def here(self) -> list[GuestView]:
        """Newest first. Who is told of no more (a consent that ended) is not shown, whatever was read before."""
        now_ms = self._clock.now_ms()
        for id, one in list(self._here.items()):
            if abs(now_ms - one.since_ms) >= STAY_MS or not self._stands(one):
                del self._here[id]
        found = sorted(self._here.values(), key=lambda one: (one.since_ms, one.guest), reverse=True)
        return [one.view() for one in found[:SHOWN]]

    def dismiss(self, guest: str) -> bool:
        """Somebody at a till says that this is not them."""
        found = [id for id, one in self._here.items() if one.guest == guest]
        for id in found:
            del self._here[id]
        return bool(found)

    def _stands(self, one: ChainGuest) -> bool:
        return any(self._chain.with_key(key) is not None for key in one.known.body.keys)

    def _came(self, known: ChainCustomer, number: str) -> None:
        now_ms = self._clock.now_ms()
        good = good_today(known, self._clock.local().date())[:SHOWN] if known.body.marketing else []
        if not good:
            return  # there is nothing to say to them
        before = self._here.pop(known.customer, None)
        guest = before.guest if before is not None else new_id(now_ms, self._rng)
        views = tuple(OfferView(one.ru, one.en) for one in good)
        self._here[known.customer] = ChainGuest(guest, known, number[-TAIL:], now_ms, views)
        while len(self._here) > MOST:
            del self._here[next(iter(self._here))]
        self._shown(known.body.marketing, [one.offer for one in good])
        self._changed()
