"""Carries a conversation out on a link: the only place where dialogues meet I/O.

A dialogue yields `Send`, `Hear`, `Tell`, `Pause` and `Rest` (drivers/wire/dialogue.py); this performs each step and
resumes it with the result. From its first byte on a conversation is shielded from cancellation, except while it rests:
a device is never left half-way because somebody lost patience.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

import anyio
from anyio.lowlevel import checkpoint
from anyio.streams.memory import MemoryObjectReceiveStream

from drivers.errors import Garbled, NeverSent, Unanswered
from drivers.links.link import Link, LinkLost
from drivers.wire.dialogue import Answer, Dialogue, Hear, Pause, Rest, Send, Tell, Wish

TellHost = Callable[[object], Awaitable[None]]
Frames = Callable[[str, bytes], None]
"""Called with ">" or "<" and the bytes, for a timeline or a recorder: whole frames, and what was dropped."""

# When the host itself was late (a slow disk held the loop), the answer may lie in the kernel although the deadline has
# passed: a look of this length, only then, keeps our slowness from being taken for the device's silence.
LATE_HOST_S = 0.05


async def converse(
    dialogue: Dialogue[Answer],
    link: Link,
    *,
    tell: TellHost | None = None,
    wishes: MemoryObjectReceiveStream[Wish] | None = None,
    frames: Frames | None = None,
) -> Answer:
    """Carry `dialogue` out on `link` and return its answer.

    Raises only drivers.errors: a lost link the dialogue did not deal with becomes NeverSent while no byte was handed to
    the wire and Unanswered afterwards. An exception of `tell` closes the dialogue and passes through.
    """
    return await _Conversation(link, tell, wishes, frames).run(dialogue)


class _Conversation:
    def __init__(
        self,
        link: Link,
        tell: TellHost | None,
        wishes: MemoryObjectReceiveStream[Wish] | None,
        frames: Frames | None,
    ) -> None:
        self._link = link
        self._tell = tell
        self._wishes = wishes
        self._frames = frames
        self._kept: deque[Wish] = deque()
        self._sent = False
        self._rested: float | None = None  # when the last rest ended, or should have

    async def run(self, dialogue: Dialogue[Answer]) -> Answer:
        try:
            with anyio.CancelScope() as scope:
                result: Any = None
                trouble: LinkLost | Unanswered | Garbled | None = None
                while True:
                    try:
                        step = dialogue.throw(trouble) if trouble else dialogue.send(result)
                    except StopIteration as end:
                        answer: Answer = end.value
                        return answer
                    result, trouble = None, None
                    scope.shield = (scope.shield or isinstance(step, Send)) and not isinstance(step, Rest)
                    try:
                        result = await self._perform(step)
                    except (LinkLost, Unanswered, Garbled) as error:
                        trouble = error
        except LinkLost as error:
            if self._sent:
                raise Unanswered(f"link lost: {error}") from error
            raise NeverSent(f"link lost: {error}") from error
        finally:
            dialogue.close()
        raise AssertionError("a cancelled scope always raises")

    async def _perform(self, step: object) -> Any:
        match step:
            case Send(data):
                self._sent = self._sent or bool(data)
                if self._frames:
                    self._frames(">", data)
                await self._link.send(data)
            case Hear():
                return await self._hear(step)
            case Tell(event):
                if self._tell is not None:
                    await self._tell(event)
            case Pause(seconds):
                await anyio.sleep(seconds)
            case Rest():
                return await self._rest(step)
            case _:
                raise TypeError(f"not a step of a dialogue: {step!r}")
        return None

    async def _rest(self, step: Rest) -> Wish | None:
        now = anyio.current_time()
        # The beat is kept: what the exchange took is not added to the period. A beat that was missed is not caught up.
        due = (now if self._rested is None else self._rested) + step.period_s
        due = max(due, now + step.at_least_s)
        noise = bytearray()
        with anyio.CancelScope(deadline=due):
            while True:
                wish = await self._receive_or_wish(noise)
                self._drop(noise)
                if wish is not None:
                    return wish
        self._drop(noise)
        self._rested = due if anyio.current_time() - due < step.period_s else anyio.current_time()
        return None

    def _drop(self, noise: bytearray) -> None:
        if noise and self._frames:
            self._frames("<", bytes(noise))
        noise.clear()

    async def _hear(self, step: Hear) -> Any:
        heard = bytearray()
        deadline = anyio.current_time() + step.within_s
        with anyio.CancelScope(deadline=deadline):
            return await self._frame(step, heard)
        now = anyio.current_time()
        if now - deadline > LATE_HOST_S:
            with anyio.CancelScope(deadline=now + LATE_HOST_S):
                return await self._frame(step, heard)
        # A frame whose time is over is noise: what was heard of it is dropped, not given to the next question.
        if heard and self._frames:
            self._frames("<", bytes(heard))
        raise Unanswered(f"no {'whole ' if heard else ''}frame within {step.within_s:g} s")

    async def _frame(self, step: Hear, heard: bytearray) -> Any:
        """The next frame, or a wish that came before it. `heard` keeps the bytes of an unfinished frame."""
        while True:
            if heard:
                try:
                    cut = step.grammar.cut(bytes(heard))
                except Garbled:
                    if self._frames:
                        self._frames("<", bytes(heard))
                    raise
                if cut is not None:
                    frame, rest = cut
                    if self._frames:
                        self._frames("<", bytes(heard[: len(heard) - len(rest)]))
                    if rest:
                        self._link.take_back(rest)
                    return frame
            if step.wishes and (self._kept or self._wishes is not None):
                wish = await self._receive_or_wish(heard)
                if wish is not None:
                    if heard:
                        self._link.take_back(bytes(heard))
                    return wish
            else:
                heard += await self._link.receive()

    async def _receive_or_wish(self, heard: bytearray) -> Wish | None:
        """Waits for bytes (added to `heard`) and for a wish; bytes that are already there come first."""
        lost: list[LinkLost] = []
        before = len(heard)

        async def receive() -> None:
            try:
                heard.extend(await self._link.receive())
            except LinkLost as error:
                lost.append(error)
            both.cancel_scope.cancel()

        async def wish() -> None:
            if not self._kept:
                if self._wishes is None:
                    return  # nobody can wish: bytes only
                try:
                    self._kept.append(await self._wishes.receive())
                except (anyio.EndOfStream, anyio.ClosedResourceError):
                    self._wishes = None
                    return
            # On a tie the frame wins: the other task gets its turns before the wish ends the wait.
            for _ in range(3):
                await checkpoint()
            both.cancel_scope.cancel()

        async with anyio.create_task_group() as both:
            both.start_soon(receive)
            both.start_soon(wish)
        if lost:
            raise lost[0]
        if len(heard) > before or not self._kept:
            return None
        return self._kept.popleft()
