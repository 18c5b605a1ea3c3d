"""The confirm terminal's simulator keeps the five rules of CONFIRM.md, and each of its faults does what it says."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest
from zvt_till import in_virtual_time

from drivers.links.link import LinkLost
from drivers.links.memory import MemoryLink, pair
from drivers.simulators.confirm import ConfirmSimulator
from drivers.simulators.world import Faults, KeptMemory, ListLedger, seeded

Message = dict[str, Any]
PAY = {"do": "authorise", "key": "K1", "amount": 1999, "currency": 643}


class Bench:
    def __init__(self, *faults: str, instant: bool = True, memory: KeptMemory | None = None) -> None:
        self.time = dt.datetime(2026, 3, 2, 12, 0, 0)
        self.ledger = ListLedger(lambda: self.time)
        self.memory = memory or KeptMemory()
        armed = Faults(ConfirmSimulator.FAULTS)
        for spec in faults:
            armed.arm(spec)
        self.device = ConfirmSimulator(
            ledger=self.ledger,
            memory=self.memory,
            rng=seeded(1, "confirm"),
            now=lambda: self.time,
            faults=armed,
            instant=instant,
        )

    @property
    def events(self) -> list[str]:
        return [record["event"] for record in self.ledger.records]

    @asynccontextmanager
    async def plug_in(self) -> AsyncIterator[Host]:
        ours, theirs = pair("memory:confirm")

        async def serve() -> None:
            await self.device.serve(theirs)
            ours.cut()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(serve)
            yield Host(ours)
            ours.cut()


class Host:
    def __init__(self, link: MemoryLink) -> None:
        self.link = link
        self.shown: list[str] = []
        self._n = 0
        self._waiting = b""

    async def send(self, **request: Any) -> int:
        self._n += 1
        await self.link.send(json.dumps({"n": self._n, **request}).encode() + b"\n")
        return self._n

    async def hear(self) -> Message:
        while b"\n" not in self._waiting:
            self._waiting += await self.link.receive()
        line, _, self._waiting = self._waiting.partition(b"\n")
        message: Message = json.loads(line)
        return message

    async def ask(self, **request: Any) -> Message:
        """The answer without its number; `{"lost": True}` when the connection closed instead."""
        try:
            n = await self.send(**request)
            while True:
                message = await self.hear()
                if message.get("n") == n and "show" in message:
                    self.shown.append(message["code"])
                elif message.pop("n") == n:
                    return message
        except LinkLost:
            return {"lost": True}


def test_suspend_then_commit_as_often_as_one_likes() -> None:
    bench = Bench()

    async def scenario() -> None:
        async with bench.plug_in() as host:
            answer = await host.ask(**PAY)
            assert (answer["state"], answer["slip"], answer["amount"]) == ("suspended", 1, 1999)
            assert answer["at"] == "2026-03-02T12:00:00"
            assert answer["card"].startswith("**** ")
            assert host.shown == ["present_card", "enter_pin", "connecting"]
            assert (await host.ask(do="state"))["open"] == "K1"
            assert bench.events == ["authorised"]
            booked = {"key": "K1", "state": "booked", "slip": 1, "amount": 1999}
            assert await host.ask(do="commit", key="K1") == booked
            assert await host.ask(do="commit", key="K1") == booked
            assert await host.ask(do="rollback", key="K1") == {"error": "booked"}
            assert await host.ask(do="query", key="K1") == {**booked, "kind": "purchase"}

    in_virtual_time(scenario)
    assert bench.events == ["authorised", "charged"]


def test_roll_back_gives_the_money_back_and_burns_the_key() -> None:
    bench = Bench()

    async def scenario() -> None:
        async with bench.plug_in() as host:
            await host.ask(**PAY)
            gone = {"key": "K1", "state": "rolled_back"}
            assert await host.ask(do="rollback", key="K1") == gone
            assert await host.ask(do="rollback", key="K1") == gone
            assert await host.ask(do="commit", key="K1") == {"error": "rolled_back"}
            assert await host.ask(**PAY) == gone
            assert await host.ask(do="rollback", key="never") == {"key": "never", "state": "rolled_back"}
            assert await host.ask(**{**PAY, "key": "never"}) == {"key": "never", "state": "rolled_back"}
            assert await host.ask(do="commit", key="other") == {"error": "unknown_key"}
            assert await host.ask(do="query", key="other") == {"key": "other", "state": "unknown"}

    in_virtual_time(scenario)
    assert bench.events == ["authorised", "rolled_back"]


def test_a_key_is_used_once_and_one_operation_is_open_at_a_time() -> None:
    bench = Bench()

    async def scenario() -> None:
        async with bench.plug_in() as host:
            first = await host.ask(**PAY)
            assert await host.ask(**PAY) == first
            declined = await host.ask(**{**PAY, "key": "K2"})
            assert declined == {"key": "K2", "state": "declined", "reason": "open_operation"}
            await host.ask(do="commit", key="K1")
            assert await host.ask(**{**PAY, "key": "K2"}) == declined
            assert (await host.ask(**{**PAY, "key": "K3"}))["state"] == "suspended"

    in_virtual_time(scenario)
    assert bench.events == ["authorised", "declined", "charged", "authorised"]


def test_refund_reverse_and_totals() -> None:
    bench = Bench()

    async def scenario() -> None:
        async with bench.plug_in() as host:
            for key in ("A", "B"):
                await host.ask(**{**PAY, "key": key})
                await host.ask(do="commit", key=key)

            async def refund(key: str, of: int, amount: int) -> Message:
                return await host.ask(do="refund", key=key, of=of, amount=amount, currency=643)

            assert (await refund("R1", 1, 999))["state"] == "refunded"
            assert (await refund("R1", 1, 999))["slip"] == 3
            assert (await refund("R2", 1, 1001))["reason"] == "more_than_left"
            assert (await refund("R3", 9, 1))["reason"] == "no_such_slip"
            reversed_ = await host.ask(do="reverse", key="V1", of=2)
            assert (reversed_["state"], reversed_["amount"]) == ("reversed", 1999)
            assert (await host.ask(do="reverse", key="V2", of=2))["reason"] == "already_reversed"
            assert (await host.ask(do="query", key="V1"))["kind"] == "reversal"
            assert await host.ask(do="totals") == {"total": 1000, "count": 4, "first": 1, "last": 4}
            assert (await host.ask(do="reverse", key="V3", of=1))["reason"] == "day_closed"
            assert (await refund("R4", 1, 1000))["state"] == "refunded"

    in_virtual_time(scenario)
    assert [event for event in bench.events if event not in ("authorised", "declined")] == [
        "charged", "charged", "refunded", "reversed", "day_closed", "refunded",
    ]  # fmt: skip


def test_states_take_their_time_and_stop_ends_the_wait() -> None:
    bench = Bench(instant=False)

    async def scenario() -> None:
        async with bench.plug_in() as host:
            await host.send(**PAY)
            assert (await host.hear())["code"] == "present_card"
            assert (await host.ask(do="state"))["reason"] == "busy"
            assert (await host.ask(do="query", key="K1"))["state"] == "running"
            assert await host.ask(do="stop", key="K1") == {"ok": True}
            assert (await host.hear())["reason"] == "cancelled"
            started = anyio.current_time()
            assert (await host.ask(**{**PAY, "key": "K2"}))["reason"] == "no_card"
            assert anyio.current_time() - started == pytest.approx(30)
            await bench.device.command("card auto")
            started = anyio.current_time()
            assert (await host.ask(**{**PAY, "key": "K3"}))["state"] == "suspended"
            assert anyio.current_time() - started == pytest.approx(4.7)

    in_virtual_time(scenario)


def test_the_operation_goes_on_without_its_connection() -> None:
    bench = Bench(instant=False)

    async def scenario() -> None:
        await bench.device.command("card auto")
        async with bench.plug_in() as host:
            await host.send(**PAY)
        await anyio.sleep(1)
        async with bench.plug_in() as host:
            assert (await host.ask(**PAY))["state"] == "suspended"  # waits for the end of the running one

    in_virtual_time(scenario)
    assert bench.events == ["authorised"]


def test_suspended_money_outlives_the_power_but_not_a_day() -> None:
    first = Bench()

    async def suspend() -> None:
        async with first.plug_in() as host:
            await host.ask(**PAY)

    in_virtual_time(suspend)
    second = Bench(memory=first.memory)

    async def later() -> None:
        async with second.plug_in() as host:
            second.time += dt.timedelta(hours=23)
            assert (await host.ask(do="state"))["open"] == "K1"
            second.time += dt.timedelta(hours=1)
            assert (await host.ask(do="state"))["open"] is None
            assert (await host.ask(do="query", key="K1"))["state"] == "rolled_back"

    in_virtual_time(later)
    assert second.events == ["rolled_back"]


@pytest.mark.parametrize(
    "line",
    [b"hello\n", b"[1]\n", b'{"n":1,"do":"dance"}\n', b'{"do":"authorise","key":"","amount":1,"currency":643}\n',
     b'{"do":"authorise","key":"K","amount":1.5,"currency":643}\n', b"x" * 5000 + b"\n", b"[" * 4000 + b"\n"],
)  # fmt: skip
def test_nonsense_is_answered_as_such(line: bytes) -> None:
    async def scenario() -> None:
        async with Bench().plug_in() as host:
            await host.link.send(line)
            assert (await host.hear())["error"] == "bad_request"
            assert (await host.ask(do="state"))["ready"]

    in_virtual_time(scenario)


REQUESTS: dict[str, Message] = {
    "authorise": {**PAY, "key": "N"},
    "commit": {"do": "commit", "key": "S"},
    "rollback": {"do": "rollback", "key": "S"},
    "refund": {"do": "refund", "key": "N", "of": 1, "amount": 5, "currency": 643},
    "reverse": {"do": "reverse", "key": "N", "of": 1},
}
DONE = {
    "authorise": "authorised",
    "commit": "charged",
    "rollback": "rolled_back",
    "refund": "refunded",
    "reverse": "reversed",
}


@pytest.mark.parametrize("do", REQUESTS)
@pytest.mark.parametrize("when", ["before", "answer"])
def test_lost_before_it_acts_or_instead_of_the_answer(do: str, when: str) -> None:
    bench = Bench()

    async def scenario() -> None:
        async with bench.plug_in() as host:
            await host.ask(**{**PAY, "key": "B"})
            await host.ask(do="commit", key="B")
            if do in ("commit", "rollback"):
                await host.ask(**{**PAY, "key": "S"})
            bench.ledger.records.clear()
            await bench.device.command(f"fault lost_{when}_{do}")
            assert await host.ask(**REQUESTS[do]) == {"lost": True}
        assert bench.events == ([] if when == "before" else [DONE[do]])
        async with bench.plug_in() as host:
            assert "error" not in await host.ask(**REQUESTS[do])

    in_virtual_time(scenario)
    assert bench.events == [DONE[do]]


def test_power_cut_in_authorise_ends_declined() -> None:
    bench = Bench("power_cut_in_authorise=5")

    async def scenario() -> None:
        async with bench.plug_in() as host:
            assert await host.ask(**PAY) == {"lost": True}
        assert not bench.device.picture()["power"]
        await anyio.sleep(6)
        async with bench.plug_in() as host:
            assert (await host.ask(do="query", key="K1"))["reason"] == "cancelled"

    in_virtual_time(scenario)
    assert bench.events == ["declined"]


def test_power_cut_after_commit_has_booked() -> None:
    bench = Bench("power_cut_after_commit")

    async def scenario() -> None:
        async with bench.plug_in() as host:
            await host.ask(**PAY)
            assert await host.ask(do="commit", key="K1") == {"lost": True}
        await bench.device.command("power on")
        async with bench.plug_in() as host:
            assert (await host.ask(do="query", key="K1"))["state"] == "booked"

    in_virtual_time(scenario)
    assert bench.events == ["authorised", "charged"]


def test_declined_busy_slow_and_silent() -> None:
    bench = Bench("declined=card_blocked", "busy@2", "slow@2=60", "silent@4x2")

    async def scenario() -> None:
        async with bench.plug_in() as host:
            assert (await host.ask(**PAY))["reason"] == "card_blocked"
            assert (await host.ask(**{**PAY, "key": "K2"}))["reason"] == "busy"
            started = anyio.current_time()
            assert (await host.ask(**{**PAY, "key": "K3"}))["state"] == "suspended"
            assert anyio.current_time() - started == pytest.approx(60)
            for _ in range(2):
                with anyio.move_on_after(3) as patience:
                    await host.ask(do="state")
                assert patience.cancelled_caught
            assert (await host.ask(do="state"))["open"] == "K3"

    in_virtual_time(scenario)


def test_it_runs_on_asyncio_too() -> None:
    bench = Bench()

    async def scenario() -> None:
        async with bench.plug_in() as host:
            assert (await host.ask(**PAY))["state"] == "suspended"

    anyio.run(scenario)
    assert bench.events == ["authorised"]
