"""The radars' windows: kept once, calibrated by the door from the days before, and honest where they say nothing."""

from __future__ import annotations

import random
from pathlib import Path

import msgspec
import pytest

from agent.visitors.readings import KeptReading
from sensors.estimate.calibration import Truth
from sensors.estimate.figures import Said
from sensors.framed import NotAMessage
from sensors.radar_messages import Reading
from sync.store.failures import DiskFull
from sync.visitor_store.visitor_batch import VisitorBatch
from tests.agent.visitor_hall import DAY_MS, HOUR_MS, MIDNIGHT_MS, MINUTE_MS, TEN_MS, Hall, HandClock, hall, run

WINDOW_MS = 10 * MINUTE_MS


def reading(start_ms: int, people: float = 0, *, closed: bool = True, **more: object) -> Reading:
    """As a radar hears so many people, each with a phone."""
    whole = Reading(
        start_ms, closed, 1.0, "whole", round(people), round(people), round(3 * people), people, people, 4.0
    )
    return msgspec.structs.replace(whole, **more)


def rows(made: Hall) -> list[KeptReading]:
    return [msgspec.json.decode(row.body, type=KeptReading) for row in made.store.readings(0)]


def test_a_reading_told_twice_counts_once_and_an_open_one_is_not_kept(tmp_path: Path) -> None:
    async def work() -> None:
        clock = HandClock(TEN_MS + HOUR_MS)
        async with hall(tmp_path, clock) as made:
            starts = [TEN_MS + number * WINDOW_MS for number in range(6)]
            for start in starts:
                assert await made.readings.keep("radar", reading(start, 4, closed=False))
            assert rows(made) == []
            for start in [*starts, *reversed(starts)]:
                assert await made.readings.keep("radar", reading(start, 4))
            assert len(rows(made)) == 6
            once = made.readings.hour(TEN_MS)
            assert once.coverage == 1.0
            await made.readings.keep("radar", reading(starts[2], 9, closed=False))
            assert made.readings.hour(TEN_MS) == once, "an open word does not replace a closed one"
        async with hall(tmp_path, clock) as again:
            assert again.readings.hour(TEN_MS) == once

    run(work)


def test_without_a_door_figures_are_told_as_not_calibrated(tmp_path: Path) -> None:
    async def work() -> None:
        clock = HandClock(TEN_MS + HOUR_MS + MINUTE_MS)
        async with hall(tmp_path, clock) as made:
            assert made.readings.people_now() is None
            for number in range(6):
                await made.readings.keep("radar", reading(TEN_MS + number * WINDOW_MS, 4))
            await made.readings.settle()
            now, passers = made.readings.people_now(), made.readings.passers_now()
            assert now is not None
            assert passers is not None
            assert now.said is passers.said is Said.NOT_CALIBRATED
            assert now.value is not None
            assert now.bands[0].low < now.value < now.bands[0].high < now.bands[1].high
            assert [one.people for one in rows(made)] == [None] * 6
            clock.at_ms += HOUR_MS
            assert made.readings.people_now() is None, "an hour ago is not now"

    run(work)


async def live_a_day(made: Hall, clock: HandClock, day: int, rng: random.Random) -> None:
    """Visitors come and go all day, over the door and past the radar: 1.5 phones heard for each two people."""
    begins = MIDNIGHT_MS + day * DAY_MS
    made.watch(begins + 9 * HOUR_MS, begins + 19 * HOUR_MS)
    inside, told = 0, []
    for number in range(60):
        start = begins + 9 * HOUR_MS + number * WINDOW_MS
        wanted = rng.randint(0, 12)
        step = wanted > inside
        told += [made.crossing(start + at, step) for at in range(abs(wanted - inside))]
        inside = wanted
        clock.at_ms = start + WINDOW_MS
        heard = 0.75 * inside
        await made.readings.keep("radar", reading(start, heard, near=round(heard), close=max(2, round(heard))))
    clock.at_ms = begins + 19 * HOUR_MS
    await made.day.take(told)
    clock.at_ms += 10 * MINUTE_MS
    await made.readings.settle()


def test_the_door_teaches_tomorrow_and_the_books_survive_a_restart(tmp_path: Path) -> None:
    async def work() -> None:
        clock, rng = HandClock(), random.Random(5)
        async with hall(tmp_path, clock) as made:
            for day in range(4):
                await live_a_day(made, clock, day, rng)
                assert made.readings.method("radar").calibration.own is (day == 3), "three days before, and not today"
            known = [one for one in rows(made) if one.people is not None]
            assert len(known) == 240
            await made.readings.keep("radar", known[-1].reading)
            assert [one for one in rows(made) if one.people is not None] == known, "told again, it is as well known"
            last = made.readings.hour(MIDNIGHT_MS + 3 * DAY_MS + 12 * HOUR_MS)
            assert last.people is not None
            assert last.people.said is Said.CALIBRATED
            assert last.people.calibrated_on == "2026-03-05"
            taught = made.readings.method("radar")
            assert taught.calibration.truth is Truth.DOORS
        async with hall(tmp_path, clock) as again:
            assert not again.readings.method("radar").calibration.own
            await again.readings.settle()
            assert again.readings.method("radar") == taught
            await again.readings.keep("radar", reading(clock.at_ms - clock.at_ms % WINDOW_MS - WINDOW_MS, 3), -60)
            assert not again.readings.method("radar").calibration.own, "another antenna is another radar"

    run(work)


def test_a_window_is_known_only_where_the_door_was_watched(tmp_path: Path) -> None:
    async def work() -> None:
        clock = HandClock(TEN_MS + 3 * HOUR_MS)
        async with hall(tmp_path, clock) as made:
            await made.day.take(
                [made.crossing(TEN_MS + 1), made.crossing(TEN_MS + 2), made.crossing(TEN_MS + WINDOW_MS // 2, False)]
            )
            made.watch(TEN_MS, TEN_MS + 20 * MINUTE_MS)
            assert made.day.people_in(TEN_MS) == pytest.approx(1.5, abs=0.01)
            assert made.day.people_in(TEN_MS + WINDOW_MS) == 1.0
            assert made.day.people_in(TEN_MS + 2 * WINDOW_MS) is None, "nobody watched"
            made.watch(TEN_MS + HOUR_MS, TEN_MS + 2 * HOUR_MS)
            assert made.day.people_in(TEN_MS + HOUR_MS) is None, "somebody may have passed while it was away"
            assert made.day.people_in(TEN_MS) == pytest.approx(1.5, abs=0.01)
            tomorrow = TEN_MS + DAY_MS
            made.watch(tomorrow, tomorrow + HOUR_MS)
            assert made.day.people_in(tomorrow) == 0.0, "a new day's inside is nobody"

    run(work)


def test_windows_of_another_time_are_refused_and_nonsense_ends_the_line(tmp_path: Path) -> None:
    async def work() -> None:
        async with hall(tmp_path) as made:
            for start in (TEN_MS + HOUR_MS, TEN_MS - 2 * DAY_MS, 0):
                assert not await made.readings.keep("radar", reading(start))
            wrong = [
                reading(TEN_MS - 1),
                reading(TEN_MS, coverage=1.5),
                reading(TEN_MS, near=-1),
                reading(TEN_MS, far=1e9),
                reading(TEN_MS, trust="honest"),
            ]
            for one in wrong:
                with pytest.raises(NotAMessage):
                    await made.readings.keep("radar", one)
            assert rows(made) == []

    run(work)


def test_an_hour_with_too_few_windows_has_no_figure(tmp_path: Path) -> None:
    async def work() -> None:
        clock = HandClock(TEN_MS + 2 * HOUR_MS)
        async with hall(tmp_path, clock) as made:
            await made.readings.keep("radar", reading(TEN_MS, 4))
            await made.readings.keep("radar", reading(TEN_MS + WINDOW_MS, 4))
            heard = made.readings.hour(TEN_MS)
            assert heard.people is not None
            assert (heard.people.said, heard.people.value) == (Said.SILENT, None)
            assert heard.coverage == pytest.approx(1 / 3)
            for number in range(2, 6):
                await made.readings.keep("radar", reading(TEN_MS + number * WINDOW_MS, trust="clock"))
            again = made.readings.hour(TEN_MS)
            assert again.people is not None
            assert (again.people.said, again.people.value) == (Said.CLOCK, None)

    run(work)


def test_one_radar_speaks_for_the_shop(tmp_path: Path) -> None:
    async def work() -> None:
        clock = HandClock(TEN_MS + HOUR_MS)
        async with hall(tmp_path, clock) as made:
            for number in range(6):
                await made.readings.keep("back", reading(TEN_MS + number * WINDOW_MS, 4, coverage=0.7))
            alone = made.readings.hour(TEN_MS)
            for number in range(6):
                await made.readings.keep("door", reading(TEN_MS + number * WINDOW_MS, 4))
            both = made.readings.hour(TEN_MS)
            assert made.readings.speaker(TEN_MS, clock.at_ms) == "door"
            assert alone.people is not None
            assert both.people is not None
            assert both.people.value == alone.people.value, "two that hear the same phones do not make twice as many"

    run(work)


def test_a_full_disk_keeps_nothing_and_the_reading_may_come_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work() -> None:
        clock = HandClock(TEN_MS + HOUR_MS)
        async with hall(tmp_path, clock) as made:

            async def full(batch: VisitorBatch) -> None:
                raise DiskFull("no space")

            with monkeypatch.context() as patched:
                patched.setattr(made.store, "commit", full)
                with pytest.raises(DiskFull):
                    await made.readings.keep("radar", reading(TEN_MS, 4))
            assert made.readings.windows("radar", 0, clock.at_ms) == []
            assert await made.readings.keep("radar", reading(TEN_MS, 4))
            assert len(rows(made)) == 1

    run(work)
