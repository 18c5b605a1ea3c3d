"""The radars' windows: kept, calibrated each day against the door, and read as people and passers-by with bands.

    Reading ──> keep(): an open window in memory, a closed one durable      told twice, it counts once
    each minute: windows that are over ──the door──> people of that window ──> CalibrationBook, one a radar
    a figure <── the method that the days before today made; UNTAUGHT, and said so, until they are enough

One radar speaks for the shop, because two that hear the same phones would count them twice: the one that heard most of
the day, the first by name among equals.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from math import isfinite

import anyio
import anyio.to_thread
import msgspec

from agent.clock import Clock
from agent.visitors.hour_heard import HourHeard, mean_of
from sensors.estimate.calibration import Truth
from sensors.estimate.calibration_book import KEPT_DAYS, CalibrationBook
from sensors.estimate.calibration_choice import UNTAUGHT, Method
from sensors.estimate.figures import Figure, passers_by, people
from sensors.estimate.tally import WINDOW_MS, Reach, Trust, WindowReading
from sensors.framed import NotAMessage
from sensors.radar_messages import Reading
from sync.store.failures import StoreError
from sync.visitor_store.visitor_batch import ReadingRow, VisitorBatch
from sync.visitor_store.visitor_store import VisitorStore

log = logging.getLogger("tillkeeper.visitors")

EACH_S = 60.0
SETTLED_MS = 90_000
"""After a window ends: the cameras' last counts of it are here."""
DAY_MS = 86_400_000
AHEAD_MS = 120_000
"""As for sightings: more is no delay, the radar's clock is wrong."""
LOOK_BACK = 5
"""Windows that a live figure needs: an average of two, each looking back by half an hour."""
STALE_MS = 2 * WINDOW_MS + AHEAD_MS
"""The last window serves until the next one is over; then it is no news of now."""
HOUR_WINDOWS = 6
NEAR_DBM = Reach().near_dbm


class KeptReading(msgspec.Struct, frozen=True, omit_defaults=True):
    """A row's body. `people`: in the shop on average by the door; None where that is not known (yet: `judged`)."""

    reading: Reading
    near_dbm: int = NEAR_DBM
    people: float | None = None
    judged: bool = False


class Readings:
    """`people_in(start_ms)`: the mean number inside over a window by the door, or None (VisitDay.people_in).

    `run` carries the day's fit out: on a thread, it takes half a second; a simulation runs it in place.
    """

    def __init__(
        self,
        store: VisitorStore,
        clock: Clock,
        zone: dt.tzinfo,
        people_in: Callable[[int], float | None],
        run: Callable[[Callable[[], Method]], Awaitable[Method]] = anyio.to_thread.run_sync,
    ) -> None:
        self._store = store
        self._clock = clock
        self._zone = zone
        self._people_in = people_in
        self._kept: dict[str, dict[int, KeptReading]] = {}
        self._near_dbm: dict[str, int] = {}
        self._books: dict[tuple[str, int], CalibrationBook] = {}
        self._methods: dict[tuple[str, int], tuple[str, Method]] = {}
        self._run = run
        self._turn = anyio.Lock(fast_acquire=True)
        for row in store.readings(clock.now_ms() - KEPT_DAYS * DAY_MS):
            kept = msgspec.json.decode(row.body, type=KeptReading)
            self._kept.setdefault(row.sensor, {})[row.start_ms] = kept
            self._learn(row.sensor, kept)

    async def keep(self, sensor: str, reading: Reading, near_dbm: int = NEAR_DBM) -> bool:
        """A closed window is durable when it returns; an open one is not kept, it will be told again. False: it is of
        another time than ours, and not kept. Raises NotAMessage for what is no reading, StoreError on a full disk."""
        _examine(reading)
        now_ms = self._clock.now_ms()
        if not -DAY_MS <= reading.start_ms - now_ms <= AHEAD_MS:
            return False
        if not reading.closed:
            return True
        async with self._turn:
            before = self._kept.get(sensor, {}).get(reading.start_ms)
            if before is not None and before.reading == reading and before.near_dbm == near_dbm:
                return True
            kept = KeptReading(reading, near_dbm)
            await self._store.commit(VisitorBatch(readings=(_row(sensor, kept),)))
            self._kept.setdefault(sensor, {})[reading.start_ms] = kept
            self._near_dbm[sensor] = near_dbm
        return True

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self.settle()
            except StoreError as error:
                log.warning("windows are not judged, and nothing is lost: %s", error)
            await anyio.sleep(EACH_S)

    async def settle(self) -> None:
        """The people of windows that are over, by the door: what tomorrow's calibration stands on."""
        async with self._turn:
            now_ms = self._clock.now_ms()
            judged = [
                (sensor, msgspec.structs.replace(kept, people=self._people_in(start), judged=True))
                for sensor, windows in self._kept.items()
                for start, kept in windows.items()
                if not kept.judged and start + WINDOW_MS + SETTLED_MS <= now_ms
            ]
            if judged:
                await self._store.commit(VisitorBatch(readings=tuple(_row(*one) for one in judged)))
            for sensor, kept in judged:
                self._kept[sensor][kept.reading.start_ms] = kept
                self._learn(sensor, kept)
            oldest = now_ms - KEPT_DAYS * DAY_MS
            for sensor, windows in self._kept.items():
                self._kept[sensor] = {start: kept for start, kept in windows.items() if start >= oldest}
            await self._teach(self._day(now_ms))

    # Figures

    def method(self, sensor: str) -> Method:
        """What turns a radar's windows into people: made of the days before today, once a day."""
        made = self._methods.get((sensor, self._near_dbm.get(sensor, NEAR_DBM)))
        return UNTAUGHT if made is None else made[1]

    def speaker(self, from_ms: int, until_ms: int) -> str | None:
        """The radar that speaks for the shop in [from, until); None without any."""
        heard = {
            sensor: sum(one.coverage for one in self.windows(sensor, from_ms, until_ms))
            for sensor in sorted(self._kept)
        }
        return max(heard, key=lambda sensor: heard[sensor]) if heard else None

    def windows(self, sensor: str, from_ms: int, until_ms: int) -> list[WindowReading]:
        """The closed windows that begin in [from, until), in the order of time."""
        kept = self._kept.get(sensor, {})
        if not kept:
            return []
        first_ms = max(min(kept), -(-from_ms // WINDOW_MS) * WINDOW_MS)
        starts = range(first_ms, min(max(kept) + 1, until_ms), WINDOW_MS)
        return [_window(kept[start].reading) for start in starts if start in kept]

    def people_now(self) -> Figure | None:
        """The people of the last window that is over; None without a radar or where it is not of now."""
        return self._last(lambda windows, method: people(windows, method)[-1])

    def passers_now(self) -> Figure | None:
        return self._last(lambda windows, method: passers_by(windows[-1], method))

    def hour(self, from_ms: int) -> HourHeard:
        """The hour that begins then."""
        until_ms = from_ms + HOUR_WINDOWS * WINDOW_MS
        sensor = self.speaker(from_ms, until_ms)
        windows = [] if sensor is None else self.windows(sensor, from_ms, until_ms)
        if sensor is None or not windows:
            return HourHeard()
        method = self.method(sensor)
        before = self.windows(sensor, from_ms - (LOOK_BACK - 1) * WINDOW_MS, from_ms)
        figures = people([*before, *windows], method)[len(before) :]
        passers = [passers_by(one, method) for one in windows]
        coverage = sum(one.coverage for one in windows) / HOUR_WINDOWS
        return HourHeard(mean_of(figures, HOUR_WINDOWS), mean_of(passers, HOUR_WINDOWS), min(1.0, coverage))

    def passers(self, from_ms: int, until_ms: int) -> list[tuple[int, Figure]]:
        """(window's beginning, passers-by) of the radar that speaks."""
        sensor = self.speaker(from_ms, until_ms)
        if sensor is None:
            return []
        method = self.method(sensor)
        return [(one.start_ms, passers_by(one, method)) for one in self.windows(sensor, from_ms, until_ms)]

    def _last(self, figure: Callable[[list[WindowReading], Method], Figure]) -> Figure | None:
        now_ms = self._clock.now_ms()
        from_ms = now_ms - STALE_MS - (LOOK_BACK - 1) * WINDOW_MS
        sensor = self.speaker(from_ms, now_ms + 1)
        windows = [] if sensor is None else self.windows(sensor, from_ms, now_ms + 1)[-LOOK_BACK:]
        if sensor is None or not windows or now_ms - windows[-1].start_ms > STALE_MS:
            return None
        return figure(windows, self.method(sensor))

    def _learn(self, sensor: str, kept: KeptReading) -> None:
        """A radar that was told another signal for "near" counts something else: a book of its own."""
        self._near_dbm[sensor] = kept.near_dbm
        if kept.people is not None:
            book = self._books.setdefault((sensor, kept.near_dbm), _new_book(kept.near_dbm))
            book.add(_window(kept.reading), kept.people, self._day(kept.reading.start_ms))

    async def _teach(self, today: str) -> None:
        for name, book in self._books.items():
            made = self._methods.get(name)
            if made is None or made[0] != today:
                self._methods[name] = (today, await self._run(partial(book.method, today)))

    def _day(self, at_ms: int) -> str:
        return dt.datetime.fromtimestamp(at_ms / 1000, self._zone).date().isoformat()


def _new_book(near_dbm: int) -> CalibrationBook:
    return CalibrationBook(Truth.DOORS, Reach(near_dbm=near_dbm))


def _examine(reading: Reading) -> None:
    numbers = (reading.minutes, reading.addresses, reading.far, reading.close, reading.near, reading.bursts)
    sound = (
        reading.start_ms % WINDOW_MS == 0
        and 0.0 <= reading.coverage <= 1.0
        and all(isfinite(number) and 0 <= number < 1e6 for number in numbers)
        and reading.trust in {trust.value for trust in Trust}
    )
    if not sound:
        raise NotAMessage("a reading that no radar makes")


def _window(reading: Reading) -> WindowReading:
    return WindowReading(
        reading.start_ms,
        reading.coverage,
        Trust(reading.trust),
        reading.close,
        reading.near,
        reading.bursts,
        reading.minutes,
        reading.addresses,
        reading.far,
    )


def _row(sensor: str, kept: KeptReading) -> ReadingRow:
    return ReadingRow(sensor, kept.reading.start_ms, msgspec.json.encode(kept))
