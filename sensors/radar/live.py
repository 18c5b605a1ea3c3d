"""The radar at work: listens, counts under the day's salt, keeps that in memory, and tells the agent.

listen  air ─> Hearing                      the air may go and come back; why it is gone is told
beat    each second: Hearing ─> the memory place, then the outbox (kept first: what was told is never forgotten)
        every few seconds: a pulse with the counters
tell    outbox ─> the agent's socket
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import anyio
import anyio.lowlevel
import msgspec

from sensors import notify
from sensors.memory_place import MemoryPlace
from sensors.radar.air import Air, NoAir
from sensors.radar.hearing import Hearing
from sensors.radar.outbox import Outbox
from sensors.radar.tally import NEAR_DBM, WINDOW_S
from sensors.radar.teller import Teller
from sensors.radar_messages import Hello, Pulse, State
from sensors.salt import Salt, as_kept, salt_for

log = logging.getLogger("tillkeeper.radar")

SALT, COUNTS = "salt", "counts"
BEAT_S = 1.0
PULSE_EACH = 5
"""Beats. An agent that has heard nothing for three pulses says that the radar is away."""
AGAIN_S = 3.0
"""A USB radio that fell off the bus is back in seconds when it comes back at all."""
A_HANDFUL = 256
"""Frames read before others get their turn: some milliseconds."""


class Told(msgspec.Struct, frozen=True):
    """What the command line says."""

    sensor: str
    socket: Path
    zone: ZoneInfo
    window_s: int = WINDOW_S
    near_dbm: int = NEAR_DBM


class Radar:
    """`open_air` raises NoAir while there is none. `now_ms`: the clock; `fresh`: so many random bytes."""

    def __init__(
        self,
        told: Told,
        place: MemoryPlace,
        open_air: Callable[[], Air],
        *,
        now_ms: Callable[[], int],
        fresh: Callable[[int], bytes],
        rng: random.Random,
    ) -> None:
        self._told = told
        self._place = place
        self._open_air = open_air
        self._now_ms = now_ms
        self._fresh = fresh
        self._air: Air | None = None
        self._state = State.STARTING
        self.outbox = Outbox()
        self.hearing = Hearing(self._salt(now_ms()), self._new_day, window_s=told.window_s, near_dbm=told.near_dbm)
        if self.hearing.take_up(place.read(COUNTS)):
            log.warning("went on from the counts of this day")
        hello = Hello(told.sensor, told.window_s, told.near_dbm)
        self._teller = Teller(told.socket, hello, self.outbox, self.hearing.tell_again, rng)

    async def run(self) -> None:
        """Until cancelled; then what was heard last is kept."""
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._teller.run)
                tasks.start_soon(self._listen)
                await self._beat()
        finally:
            self._keep()

    async def _listen(self) -> None:
        while True:
            try:
                air = self._air = self._open_air()
                try:
                    self._say(State.LISTENING, "listening")
                    await self._hear(air)
                finally:
                    self._air = None
                    air.close()
            except NoAir as gone:
                self._say(gone.state, str(gone))
                if gone.state is State.REPLAY_OVER:
                    return
            await anyio.sleep(AGAIN_S)

    async def _hear(self, air: Air) -> None:
        hear, receive = self.hearing.hear, air.receive
        while True:
            await air.wait()
            for _ in range(A_HANDFUL):
                record = receive()
                if record is None:
                    break
                hear(record.link, record.at_ns, record.frame, record.lost)
            await anyio.lowlevel.checkpoint()

    async def _beat(self) -> None:
        beats = 0
        while True:
            self.beat(pulse=beats % PULSE_EACH == 0)
            notify.notify(notify.READY, notify.ALIVE, f"STATUS={self._state.value}")
            beats += 1
            await anyio.sleep(BEAT_S)

    def beat(self, *, pulse: bool) -> None:
        """Keeps, then puts out what changed; with `pulse` how the radar fares, too."""
        now_ms = self._now_ms()
        if self._state is State.LISTENING:
            self.hearing.live(now_ms)
        news = self.hearing.news(now_ms)
        if news or pulse:
            self._keep()
        for message in news:
            self.outbox.put(message)
        if pulse:
            for reading in self.hearing.open_reading():
                self.outbox.put(reading)
            self.outbox.put(self._pulse(now_ms))

    def _pulse(self, now_ms: int) -> Pulse:
        reader = self.hearing.reader
        left = {why.value: count for why, count in reader.left.items() if count}
        drops = self._air.kernel_drops() if self._air is not None else None
        return Pulse(
            now_ms,
            self._state,
            reader.seen,
            self.hearing.kept,
            left,
            self.hearing.crowded,
            self.outbox.dropped,
            drops,
        )

    def _say(self, state: State, why: str) -> None:
        if state is not self._state:
            log.warning("%s: %s", state.value, why)
            self._state = state
            self.outbox.put(self._pulse(self._now_ms()))

    def _salt(self, at_ms: int) -> Salt:
        salt, new = salt_for(at_ms, self._told.zone, self._place.read(SALT), self._fresh(32))
        if new:
            self._place.wipe(COUNTS)
            self._place.wipe(SALT)
            try:
                self._place.write(SALT, as_kept(salt))
            except OSError as full:
                log.warning("the salt is not kept, a restart will count anew: %s", full.strerror)
        return salt

    def _new_day(self, at_ms: int) -> Salt:
        log.warning("a new day: another salt")
        return self._salt(at_ms)

    def _keep(self) -> None:
        try:
            self._place.write(COUNTS, self.hearing.kept_bytes())
        except OSError as full:
            # The counting goes on; only a restart would count this window's bursts again.
            log.warning("counts not kept: %s", full.strerror)
