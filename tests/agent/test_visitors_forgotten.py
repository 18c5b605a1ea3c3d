"""Any order of consents, withdrawals, power cuts, visits and answers of HQ: of what ended nothing is left, the rest
stands as it was, and the chain is whole. And HQ's command, twice and across a cut."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import anyio
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.visitors.consent_book import ConsentBook
from agent.visitors.forgotten_command import forgotten_takers
from agent.visitors.identities import Identities
from sensors.consent import chain
from sensors.consent.chain import Row
from sensors.consent.facts import Purpose, Why
from sync.store.batch import Batch, Setting
from sync.store.failures import DiskFull
from sync.visitor_store.visitor_batch import SightingRow, VisitorBatch, VisitRow
from sync.visitor_store.visitor_store import VisitorStore
from sync.wire.commands import Command, Forgotten
from sync.wire.visit_facts import STREAM, ForgetFact
from tests.agent.consent_world import (
    ALL,
    NOW_MS,
    HandClock,
    Room,
    device_key,
    gives,
    ids,
    on_disk,
    opened,
    phone_of,
    withdraws,
)

PERSONS = (0, 1, 2)
FAMILY = {0: 0, 1: 1, 2: 0}
"""Whose device a person carries: two share one."""


def key_of(person: int) -> str:
    return device_key(FAMILY[person])


def name_of(person: int) -> str:
    return f"Имярек-{person}-й"


class Cut(BaseException):
    """The power."""


@dataclass
class Cutting:
    """The power goes at the commit after so many, before it is durable or just after."""

    left: int = -1
    durable: bool = False

    async def commit(self, store: VisitorStore, batch: VisitorBatch) -> None:
        if self.left == 0 and not self.durable:
            self.left = -1
            raise Cut
        await COMMIT(store, batch)
        if self.left == 0:
            self.left = -1
            raise Cut
        self.left -= self.left > 0


COMMIT = VisitorStore.commit
GIVE = st.tuples(
    st.just("give"),
    st.sampled_from(PERSONS),
    st.integers(1, 2),
    st.lists(st.sampled_from(ALL), min_size=1, max_size=3, unique=True),
)
WITHDRAW = st.tuples(
    st.just("withdraw"), st.sampled_from(PERSONS), st.integers(1, 2), st.lists(st.sampled_from(ALL), max_size=3)
)
OTHER = st.one_of(
    st.tuples(st.just("visit"), st.sampled_from(PERSONS)),
    st.tuples(st.just("erase"), st.sampled_from(PERSONS)),
    st.tuples(st.just("cut"), st.integers(0, 2), st.booleans()),
    st.just(("hq",)),
    st.just(("round",)),
    st.just(("restart",)),
)


@dataclass
class World:
    """What must be so: every consent given and whether it stands."""

    directory: Path
    clock: HandClock = field(default_factory=HandClock)
    cutting: Cutting = field(default_factory=Cutting)
    standing: dict[int, set[str]] = field(default_factory=lambda: {one: set() for one in PERSONS})
    given: set[str] = field(default_factory=set)
    visits: int = 0

    async def live(self, acts: list[tuple[object, ...]]) -> None:
        waiting = list(acts)
        while waiting:
            async with opened(self.directory, self.clock, seed=len(waiting)) as room:
                self.agrees(room)
                while waiting:
                    act = waiting.pop(0)
                    if act == ("restart",):
                        break
                    try:
                        await self.do(room, act)
                        assert Identities(room.store).graph == room.identities.graph, "memory is what the rows say"
                        assert ConsentBook(room.store).ledger == room.consents.ledger
                    except Cut:
                        self.believe(room, act)
                        break
        self.cutting.left = -1
        async with opened(self.directory, self.clock) as room:
            await self.do(room, ("hq",))
            self.agrees(room)
            assert list(room.consents.ledger.pending()) == []
        await self.nothing_is_left()

    async def do(self, room: Room, act: tuple[object, ...]) -> None:
        match act:
            case ("give", int(person), int(number), list(purposes)):
                told = gives(person, *purposes, number=number, key=key_of(person), name=name_of(person))
                ended = set(ids(told)) & (self.given - self.standing[person])
                assert (await room.consents.give(told) == "consent_ended") is bool(ended)
                if not ended:
                    self.standing[person] |= set(ids(told))
                    self.given |= set(ids(told))
            case ("withdraw", int(person), int(number), list(purposes)):
                one = tuple(f"c-{person}-{number}-{purpose.value}" for purpose in purposes)
                said = await room.consents.withdraw(withdraws(person, *one))
                assert (said == "unknown_consent") is not (set(one) <= self.given)
                if not said:
                    self.standing[person] -= set(one)
            case ("erase", int(person)):
                subject = room.consents.subject_with_phone(phone_of(person))
                if subject is not None:
                    await room.consents.withdraw_subject(subject, Why.PERSON_ERASED)
                    self.standing[person] = set()
            case ("visit", int(person)):
                await self.visit(room, person)
            case ("cut", int(left), bool(durable)):
                self.cutting.left, self.cutting.durable = left, durable
            case ("hq",):
                for row in room.store.outbox_read(STREAM, 0, 1_000, 1 << 20):
                    told = msgspec.json.decode(row.body, type=ForgetFact)
                    await room.consents.forgotten_at_hq(told.tombstone, 1)
            case ("round",):
                self.clock.ms += 3_600_000
                await room.consents.round()

    async def visit(self, room: Room, person: int) -> None:
        """As the day keeps it: the key where it is known, else a key of the day; the person where that may be."""
        self.visits += 1
        subject = room.consents.subject_with_phone(phone_of(person))
        known = key_of(person) in room.consents.known_keys()
        key = key_of(person) if known else room.consents.stand_in(key_of(person))
        of = subject if subject and known else ""
        body = json.dumps({"keys": [key], "identity": of}).encode()
        sighting = SightingRow(f"s{self.visits}", NOW_MS, json.dumps({"key": key}).encode())
        row = VisitRow(f"v{self.visits}", NOW_MS, of or "", body)
        await room.store.commit(VisitorBatch(sightings=(sighting,), visits=(row,)))

    def believe(self, room: Room, act: tuple[object, ...]) -> None:
        """The power went within an act: it is done whole, or not at all."""
        rows = [Row(one.seq, one.kind, one.body, one.body_hash, one.link) for one in room.store.consents()]
        facts = [(type(one).__name__, getattr(one, "consent_id", "")) for one in chain.facts(rows)]
        given = {id for kind, id in facts if kind == "Given"}
        stands = given - {id for kind, id in facts if kind == "Ended"}
        for person in PERSONS:
            now = {one for one in stands if one.startswith(f"c-{person}-")}
            changed = now ^ self.standing[person]
            if changed and act[0] == "give":
                purposes: list[Purpose] = act[3]  # type: ignore[assignment]
                fresh = {f"c-{person}-{act[2]}-{one.value}" for one in purposes} - self.given
                assert changed == fresh
            elif changed:
                assert act[0] in ("withdraw", "erase")
                assert changed <= self.standing[person]
            self.standing[person] = now
        self.given = given

    def agrees(self, room: Room) -> None:
        consents = room.consents
        rows = room.store.consents()
        assert chain.first_bad(Row(one.seq, one.kind, one.body, one.body_hash, one.link) for one in rows) is None
        for person in PERSONS:
            assert {one.consent_id for one in consents.standing_of(phone_of(person))} == self.standing[person]
        wifi = {key_of(one) for one in PERSONS if any("wifi_id" in id for id in self.standing[one])}
        assert set(consents.known_keys()) == wifi
        for row in room.store.visits(0, NOW_MS + 1):
            assert not row.person or consents.personal(row.person), "a visit is somebody's who stands, or nobody's"

    async def nothing_is_left(self) -> None:
        left = on_disk(self.directory)
        wifi = {key_of(one) for one in PERSONS if any("wifi_id" in id for id in self.standing[one])}
        for person in PERSONS:
            assert (key_of(person).encode() in left) is (key_of(person) in wifi)
            assert (phone_of(person).encode() in left) is bool(self.standing[person])
            assert (name_of(person).encode() in left) is bool(self.standing[person])


@given(st.lists(st.one_of(GIVE, GIVE, WITHDRAW, WITHDRAW, OTHER), min_size=4, max_size=16))
@settings(max_examples=30)
def test_of_what_ended_nothing_is_left_in_any_order(acts: list[tuple[object, ...]]) -> None:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        world = World(Path(folder))

        async def commit(store: VisitorStore, batch: VisitorBatch) -> None:
            await world.cutting.commit(store, batch)

        patch.setattr(VisitorStore, "commit", commit)
        anyio.run(world.live, acts)


class Journal:
    """What of the journal's store a taker uses."""

    def __init__(self) -> None:
        self.kept: list[Setting] = []
        self.full = False

    async def commit(self, batch: Batch) -> None:
        if self.full:
            raise DiskFull("test")
        self.kept += batch.settings


def test_hqs_command_is_carried_out_once_whatever_is_cut(tmp_path: Path) -> None:
    place = Setting("downlink/commands", b"7")

    async def main() -> None:
        journal = Journal()
        async with opened(tmp_path, HandClock()) as room:
            await room.consents.give(gives(1))
            await room.consents.withdraw(withdraws(1, *ids(gives(1))))
            body = msgspec.Raw(msgspec.json.encode(Forgotten("c-1-1-analytics@hq", 4)))
            command = Command(7, "id", "forgotten", 1, NOW_MS, body)
            take = forgotten_takers(room.consents, journal)["forgotten"]  # type: ignore[arg-type]
            journal.full = True
            with pytest.raises(DiskFull):
                await take(command, place)
            assert list(room.consents.ledger.pending()) == [], "the effect first"
            rows = len(room.store.consents())
            journal.full = False
            await take(command, place)
            assert (journal.kept, len(room.store.consents())) == ([place], rows)
            with pytest.raises(msgspec.DecodeError):
                await take(msgspec.structs.replace(command, body=msgspec.Raw(b"{}")), place)
            assert journal.kept == [place]

    anyio.run(main)
