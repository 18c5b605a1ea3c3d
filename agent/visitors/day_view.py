"""The store's day of visitors as the status page and the command line read it: each number with what it rests on.

visits       over the door where a camera counts; else of known devices, and "no_door" says that it is not all
conversion   receipts of people who came in          capture     people who came in of passers-by (radar)
returning    visits of people who were here before, of the visits of those who agreed
inside       the door's balance; without a camera the radar's estimate
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import msgspec

from agent.clock import Clock
from agent.visitors import counted_figures as counted
from agent.visitors.linking_round import RoundDone
from agent.visitors.readings import Readings
from agent.visitors.sensor_health import SensorHealth
from agent.visitors.view import FigureView, HourView, LinkingView, VisitorsView
from agent.visitors.visit_day import VisitDay
from agent.visitors.visit_telling import HOUR_MS
from sensors.consent.countries import CountryProfile
from sensors.estimate.figures import capture_rate
from sensors.estimate.tally import WINDOW_MS, window_of
from sensors.visits.visit import Visits
from sync.visitor_store.visitor_store import VisitorStore
from sync.wire.visit_facts import STREAM


class VisitorsReader:
    """`receipts(from_ms, until_ms)`: closed in it. `known()`: how many have a standing consent; `here()`: how many of
    them are here; `dropped()`: facts that were dropped for want of room; `linked()`: what the last night's round did.
    """

    def __init__(
        self,
        store: VisitorStore,
        clock: Clock,
        day: VisitDay,
        readings: Readings,
        health: SensorHealth,
        country: CountryProfile,
        zone: str,
        receipts: Callable[[int, int], int],
        known: Callable[[], int] = lambda: 0,
        here: Callable[[], int] = lambda: 0,
        dropped: Callable[[], int] = lambda: 0,
        linked: Callable[[], RoundDone | None] = lambda: None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._day = day
        self._readings = readings
        self._health = health
        self._country = country
        self._zone = zone
        self._receipts = receipts
        self._known = known
        self._here = here
        self._dropped = dropped
        self._linked = linked

    def view(self) -> VisitorsView:
        """The day so far."""
        day, now_ms = self._day, self._clock.now_ms()
        begins_ms = day.midnight(day.today)
        visits = day.visits()
        returning = {one.id for one in day.returning(visits.counted)}
        agreed = sum(one.identity is not None for one in visits.counted)
        entered = self._entered(begins_ms, now_ms)
        stays = [one.inside_ms / 1000 for one in visits.counted if one.closed and one.inside_ms is not None]
        waiting = next((one.waiting for one in self._store.outbox_state() if one.stream == STREAM), 0)
        return VisitorsView(
            day=day.today.isoformat(),
            now_ms=now_ms,
            zone=self._zone,
            country=self._country.code,
            faces="on" if self._country.face_identification else "off",
            faces_why_ru=self._country.why.ru,
            faces_why_en=self._country.why.en,
            inside=self._inside(),
            visits=_visits(entered, visits),
            conversion=_conversion(self._receipts(begins_ms, now_ms + 1), entered),
            dwell_s=counted.middle_of(stays, "no_visits"),
            returning=counted.share(len(returning), agreed, "no_visits"),
            capture=self._capture(begins_ms, now_ms),
            hours=self._hours(begins_ms, now_ms, visits, returning),
            set_aside=dict(Counter(why.value for _, why in visits.aside)),
            known=self._known(),
            here=self._here(),
            sensors=self._health.views(),
            waiting=waiting,
            dropped=self._dropped(),
            linking=_linking(self._linked()),
        )

    def _entered(self, from_ms: int, until_ms: int) -> int | None:
        door = self._day.door(from_ms, until_ms + self._day.settings.ahead_s * 1000)
        if door is not None:
            return door[0]
        return 0 if self._day.counts_the_door else None

    def _inside(self) -> FigureView:
        inside = self._day.inside()
        return counted.estimated(self._readings.people_now()) if inside is None else counted.count(inside)

    def _capture(self, from_ms: int, now_ms: int) -> FigureView:
        """Windows that nobody watched the door in are left out: their entries are not none, but unknown."""
        if not self._day.counts_the_door:
            return counted.none("no_door")
        heard = self._readings.passers(window_of(from_ms), now_ms)
        if not heard:
            return counted.none("no_sensor")
        doors = [(self._day.door(start_ms, start_ms + WINDOW_MS), figure) for start_ms, figure in heard]
        pairs = [(door[0], figure) for door, figure in doors if door is not None]
        if not pairs:
            return counted.none("no_door")
        return counted.estimated(capture_rate([entered for entered, _ in pairs], [figure for _, figure in pairs]))

    def _hours(self, from_ms: int, now_ms: int, visits: Visits, returning: set[str]) -> list[HourView]:
        """Each hour of the day that has begun; on the day when clocks are set back one of them stands twice."""
        found = []
        for at_ms in range(from_ms, now_ms + 1, HOUR_MS):
            began = [one.id for one in visits.counted if at_ms <= one.opened_ms < at_ms + HOUR_MS]
            door = self._day.door(at_ms, at_ms + HOUR_MS)
            heard = self._readings.hour(at_ms)
            found.append(
                HourView(
                    hour=self._day.local_hour(at_ms),
                    at_ms=at_ms,
                    visits=len(began),
                    returning=sum(id in returning for id in began),
                    receipts=self._receipts(at_ms, at_ms + HOUR_MS),
                    entered=None if door is None else door[0],
                    left=None if door is None else door[1],
                    people=counted.estimated(heard.people),
                    passers=counted.estimated(heard.passers),
                )
            )
        return found


def _linking(done: RoundDone | None) -> LinkingView | None:
    return None if done is None else LinkingView(**msgspec.structs.asdict(done))


def _visits(entered: int | None, visits: Visits) -> FigureView:
    if entered is not None:
        return counted.count(entered)
    number = len(visits.counted)
    return FigureView("no_door", number, number, number, number, number) if number else counted.none("no_door")


def _conversion(receipts: int, entered: int | None) -> FigureView:
    if entered is None:
        return counted.none("no_door")
    if receipts > entered:
        return counted.none("door_missed")
    return counted.share(receipts, entered, "no_visits")
