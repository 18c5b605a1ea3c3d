"""Who HQ takes a visitor for: a consent to statistics, from giving it to ending it, and somebody new with the next one.

The agent's own visitors' room over its real file, and HQ's real app: what the one puts into the outbox the other takes.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import apsw
import httpx
import msgspec

from cloud_api.app import Hq
from sensors.consent.facts import Purpose
from sync.store.migrations import migrate
from sync.visitor_store.schema import MIGRATIONS
from sync.visitor_store.visitor_batch import VisitorBatch, VisitRow
from sync.visitor_store.visitor_store import FILE
from sync.wire.commands import Commands, Forgotten
from sync.wire.visit_facts import STREAM, ForgetFact, VisitFact
from tests.agent.consent_world import device_key, on_disk, phone_of
from tests.agent.receipts_world import WIFI_AND_VISITS, World, receipts_world
from tests.agent.visitor_hall import DAY_MS, HOUR_MS, MIDNIGHT_MS, MINUTE_MS, TEN_MS, HandClock, run
from tests.cloud_api.at_once import AtOnce
from tests.cloud_api.pushing_till import KEY, PushingTill, client_of, open_hq

A, B = "c-1-1-analytics", "c-1-2-analytics"


@dataclass
class Line:
    """The way to HQ and back."""

    world: World
    hq: Hq
    client: httpx.AsyncClient
    till: PushingTill

    async def tell(self) -> None:
        await self.world.visitors.day.settle()
        for row in self.world.store.outbox_read(STREAM, len(self.till.items), 1_000, 1 << 20):
            self.till.add_raw(row.id, row.body, row.kind)
        first = AtOnce(self.hq.storage).number("SELECT count(*) FROM item") + 1
        if first <= len(self.till.items):
            assert (await self.till.push(self.client, first)).status_code == 200

    async def hear(self) -> list[str]:
        """HQ's answers, carried out."""
        asked = {"since": "0", "feed": ""}
        answer = await self.client.get("/v1/feed/commands", params=asked, headers={"authorization": f"Bearer {KEY}"})
        told = msgspec.json.decode(answer.content, type=Commands).commands
        found = [msgspec.json.decode(one.body, type=Forgotten) for one in told if one.kind == "forgotten"]
        for one in found:
            await self.world.visitors.consents.forgotten_at_hq(one.tombstone, one.erased)
        return [one.tombstone for one in found]

    def named(self) -> list[str]:
        """HQ's `person` of each visit, by its beginning."""
        return [row[0] for row in AtOnce(self.hq.storage).rows("SELECT person FROM visit ORDER BY opened_ms")]

    def knows(self, name: str) -> bool:
        """In a visit, or in a body as it came."""
        quoted = b'"' + name.encode() + b'"'
        bodies = [row[0] for row in AtOnce(self.hq.storage).rows("SELECT body FROM item")]
        return name in self.named() or any(quoted in body for body in bodies)


@asynccontextmanager
async def line(directory: Path, clock: HandClock) -> AsyncIterator[Line]:
    hq = await open_hq(directory / "hq.sqlite")
    data = directory / "data"
    data.mkdir(exist_ok=True)
    async with receipts_world(data, clock) as world, client_of(hq) as client:
        yield Line(world, hq, client, PushingTill(stream=STREAM))
    await hq.storage.close()


async def visit(world: World, at_ms: int) -> None:
    world.clock.at_ms = at_ms + 4 * HOUR_MS
    await world.stays(1, at_ms, 30)


def test_who_agrees_anew_is_somebody_new(tmp_path: Path) -> None:
    """The device is known all the time; only the consent to statistics ends, and is given again the same day."""

    async def work() -> None:
        async with line(tmp_path, HandClock(TEN_MS)) as told:
            world = told.world
            await world.agrees(1)
            subject = world.subject(1)
            await visit(world, TEN_MS)
            await told.tell()
            assert told.named() == [A]
            await world.withdraws(1, Purpose.ANALYTICS)
            await told.tell()
            assert (told.named(), told.knows(A)) == ([""], False)
            assert await told.hear() == [f"{A}@hq"]
            assert list(world.visitors.consents.ledger.pending()) == []
            again_ms = world.clock.at_ms + MINUTE_MS
            await world.agrees(1, Purpose.ANALYTICS, at_ms=again_ms, number=2)
            assert world.subject(1) == subject is not None
            await visit(world, again_ms + HOUR_MS)
            await told.tell()
            assert told.named() == ["", B], "the visit of before stays nobody's, the next one is named"
            assert [row.person for row in world.visitors.consents.visits_of(subject)] == [B]
            assert not any(subject.encode() in bytes(item.body) for item in told.till.items), (
                "HQ never hears the pseudonym"
            )

    run(work)


def test_of_two_consents_that_stand_only_the_ended_one_is_forgotten(tmp_path: Path) -> None:
    async def work() -> None:
        async with line(tmp_path, HandClock(TEN_MS)) as told:
            world = told.world
            await world.agrees(1)
            await world.agrees(1, *WIFI_AND_VISITS, number=2, at_ms=TEN_MS)
            await visit(world, TEN_MS)
            await told.tell()
            assert told.named() == [A]
            await world.withdraws(1, Purpose.ANALYTICS, number=1)
            await told.tell()
            assert (told.named(), told.knows(A), told.knows(B)) == ([B], False, True)
            assert await told.hear() == [f"{A}@hq"]
            await world.withdraws(1, Purpose.ANALYTICS, number=2)
            await told.tell()
            assert (told.named(), told.knows(B)) == ([""], False)

    run(work)


def test_a_household_visit_in_which_somebody_bought_is_theirs_after_the_night(tmp_path: Path) -> None:
    """Two share a telephone; she gave her number while it was here. Until the night, and once she withdrew, it is
    nobody's."""

    async def work() -> None:
        async with line(tmp_path, HandClock(TEN_MS)) as told:
            world = told.world
            for person in (1, 2):
                await world.agrees(person, key=device_key(1))
            await visit(world, TEN_MS)
            await world.buys("s1", TEN_MS + 20 * MINUTE_MS, phone=phone_of(1))
            await world.heard()
            await told.tell()
            assert told.named() == [""]
            world.clock.at_ms = MIDNIGHT_MS + DAY_MS + MINUTE_MS
            assert (await world.visitors.linking.night()).scored == 1
            world.clock.at_ms += MINUTE_MS
            await told.tell()
            assert told.named() == [A]
            (sure,) = AtOnce(told.hq.storage).rows("SELECT confidence FROM visit")[0]
            assert 990 <= sure <= 1000
            await world.withdraws(1)
            world.clock.at_ms += MINUTE_MS
            await told.tell()
            assert (told.named(), told.knows(A)) == ([""], False)

    run(work)


def older_shop(data: Path, subject: str) -> None:
    """The file as version 2 left it: a visit filed under the pseudonym, which HQ was told."""
    data.mkdir()
    connection = apsw.Connection(str(data / FILE))
    migrate(connection, data / FILE, MIGRATIONS[:2], keep_copy=False)
    body = msgspec.json.encode({"id": "old", "opened_ms": TEN_MS, "closed_ms": TEN_MS, "zones": [], "told": 1})
    connection.execute("INSERT INTO visit VALUES ('old', ?, ?, ?)", (TEN_MS - 9 * 24 * HOUR_MS, subject, body))
    connection.close()


def test_what_an_older_version_told_of_somebody_is_forgotten_too(tmp_path: Path) -> None:
    """Rows of before are read, shown and erased; HQ is asked for both names, and the shop waits for one answer."""
    subject = "9f" * 16
    older_shop(tmp_path / "data", subject)

    async def work() -> None:
        async with line(tmp_path, HandClock(TEN_MS)) as told:
            world = told.world
            consents, draw = world.visitors.consents, world.visitors.consents._draw
            consents._draw = lambda count: bytes.fromhex(subject) if count == 16 else draw(count)
            await world.agrees(1)
            consents._draw = draw
            assert world.subject(1) == subject
            assert world.store.was_told(subject)
            old = VisitFact("old", TEN_MS - 9 * 24 * HOUR_MS, TEN_MS, [], person=subject, confidence=1.0)
            told.till.items.clear()
            await visit(world, TEN_MS)
            assert [row.id for row in consents.visits_of(subject)] == ["old"]
            await world.visitors.day.settle()
            assert len(consents.visits_of(subject)) == 2
            begun = world.visitors.day.visits().counted
            assert [one.id for one in world.visitors.day.returning(begun)] == [begun[0].id], "here before, under either"
            await world.withdraws(1, Purpose.ANALYTICS)
            rows = world.store.outbox_read(STREAM, 0, 100, 1 << 20)
            asked = [msgspec.json.decode(row.body, type=ForgetFact) for row in rows if row.kind == "forget"]
            assert [(one.tombstone, one.person) for one in asked] == [(f"{A}@hq/before", subject), (f"{A}@hq", A)]
            assert consents.visits_of(subject) == []
            assert not world.store.was_told(subject)
            assert [row.person for row in world.store.visits(0, TEN_MS + HOUR_MS)] == ["", ""]
            told.till.add("visit/old/1", old, "visit")
            for row in rows:
                told.till.add_raw(row.id, row.body, row.kind)
            await told.till.push(told.client)
            assert (told.knows(subject), told.knows(A)) == (False, False)
            assert await told.hear() == [f"{A}@hq/before", f"{A}@hq"]
            assert list(consents.ledger.pending()) == []
            consents._forgets.sent_ms.clear()
            await consents.round()
            assert len(world.store.outbox_read(STREAM, 0, 100, 1 << 20)) == len(rows), "nothing is asked again"

    run(work)


def test_an_erasure_leaves_no_copy_of_before_the_update(tmp_path: Path) -> None:
    older_shop(tmp_path / "data", "9f" * 16)

    async def work() -> None:
        async with line(tmp_path, HandClock(TEN_MS)) as told:
            copies = tmp_path / "data"
            assert [file.name for file in copies.glob("*.bak")] == [f"{FILE}.v2.bak"]
            await told.world.agrees(1)
            await told.world.withdraws(1)
            assert list(copies.glob("*.bak")) == []
            assert phone_of(1).encode() not in on_disk(copies)
            assert device_key(1).encode() not in on_disk(copies)

    run(work)


def test_a_tombstone_that_an_older_version_set_names_the_pseudonym(tmp_path: Path) -> None:
    """It waits for its answer across the update, and HQ is asked again in the words that it knows."""

    async def work() -> None:
        async with line(tmp_path, HandClock(TEN_MS)) as told:
            world = told.world
            await world.agrees(1)
            subject = world.subject(1)
            consents = world.visitors.consents
            consents._naming = tuple  # type: ignore[method-assign, assignment]
            await world.withdraws(1, Purpose.ANALYTICS)
            rows = world.store.outbox_read(STREAM, 0, 100, 1 << 20)
            assert [msgspec.json.decode(row.body, type=ForgetFact).person for row in rows] == [subject]

    run(work)


def test_rows_keep_the_visit_and_lose_the_name(tmp_path: Path) -> None:
    """A consent that ends empties its own rows; those of a consent that stands, and of others, are left."""

    async def work() -> None:
        async with receipts_world(tmp_path, HandClock(TEN_MS)) as world:
            await world.agrees(1)
            await world.agrees(2)
            mine, other = A, "c-2-1-analytics"
            rows = tuple(VisitRow(f"v{at}", TEN_MS + at, who, b"{}") for at, who in enumerate((mine, other, mine)))
            await world.store.commit(VisitorBatch(visits=rows))
            await world.withdraws(1, Purpose.ANALYTICS)
            assert [row.person for row in world.store.visits(0, TEN_MS + 9)] == ["", other, ""]

    run(work)
