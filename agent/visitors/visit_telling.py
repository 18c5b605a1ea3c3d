"""What of the visits is told to HQ and kept for the year: visits that are over, hours that are finished.

    visit over ──> VisitRow + VisitFact        told again only where a late sighting, or who it was, changed it;
    hour over  ──> HourRow + HourFact          `void` where it is no visit any more

An item's id ends in how often its subject was told, which is kept in the row: after a restart the same word is not told
again, and another word is another item. Rows hold no key of a device and name the person in their own column only: by
the consent under which the visit is looked at, as HQ is told it. Older rows have the shop's pseudonym there; those of
the last two days are told again under the consent.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Protocol

import msgspec

from agent.clock import Clock
from agent.visitors.hour_heard import HourHeard
from sensors.estimate.figures import Figure
from sensors.sighting import Seen
from sensors.visits.visit import Visit, Visits
from sync.store.batch import Outgoing
from sync.visitor_store.visitor_batch import HourRow, VisitorBatch, VisitRow
from sync.visitor_store.visitor_store import VisitorStore
from sync.wire.visit_facts import STREAM, BandFact, HourFact, VisitFact

HOUR_MS = 3_600_000
GRACE_MS = 120_000
"""A camera's queue and a radar's last window are here within seconds; two minutes cover an agent that was restarted."""
AGAIN_MS = 900_000
"""An hour changes for three hours more, while its short visits turn out to be none: HQ is not told each of them."""
WHOLE_SHOP = ""
AT_ONCE = 500
"""Items of one commit: after a day without a clock, or on a new machine, the writer is not held for seconds."""


class KeptVisit(VisitFact, frozen=True, omit_defaults=True):
    """A visit's row: nobody's, because its person stands in a column that can be emptied. `told`: how often."""

    told: int = 1


class KeptHour(HourFact, frozen=True, omit_defaults=True):
    told: int = 1


class Day(Protocol):
    """What is told of: agent/visitors/visit_day.py VisitDay."""

    @property
    def days(self) -> tuple[dt.date, ...]: ...

    def midnight(self, day: dt.date) -> int: ...

    def visits(self, day: dt.date | None = None) -> Visits: ...

    def door(self, from_ms: int, until_ms: int) -> tuple[int, int] | None: ...

    def receipts(self, from_ms: int, until_ms: int) -> int: ...

    def heard(self, hour_ms: int) -> HourHeard: ...

    def visits_of(self, identity: str) -> list[VisitRow]: ...


class Telling:
    """One for a VisitDay; what was told is read from the store when it is made."""

    def __init__(self, day: Day, store: VisitorStore, clock: Clock) -> None:
        self._day = day
        self._store = store
        self._clock = clock
        from_ms = clock.now_ms() - 3 * 24 * HOUR_MS
        self._visits = {
            row.id: (msgspec.json.decode(row.body, type=KeptVisit), row.person)
            for row in store.visits(from_ms, clock.now_ms() + HOUR_MS)
        }
        self._hours = {row.hour_ms: msgspec.json.decode(row.body, type=KeptHour) for row in store.hours(from_ms)}
        self._looked: dict[int, int] = {}

    async def tell(self) -> None:
        """One commit for what is new. Raises StoreError, and then it is told the next time."""
        now_ms = self._clock.now_ms()
        visits = list(self._news_of_visits())[:AT_ONCE]
        looked = self._due(now_ms)
        hours = list(self._news_of_hours(looked))
        if visits or hours:
            outgoing = [
                *(_item("visit", kept.id, kept.told, _named(kept, person, sure)) for kept, person, sure in visits),
                *(_item("hour", str(kept.hour_ms), kept.told, _hour_fact(kept)) for kept in hours),
            ]
            rows = tuple(VisitRow(kept.id, kept.opened_ms, who, msgspec.json.encode(kept)) for kept, who, _ in visits)
            kept_hours = tuple(HourRow(kept.hour_ms, WHOLE_SHOP, msgspec.json.encode(kept)) for kept in hours)
            await self._store.commit(VisitorBatch(visits=rows, hours=kept_hours, outgoing=tuple(outgoing)))
        self._visits |= {kept.id: (kept, person) for kept, person, _ in visits}
        self._hours |= {kept.hour_ms: kept for kept in hours}
        self._looked |= dict.fromkeys(looked, now_ms)

    def forget_before(self, at_ms: int) -> None:
        self._visits = {id: told for id, told in self._visits.items() if told[0].opened_ms >= at_ms}
        self._hours = {hour_ms: kept for hour_ms, kept in self._hours.items() if hour_ms >= at_ms}
        self._looked = {hour_ms: at for hour_ms, at in self._looked.items() if hour_ms >= at_ms}

    def returning(self, visits: Iterable[Visit]) -> list[Visit]:
        """Those of somebody known who was here before: on another day, or earlier on this one."""
        first: dict[str, int] = {}
        found = []
        for one in sorted(visits, key=lambda one: (one.opened_ms, one.id)):
            if one.identity is None:
                continue
            if one.identity not in first:
                kept = self._day.visits_of(one.identity)  # oldest first; one that is void is nobody's
                first[one.identity] = min(kept[0].opened_ms, one.opened_ms) if kept else one.opened_ms
            if first[one.identity] < one.opened_ms:
                found.append(one)
        return found

    def _news_of_visits(self) -> Iterable[tuple[KeptVisit, str, float]]:
        for day in self._day.days:
            counted = self._day.visits(day).counted
            for one in counted:
                if not one.closed:
                    continue
                before, person = self._visits.get(one.id, (None, ""))
                kept = _kept(one, 1 if before is None else before.told + 1)
                if before is None or person != (one.identity or "") or not _same(before, kept):
                    yield kept, one.identity or "", one.confidence
            there = {one.id for one in counted}
            begins_ms, ends_ms = self._day.midnight(day), self._day.midnight(day + dt.timedelta(days=1))
            for id, (before, _) in self._visits.items():
                if begins_ms <= before.opened_ms < ends_ms and id not in there and not before.void:
                    yield msgspec.structs.replace(before, void=True, told=before.told + 1), "", 0.0

    def _due(self, now_ms: int) -> list[int]:
        """Hours that are over and were not looked at just now."""
        if not self._day.days:
            return []
        first_ms = self._day.midnight(self._day.days[0])
        over = range(first_ms - first_ms % HOUR_MS, now_ms - HOUR_MS - GRACE_MS + 1, HOUR_MS)
        return [hour_ms for hour_ms in over if not 0 <= now_ms - self._looked.get(hour_ms, -AGAIN_MS) < AGAIN_MS]

    def _news_of_hours(self, hours: list[int]) -> Iterable[KeptHour]:
        visits = [one for day in self._day.days for one in self._day.visits(day).counted] if hours else []
        returning = {one.id for one in self.returning(visits)}
        for hour_ms in hours:
            before = self._hours.get(hour_ms)
            fact = self._hour(hour_ms, visits, returning)
            if before is None and _empty(fact):
                continue
            kept = KeptHour(**msgspec.structs.asdict(fact), told=1 if before is None else before.told + 1)
            if before is None or _hour_fact(before) != _hour_fact(kept):
                yield kept

    def _hour(self, hour_ms: int, visits: list[Visit], returning: set[str]) -> HourFact:
        began = [one.id for one in visits if hour_ms <= one.opened_ms < hour_ms + HOUR_MS]
        door = self._day.door(hour_ms, hour_ms + HOUR_MS)
        heard = self._day.heard(hour_ms)
        return HourFact(
            hour_ms=hour_ms,
            visits=len(began),
            returning=sum(id in returning for id in began),
            receipts=self._day.receipts(hour_ms, hour_ms + HOUR_MS),
            entered=None if door is None else door[0],
            left=None if door is None else door[1],
            people=None if heard.people is None else band_fact(heard.people),
            passers=None if heard.passers is None else band_fact(heard.passers),
            coverage=round(heard.coverage, 4),
        )


def band_fact(figure: Figure) -> BandFact:
    """As HQ reads it."""
    if figure.value is None:
        return BandFact(figure.said.value)
    bands = {band.level: band for band in figure.bands}
    numbers = (figure.value, bands[80].low, bands[80].high, bands[95].low, bands[95].high)
    return BandFact(figure.said.value, *(round(number, 3) for number in numbers))


def _kept(visit: Visit, told: int) -> KeptVisit:
    return KeptVisit(
        id=visit.id,
        opened_ms=visit.opened_ms,
        closed_ms=visit.closed_ms,
        zones=[zone for zone in visit.zones if zone],
        inside_s=None if visit.inside_ms is None else visit.inside_ms // 1000,
        bought=Seen.CARD in visit.kinds,
        told=told,
    )


def _same(one: KeptVisit, other: KeptVisit) -> bool:
    return msgspec.structs.replace(one, told=0) == msgspec.structs.replace(other, told=0)


def _named(kept: KeptVisit, person: str, confidence: float) -> VisitFact:
    fields = {name: value for name, value in msgspec.structs.asdict(kept).items() if name != "told"}
    return VisitFact(**{**fields, "person": person, "confidence": confidence if person else 0.0})


def _hour_fact(kept: KeptHour) -> HourFact:
    return HourFact(**{name: value for name, value in msgspec.structs.asdict(kept).items() if name != "told"})


def _empty(fact: HourFact) -> bool:
    """Nothing watched, nothing heard, nothing sold: no hour to speak of."""
    return not (fact.visits or fact.receipts or fact.entered is not None or fact.people is not None)


def _item(kind: str, subject: str, told: int, fact: VisitFact | HourFact) -> Outgoing:
    return Outgoing(STREAM, f"{kind}/{subject}/{told}", kind, 1, msgspec.json.encode(fact))
