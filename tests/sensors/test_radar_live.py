"""The radar's tasks on both event loops, with an air, a clock and a memory of the test's own."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import anyio
import pytest

from sensors.memory_place import MemoryPlace
from sensors.radar.air import FileAir, NoAir
from sensors.radar.live import Radar, Told
from sensors.radar.records import Record
from sensors.radar_messages import Message, Pulse, State, Tally, at_the_agent
from tests.sensors.radar_process import memory
from tests.sensors.radar_samples import RADIOTAP, pcap, probe

pytestmark = pytest.mark.anyio
NOON_MS = 1_763_794_800_000
MIDNIGHT_MS = NOON_MS + 12 * 3_600_000
ZONE = ZoneInfo("Asia/Yekaterinburg")


class Clock:
    def __init__(self) -> None:
        self.ms = NOON_MS

    def __call__(self) -> int:
        return self.ms


class Air:
    """Frames that were put into it; gone when told so."""

    def __init__(self, clock: Clock) -> None:
        self.frames: list[bytes] = []
        self.gone: NoAir | None = None
        self.opened = self.closed = 0
        self._clock = clock

    def open(self) -> Air:
        if self.gone is not None:
            raise self.gone
        self.opened += 1
        return self

    async def wait(self) -> None:
        await anyio.sleep(0.01)
        if self.gone is not None:
            raise self.gone

    def receive(self) -> Record | None:
        if not self.frames:
            return None
        return Record(RADIOTAP, self._clock.ms * 1_000_000, self.frames.pop(), 0)

    def kernel_drops(self) -> int | None:
        return 3

    def close(self) -> None:
        self.closed += 1


class Room:
    """A radar and what surrounds it."""

    def __init__(self, folder: Path) -> None:
        self.clock = Clock()
        self.air = Air(self.clock)
        self.place = MemoryPlace(folder / "p")
        self.drawn = 0
        self.folder = folder

    def radar(self) -> Radar:
        told = Told("door", self.folder / "no-agent", ZONE)
        return Radar(told, self.place, self.air.open, now_ms=self.clock, fresh=self._fresh, rng=random.Random(1))

    def _fresh(self, count: int) -> bytes:
        self.drawn += 1
        return bytes([self.drawn]) * count


@pytest.fixture
def room() -> Iterator[Room]:
    with memory() as folder:
        yield Room(folder)


def said(radar: Radar) -> list[Message]:
    """What waits for the agent, taken."""
    batch = radar.outbox.first(10_000)
    radar.outbox.told(batch)
    return at_the_agent().feed(b"".join(data for _, data in batch))


def pulses(radar: Radar) -> list[Pulse]:
    return [one for one in said(radar) if isinstance(one, Pulse)]


def tallies(radar: Radar) -> list[Tally]:
    return [one for one in said(radar) if isinstance(one, Tally)]


async def until(true: Callable[[], object]) -> None:
    with anyio.fail_after(30):
        while not true():  # noqa: ASYNC110 (what is waited for is told by nobody)
            await anyio.sleep(0.01)


async def test_frames_become_tallies_and_the_radio_is_closed_in_the_end(room: Room) -> None:
    radar = room.radar()
    room.air.frames = [probe()] * 600
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(radar.run)
        await until(lambda: radar.hearing.kept == 600)
        tasks.cancel_scope.cancel()
    radar.beat(pulse=True)
    (tally,) = tallies(radar)
    assert tally.frames == 600
    assert (room.air.opened, room.air.closed) == (1, 1)
    assert room.radar().hearing.take_up(room.place.read("counts")), "kept when it ended"


async def test_a_radio_that_goes_is_told_and_opened_again(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sensors.radar.live.AGAIN_S", 0.05)
    radar = room.radar()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(radar.run)
        await until(lambda: room.air.opened == 1)
        await until(lambda: [one for one in pulses(radar) if one.state is State.LISTENING])
        room.air.gone = NoAir(State.NO_INTERFACE, "mon0 was removed")
        await until(lambda: [one for one in pulses(radar) if one.state is State.NO_INTERFACE])
        room.air.gone = None
        await until(lambda: room.air.opened == 2)
        room.air.frames = [probe()]
        await until(lambda: radar.hearing.kept == 1)
        tasks.cancel_scope.cancel()
    assert (room.air.opened, room.air.closed) == (2, 2)


async def test_midnight_wipes_salt_and_counts_without_a_frame(room: Room) -> None:
    radar = room.radar()
    radar.hearing.hear(RADIOTAP, NOON_MS * 1_000_000, probe())
    radar.beat(pulse=True)
    before = [one.key for one in tallies(radar)]
    salt, counts = room.place.read("salt"), room.place.read("counts")
    assert salt is not None
    assert bytes([1]) * 32 in salt
    assert before[0].encode() in (counts or b"")
    room.clock.ms = MIDNIGHT_MS
    with (room.folder / "p" / "salt").open("rb") as old_salt, (room.folder / "p" / "counts").open("rb") as old_counts:
        radar.beat(pulse=False)
        assert set(old_salt.read()) == set(old_counts.read()) == {0}, "overwritten, not only forgotten"
    assert room.drawn == 2
    kept = (room.place.read("salt") or b"") + (room.place.read("counts") or b"")
    assert bytes([2]) * 32 in kept
    assert bytes([1]) * 32 not in kept
    assert before[0].encode() not in kept
    radar.hearing.hear(RADIOTAP, MIDNIGHT_MS * 1_000_000, probe())
    radar.beat(pulse=False)
    assert [one.key for one in tallies(radar)] != before


async def test_a_restart_in_the_day_keeps_the_keys_and_one_on_another_day_does_not(room: Room) -> None:
    keys = []
    for at_ms in (NOON_MS, NOON_MS + 1_000, MIDNIGHT_MS - 1, MIDNIGHT_MS + 5):
        room.clock.ms = at_ms
        radar = room.radar()
        radar.hearing.hear(RADIOTAP, at_ms * 1_000_000, probe())
        radar.beat(pulse=False)
        keys.append(tallies(radar)[-1].key)
    assert keys[0] == keys[1] == keys[2] != keys[3]


async def test_what_is_told_was_kept_before(room: Room) -> None:
    """At the moment a tally waits for the agent, a new process would already know it."""
    radar = room.radar()
    radar.hearing.hear(RADIOTAP, NOON_MS * 1_000_000, probe())
    radar.beat(pulse=False)
    (tally,) = tallies(radar)
    another = room.radar()
    another.hearing.tell_again()
    another.beat(pulse=False)
    assert tallies(another) == [tally]


async def test_a_full_memory_stops_no_counting(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(name: str, content: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(room.place, "write", full)
    radar = room.radar()
    radar.hearing.hear(RADIOTAP, NOON_MS * 1_000_000, probe())
    room.clock.ms = NOON_MS + 1_000
    radar.beat(pulse=True)
    assert [one.frames for one in tallies(radar)] == [1]


async def test_the_pulse_counts_what_was_left(room: Room) -> None:
    radar = room.radar()
    for frame in (probe(), probe()[:30], b"", probe()[:-2]):
        radar.hearing.hear(RADIOTAP, NOON_MS * 1_000_000, frame)
    radar.beat(pulse=True)
    (pulse,) = pulses(radar)
    assert (pulse.frames, pulse.kept) == (4, 1)
    assert pulse.left == {"short": 1, "radio_header": 1, "cut_element": 1}
    assert pulse.kernel_drops is None, "no radio is open"


async def play(air: FileAir, found: list[Record]) -> None:
    """Until it is over, which is an exception."""
    while True:
        await air.wait()
        record = air.receive()
        if record is not None:
            found.append(record)


async def test_a_file_is_played_in_its_own_rhythm_and_again(tmp_path: Path) -> None:
    (tmp_path / "x.pcap").write_bytes(pcap([probe(), probe(), probe()]))  # a second apart
    air = FileAir(tmp_path / "x.pcap", speed=20.0, again=False, now_ns=lambda: 7)
    began, found = anyio.current_time(), list[Record]()
    with pytest.raises(NoAir) as over:
        await play(air, found)
    assert over.value.state is State.REPLAY_OVER
    assert anyio.current_time() - began >= 0.1, "two pauses of a second, twenty times as fast"
    assert [(one.at_ns, one.frame) for one in found] == [(7, probe())] * 3
    again = FileAir(tmp_path / "x.pcap", speed=1000.0, again=True, now_ns=lambda: 7)
    heard = 0
    with anyio.fail_after(20):
        while heard < 10:
            await again.wait()
            heard += again.receive() is not None
    again.close()


async def test_a_file_that_vanished_is_no_crash(tmp_path: Path) -> None:
    with pytest.raises(NoAir):
        await FileAir(tmp_path / "none.pcap", now_ns=lambda: 7).wait()
