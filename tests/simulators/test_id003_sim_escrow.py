"""Escrow of the simulated ID-003 validator, its timers and decisions, and what it will not take at all."""

from __future__ import annotations

import anyio
import pytest
from id003_host import Bench, in_virtual_time

TAKEN = ["entered", "escrowed", "stacked"]
BACK = ["entered", "escrowed", "returned"]
REJECTED = ["entered", "rejected"]


class TestEscrow:
    def test_return(self) -> None:
        async def scenario() -> None:
            bench = Bench()
            async with bench.started() as host:
                await host.escrow()
                began = anyio.current_time()
                assert await host.ask("43") == "50"
                assert await host.until("11") == ["18", "11"]
                assert 0.75 < anyio.current_time() - began < 1.0
            assert bench.events() == BACK

        in_virtual_time(scenario)

    def test_undecided_for_ten_seconds_it_goes_back(self) -> None:
        async def scenario() -> None:
            bench = Bench()
            async with bench.started() as host:
                await host.escrow()
                began = anyio.current_time()
                assert await host.until("17") == ["1365", "1779"]
                assert 9.8 < anyio.current_time() - began < 10.2
                assert await host.ask("42") == "4B", "too late"
                assert await host.until("11") == ["1779", "11"]
            assert bench.events() == BACK

        in_virtual_time(scenario)

    def test_hold_gives_ten_seconds_more_each_time(self) -> None:
        async def scenario() -> None:
            bench = Bench()
            async with bench.started() as host:
                await host.escrow()
                for _ in range(3):
                    assert await host.watch(8) in (["1365"], ["19"])
                    assert await host.ask("44") == "50"
                assert await host.watch(9.5) == ["19"]
                assert await host.ask("42") == "50"
                assert (await host.until("15"))[-1] == "1565"
            assert bench.events() == TAKEN

        in_virtual_time(scenario)

    def test_hold_too_lapses(self) -> None:
        async def scenario() -> None:
            bench = Bench()
            async with bench.started() as host:
                await host.escrow()
                await host.ask("44")
                assert await host.until("11") == ["19", "1779", "11"]
            assert bench.events() == BACK

        in_virtual_time(scenario)

    def test_wait_puts_the_end_off(self) -> None:
        async def scenario() -> None:
            async with Bench().started() as host:
                await host.escrow()
                await host.watch(8)
                assert await host.ask("45") == "50"
                assert await host.watch(9.5) == ["1365"]
                assert await host.until("17") == ["1365", "1779"]

        in_virtual_time(scenario)

    @pytest.mark.parametrize("hold", [False, True])
    def test_a_silent_host_loses_its_note_after_three_seconds(self, hold: bool) -> None:
        async def scenario() -> None:
            bench = Bench()
            async with bench.started() as host:
                await host.escrow()
                if hold:
                    await host.ask("44")
                await anyio.sleep(2.8)
                assert await host.poll() == ("19" if hold else "1365")
                await anyio.sleep(3.2)
                assert await host.poll() == "18"
                await host.until("11")
            assert bench.events() == BACK

        in_virtual_time(scenario)

    def test_a_host_that_unplugs_itself_is_silent_too(self) -> None:
        async def scenario() -> None:
            bench = Bench()
            async with bench.started() as host:
                await host.escrow()
            await anyio.sleep(6)
            async with bench.plug_in() as host:
                assert await host.poll() == "11", "no power was lost"
            assert bench.events() == BACK

        in_virtual_time(scenario)

    @pytest.mark.parametrize("command", ["41", "42", "43", "44", "45"])
    def test_a_decision_without_a_note_is_refused(self, command: str) -> None:
        async def scenario() -> None:
            async with Bench().started() as host:
                assert await host.ask(command) == "4B"
                await host.device.command("insert 10")
                assert await host.ask(command) == "4B"
                await host.until("13")
                assert await host.ask("42") == "50"
                assert await host.ask("42") == "4B", "it stacks already"

        in_virtual_time(scenario)

    def test_inhibiting_does_not_touch_a_note_in_escrow(self) -> None:
        async def scenario() -> None:
            bench = Bench()
            async with bench.started() as host:
                await host.escrow()
                await host.ask("C301")
                assert await host.watch(1) == ["1365"]
                await host.ask("42")
                await host.until("15")
                await host.acknowledge()
                assert await host.until("1A") == ["16", "1A"]
            assert bench.events() == TAKEN

        in_virtual_time(scenario)

    @pytest.mark.parametrize("when", ["entering", "escrow", "before_the_lever"])
    def test_a_reset_gives_back_what_is_before_the_lever(self, when: str) -> None:
        async def scenario() -> None:
            bench = Bench()
            async with bench.started() as host:
                await bench.device.command("insert 500")
                await host.until("12" if when == "entering" else "13")
                if when == "before_the_lever":
                    await host.ask("42")
                assert await host.ask("40") == "50"
                assert await host.until("1A") == ["1B", "1A"]
            assert bench.events() == (REJECTED if when == "entering" else BACK)

        in_virtual_time(scenario)

    def test_a_reset_past_the_lever_stacks_it_and_the_credit_is_still_owed(self) -> None:
        async def scenario() -> None:
            bench = Bench()
            async with bench.started() as host:
                await host.escrow()
                await host.ask("42")
                await anyio.sleep(0.8)
                assert await host.ask("40") == "50"
                assert await host.until("15") == ["1B", "1565"]
                await host.acknowledge()
                assert await host.until("1A") == ["16", "1A"]
            assert bench.events() == TAKEN

        in_virtual_time(scenario)


class TestRejecting:
    @pytest.mark.parametrize(("what", "reason"), [("forgery", "72"), ("unknown", "77")])
    def test_what_is_no_note_of_ours(self, what: str, reason: str) -> None:
        async def scenario() -> None:
            bench = Bench()
            async with bench.started() as host:
                await bench.device.command(f"insert {what}")
                assert await host.until("11") == ["12", f"17{reason}", "11"]
            assert bench.events() == REJECTED
            assert bench.facts("rejected")[0]["reason"] == reason
            assert bench.facts("rejected")[0]["value_minor"] == 0

        in_virtual_time(scenario)

    def test_a_type_that_is_disabled_enters_and_comes_back(self) -> None:
        async def scenario() -> None:
            bench = Bench()
            async with bench.started() as host:
                await host.ask("C0EF00")  # all but bit 4: 65, 500 rubles
                await bench.device.command("insert 1000")
                assert await host.until("11") == ["12", "1776", "11"]
                assert await host.escrow("500") == "1365"

            assert bench.facts("rejected")[0]["reason"] == "76"

        in_virtual_time(scenario)

    def test_inhibited_while_it_comes_in(self) -> None:
        async def scenario() -> None:
            bench = Bench()
            async with bench.started() as host:
                await bench.device.command("insert 500")
                await host.ask("C301")
                assert await host.until("1A") == ["12", "1779", "1A"]
            assert bench.facts("rejected")[0]["reason"] == "79"

        in_virtual_time(scenario)

    def test_the_mouth_is_shut_while_it_does_not_accept(self) -> None:
        async def scenario() -> None:
            bench = Bench()
            async with bench.plug_in() as host:
                assert "refused at the mouth" in await bench.device.command("insert 500")
                await host.start()
                await host.escrow("100")
                assert "refused at the mouth" in await bench.device.command("insert 500")
                await host.ask("C301")
                await host.ask("43")
                await host.until("1A")
                assert "refused at the mouth" in await bench.device.command("insert 500")
            assert bench.events() == BACK

        in_virtual_time(scenario)

    def test_a_note_pulled_out_of_the_transport(self) -> None:
        async def scenario() -> None:
            bench = Bench()
            async with bench.started() as host:
                await bench.device.command("insert 500")
                await bench.device.command("pull")
                assert await host.until("11") == ["1775", "11"]
                with pytest.raises(ValueError, match="could reach"):
                    await bench.device.command("pull")
                await host.escrow()
                with pytest.raises(ValueError, match="belts"):
                    await bench.device.command("pull")
            assert bench.events() == [*REJECTED, "entered", "escrowed"]

        in_virtual_time(scenario)
