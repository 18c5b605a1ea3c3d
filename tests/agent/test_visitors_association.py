"""The association program at the agent, over real sockets: durable before taken, consents told to every program."""

from __future__ import annotations

import json
import logging
import random
import struct
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import msgspec
import pytest

from agent.visitors import association_door as door_module
from agent.visitors.association_door import AssociationDoor
from sensors import association_messages as messages
from sensors.association.agent_link import AgentLink
from sensors.association.outbox import Outbox
from sensors.association_messages import (
    Came,
    Exported,
    Exports,
    Forget,
    Hello,
    Known,
    Left,
    Lists,
    Pulse,
    Recorded,
    Standing,
)
from sensors.sighting import Seen, Sighting
from sync.store.failures import DiskFull
from tests.agent.consent_world import (
    NOW_MS,
    HandClock,
    Room,
    device_key,
    gives,
    ids,
    opened,
    phone_of,
    withdraws,
)

ANNA, BORIS = 1, 2
DAY_KEY = "day-0123456789abcdef"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Day:
    """Visits of today, in memory; `full`: it has no room. `gate`: it takes its time until that is set."""

    def __init__(self) -> None:
        self.commits: list[list[Sighting]] = []
        self.same: dict[str, str] = {}
        self.full = False
        self.gate: anyio.Event | None = None
        self.asked = 0

    async def take(self, sightings: Sequence[Sighting], same: Mapping[str, str] = {}) -> None:
        self.asked += 1
        if self.gate is not None:
            await self.gate.wait()
        if self.full:
            raise DiskFull("test")
        self.commits.append(list(sightings))
        self.same |= same

    @property
    def keys(self) -> list[str]:
        return [one.key for commit in self.commits for one in commit]


class Guests:
    def __init__(self) -> None:
        self.moves: list[tuple[str, str]] = []

    def came(self, record: str, how: str, at_ms: int) -> None:
        self.moves.append((how, record))

    def left(self, record: str, at_ms: int) -> None:
        self.moves.append(("left", record))


class Fares:
    def __init__(self) -> None:
        self.heard_of: list[object] = []
        self.away: list[str] = []

    def heard(self, sensor: str, told: Hello | Pulse) -> None:
        self.heard_of.append((sensor, type(told)))

    def gone(self, sensor: str) -> None:
        self.away.append(sensor)


class Program:
    """The program's own end: its link and its outbox, and what it was told to know."""

    def __init__(self, path: Path, name: str = "wifi") -> None:
        self.outbox = Outbox()
        self.known: set[str] = set()
        self.portions: list[Known] = []
        self.name, self.seq = name, 0
        self.link = AgentLink(path, Hello(name, "b1"), self.outbox, self._know, self._forget, random.Random(1))

    def _know(self, told: Known) -> None:
        self.portions.append(told)
        self.known = set(told.keys) if told.first else self.known | set(told.keys)

    def _forget(self, told: Forget) -> None:
        self.known -= set(told.keys)

    def sighting(self, key: str, seen: Seen = Seen.ASSOCIATED) -> Sighting:
        self.seq += 1
        return Sighting(sensor=self.name, boot="b1", seq=self.seq, seen=seen, at_ms=NOW_MS, key=key, zone="hall")

    def came(self, key: str, was: str = "") -> None:
        self.outbox.put(Came(self.sighting(key), key in self.known, was))

    def left(self, key: str) -> None:
        self.outbox.put(Left(self.sighting(key, Seen.DISASSOCIATED), key in self.known))


class Hall:
    def __init__(self, folder: Path, room: Room) -> None:
        self.room, self.day, self.guests, self.fares = room, Day(), Guests(), Fares()
        self.path = folder / "association.sock"
        self.door = AssociationDoor(self.path, room.consents, self.day, self.guests, self.fares)
        self.programs: list[Program] = []


async def until(so: Callable[[], object]) -> None:
    with anyio.fail_after(10):
        while not so():  # noqa: ASYNC110
            await anyio.sleep(0.005)


@asynccontextmanager
async def hall(folder: Path, programs: int = 1) -> AsyncIterator[Hall]:
    async with opened(folder, HandClock()) as room:
        made = Hall(folder, room)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(made.door.run)
            await until(made.path.exists)
            for number in range(programs):
                program = Program(made.path, f"wifi-{number}")
                made.programs.append(program)
                tasks.start_soon(program.link.run)
            await until(lambda: all(one.portions for one in made.programs))
            yield made
            tasks.cancel_scope.cancel()


@pytest.mark.anyio
async def test_known_keys_come_in_portions_after_hello(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door_module, "KEYS_AT_ONCE", 2)
    async with opened(tmp_path, HandClock()) as room:
        for person in range(5):
            await room.consents.give(gives(person))
    async with hall(tmp_path) as made:
        (program,) = made.programs
        await until(lambda: len(program.portions) == 3)
        assert [(len(one.keys), one.first, one.last) for one in program.portions] == [
            (2, True, False),
            (2, False, False),
            (1, False, True),
        ]
        assert program.known == {device_key(person) for person in range(5)}


@pytest.mark.anyio
async def test_a_sighting_is_taken_when_it_is_durable_and_those_at_hand_are_one_commit(tmp_path: Path) -> None:
    async with hall(tmp_path) as made:
        (program,) = made.programs
        made.day.gate = anyio.Event()
        program.came(DAY_KEY)
        await until(lambda: made.day.asked)
        for number in range(20):
            program.came(f"day-{number:016x}")
        await until(lambda: len(made.door._waiting) == 20)
        assert len(program.outbox) == 21, "nothing is durable, so nothing is taken"
        made.day.gate.set()
        await until(lambda: not len(program.outbox))
        assert [len(commit) for commit in made.day.commits] == [1, 20]
        assert made.guests.moves == [], "nobody agreed"


@pytest.mark.anyio
async def test_who_agreed_is_a_guest_and_the_visit_goes_on_under_the_new_key(tmp_path: Path) -> None:
    async with hall(tmp_path, programs=2) as made:
        first, second = made.programs
        first.came(DAY_KEY)
        assert await first.link.ask(gives(ANNA)) == Recorded("ask-1-1")
        await until(lambda: first.known == second.known == {device_key(ANNA)})
        first.came(device_key(ANNA), was=DAY_KEY)
        first.left(device_key(ANNA))
        await until(lambda: not len(first.outbox))
        record = f"mac:{device_key(ANNA)}"
        assert made.guests.moves == [("wifi", record), ("left", record)]
        assert made.day.same == {DAY_KEY: device_key(ANNA)}
        assert made.day.keys == [DAY_KEY, device_key(ANNA), device_key(ANNA)]


@pytest.mark.anyio
async def test_who_withdraws_is_forgotten_by_every_program_and_a_late_sighting_names_nobody(tmp_path: Path) -> None:
    told = gives(ANNA)
    async with hall(tmp_path, programs=2) as made:
        first, second = made.programs
        await first.link.ask(told)
        await until(lambda: len(second.known) == 1)
        made.day.gate = anyio.Event()
        second.came(device_key(ANNA))
        await until(lambda: made.day.asked)
        second.came(device_key(ANNA), was=DAY_KEY)
        await until(lambda: len(made.door._waiting) == 1)
        erased_after: list[int] = []
        made.room.consents.forgetters.append(lambda keys: erased_after.append(len(made.day.commits)))
        async with anyio.create_task_group() as tasks:

            async def withdraw() -> None:
                assert await first.link.ask(withdraws(ANNA, *ids(told))) == Recorded("w-1")

            tasks.start_soon(withdraw)
            await until(lambda: made.room.consents.known_keys() == [])
            await until(lambda: made.room.consents.keeping.statistics().tasks_waiting)
            made.day.gate.set()
        await until(lambda: first.known == second.known == set())
        await until(lambda: not len(second.outbox))
        (under_way, late) = made.day.keys
        assert (under_way, erased_after) == (device_key(ANNA), [1]), "the erasure waits for what is on its way"
        assert late == made.room.consents.stand_in(device_key(ANNA))
        assert late.startswith("day-")
        assert made.day.same == {}


@pytest.mark.anyio
async def test_a_key_nobody_agreed_to_is_never_kept(tmp_path: Path) -> None:
    """A program that is wrong, or knows of a consent that this ledger does not."""
    async with hall(tmp_path) as made:
        (program,) = made.programs
        program.known.add(device_key(BORIS))
        program.came(device_key(BORIS), was=DAY_KEY)
        await until(lambda: not len(program.outbox))
        assert made.day.keys == [made.room.consents.stand_in(device_key(BORIS))]
        assert (made.day.same, made.guests.moves) == ({}, [])
        made.room.clock.ms += 86_400_000
        assert made.room.consents.stand_in(device_key(BORIS)) != made.day.keys[0], "another one tomorrow"


@pytest.mark.anyio
async def test_a_full_disk_takes_nothing_and_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door_module, "FULL_WAIT_S", 0.02)
    async with hall(tmp_path) as made:
        (program,) = made.programs
        commit = made.room.store.commit

        async def no_room(batch: object) -> None:
            raise DiskFull("test")

        made.day.full = True
        monkeypatch.setattr(made.room.store, "commit", no_room)
        program.came(DAY_KEY)
        assert await program.link.ask(gives(ANNA)) == Recorded("ask-1-1", "no_room")
        assert (len(program.outbox), program.known, made.room.consents.standing_of(phone_of(ANNA))) == (1, set(), ())
        monkeypatch.setattr(made.room.store, "commit", commit)
        made.day.full = False
        await until(lambda: not len(program.outbox))
        assert made.day.keys == [DAY_KEY]
        assert await program.link.ask(gives(ANNA)) == Recorded("ask-1-1")


@pytest.mark.anyio
async def test_refusals_lists_and_exports_are_answered(tmp_path: Path) -> None:
    async with hall(tmp_path) as made:
        ask = made.programs[0].link.ask
        assert await ask(gives(ANNA, days=4_000)) == Recorded("ask-1-1", "kept_too_long")
        assert await ask(withdraws(ANNA, "c-nobody")) == Recorded("w-1", "unknown_consent")
        await ask(gives(ANNA, name="Анна"))
        standing = await ask(Lists(ask="l", phone=phone_of(ANNA), proof_id="p"))
        assert isinstance(standing, Standing)
        assert {one.consent_id for one in standing.consents} == set(ids(gives(ANNA)))
        exported = await ask(Exports(ask="e", phone=phone_of(ANNA), proof_id="p"))
        assert isinstance(exported, Exported)
        assert device_key(ANNA) in exported.document
        assert await ask(Exports(ask="e", phone=phone_of(BORIS), proof_id="p")) == Exported("e", "")


@pytest.mark.anyio
async def test_a_program_that_goes_and_comes_disturbs_nobody(tmp_path: Path) -> None:
    async with hall(tmp_path) as made:
        async with await anyio.connect_unix(made.path) as other:
            await other.send(messages.encoded(Hello("second", "b")) + messages.encoded(Pulse(1, 0, 0, {})))
            await until(lambda: ("second", Pulse) in made.fares.heard_of)
        await until(lambda: made.fares.away == ["second"])
        assert await made.programs[0].link.ask(gives(ANNA)) == Recorded("ask-1-1")
        assert len(made.door._lines) == 1


@pytest.mark.parametrize("name", ["a\x00b", "\u202eАнна", "x" * 41, " Анна"])
def test_what_is_no_name_is_no_message_and_is_not_quoted(name: str) -> None:
    good = gives(ANNA, name="Анна")
    with pytest.raises(ValueError, match="no name"):
        msgspec.structs.replace(good, name=name)
    body = json.dumps({"type": "gives", **msgspec.to_builtins(good), "name": name}).encode()
    with pytest.raises(messages.NotAMessage) as refused:
        messages.at_the_agent().feed(struct.pack(">I", len(body)) + body)
    assert (phone_of(ANNA) in str(refused.value), "Анна" in str(refused.value)) == (False, False)


@pytest.mark.anyio
async def test_no_number_and_no_name_is_in_a_log_or_a_repr(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    told = gives(ANNA, name="Евпраксия")
    async with hall(tmp_path) as made:
        ask = made.programs[0].link.ask
        await ask(told)
        await ask(gives(ANNA, number=2, days=4_000, name="Евпраксия"))
        await ask(withdraws(ANNA, *ids(told)))
    for written in (caplog.text, repr(told), repr(withdraws(ANNA, "c"))):
        assert phone_of(ANNA)[2:] not in written
        assert "Евпраксия" not in written
        assert device_key(ANNA) not in written
