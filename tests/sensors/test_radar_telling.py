"""Telling the agent: what waits is bounded, an agent that comes and goes is found again, and gets the present whole."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import anyio
import pytest
from anyio.abc import SocketAttribute, SocketStream

from sensors.radar.outbox import Outbox
from sensors.radar.teller import Teller
from sensors.radar_messages import Hello, Message, Pulse, State, Tally, at_the_agent

HELLO = Hello("door", 600, -70)


def tally(key: int, frames: int = 1, window_ms: int = 0) -> Tally:
    return Tally(window_ms, f"{key:016x}", True, 1, 2, -50, frames, 1, 0, 0)


def pulse(at_ms: int) -> Pulse:
    return Pulse(at_ms, State.LISTENING, 0, 0, {}, 0, 0, None)


def waiting(outbox: Outbox) -> list[Message]:
    return at_the_agent().feed(b"".join(data for _, data in outbox.first(10_000)))


def test_newer_counts_take_the_place_of_older_ones() -> None:
    outbox = Outbox()
    for message in (tally(1), tally(2), tally(1, frames=9), pulse(1), pulse(2), tally(1, window_ms=600_000)):
        outbox.put(message)
    assert waiting(outbox) == [tally(1, frames=9), tally(2), pulse(2), tally(1, window_ms=600_000)]
    assert outbox.dropped == 0


def test_the_oldest_is_dropped_and_counted() -> None:
    outbox = Outbox(most=3)
    for key in range(10):
        outbox.put(tally(key))
    assert (len(outbox), outbox.dropped) == (3, 7)
    assert waiting(outbox) == [tally(7), tally(8), tally(9)]


def test_what_was_replaced_while_it_was_sent_waits_on() -> None:
    outbox = Outbox()
    outbox.put(tally(1))
    outbox.put(tally(2))
    batch = outbox.first()
    outbox.put(tally(2, frames=5))
    outbox.told(batch)
    assert waiting(outbox) == [tally(2, frames=5)]


@pytest.fixture
def socket_path() -> Iterator[Path]:
    """Short: a Unix socket's name has 108 bytes."""
    with tempfile.TemporaryDirectory(prefix="radar-") as folder:
        yield Path(folder) / "s"


class Agent:
    """Listens, reads messages, and hangs up or stops reading when told."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.heard: list[list[Message]] = []
        self.scope = anyio.CancelScope()
        self.hang_up_after = 1 << 30

    async def run(self) -> None:
        self.path.unlink(missing_ok=True)
        with self.scope:
            async with await anyio.create_unix_listener(self.path) as listener:
                await listener.serve(self._read)

    async def _read(self, stream: SocketStream) -> None:
        heard: list[Message] = []
        self.heard.append(heard)
        reader = at_the_agent()
        raw = stream.extra(SocketAttribute.raw_socket)
        async with stream:
            while len(heard) < self.hang_up_after:
                await anyio.wait_readable(raw)
                data = raw.recv(65_536)
                if not data:
                    return
                heard += reader.feed(data)


async def until(true: Callable[[], object]) -> None:
    with anyio.fail_after(20):
        while not true():  # noqa: ASYNC110 (what is waited for is told by nobody)
            await anyio.sleep(0.01)


def teller(path: Path, outbox: Outbox, calls: list[int]) -> Teller:
    return Teller(path, HELLO, outbox, lambda: calls.append(1), random.Random(1))


@pytest.mark.anyio
async def test_everything_arrives_in_order_behind_a_hello(socket_path: Path) -> None:
    agent, outbox, calls = Agent(socket_path), Outbox(), []
    for key in range(1_000):
        outbox.put(tally(key))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(agent.run)
        tasks.start_soon(teller(socket_path, outbox, calls).run)
        await until(lambda: agent.heard and len(agent.heard[0]) == 1_001)
        outbox.put(pulse(7))
        await until(lambda: len(agent.heard[0]) == 1_002)
        tasks.cancel_scope.cancel()
    assert agent.heard == [[HELLO, *map(tally, range(1_000)), pulse(7)]]
    assert (len(outbox), len(calls)) == (0, 1)


@pytest.mark.anyio
async def test_an_agent_that_is_not_there_yet_is_waited_for(socket_path: Path) -> None:
    agent, outbox = Agent(socket_path), Outbox()
    outbox.put(tally(1))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(teller(socket_path, outbox, []).run)
        await anyio.sleep(0.3)
        assert len(outbox) == 1
        tasks.start_soon(agent.run)
        await until(lambda: agent.heard and len(agent.heard[0]) == 2)
        tasks.cancel_scope.cancel()


@pytest.mark.anyio
async def test_an_agent_that_hangs_up_is_found_again_and_nothing_waits_in_vain(socket_path: Path) -> None:
    agent, outbox, calls = Agent(socket_path), Outbox(), []
    agent.hang_up_after = 1
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(agent.run)
        tasks.start_soon(teller(socket_path, outbox, calls).run)
        await until(lambda: agent.heard and agent.heard[0] == [HELLO])
        agent.hang_up_after = 1 << 30
        await until(lambda: len(agent.heard) == 2)
        outbox.put(tally(5))
        await until(lambda: agent.heard[1] == [HELLO, tally(5)])
        tasks.cancel_scope.cancel()
    assert len(calls) == 2, "on each connection the present is news again"


@pytest.mark.anyio
async def test_an_agent_that_restarts_is_found_again(socket_path: Path) -> None:
    first, second, outbox = Agent(socket_path), Agent(socket_path), Outbox()
    async with anyio.create_task_group() as tasks:
        again = Teller(socket_path, HELLO, outbox, lambda: outbox.put(tally(1)), random.Random(1))
        tasks.start_soon(again.run)
        tasks.start_soon(first.run)
        await until(lambda: first.heard)
        first.scope.cancel()
        tasks.start_soon(second.run)
        await until(lambda: second.heard and tally(1) in second.heard[0])
        tasks.cancel_scope.cancel()
