"""A host for tests of the SSP simulator: it frames, stuffs and seals by itself and shares only the AES with it.

The AES has its own test against FIPS-197, and the whole conversation one against the maker's C library.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import anyio
import trio
import trio.testing

from drivers.links.memory import MemoryLink, pair
from drivers.simulators.ssp import aes
from drivers.simulators.ssp.device import SspSimulator
from drivers.simulators.world import Faults, KeptMemory, ListLedger, seeded

NOON = dt.datetime(2026, 3, 2, 12, 0, 0)
GENERATOR, MODULUS = 982451653, 1287821  # g > p
FIXED = bytes.fromhex("6745230167452301")
PATIENCE_S = 0.5
MONEY = ("entered", "escrowed", "stacked", "returned", "rejected", "paid_out")


def crc(data: bytes) -> bytes:
    value = 0xFFFF
    for byte in data:
        for bit in range(7, -1, -1):
            top = (value >> 15) ^ (byte >> bit & 1)
            value = (value << 1) & 0xFFFF
            if top:
                value ^= 0x8005
    return value.to_bytes(2, "little")


def framed(seq_addr: int, data: bytes) -> bytes:
    body = bytes([seq_addr, len(data), *data])
    return b"\x7f" + (body + crc(body)).replace(b"\x7f", b"\x7f\x7f")


def unframed(raw: bytes) -> tuple[int, bytes] | None:
    """Sequence and address, data; None for what is not one whole frame."""
    body = raw[1:].replace(b"\x7f\x7f", b"\x7f")
    if raw[:1] != b"\x7f" or len(body) < 5 or len(body) != body[1] + 4 or crc(body[:-2]) != body[-2:]:
        return None
    return body[0], body[2:-2]


class Bench:
    """One simulated wire with its world; `plug_in` gives a host on it."""

    def __init__(
        self, *faults: str, model: str = "payout", instant: bool = False, memory: KeptMemory | None = None
    ) -> None:
        self.ledger = ListLedger(lambda: NOON)
        self.memory = memory or KeptMemory()
        self.faults = Faults(SspSimulator.FAULTS)
        self._model = model
        for spec in faults:
            self.faults.arm(spec)
        self.device = SspSimulator(
            ledger=self.ledger,
            memory=self.memory,
            rng=seeded(1, "ssp"),
            now=lambda: NOON,
            faults=self.faults,
            instant=instant,
        )

    def events(self, *names: str) -> list[str]:
        return [row["event"] for row in self.ledger.records if row["event"] in (names or MONEY)]

    def values(self, event: str) -> list[int]:
        return [row["value_minor"] for row in self.ledger.records if row["event"] == event]

    @asynccontextmanager
    async def plug_in(self) -> AsyncIterator[Host]:
        ours, theirs = pair("memory:ssp")
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self.device.serve, theirs)
            if self._model != self.device.validator.model:
                await self.device.command(f"model {self._model}")
            await anyio.sleep(1.1)
            yield Host(ours, self.device)
            ours.cut()
            tasks.cancel_scope.cancel()


class Host:
    """One address. `sealed`: everything goes through eSSP."""

    def __init__(self, link: MemoryLink, device: SspSimulator, address: int = 0) -> None:
        self.link = link
        self.device = device
        self.address = address
        self.bit = 0x80
        self.key = b""
        self.count = 0
        self.raw = b""  # the last answer as it came

    def at(self, address: int) -> Host:
        return Host(self.link, self.device, address)

    async def exchange(self, raw: bytes, within_s: float = PATIENCE_S) -> bytes:
        """Send bytes, take what comes back within the time; b"" for silence."""
        await self.link.send(raw)
        self.raw = b""
        with anyio.move_on_after(within_s):
            while unframed(self.raw) is None:
                self.raw += await self.link.receive()
        return self.raw

    async def ask(self, text: str, *, sealed: bool | None = None, retry: bool = True) -> str:
        """Data in hex out and in; the same packet again (twice at most) while nothing right comes. "" for silence."""
        data = bytes.fromhex(text)
        if data == b"\x11":
            self.bit = 0x80
        with_key = bool(self.key) if sealed is None else sealed
        packet = framed(self.bit | self.address, self._seal(data) if with_key else data)
        for _ in range(3 if retry else 1):
            answer = unframed(await self.exchange(packet))
            if answer is not None and answer[0] == self.bit | self.address:
                self.bit ^= 0x80
                return self._opened(answer[1]).hex(" ").upper()
        return ""

    def _seal(self, data: bytes) -> bytes:
        clear = bytes([len(data)]) + self.count.to_bytes(4, "little") + data
        clear += b"\xaa" * (-(len(clear) + 2) % 16)
        self.count += 1
        return b"\x7e" + aes.encrypt(self.key, clear + crc(clear))

    def _opened(self, data: bytes) -> bytes:
        if data[0] != 0x7E:
            return data
        clear = aes.decrypt(self.key, data[1:])
        assert crc(clear[:-2]) == clear[-2:]
        assert int.from_bytes(clear[1:5], "little") == self.count
        return clear[5 : 5 + clear[0]]

    async def agree_keys(self, generator: int = GENERATOR, modulus: int = MODULUS) -> None:
        secret = 77777
        self.key = b""
        assert await self.ask("4A" + generator.to_bytes(8, "little").hex()) == "F0"
        assert await self.ask("4B" + modulus.to_bytes(8, "little").hex()) == "F0"
        answer = bytes.fromhex(await self.ask("4C" + pow(generator, secret, modulus).to_bytes(8, "little").hex()))
        assert answer[0] == 0xF0
        shared = pow(int.from_bytes(answer[1:], "little"), secret, modulus)
        self.key, self.count = FIXED + shared.to_bytes(8, "little"), 0

    async def start(self, *, version: int = 8, keys: bool = True, enable: bool = True) -> str:
        """The start sequence; returns what the first poll said."""
        self.key = b""
        assert await self.ask("11") == "F0"
        assert await self.ask(f"06{version:02X}") == "F0"
        if keys:
            await self.agree_keys()
        first = await self.poll()
        if keys:
            await self.ask("57")
        await anyio.sleep(2.1)  # until it is initialised
        if enable:
            if self.address == 0:
                assert await self.ask("02FF00") == "F0"
            if self.address == 0 and self.device.validator.model == "payout":
                assert await self.ask("5C00") == "F0"
            assert await self.ask("0A") == "F0"
        return first

    async def poll(self) -> str:
        return await self.ask("56" if self.key else "07")

    async def polls(self, times: int, *, ack: bool = True, period_s: float = 0.2) -> list[str]:
        """So many polls, each different answer once, without F0; with keys what was told is acknowledged."""
        seen: list[str] = []
        for _ in range(times):
            told = (await self.poll())[3:]
            if told and (not seen or seen[-1] != told):
                seen.append(told)
            if self.key and ack:
                await self.ask("57")
            await anyio.sleep(period_s)
        return seen

    async def until(self, wanted: str, *, hold: bool = False, within_s: float = 20.0) -> str:
        """Poll until an answer has these bytes (hex, spaced)."""
        with anyio.fail_after(within_s):
            while True:
                told = await self.poll()
                if wanted in told:
                    return told
                if hold:
                    await self.ask("18")
                await anyio.sleep(0.2)

    async def wait_dark(self) -> None:
        """A power cut by a fault is over and the unit answers again."""
        await anyio.sleep(2.2)


def in_virtual_time(scenario: Callable[[], Awaitable[Any]]) -> Any:
    """Run on Trio; every wait is over at once, in its right order."""
    return trio.run(scenario, clock=trio.testing.MockClock(autojump_threshold=0))


def played(bench: Bench, scenario: Callable[[Host], Awaitable[Any]]) -> Any:
    """The scenario with one host on the bench."""

    async def run() -> Any:
        async with bench.plug_in() as host:
            return await scenario(host)

    return in_virtual_time(run)
