"""One child process of the demo: started in a process group of its own, listened to, and ended without leftovers."""

from __future__ import annotations

import os
import signal
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from subprocess import DEVNULL, PIPE

import anyio
import anyio.abc

from agent.demo.held import Held

ROOT = Path(__file__).resolve().parents[2]
"""Where the packages lie, so that `python -m agent` works from everywhere."""
READY_WITHIN_S = 30.0
"""A cold start of one Python program on a slow box with nine others starting beside it."""
END_WITHIN_S = 6.0
"""The longest clean end: HQ lets a batch in flight go on for five seconds."""
LINES_KEPT = 40
TAIL_CHARACTERS = 800


class DemoFailed(Exception):
    """The demo cannot go on; `ru` and `en` say why and what to do."""

    def __init__(self, ru: str, en: str) -> None:
        super().__init__(en)
        self.ru = ru
        self.en = en


class Program:
    """`ended` is called when the process dies by itself."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        log: Path,
        held: Held,
        *,
        ended: Callable[[str, int], None],
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        self.log = log
        self._command = list(command)
        self._held = held
        self._ended = ended
        self._environment = {**os.environ, "PYTHONUNBUFFERED": "1", **(environment or {})}
        self._process: anyio.abc.Process | None = None
        self._meant_to_end = False
        self._said: deque[str] = deque(maxlen=LINES_KEPT)
        self._heard = anyio.Event()

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.returncode is None

    async def start(self, tasks: anyio.abc.TaskGroup, ready: str) -> str:
        """Start it and return what follows the word `ready` on its output, or at once for "". Raises DemoFailed."""
        self._said.clear()
        self._meant_to_end = False
        with self.log.open("ab") as log:
            process = await anyio.open_process(
                self._command,
                stdin=DEVNULL,
                stdout=PIPE,
                stderr=log,
                cwd=ROOT,
                env=self._environment,
                start_new_session=True,
            )
        self._process = process
        await self._held.hold(process.pid)
        tasks.start_soon(self._listen, process)
        if not ready:
            return ""
        with anyio.move_on_after(READY_WITHIN_S):
            return await self._line_after(ready)
        raise self._failed(
            f"программа {self.name} не поднялась за {READY_WITHIN_S:g} с",
            f"{self.name} did not get ready within {READY_WITHIN_S:g} s",
        )

    async def line_after(self, word: str) -> str:
        """What follows a word that begins one of its lines, said or still to be said. Raises DemoFailed."""
        with anyio.move_on_after(READY_WITHIN_S):
            return await self._line_after(word)
        raise self._failed(
            f"программа {self.name} не сказала {word!r} за {READY_WITHIN_S:g} с",
            f"{self.name} said nothing of {word!r} within {READY_WITHIN_S:g} s",
        )

    async def end(self, sign: signal.Signals = signal.SIGTERM) -> None:
        """End it: with SIGTERM politely, with SIGKILL as a power cut does. Returns when it is gone."""
        process = self._process
        if process is None or process.returncode is not None:
            return
        self._meant_to_end = True
        self._tell(process, sign)
        with anyio.move_on_after(END_WITHIN_S):
            await process.wait()
        if process.returncode is None:
            self._tell(process, signal.SIGKILL)
            await process.wait()
        await self._held.let_go(process.pid)

    def _tell(self, process: anyio.abc.Process, sign: signal.Signals) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, sign)

    async def _line_after(self, word: str) -> str:
        while True:
            heard = self._heard
            for line in self._said:
                if line.startswith(word + " "):
                    return line.removeprefix(word).strip()
            if not self.alive:
                raise self._failed(f"программа {self.name} не запустилась", f"{self.name} did not start")
            await heard.wait()

    async def _listen(self, process: anyio.abc.Process) -> None:
        assert process.stdout is not None
        waiting = b""
        with suppress(anyio.ClosedResourceError, anyio.BrokenResourceError):
            async for piece in process.stdout:
                *lines, waiting = (waiting + piece).split(b"\n")
                self._said.extend(line.decode("utf-8", "replace") for line in lines)
                self._ring()
        code = await process.wait()
        await self._held.let_go(process.pid)
        self._ring()
        if process is self._process and not self._meant_to_end:
            self._ended(self.name, code)

    def _ring(self) -> None:
        self._heard.set()
        self._heard = anyio.Event()

    def _failed(self, ru: str, en: str) -> DemoFailed:
        """With the last words of its log, which the program itself may have said in both languages."""
        text = ""
        with suppress(OSError):
            text = self.log.read_text(encoding="utf-8", errors="replace").strip()[-TAIL_CHARACTERS:]
        tail = f":\n{text}" if text else "."
        return DemoFailed(
            f"Учебный магазин не открыт: {ru}. Данные магазина целы. Посмотрите её журнал {self.log}.",
            f"The demo was not opened: {en}. The shop's data are safe. Look into its log {self.log}{tail}",
        )


async def all_started(starts: Sequence[Callable[[], Awaitable[object]]], expected: tuple[type[Exception], ...]) -> None:
    """Start several at once; the first expected failure is raised after all have ended one way or the other."""
    failures: list[Exception] = []

    async def one(start: Callable[[], Awaitable[object]]) -> None:
        try:
            await start()
        except expected as failed:
            failures.append(failed)

    async with anyio.create_task_group() as starting:
        for start in starts:
            starting.start_soon(one, start)
    if failures:
        raise failures[0]
