"""A small shop that lives in a thread beside the browser: its real agent and camera door, a camera whose answers a test
writes, and a telephone that it can read.

with living_counter(folder, "DE") as living:
    page.goto(living.url)
    living.do(living.camera.answer, TEMPLATE)
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio.from_thread

from agent.listening import bind, serve
from agent.local_api.app import create_app
from tests.agent.agreeing_counter import Camera, Counter, a_camera, counter

SOON_S = 10.0


@dataclass
class Living:
    url: str
    at: Counter
    camera: Camera
    portal: Any

    def do(self, act: Callable[..., Awaitable[Any]], *args: Any) -> Any:
        """In the shop's own thread."""
        return self.portal.call(act, *args)

    def recognised(self, member: str) -> None:
        """The camera knows this face, now."""
        self.do(self._recognised, member)

    async def _recognised(self, member: str) -> None:
        await self.camera.recognised(member, self.at.shop.till().clock.now_ms())

    def until(self, so: Callable[[], object]) -> None:
        deadline = time.monotonic() + SOON_S
        while not so():
            assert time.monotonic() < deadline
            time.sleep(0.01)

    def code(self, number: int) -> str:
        """From the `number`th message."""
        self.until(lambda: len(self.at.pocket.sent) >= number)
        return self.at.pocket.code()


@contextmanager
def living_counter(folder: Path, country: str) -> Iterator[Living]:
    bound = bind("127.0.0.1", 0)
    with (
        anyio.from_thread.start_blocking_portal("asyncio") as portal,
        portal.wrap_async_context_manager(counter(folder, country)) as at,
        portal.wrap_async_context_manager(a_camera(folder, at)) as camera,
    ):
        serving = portal.start_task_soon(serve, create_app(at.shop.shop), bound, lambda: None)
        yield Living(f"http://127.0.0.1:{bound.getsockname()[1]}/till/1", at, camera, portal)
        serving.cancel()
