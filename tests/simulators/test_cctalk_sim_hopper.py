"""The simulated hopper: enabling, serial-number mode, a coin each half second, what is left unpaid, power, reset."""

from __future__ import annotations

import anyio
import pytest
from cctalk_host import HOPPER, Bench, in_virtual_time

from drivers.simulators.world import KeptMemory


def test_a_payout_coin_by_coin() -> None:
    bench = Bench()

    async def scenario() -> None:
        async with bench.plug_in() as host:
            assert await bench.do("fill 10 30") == "30 coins in the hopper"
            assert await host.read(HOPPER, 171) == b"RU010A"
            assert await host.pay(3) == "nak"  # not enabled
            await host.order(HOPPER, 164, 0xA5)
            assert await host.read(HOPPER, 163) == bytes([0x40, 0])
            assert await host.ask(HOPPER, 167, bytes([1, 2, 3, 3])) == "nak"
            assert await host.pay(0) == "nak"
            assert await host.pay(3) == bytes([1])
            assert await host.pay(1) == "busy"
            seen = []
            for _ in range(10):
                seen.append(tuple(await host.read(HOPPER, 166)))
                await anyio.sleep(0.2)
            assert sorted(set(seen), key=seen.index) == [(1, 3, 0, 0), (1, 2, 1, 0), (1, 1, 2, 0), (1, 0, 3, 0)]
            assert await host.number(HOPPER, 168) == 3
            assert bench.told().count("hopper paid_out 1000") == 3
            assert bench.device.picture()["hopper"]["levels"] == {"1000": 27}
            await host.order(HOPPER, 164, 0)
            assert await host.pay(1) == "nak"

    in_virtual_time(scenario)


def test_each_accepted_dispense_counts_from_255_to_1() -> None:
    bench = Bench("counter_wrap=hopper:254")

    async def scenario() -> None:
        async with bench.plug_in() as host:
            await bench.do("fill 10 30")
            await host.order(HOPPER, 164, 0xA5)
            assert (await host.read(HOPPER, 166))[0] == 254
            assert await host.pay(1) == bytes([255])
            await anyio.sleep(1)
            assert await host.pay(1) == bytes([1])

    in_virtual_time(scenario)


@pytest.mark.parametrize("level", [0, 2])
def test_an_empty_hopper_leaves_the_rest_unpaid(level: int) -> None:
    bench = Bench()

    async def scenario() -> None:
        async with bench.plug_in() as host:
            if level:
                await bench.do(f"fill 10 {level}")
            await host.order(HOPPER, 164, 0xA5)
            await host.pay(5)
            await anyio.sleep(2.5)
            assert (await host.read(HOPPER, 166))[1] == 5 - level
            await anyio.sleep(4)
            assert await host.read(HOPPER, 166) == bytes([1, 0, level, 5 - level])
            assert (await host.read(HOPPER, 163))[0] & 0x02
            assert await host.read(HOPPER, 232) == bytes([24, 1])
            assert bench.told().count("hopper paid_out 1000") == level

    in_virtual_time(scenario)


def test_a_jam_leaves_the_rest_unpaid_until_it_is_cleared() -> None:
    bench = Bench("jam@2=hopper")

    async def scenario() -> None:
        async with bench.plug_in() as host:
            await bench.do("fill 10 9")
            await host.order(HOPPER, 164, 0xA5)
            await host.pay(4)
            await anyio.sleep(6)
            assert await host.read(HOPPER, 166) == bytes([1, 0, 1, 3])
            assert (await host.read(HOPPER, 163))[0] & 0x03 == 0x03
            assert await host.read(HOPPER, 232) == bytes([25, 1])
            await bench.do("clear")
            assert await host.read(HOPPER, 232) == b"\0"
            await host.pay(3)
            await anyio.sleep(2)
            assert await host.read(HOPPER, 166) == bytes([2, 0, 3, 0])

    in_virtual_time(scenario)


def test_an_emergency_stop_ends_after_the_coin_in_progress() -> None:
    bench = Bench()

    async def scenario() -> None:
        async with bench.plug_in() as host:
            await bench.do("fill 10 9")
            await host.order(HOPPER, 164, 0xA5)
            await host.pay(5)
            await anyio.sleep(1)
            assert await host.read(HOPPER, 172) == bytes([3])
            await anyio.sleep(2)
            assert await host.read(HOPPER, 166) == bytes([1, 0, 3, 2])
            assert await host.read(HOPPER, 172) == bytes([0])
            assert bench.told().count("hopper paid_out 1000") == 3

    in_virtual_time(scenario)


@pytest.mark.parametrize("level", [5, 50, 250])
def test_the_level_sensors(level: int) -> None:
    bench = Bench()

    async def scenario() -> None:
        async with bench.plug_in() as host:
            await bench.do(f"fill 10 {level}")
            assert await host.read(HOPPER, 217) == bytes([{5: 0x31, 50: 0x30, 250: 0x32}[level]])
            await bench.do("empty")
            assert await host.read(HOPPER, 217) == b"\x31"
            assert bench.told() == [f"hopper filled {level * 1000}", f"hopper emptied {level * 1000}"]

    in_virtual_time(scenario)


@pytest.mark.parametrize(
    ("arrow", "status", "life"),
    [
        ("pay_asked", (0, 0, 2, 0), 2),  # no trace: what it tells is the payout before
        ("paying", (0, 0, 1, 3), 3),
        ("paid", (0, 0, 4, 0), 6),
    ],
)
def test_the_power_goes_at_each_arrow_of_a_payout(arrow: str, status: tuple[int, ...], life: int) -> None:
    bench = Bench(f"power_cut@2={arrow}")

    async def scenario() -> None:
        async with bench.plug_in() as host:
            await bench.do("fill 10 30")
            await host.order(HOPPER, 164, 0xA5)
            assert await host.pay(2) == bytes([1])
            await anyio.sleep(1.5)
            assert await host.pay(4) == (None if arrow == "pay_asked" else bytes([2]))
            await anyio.sleep({"pay_asked": 0.1, "paying": 0.6, "paid": 2.1}[arrow])
            assert await host.ask(HOPPER, 166) is None
            await anyio.sleep(1.5)
            assert tuple(await host.read(HOPPER, 166)) == status
            assert await host.number(HOPPER, 168) == life == bench.told().count("hopper paid_out 1000")
            assert await host.read(HOPPER, 163) == bytes([0xC0, 0])  # it knows that the power was gone
            assert await host.pay(1) == "nak"  # and has to be enabled again
            await anyio.sleep(5)
            assert bench.told().count("hopper paid_out 1000") == life

    in_virtual_time(scenario)


def test_a_reset_in_mid_payout_stops_it() -> None:
    bench = Bench()

    async def scenario() -> None:
        async with bench.plug_in() as host:
            await bench.do("fill 10 30")
            await host.order(HOPPER, 164, 0xA5)
            await host.pay(4)
            await anyio.sleep(1.2)
            await host.order(HOPPER, 1)
            await anyio.sleep(3)
            assert await host.read(HOPPER, 166) == bytes([0, 0, 2, 2])
            assert await host.read(HOPPER, 163) == bytes([0x80, 0])

    in_virtual_time(scenario)


def test_its_memory_outlives_the_process() -> None:
    memory = KeptMemory()
    first = Bench(memory=memory)

    async def scenario() -> None:
        async with first.plug_in() as host:
            await first.do("fill 10 30")
            await host.order(HOPPER, 164, 0xA5)
            await host.pay(4)
            await anyio.sleep(1.2)

    async def after_it() -> None:
        device = Bench(memory=memory)
        async with device.plug_in() as host:
            assert await host.read(HOPPER, 166) == bytes([0, 0, 2, 2])
            assert await host.number(HOPPER, 168) == 2
            assert device.device.picture()["hopper"]["levels"] == {"1000": 28}

    in_virtual_time(scenario)
    in_virtual_time(after_it)


def test_the_reply_to_a_dispense_may_be_lost() -> None:
    bench = Bench("drop_reply=167")

    async def scenario() -> None:
        async with bench.plug_in() as host:
            await bench.do("fill 10 30")
            await host.order(HOPPER, 164, 0xA5)
            assert await host.pay(2) is None
            assert (await host.read(HOPPER, 166))[0] == 1  # it ran
            await anyio.sleep(2)

    in_virtual_time(scenario)
    assert bench.told().count("hopper paid_out 1000") == 2


def test_a_command_lost_on_the_wire_does_nothing() -> None:
    bench = Bench("drop_request=167")

    async def scenario() -> None:
        async with bench.plug_in() as host:
            await bench.do("fill 10 30")
            await host.order(HOPPER, 164, 0xA5)
            assert await host.pay(2) is None
            assert await host.read(HOPPER, 166) == bytes(4)
            assert await host.pay(2) == bytes([1])

    in_virtual_time(scenario)


def test_people_are_told_what_it_cannot_hold() -> None:
    bench = Bench()

    async def scenario() -> None:
        for wrong in ("fill 5 10", "fill 10 none", "insert 3", "jam everything", "dance", ""):
            with pytest.raises(ValueError, match=r"\w"):
                await bench.do(wrong)

    in_virtual_time(scenario)
