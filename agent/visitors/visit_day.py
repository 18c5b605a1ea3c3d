"""What the sensors saw today and yesterday: durable before it is acknowledged, taken once, and folded into visits.

    Came, Left, Counted ──> take() ──> one commit for all that wait ──> books, one a day ──> visits, crossings
                              └── DiskFull: raised, nothing is taken; the sensor's program tells it again

A device that was counted under the day's key and then agreed (`same`) goes on under its returning key: the sightings of
the old key are folded under the new one. So the visit goes on whether or not the graph knows an owner yet, its exit
closes what the old key opened, and its id stays, because that is the first sighting's.
"""

from __future__ import annotations

import datetime as dt
import logging
from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from types import MappingProxyType

import anyio
import msgspec

from agent.clock import Clock
from agent.visitors.day_fold import NO_VISITS, DayFold
from agent.visitors.door_watch import DoorWatch
from agent.visitors.hour_heard import HourHeard
from agent.visitors.steady_clock import SteadyClock
from agent.visitors.visit_telling import Telling
from sensors.estimate.calibration_truth import people_by_door
from sensors.estimate.tally import WINDOW_MS, window_of
from sensors.sighting import Seen, Sighting
from sensors.visits.book import ClockJump, Crossings, Taken, VisitBook
from sensors.visits.settings import VisitSettings
from sensors.visits.visit import Owner, OwnerOf, Visit, Visits, nobody
from sync.store.failures import StoreError
from sync.visitor_store.visitor_batch import SightingRow, VisitorBatch, VisitRow
from sync.visitor_store.visitor_store import VisitorStore

log = logging.getLogger("tillkeeper.visitors")

EACH_S = 60.0
"""A visit is over three hours after its end: a minute more is nothing to HQ, and little to a small machine."""
KEPT_VISITS_DAYS = 400
"""A year and a month: the same weeks of last year."""
STEADY_S = 3_600.0
"""Nothing is forgotten by a clock that was set within the last hour."""
FRESH_MS = 5_000
"""How long folded visits serve while nothing is taken: time itself closes some, by minutes."""
LINE = {Seen.LINE_IN: 1, Seen.LINE_OUT: -1}
NOBODY_SAME: Mapping[str, str] = MappingProxyType({})


class Kept(msgspec.Struct, frozen=True, omit_defaults=True):
    """A row's body: a sighting, or that two keys are one device."""

    sighting: Sighting | None = None
    was: str = ""
    key: str = ""


@dataclass(eq=False, slots=True)
class _Brought:
    """What one caller waits for."""

    sightings: tuple[Sighting, ...]
    same: dict[str, str]
    found: tuple[Taken, ...] | None = None


class VisitDay:
    """`entrance`: the zone whose door line is the shop's, "" for every one. `owner_of(key)`: whose device it is, for
    those whose consent allows it; asked once, until `owners_changed`. Raises nothing for what sensors say.

    `keeping` is held from asking whose visits they are until that is durable: whoever erases a person holds it too.
    `receipts(from_ms, until_ms)` and `heard(hour_ms)` complete the hours; `agreed_ms(identity)`: when an owner's
    consent was given, `visits_of(identity)`: all visits of the same person, and `linked(visit)`: whose a visit is by
    what was bought in it. Whoever has them sets them.
    """

    def __init__(
        self, store: VisitorStore, clock: Clock, settings: VisitSettings, owner_of: OwnerOf, entrance: str = ""
    ) -> None:
        self.settings = settings
        self._entrance = entrance
        self.watch = DoorWatch()
        self.keeping = anyio.Lock(fast_acquire=True)
        self.receipts: Callable[[int, int], int] = lambda from_ms, until_ms: 0
        self.heard: Callable[[int], HourHeard] = lambda hour_ms: HourHeard()
        self.agreed_ms: Callable[[str], int] = lambda identity: 0
        self.linked: OwnerOf = nobody
        self.visits_of: Callable[[str], list[VisitRow]] = store.visits_of
        self.refused: dict[Taken, int] = {}
        self._store = store
        self._clock = clock
        self._owner_of = owner_of
        self._turn = anyio.Lock(fast_acquire=True)
        self._waiting: list[_Brought] = []
        self._gate = VisitBook(settings)  # judges times only: it holds nothing
        self._books: dict[dt.date, DayFold] = {}
        self._same: dict[str, str] = {}
        self._line: list[tuple[int, int, str]] = []  # moment, -1 in or +1 out, id: at one moment who comes is first
        self._numbered: dict[tuple[str, str], int] = {}
        self._folded: dict[dt.date, tuple[int, Visits]] = {}
        self._forgot: dt.date | None = None
        self._load()
        self._telling = Telling(self, store, clock)

    # Taking in

    async def take(self, sightings: Sequence[Sighting], same: Mapping[str, str] = NOBODY_SAME) -> tuple[Taken, ...]:
        """Durable when it returns; what of each sighting was taken. Callers that wait at once share a commit.

        Raises StoreError (DiskFull): nothing of it is taken, and it may be brought again.
        """
        mine = _Brought(tuple(sightings), {was: key for was, key in same.items() if was and key and was != key})
        self._waiting.append(mine)
        try:
            async with self._turn:
                if mine.found is None:
                    await self._keep(tuple(self._waiting))
        finally:
            self._waiting = [one for one in self._waiting if one is not mine]
        return mine.found or ()

    def renamed(self, stand_ins: Mapping[str, str]) -> None:
        """Keys whose consents ended go on under stand-ins, as devices that nobody knows. Whoever ended them has changed
        the rows."""
        for book in self._books.values():
            for key, stand_in in stand_ins.items():
                for one in book.of_key(key):
                    book.put(one.id, msgspec.structs.replace(one, key=stand_in))
        self._same = {stand_ins.get(was, was): stand_ins.get(key, key) for was, key in self._same.items()}
        self._folded.clear()

    def owners_changed(self) -> None:
        """Somebody agreed or withdrew: whose visits they are is asked anew."""
        self._folded.clear()
        for book in self._books.values():
            book.owners_changed()

    # As it stands

    @property
    def today(self) -> dt.date:
        return self.settings.day_of(self._clock.now_ms())

    @property
    def days(self) -> tuple[dt.date, ...]:
        """Those that anything was seen on and that are not forgotten."""
        return tuple(sorted(self._books))

    def midnight(self, day: dt.date) -> int:
        """When the store's day begins."""
        return round(dt.datetime.combine(day, dt.time(), self.settings.zone).timestamp() * 1000)

    def visits(self, day: dt.date | None = None) -> Visits:
        """Today's, or another day's that is not forgotten, as they stand now."""
        now_ms = self._clock.now_ms()
        wanted = self.today if day is None else day
        book = self._books.get(wanted)
        if book is None:
            return NO_VISITS
        before = self._folded.get(wanted)
        if before is not None and 0 <= now_ms - before[0] < FRESH_MS:
            return before[1]
        folded = book.visits(now_ms)
        aside = tuple((self._as_agreed(one), why) for one, why in folded.aside)
        visits = Visits(tuple(map(self._as_agreed, folded.counted)), aside)
        self._folded[wanted] = (now_ms, visits)
        return visits

    def _as_agreed(self, visit: Visit) -> Visit:
        """Nobody's where it was over before its owner agreed. Agreed during it, or while the device was still thought
        to be there, it is the visit that they agreed in. Whom no key names, a purchase in it may."""
        owner = Owner(visit.identity, visit.confidence) if visit.identity is not None else self.linked(visit.id)
        here_ms = visit.closed_ms + self.settings.gap_s * 1000
        if owner is None or self.agreed_ms(owner.identity) > here_ms:
            return visit if visit.identity is None else replace(visit, identity=None, confidence=0.0)
        return (
            visit
            if visit.identity is not None
            else replace(visit, identity=owner.identity, confidence=owner.confidence)
        )

    def returning(self, visits: Iterable[Visit]) -> list[Visit]:
        """Those of somebody known who was here before."""
        return self._telling.returning(visits)

    def local_hour(self, at_ms: int) -> int:
        """0 to 23, by the store's clock."""
        return dt.datetime.fromtimestamp(at_ms / 1000, self.settings.zone).hour

    def crossings(self) -> tuple[Crossings, ...]:
        """Today's, by hour (UTC) and door."""
        book = self._books.get(self.today)
        return () if book is None else book.crossings()

    def steps(self, from_ms: int, until_ms: int) -> list[tuple[int, int]]:
        """(moment, +1 in or -1 out) over any door, in the order of time."""
        first, end = bisect_left(self._line, (from_ms,)), bisect_left(self._line, (until_ms,))
        return [(at_ms, -turned) for at_ms, turned, _ in self._line[first:end]]

    @property
    def counts_the_door(self) -> bool:
        """Is there a camera, or was there one yesterday?"""
        return bool(self.watch.cameras or self._line)

    def door(self, from_ms: int, until_ms: int) -> tuple[int, int] | None:
        """(entered, left) in [from, until); None where nobody watched."""
        steps = self.steps(from_ms, until_ms)
        if not steps and not self.watch.any_of(from_ms, until_ms):
            return None
        entered = sum(step > 0 for _, step in steps)
        return entered, len(steps) - entered

    def inside(self) -> int | None:
        """Door in minus out today, never below 0; None without a camera."""
        if not self.counts_the_door:
            return None
        inside = 0
        for _, step in self.steps(self.midnight(self.today), self._clock.now_ms() + self.settings.ahead_s * 1000):
            inside = max(0, inside + step)
        return inside

    def people_in(self, start_ms: int) -> float | None:
        """The mean number inside over a window, by the door; None where that is not known: nobody watched in it, or
        somebody may have passed unseen since the day's first, before whom nobody was inside."""
        midnight = self.midnight(self.settings.day_of(start_ms))
        ends_ms = start_ms + WINDOW_MS
        since_ms = next((at_ms for at_ms, _ in self.steps(midnight, ends_ms)), ends_ms)
        if not self.watch.whole(start_ms, ends_ms) or self.watch.hole_in(since_ms, ends_ms):
            return None
        inside, mean = 0, 0.0
        for start in range(window_of(since_ms), ends_ms, WINDOW_MS):
            mean, inside = people_by_door(start, inside, self.steps(start, start + WINDOW_MS))
        return mean

    def jumps(self) -> tuple[ClockJump, ...]:
        """Where a sensor's clock went back while it was running."""
        return tuple(jump for day in self.days for jump in self._books[day].jumps())

    def last_seq(self, sensor: str, boot: str) -> int:
        """The highest number taken from a sensor since its start, 0 for none."""
        return self._numbered.get((sensor, boot), 0)

    # Each minute

    async def run(self) -> None:
        """Tells HQ what is over and forgets what is old, until cancelled."""
        clock = SteadyClock(STEADY_S)
        while True:
            try:
                await self.settle()
                if clock.steady(anyio.current_time(), self._clock.now_ms()):
                    await self.forget_old()
            except StoreError as error:
                log.warning("visits are not told, and nothing is lost: %s", error)
            await anyio.sleep(EACH_S)

    async def settle(self) -> None:
        """Closed visits and finished hours, in one commit. Raises StoreError, and tells them the next time."""
        async with self.keeping:
            await self._telling.tell()

    async def forget_old(self) -> None:
        """Once a day: sightings from before yesterday, visits of more than a year ago."""
        today = self.today
        if self._forgot == today:
            return
        yesterday = today - dt.timedelta(days=1)
        visits_ms = self.midnight(today - dt.timedelta(days=KEPT_VISITS_DAYS))
        async with self._turn:
            await self._store.forget_before(self.midnight(yesterday), visits_ms)
            for day in [day for day in self._books if day < yesterday]:
                del self._books[day]
                self._folded.pop(day, None)
            kept = {one.key for book in self._books.values() for one in book.known.values()}
            self._same = {was: key for was, key in self._same.items() if key in kept}
            self._line = [one for one in self._line if one[0] >= self.midnight(yesterday)]
            heard = {(one.sensor, one.boot) for book in self._books.values() for one in book.known.values()}
            self._numbered = {name: seq for name, seq in self._numbered.items() if name in heard}
        self._telling.forget_before(self.midnight(yesterday))
        self._forgot = today

    async def _keep(self, together: tuple[_Brought, ...]) -> None:
        """One commit for all that wait. Nothing is taken in before it is on the disk."""
        now_ms = self._clock.now_ms()
        rows: dict[str, SightingRow] = {}
        for brought in together:
            for was, key in brought.same.items():
                if self._same.get(was) != key:
                    rows[_same_id(was, key)] = SightingRow(_same_id(was, key), now_ms, _body(Kept(was=was, key=key)))
            for one in brought.sightings:
                if self._judged(one, now_ms) is Taken.NEW:
                    rows.setdefault(one.id, SightingRow(one.id, one.at_ms, _body(Kept(one))))
        if rows:
            await self._store.commit(VisitorBatch(sightings=tuple(rows.values())))
        for brought in together:
            self._join(brought.same)
            brought.found = tuple(self._take_in(one, now_ms) for one in brought.sightings)

    def _judged(self, one: Sighting, now_ms: int) -> Taken:
        if any(one.id in book.known for book in self._books.values()):
            return Taken.DOUBLED
        return self._gate.judge(one, now_ms)

    def _take_in(self, one: Sighting, now_ms: int) -> Taken:
        taken = self._judged(one, now_ms)
        if taken is Taken.NEW:
            self._enter(one)
            self._folded.pop(self.settings.day_of(one.at_ms), None)
        else:
            self.refused[taken] = self.refused.get(taken, 0) + 1
        return taken

    def _enter(self, one: Sighting) -> None:
        self._book(one.at_ms).put(one.id, self._under_its_key(one))
        name = (one.sensor, one.boot)
        self._numbered[name] = max(self._numbered.get(name, 0), one.seq)
        if one.seen in LINE and self._entrance in ("", one.zone):
            insort(self._line, (one.at_ms, -LINE[one.seen], one.id))

    def _join(self, same: Mapping[str, str]) -> None:
        news = {was: key for was, key in same.items() if self._same.get(was) != key}
        if not news:
            return
        self._same |= news
        for book in self._books.values():
            for key in news:
                for one in book.of_key(key):
                    book.put(one.id, self._under_its_key(one))
        self._folded.clear()

    def _under_its_key(self, one: Sighting) -> Sighting:
        key = self._same.get(one.key)
        return one if key is None else msgspec.structs.replace(one, key=key)

    def _book(self, at_ms: int) -> DayFold:
        day = self.settings.day_of(at_ms)
        book = self._books.get(day)
        if book is None:
            book = self._books[day] = DayFold(self.settings, self._owner_of)
        return book

    def _load(self) -> None:
        decoder = msgspec.json.Decoder(Kept)
        rows = [decoder.decode(row.body) for row in self._store.sightings()]
        self._same = {kept.was: kept.key for kept in rows if kept.sighting is None}
        for kept in rows:
            if kept.sighting is not None:
                self._enter(kept.sighting)


def _body(kept: Kept) -> bytes:
    return msgspec.json.encode(kept)


def _same_id(was: str, key: str) -> str:
    return sha256(f"same\n{was}\n{key}".encode()).hexdigest()[:32]
