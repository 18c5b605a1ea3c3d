"""The ccTalk driver on a wire with echo, on asyncio and on Trio: the beat, lost, late and torn answers, a cut wire."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from itertools import pairwise
from typing import Any

import anyio
import pytest
import trio
import trio.testing
from cctalk_playbook import BILL_NAMES, COIN_NAMES, FakeBills, FakeHopper, FakeTaker, reply

from drivers.cash_devices.cctalk.driver import CcTalk
from drivers.cash_devices.contract import (
    Accept,
    Accepting,
    CreditsLost,
    Escrowed,
    Leave,
    PaidOut,
    Pay,
    Stack,
    Stacked,
)
from drivers.errors import Unanswered
from drivers.links.converse import converse
from drivers.links.link import Link, LinkLost
from drivers.links.memory import pair
from drivers.wire.dialogue import Wish

SETTINGS = {"bill_address": 40, "hopper_address": 3, "hopper_coin_minor": 1000}
PIECES = 40


class Bus:
    """Three units on one wire that hands every byte back. `harm` may lose, delay or tear an answer."""

    def __init__(self, link: Link, harm: Callable[[int], str]) -> None:
        self.link = link
        self.harm = harm
        self.coins, self.bills, self.hopper = FakeTaker(COIN_NAMES), FakeBills(BILL_NAMES), FakeHopper()
        self.units: dict[int, Any] = {2: self.coins, 40: self.bills, 3: self.hopper}
        self.polled: list[float] = []

    async def serve(self) -> None:
        heard, owed = b"", b""
        try:
            while True:
                heard += await self.link.receive()
                while len(heard) > 1 and len(heard) >= heard[1] + 5:
                    frame, heard = heard[: heard[1] + 5], heard[heard[1] + 5 :]
                    await self.link.send(frame)
                    address, header = frame[0], frame[3]
                    if (address, header) == (2, 229):
                        self.polled.append(anyio.current_time())
                    answer = self.units[address].answer(header, frame[4:-1])
                    if answer is None:
                        continue
                    said = reply(address, answer)
                    match self.harm(header):
                        case "lose":
                            said = b""
                        case "late":
                            said, owed = owed, said
                        case "tear":
                            said = said[:-1]
                        case _:
                            said, owed = owed + said, b""
                    await anyio.sleep(0.01)
                    await self.link.send(said)
        except LinkLost:
            return


async def attend(
    harm: Callable[[int], str], scene: Callable[[Bus, list[Any], Callable[[Wish], None]], Awaitable[None]]
) -> list[Any]:
    ours, theirs = pair("cctalk")
    bus, told = Bus(theirs, harm), list[Any]()
    send, receive = anyio.create_memory_object_stream[Wish](100)

    async def tell(event: object) -> None:
        await anyio.sleep(0.005)  # the journal's fsync
        told.append(event)

    async def play() -> None:
        await scene(bus, told, send.send_nowait)

    async with anyio.create_task_group() as group:
        group.start_soon(bus.serve)
        group.start_soon(play)
        await converse(CcTalk(SETTINGS).attend({}), ours, tell=tell, wishes=receive)
        group.cancel_scope.cancel()
    return told


async def until(done: Callable[[], bool], within_s: float = 60.0) -> None:
    with anyio.fail_after(within_s):
        while not done():  # noqa: ASYNC110 - the units of this test have no events to wait for
            await anyio.sleep(0.02)


def count(told: list[Any], kind: type) -> int:
    return sum(isinstance(event, kind) for event in told)


async def a_day(bus: Bus, told: list[Any], wish: Callable[[Wish], None]) -> None:
    """Forty coins, a note and a payout."""
    wish(Accept({"coins": frozenset({1, 2, 3}), "validator": frozenset({1, 2})}))
    await until(lambda: count(told, Accepting) >= 2 and bus.coins.open and bus.bills.open)
    for _ in range(PIECES):
        bus.coins.happen(3, 1)
        await anyio.sleep(0.7)
    bus.bills.route_answer = lambda where: b""
    bus.bills.happen(2, 1)
    await until(lambda: count(told, Escrowed) == 1)
    wish(Stack("validator"))
    await until(lambda: 1 in bus.bills.routed)
    bus.bills.happen(2, 0)
    wish(Pay("hopper", "p1", 3000))
    await until(lambda: count(told, PaidOut) == 1)
    wish(Leave())


def on_trio(harm: Callable[[int], str]) -> list[Any]:
    async def run() -> list[Any]:
        return await attend(harm, a_day)

    return trio.run(run, clock=trio.testing.MockClock(autojump_threshold=0))


def judged(told: list[Any]) -> None:
    stacked = [event for event in told if isinstance(event, Stacked)]
    assert [event.credits for event in stacked if event.unit == "coins"] == list(range(1, PIECES + 1))
    assert {event.denomination.value_minor for event in stacked if event.unit == "coins"} == {500}
    assert [event.denomination.value_minor for event in stacked if event.unit == "validator"] == [10000]
    assert count(told, CreditsLost) == 0
    [paid] = [event for event in told if isinstance(event, PaidOut)]
    assert (paid.paid_minor, paid.certain) == (3000, True)


def test_a_day_on_a_good_wire() -> None:
    judged(on_trio(lambda header: ""))


@pytest.mark.parametrize("seed", range(5))
def test_a_day_on_a_bad_wire(seed: int) -> None:
    """Every fourteenth answer is lost, late or torn: nothing is credited twice, nothing is lost, paid once."""
    rng = random.Random(seed)
    harms = ["lose", "late", "tear"]
    judged(on_trio(lambda header: rng.choice(harms) if rng.random() < 0.07 else ""))


def test_the_poll_keeps_its_beat() -> None:
    polled: list[float] = []

    async def watch(bus: Bus, told: list[Any], wish: Callable[[Wish], None]) -> None:
        await until(lambda: count(told, object) >= 3)
        await anyio.sleep(1)
        bus.polled.clear()
        await anyio.sleep(10)
        polled.extend(bus.polled)
        wish(Leave())

    async def run() -> list[Any]:
        return await attend(lambda header: "", watch)

    trio.run(run, clock=trio.testing.MockClock(autojump_threshold=0))
    gaps = [later - earlier for earlier, later in pairwise(polled)]
    assert len(gaps) >= 48
    assert max(gaps) < 0.25


@pytest.mark.anyio
async def test_a_cut_wire_ends_in_unanswered() -> None:
    ours, theirs = pair("cctalk")
    bus = Bus(theirs, lambda header: "")
    async with anyio.create_task_group() as group:
        group.start_soon(bus.serve)

        async def cut() -> None:
            await until(lambda: len(bus.polled) > 1)
            theirs.cut()

        group.start_soon(cut)
        with pytest.raises(Unanswered):
            await converse(CcTalk(SETTINGS).attend({}), ours)
        group.cancel_scope.cancel()
