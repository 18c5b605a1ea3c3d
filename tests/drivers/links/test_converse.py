"""A conversation performs its steps on the link, tells what is known at its end, and is never cancelled half-way."""

from __future__ import annotations

from typing import Any

import anyio
import pytest
import trio
from trio.testing import MockClock

from drivers.errors import Garbled, NeverSent, Unanswered
from drivers.links.converse import converse
from drivers.links.link import LinkLost
from drivers.links.memory import pair
from drivers.wire.dialogue import Dialogue, Hear, Pause, Rest, Send, Tell, Wish

pytestmark = pytest.mark.anyio


class Lines:
    """Frames that end in a newline; an exclamation mark can never be part of one."""

    def cut(self, heard: bytes) -> tuple[bytes, bytes] | None:
        if b"!" in heard:
            raise Garbled("exclamation")
        line, end, rest = heard.partition(b"\n")
        return (line, rest) if end else None


def ask(within_s: float = 0.2) -> Dialogue[bytes]:
    yield Send(b"?\n")
    answer: bytes = yield Hear(Lines(), within_s)
    return answer


async def test_a_frame_in_pieces_is_one_answer_and_the_rest_stays_in_the_link() -> None:
    near, far = pair("memory:t")
    seen: list[tuple[str, bytes]] = []

    async def device() -> None:
        assert await far.receive() == b"?\n"
        for piece in (b"he", b"llo\nne", b"xt\n"):
            await far.send(piece)
            await anyio.sleep(0.01)

    async with anyio.create_task_group() as group:
        group.start_soon(device)
        assert await converse(ask(), near, frames=lambda way, data: seen.append((way, data))) == b"hello"
        assert await converse(ask(), near) == b"next"
    assert seen == [(">", b"?\n"), ("<", b"hello\n")]


async def test_silence_is_thrown_in_and_what_was_half_heard_is_dropped() -> None:
    near, far = pair("memory:t")
    await far.send(b"half")

    def twice() -> Dialogue[str]:
        yield Send(b"?")
        try:
            yield Hear(Lines(), 0.05)
        except Unanswered:
            yield Send(b"again?")
        return (yield Hear(Lines(), 1)).decode()

    async def device() -> None:
        heard = b""
        while not heard.endswith(b"again?"):
            heard += await far.receive()
        await far.send(b"whole\n")

    async with anyio.create_task_group() as group:
        group.start_soon(device)
        assert await converse(twice(), near) == "whole"


async def test_one_deadline_for_the_whole_frame() -> None:
    near, far = pair("memory:t")

    async def drip() -> None:
        while True:
            await far.send(b".")
            await anyio.sleep(0.02)

    async with anyio.create_task_group() as group:
        group.start_soon(drip)
        with pytest.raises(Unanswered, match="whole frame"):
            await converse(ask(0.1), near)
        group.cancel_scope.cancel()


async def test_a_lost_link_is_never_sent_before_the_first_byte_and_unanswered_after() -> None:
    near, _ = pair("memory:t")

    def listen_first() -> Dialogue[None]:
        yield Hear(Lines(), 1)

    near.cut()
    with pytest.raises(NeverSent):
        await converse(listen_first(), near)
    with pytest.raises(Unanswered):
        await converse(ask(), near)


async def test_a_dialogue_may_deal_with_the_lost_link_itself() -> None:
    near, _ = pair("memory:t")
    near.cut()

    def careful() -> Dialogue[str]:
        try:
            yield Send(b"?")
        except LinkLost:
            return "lost"
        return "sent"

    assert await converse(careful(), near) == "lost"


async def test_garbage_is_garbled() -> None:
    near, far = pair("memory:t")
    await far.send(b"no!")
    with pytest.raises(Garbled):
        await converse(ask(), near)


async def test_cancelled_before_the_first_byte_nothing_is_sent_after_it_it_ends_in_peace() -> None:
    near, far = pair("memory:t")
    ended: list[Any] = []

    def patient() -> Dialogue[bytes]:
        yield Pause(0.05)
        return (yield from ask(1))

    async def asker() -> None:
        ended.append(await converse(patient(), near))

    with anyio.move_on_after(0.01):
        await asker()
    assert ended == []
    with anyio.move_on_after(0.5):
        with pytest.raises(TimeoutError), anyio.fail_after(0.01):
            await far.receive()

    async def device() -> None:
        await far.receive()
        await anyio.sleep(0.1)
        await far.send(b"done\n")

    async with anyio.create_task_group() as group:
        group.start_soon(device)
        with anyio.CancelScope() as scope:
            group.start_soon(_cancel_later, scope, 0.1)
            await asker()
    assert ended == [b"done"]


async def _cancel_later(scope: anyio.CancelScope, seconds: float) -> None:
    await anyio.sleep(seconds)
    scope.cancel()


async def test_the_conversation_goes_on_only_when_the_event_is_durable() -> None:
    near, far = pair("memory:t")
    order: list[str] = []

    def teller() -> Dialogue[None]:
        yield Tell("commit")
        yield Send(b"go")

    async def tell(event: object) -> None:
        await anyio.sleep(0.02)
        order.append(str(event))

    await converse(teller(), near, tell=tell, frames=lambda way, data: order.append(data.decode()))
    assert order == ["commit", "go"]
    assert await far.receive() == b"go"


def _wishful(heard: list[Any]) -> Dialogue[None]:
    yield Send(b"?")
    for _ in range(2):
        heard.append((yield Hear(Lines(), 1, wishes=True)))


async def test_a_wish_ends_the_wait_and_half_a_frame_is_kept() -> None:
    near, far = pair("memory:t")
    give, take = anyio.create_memory_object_stream[Wish](4)
    heard: list[Any] = []

    async def world() -> None:
        await far.send(b"fr")
        await anyio.sleep(0.02)
        await give.send(Wish("stop"))
        await anyio.sleep(0.02)
        await far.send(b"ame\n")

    with give, take:
        async with anyio.create_task_group() as group:
            group.start_soon(world)
            await converse(_wishful(heard), near, wishes=take)
    assert heard == [Wish("stop"), b"frame"]


async def test_on_a_tie_the_frame_wins_and_the_wish_is_put_back() -> None:
    for _ in range(20):
        near, far = pair("memory:t")
        give, take = anyio.create_memory_object_stream[Wish](4)
        heard: list[Any] = []
        await far.send(b"frame\n")
        give.send_nowait(Wish("stop"))
        with give, take:
            await converse(_wishful(heard), near, wishes=take)
        assert heard == [b"frame", Wish("stop")]


async def test_a_host_that_stopped_wishing_still_hears() -> None:
    near, far = pair("memory:t")
    give, take = anyio.create_memory_object_stream[Wish](4)
    give.close()
    heard: list[Any] = []
    await far.send(b"one\ntwo\n")
    with take:
        await converse(_wishful(heard), near, wishes=take)
    assert heard == [b"one", b"two"]


async def test_with_wishes_a_lost_link_is_one_plain_error() -> None:
    near, _ = pair("memory:t")
    give, take = anyio.create_memory_object_stream[Wish](4)

    async def world() -> None:
        await anyio.sleep(0.02)
        near.cut()

    with give, take:
        async with anyio.create_task_group() as group:
            group.start_soon(world)
            with pytest.raises(Unanswered):
                await converse(_wishful([]), near, wishes=take)


PERIOD_S = 0.2


def _polling(beats: list[float], wished: list[Any], count: int) -> Dialogue[None]:
    """Polls that take longer and longer, always less than the period."""
    for at in range(count):
        yield Send(b"poll\n")
        yield Pause(0.03 * at)
        while (wish := (yield Rest(PERIOD_S))) is not None:
            wished.append(wish)
        beats.append(anyio.current_time())


def test_a_rest_keeps_the_beat_and_drops_what_nobody_asked_for() -> None:
    """A wish in the middle, noise on the wire and slow exchanges move no beat; the noise reaches no later question."""
    beats: list[float] = []
    wished: list[Any] = []
    frames: list[tuple[str, bytes]] = []

    async def scenario() -> None:
        near, far = pair("memory:rest")
        wishes, take = anyio.create_memory_object_stream[Wish](4)

        async def disturb() -> None:
            await anyio.sleep(0.25)
            await far.send(b"late answer\n")
            wishes.send_nowait(Wish("stop"))

        async with anyio.create_task_group() as both:
            both.start_soon(disturb)
            await converse(
                _polling(beats, wished, 5), near, wishes=take, frames=lambda way, data: frames.append((way, data))
            )
        wishes.close()
        take.close()

    trio.run(scenario, clock=MockClock(autojump_threshold=0))
    assert [round(later - beats[0], 6) for later in beats] == [0.0, 0.2, 0.4, 0.6, 0.8]
    assert wished == [Wish("stop")]
    assert ("<", b"late answer\n") in frames


def test_a_missed_beat_is_not_caught_up() -> None:
    ends: list[float] = []

    def slow() -> Dialogue[None]:
        yield Rest(PERIOD_S)
        ends.append(anyio.current_time())
        yield Pause(0.5)
        yield Rest(PERIOD_S, at_least_s=0.02)
        ends.append(anyio.current_time())
        yield Rest(PERIOD_S)
        ends.append(anyio.current_time())

    async def scenario() -> None:
        near, _far = pair("memory:late")
        await converse(slow(), near)

    trio.run(scenario, clock=MockClock(autojump_threshold=0))
    assert [round(end - ends[0], 6) for end in ends] == [0.0, 0.52, 0.72]


async def test_at_a_rest_and_only_there_a_conversation_is_cancelled() -> None:
    def working() -> Dialogue[None]:
        yield Send(b"move\n")
        yield Pause(0.05)
        done.append("moved")
        yield Rest(10)
        done.append("rested")

    done: list[str] = []
    near, _far = pair("memory:cancel")
    with anyio.move_on_after(0.01) as patience:
        await converse(working(), near)
    assert done == ["moved"]
    assert patience.cancelled_caught
