"""The camera at work: sees, counts, recognises who asked for it, and tells the agent.

    look    newest picture ─> Watching (on a thread) ─> Counted; shots ─> Recognising ─> embedding process
    settle  its answers ─> Recognising ─> Recognised
    talk    outbox ─> agent; rules, members, triggers ─> Permission; the agent gone: everything forgotten
    beat    each five seconds a pulse with the counters

One lock makes these take turns: a picture in work (some 10 ms) is finished before an answer or a message is taken in.
"""

from __future__ import annotations

import logging
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import anyio
import anyio.to_thread

from sensors.camera_messages import Counted, Enrol, Hello, Members, Pulse, Rules, ToCamera, Triggers
from sensors.cameras.embed_process import Near
from sensors.cameras.embedding import Embedding
from sensors.cameras.eye import Eye
from sensors.cameras.faces import Finder
from sensors.cameras.line import Crossed
from sensors.cameras.permission import Permission
from sensors.cameras.recognising import Recognising
from sensors.cameras.sources import Source
from sensors.cameras.talk import Outbox, Talk
from sensors.cameras.watching import View, Watching
from sensors.notify import ALIVE, READY, notify
from sensors.recognition_policy import Forbidden
from sensors.sighting import Seen, Sighting

log = logging.getLogger("tillkeeper.camera")

PULSE_S = 5.0
"""An agent that has heard nothing for three pulses says that the camera is away."""


@dataclass(frozen=True, slots=True)
class Told:
    """What the command line says. `place`: the zone of the shop that the camera's sightings are of."""

    sensor: str
    socket: Path
    view: View
    place: str = ""
    backend: str = "dlib"


class Camera:
    """`opened` opens the source anew. `finder` None: it only counts. `boot`: drawn at this start."""

    def __init__(
        self,
        told: Told,
        opened: Callable[[], Source],
        finder: Finder | None,
        *,
        boot: str,
        now_ms: Callable[[], int],
        now_s: Callable[[], float],
        rng: random.Random,
    ) -> None:
        self._told = told
        self._boot = boot
        self._now_ms = now_ms
        self._now_s = now_s
        self._lock = anyio.Lock()
        self._answers: deque[tuple[int, Near | None]] = deque()
        self._answer_came = anyio.Event()
        self._faces = finder is not None
        self._crossings = 0
        self._came_in = self._went_out = 0
        self.outbox = Outbox()
        self.permission = Permission()
        self.eye = Eye(opened, now_ms, now_s, self._pulse)
        self.watching = Watching(told.view, finder)
        self.embedding = Embedding(told.backend, self._answer)
        self.recognising = Recognising(
            self.permission,
            boot,
            submit=self.embedding.submit,
            tell=self.outbox.put,
            third=self.watching.third,
            stop=self.watching.stop,
            now_ms=now_ms,
            now_s=now_s,
        )
        hello = Hello(told.sensor, boot, finder is not None)
        self._talk = Talk(told.socket, hello, self.outbox, self.hear, self._gone, rng)

    async def run(self) -> None:
        """Until cancelled. Raises Hung."""
        async with anyio.create_task_group() as tasks:
            for task in (self._talk.run, self._look, self._settle, self.embedding.run, self._beat):
                tasks.start_soon(task)
            await self.eye.run()

    async def _look(self) -> None:
        while True:
            image, at_ms, at_s = await self.eye.newest()
            async with self._lock:
                # Tracks and windows live by the clock that does not jump; counts are told by the other one.
                steady_ms = round(at_s * 1000)
                see = partial(self.watching.see, image, steady_ms, self._forbidden, self.permission.zone_only)
                looked = await anyio.to_thread.run_sync(see)
                for crossed in looked.crossings:
                    self._count(crossed, at_ms)
                self.recognising.take(looked.to_embed, looked.ended, self.watching.faces_here)

    async def _settle(self) -> None:
        while True:
            await self._answer_came.wait()
            async with self._lock:
                self._answer_came = anyio.Event()
                while self._answers:
                    self.recognising.answered(*self._answers.popleft())

    async def _beat(self) -> None:
        while True:
            # A look that native code never returns from keeps the lock: no more news, and systemd's watchdog ends it.
            async with self._lock:
                self.recognising.expire()
            self._pulse()
            notify(READY, ALIVE, f"STATUS={self.eye.state.value}")
            await anyio.sleep(PULSE_S)

    async def hear(self, message: ToCamera) -> None:
        """One message of the agent. Raises NotAMessage."""
        async with self._lock:
            match message:
                case Rules():
                    self.permission.rules(message)
                case Triggers():
                    self.permission.triggers(message, self._now_s())
                case Enrol():
                    self.permission.enrol(message, self._now_s())
                case Members():
                    rows = self.permission.members(message)
                    if rows is not None:
                        self.embedding.keep(rows)
            self.embedding.warm(self._faces and self.permission.anybody())

    async def _gone(self) -> None:
        async with self._lock:
            self.permission.forget()
            self.recognising.forget()
            self.embedding.drop()
            self.embedding.keep([])
            self.embedding.warm(False)

    def _forbidden(self, in_zone: bool) -> Forbidden | None:
        return self.permission.forbidden(in_zone, self._now_s())

    def _answer(self, job: int, near: Near | None) -> None:
        self._answers.append((job, near))
        self._answer_came.set()

    def _count(self, crossed: Crossed, at_ms: int) -> None:
        self._crossings += 1
        self._came_in += crossed is Crossed.IN
        self._went_out += crossed is Crossed.OUT
        seen = Seen.LINE_IN if crossed is Crossed.IN else Seen.LINE_OUT
        sighting = Sighting(
            sensor=self._told.sensor,
            boot=self._boot,
            seq=self._crossings,
            seen=seen,
            at_ms=at_ms,
            zone=self._told.place,
        )
        self.outbox.put(Counted(sighting, self._came_in, self._went_out))

    def _pulse(self) -> None:
        eye, watching = self.eye, self.watching
        self.outbox.put(
            Pulse(
                at_ms=self._now_ms(),
                state=eye.state,
                frames=eye.frames,
                left=eye.left,
                width_px=eye.size[0],
                height_px=eye.size[1],
                came_in=self._came_in,
                went_out=self._went_out,
                faces=watching.faces_found,
                embeddings=self.recognising.embeddings,
                trouble={name: count for name, count in eye.trouble.items() if count},
                forbidden={why.value: count for why, count in watching.forbidden.items()},
                worker_ends=self.embedding.ends,
                unsent=self.outbox.dropped,
            )
        )
