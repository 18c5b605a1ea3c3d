"""The day of visits: durable before it is acknowledged, taken once, and the same after a restart."""

from __future__ import annotations

import datetime as dt
import random
from pathlib import Path
from typing import Any

import anyio
import msgspec
import pytest
from anyio.lowlevel import checkpoint

from agent.visitors.day_fold import DayFold
from agent.visitors.steady_clock import SteadyClock
from agent.visitors.visit_telling import AGAIN_MS
from sensors.sighting import Seen, Sighting
from sensors.visits.book import Taken, VisitBook
from sensors.visits.settings import VisitSettings
from sensors.visits.visit import Owner
from sync.store.failures import DiskFull
from sync.visitor_store.visitor_batch import Forgotten, VisitorBatch
from sync.visitor_store.visitor_store import FILE
from tests.agent.visitor_hall import DAY_MS, HOUR_MS, MIDNIGHT_MS, MINUTE_MS, TEN_MS, ZONE, HandClock, hall, run, until

EVENING_MS = MIDNIGHT_MS + 20 * HOUR_MS


def on_disk(directory: Path) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(directory.glob(f"{FILE}*")))


def test_doubled_late_and_disordered_sightings_make_the_same_visits(tmp_path: Path) -> None:
    async def work() -> None:
        (tmp_path / "a").mkdir()
        (tmp_path / "b").mkdir()
        clock = HandClock(EVENING_MS)
        async with hall(tmp_path / "a", clock) as straight, hall(tmp_path / "b", clock) as crooked:
            told = [
                one
                for number in range(6)
                for one in straight.stay(f"k{number}", TEN_MS + number * 17 * MINUTE_MS, 5 + 7 * number)
            ]
            assert set(await straight.day.take(told)) == {Taken.NEW}
            mixed = told * 2
            random.Random(3).shuffle(mixed)
            for start in range(0, len(mixed), 3):
                await crooked.day.take(mixed[start : start + 3])
            assert len(straight.day.visits().counted) == 6
            assert crooked.day.visits() == straight.day.visits()
            assert crooked.day.refused == {Taken.DOUBLED: len(told)}

    run(work)


@pytest.mark.parametrize("seed", range(4))
def test_folded_bit_by_bit_it_is_what_one_fold_of_all_would_be(seed: int) -> None:
    """Sensors, keys, owners and the time that passes, at random; judged by sensors.visits alone."""
    rng = random.Random(seed)
    settings = VisitSettings(zone=ZONE, staff_keys=frozenset({"k3"}), staff_zones=frozenset({"store"}))
    owners = {f"k{number}": Owner(f"p{number % 4}", rng.choice([0.9, 1.0])) for number in range(6)}
    fold, now_ms, most = DayFold(settings, owners.get), TEN_MS, [0, 0]
    for number in range(300):
        now_ms += 4 * HOUR_MS if number % 60 == 59 else rng.choice([1_000, 60_000, 5_000])
        one = Sighting(
            sensor="s",
            boot="b",
            seq=number,
            seen=rng.choice(list(Seen)),
            at_ms=now_ms - rng.choice([0, 0, 5_000, 900_000]),
            key=rng.choice(["", *(f"k{name}" for name in range(12))]),
            zone=rng.choice([*["hall"] * 30, "store"]),
            signal_dbm=rng.choice([None, -50, -70, -90]),
        )
        fold.put(one.id, one)
        if rng.random() < 0.05:
            moved = rng.choice([other for other in fold.known.values() if other.key] or [one])
            fold.put(moved.id, msgspec.structs.replace(moved, key="k11"))
        if rng.random() < 0.02:
            owners[f"k{rng.randrange(12)}"] = Owner("p1", 1.0)
            fold.owners_changed()
        if rng.random() < 0.3:
            whole = VisitBook(settings, dict(fold.known)).visits(now_ms, owners.get)
            assert fold.visits(now_ms) == whole
            most = [max(most[0], len(whole.counted)), max(most[1], len(whole.aside))]
    assert min(most) > 0


def test_a_restart_in_the_middle_leaves_the_same_visits_and_tells_nothing_twice(tmp_path: Path) -> None:
    async def work() -> None:
        clock = HandClock(TEN_MS + HOUR_MS)
        async with hall(tmp_path, clock) as before:
            first = before.stay("anna", TEN_MS, 20)
            half = before.stay("boris", TEN_MS + 30 * MINUTE_MS, 60)
            await before.day.take([*first, *half[:4], before.crossing(TEN_MS), before.crossing(TEN_MS + 1, False)])
            clock.at_ms = TEN_MS + 5 * HOUR_MS
            await before.day.settle()
            stood, told = before.day.visits(), (before.told("visit"), before.told("hour"))
            assert len(told[0]) == 2
        async with hall(tmp_path, clock) as after:
            assert after.day.visits() == stood
            assert [(one.entered, one.left) for one in after.day.crossings()] == [(1, 1)]
            assert await after.day.take([*first, *half[:4]]) == (Taken.DOUBLED,) * (len(first) + 4)
            clock.at_ms += AGAIN_MS
            await after.day.settle()
            assert (after.told("visit"), after.told("hour")) == told
            await after.day.take(half[4:])
            clock.at_ms += 3 * HOUR_MS
            await after.day.settle()
            again = after.told("visit")[2:]
            assert [one.id for one in again] == [told[0][1].id], "a late sighting made this one longer, and only this"
            assert again[0].closed_ms > told[0][1].closed_ms

    run(work)


def test_a_visit_goes_on_under_the_key_that_its_owner_agreed_to(tmp_path: Path) -> None:
    async def work() -> None:
        clock = HandClock(TEN_MS + HOUR_MS)

        def owner_of(key: str) -> Owner | None:
            return Owner("anna", 1.0) if key == "returning" else None

        async with hall(tmp_path, clock, owner_of) as made:
            await made.day.take([made.sighting(TEN_MS, "day-key"), made.sighting(TEN_MS + 5 * MINUTE_MS, "day-key")])
            (before,) = made.day.visits().counted
            came = made.sighting(TEN_MS + 8 * MINUTE_MS, "returning")
            await made.day.take([came], {"day-key": "returning"})
            await made.day.take([made.sighting(TEN_MS + 6 * MINUTE_MS, "day-key")])  # a straggler
            await made.day.take([made.sighting(TEN_MS + 12 * MINUTE_MS, "returning", Seen.DISASSOCIATED)])
            (now,) = made.day.visits().counted
            assert (now.id, now.keys, now.identity) == (before.id, ("returning",), "anna")
            assert now.inside_ms == 12 * MINUTE_MS
        async with hall(tmp_path, clock, owner_of) as again:
            assert again.day.visits().counted == (now,)
            clock.at_ms += 4 * HOUR_MS
            await again.day.settle()
            (told,) = again.told("visit")
            assert (told.person, told.confidence) == ("anna", 1.0)
            (row,) = again.store.visits_of("anna")
            assert b"returning" not in row.body
            assert b"anna" not in row.body, "the column can be emptied, the body cannot"

    run(work)


def test_an_ended_consent_leaves_the_visit_and_no_byte_of_the_key(tmp_path: Path) -> None:
    async def work() -> None:
        clock = HandClock(TEN_MS + HOUR_MS)
        async with hall(tmp_path, clock) as made:
            await made.day.take([made.sighting(TEN_MS, "day-key-1")])
            await made.day.take(made.stay("returning-key", TEN_MS + MINUTE_MS, 20), {"day-key-1": "returning-key"})
            await made.day.take(made.stay("another-key", TEN_MS, 30))
            before = made.day.visits().counted
            stand_ins = {"returning-key": "a-stand-in"}

            async def ended() -> None:
                await made.store.commit(VisitorBatch(forgotten=Forgotten(keys=tuple(stand_ins.items()))))
                made.day.renamed(stand_ins)

            await ended()
            after = made.day.visits().counted
            assert [(one.id, one.inside_ms) for one in after] == [(one.id, one.inside_ms) for one in before]
            assert {key for one in after for key in one.keys} > {"another-key"}
            assert await made.day.take([made.sighting(TEN_MS, "day-key-1", seq=1)]) == (Taken.DOUBLED,)
            await ended()
        async with hall(tmp_path, clock) as again:
            assert again.day.visits().counted == after
        left = on_disk(tmp_path)
        assert b"returning-key" not in left
        assert b"another-key" in left

    run(work)


def test_midnight_parts_visits_and_a_new_day_begins_empty(tmp_path: Path) -> None:
    async def work() -> None:
        clock = HandClock(MIDNIGHT_MS + DAY_MS - MINUTE_MS)
        async with hall(tmp_path, clock) as made:
            await made.day.take(
                [
                    *(made.sighting(clock.at_ms - minute * MINUTE_MS, "anna") for minute in range(0, 60, 5)),
                    made.crossing(clock.at_ms),
                ]
            )
            assert made.day.inside() == 1
            clock.at_ms += 10 * MINUTE_MS
            await made.day.take([made.sighting(clock.at_ms - MINUTE_MS, "anna"), made.sighting(clock.at_ms, "anna")])
            yesterday, today = (made.day.visits(made.day.today - dt.timedelta(days=back)).counted for back in (1, 0))
            assert [one.closed for one in yesterday] == [True]
            assert [one.closed for one in today] == [False]
            assert yesterday[0].id != today[0].id
            assert made.day.inside() == 0
            assert made.day.crossings() == ()

    run(work)


def test_what_is_older_than_yesterday_is_forgotten_and_visits_after_a_year(tmp_path: Path) -> None:
    async def work() -> None:
        clock = HandClock(TEN_MS + HOUR_MS)
        async with hall(tmp_path, clock) as made:
            await made.day.take([*made.stay("anna", TEN_MS, 20), made.crossing(TEN_MS)], {"was": "anna"})
            clock.at_ms += DAY_MS
            await made.day.settle()
            await made.day.forget_old()
            assert len(made.store.sightings()) == 7
            clock.at_ms += DAY_MS
            await made.day.forget_old()
            assert made.store.sightings() == []
            assert made.day.days == ()
            assert made.day.steps(0, clock.at_ms) == []
            assert len(made.store.visits(0, clock.at_ms)) == 1
            await made.day.settle()
            assert not [one for one in made.told("visit") if one.void], "forgotten is not taken back"
            clock.at_ms += 400 * DAY_MS
            await made.day.forget_old()
            assert made.store.visits(0, clock.at_ms) == []

    run(work)


def test_a_clock_that_was_just_set_is_not_steady() -> None:
    clock = SteadyClock(3_600)
    looks = [clock.steady(60.0 * minute, TEN_MS + MINUTE_MS * minute) for minute in range(61)]
    assert looks == [False] * 60 + [True]
    assert clock.steady(3_660, TEN_MS + 61 * MINUTE_MS + 5_000), "five seconds by the network's time are no step"
    years_ms = TEN_MS + 900 * DAY_MS
    assert not clock.steady(3_720, years_ms)
    assert not clock.steady(7_000, years_ms + 3_280_000)
    assert clock.steady(7_320, years_ms + 3_600_000)
    assert not clock.steady(7_380, TEN_MS), "nor one that was set back"


def test_each_minute_it_settles_and_forgets_only_by_a_steady_clock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work() -> None:
        clock = HandClock(TEN_MS + HOUR_MS)
        async with hall(tmp_path, clock) as made:
            await made.day.take(made.stay("anna", TEN_MS, 20))
            clock.at_ms += 3 * DAY_MS
            monkeypatch.setattr("agent.visitors.visit_day.EACH_S", 0.01)
            for steady_s, left in ((3_600.0, 5), (0.0, 0)):
                monkeypatch.setattr("agent.visitors.visit_day.STEADY_S", steady_s)
                async with anyio.create_task_group() as tasks:
                    rounds = []
                    tell = made.day.settle

                    async def settle(rounds: list[int] = rounds, tell: Any = tell) -> None:
                        await tell()
                        rounds.append(1)

                    monkeypatch.setattr(made.day, "settle", settle)
                    tasks.start_soon(made.day.run)
                    await until(lambda rounds=rounds: len(rounds) > 2)  # type: ignore[misc]
                    tasks.cancel_scope.cancel()
                assert len(made.store.sightings()) == left
            assert len(made.told("visit")) == 1

    run(work)


def test_who_left_unseen_takes_nobody_out(tmp_path: Path) -> None:
    async def work() -> None:
        async with hall(tmp_path) as made:
            told = [made.crossing(TEN_MS - 9, False), made.crossing(TEN_MS - 8, False), made.crossing(TEN_MS - 7)]
            await made.day.take(told)
            assert made.day.inside() == 1
            await made.day.take([made.crossing(TEN_MS - 7, False)])
            assert made.day.inside() == 0, "at one moment who comes is first"

    run(work)


def test_clocks_that_differ_are_refused_and_one_that_goes_back_is_told(tmp_path: Path) -> None:
    async def work() -> None:
        async with hall(tmp_path) as made:
            wild = [made.sighting(at_ms, "k") for at_ms in (TEN_MS + HOUR_MS, TEN_MS - 2 * DAY_MS, 10**17, -(10**17))]
            assert await made.day.take(wild) == (Taken.AHEAD, Taken.TOO_LATE, Taken.AHEAD, Taken.TOO_LATE)
            assert made.store.sightings() == []
            back = [made.sighting(TEN_MS - 10_000, "k"), made.sighting(TEN_MS - 400_000, "k")]
            assert await made.day.take(back) == (Taken.NEW, Taken.NEW)
            assert [jump.back_ms for jump in made.day.jumps()] == [390_000]
            clever = made.sighting(TEN_MS - 10 * HOUR_MS - 1, "k", seq=back[0].seq)
            assert await made.day.take([clever]) == (Taken.DOUBLED,), "one id is one sighting, whatever day it claims"

    run(work)


def test_a_burst_of_five_thousand_is_a_few_commits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def work() -> None:
        clock = HandClock(TEN_MS + 2 * HOUR_MS)
        async with hall(tmp_path, clock) as made:
            told = [made.sighting(TEN_MS + number * 1_000, f"k{number % 250}") for number in range(5_000)]
            commits = []
            commit = made.store.commit

            async def counted(batch: VisitorBatch) -> None:
                commits.append(len(batch.sightings))
                await checkpoint()  # a disk that takes a moment: a very fast one would serve each caller by itself
                await commit(batch)

            monkeypatch.setattr(made.store, "commit", counted)
            async with anyio.create_task_group() as tasks:
                for one in told:
                    tasks.start_soon(made.day.take, [one])
            assert sum(commits) == 5_000
            assert len(commits) < 20
            assert len(made.store.sightings()) == 5_000
            assert len(made.day.visits().counted) == 250

    run(work)


def test_a_full_disk_takes_nothing_and_all_of_it_may_come_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work() -> None:
        async with hall(tmp_path) as made:
            told = [made.sighting(TEN_MS - 1_000, "a"), made.crossing(TEN_MS - 900)]
            raised = []

            async def full(batch: VisitorBatch) -> None:
                raise DiskFull("no space")

            async def bring(number: int) -> None:
                try:
                    await made.day.take([told[number]], {"x": "y"})
                except DiskFull:
                    raised.append(number)

            with monkeypatch.context() as patched:
                patched.setattr(made.store, "commit", full)
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(bring, 0)
                    tasks.start_soon(bring, 1)
            assert sorted(raised) == [0, 1], "each caller is told, also who waited for another's commit"
            assert made.day.visits().counted == ()
            assert made.day.inside() is None
            assert await made.day.take(told, {"x": "y"}) == (Taken.NEW, Taken.NEW)

    run(work)


def test_who_gives_up_waiting_takes_nobody_along(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def work() -> None:
        async with hall(tmp_path) as made:
            commit, go = made.store.commit, anyio.Event()

            async def slow(batch: VisitorBatch) -> None:
                await go.wait()
                await commit(batch)

            monkeypatch.setattr(made.store, "commit", slow)
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(made.day.take, [made.sighting(TEN_MS - 3, "a")])
                await anyio.lowlevel.checkpoint()
                with anyio.move_on_after(0.01):
                    await made.day.take([made.sighting(TEN_MS - 2, "b")])
                tasks.start_soon(made.day.take, [made.sighting(TEN_MS - 1, "c")])
                await anyio.lowlevel.checkpoint()
                go.set()
            assert {key for one in made.day.visits().counted for key in one.keys} == {"a", "c"}

    run(work)
