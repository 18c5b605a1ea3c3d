"""What HQ is told of visits and hours: once, again only when it changed, taken back where it was none after all."""

from __future__ import annotations

from pathlib import Path

from agent.visitors.visit_telling import AGAIN_MS
from sensors.visits.visit import Aside, Owner
from tests.agent.visitor_hall import DAY_MS, HOUR_MS, MIDNIGHT_MS, MINUTE_MS, TEN_MS, HandClock, hall, run


def test_who_withdrew_is_nobody_in_what_is_told_from_then_on(tmp_path: Path) -> None:
    async def work() -> None:
        clock = HandClock(TEN_MS + 4 * HOUR_MS)
        agreed = {"anna": Owner("p-anna", 1.0)}
        async with hall(tmp_path, clock, agreed.get) as made:
            await made.day.take(made.stay("anna", TEN_MS, 20))
            await made.day.settle()
            agreed.clear()
            made.day.owners_changed()
            await made.day.settle()
            assert [one.person for one in made.told("visit")] == ["p-anna", ""]
            assert made.store.visits_of("p-anna") == []

    run(work)


def test_staff_are_set_aside_and_a_visit_told_too_soon_is_taken_back(tmp_path: Path) -> None:
    async def work() -> None:
        clock = HandClock(MIDNIGHT_MS + 9 * HOUR_MS)
        async with hall(tmp_path, clock, staff_keys=frozenset({"badge"})) as made:
            nine = MIDNIGHT_MS + 8 * HOUR_MS
            await made.day.take([*made.stay("badge", nine, 40), *made.stay("cleaner", nine, 50)])
            clock.at_ms = MIDNIGHT_MS + 13 * HOUR_MS
            await made.day.settle()
            (told,) = made.told("visit")
            assert [why for _, why in made.day.visits().aside] == [Aside.STAFF_BADGE]
            clock.at_ms = MIDNIGHT_MS + 19 * HOUR_MS
            await made.day.take(made.stay("cleaner", MIDNIGHT_MS + 13 * HOUR_MS, 290))
            await made.day.settle()
            assert {why for _, why in made.day.visits().aside} == {Aside.STAFF_BADGE, Aside.LONG_STAY}
            _, back = made.told("visit")
            assert (back.id, back.void) == (told.id, True)
            await made.day.settle()
            assert len(made.told("visit")) == 2

    run(work)


def test_hours_are_told_when_over_and_again_only_when_changed(tmp_path: Path) -> None:
    async def work() -> None:
        clock = HandClock(TEN_MS + 30 * MINUTE_MS)
        async with hall(tmp_path, clock) as made:
            made.day.receipts = lambda from_ms, until_ms: 3 if from_ms <= TEN_MS < until_ms else 0
            await made.day.take([*made.stay("anna", TEN_MS, 20), made.crossing(TEN_MS), made.crossing(TEN_MS + 5)])
            await made.day.settle()
            assert made.told("hour") == []
            clock.at_ms = TEN_MS + HOUR_MS + 3 * MINUTE_MS
            await made.day.settle()
            (ten,) = made.told("hour")
            assert (ten.hour_ms, ten.visits, ten.receipts, ten.entered, ten.left) == (TEN_MS, 1, 3, 2, 0)
            assert ten.people is None
            clock.at_ms += AGAIN_MS
            await made.day.settle()
            assert len(made.told("hour")) == 1
            await made.day.take([made.crossing(TEN_MS + 9, False)])
            await made.day.settle()
            assert len(made.told("hour")) == 1, "not each minute"
            clock.at_ms += AGAIN_MS
            await made.day.settle()
            assert [one.left for one in made.told("hour")] == [0, 1]
            ids = [row.id for row in made.store.outbox_read("visits", 0, 100, 1 << 20)]
            assert ids == [f"hour/{TEN_MS}/1", f"hour/{TEN_MS}/2"]

    run(work)


def test_an_hour_that_nobody_watched_has_no_count_of_the_door(tmp_path: Path) -> None:
    async def work() -> None:
        clock = HandClock(TEN_MS + HOUR_MS)
        async with hall(tmp_path, clock) as made:
            made.watch(TEN_MS + HOUR_MS, TEN_MS + 2 * HOUR_MS)
            await made.day.take([*made.stay("anna", TEN_MS, 20)])
            clock.at_ms = TEN_MS + 3 * HOUR_MS
            await made.day.settle()
            assert [(one.hour_ms, one.entered) for one in made.told("hour")] == [(TEN_MS, None), (TEN_MS + HOUR_MS, 0)]

    run(work)


def test_who_came_before_is_told_as_returning(tmp_path: Path) -> None:
    async def work() -> None:
        clock = HandClock(TEN_MS + HOUR_MS)

        def owner_of(key: str) -> Owner | None:
            return Owner("anna", 1.0) if key.startswith("anna") else None

        async with hall(tmp_path, clock, owner_of) as made:
            await made.day.take([*made.stay("anna", TEN_MS, 20), *made.stay("boris", TEN_MS, 20)])
            clock.at_ms += 4 * HOUR_MS
            await made.day.settle()
            assert [one.returning for one in made.told("hour")] == [0]
            clock.at_ms = TEN_MS + DAY_MS + HOUR_MS
            await made.day.take([*made.stay("anna", TEN_MS + DAY_MS, 20), *made.stay("boris", TEN_MS + DAY_MS, 20)])
            clock.at_ms += 4 * HOUR_MS
            await made.day.settle()
            last = made.told("hour")[-1]
            assert (last.visits, last.returning) == (2, 1)
            assert sorted(one.person for one in made.told("visit")) == ["", "", "anna", "anna"]

    run(work)
