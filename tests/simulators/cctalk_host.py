"""A host for tests of the ccTalk simulator, sharing no code with it: literal bytes out, whole frames in."""

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
from drivers.simulators.cctalk.device import CctalkSimulator
from drivers.simulators.world import Faults, KeptMemory, ListLedger, seeded

NOON = dt.datetime(2026, 3, 2, 12, 0, 0)
COINS, HOPPER, VALIDATOR = 2, 3, 40
SERIAL = bytes.fromhex("DFD70A")


def framed(dest: int, header: int, data: bytes = b"", *, crc: bool = False) -> bytes:
    if crc:
        check = binascii.crc_hqx(bytes([dest, len(data), header]) + data, 0)
        return bytes([dest, len(data), check & 0xFF, header]) + data + bytes([check >> 8])
    body = bytes([dest, len(data), 1, header]) + data
    return body + bytes([(256 - sum(body)) % 256])


class Bench:
    """One simulated bus with its world; `plug_in` gives a host on its wire."""

    def __init__(self, *faults: str, instant: bool = False, memory: KeptMemory | None = None) -> None:
        self.ledger = ListLedger(lambda: NOON)
        self.memory = memory or KeptMemory()
        self.faults = Faults(CctalkSimulator.FAULTS)
        for spec in faults:
            self.faults.arm(spec)
        self.device = CctalkSimulator(
            ledger=self.ledger,
            memory=self.memory,
            rng=seeded(1, "cctalk"),
            now=lambda: NOON,
            faults=self.faults,
            instant=instant,
        )

    def told(self, *units: str) -> list[str]:
        """The ledger in short: "validator stacked 50000"."""
        return [
            f"{row['unit']} {row['event']} {row.get('value_minor', row.get('sum_minor', ''))}".strip()
            for row in self.ledger.records
            if not units or row["unit"] in units
        ]

    async def do(self, order: str) -> str:
        return await self.device.command(order)

    @asynccontextmanager
    async def plug_in(self, *, boot_s: float = 3.0) -> AsyncIterator[Host]:
        ours, theirs = pair("memory:cctalk")
        served = anyio.Event()

        async def serve() -> None:
            await self.device.serve(theirs)
            ours.cut()
            served.set()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(serve)
            await anyio.sleep(boot_s)
            yield Host(ours)
            ours.cut()
            await served.wait()


class Host:
    def __init__(self, link: MemoryLink) -> None:
        self.link = link
        self.crc = False
        self.echo = True

    async def exchange(self, raw: bytes, wait_s: float = 0.5) -> bytes:
        """All that came, the echo taken off."""
        await self.link.send(raw)
        came = b""
        with anyio.move_on_after(wait_s):
            while True:
                came += await self.link.receive()
        if self.echo:
            assert came.startswith(raw), "the wire did not echo"
            came = came[len(raw) :]
        return came

    async def say(self, text: str, wait_s: float = 0.1) -> str:
        """Hex there and back."""
        return (await self.exchange(bytes.fromhex(text), wait_s)).hex(" ").upper()

    async def ask(self, dest: int, header: int, data: bytes = b"", wait_s: float = 0.05) -> bytes | str | None:
        """The data of the answer, "nak", "busy", or None for silence."""
        crc = self.crc and dest == VALIDATOR
        came = await self.exchange(framed(dest, header, data, crc=crc), wait_s)
        if not came:
            return None
        assert len(came) == came[1] + 5, f"not one frame: {came.hex(' ')}"
        if crc:
            assert came == framed(1, came[3], came[4:-1], crc=True)
        else:
            assert sum(came) % 256 == 0
            assert came[2] == dest
        assert came[0] == 1
        return {0: came[4:-1], 5: "nak", 6: "busy"}[came[3]]

    async def order(self, dest: int, header: int, *data: int) -> None:
        assert await self.ask(dest, header, bytes(data)) == b""

    async def read(self, dest: int, header: int, *data: int) -> bytes:
        came = await self.ask(dest, header, bytes(data))
        assert isinstance(came, bytes), came
        return came

    async def number(self, dest: int, header: int) -> int:
        return int.from_bytes(await self.read(dest, header), "little")

    async def open_coins(self) -> None:
        await self.order(COINS, 231, 0xFF, 0xFF)
        await self.order(COINS, 228, 1)
        await self.read(COINS, 229)

    async def open_bills(self, mask: int = 0x7F, mode: int = 3) -> None:
        await self.order(VALIDATOR, 153, mode)
        await self.order(VALIDATOR, 231, mask & 0xFF, mask >> 8)
        await self.order(VALIDATOR, 228, 1)

    async def events(self, dest: int, seconds: float = 0.0) -> list[tuple[int, int]]:
        """Poll for `seconds` each 0.2 s; the buffer's events from the oldest, without the empty ones."""
        header = 229 if dest == COINS else 159
        until = anyio.current_time() + seconds
        seen = await self.read(dest, header)
        while anyio.current_time() < until:
            await anyio.sleep(0.2)
            came = await self.ask(dest, header)
            if isinstance(came, bytes):
                seen = came
        count = min(seen[0], 5)
        return [(seen[1 + 2 * at], seen[2 + 2 * at]) for at in reversed(range(count))]

    async def counter(self, dest: int) -> int:
        return (await self.read(dest, 229 if dest == COINS else 159))[0]

    async def pay(self, count: int) -> bytes | str | None:
        return await self.ask(HOPPER, 167, SERIAL + bytes([count]))


def in_virtual_time(scenario: Callable[[], Awaitable[Any]]) -> None:
    trio.run(scenario, clock=trio.testing.MockClock(autojump_threshold=0))
