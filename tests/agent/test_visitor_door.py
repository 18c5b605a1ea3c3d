"""A door at a Unix socket: messages in order, a foreign tongue and a deaf program closed, the others not disturbed."""

from __future__ import annotations

import socket
import stat
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import pytest

from agent.visitors import door as door_module
from agent.visitors.door import Door, Wire
from sensors import radar_messages
from sensors.radar_messages import Hello, Message

HELLO = Hello("door", 600, -70)


class Listener:
    """Keeps what it hears; answers each message with itself."""

    def __init__(self, wire: Wire[Message], heard: list[Message], gone: list[int]) -> None:
        self.wire, self.heard, self._gone = wire, heard, gone

    async def hear(self, message: Message) -> None:
        self.heard.append(message)
        self.wire.say(message)

    def gone(self) -> None:
        self._gone.append(1)


class Hall:
    def __init__(self, folder: Path) -> None:
        self.heard: list[Message] = []
        self.gone: list[int] = []
        self.wires: list[Wire[Message]] = []
        self.door: Door[Message, Message] = Door(
            folder / "radar.sock", radar_messages.at_the_agent, radar_messages.encoded, self._attend
        )

    def _attend(self, wire: Wire[Message]) -> Listener:
        self.wires.append(wire)
        return Listener(wire, self.heard, self.gone)


@asynccontextmanager
async def hall(folder: Path) -> AsyncIterator[Hall]:
    made = Hall(folder)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(made.door.run)
        with anyio.fail_after(5):
            while not made.door.listening:  # noqa: ASYNC110
                await anyio.sleep(0.01)
        yield made
        tasks.cancel_scope.cancel()


async def until(so) -> None:  # type: ignore[no-untyped-def]
    with anyio.fail_after(10):
        while not so():  # noqa: ASYNC110
            await anyio.sleep(0.01)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.anyio
async def test_messages_come_in_order_however_they_are_cut_and_are_answered(tmp_path: Path) -> None:
    async with hall(tmp_path) as made, await anyio.connect_unix(made.door.path) as stream:
        for byte in radar_messages.encoded(HELLO):
            await stream.send(bytes([byte]))
        await until(lambda: made.heard == [HELLO])
        reader = radar_messages.at_the_agent()
        assert reader.feed(await stream.receive()) == [HELLO]
        await stream.aclose()
        await until(lambda: made.gone == [1] and made.door.lines == 0)


@pytest.mark.anyio
async def test_the_group_may_knock_and_nobody_else(tmp_path: Path) -> None:
    async with hall(tmp_path) as made:
        assert stat.S_IMODE(made.door.path.stat().st_mode) == 0o660
    assert not made.door.path.exists()


@pytest.mark.anyio
async def test_a_foreign_tongue_is_hung_up_on_and_the_others_go_on(tmp_path: Path) -> None:
    async with hall(tmp_path) as made, await anyio.connect_unix(made.door.path) as honest:
        async with await anyio.connect_unix(made.door.path) as other:
            await other.send(struct.pack(">I", 5) + b"GET /")
            with pytest.raises(anyio.EndOfStream):
                await other.receive()
        await honest.send(radar_messages.encoded(HELLO))
        await until(lambda: made.heard == [HELLO])


@pytest.mark.anyio
async def test_who_reads_nothing_is_hung_up_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door_module, "SEND_WITHIN_S", 0.2)
    deaf = socket.socket(socket.AF_UNIX)
    async with hall(tmp_path) as made:
        deaf.connect(str(made.door.path))
        await until(lambda: made.wires)
        for _ in range(door_module.MOST_WAITING):
            made.wires[0].say(Hello("x" * 10_000, 600, -70))
        await until(lambda: made.gone == [1])
    deaf.close()


@pytest.mark.anyio
async def test_too_many_connections_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door_module, "MOST_LINES", 1)
    async with hall(tmp_path) as made, await anyio.connect_unix(made.door.path):
        await until(lambda: made.door.lines == 1)
        async with await anyio.connect_unix(made.door.path) as second:
            with pytest.raises(anyio.EndOfStream):
                await second.receive()
        assert made.door.lines == 1
