"""The simulated coin acceptor: inhibits, credits, the buffer of five, its own inhibit, counters, troubles."""

from __future__ import annotations

import anyio
import pytest
from cctalk_host import COINS, Bench, Host, in_virtual_time


def test_ids_of_all_positions_and_how_they_count() -> None:
    bench = Bench()

    async def scenario() -> None:
        async with bench.plug_in() as host:
            ids = [await host.read(COINS, 184, position) for position in range(1, 17)]
            assert ids == [b"RU001A", b"RU002A", b"RU005A", b"RU010A", *[b"......"] * 12]
            assert await host.ask(COINS, 184, b"\0") == await host.ask(COINS, 184, b"\x11") == "nak"
            assert await host.read(COINS, 156, *b"RU") == bytes([100, 0, 2])
            assert await host.read(COINS, 156, *b"GB") == bytes(3)
            await bench.do("ids minor")
            ids = [await host.read(COINS, 184, position) for position in range(1, 5)]
            assert ids == [b"RU100A", b"RU200A", b"RU500A", b"RU1K0A"]
            assert await host.read(COINS, 156, *b"RU") == bytes([1, 0, 2])
            assert await host.read(3, 171) == b"RU1K0A"

    in_virtual_time(scenario)


def test_a_coin_is_credited_when_it_is_past_the_sensor() -> None:
    bench = Bench()

    async def scenario() -> None:
        async with bench.plug_in() as host:
            await host.open_coins()
            assert await bench.do("insert 10") == "10 went in"
            assert await host.counter(COINS) == 0
            await anyio.sleep(0.3)
            assert await host.events(COINS) == [(4, 1)]
            assert await host.number(COINS, 225) == await host.number(COINS, 226) == 1
            assert bench.told("coins") == ["coins entered 1000", "coins stacked 1000"]

    in_virtual_time(scenario)


@pytest.mark.parametrize(
    ("orders", "coin", "code"),
    [
        ([], "2", 129),  # nothing but the master flag after power-up: type 2 inhibited
        ([(231, 0xFD, 0xFF)], "2", 129),
        ([(231, 0xFF, 0xFF), (228, 0)], "2", 2),
        ([(231, 0xFF, 0xFF)], "slug", 25),
    ],
)
def test_a_coin_not_wanted_falls_through_with_a_code(orders: list[tuple[int, ...]], coin: str, code: int) -> None:
    bench = Bench()

    async def scenario() -> None:
        async with bench.plug_in() as host:
            for header, *data in orders:
                await host.order(COINS, header, *data)
            await host.read(COINS, 229)
            assert await bench.do(f"insert {coin}") == f"{coin} went in"
            await anyio.sleep(0.4)
            assert await host.events(COINS) == [(0, code)]
            assert await host.number(COINS, 194) == 1
            assert await host.number(COINS, 225) == 0
            assert bench.told("coins")[-1].startswith("coins rejected")

    in_virtual_time(scenario)


def test_masks_can_be_read_back_and_do_not_survive_a_reset() -> None:
    bench = Bench()

    async def scenario() -> None:
        async with bench.plug_in() as host:
            await host.order(COINS, 231, 0x0D, 0x80)
            await host.order(COINS, 228, 0)
            assert await host.read(COINS, 230) == bytes([0x0D, 0x80])
            assert await host.read(COINS, 227) == b"\0"
            await host.order(COINS, 1)
            await anyio.sleep(0.3)
            assert await host.read(COINS, 230) == b"\0\0"
            assert await host.read(COINS, 227) == b"\1"

    in_virtual_time(scenario)


def test_without_a_credit_poll_for_a_second_it_shuts_until_the_next() -> None:
    bench = Bench()

    async def scenario() -> None:
        async with bench.plug_in() as host:
            await host.open_coins()
            await anyio.sleep(1.2)
            assert bench.device.picture()["coins"]["state"] == "inhibited"
            await bench.do("insert 1")
            await anyio.sleep(0.4)
            assert await host.events(COINS) == [(0, 2)]
            await bench.do("insert 1")
            await anyio.sleep(0.4)
            assert await host.events(COINS) == [(0, 2), (1, 1)]

    in_virtual_time(scenario)


async def put_in(host: Host, bench: Bench, coins: list[str]) -> None:
    for coin in coins:
        await host.read(COINS, 229)
        assert await bench.do(f"insert {coin}") == f"{coin} went in"
        await anyio.sleep(0.35)


def test_the_buffer_holds_five_newest_first() -> None:
    bench = Bench()

    async def scenario() -> None:
        async with bench.plug_in() as host:
            await host.open_coins()
            await put_in(host, bench, ["1", "2", "5", "10", "slug", "1", "2"])
            assert await host.read(COINS, 229) == bytes([7, 2, 1, 1, 1, 0, 25, 4, 1, 3, 1])

    in_virtual_time(scenario)


def test_after_255_comes_1_and_only_a_reset_gives_0() -> None:
    bench = Bench()

    async def scenario() -> None:
        async with bench.plug_in() as host:
            await host.open_coins()
            await bench.do("fault counter_wrap=coins:254")
            assert await host.counter(COINS) == 254
            await put_in(host, bench, ["1"])
            assert await host.counter(COINS) == 255
            await put_in(host, bench, ["1"])
            assert await host.counter(COINS) == 1
            await host.order(COINS, 1)
            await anyio.sleep(0.3)
            assert await host.read(COINS, 229) == bytes(11)
            assert await host.number(COINS, 225) == 2  # life counts stay

    in_virtual_time(scenario)


def test_several_coins_go_in_one_after_the_other() -> None:
    bench = Bench()

    async def scenario() -> None:
        async with bench.plug_in() as host:
            await host.open_coins()
            assert await bench.do("insert 5 x3") == "5 went in"
            assert bench.device.picture()["waiting_in_pocket"] == ["5", "5"]
            assert await host.events(COINS, 3) == [(3, 1)] * 3
            assert bench.told("coins").count("coins stacked 500") == 3

    in_virtual_time(scenario)


def test_a_blocked_sensor_until_it_is_cleared() -> None:
    bench = Bench("jam=coins")

    async def scenario() -> None:
        async with bench.plug_in() as host:
            await host.open_coins()
            await put_in(host, bench, ["5"])
            assert await host.events(COINS) == [(0, 14)]
            assert await host.read(COINS, 232) == b"\3"
            assert await bench.do("insert 5") == "refused at the mouth: the slot is blocked"
            await host.order(COINS, 1)
            await anyio.sleep(0.3)
            assert await host.read(COINS, 232) == b"\3"  # a reset does not help
            await bench.do("clear")
            assert await host.read(COINS, 232) == b"\0"
            await host.open_coins()
            await put_in(host, bench, ["5"])
            assert (await host.events(COINS))[-1] == (3, 1)
            assert bench.told("coins")[:2] == ["coins entered 500", "coins rejected 500"]

    in_virtual_time(scenario)


def test_a_coin_on_a_string_is_told_and_counted() -> None:
    bench = Bench()

    async def scenario() -> None:
        async with bench.plug_in() as host:
            await bench.do("cheat coins")
            assert await host.events(COINS) == [(0, 20)]
            assert await host.number(COINS, 193) == 1

    in_virtual_time(scenario)


def test_the_coin_box_can_be_taken() -> None:
    bench = Bench()

    async def scenario() -> None:
        async with bench.plug_in() as host:
            await host.open_coins()
            await put_in(host, bench, ["5", "10"])
            assert await bench.do("cassette out coins") == "the cassette is out"
            assert await bench.do("cassette out coins") == "the cassette is out already"
            assert await bench.do("cassette in coins") == "the cassette is in"
            assert bench.told("coins")[-2:] == ["coins cassette_out 1500", "coins cassette_in"]

    in_virtual_time(scenario)


@pytest.mark.parametrize(
    ("arrow", "ledger", "counted"),
    [("coin_entering", "rejected", 0), ("coin_stacked", "stacked", 1), ("coin_reported", "stacked", 1)],
)
def test_the_power_goes_at_each_arrow_of_a_coin(arrow: str, ledger: str, counted: int) -> None:
    bench = Bench(f"power_cut={arrow}")

    async def scenario() -> None:
        async with bench.plug_in() as host:
            await host.open_coins()
            await bench.do("insert 10")
            await anyio.sleep(0.4)
            first = await host.ask(COINS, 229)
            assert (first is None) is (arrow != "coin_reported")
            assert await host.ask(COINS, 229) is None
            await anyio.sleep(1.5)
            assert await host.read(COINS, 229) == bytes(11)
            assert await host.number(COINS, 225) == counted
            assert bench.told("coins") == ["coins entered 1000", f"coins {ledger} 1000"]

    in_virtual_time(scenario)


def test_in_the_dark_a_coin_falls_through() -> None:
    bench = Bench()

    async def scenario() -> None:
        await bench.do("power off")
        assert await bench.do("insert 10") == "10 went in"
        assert bench.told("coins") == ["coins entered 1000", "coins rejected 1000"]
        assert bench.device.picture()["power"] is False

    in_virtual_time(scenario)
