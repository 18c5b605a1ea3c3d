"""The doors of radars and cameras, at real sockets, with the programs' own words as peers."""

from __future__ import annotations

import json
import random
import struct
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import anyio
import anyio.abc
import msgspec
import pytest

from agent.clock import SystemClock
from agent.visitors import camera_line, radar_door
from agent.visitors.camera_door import CameraDoor
from agent.visitors.door import Door
from agent.visitors.radar_door import RadarDoor
from agent.visitors.readings import Readings
from agent.visitors.sensor_health import ATTENTION, DOWN, NOTES, OK, SILENT_MS, SensorHealth
from agent.visitors.view import SensorView
from sensors import camera_messages as camera
from sensors import radar_messages as radar_words
from sensors.camera_messages import MEMBERS_AT_ONCE, Enrol, Member, Members, Rules, ToCamera, Triggers
from sensors.framed import MessageReader
from sensors.recognition_policy import Among, Trigger
from sensors.sighting import Seen, Sighting
from sync.store.failures import DiskFull
from sync.visitor_store.visitor_batch import VisitorBatch
from tests.agent.visitor_hall import DAY_MS, HOUR_MS, MIDNIGHT_MS, TEN_MS, Hall, HandClock, hall, run, until
from tests.sensors.radar_process import memory, radar
from tests.sensors.radar_samples import ELEMENTS, pcap, probe

TEMPLATE = bytes(range(256)) * 2
TEXTS = Path(__file__).resolve().parents[2] / "agent" / "web" / "kit" / "texts"


class Peer:
    """A program's end of the socket."""

    def __init__(self, stream: anyio.abc.SocketStream) -> None:
        self.stream = stream
        self.heard: list[ToCamera] = []
        self._reader: MessageReader[ToCamera] = camera.at_the_camera()

    async def tell(self, *messages: camera.FromCamera | radar_words.Message) -> None:
        for one in messages:
            words = camera if type(one).__module__ == camera.__name__ else radar_words
            await self.stream.send(words.encoded(one))  # type: ignore[attr-defined]

    async def hear(self, number: int) -> list[ToCamera]:
        """So many messages, all that came by now."""
        with anyio.fail_after(10):
            while len(self.heard) < number:
                self.heard += self._reader.feed(await self.stream.receive())
        found, self.heard = self.heard[:number], self.heard[number:]
        return found


@dataclass
class Guests:
    came_: list[tuple[str, str, int]] = field(default_factory=list)

    def came(self, record: str, how: str, at_ms: int) -> None:
        self.came_.append((record, how, at_ms))


@dataclass
class Doors:
    made: Hall
    radar: RadarDoor
    camera: CameraDoor
    guests: Guests
    members: list[Member]
    enrolled: list[tuple[str, bytes, str]]

    @asynccontextmanager
    async def peer(self, door: Door) -> AsyncIterator[Peer]:  # type: ignore[type-arg]
        async with await knock(door.path) as stream:
            yield Peer(stream)

    def health(self, kind: str = "camera") -> SensorView:
        return next(one for one in self.made.health.views() if one.kind == kind)


async def knock(path: Path) -> anyio.abc.SocketStream:
    """A socket's file is there a moment before anybody listens."""
    with anyio.fail_after(5):
        while True:
            try:
                return await anyio.connect_unix(path)
            except (FileNotFoundError, ConnectionRefusedError):
                await anyio.sleep(0.01)


@asynccontextmanager
async def doors(
    directory: Path, clock: HandClock, country: str = "EU", sockets: Path | None = None
) -> AsyncIterator[Doors]:
    async with hall(directory, clock) as made, anyio.create_task_group() as tasks:
        members = [Member("face:anna", camera.packed(TEMPLATE)), Member("face:boris", camera.packed(TEMPLATE))]
        guests, enrolled = Guests(), []

        async def note(request: str, template: bytes, why: str) -> None:
            enrolled.append((request, template, why))

        def those() -> Iterable[Member]:
            return members

        at_radar = RadarDoor(directory / "radar.sock", made.readings, made.health)
        rules = Rules(country, zone_is_trigger=True)
        at_camera = CameraDoor(directory / "camera.sock", rules, those, note, guests, made.day, made.health, clock)
        tasks.start_soon(at_radar.run)
        tasks.start_soon(at_camera.run)
        yield Doors(made, at_radar, at_camera, guests, members, enrolled)
        tasks.cancel_scope.cancel()


def hello(boot: str = "b1", *, faces: bool = True) -> camera.Hello:
    return camera.Hello("cam", boot, faces)


def counted(number: int, at_ms: int = TEN_MS - 1_000, boot: str = "b1", left: int = 0) -> camera.Counted:
    seen = Seen.LINE_OUT if left else Seen.LINE_IN
    one = Sighting(sensor="cam", boot=boot, seq=number, seen=seen, at_ms=at_ms, zone="door")
    return camera.Counted(one, number - left, left)


def pulse(state: camera.State = camera.State.WATCHING, came_in: int = 0) -> camera.Pulse:
    return camera.Pulse(
        at_ms=TEN_MS,
        state=state,
        frames=100,
        left=0,
        width_px=1280,
        height_px=720,
        came_in=came_in,
        went_out=0,
        faces=0,
        embeddings=0,
        trouble={},
        forbidden={},
        worker_ends=0,
        unsent=0,
    )


def recognised(member: str) -> camera.Recognised:
    return camera.Recognised(
        track="b1-1",
        seen_ms=TEN_MS - 500,
        at_ms=TEN_MS,
        member=member,
        distance=0.3,
        margin=0.2,
        frames=2,
        embeddings=2,
        among=Among.STORE,
        why=None,
    )


def radar_pulse(state: radar_words.State = radar_words.State.LISTENING, unsent: int = 0) -> radar_words.Pulse:
    return radar_words.Pulse(TEN_MS, state, 10, 10, {}, 0, unsent, None)


def test_a_camera_is_told_its_rules_and_members_and_its_counts_are_durable(tmp_path: Path) -> None:
    async def work() -> None:
        clock = HandClock()
        async with doors(tmp_path, clock) as all, all.peer(all.camera.door) as peer:
            await peer.tell(hello())
            rules, members = await peer.hear(2)
            assert rules == Rules("EU", zone_is_trigger=True)
            assert members == Members(tuple(all.members))
            await peer.tell(counted(1), counted(1), counted(2), counted(3, left=1), pulse(came_in=3))
            await until(lambda: all.health().state == OK)
            assert all.made.day.inside() == 1
            assert all.made.day.door(MIDNIGHT_MS, TEN_MS + 1) == (2, 1)
            assert len(all.made.store.sightings()) == 3
            assert all.health().code == "sensor_works"
            assert all.made.day.watch.any_of(TEN_MS, TEN_MS + 1)

    run(work)


def test_members_go_in_portions_and_anew_when_they_change(tmp_path: Path) -> None:
    async def work() -> None:
        async with doors(tmp_path, HandClock()) as all, all.peer(all.camera.door) as peer:
            one = all.members[0]
            all.members[:] = [Member(f"face:{number}", one.template) for number in range(2 * MEMBERS_AT_ONCE + 7)]
            await peer.tell(hello())
            told = (await peer.hear(4))[1:]
            assert all_members(told) == all.members
            assert [(part.first, part.last) for part in told if isinstance(part, Members)] == [
                (True, False),
                (False, False),
                (False, True),
            ]
            del all.members[:]
            all.camera.members_changed()
            assert await peer.hear(1) == [Members(())]

    run(work)


def all_members(told: list[ToCamera]) -> list[Member]:
    return [member for part in told if isinstance(part, Members) for member in part.members]


@pytest.mark.parametrize(("country", "faces"), [("RU", True), ("US", True), ("EU", False)])
def test_no_template_leaves_where_faces_are_off_or_nobody_can_look(tmp_path: Path, country: str, faces: bool) -> None:
    async def work() -> None:
        async with doors(tmp_path, HandClock(), country) as all, all.peer(all.camera.door) as peer:
            await peer.tell(hello(faces=faces))
            rules, members = await peer.hear(2)
            assert isinstance(rules, Rules)
            assert rules.country == country
            assert members == Members(())
            all.camera.members_changed()
            all.camera.trigger(Trigger.CARD, ["face:anna"])
            assert all.camera.enrol("q1", "face:new") == 0
            await peer.tell(recognised("face:anna"), counted(1))
            await until(lambda: all.made.day.inside() == 1)
            later = await peer.hear(1) if country == "EU" and faces else []
            assert all_members(later) == []
            assert all.guests.came_ == []

    run(work)


def test_a_scanned_card_opens_the_camera_for_its_members_alone(tmp_path: Path) -> None:
    async def work() -> None:
        clock = HandClock()
        async with doors(tmp_path, clock) as all, all.peer(all.camera.door) as peer:
            await peer.tell(hello())
            await peer.hear(2)
            all.camera.trigger(Trigger.CARD, ["face:stranger", "card:7"])
            all.camera.trigger(Trigger.CARD, ["face:anna", "card:9"])
            assert await peer.hear(1) == [Triggers((Trigger.CARD,), by_card=("face:anna",), for_s=20.0)]
            clock.at_ms += 5_000
            all.camera.trigger(Trigger.ASSOCIATED, ["face:boris"])
            assert await peer.hear(1) == [
                Triggers((Trigger.ASSOCIATED, Trigger.CARD), ("face:anna",), ("face:boris",), 20.0)
            ]
            clock.at_ms += 16_000
            async with all.peer(all.camera.door) as second:
                await second.tell(hello("b2"))
                assert (await second.hear(3))[2] == Triggers((Trigger.ASSOCIATED,), (), ("face:boris",), 4.0)

    run(work)


def test_a_recognised_member_is_greeted_and_nobody_else(tmp_path: Path) -> None:
    async def work() -> None:
        async with doors(tmp_path, HandClock()) as all, all.peer(all.camera.door) as peer:
            await peer.tell(hello(), recognised(""), recognised("face:stranger"), recognised("face:anna"))
            await until(lambda: all.guests.came_)
            assert all.guests.came_ == [("face:anna", "face", TEN_MS)]

    run(work)


def test_enrolment_is_answered_once(tmp_path: Path) -> None:
    async def work() -> None:
        async with (
            doors(tmp_path, HandClock()) as all,
            all.peer(all.camera.door) as one,
            all.peer(all.camera.door) as two,
        ):
            assert all.camera.enrol("q0", "face:new") == 0, "no camera has said hello"
            await one.tell(hello())
            await two.tell(hello("b2"))
            await one.hear(2)
            await two.hear(2)
            template = camera.packed(TEMPLATE)
            await one.tell(camera.Enrolled("unasked", template, ""))
            for request, why in (("q1", ""), ("q2", "no_face")):
                assert all.camera.enrol(request, "face:new") == 2
                assert await one.hear(1) == await two.hear(1) == [Enrol(request, "face:new", 20.0)]
                await one.tell(camera.Enrolled(request, "", "no_face"))
                await two.tell(camera.Enrolled(request, "" if why else template, why))
                await two.tell(camera.Enrolled(request, template, ""))
                await until(lambda request=request: all.enrolled and all.enrolled[-1][0] == request)  # type: ignore[misc]
            assert all.enrolled == [("q1", TEMPLATE, ""), ("q2", b"", "no_face")]
            assert all.camera.enrol("q3", "face:new") == 2
            async with all.peer(all.camera.door) as late:
                await late.tell(hello("b3"), camera.Enrolled("q3", template, ""), counted(1, boot="b3"))
                await until(lambda: all.made.day.inside() == 1)
            assert len(all.enrolled) == 2, "that camera was not asked"

    run(work)


def test_missed_counts_are_told_and_a_restart_of_either_side_is_none(tmp_path: Path) -> None:
    async def work() -> None:
        clock = HandClock()
        async with doors(tmp_path, clock) as all:
            async with all.peer(all.camera.door) as peer:
                await peer.tell(hello(), pulse(came_in=0), counted(1), counted(2), pulse(came_in=2))
                await until(lambda: all.made.day.inside() == 2 and all.health().code == "sensor_works")
            async with all.peer(all.camera.door) as peer:
                await peer.tell(hello(), counted(3), pulse(came_in=3))
                await until(lambda: all.made.day.inside() == 3 and all.health().code == "sensor_works")
            async with all.peer(all.camera.door) as peer:
                await peer.tell(hello("b0"), counted(500, boot="b0"), pulse(came_in=500))
                await until(lambda: all.made.day.inside() == 4 and all.health().code == "sensor_works")
            assert not all.made.day.watch.hole_in(0, TEN_MS + DAY_MS), "what was counted long ago is nobody's loss"
            async with all.peer(all.camera.door) as peer:
                await peer.tell(hello("b2"), counted(1, boot="b2"), pulse(came_in=1))
                await until(lambda: all.made.day.inside() == 5 and all.health().code == "sensor_works")
                await peer.tell(counted(5, boot="b2"), pulse(came_in=6))
                await until(lambda: all.health().params == {"count": 4})
                assert (all.health().code, all.health().state) == ("camera_missed", ATTENTION)
                assert all.made.day.watch.hole_in(TEN_MS - 60_000, TEN_MS + 60_000)
                clock.at_ms += DAY_MS
                await peer.tell(pulse(came_in=6))
                await until(lambda: all.health().code == "sensor_works")
            async with all.peer(all.camera.door) as peer:
                await peer.tell(hello("b2"), pulse(came_in=6), counted(8, clock.at_ms, "b2"))
                await until(lambda: all.health().params == {"count": 1})  # the seventh; the sixth is old news

    run(work)


def test_a_full_disk_holds_the_camera_back_and_nothing_is_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def work() -> None:
        monkeypatch.setattr("agent.visitors.durable.AGAIN_S", 0.01)
        async with doors(tmp_path, HandClock()) as all, all.peer(all.camera.door) as peer:
            tried = []

            async def full(batch: VisitorBatch) -> None:
                tried.append(batch)
                raise DiskFull("no space")

            with monkeypatch.context() as patched:
                patched.setattr(all.made.store, "commit", full)
                await peer.tell(hello(), pulse(), counted(1), counted(2))
                await until(lambda: len(tried) > 2)
                assert all.health().code == "sensor_disk_full"
                assert all.made.day.inside() == 0
            await until(lambda: all.made.day.inside() == 2)
            assert len(all.made.store.sightings()) == 2

    run(work)


def test_another_language_or_another_name_ends_the_line_and_the_others_go_on(tmp_path: Path) -> None:
    wrong: list[list[bytes]] = [
        [struct.pack(">I", 5) + b"GET /"],
        [camera.encoded(counted(1))],
        [camera.encoded(hello()), camera.encoded(hello())],
        [camera.encoded(hello("other")), camera.encoded(counted(1))],
        [camera.encoded(hello()), radar_words.encoded(radar_words.Hello("door", 600, -70))],
    ]

    async def work() -> None:
        async with doors(tmp_path, HandClock()) as all, all.peer(all.camera.door) as honest:
            await honest.tell(hello())
            await honest.hear(2)
            for spoken in wrong:
                async with all.peer(all.camera.door) as peer:
                    await peer.stream.send(b"".join(spoken))
                    with anyio.fail_after(5):
                        await end_of(peer.stream)
            for message in (radar_pulse(), radar_words.Reading(TEN_MS + 1, True, 1, "whole", 0, 0, 0, 0, 0, 0)):
                async with all.peer(all.radar.door) as peer:
                    first = [] if isinstance(message, radar_words.Pulse) else [radar_words.Hello("door", 600, -70)]
                    await peer.tell(*first, message)
                    with anyio.fail_after(5):
                        await end_of(peer.stream)
            await honest.tell(counted(1))
            await until(lambda: all.made.day.inside() == 1)

    run(work)


async def end_of(stream: anyio.abc.SocketStream) -> None:
    try:
        while True:
            await stream.receive()
    except (anyio.EndOfStream, anyio.BrokenResourceError):
        return


def test_a_radar_that_tells_twice_counts_once_and_its_keys_stay_nowhere(tmp_path: Path) -> None:
    async def work() -> None:
        clock = HandClock(TEN_MS + HOUR_MS)
        async with doors(tmp_path, clock) as all:
            told = radar_words.Reading(TEN_MS, True, 1.0, "whole", 2, 3, 9, 3.0, 3.0, 1.0)
            tallies = [
                radar_words.Tally(TEN_MS, f"key-{number}", True, TEN_MS, TEN_MS, -50, 1, 1, 1, 1) for number in range(5)
            ]
            for _ in range(2):
                async with all.peer(all.radar.door) as peer:
                    older = msgspec.structs.replace(tallies[0], window_ms=TEN_MS - 600_000)
                    words = [*tallies, *tallies, older, told, told, radar_pulse()]
                    await peer.tell(radar_words.Hello("door", 600, -70), *words)
                    await until(lambda: all.health("radar").params == {"signatures": 5})
                    assert all.health("radar").state == OK
                await until(lambda: all.health("radar").code == "sensor_away")
            assert len(all.made.readings.windows("door", 0, clock.at_ms)) == 1
            async with all.peer(all.radar.door) as peer:
                ahead = radar_words.Reading(TEN_MS + DAY_MS, True, 1.0, "whole", 2, 3, 9, 3.0, 3.0, 1.0)
                await peer.tell(radar_words.Hello("door", 600, -70), radar_pulse(), ahead)
                await until(lambda: all.health("radar").code == "sensor_clock")
                clock.at_ms += 2 * HOUR_MS
                await peer.tell(radar_pulse(), radar_pulse(unsent=3))
                await until(lambda: all.health("radar").code == "sensor_lost")

    run(work)
    kept = b"".join(file.read_bytes() for file in tmp_path.glob("visitors.db*"))
    assert b"key-1" not in kept


def test_who_is_silent_is_down_and_each_state_has_its_word() -> None:
    clock = HandClock()
    health = SensorHealth(clock, [("radar", "door"), ("association", "wifi")])
    changes = []
    health.watchers.append(lambda: changes.append(1))
    assert [(one.state, one.code) for one in health.views()] == [(DOWN, "sensor_never")] * 2
    health.came("radar", "door")
    health.pulse("radar", "door")
    before = len(changes)
    clock.at_ms += SILENT_MS
    assert health.state("radar", "door") == OK
    health.pulse("radar", "door")
    assert len(changes) == before, "the same word is no change"
    clock.at_ms += SILENT_MS + 1
    (silent,) = (one for one in health.views() if one.kind == "radar")
    assert (silent.state, silent.code, silent.heard_ms) == (DOWN, "sensor_silent", clock.at_ms - SILENT_MS - 1)
    health.came("radar", "door")
    health.gone("radar", "door")
    assert health.state("radar", "door") == OK or health.views()[1].code == "sensor_starting"
    health.gone("radar", "door")
    assert health.state("radar", "door") == ATTENTION
    for number in range(1_000):
        health.came("radar", f"made-up-{number}")
    assert len(health.views()) < 100


def test_every_state_of_the_programs_has_a_code_and_every_code_has_words() -> None:
    assert set(radar_door.CODES) == set(radar_words.State)
    assert set(camera_line.CODES) == set(camera.State)
    assert {*radar_door.CODES.values(), *camera_line.CODES.values()} <= set(NOTES)
    for language in ("ru", "en"):
        notes = json.loads((TEXTS / f"{language}.json").read_text("utf-8"))["notes"]
        for code, state in NOTES.items():
            assert set(notes[code]) == ({"what"} if state == OK else {"what", "safe", "do"})


def test_the_radar_itself_is_heard(tmp_path: Path) -> None:
    makes = 6
    rng = random.Random(4)
    frames = [
        probe(
            source=bytes([2]) + rng.randbytes(5),
            elements=ELEMENTS + bytes([70, number % makes]) + bytes(number % makes),
        )
        for number in range(makes * 5)
    ]

    async def work(folder: Path) -> None:
        (folder / "replay.pcap").write_bytes(pcap(frames))
        async with hall(tmp_path, HandClock()) as made, anyio.create_task_group() as tasks:
            clock = SystemClock("Europe/Moscow")
            readings = Readings(made.store, clock, made.settings.zone, made.day.people_in)
            health = SensorHealth(clock)
            tasks.start_soon(RadarDoor(folder / "s", readings, health).run)
            with radar(folder, "--replay", str(folder / "replay.pcap"), "--speed", "100", "--sensor", "door"):
                await until(lambda: health.views() and health.views()[0].code == "sensor_over", 40)
                await until(lambda: health.views()[0].params == {"signatures": makes}, 40)
            await until(lambda: health.views()[0].code == "sensor_away")
            tasks.cancel_scope.cancel()

    with memory() as folder:
        anyio.run(work, folder)
