"""A host for tests of the ID-003 simulator, sharing no code with it: asks, hears whole frames, polls."""

from __future__ import annotations

import binascii
import datetime as dt
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import anyio
import trio
import trio.testing

from drivers.links.memory import MemoryLink, pair
from drivers.simulators.id003.device import Id003Simulator
from drivers.simulators.world import Faults, KeptMemory, ListLedger, seeded

NOON = dt.datetime(2026, 3, 2, 12, 0, 0, tzinfo=dt.UTC)
POLL_S = 0.1
MIRROR = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def framed(body: str) -> bytes:
    """The frame of a command and its data in hex. The check sum by way of its unmirrored sister in the library."""
    data = bytes.fromhex(body)
    frame = bytes([0xFC, len(data) + 4]) + data
    forward = binascii.crc_hqx(frame.translate(MIRROR), 0)
    return frame + bytes([MIRROR[forward & 0xFF], MIRROR[forward >> 8]])[::-1]


def body_of(frame: bytes) -> str:
    """Raises AssertionError for what is no whole frame."""
    assert frame == framed(frame[2:-2].hex()), frame.hex()
    return frame[2:-2].hex().upper()


def in_virtual_time(scenario: Callable[[], Awaitable[None]]) -> None:
    trio.run(scenario, clock=trio.testing.MockClock(autojump_threshold=0))


class Bench:
    """One simulated validator with its world. Made where anyio runs."""

    def __init__(self, *faults: str, memory: KeptMemory | None = None, instant: bool = False) -> None:
        self.ledger = ListLedger(lambda: NOON)
        self.memory = memory or KeptMemory()
        self.faults = Faults(Id003Simulator.FAULTS)
        for spec in faults:
            self.faults.arm(spec)
        self.device = Id003Simulator(
            ledger=self.ledger,
            memory=self.memory,
            rng=seeded(1, "id003"),
            now=lambda: NOON,
            faults=self.faults,
            instant=instant,
        )

    def events(self) -> list[str]:
        return [record["event"] for record in self.ledger.records]

    def facts(self, event: str) -> list[dict[str, Any]]:
        return [record for record in self.ledger.records if record["event"] == event]

    @asynccontextmanager
    async def plug_in(self) -> AsyncIterator[Host]:
        ours, theirs = pair("memory:id003")

        async def serve() -> None:
            await self.device.serve(theirs)
            ours.cut()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(serve)
            await anyio.sleep(0.001)  # until it is served
            yield Host(ours, self.device)
            ours.cut()

    @asynccontextmanager
    async def started(self) -> AsyncIterator[Host]:
        async with self.plug_in() as host:
            await host.start()
            yield host


class Host:
    def __init__(self, link: MemoryLink, device: Id003Simulator) -> None:
        self.link = link
        self.device = device
        self._heard = b""

    async def hear(self, within_s: float = 0.2) -> str:
        """The next frame's command and data in hex; "" when none came."""
        with anyio.move_on_after(within_s):
            while len(self._heard) < 2 or len(self._heard) < self._heard[1]:
                self._heard += await self.link.receive()
            frame, self._heard = self._heard[: self._heard[1]], self._heard[self._heard[1] :]
            return body_of(frame)
        return ""

    async def ask(self, body: str) -> str:
        await self.link.send(framed(body))
        return await self.hear()

    async def poll(self) -> str:
        return await self.ask("11")

    async def acknowledge(self) -> None:
        await self.link.send(framed("50"))

    async def until(self, status: str, within_s: float = 15.0) -> list[str]:
        """Polls until the status begins so; every status on the way, each once in a row, silence as ""."""
        seen: list[str] = []
        with anyio.fail_after(within_s):
            while not seen or not status or not seen[-1].startswith(status):
                now = await self.poll()
                if not seen or seen[-1] != now:
                    seen.append(now)
                if not now.startswith(status):
                    await anyio.sleep(POLL_S)
        return seen

    async def watch(self, for_s: float) -> list[str]:
        """What it says while it is polled for so long, each status once in a row."""
        seen: list[str] = []
        end = anyio.current_time() + for_s
        while anyio.current_time() < end:
            now = await self.poll()
            if not seen or seen[-1] != now:
                seen.append(now)
            await anyio.sleep(POLL_S)
        return seen

    async def enable(self) -> None:
        assert await self.ask("C00000") == "C00000"
        assert await self.ask("C300") == "C300"

    async def start(self) -> None:
        """From power-up to idle."""
        await self.until("4")
        await self.acknowledge()
        assert await self.ask("40") == "50"
        await self.until("1A")
        await self.enable()
        assert await self.poll() == "11"

    async def escrow(self, what: str = "500") -> str:
        await self.device.command(f"insert {what}")
        return (await self.until("13"))[-1]

    async def take(self, what: str = "500", stack: str = "42") -> list[str]:
        """A note into the cassette; every status from STACK to idle."""
        await self.escrow(what)
        assert await self.ask(stack) == "50"
        seen = await self.until("15")
        await self.acknowledge()
        return seen + await self.until("11")
