"""Hears the radars: their windows go to the readings, their pulses to the health; of signatures a count is enough.

Hello ──> who it is     Reading ──> Readings.keep     Pulse ──> SensorHealth
Tally ──> how many signatures its last window holds, in memory; its key is forgotten with the window
"""

from __future__ import annotations

from pathlib import Path

from agent.visitors.door import Door, Wire
from agent.visitors.durable import AGAIN_S, until_durable
from agent.visitors.readings import Readings
from agent.visitors.sensor_health import RADAR, WORKS, SensorHealth
from sensors.framed import NotAMessage
from sensors.radar_messages import Hello, Message, Pulse, Reading, State, Tally, at_the_agent, encoded

CODES: dict[State, str] = {
    State.STARTING: "sensor_starting",
    State.LISTENING: WORKS,
    State.NO_INTERFACE: "radar_no_interface",
    State.INTERFACE_DOWN: "radar_interface_down",
    State.NOT_MONITOR: "radar_not_monitor",
    State.NOT_ALLOWED: "radar_not_allowed",
    State.NO_LIBRARY: "radar_no_library",
    State.REPLAY_OVER: "sensor_over",
}
CLOCK_FOR_MS = 3_600_000
LOST_FOR_MS = 900_000
DISK_FOR_MS = round(AGAIN_S * 3_000)
MOST_KEYS = 4_096
"""As many as a radar's window may hold (sensors/estimate/tally.py)."""


class RadarLine:
    """One radar's connection."""

    def __init__(self, readings: Readings, health: SensorHealth) -> None:
        self._readings = readings
        self._health = health
        self._hello: Hello | None = None
        self._window_ms = 0
        self._keys: set[tuple[str, bool]] = set()
        self._unsent: int | None = None

    @property
    def signatures(self) -> int:
        """How many the newest window holds so far."""
        return len(self._keys)

    async def hear(self, message: Message) -> None:
        if isinstance(message, Hello):
            if self._hello is not None:
                raise NotAMessage("a second hello")
            self._hello = message
            self._health.came(RADAR, message.sensor)
            return
        hello = self._hello
        if hello is None:
            raise NotAMessage("no hello")
        if isinstance(message, Pulse):
            self._pulse(hello.sensor, message)
            return
        self._health.heard(RADAR, hello.sensor)
        if isinstance(message, Tally):
            self._tally(message)
        else:
            await self._reading(hello, message)

    def gone(self) -> None:
        self._keys.clear()
        if self._hello is not None:
            self._health.gone(RADAR, self._hello.sensor)

    async def _reading(self, hello: Hello, reading: Reading) -> None:
        def disk_full() -> None:
            self._health.doubt(RADAR, hello.sensor, "sensor_disk_full", DISK_FOR_MS)

        async def keep() -> bool:
            return await self._readings.keep(hello.sensor, reading, hello.near_dbm)

        if not await until_durable(keep, disk_full) or reading.trust == "clock":
            self._health.doubt(RADAR, hello.sensor, "sensor_clock", CLOCK_FOR_MS)

    def _tally(self, tally: Tally) -> None:
        behind_ms = self._window_ms - tally.window_ms
        if 0 < behind_ms < CLOCK_FOR_MS:
            return  # of a window that is over; from farther back it comes by a clock that was set
        if behind_ms:
            self._window_ms = tally.window_ms
            self._keys.clear()
        if len(self._keys) < MOST_KEYS:
            self._keys.add((tally.key, tally.made_up))

    def _pulse(self, sensor: str, pulse: Pulse) -> None:
        self._health.pulse(RADAR, sensor, CODES[pulse.state], signatures=self.signatures)
        if self._unsent is not None and pulse.unsent > self._unsent:
            self._health.doubt(RADAR, sensor, "sensor_lost", LOST_FOR_MS, count=pulse.unsent - self._unsent)
        self._unsent = pulse.unsent


class RadarDoor:
    """The radars' door and who listens at it."""

    def __init__(self, path: Path, readings: Readings, health: SensorHealth) -> None:
        self._readings = readings
        self._health = health
        self.door: Door[Message, Message] = Door(path, at_the_agent, encoded, self._attend)

    async def run(self) -> None:
        """Until cancelled. Raises OSError where the socket cannot be made."""
        await self.door.run()

    def _attend(self, wire: Wire[Message]) -> RadarLine:
        return RadarLine(self._readings, self._health)
