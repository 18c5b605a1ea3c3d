"""A till for tests of the ZVT simulator, sharing no code with it: literal bytes out, whole messages in."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import anyio
import trio
import trio.testing

from drivers.links.link import LinkLost
from drivers.links.memory import MemoryLink, pair
from drivers.simulators.world import Faults, KeptMemory, ListLedger, seeded
from drivers.simulators.zvt.device import ZvtSimulator

NOON = dt.datetime(2026, 3, 2, 12, 0, 0)
ACK = "80 00 00"
REGISTER_86 = "06 00 06 000000 86 0978"
REGISTER_8E = "06 00 06 000000 8E 0978"
REGISTER_COMPOSING = "06 00 06 000000 06 0978"
SALE_10 = "06 01 0A 04 000000001000 49 0978"
REPEAT = "06 20 05 000000 03 01"
STATUS = "05 01 00"
END_OF_DAY = "06 50 03 000000"
SOLD = ["8000", "040F", "060F"]


class Bench:
    """One simulated terminal with its world; `plug_in` gives a connection to it."""

    def __init__(self, *faults: str, instant: bool = True, memory: KeptMemory | None = None) -> None:
        self.ledger = ListLedger(lambda: NOON)
        self.memory = memory or KeptMemory()
        self.faults = Faults(ZvtSimulator.FAULTS)
        for spec in faults:
            self.faults.arm(spec)
        self.device = ZvtSimulator(
            ledger=self.ledger,
            memory=self.memory,
            rng=seeded(1, "zvt"),
            now=lambda: NOON,
            faults=self.faults,
            instant=instant,
        )

    def events(self, *names: str) -> list[str]:
        wanted = names or ("charged", "refunded", "reversed", "auto_reversed", "declined", "aborted", "day_closed")
        return [record["event"] for record in self.ledger.records if record["event"] in wanted]

    def amounts(self, event: str) -> list[int]:
        return [record["amount_minor"] for record in self.ledger.records if record["event"] == event]

    @asynccontextmanager
    async def plug_in(self, register: str = REGISTER_86) -> AsyncIterator[Till]:
        ours, theirs = pair("memory:zvt")
        served = anyio.Event()

        async def serve() -> None:
            await self.device.serve(theirs)
            ours.cut()
            served.set()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(serve)
            till = Till(ours)
            if register:
                await till.ask(register)
                assert (await till.hear())[:2] == b"\x06\x0f"
                await till.send(ACK)
            yield till
            ours.cut()
            await served.wait()
            tasks.cancel_scope.cancel()


class Till:
    def __init__(self, link: MemoryLink) -> None:
        self.link = link
        self.pieces: list[bytes] = []
        self._buffer = b""

    async def send(self, text: str) -> None:
        await self.link.send(bytes.fromhex(text))

    async def ask(self, text: str) -> bytes:
        """Send and take the next message."""
        await self.send(text)
        return await self.hear()

    async def hear(self) -> bytes:
        """The next whole message, its length spelled in one byte whatever form it came in. Raises LinkLost."""
        while True:
            size, start = (self._buffer[2], 3) if len(self._buffer) > 2 else (1 << 20, 3)
            if size == 0xFF:
                known = len(self._buffer) > 4
                size, start = (self._buffer[3] | self._buffer[4] << 8, 5) if known else (1 << 20, 5)
            if len(self._buffer) >= start + size:
                message, self._buffer = self._buffer[: start + size], self._buffer[start + size :]
                return message[:2] + bytes([size & 0xFF]) + message[start:]
            piece = await self.link.receive()
            self.pieces.append(piece)
            self._buffer += piece

    async def run(self, command: str, answers: dict[str, str] | None = None) -> list[str]:
        """A whole command: acknowledges everything, except the messages (by code, "040F") that `answers` names.

        An answer "" is silence. Returns the hex of what came, the last 06 0F, 06 1E or 84 included, and "lost" when the
        connection was closed.
        """
        came: list[str] = []
        try:
            await self.send(command)
            while True:
                message = await self.hear()
                came.append(message.hex().upper())
                code = came[-1][:4]
                if code[:2] in ("80", "84"):
                    if code[:2] == "84":
                        return came
                    continue
                reply = (answers or {}).get(code, ACK)
                if reply:
                    await self.send(reply)
                if code in ("060F", "061E"):
                    return came
        except LinkLost:
            return [*came, "lost"]


def codes(came: list[str]) -> list[str]:
    """What came, without print lines, progress and the end of the connection."""
    return [message[:4] for message in came if message[:4] not in ("06D1", "04FF", "lost")]


def bitmaps(message: str) -> dict[str, str]:
    """The bitmaps of a 04 0F as hex, by tag, read with a table of its own."""
    fixed = {"27": 1, "04": 6, "49": 2, "87": 2, "0B": 3, "0C": 3, "0D": 2, "29": 4, "19": 1, "2A": 15, "3B": 8}
    fixed |= {"37": 3, "A0": 1}
    found: dict[str, str] = {}
    data, at = bytes.fromhex(message)[3:], 0
    while at < len(data):
        tag = f"{data[at]:02X}"
        at += 1
        if tag in fixed:
            size = fixed[tag]
        elif tag in ("22", "8B"):
            size, at = (data[at] & 15) * 10 + (data[at + 1] & 15), at + 2
        elif tag == "60":
            size, at = (data[at] & 15) * 100 + (data[at + 1] & 15) * 10 + (data[at + 2] & 15), at + 3
        elif tag == "06":
            size, at = data[at], at + 1
        else:
            return {**found, "unknown": tag}
        found[tag] = data[at : at + size].hex().upper()
        at += size
    return found


def in_virtual_time(scenario: Callable[[], Awaitable[Any]]) -> Any:
    """Run on Trio; every wait is over at once, in its right order."""
    return trio.run(scenario, clock=trio.testing.MockClock(autojump_threshold=0))


def sale_with(
    *faults: str, register: str = REGISTER_8E, answers: dict[str, str] | None = None
) -> tuple[Bench, list[str]]:
    bench = Bench(*faults)

    async def scenario() -> list[str]:
        async with bench.plug_in(register) as till:
            return await till.run(SALE_10, answers)

    came: list[str] = in_virtual_time(scenario)
    return bench, came


def after(bench: Bench, command: str = REPEAT, register: str = REGISTER_8E) -> list[str]:
    """What a new connection hears, a while later."""

    async def scenario() -> list[str]:
        async with bench.plug_in(register) as till:
            return await till.run(command)

    came: list[str] = in_virtual_time(scenario)
    return came


def result_of(came: list[str]) -> dict[str, str]:
    return bitmaps(next(message for message in came if message.startswith("040F")))
