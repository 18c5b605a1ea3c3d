"""The nightly round: what no key explains is weighed once a night, in slices, under consents that stand."""

from __future__ import annotations

import datetime as dt
import itertools
import random
from pathlib import Path

import anyio
import anyio.lowlevel
import pytest
import trio.testing

from agent.checkup.visits_report import report
from agent.local_api.visitor_metrics import visitor_rows
from agent.visitors import linking_round
from agent.visitors.linking_round import OUTWEIGHED, STEADY_S, LinkingRound
from sensors.consent.facts import Purpose
from sensors.identity.records import Rule
from sync.visitor_store.visitor_batch import VisitorBatch
from sync.visitor_store.visitor_store import VisitorStore
from tests.agent.consent_world import device_key, on_disk, phone_of
from tests.agent.receipts_world import WIFI_AND_VISITS, World, receipts_world
from tests.agent.visitor_hall import DAY_MS, HOUR_MS, MIDNIGHT_MS, MINUTE_MS, TEN_MS, HandClock, run

PERSONS, SEED = 150, 11
EVENING_MS = MIDNIGHT_MS + 20 * HOUR_MS
NEXT_NIGHT_MS = MIDNIGHT_MS + DAY_MS + 5 * MINUTE_MS


async def a_day(world: World) -> tuple[dict[str, int], set[int]]:
    """A seeded Monday: each sale's true buyer, and who agreed to analytics. Every fifth pair shares a telephone, a
    sixth agreed to Wi-Fi alone, a sixth to nothing; two numbers in a hundred have a wrong digit, which one time in
    a hundred is somebody else's number (the rates of tests/sensors/population.py)."""
    rng = random.Random(SEED)
    agreed: set[int] = set()
    key_of: dict[int, str] = {}
    for person in range(PERSONS):
        shares = person % 10 == 1
        key_of[person] = device_key(person - 1 if shares else person)
        lot = rng.random()
        if lot < 4 / 6 or person % 10 in (0, 1):
            await world.agrees(person, key=key_of[person])
            agreed.add(person)
        elif lot < 5 / 6:
            await world.agrees(person, Purpose.WIFI_ID, key=key_of[person])
    buyers: dict[str, int] = {}
    plan = sorted((MIDNIGHT_MS + 9 * HOUR_MS + rng.randrange(10 * HOUR_MS), rng.randrange(PERSONS)) for _ in range(320))
    for number, (at_ms, person) in enumerate(plan):
        world.clock.at_ms = at_ms + 40 * MINUTE_MS
        if rng.random() < 0.7:
            await world.stays(person, at_ms, 30, key_of[person])
        if rng.random() < 0.7:
            told = person if rng.random() > 0.02 else rng.randrange(100 * PERSONS)
            sale = f"sale-{number}"
            buyers[sale] = person
            await world.buys(sale, at_ms + 15 * MINUTE_MS, phone=phone_of(told) if rng.random() < 0.8 else "")
    return buyers, agreed


def test_a_night_over_some_hundred_visits(tmp_path: Path) -> None:
    async def work() -> None:
        async with receipts_world(tmp_path, HandClock(TEN_MS)) as world:
            buyers, agreed = await a_day(world)
            world.clock.at_ms = NEXT_NIGHT_MS
            done = await world.visitors.linking.night()
            print(done)
            assert done.day == dt.date(2026, 3, 2).isoformat()
            assert done.scored >= 5
            assert done.put_aside >= 10
            assert done.edges == len(world.edges())
            assert done.scored == len(world.edges(Rule.SCORED))
            subjects = {world.subject(person): person for person in agreed}
            named = {sale: subjects[who] for sale in buyers if (who := world.buyer(sale)) is not None}
            right = sum(buyers[sale] == person for sale, person in named.items())
            print(f"{len(buyers)} sales, {len(named)} named, {right} right")
            assert len(named) >= 50
            assert right / len(named) >= 0.995
            for profile in world.visitors.identities.view().profiles.values():
                assert sum(one.startswith("phone:") for one in profile.records) <= 1, "two customers became one"
            stands = world.visitors.consents.stands
            for edge in world.edges():
                assert edge.consents
                assert all(map(stands, edge.consents))
            assert world.visitors.reader.view().linking is not None
            before = world.store.identity_events()
            again = await world.visitors.linking.night()
            assert (again.edges, again.taken_back, again.receipts) == (0, 0, done.receipts), "run twice is run once"
            assert world.store.identity_events() == before

    run(work)


def test_memory_after_a_restart_is_what_the_round_told(tmp_path: Path) -> None:
    async def work() -> None:
        async with receipts_world(tmp_path, HandClock(TEN_MS)) as world:
            await household(world)
            done = await world.visitors.linking.night()
            graph = world.visitors.identities.graph
        async with receipts_world(tmp_path, world.clock) as world:
            assert world.visitors.identities.graph == graph
            assert world.visitors.linking.last == done
            assert not world.visitors.linking.is_due

    run(work)


async def household(world: World) -> None:
    """Two who agreed share a telephone; one of them gives her number while it is here. Then midnight passes."""
    for person in (1, 2):
        await world.agrees(person, key=device_key(1))
    world.clock.at_ms = TEN_MS + 4 * HOUR_MS
    await world.stays(1, TEN_MS, 30)
    await world.buys("s1", TEN_MS + 20 * MINUTE_MS, phone=phone_of(1))
    await world.heard()
    assert world.buyer("s1") is None, "a household's device names nobody"
    world.clock.at_ms = NEXT_NIGHT_MS


def test_an_edge_that_nothing_holds_any_more_is_taken_back(tmp_path: Path) -> None:
    """An unmerge: the number is erased at the till, and the next night the receipt is nobody's; the history stays."""

    async def work() -> None:
        async with receipts_world(tmp_path, HandClock(TEN_MS)) as world:
            await household(world)
            assert (await world.visitors.linking.night()).scored == 1
            assert world.buyer("s1") == world.subject(1) is not None
            assert await world.journal.erase_person(phone_of(1)) == 1
            world.clock.at_ms += DAY_MS
            done = await world.visitors.linking.night()
            assert (done.taken_back, done.edges) == (1, 0)
            assert world.buyer("s1") is None
            graph = world.visitors.identities.graph
            assert len(graph.retracted) == 1
            assert graph.retracted <= graph.edges.keys()
            assert OUTWEIGHED.encode() in on_disk(tmp_path)
            assert (await world.visitors.linking.night()).taken_back == 0
            await world.withdraws(1)
            assert (graph.retracted, b"receipt:" in on_disk(tmp_path)) == (set(), False)

    run(work)


def test_a_number_alone_is_put_aside(tmp_path: Path) -> None:
    async def work() -> None:
        async with receipts_world(tmp_path, HandClock(TEN_MS)) as world:
            await world.agrees(1)
            before = world.visitors.reader.view()
            assert before.linking is None
            assert not any("receipts_round" in name for name, *_ in visitor_rows(before))
            world.clock.at_ms = TEN_MS + HOUR_MS
            await world.buys("s1", TEN_MS, phone=phone_of(1))
            world.clock.at_ms = NEXT_NIGHT_MS
            done = await world.visitors.linking.night()
            assert (done.receipts, done.edges, done.put_aside) == (1, 0, 1)
            told = world.visitors.reader.view()
            rows = {labels.get("what", name): value for name, labels, value, _ in visitor_rows(told)}
            assert (rows["looked_at"], rows["edges"], rows["put_aside"]) == (1, 0, 1)
            assert rows["tillkeeper_receipts_round_timestamp_seconds"] == NEXT_NIGHT_MS / 1000
            lines = "\n".join(report(told))
            assert "Receipts of the night (до конца дня · up to 2026-03-02)" in lines
            assert "1: отложено" in lines
            assert b"receipt:" not in on_disk(tmp_path)

    run(work)


@pytest.mark.parametrize("at", [1, 2, 3])
def test_who_withdraws_in_the_middle_of_a_round_is_in_none_of_it(
    tmp_path: Path, at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After so many receipts were looked at, their edges found and not yet kept; the others are kept."""

    async def work() -> None:
        async with receipts_world(tmp_path, HandClock(TEN_MS)) as world:
            for person in range(1, 4):
                await world.agrees(person)
                world.clock.at_ms = TEN_MS + 4 * HOUR_MS
                await world.stays(person, TEN_MS, 30)
                await world.buys(f"s{person}", TEN_MS + 20 * MINUTE_MS, phone=phone_of(person))
            world.clock.at_ms = NEXT_NIGHT_MS
            weigh, looked = LinkingRound._weigh, []
            withdrawn = anyio.Event()
            begin = anyio.Event()

            def counted(self: LinkingRound, seen):  # type: ignore[no-untyped-def]
                looked.append(seen)
                if len(looked) == at:
                    begin.set()
                return weigh(self, seen)

            keep = LinkingRound._keep

            async def after_it(self: LinkingRound, done) -> None:  # type: ignore[no-untyped-def]
                await withdrawn.wait()
                await keep(self, done)

            async def withdraw() -> None:
                await begin.wait()
                await world.withdraws(1)
                withdrawn.set()

            monkeypatch.setattr(LinkingRound, "_weigh", counted)
            monkeypatch.setattr(LinkingRound, "_keep", after_it)
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(withdraw)
                done = await world.visitors.linking.night()
            assert world.subject(1) is None
            assert [world.buyer(f"s{one}") for one in (1, 2, 3)] == [None, world.subject(2), world.subject(3)]
            assert done.edges == len(world.edges()) == 4
            assert b"receipt:s1" not in on_disk(tmp_path)
            assert b"receipt:s2" in on_disk(tmp_path)

    run(work)


def test_a_round_is_cut_off_cleanly_and_begun_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def work() -> None:
        async with receipts_world(tmp_path, HandClock(TEN_MS)) as world:
            await a_day(world)
            world.clock.at_ms = NEXT_NIGHT_MS
            commit, commits = VisitorStore.commit, []
            with anyio.CancelScope() as scope:

                async def cutting(store: VisitorStore, batch: VisitorBatch) -> None:
                    await commit(store, batch)
                    commits.append(batch)
                    if len(commits) == 2:
                        scope.cancel()

                monkeypatch.setattr(VisitorStore, "commit", cutting)
                await world.visitors.linking.night()
            monkeypatch.setattr(VisitorStore, "commit", commit)
            assert scope.cancelled_caught
            assert world.visitors.linking.is_due, "what was not done to its end is due"
            assert 0 < len(world.edges()) < len(world.edges()) + (await world.visitors.linking.night()).edges
            assert (await world.visitors.linking.night()).edges == 0

    run(work)


def test_between_two_receipts_others_have_their_turn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever waits for the loop gets it after each receipt and after each edge that is weighed anew."""

    async def work() -> None:
        async with receipts_world(tmp_path, HandClock(TEN_MS)) as world:
            world.clock.at_ms = TEN_MS + 4 * HOUR_MS
            for person in range(1, 13):
                await world.agrees(person, key=device_key(person - person % 2))
                await world.stays(person, TEN_MS, 60, device_key(person - person % 2))
                await world.buys(f"s{person}", TEN_MS + person * MINUTE_MS, phone=phone_of(person))
            world.clock.at_ms = NEXT_NIGHT_MS
            turns, seen_at = 0, []
            weigh = LinkingRound._weigh

            def counted(self: LinkingRound, seen):  # type: ignore[no-untyped-def]
                seen_at.append(turns)
                return weigh(self, seen)

            async def turning() -> None:
                nonlocal turns
                while True:
                    turns += 1
                    await anyio.lowlevel.checkpoint()

            monkeypatch.setattr(LinkingRound, "_weigh", counted)
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(turning)
                done = await world.visitors.linking.night()
                tasks.cancel_scope.cancel()
            assert (done.scored, len(seen_at)) == (10, 12 + 10)
            assert all(after > before for before, after in itertools.pairwise(seen_at))

    run(work)


STORE_ZONE = dt.timezone(dt.timedelta(hours=3))


class WallClock(HandClock):
    """Goes with the loop's time, and is set by hand beside it."""

    def __init__(self, at_ms: int) -> None:
        super().__init__(at_ms)
        self._began: float | None = None

    def now_ms(self) -> int:
        self._began = anyio.current_time() if self._began is None else self._began
        return self.at_ms + int((anyio.current_time() - self._began) * 1000)

    def local(self) -> dt.datetime:
        return dt.datetime.fromtimestamp(self.now_ms() / 1000, STORE_ZONE).replace(tzinfo=None)


def test_the_clock_jumps_over_midnight_and_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """A jump of minutes begins no night, one that stays begins one; the true midnight is not missed after either."""
    nights: list[str] = []

    async def work() -> None:
        clock = WallClock(EVENING_MS)

        class Days:
            @property
            def today(self) -> dt.date:
                return clock.local().date()

            def midnight(self, day: dt.date) -> int:
                return round(dt.datetime.combine(day, dt.time(), STORE_ZONE).timestamp() * 1000)

        class Memory:
            def setting(self, key: str) -> bytes | None:
                return None

        round_ = LinkingRound(Memory(), None, None, None, Days(), clock)  # type: ignore[arg-type]
        round_.last = linking_round.RoundDone("2026-03-01", EVENING_MS)

        async def night() -> linking_round.RoundDone:
            day = (clock.local().date() - dt.timedelta(days=1)).isoformat()
            nights.append(day)
            round_.last = linking_round.RoundDone(day, clock.now_ms())
            return round_.last

        monkeypatch.setattr(round_, "night", night)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(round_.run)
            await anyio.sleep(2 * STEADY_S)
            assert nights == [], "it is Monday evening, and Sunday was looked at"
            clock.at_ms += 5 * HOUR_MS
            await anyio.sleep(STEADY_S / 2)
            clock.at_ms -= 5 * HOUR_MS
            await anyio.sleep(2 * STEADY_S)
            assert nights == [], "nobody believes a clock of five minutes"
            clock.at_ms += 5 * HOUR_MS
            await anyio.sleep(2 * STEADY_S)
            assert nights == ["2026-03-02"]
            clock.at_ms -= 5 * HOUR_MS
            await anyio.sleep(2 * STEADY_S)
            assert nights == ["2026-03-02", "2026-03-01"]
            await anyio.sleep(4 * HOUR_MS / 1000)
            assert nights == ["2026-03-02", "2026-03-01", "2026-03-02"], "the true midnight is not missed"
            await anyio.sleep(10 * HOUR_MS / 1000)
            assert len(nights) == 3, "once a night"
            tasks.cancel_scope.cancel()

    anyio.run(work, backend="trio", backend_options={"clock": trio.testing.MockClock(autojump_threshold=0)})


def test_nothing_is_linked_of_who_did_not_agree(tmp_path: Path) -> None:
    async def work() -> None:
        async with receipts_world(tmp_path, HandClock(TEN_MS)) as world:
            await world.agrees(1, Purpose.WIFI_ID, key=device_key(1))
            await world.agrees(2, *WIFI_AND_VISITS, key=device_key(1))
            world.clock.at_ms = TEN_MS + 4 * HOUR_MS
            await world.stays(1, TEN_MS, 30)
            await world.buys("s1", TEN_MS + 20 * MINUTE_MS, phone=phone_of(1))
            world.clock.at_ms = NEXT_NIGHT_MS
            done = await world.visitors.linking.night()
            assert (done.receipts, done.edges, done.put_aside) == (0, 0, 0)
            assert world.edges() == []

    run(work)
