"""Who of those that agreed to be known is here now: evidence about a record becomes a guest that a cashier may greet.

    came(record, how) ── whose? ── consent for this kind of evidence? ── one guest a person, however many sensors
                                                       │
          run(): visits and purchases before, offers ──┘        here(): the newest first, for every till of the shop
          left(record), ten minutes of silence, a consent that ended, "this is not them" ──> gone

A guest pays nothing and gets no discount by being known, and no till waits for this room: `came`, `left`, `here` and
`dismiss` return at once, what has to be read or kept is done in `run`. Nothing of it is durable but a correction: the
graph is told that this visit was not that person (sensors/identity/observation.py), by which kind of evidence and who
said so. A key that a household shares greets nobody, and a face is worth a "probably".
"""

from __future__ import annotations

import datetime as dt
import logging
import random
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import anyio

from agent.clock import Clock
from agent.guest_view import GuestView, OfferView, PurchaseView
from agent.ids import new_id
from agent.visitors.offers import Offers
from agent.visitors.purchases import Bought, SaleMemory, bought_before
from sensors.consent.facts import Purpose
from sensors.identity.graph import Graph
from sensors.identity.observation import not_this_person
from sensors.identity.profiles import View
from sensors.identity.records import IdentityEvent, Kind, RecordKept, record_id
from sync.store.failures import DiskFull, JournalRefused
from sync.visitor_store.visitor_batch import VisitRow

log = logging.getLogger("tillkeeper.visitors")

STAY_MS = 600_000
"""RADIUS interim updates come each one to ten minutes: who was not heard of for so long has gone, or sits still."""
VISIT_MS = 3 * 3_600_000
"""A visit ends after three hours outside (sensors/visits/settings.py): so long a correction holds without evidence."""
MOST = 64
"""More guests at once than any till could greet; the one heard of longest ago is forgotten."""
MOST_REFUSED = 256
SHOWN = 3
PURCHASES = 3
TAIL = 4
"""Digits of a phone that tell one guest from another and dial nobody."""
LOOK_EACH_S = 60.0
"""While somebody is here: a clock that was set is noticed, and a correction that found the disk full is kept later."""
NEEDS = {"face": Purpose.FACE_ID, "wifi": Purpose.WIFI_ID, "card": Purpose.ANALYTICS}
"""Each kind of evidence and the consent without which it says nothing; the surest is the last."""
SUREST = tuple(NEEDS)


class ConsentBook(Protocol):
    """The part of agent/visitors/consents.py that is asked here."""

    watchers: list[Callable[[], None]]

    def standing(self, subject: str, purpose: Purpose) -> bool: ...
    def subject_of(self, record: str) -> str | None: ...
    def personal(self, subject: str) -> dict[str, str]: ...


class IdentityBook(Protocol):
    """The part of agent/visitors/identities.py."""

    def around(self, record: str) -> tuple[Graph, View]: ...
    async def learn(self, events: Sequence[IdentityEvent]) -> None: ...


class ChainOffers(Protocol):
    """Offers that HQ chose for one person (agent/visitors/chain_guests.py); that they are shown is written down."""

    def offers_of(self, subject: str, phone: str, today: dt.date) -> list[OfferView]: ...


class Beside(Protocol):
    """Guests who agreed in another shop (agent/visitors/chain_guests.py)."""

    def here(self) -> list[GuestView]: ...
    def dismiss(self, guest: str) -> bool: ...


class VisitMemory(Protocol):
    """The part of sync/visitor_store/visitor_store.py."""

    def visits_of(self, person: str) -> list[VisitRow]: ...


@dataclass(slots=True)
class _Evidence:
    how: str
    seen_ms: int


@dataclass(slots=True)
class _Coming:
    """One person's stay. `terms`: whether analytics and marketing stood when the past was looked up."""

    guest: str
    subject: str
    since_ms: int
    name: str = ""
    phone: str = ""
    evidence: dict[str, _Evidence] = field(default_factory=dict)
    left_ms: int = -1
    terms: tuple[bool, bool] | None = None
    visits: int = 0
    last_ms: int = 0
    purchases: list[PurchaseView] = field(default_factory=list)
    offers: list[OfferView] = field(default_factory=list)

    @property
    def how(self) -> str:
        return max((one.how for one in self.evidence.values()), key=SUREST.index)

    def heard_ms(self) -> int:
        return max((one.seen_ms for one in self.evidence.values()), default=self.left_ms)

    def is_here(self, now_ms: int) -> bool:
        return any(abs(now_ms - one.seen_ms) < STAY_MS for one in self.evidence.values())

    def view(self) -> GuestView:
        return GuestView(
            self.guest,
            self.name,
            self.phone[-TAIL:],
            self.how,
            self.since_ms,
            self.visits,
            self.last_ms,
            self.purchases,
            self.offers,
        )


class Guests:
    """`store` knows earlier visits, `sales` earlier purchases. `watchers` are called when another guest is to be shown
    than before, or more about one; `corrected` when it was said that somebody is not who they were taken for."""

    def __init__(
        self,
        consents: ConsentBook,
        identities: IdentityBook,
        store: VisitMemory,
        sales: SaleMemory,
        clock: Clock,
        offers: Offers,
        rng: random.Random,
    ) -> None:
        self.chain: ChainOffers | None = None
        self.beside: Beside | None = None
        self.watchers: list[Callable[[], None]] = []
        self.corrected: list[Callable[[], None]] = []
        self._consents = consents
        self._identities = identities
        self._store = store
        self._sales = sales
        self._clock = clock
        self._offers = offers
        self._rng = rng
        self._comings: dict[str, _Coming] = {}
        self._refused: dict[str, int] = {}
        self._unkept: deque[tuple[IdentityEvent, ...]] = deque(maxlen=MOST)
        self._keeping = anyio.Lock()
        self._news = anyio.Event()
        self._told: list[GuestView] = []
        consents.watchers.append(self._agreed_otherwise)

    # Evidence

    def came(self, record: str, how: str, at_ms: int) -> None:
        """`record` of the identity graph was seen by `how` (wifi, face, card) at `at_ms` of the sensor's clock. Told
        again for as long as it is seen. What is too old, of nobody, or without its consent changes nothing."""
        now_ms = self._clock.now_ms()
        seen_ms = min(at_ms, now_ms)
        if how not in NEEDS or now_ms - seen_ms >= STAY_MS:
            return
        if self.refused(record):
            self._refused[record] = now_ms
            return
        subject = self._whose(record, how)
        self._drop(record, but=subject)
        if subject is not None and self._take(subject, record, _Evidence(how, seen_ms), now_ms):
            self._news.set()
        self._tell()

    def left(self, record: str, at_ms: int) -> None:
        """Whoever it was went out. Faces and cards of before say nothing any more; another device of theirs does."""
        for coming in self._comings.values():
            if record in coming.evidence and at_ms >= coming.evidence[record].seen_ms:
                coming.left_ms = max(coming.left_ms, min(at_ms, self._clock.now_ms()))
                coming.evidence = {
                    other: one
                    for other, one in coming.evidence.items()
                    if other != record and (one.how == "wifi" or one.seen_ms > at_ms)
                }
        self._tell()

    def refused(self, record: str) -> bool:
        """Was it said of this evidence, in this visit, that it is not its owner?"""
        heard_ms = self._refused.get(record)
        return heard_ms is not None and abs(self._clock.now_ms() - heard_ms) < VISIT_MS

    def _take(self, subject: str, record: str, seen: _Evidence, now_ms: int) -> bool:
        """Says whether the person has just come."""
        coming = self._comings.get(subject)
        if coming is not None and seen.seen_ms <= coming.left_ms:
            return False  # told late: they have gone since
        fresh = coming is None or abs(now_ms - coming.heard_ms()) >= STAY_MS
        if coming is None or fresh:
            coming = _Coming(new_id(now_ms, self._rng), subject, seen.seen_ms)
            self._comings[subject] = coming
        elif not coming.evidence:
            coming.terms, fresh = None, True  # they went out and are back: they may have bought something meanwhile
        known = coming.evidence.get(record)
        coming.evidence[record] = _Evidence(seen.how, max(seen.seen_ms, known.seen_ms if known else 0))
        if not self._name(coming):
            del self._comings[subject]
            return False
        while len(self._comings) > MOST:
            del self._comings[min(self._comings, key=lambda one: self._comings[one].heard_ms())]
        return fresh

    def _whose(self, record: str, how: str) -> str | None:
        _, view = self._identities.around(record)
        if view.person_of(record) is None:
            return None
        subject = self._consents.subject_of(record)
        if subject is None or not self._consents.standing(subject, NEEDS[how]):
            return None
        return subject

    def _name(self, coming: _Coming) -> bool:
        """Has the person a name or a phone still?"""
        personal = self._consents.personal(coming.subject)
        coming.name, coming.phone = personal.get("name", ""), personal.get("phone", "")
        return bool(coming.name or coming.phone)

    def _drop(self, record: str, but: str | None) -> None:
        """A record has one owner: after a merge or the end of a consent another one, or none."""
        for coming in self._comings.values():
            if coming.subject != but:
                coming.evidence.pop(record, None)

    # What a till asks

    @property
    def count(self) -> int:
        """How many are here, shown or not."""
        now_ms = self._clock.now_ms()
        return sum(one.is_here(now_ms) for one in self._comings.values())

    def here(self) -> list[GuestView]:
        """Newest first, SHOWN at most."""
        now_ms = self._clock.now_ms()
        present = [one for one in self._comings.values() if one.is_here(now_ms)]
        present.sort(key=lambda one: (one.since_ms, one.guest), reverse=True)
        others = self.beside.here() if self.beside is not None else []
        return [*(one.view() for one in present), *others][:SHOWN]

    def dismiss(self, guest: str, person: str) -> bool:
        """`person`, at a till, says that this is not them: gone at once, and the correction is kept by `run`.

        False where no such guest is here. The same evidence greets nobody until the visit is over.
        """
        now_ms = self._clock.now_ms()
        coming = next((one for one in self._comings.values() if one.guest == guest and one.is_here(now_ms)), None)
        if coming is None:
            gone = self.beside is not None and self.beside.dismiss(guest)
            self._tell()
            return gone
        del self._comings[coming.subject]
        for record in coming.evidence:
            self._refused[record] = now_ms
        while len(self._refused) > MOST_REFUSED:
            del self._refused[min(self._refused, key=self._refused.__getitem__)]
        for told in self.corrected:
            told()
        self._unkept.append(self._correction(coming, person, now_ms))
        self._news.set()
        self._tell()
        return True

    async def wrong(self, guest: str, person: str) -> bool:
        """As `dismiss`, and the correction is durable when it returns; where the disk is full, `run` tries again."""
        if not self.dismiss(guest, person):
            return False
        await self._keep_corrections()
        return True

    def _correction(self, coming: _Coming, person: str, now_ms: int) -> tuple[IdentityEvent, ...]:
        """The visit is parted from the person, not their device or face: next time these may well be right."""
        _, view = self._identities.around(next(iter(coming.evidence)))
        visit = record_id(Kind.VISIT, coming.guest)
        profile = next(filter(None, map(view.person_of, coming.evidence)), record_id(Kind.PHONE, coming.subject))
        kinds = "+".join(sorted({one.how for one in coming.evidence.values()}))
        parted = not_this_person(view, visit, profile, now_ms, person)
        return (
            RecordKept(visit, coming.since_ms),
            *(replace(one, why=f"{one.why}/{kinds}") for one in parted),
        )

    # Beside the till

    async def run(self) -> None:
        """Looks up what is known of who came, keeps corrections, and sees guests go, until cancelled."""
        while True:
            self._news = anyio.Event()
            await self._keep_corrections()
            for coming in [one for one in self._comings.values() if one.terms is None]:
                await self._look_back(coming)
            self._forget()
            self._tell()
            with anyio.move_on_after(self._until_next_s()):
                await self._news.wait()

    def _until_next_s(self) -> float | None:
        """Until the next evidence is too old; None where there is nothing to wait for."""
        if not self._comings and not self._unkept:
            return None
        now_ms = self._clock.now_ms()
        ages = [now_ms - one.seen_ms for coming in self._comings.values() for one in coming.evidence.values()]
        return min([LOOK_EACH_S, *((STAY_MS - age) / 1000 for age in ages if 0 <= age < STAY_MS)])

    async def _look_back(self, coming: _Coming) -> None:
        analytics = self._consents.standing(coming.subject, Purpose.ANALYTICS)
        marketing = self._consents.standing(coming.subject, Purpose.MARKETING)
        coming.terms = (analytics, marketing)
        visits = self._store.visits_of(coming.subject) if analytics else []
        before = [row.opened_ms for row in visits if row.opened_ms < coming.since_ms]
        bought = await bought_before(self._sales, coming.phone) if analytics and coming.phone else []
        if coming.terms != (analytics, marketing):
            return  # somebody agreed otherwise meanwhile: it is looked up again
        coming.visits, coming.last_ms = len(before), max(before, default=0)
        coming.purchases = [PurchaseView(one.name, one.sum_minor, one.at_ms) for one in bought[:PURCHASES]]
        coming.offers = self._offered(coming, bought) if marketing else []

    def _offered(self, coming: _Coming, bought: Sequence[Bought]) -> list[OfferView]:
        """What HQ chose for this person first, then what is for everybody."""
        today = self._clock.local().date()
        own = self.chain.offers_of(coming.subject, coming.phone, today) if self.chain is not None else []
        return [*own, *self._offers.fitting(bought, today)][:SHOWN]

    def look_again(self) -> None:
        """HQ told something of customers: whoever is here may have other offers now."""
        for coming in self._comings.values():
            coming.terms = None
        self._news.set()
        self._tell()

    def beside_changed(self) -> None:
        self._tell()

    async def _keep_corrections(self) -> None:
        async with self._keeping:
            while self._unkept:
                oldest = self._unkept[0]
                try:
                    await self._identities.learn(oldest)
                except (DiskFull, JournalRefused) as error:
                    log.warning("a correction of a greeting waits: %s", type(error).__name__)
                    return
                if self._unkept[0] is oldest:  # else so many came meanwhile that it was pushed out
                    self._unkept.popleft()

    def _agreed_otherwise(self) -> None:
        """Consents changed: whoever may be shown no more goes at once, and what is told of others is looked up anew."""
        for coming in list(self._comings.values()):
            for record, seen in list(coming.evidence.items()):
                if self._whose(record, seen.how) != coming.subject:
                    del coming.evidence[record]
            if not self._name(coming):
                del self._comings[coming.subject]
            stand = self._consents.standing
            terms = (stand(coming.subject, Purpose.ANALYTICS), stand(coming.subject, Purpose.MARKETING))
            if coming.terms not in (None, terms):
                coming.terms, coming.visits, coming.last_ms = None, 0, 0
                coming.purchases, coming.offers = [], []
                self._news.set()
        self._tell()

    def _forget(self) -> None:
        now_ms = self._clock.now_ms()
        for subject in [one.subject for one in self._comings.values() if abs(now_ms - one.heard_ms()) >= STAY_MS]:
            del self._comings[subject]
        for record in [record for record in self._refused if not self.refused(record)]:
            del self._refused[record]

    def _tell(self) -> None:
        shown = self.here()
        if shown != self._told:
            self._told = shown
            for watcher in self.watchers:
                watcher()
