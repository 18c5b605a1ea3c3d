"""A host for tests of the CCNET simulator, sharing no code with it: frames out, frames in, in virtual time."""

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
from drivers.simulators.ccnet.device import CcnetSimulator
from drivers.simulators.ccnet.faults import FAULTS
from drivers.simulators.world import Faults, KeptMemory, ListLedger, seeded

NOON = dt.datetime(2026, 3, 2, 12, 0, 0, tzinfo=dt.UTC)
ALL_ESCROW = "34 FFFFFF FFFFFF"
ALL_DIRECT = "34 FFFFFF 000000"
NONE = "34 000000 000000"
ASKS_DATA = {"31", "33", "37", "3A", "41", "51", "54", "5B", "5C", "69"}
MONEY = ("entered", "escrowed", "stacked", "returned", "rejected")


def crc(data: bytes) -> bytes:
    """CRC-16/KERMIT by way of the standard library: XMODEM with every bit order turned round. Low byte first."""
    turned = bytes(int(f"{byte:08b}"[::-1], 2) for byte in data)
    return int(f"{binascii.crc_hqx(turned, 0):016b}"[::-1], 2).to_bytes(2, "little")


def frame(body: str, address: int = 3) -> bytes:
    inside = bytes.fromhex(body)
    head = bytes((2, address, len(inside) + 5)) + inside
    return head + crc(head)


class Host:
    """Polls as the specification wants: ACK at once, 20 ms of rest, 200 ms from poll to poll."""

    def __init__(self, link: MemoryLink) -> None:
        self.link = link
        self.patience_s = 0.02  # virtual; a test in real time wants more

    async def say(self, data: bytes | str) -> None:
        await self.link.send(bytes.fromhex(data) if isinstance(data, str) else data)

    async def hear(self, within_s: float | None = None) -> str | None:
        """The body of one frame as hex, "bad CRC", or None for silence."""
        got = b""
        with anyio.move_on_after(self.patience_s if within_s is None else within_s):
            while len(got) < 3 or len(got) < got[2]:
                got += await self.link.receive()
        if not got:
            return None
        whole, rest = got[: got[2]], got[got[2] :]
        self.link.take_back(rest)
        assert whole[:2] == b"\x02\x03"
        return whole[3:-2].hex(" ").upper() if crc(whole[:-2]) == whole[-2:] else "bad CRC"

    async def ask(self, body: str, *, ack: bool = True) -> str | None:
        """One exchange; data is acknowledged unless told otherwise. Ends 20 ms after the acknowledgement."""
        await self.say(frame(body))
        answer = await self.hear()
        if answer and body[:2] in ASKS_DATA and answer not in ("30", "FF", "bad CRC") and ack:
            await self.say(frame("00"))
        await anyio.sleep(0.02)
        return answer

    async def poll(self, *, ack: bool = True) -> str | None:
        return await self.ask("33", ack=ack)

    async def watch(self, until: str, within_s: float = 15) -> list[str]:
        """Polls until the state `until` was acknowledged; the states seen, each once in a row."""
        seen: list[str] = []
        with anyio.fail_after(within_s):
            while True:
                state = await self.poll() or "silence"
                if seen[-1:] != [state]:
                    seen.append(state)
                if state == until:
                    return seen
                await anyio.sleep(0.18)

    async def pass_time(self, seconds: float) -> list[str]:
        """Polls for so long; the states seen, each once in a row."""
        seen: list[str] = []
        with anyio.move_on_after(seconds):
            while True:
                state = await self.poll() or "silence"
                if seen[-1:] != [state]:
                    seen.append(state)
                await anyio.sleep(0.18)
        return seen

    async def start(self, masks: str = ALL_ESCROW) -> None:
        """From power-up to idling."""
        assert await self.ask("30") == "00"
        await self.watch("19")
        assert await self.ask(masks) == "00"
        await anyio.sleep(0.18)
        assert await self.poll() == "14"

    async def counter(self) -> int:
        answer = await self.ask("5B")
        assert answer is not None
        return int(answer.replace(" ", ""), 16)


class Bench:
    """One simulated validator with its world; `plug_in` gives a line to it."""

    def __init__(self, *faults: str, instant: bool = False, memory: KeptMemory | None = None) -> None:
        self.ledger = ListLedger(lambda: NOON)
        self.memory = memory or KeptMemory()
        self.faults = Faults(FAULTS)
        for spec in faults:
            self.faults.arm(spec)
        self.device = CcnetSimulator(
            ledger=self.ledger,
            memory=self.memory,
            rng=seeded(1, "ccnet"),
            now=lambda: NOON,
            faults=self.faults,
            instant=instant,
        )

    async def do(self, order: str) -> str:
        return await self.device.command(order)

    def events(self, *names: str) -> list[str]:
        return [record["event"] for record in self.ledger.records if record["event"] in (names or MONEY)]

    def stacked(self) -> list[int]:
        return [record["value_minor"] // 100 for record in self.ledger.records if record["event"] == "stacked"]

    def reasons(self) -> list[str]:
        return [record["reason"] for record in self.ledger.records if record["event"] == "rejected"]

    @asynccontextmanager
    async def plug_in(self) -> AsyncIterator[Host]:
        ours, theirs = pair("memory:ccnet")
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self.device.serve, theirs)
            yield Host(ours)
            ours.cut()


def virtual(scenario: Callable[[], Awaitable[Any]]) -> Any:
    return trio.run(scenario, clock=trio.testing.MockClock(autojump_threshold=0))


def scenario(*faults: str, masks: str = ALL_ESCROW, started: bool = True, instant: bool = False) -> Any:
    """Run the test in virtual time on Trio, with a validator that idles (or one just powered) and these faults armed
    once it does."""

    def wrap(body: Callable[[Bench, Host], Awaitable[None]]) -> Callable[[], None]:
        def test() -> None:
            async def run() -> None:
                bench = Bench(instant=instant)
                async with bench.plug_in() as host:
                    if started:
                        await host.start(masks)
                    for fault in faults:
                        await bench.do(f"fault {fault}")
                    await body(bench, host)

            virtual(run)

        test.__name__, test.__doc__ = body.__name__, body.__doc__
        return test

    return wrap
