"""The embedding process seen from the camera's side: started when somebody may be recognised, fed one job at a time.

A job on which the process died is not tried again: a crop that crashes native code once crashes it twice. Its death is
counted, its job answered with None, and the next process gets the gallery again. Where nobody is ever to be recognised
no such process ever runs.
"""

from __future__ import annotations

import logging
import sys
from collections import deque
from collections.abc import Callable

import anyio
import msgspec
from anyio.abc import Process
from anyio.streams.buffered import BufferedByteReceiveStream

from sensors.cameras.causes import first_cause
from sensors.cameras.embed_process import (
    FROM_PROCESS,
    LENGTH,
    MOST_BYTES,
    ROWS_AT_ONCE,
    Embed,
    FromProcess,
    Keep,
    Near,
    Ready,
    framed,
)

log = logging.getLogger("tillkeeper.camera")

LOADS_WITHIN_S = 60.0
"""The network takes a second; a machine that swaps takes its time."""
ANSWERS_WITHIN_S = 10.0
"""An embedding takes 75 ms."""
FIRST_S, LONGEST_S = 0.5, 30.0
MOST_WAITING = 16
"""Five visitors at once. Behind them it would take longer than the visitors stay at the door."""


class Lost(Exception):
    """The process ended, hangs, or answers what it was not asked."""


class Embedding:
    """`answered` is called for each job once, with None where there will be no answer."""

    def __init__(self, backend: str, answered: Callable[[int, Near | None], None]) -> None:
        self._command = [sys.executable, "-m", "sensors.cameras", "embed", backend]
        self._answered = answered
        self._jobs: deque[Embed] = deque()
        self._rows: list[tuple[str, bytes]] = []
        self._stale = True
        self._warm = False
        self._news = anyio.Event()
        self.process_id: int | None = None
        self.ends = 0
        self.asked = 0

    def keep(self, rows: list[tuple[str, bytes]]) -> None:
        """The gallery from now on. An empty one is told at once: nobody's template stays in the process."""
        self._rows = rows
        self._stale = True
        self._news.set()

    def warm(self, needed: bool) -> None:
        """Whether a job may come at any moment: the network is loaded before, for that takes a second."""
        self._warm = needed
        self._news.set()

    def submit(self, job: Embed) -> None:
        self._jobs.append(job)
        while len(self._jobs) > MOST_WAITING:
            self._answered(self._jobs.popleft().job, None)
        self._news.set()

    def drop(self) -> None:
        """What waits is not embedded any more."""
        while self._jobs:
            self._answered(self._jobs.popleft().job, None)

    async def run(self) -> None:
        """Until cancelled."""
        tries = 0
        while True:
            while not self._jobs and not self._warm:
                await self._wait()
            before = self.asked
            try:
                async with await anyio.open_process(self._command, stderr=None) as process:
                    try:
                        async with anyio.create_task_group() as tasks:
                            tasks.start_soon(_until_ended, process)
                            await self._serve(process)
                    finally:
                        self.process_id = None
                        if process.returncode is None:
                            process.kill()
            except* (Lost, OSError) as several:
                self.ends += 1
                log.warning("the embedding process is started anew: %s", first_cause(several))
            tries = 0 if self.asked > before + 1 else min(tries + 1, 10)
            await anyio.sleep(min(LONGEST_S, FIRST_S * 2.0**tries))

    async def _serve(self, process: Process) -> None:
        if process.stdin is None or process.stdout is None:
            raise Lost("no pipes")
        hears = BufferedByteReceiveStream(process.stdout)
        ready = await _heard(hears, LOADS_WITHIN_S)
        if not isinstance(ready, Ready):
            raise Lost("it did not begin with ready")
        self.process_id, self._stale = ready.process, True
        while True:
            if self._stale:
                self._stale = False
                await self._send(process, *_portions(self._rows))
            elif self._jobs:
                await self._ask(process, hears, self._jobs.popleft())
            else:
                await self._wait()

    async def _ask(self, process: Process, hears: BufferedByteReceiveStream, job: Embed) -> None:
        self.asked += 1
        answer: Near | None = None
        try:
            await self._send(process, job)
            heard = await _heard(hears, ANSWERS_WITHIN_S)
            if not isinstance(heard, Near) or heard.job != job.job:
                raise Lost("an answer to nothing")
            answer = heard
        finally:
            self._answered(job.job, answer)

    async def _send(self, process: Process, *messages: Keep | Embed) -> None:
        assert process.stdin is not None
        try:
            with anyio.fail_after(ANSWERS_WITHIN_S):
                for message in messages:
                    await process.stdin.send(framed(message))
        except (anyio.BrokenResourceError, anyio.ClosedResourceError, TimeoutError) as error:
            raise Lost("it takes nothing") from error

    async def _wait(self) -> None:
        self._news = anyio.Event()
        await self._news.wait()


async def _until_ended(process: Process) -> None:
    """So that a death is known when nobody waits for an answer."""
    raise Lost(f"it ended with {await process.wait()}")


async def _heard(hears: BufferedByteReceiveStream, within_s: float) -> FromProcess:
    try:
        with anyio.fail_after(within_s):
            (length,) = LENGTH.unpack(await hears.receive_exactly(LENGTH.size))
            if length > MOST_BYTES:
                raise Lost(f"an answer of {length} bytes")
            return FROM_PROCESS.decode(await hears.receive_exactly(length))
    except TimeoutError as error:
        raise Lost(f"no answer within {within_s:g} s") from error
    except (anyio.IncompleteRead, anyio.BrokenResourceError, anyio.ClosedResourceError) as error:
        raise Lost("it ended") from error
    except msgspec.MsgspecError as error:
        raise Lost(str(error)) from error


def _portions(rows: list[tuple[str, bytes]]) -> list[Keep]:
    starts = range(0, max(1, len(rows)), ROWS_AT_ONCE)
    return [Keep(rows[start : start + ROWS_AT_ONCE], start == 0, start + ROWS_AT_ONCE >= len(rows)) for start in starts]
