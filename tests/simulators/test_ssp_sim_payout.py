"""The simulated recycler and hopper: levels, routes, payouts to their end or short of it, emptying."""

from __future__ import annotations

import anyio
import pytest
from ssp_host import Bench, Host, played

from drivers.simulators.ssp.payer import pieces_for

RUB = " 52 55 42"
NOTES = (5000, 10000, 20000, 50000, 100000, 200000, 500000)


def number(value: int, size: int = 4) -> str:
    return " ".join(f"{byte:02X}" for byte in value.to_bytes(size, "little"))


def pay(amount: int, option: str = "58") -> str:
    return f"33 {number(amount)}{RUB} {option}"


def told(event: str, value: int) -> str:
    return f"{event} 01 {number(value)}{RUB}"


def levels(counts: dict[int, int], values: tuple[int, ...] = NOTES) -> str:
    rows = [f"{number(counts.get(value, 0), 2)} {number(value)}{RUB}" for value in values]
    return f"F0 {len(values):02X} " + " ".join(rows)


class TestNotes:
    def test_what_is_routed_to_the_store_is_stored_and_paid_again(self) -> None:
        bench = Bench()

        async def scenario(host: Host) -> None:
            await host.start()
            assert await host.ask(f"3B 00 {number(20000)}{RUB}") == "F0"
            assert await host.ask(f"3B 01 {number(50000)}{RUB}") == "F0"
            for order in ("insert 200", "insert 500"):
                await host.device.command(order)
                seen = " ".join(await host.polls(20))
                assert ("DB" if order == "insert 200" else "EB") in seen
            assert await host.ask("22") == levels({20000: 1})
            assert await host.ask(pay(20000, "19")) == "F0"
            assert await host.ask("22") == levels({20000: 1})
            assert await host.ask(pay(20000)) == "F0"
            assert told("DA", 0) in await host.poll()
            assert await host.ask(pay(20000)) == "F5 03"
            assert "paid out" in await host.device.command("insert 50")
            await host.until(told("D2", 20000))
            assert told("D2", 20000) in await host.poll()
            assert await host.ask("57") == "F0"
            assert await host.ask("22") == levels({})
            assert (await host.ask("58")) == "F0 05" + " 01 00 00 00" * 3 + " 00 00 00 00" * 2

        played(bench, scenario)
        assert bench.values("paid_out") == [20000]
        assert bench.device.validator.box.sum_minor == 50000

    def test_without_the_payout_enabled_all_goes_to_the_cassette_and_nothing_is_paid(self) -> None:
        bench = Bench()

        async def scenario(host: Host) -> None:
            await host.device.command("fill 50 1")
            await host.start()
            assert await host.ask("5B") == "F0"
            assert await host.ask(pay(5000)) == "F5 04"
            await host.device.command("insert 50")
            await host.until("EB")
            assert await host.ask("22") == levels({5000: 1})

        played(bench, scenario)
        assert bench.device.validator.box.sum_minor == 5000

    @pytest.mark.parametrize(
        ("asked", "answer"),
        [
            (pay(100000), "F5 00"),
            (pay(25000), "F5 01"),
            (pay(0), "F4"),
            (pay(20000, "20"), "F4"),
            (pay(20000).replace("52", "45"), "F4"),
            ("33 00 00", "F3"),
            (f"46 01 02 00 {number(20000)}{RUB} 58", "F5 00"),
            (f"46 01 01 00 {number(30000)}{RUB} 58", "F4"),
            ("46 01", "F3"),
            ("38", "F5"),
            (f"35 {number(30000)}{RUB}", "F4"),
            (f"3B 02 {number(20000)}{RUB}", "F4"),
        ],
    )
    def test_what_cannot_be_paid_pays_nothing_and_says_why(self, asked: str, answer: str) -> None:
        bench = Bench()

        async def scenario(host: Host) -> None:
            await host.device.command("fill 200 1")
            await host.device.command("fill 100 2")
            await host.start()
            assert await host.ask(asked) == answer
            await host.polls(5)

        played(bench, scenario)
        assert bench.values("paid_out") == []

    def test_by_denomination(self) -> None:
        bench = Bench()

        async def scenario(host: Host) -> None:
            await host.device.command("fill 50 4")
            await host.device.command("fill 100 4")
            await host.start()
            assert await host.ask(f"46 02 02 00 {number(5000)}{RUB} 01 00 {number(10000)}{RUB} 58") == "F0"
            await host.until(told("D2", 20000))

        played(bench, scenario)
        assert sorted(bench.values("paid_out")) == [5000, 5000, 10000]

    def test_halted_on_the_way(self) -> None:
        bench = Bench()

        async def scenario(host: Host) -> None:
            await host.device.command("fill 100 5")
            await host.start()
            await host.ask(pay(50000))
            await host.until(told("DA", 10000))
            assert await host.ask("38") == "F0"
            await host.until("D6 01")

        played(bench, scenario)
        assert bench.values("paid_out") == [10000] * 2
        assert bench.device.validator.payer.counts[10000] == 3

    @pytest.mark.parametrize(("fault", "event"), [("pay_jam", "D5"), ("pay_short", "D9")])
    def test_short_of_what_was_asked(self, fault: str, event: str) -> None:
        bench = Bench(fault)

        async def scenario(host: Host) -> None:
            await host.device.command("fill 100 5")
            await host.start()
            await host.ask(pay(30000))
            await host.until(told(event, 10000))
            await host.ask("57")
            if fault == "pay_jam":
                assert await host.poll() == "F0 EA"
                assert await host.ask(pay(10000)) == "F5 03"
                await host.device.command("clear")
            assert await host.ask(pay(10000)) == "F0"
            await host.until(told("D2", 10000))

        played(bench, scenario)
        assert bench.values("paid_out") == [10000, 10000]

    def test_a_store_blocked_by_hand(self) -> None:
        bench = Bench()

        async def scenario(host: Host) -> None:
            await host.device.command("fill 100 5")
            await host.start()
            await host.ask(pay(30000))
            await anyio.sleep(1)
            await host.device.command("jam payout")
            assert told("D5", 0) in await host.poll()
            assert bench.device.validator.payer.counts[10000] == 5
            assert await host.ask("5C 00") == "F5 05"

        played(bench, scenario)
        assert bench.values("paid_out") == []

    def test_smart_empty_counts_what_it_moves_into_the_cassette(self) -> None:
        bench = Bench()

        async def scenario(host: Host) -> None:
            await host.device.command("fill 100 2")
            await host.device.command("fill 500 1")
            await host.start()
            assert await host.ask("52") == "F0"
            await host.until(told("B3", 10000))
            await host.until(told("B4", 70000))
            await host.ask("57")
            assert await host.ask("22") == levels({})
            assert await host.ask("53") == levels({10000: 2, 50000: 1}) + " 00 00 00 00"
            assert (await host.ask("58")).split()[14] == "03"

        played(bench, scenario)
        assert bench.device.validator.box.sum_minor == 70000
        assert bench.events("moved_to_cassette") == ["moved_to_cassette"] * 3

    def test_emptied_without_a_value(self) -> None:
        async def scenario(host: Host) -> None:
            await host.device.command("fill 100 1")
            await host.start()
            assert await host.ask("3F") == "F0"
            assert await host.poll() == "F0 C2"
            await host.until("C3")
            assert host.device.validator.box.sum_minor == 10000

        played(Bench(), scenario)

    def test_before_version_6_there_is_no_currency(self) -> None:
        async def scenario(host: Host) -> None:
            await host.device.command("fill 100 2")
            await host.start(version=5)
            assert await host.ask(f"33 {number(10000)}") == "F0"
            await host.until(f"D2 {number(10000)}")
            await host.ask("57")
            assert await host.ask(f"35 {number(10000)}") == "F0 01 00"

        played(Bench(), scenario)

    def test_taken_out_by_hand(self) -> None:
        bench = Bench()

        async def scenario(host: Host) -> None:
            await host.device.command("fill 100 2")
            await host.device.command("fill 10 3")
            assert await host.device.command("empty hopper") == "taken out: 30"
            assert await host.device.command("empty") == "taken out: 200"

        played(bench, scenario)
        assert bench.events("filled", "emptied") == ["filled", "filled", "emptied", "emptied", "emptied"]


class TestHopper:
    def test_it_pays_coins_while_enabled(self) -> None:
        bench = Bench()

        async def scenario(host: Host) -> None:
            hopper = host.at(0x10)
            await host.device.command("fill 10 2")
            await host.device.command("fill 2 5")
            await hopper.start(version=6, enable=False)
            assert await hopper.ask(pay(1400)) == "F5 04"
            assert await hopper.ask("0A") == "F0"
            assert await hopper.ask("05") == ("F0 03 30 36 32 30 52 55 42 06 04 64 00 C8 00 F4 01 E8 03" + RUB * 4)
            assert await hopper.ask("3E") == f"F0 {number(100)}"
            assert await hopper.ask(pay(1400)) == "F0"
            await hopper.until(told("D2", 1400))
            await hopper.ask("57")
            assert await hopper.ask("22") == levels({1000: 1, 200: 3}, (100, 200, 500, 1000))

        played(bench, scenario)
        assert bench.values("paid_out") == [1000, 200, 200]

    def test_levels_the_host_sets_are_believed_and_end_in_a_time_out(self) -> None:
        bench = Bench()

        async def scenario(host: Host) -> None:
            hopper = host.at(0x10)
            await hopper.start(version=7)
            assert await hopper.ask(f"34 05 00 {number(500)}{RUB}") == "F0"
            await host.device.command("fill 5 1")
            assert await hopper.ask(f"35 {number(500)}{RUB}") == "F0 06 00"
            assert await hopper.ask(pay(1000)) == "F0"
            await hopper.until(told("D9", 500))

        played(bench, scenario)
        assert bench.values("paid_out") == [500]

    def test_off_the_wire_it_is_silent(self) -> None:
        async def scenario(host: Host) -> None:
            await host.device.command("hopper off")
            assert await host.at(0x10).ask("11", retry=False) == ""
            await host.device.command("hopper on")
            assert await host.at(0x10).ask("11", retry=False) == "F0"

        played(Bench(), scenario)

    def test_what_only_a_validator_knows_is_unknown_here(self) -> None:
        async def scenario(host: Host) -> None:
            hopper = host.at(0x10)
            await hopper.start(version=7)
            for command in ("02 FF 00", "08", "18", "17", "58", "5C 00"):
                assert await hopper.ask(command) == "F2", command

        played(Bench(), scenario)


@pytest.mark.parametrize(
    ("amount", "there", "pieces"),
    [
        (600, {500: 1, 200: 3}, [200, 200, 200]),
        (1100, {1000: 1, 500: 1, 200: 3}, [500, 200, 200, 200]),
        (300, {200: 2}, None),
        (1500, {1000: 1, 500: 1}, [1000, 500]),
    ],
)
def test_the_pieces_of_an_amount(amount: int, there: dict[int, int], pieces: list[int] | None) -> None:
    assert pieces_for(amount, there) == pieces
