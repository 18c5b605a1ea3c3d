"""The demo's side of the leash (agent/demo/leash.py): which processes must not outlive it."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from subprocess import DEVNULL, PIPE

import anyio
import anyio.abc

END_WITHIN_S = 4.0
"""The leash waits two seconds for what it has to end, and has nothing to end after a clean stop."""


class Held:
    """Tells the leash about process groups; a leash that is gone is no reason to stop."""

    def __init__(self, tell: anyio.abc.ByteSendStream) -> None:
        self._tell = tell

    async def hold(self, group: int) -> None:
        await self._say(f"+{group}\n")

    async def let_go(self, group: int) -> None:
        await self._say(f"-{group}\n")

    async def _say(self, line: str) -> None:
        with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):
            await self._tell.send(line.encode())


@asynccontextmanager
async def leash() -> AsyncIterator[Held]:
    """A watcher outside the demo's own process group, for as long as the block runs."""
    file = Path(__file__).with_name("leash.py")
    process = await anyio.open_process(
        [sys.executable, str(file)], stdin=PIPE, stdout=DEVNULL, stderr=DEVNULL, start_new_session=True
    )
    assert process.stdin is not None
    try:
        yield Held(process.stdin)
    finally:
        with anyio.CancelScope(shield=True):
            await process.stdin.aclose()
            with anyio.move_on_after(END_WITHIN_S):
                await process.wait()
            if process.returncode is None:
                process.kill()
                await process.wait()
