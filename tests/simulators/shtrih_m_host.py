"""A host for tests of the Shtrih-M simulator: literal bytes out, bytes in, nothing of the simulator's own code."""

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
from drivers.simulators.shtrih_m.device import ShtrihMSimulator
from drivers.simulators.world import Faults, KeptMemory, ListLedger, seeded

NOON = dt.datetime(2026, 11, 21, 12, 30)
ENQ, ACK, NAK = b"\x05", b"\x06", b"\x15"
SYSTEM = "1E000000"
OPEN_SHIFT, Z_REPORT, X_REPORT = "E0" + SYSTEM, "41" + SYSTEM, "40" + SYSTEM
SHORT, FULL, FN_STATE, FN_SHIFT, OFD = "10" + SYSTEM, "11" + SYSTEM, "FF01" + SYSTEM, "FF40" + SYSTEM, "FF39" + SYSTEM
OPEN_SALE, OPEN_REFUND, CANCEL, CONTINUE = "8D01000000 00", "8D01000000 02", "8801000000", "B001000000"
COPY = "8C" + SYSTEM
NOT_GIVEN = "FFFFFFFFFF"
MILK = (
    "FF4601000000 01 A02526000000 164E000000 FFFFFFFFFF FFFFFFFFFF 01 01 04 01 CCEEEBEEEAEE"  # 2.5 x 199.90, VAT 20 %
)


def le(value: int, size: int) -> str:
    return value.to_bytes(size, "little").hex()


def line(price: int, *, quantity: int = 1_000_000, operation: int = 1, rate: int = 0xCB, **more: Any) -> str:
    """FF46; sums and tax are left to the device."""
    given = le(more["sum"], 5) if "sum" in more else NOT_GIVEN
    subject, name = more.get("subject", 1), more.get("name", "Хлеб").encode("cp1251").hex()
    head = "FF4601000000" + le(operation, 1) + le(quantity, 6) + le(price, 5) + given + NOT_GIVEN
    return head + le(rate, 1) + le(more.get("department", 1), 1) + "04" + le(subject, 1) + name


def close(cash: int = 0, card: int = 0, *, rounding: int = 0, tax_system: int = 1, text: str = "") -> str:
    """FF45."""
    return (
        "FF45" + SYSTEM + le(cash, 5) + le(card, 5) + "00" * 70 + le(rounding, 1) + "00" * 30 + le(tax_system, 1) + text
    )


def tag(number: int, value: bytes) -> str:
    return le(number, 2) + le(len(value), 2) + value.hex()


def framed(body: bytes) -> bytes:
    check = len(body)
    for byte in body:
        check ^= byte
    return bytes([2, len(body), *body, check])


class Host:
    """One connection of a careful host."""

    def __init__(self, link: MemoryLink) -> None:
        self.link = link

    async def say(self, data: bytes | str) -> None:
        await self.link.send(bytes.fromhex(data) if isinstance(data, str) else data)

    async def hear(self, count: int, within_s: float = 30.0) -> bytes:
        """Exactly so many bytes, fewer when the time is over."""
        heard = b""
        with anyio.move_on_after(within_s):
            while len(heard) < count:
                heard += await self.link.receive()
        if len(heard) > count:
            self.link.take_back(heard[count:])
        return heard[:count]

    async def frame(self) -> bytes:
        """One answer frame, whole."""
        head = await self.hear(2)
        return head + await self.hear(head[1] + 1) if len(head) == 2 else head

    async def ask(self, body: str) -> bytes:
        """Frame, ACK, answer, ACK; returns the answer's body."""
        await self.say(framed(bytes.fromhex(body)))
        assert await self.hear(1) == ACK
        answer = await self.frame()
        await self.say(ACK)
        assert answer == framed(answer[2:-1])
        return answer[2:-1]

    async def ok(self, body: str) -> bytes:
        """The answer after the error byte, which must be 0."""
        answer, size = await self.ask(body), 2 if body.upper().startswith("FF") else 1
        assert answer[size] == 0, f"{body[:4]} refused with {answer[size]:02X}h"
        return answer[size + 1 :]

    async def refused(self, body: str) -> int:
        answer, size = await self.ask(body), 2 if body.upper().startswith("FF") else 1
        assert answer[size] != 0, f"{body[:4]} was not refused"
        return answer[size]

    async def last_document(self) -> int:
        return int.from_bytes((await self.ok(FN_STATE))[-4:], "little")

    async def submode(self) -> int:
        return (await self.ok(SHORT))[4]

    async def mode(self) -> int:
        return (await self.ok(SHORT))[3]

    async def idle(self) -> None:
        """Wait until nothing is printed."""
        for _ in range(400):
            if await self.submode() not in (4, 5):
                return
            await anyio.sleep(0.05)
        raise AssertionError("printing does not end")

    async def lost(self) -> bool:
        """Does the wire end within a minute?"""
        try:
            with anyio.fail_after(60):
                while True:
                    await self.link.receive()
        except LinkLost:
            return True
        except TimeoutError:
            return False


class Bench:
    """One simulated register with its world; `plug_in` gives a connection to it."""

    def __init__(self, *faults: str, instant: bool = True, memory: KeptMemory | None = None, seed: int = 1) -> None:
        self.started = anyio.current_time()
        self.ledger = ListLedger(self.now)
        self.memory = memory or KeptMemory()
        self.faults = Faults(ShtrihMSimulator.FAULTS)
        for spec in faults:
            self.faults.arm(spec)
        self.device = ShtrihMSimulator(
            ledger=self.ledger,
            memory=self.memory,
            rng=seeded(seed, "shtrih_m"),
            now=self.now,
            faults=self.faults,
            instant=instant,
        )

    def now(self) -> dt.datetime:
        return NOON + dt.timedelta(seconds=anyio.current_time() - self.started)

    def events(self, name: str) -> list[dict[str, Any]]:
        return [record for record in self.ledger.records if record["event"] == name]

    def printed(self) -> list[str]:
        return [text for record in self.events("printed") for text in record["lines"]]

    @asynccontextmanager
    async def plug_in(self) -> AsyncIterator[Host]:
        """The wire is cut when the device ends its service, and at the end."""
        ours, theirs = pair("memory:register")

        async def serve() -> None:
            await self.device.serve(theirs)
            theirs.cut()

        async with anyio.create_task_group() as both:
            both.start_soon(serve)
            yield Host(ours)
            ours.cut()

    @asynccontextmanager
    async def in_shift(self) -> AsyncIterator[Host]:
        """Connected, with an open shift and nothing being printed."""
        async with self.plug_in() as host:
            await host.ok(OPEN_SHIFT)
            await host.idle()
            yield host


def in_virtual_time(scenario: Callable[[], Awaitable[None]]) -> None:
    """Run under trio's clock that jumps ahead whenever everybody waits."""
    trio.run(scenario, clock=trio.testing.MockClock(autojump_threshold=0))


def on_asyncio(scenario: Callable[[], Awaitable[None]]) -> None:
    anyio.run(scenario, backend="asyncio")
