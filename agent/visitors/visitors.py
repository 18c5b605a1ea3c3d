"""Everything that a shop knows of its visitors, put together: memory, doors for the sensors' programs, who is here.

A shop without section [visitors] has none of it. Whatever fails here is written down and tried again; no till waits.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import anyio

from agent.clock import Clock
from agent.supervisor import keep_running
from agent.visitors.association_door import AssociationDoor
from agent.visitors.association_health import AssociationHealth
from agent.visitors.buyer import CardKeys
from agent.visitors.camera_door import CameraDoor
from agent.visitors.chain_customers import ChainCustomers, watch_chain
from agent.visitors.chain_guests import ChainGuests, ChainOffers
from agent.visitors.consents import Consents
from agent.visitors.customer_telling import CustomerTelling
from agent.visitors.day_view import VisitorsReader
from agent.visitors.enrolments import Enrolments
from agent.visitors.gallery import Gallery
from agent.visitors.greeting import Greeting
from agent.visitors.guests import Guests
from agent.visitors.identities import Identities
from agent.visitors.linking_round import LinkingRound
from agent.visitors.offers import Offers
from agent.visitors.radar_door import RadarDoor
from agent.visitors.readings import Readings
from agent.visitors.receipts import Receipts
from agent.visitors.sensor_health import SensorHealth
from agent.visitors.till_numbers import TillNumbers
from agent.visitors.visit_day import VisitDay
from sensors.camera_messages import Rules
from sensors.consent.countries import profile_of
from sensors.consent.facts import Purpose
from sensors.identity.records import Kind, record_id
from sensors.visits.settings import VisitSettings
from sensors.visits.visit import Owner, Visit
from sync.store.store import Store
from sync.visitor_store.visitor_store import VisitorStore
from sync.wire.visit_facts import STREAM

RADAR, CAMERAS, ASSOCIATION = "radar.sock", "cameras.sock", "association.sock"
"""Names in the directory of sockets: systemd's units of the programs know them."""


@dataclass(frozen=True, slots=True)
class VisitorRules:
    """What the shop's settings say of visitors. `zone_name`: the store's time zone. `hq`: there is one to be told.
    `door`: the zone whose line is the entrance, "" for every line."""

    rules: Rules
    controller: str
    sockets: Path
    visits: VisitSettings
    zone_name: str
    hq: bool
    door: str = ""


class Visitors:
    """`journal` is the shop's memory of its sales; `key` seals face templates; `draw(n)`: random bytes."""

    def __init__(
        self,
        told: VisitorRules,
        store: VisitorStore,
        journal: Store,
        clock: Clock,
        key: bytes,
        draw: Callable[[int], bytes],
        rng: random.Random,
        offers: Offers,
    ) -> None:
        country = profile_of(told.rules.country, told.rules.accreditation)
        zone: dt.tzinfo = told.visits.zone
        self.country, self.controller = country, told.controller
        self.clock, self.draw = clock, draw
        self.customers: CustomerTelling | None = None
        self.beside: ChainGuests | None = None
        self._chain_watch: Callable[[], Awaitable[None]] | None = None
        self._journal = journal
        self.store = store
        self.identities = Identities(store)
        self.consents = Consents(store, self.identities, clock, country, told.controller, draw, hq=told.hq)
        self.guests = Guests(self.consents, self.identities, self.consents, journal, clock, offers, rng)
        self.day = VisitDay(store, clock, told.visits, self._owner_of, told.door)
        self.readings = Readings(store, clock, zone, self.day.people_in)
        self.day.keeping = self.consents.keeping
        self.day.linked = self._buyer_in
        self.day.agreed_ms = self.consents.agreed_ms
        self.day.visits_of = self.consents.visits_of_same
        self.day.receipts = journal.closed_between
        self.day.heard = self.readings.hour
        self.health = SensorHealth(clock)
        self.gallery = Gallery(store, self.consents, key, draw)
        self.enrolments = Enrolments(self.gallery)
        self.cameras = CameraDoor(
            told.sockets / CAMERAS,
            told.rules,
            self.gallery.members,
            self.enrolments.answered,
            self.guests,
            self.day,
            self.health,
            clock,
        )
        self.greeting = Greeting(self.guests, self.identities, self.cameras)
        self.association = AssociationDoor(
            told.sockets / ASSOCIATION, self.consents, self.day, self.greeting, AssociationHealth(self.health)
        )
        cards = CardKeys(key)
        gap_ms = told.visits.gap_s * 1000
        self.receipts = Receipts(journal, self.consents, self.identities, cards, self._visits_at, gap_ms)
        self.linking = LinkingRound(store, self.identities, self.consents, self.receipts, self.day, clock)
        self.numbers = TillNumbers(self.consents, cards, self.greeting.came, clock)
        self.radars = RadarDoor(told.sockets / RADAR, self.readings, self.health)
        self.reader = VisitorsReader(
            store,
            clock,
            self.day,
            self.readings,
            self.health,
            country,
            told.zone_name,
            journal.closed_between,
            known=self.consents.known_people,
            here=lambda: self.guests.count,
            dropped=lambda: store.outbox_dropped(STREAM),
            linked=lambda: self.linking.last,
        )
        self.consents.watchers += [self.day.owners_changed, self.cameras.members_changed]
        self.consents.forgetters.append(self.day.renamed)
        self.guests.corrected.append(self.day.owners_changed)

    def join_chain(self, chain: ChainCustomers, rng: random.Random) -> None:
        """There is an HQ that knows the chain's customers: it is told of those who agree here, and tells of others."""
        told = CustomerTelling(self.store, self.consents, self.receipts, self._journal, chain, self.clock)
        self.beside = ChainGuests(chain, self.clock, rng, self.guests.beside_changed, told.shown)
        self.customers, self.consents.told_hq = told, told.told
        self.guests.chain, self.guests.beside = ChainOffers(chain, told.shown_to), self.beside
        self.numbers.strangers = self.beside.gave
        self.consents.watchers.append(told.stir)
        chain.secret.watchers.append(told.stir)
        self._chain_watch = partial(watch_chain, chain, self.guests.look_again)

    def sold(self) -> None:
        """Something at a till changed; returns at once."""
        self.receipts.stir()
        if self.customers is not None:
            self.customers.stir()

    @property
    def notes(self) -> tuple[str, ...]:
        """Codes of what a person has to see: a ledger that was changed, an erasure that is late, faces of no use."""
        return tuple(note for note in (self.consents.note, self.gallery.note) if note)

    async def run(self) -> None:
        """Until cancelled. Each part that dies is started again by itself. Raises StoreError before any door is open:
        what is to be erased goes first."""
        await self.consents.start()
        works: dict[str, Callable[[], Awaitable[None]]] = {
            "consents": self.consents.run,
            "visits": self.day.run,
            "radar windows": self.readings.run,
            "guests": self.guests.run,
            "receipts": self.receipts.run,
            "numbers at tills": self.numbers.run,
            "receipts of the night": self.linking.run,
            "door of the association": self.association.run,
            "door of the cameras": self.cameras.run,
            "door of the radars": self.radars.run,
        }
        if self.customers is not None and self.beside is not None and self._chain_watch is not None:
            works |= {
                "customers": self.customers.run,
                "guests of the chain": self.beside.run,
                "what HQ tells of customers": self._chain_watch,
            }
        async with anyio.create_task_group() as tasks:
            for name, work in works.items():
                tasks.start_soon(keep_running, name, work)

    def _buyer_in(self, visit: str) -> Owner | None:
        """Whose visit it is by a receipt of it: of a household's device, which names nobody by itself."""
        found = self.identities.buyer_in(record_id(Kind.VISIT, visit))
        if found is None:
            return None
        person, confidence = found
        subject = self.consents.subject_of(person)
        given = self.consents.given_of(subject, Purpose.ANALYTICS) if subject is not None else None
        return Owner(given.consent_id, confidence) if given is not None else None

    def _visits_at(self, at_ms: int) -> list[Visit]:
        """Of that moment's day, those set aside too: a short stay in which somebody bought is one."""
        visits = self.day.visits(self.day.settings.day_of(at_ms))
        return [*visits.counted, *(one for one, _ in visits.aside)]

    def _owner_of(self, key: str) -> Owner | None:
        """Under which consent its owner's visits are looked at; None without one, and where somebody at a till said
        "this is not them"."""
        record = record_id(Kind.MAC, key)
        if self.guests.refused(record):
            return None
        subject = self.consents.subject_of(record)
        given = self.consents.given_of(subject, Purpose.ANALYTICS) if subject is not None else None
        return Owner(given.consent_id, 1.0) if given is not None else None
