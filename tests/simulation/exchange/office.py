"""HQ in an exchange: the real app inside this process, or processes of its own on real sockets, over either database.

SQLite       inside: on a disk that keeps what was synced (recording_vfs.py), power cut at any write
             outside: one process on a real file with the same bytes, SIGKILL
PostgreSQL   two apps over one database, each request goes to either: they know nothing of each other
             inside: cancelled in the middle of a transaction; outside: SIGKILL
             the primary may die under load: its synchronous standby is promoted, and gets a standby of its own
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from abc import ABC, abstractmethod
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any
from unittest.mock import patch

import anyio
import anyio.abc
import anyio.lowlevel
import apsw
import httpx
import msgspec

from cloud_api.app import Hq, create_app
from cloud_api.settings import Settings
from cloud_api.storage.sqlite import open_sqlite
from cloud_api.storage.storage import Storage
from tests.simulation.exchange.hq_program import CLOCK_BYTES, Started, Wish
from tests.simulation.exchange.virtual_loop import Clocks, Outside
from tests.simulation.exchange.wire import Said, Sent
from tests.simulation.recording_vfs import power

ANSWERS_WITHIN_S = 20.0
DATABASE = "hq"
PROCESS_STARTS_WITHIN_S = 30.0


class HqPowerCut(BaseException):
    """HQ's power is gone in the middle of a write."""


class Inside:
    """One app in this process. Its work goes on when a shop stops waiting, and ends when HQ does."""

    def __init__(self, app: Hq, tasks: anyio.abc.TaskGroup) -> None:
        self.app = app
        self._tasks = tasks
        self._scopes: set[anyio.CancelScope] = set()
        self.gone = False
        self.under_way = 0

    async def ask(self, sent: Sent) -> Said:
        answers: list[Said] = []
        done = anyio.Event()
        self._tasks.start_soon(self._work, sent, answers, done)
        await done.wait()
        if not answers:
            raise httpx.ReadError("HQ is gone")
        return answers[0]

    async def _work(self, sent: Sent, answers: list[Said], done: anyio.Event) -> None:
        self.under_way += 1
        try:
            with anyio.CancelScope() as scope:
                self._scopes.add(scope)
                try:
                    response = await httpx.ASGITransport(app=self.app).handle_async_request(sent.request())
                    content = b"".join([piece async for piece in response.aiter_raw()])
                    if not self.gone:
                        answers.append(Said(response.status_code, tuple(response.headers.items()), content))
                finally:
                    self._scopes.discard(scope)
        except HqPowerCut:
            pass
        except BaseExceptionGroup as group:
            _, other = group.split(HqPowerCut)
            if other is not None:
                raise
        finally:
            self.under_way -= 1
            done.set()

    async def end(self) -> None:
        """Everything it was doing stops where it stands."""
        self.gone = True
        for scope in list(self._scopes):
            scope.cancel()
        while self.under_way:
            await anyio.lowlevel.checkpoint()


class Process:
    """One HQ on a real socket, started by hq_program.py."""

    def __init__(self, started: Started, outside: Outside) -> None:
        self._pid = started.pid
        self._url = f"http://127.0.0.1:{started.port}"
        self._outside = outside
        self._client = httpx.AsyncClient(timeout=ANSWERS_WITHIN_S)
        self.under_way = 0

    async def ask(self, sent: Sent) -> Said:
        self.under_way += 1
        try:
            with self._outside.at_work():
                request = sent.request(self._url)
                response = await self._client.send(request, stream=True)
                content = b"".join([piece async for piece in response.aiter_raw()])
                await response.aclose()
                return Said(response.status_code, tuple(response.headers.items()), content)
        finally:
            self.under_way -= 1

    async def end(self) -> None:
        """SIGKILL: nothing is said or tidied up."""
        with suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGKILL)
        while os.path.exists(f"/proc/{self._pid}"):  # noqa: ASYNC240 - no disk is asked
            with self._outside.at_work():
                await anyio.sleep(0.005)
        await self._client.aclose()


class Starter:
    """The program that forks HQs, and the clock they read."""

    def __init__(self, folder: Path, storage: str) -> None:
        self._clock = folder / "clock"
        self._clock.write_bytes(bytes(CLOCK_BYTES))
        self._program = subprocess.Popen(
            [sys.executable, "-m", "tests.simulation.exchange.hq_program", storage],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def tell_time(self, now_ms: int) -> None:
        with self._clock.open("r+b") as file:
            file.write(now_ms.to_bytes(CLOCK_BYTES, "big"))

    def start(self, database: str, keys: Path) -> Started:
        assert self._program.stdin is not None
        assert self._program.stdout is not None
        wish = Wish(database, str(keys), str(self._clock))
        self._program.stdin.write(msgspec.json.encode(wish) + b"\n")
        self._program.stdin.flush()
        return msgspec.json.decode(self._program.stdout.readline(), type=Started)

    def close(self) -> None:
        assert self._program.stdin is not None
        self._program.stdin.close()
        self._program.wait(10)


class Office(ABC):
    """What asks HQ goes through `ask`, which finds whichever end is there."""

    def __init__(
        self, folder: Path, clocks: Clocks, outside: Outside, tasks: anyio.abc.TaskGroup, rng: random.Random, name: str
    ) -> None:
        self.folder, self.clocks, self.outside, self.tasks, self.rng = folder, clocks, outside, tasks, rng
        self.keys = folder / "keys"
        self.ends: list[Inside] | list[Process] = []
        self.starter = Starter(folder, name)

    @property
    def inside(self) -> bool:
        return bool(self.ends) and isinstance(self.ends[0], Inside)

    @property
    def under_way(self) -> int:
        return sum(end.under_way for end in self.ends)

    @property
    def storage(self) -> Storage:
        """Of the app in this process."""
        end = self.ends[0]
        assert isinstance(end, Inside)
        return end.app.storage

    async def ask(self, sent: Sent) -> Said:
        if not self.ends:
            raise httpx.ConnectError("HQ cannot be reached")
        if not self.inside:
            self.starter.tell_time(self.clocks.hq_ms())
        return await self.rng.choice(self.ends).ask(sent)

    def app(self, storage: Storage) -> Hq:
        settings = Settings(database=self.database, keys=self.keys)
        return create_app(settings, storage, now_ms=self.clocks.hq_ms, draw=self.rng.randbytes)

    @property
    @abstractmethod
    def database(self) -> str: ...

    @abstractmethod
    async def start(self) -> None:
        """Inside this process."""

    @abstractmethod
    async def stop(self) -> None:
        """HQ ends in the middle of its work, wherever it runs."""

    @abstractmethod
    async def start_processes(self) -> None:
        """On real sockets; HQ has to be down."""

    @abstractmethod
    async def back_up(self) -> None:
        """HQ has to be down."""

    @abstractmethod
    async def restore(self) -> None:
        """HQ has to be down."""

    async def close(self) -> None:
        await self.stop()
        self.starter.close()


class SqliteOffice(Office):
    """`arm` has the power go at one of the coming writes."""

    FILE = "/hq/hq.db"

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._life = ExitStack()
        self._image: dict[str, bytes] = {}
        self._backup: dict[str, bytes] | None = None
        self._writes_left = -1
        self._boots = 0
        self.cut = anyio.Event()

    @property
    def database(self) -> str:
        return str(self.folder / "hq.db")

    async def start(self) -> None:
        self._boots += 1
        self._writes_left = -1
        self.cut = anyio.Event()
        name = f"exchange-hq-{id(self)}-{self._boots}"
        self._disk = self._life.enter_context(power(name, image=self._image, watch=self._written))
        real = apsw.Connection

        def exclusive(path: str, *, vfs: str | None = None) -> apsw.Connection:
            made = real(path, vfs=vfs)  # WAL without shared memory wants the lock before the first read
            made.execute("PRAGMA locking_mode=EXCLUSIVE")
            return made

        with patch.object(apsw, "Connection", exclusive):
            storage = open_sqlite(self.FILE, vfs=self._disk.name)
        self.ends = [Inside(self.app(storage), self.tasks)]

    def arm(self) -> None:
        self._writes_left = self.rng.randrange(0, 25)

    def _written(self, operation: str, file: str) -> None:
        if self._writes_left < 0:
            return
        if self._writes_left > 0:
            self._writes_left -= 1
            return
        if not self.cut.is_set():
            self._image = self._disk.image(self.rng)
            self.cut.set()
            for end in self.ends:
                end.gone = True  # type: ignore[union-attr]
        raise HqPowerCut

    async def stop(self) -> None:
        ends, self.ends = self.ends, []
        if ends and isinstance(ends[0], Inside):
            if not self.cut.is_set():
                self._image = self._disk.image(self.rng)
                self.cut.set()
            self._writes_left = 0
            await ends[0].end()
            with suppress(HqPowerCut):
                await ends[0].app.storage.close()
            self._life.close()
        for end in ends:
            if isinstance(end, Process):
                await end.end()
                files = {"/hq/" + one.name: one for one in self.folder.glob("hq.db*")}
                self._image = {path: one.read_bytes() for path, one in files.items() if not path.endswith("-shm")}

    async def start_processes(self) -> None:
        for one in self.folder.glob("hq.db*"):
            one.unlink()
        for path, held in self._image.items():
            (self.folder / Path(path).name).write_bytes(held)
        self.starter.tell_time(self.clocks.hq_ms())
        self.ends = [Process(self.starter.start(self.database, self.keys), self.outside)]

    async def back_up(self) -> None:
        self._backup = dict(self._image)

    async def restore(self) -> None:
        assert self._backup is not None
        self._image = dict(self._backup)
