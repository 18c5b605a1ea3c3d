"""A shop's memory of visitors and its journal, both real, and days in it: people who agreed, their visits, their sales.

async with receipts_world(tmp_path) as world:
    await world.agrees(1)                        on the guests' page, with a device of their own
    await world.stays(1, TEN_MS, 30)             their device is heard for half an hour
    await world.buys("s1", TEN_MS + 1, phone=phone_of(1))
    await world.visitors.linking.night()
"""

from __future__ import annotations

import itertools
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from agent.visitors.offers import Offers
from agent.visitors.visitors import VisitorRules, Visitors
from fiscal import sale_events as e
from sensors.camera_messages import Rules
from sensors.consent.facts import Purpose
from sensors.identity.records import EdgeFound, Kind, Rule, record_id
from sensors.sighting import Seen, Sighting
from sensors.visits.settings import VisitSettings
from sync.store.batch import Batch, Personal, SaleRow
from sync.store.sale_journal import to_entry
from sync.store.store import Store, open_store
from sync.visitor_store.visitor_store import VisitorStore, open_visitors
from tests.agent.consent_world import CONTROLLER, device_key, gives, phone_of, withdraws
from tests.agent.visitor_hall import DAY_MS, MIDNIGHT_MS, MINUTE_MS, ZONE, HandClock

BEFORE_MS = MIDNIGHT_MS - DAY_MS
"""When everybody agreed."""
WIFI_AND_VISITS = (Purpose.WIFI_ID, Purpose.ANALYTICS)


@dataclass
class World:
    visitors: Visitors
    store: VisitorStore
    journal: Store
    clock: HandClock
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    async def agrees(
        self, person: int, *purposes: Purpose, key: str | None = None, at_ms: int = BEFORE_MS, number: int = 1
    ) -> None:
        told = gives(person, *(purposes or WIFI_AND_VISITS), key=key, given_ms=at_ms, number=number)
        assert await self.visitors.consents.give(told) == ""

    async def withdraws(self, person: int, *purposes: Purpose, number: int = 1) -> None:
        ids = [f"c-{person}-{number}-{one.value}" for one in purposes or WIFI_AND_VISITS]
        assert await self.visitors.consents.withdraw(withdraws(person, *ids, at_ms=self.clock.at_ms)) == ""

    async def stays(self, person: int, from_ms: int, minutes: int, key: str | None = None) -> None:
        key = device_key(person) if key is None else key
        until_ms = from_ms + minutes * MINUTE_MS
        told = [(at_ms, Seen.ASSOCIATED) for at_ms in range(from_ms, until_ms, 5 * MINUTE_MS)]
        told.append((until_ms, Seen.DISASSOCIATED))
        await self.visitors.day.take(
            [
                Sighting(sensor="wifi", boot="b1", seq=next(self.numbers), seen=seen, at_ms=at_ms, key=key)
                for at_ms, seen in told
            ]
        )

    async def buys(self, sale: str, at_ms: int, *, phone: str = "", card: str = "") -> None:
        """A sale that closes then, with a number for the receipt or a card that was shown at the kiosk."""
        opened = e.SaleOpened(sale, "1", e.SaleAct.SALE, "ann", 1, at_ms - MINUTE_MS)
        events: list[object] = [opened]
        personal = []
        if phone:
            events.append(e.ContactGiven(f"{sale}-contact"))
            personal.append(Personal(f"{sale}-contact", sale, "phone", phone))
        if card:
            events.append(e.CustomerNamed(f"{sale}-card", "card"))
            personal.append(Personal(f"{sale}-card", sale, "customer_card", card))
        row = SaleRow(sale, "1", sale, "sale", "closed", at_ms - MINUTE_MS, at_ms, 100, 1, "", False)
        entries = tuple(to_entry(event, sale, "1") for event in events)  # type: ignore[arg-type]
        await self.journal.commit(Batch(entries=entries, sales=(row,), personal=tuple(personal)))

    async def heard(self) -> None:
        """Each sale of the day as the watch of the journal learns it; without the wait."""
        for row in self.visitors.receipts.closed(0, self.clock.at_ms):
            found = self.visitors.receipts.observe(row)
            if found is not None:
                await self.visitors.receipts.learn(found.edges)

    def buyer(self, sale: str) -> str | None:
        """The pseudonym of who bought it, by the whole graph."""
        profile = self.visitors.identities.view().profile_of(record_id(Kind.RECEIPT, sale))
        if profile is None or not profile.is_person:
            return None
        phones = [one for one in profile.records if one.startswith("phone:")]
        return phones[0].partition(":")[2] if phones else None

    def subject(self, person: int) -> str | None:
        return self.visitors.consents.subject_with_phone(phone_of(person))

    def edges(self, rule: Rule | None = None) -> list[EdgeFound]:
        """Those that touch a receipt."""
        live = self.visitors.identities.graph.live_edges()
        found = [one for one in live if "receipt:" in one.left + one.right]
        return [one for one in found if rule is None or one.rule is rule]


@asynccontextmanager
async def receipts_world(directory: Path, clock: HandClock | None = None) -> AsyncIterator[World]:
    clock = clock or HandClock()
    rules = VisitorRules(
        Rules("RU", "", False), CONTROLLER, directory, VisitSettings(zone=ZONE), "Europe/Moscow", hq=True
    )
    rng = random.Random(5)
    async with (
        open_store(directory, device="shop-1", now_ms=clock.now_ms) as journal,
        open_visitors(directory, device="shop-1", epoch=1, now_ms=clock.now_ms) as store,
    ):
        visitors = Visitors(rules, store, journal, clock, b"k" * 32, rng.randbytes, rng, Offers())
        await visitors.consents.start()
        yield World(visitors, store, journal, clock)
