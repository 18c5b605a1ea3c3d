"""The open eye: reads the camera as fast as it sends, keeps the newest picture only, and comes back when it is gone.

    open ─> read ─> judge ─> newest picture         a picture that nobody looked at in time is counted and dropped
     ↑       │ NoPicture, the same picture for 10 s, a size that cannot be
     └─ wait ┘ 1 s, 2 s, ... 30 s                   back to 1 s after ten seconds of pictures

Reading blocks, so it is done on a thread. A read that native code never returns from is left behind; after the fourth
the program ends itself and is started anew.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from typing import NamedTuple, TypeVar
from zlib import crc32

import anyio
import anyio.to_thread

from sensors.camera_messages import State
from sensors.cameras.faces import Image
from sensors.cameras.sources import LARGEST_SIDE, SMALLEST_SIDE, WITHIN_S, NoPicture, Picture, Source

T = TypeVar("T")
log = logging.getLogger("tillkeeper.camera")

FIRST_S, LONGEST_S = 1.0, 30.0
"""A camera that restarts is back within a minute; one that is broken is asked twice a minute."""
STEADY_S = 10.0
FROZEN_S = 10.0
"""A live sensor's noise never repeats one picture. An encoder may, for a second, while it catches up."""
HUNG_S = 4 * WITHIN_S
"""V4L2 waits ten seconds by itself."""
MOST_HUNG = 4
SAMPLED = 8
"""Each eighth pixel of each eighth row tells whether a picture is the same one."""


class Hung(Exception):
    """Native code does not return, again and again: only a new process helps."""


class Seen(NamedTuple):
    """`at_ms`: by the wall clock, which may jump; `at_s`: by the one that does not."""

    image: Image
    at_ms: int
    at_s: float


class Eye:
    """`opened` opens the source. `now_ms`: the clock of the pictures; `now_s`: one that does not go back."""

    def __init__(
        self,
        opened: Callable[[], Source],
        now_ms: Callable[[], int],
        now_s: Callable[[], float],
        tell: Callable[[], None] = lambda: None,
    ) -> None:
        self._opened = opened
        self._now_ms = now_ms
        self._now_s = now_s
        self._tell = tell
        self._newest: Seen | None = None
        self._news = anyio.Event()
        self._digest, self._same_since = 0, 0.0
        self._hung = 0
        self._lied = False
        self.state = State.STARTING
        self.size = (0, 0)
        self.frames = 0
        self.left = 0
        self.trouble: Counter[str] = Counter()

    async def run(self) -> None:
        """Until the source is over for good, or cancelled. Raises Hung."""
        tries = 0
        while True:
            began, garbage = self._now_s(), 0
            source: Source | None = None
            try:
                source = await _on_thread(self._opened)
                self._lied, self._same_since = False, self._now_s()
                while True:
                    self.judge(await _on_thread(source.read))
                    garbage = self._count_garbage(source, garbage)
            except NoPicture as gone:
                self.trouble[gone.name] += 1
                self._say(gone.state, str(gone))
                if gone.name == "hung":
                    # What is still being read is not closed, that crashes; nor is anything when the program ends.
                    self._hung += 1
                    if self._hung >= MOST_HUNG:
                        raise Hung(str(gone)) from gone
                elif source is not None:
                    self._count_garbage(source, garbage)
                    with anyio.move_on_after(HUNG_S):
                        await anyio.to_thread.run_sync(source.close, abandon_on_cancel=True)
                if gone.state is State.OVER:
                    return
                if self._now_s() - began > STEADY_S and gone.state is not State.FROZEN:
                    tries = 0
            await anyio.sleep(min(LONGEST_S, FIRST_S * 2.0**tries))
            tries = min(tries + 1, 10)

    async def newest(self) -> Seen:
        """The picture that came last; waits for one that was not given before."""
        while self._newest is None:
            self._news = anyio.Event()
            await self._news.wait()
        seen, self._newest = self._newest, None
        return seen

    def judge(self, picture: Picture) -> None:
        """Takes a picture in. Raises NoPicture for one that no camera sends, and for one that never changes."""
        height, width = picture.image.shape[:2]
        if not (SMALLEST_SIDE <= width <= LARGEST_SIDE and SMALLEST_SIDE <= height <= LARGEST_SIDE):
            raise NoPicture(State.WRONG_SIZE, "wrong_size", f"a picture of {width} x {height}")
        if picture.said is not None and picture.said != (width, height) and not self._lied:
            self._lied = True
            self.trouble["wrong_size"] += 1
            log.warning("the camera says %d x %d and sends %d x %d", *picture.said, width, height)
        if self.size not in ((0, 0), (width, height)):
            self.trouble["size_changed"] += 1
        self.size = (width, height)
        if not self._changed(picture.image) and self.state is State.FROZEN:
            return  # opened anew it sends what it sent: it is still frozen
        self.frames += 1
        if self._newest is not None:
            self.left += 1
        self._newest = Seen(picture.image, self._now_ms(), self._now_s())
        self._news.set()
        self._say(State.WATCHING, "watching")

    def _changed(self, image: Image) -> bool:
        digest, now_s = crc32(image[::SAMPLED, ::SAMPLED].tobytes()), self._now_s()
        if digest != self._digest:
            self._digest, self._same_since = digest, now_s
            return True
        if now_s - self._same_since >= FROZEN_S:
            raise NoPicture(State.FROZEN, "frozen", f"the same picture for {FROZEN_S:g} s")
        return False

    def _count_garbage(self, source: Source, counted: int) -> int:
        self.trouble["garbage"] += source.garbage - counted
        return source.garbage

    def _say(self, state: State, why: str) -> None:
        if state is not self.state:
            log.warning("%s: %s", state.value, why)
            self.state = state
            self._tell()


async def _on_thread(call: Callable[[], T]) -> T:
    with anyio.move_on_after(HUNG_S):
        return await anyio.to_thread.run_sync(call, abandon_on_cancel=True)
    raise NoPicture(State.SILENT, "hung", f"no answer within {HUNG_S:g} s")
