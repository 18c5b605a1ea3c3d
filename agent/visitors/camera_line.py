"""One camera's connection: its counts are made durable in order, and a gap in them is told."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from agent.clock import Clock
from agent.visitors.durable import AGAIN_S, until_durable
from agent.visitors.sensor_health import CAMERA, WORKS, SensorHealth
from agent.visitors.visit_day import VisitDay
from sensors.camera_messages import Counted, Enrolled, FromCamera, Hello, Pulse, Recognised, State
from sensors.framed import NotAMessage
from sensors.sighting import Seen
from sensors.visits.book import Taken

CODES: dict[State, str] = {
    State.STARTING: "sensor_starting",
    State.WATCHING: WORKS,
    State.NO_CAMERA: "camera_no_camera",
    State.FROZEN: "camera_frozen",
    State.SILENT: "camera_silent",
    State.GARBAGE: "camera_garbage",
    State.WRONG_SIZE: "camera_wrong_size",
    State.NO_LIBRARY: "camera_no_library",
    State.OVER: "sensor_over",
}
CLOCK_FOR_MS = 3_600_000
DISK_FOR_MS = round(AGAIN_S * 3_000)
DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class CameraTruth:
    """What every camera's connection tells to. `numbers`: the last crossing known of each camera's present start."""

    day: VisitDay
    health: SensorHealth
    clock: Clock
    numbers: dict[str, tuple[str, int]] = field(default_factory=dict)

    def last(self, hello: Hello) -> int:
        """Of this start of the program; what a count that was missed made known is remembered while we run."""
        boot, number = self.numbers.get(hello.sensor, ("", 0))
        return max(self.day.last_seq(hello.sensor, hello.boot), number if boot == hello.boot else 0)


class CameraLine:
    """`begin` is called with its Hello, `ended` when it is gone."""

    def __init__(
        self,
        truth: CameraTruth,
        begin: Callable[[CameraLine], None],
        recognised: Callable[[Recognised], None],
        answered: Callable[[CameraLine, str, str, str], Awaitable[None]],
        ended: Callable[[CameraLine], None],
    ) -> None:
        self._truth = truth
        self._begin = begin
        self._recognised = recognised
        self._answered = answered
        self._ended = ended
        self._hello: Hello | None = None
        self._missed = 0

    @property
    def looks(self) -> bool:
        """It can look for faces: its libraries are installed."""
        return self._hello is not None and self._hello.faces

    async def hear(self, message: FromCamera) -> None:
        if isinstance(message, Hello):
            self._greet(message)
            return
        hello = self._hello
        if hello is None:
            raise NotAMessage("no hello")
        match message:
            case Counted():
                await self._counted(hello, message)
            case Pulse():
                self._pulse(hello, message)
            case Recognised():
                self._recognised(message)
            case Enrolled():
                await self._answered(self, message.request, message.template, message.why)

    def gone(self) -> None:
        self._ended(self)
        if self._hello is not None:
            self._truth.health.gone(CAMERA, self._hello.sensor)

    def _greet(self, hello: Hello) -> None:
        if self._hello is not None:
            raise NotAMessage("a second hello")
        self._hello = hello
        self._truth.day.watch.cameras.add(hello.sensor)
        self._truth.health.came(CAMERA, hello.sensor)
        self._begin(self)

    async def _counted(self, hello: Hello, told: Counted) -> None:
        one = told.sighting
        ours = (one.sensor, one.boot) == (hello.sensor, hello.boot)
        if not ours or one.key or one.seen not in (Seen.LINE_IN, Seen.LINE_OUT) or one.seq < 1:
            raise NotAMessage("no count of this camera")

        def disk_full() -> None:
            self._truth.health.doubt(CAMERA, hello.sensor, "sensor_disk_full", DISK_FOR_MS)

        async def take() -> tuple[Taken, ...]:
            return await self._truth.day.take((one,))

        last = self._truth.last(hello)
        (taken,) = await until_durable(take, disk_full)
        self._truth.health.heard(CAMERA, hello.sensor)
        if taken in (Taken.AHEAD, Taken.TOO_LATE):
            self._truth.health.doubt(CAMERA, hello.sensor, "sensor_clock", CLOCK_FOR_MS)
        self._gap(hello, last, one.seq, told.came_in + told.went_out - 1)

    def _pulse(self, hello: Hello, pulse: Pulse) -> None:
        now_ms = self._truth.clock.now_ms()
        self._truth.health.pulse(CAMERA, hello.sensor, CODES[pulse.state])
        if pulse.state is State.WATCHING:
            self._truth.day.watch.watched(hello.sensor, now_ms)
        else:
            self._truth.day.watch.hole(hello.sensor, now_ms)
        total = pulse.came_in + pulse.went_out
        self._gap(hello, self._truth.last(hello), total, total)

    def _gap(self, hello: Hello, last: int, number: int, before: int) -> None:
        """`last` is known, `before` should be. A start of which nothing is known begins where it stands."""
        missed = before - last
        if last and missed > 0:
            self._missed += missed
            now_ms = self._truth.clock.now_ms()
            day = self._truth.day
            left_ms = day.midnight(day.today) + DAY_MS - now_ms
            self._truth.health.doubt(CAMERA, hello.sensor, "camera_missed", left_ms, count=self._missed)
            day.watch.hole(hello.sensor, now_ms)
        self._truth.numbers[hello.sensor] = (hello.boot, max(last, number))
