"""Jams, failures, cassettes and fraud at the simulated ID-003 validator, and how each ends."""

from __future__ import annotations

import pytest
from id003_host import Bench, in_virtual_time

TAKEN = ["entered", "escrowed", "stacked"]
BACK = ["entered", "escrowed", "returned"]
REJECTED = ["entered", "rejected"]


class TestTrouble:
    @pytest.mark.parametrize(("order", "status"), [("jam", "45"), ("jam inside", "46"), ("failure A2", "49A2")])
    def test_it_stays_until_it_is_mended_and_reset(self, order: str, status: str) -> None:
        async def scenario() -> None:
            async with Bench().started() as host:
                await host.device.command(order)
                assert await host.watch(5) == [status]
                await host.ask("40")
                assert await host.until(status) == ["1B", status], "a reset alone mends nothing"
                await host.device.command("clear")
                assert await host.watch(5) == [status], "mending alone resets nothing"
                await host.ask("40")
                assert await host.until("1A") == ["1B", "1A"]

        in_virtual_time(scenario)

    @pytest.mark.parametrize("pulled", [False, True])
    def test_a_note_jammed_at_the_mouth_can_still_be_pulled(self, pulled: bool) -> None:
        async def scenario() -> None:
            bench = Bench()
            async with bench.started() as host:
                await host.escrow()
                await bench.device.command("jam")
                assert await host.poll() == "45"
                if pulled:
                    await bench.device.command("pull")
                    assert bench.events() == BACK
                await bench.device.command("clear")
                await host.ask("40")
                await host.until("1A")
            assert bench.events() == BACK

        in_virtual_time(scenario)

    def test_a_jam_ordered_too_early_waits_for_the_lever(self) -> None:
        async def scenario() -> None:
            bench = Bench()
            async with bench.started() as host:
                await host.escrow()
                assert "will jam" in await bench.device.command("jam inside")
                await host.ask("42")
                assert await host.until("4") == ["14", "46"]
                with pytest.raises(ValueError, match="past the mouth"):
                    await bench.device.command("jam")
                assert bench.events() == TAKEN[:2]
                await bench.device.command("clear")
                await host.ask("40")
                assert await host.until("15") == ["1B", "1565"]
            assert bench.events() == TAKEN

        in_virtual_time(scenario)

    def test_a_jam_during_a_credit_shows_after_it(self) -> None:
        async def scenario() -> None:
            async with Bench().started() as host:
                await host.escrow()
                await host.ask("42")
                await host.until("15")
                await host.device.command("jam inside")
                assert await host.watch(2) == ["1565"]
                await host.acknowledge()
                assert await host.until("46") == ["16", "46"]

        in_virtual_time(scenario)

    def test_full_until_the_cassette_is_changed(self) -> None:
        async def scenario() -> None:
            bench = Bench()
            async with bench.started() as host:
                await host.take("500")
                await bench.device.command("full")
                assert await host.poll() == "43"
                assert "refused" in await bench.device.command("insert 500")
                await bench.device.command("cassette out")
                assert await host.watch(2) == ["44"]
                await bench.device.command("cassette in")
                assert await host.until("1A") == ["1B", "1A"], "it starts anew, its settings lost"
                await host.enable()
                assert (await host.take("100"))[-1] == "11"
            out = bench.facts("cassette_out")[0]
            assert (out["pieces"], out["sum_minor"]) == (1, 50000)
            assert bench.events() == [*TAKEN, "cassette_out", "cassette_in", *TAKEN]

        in_virtual_time(scenario)

    def test_full_is_told_after_the_note_that_is_on_its_way(self) -> None:
        async def scenario() -> None:
            async with Bench().started() as host:
                await host.escrow()
                await host.device.command("full")
                assert await host.poll() == "1365"
                await host.ask("42")
                await host.until("15")
                await host.acknowledge()
                assert await host.until("43") == ["16", "43"]

        in_virtual_time(scenario)

    def test_without_a_cassette_a_reset_leads_back_to_44(self) -> None:
        async def scenario() -> None:
            async with Bench().started() as host:
                await host.device.command("cassette out")
                with pytest.raises(ValueError, match="already"):
                    await host.device.command("cassette out")
                await host.ask("40")
                assert await host.until("44") == ["1B", "44"]
                await host.device.command("cassette in")
                with pytest.raises(ValueError, match="in its place"):
                    await host.device.command("cassette in")
                await host.until("1A")

        in_virtual_time(scenario)

    @pytest.mark.parametrize("where", ["entering", "escrow"])
    def test_a_note_before_the_lever_comes_back_when_the_cassette_does(self, where: str) -> None:
        async def scenario() -> None:
            bench = Bench()
            async with bench.started() as host:
                await bench.device.command("insert 500")
                await host.until("12" if where == "entering" else "13")
                await bench.device.command("cassette out")
                assert await host.watch(12) == ["44"]
                await bench.device.command("cassette in")
                await host.until("1A")
            cassette = ["cassette_out", "cassette_in"]
            way = REJECTED if where == "entering" else BACK
            assert bench.events() == [*way[:-1], *cassette, way[-1]]

        in_virtual_time(scenario)

    def test_a_cassette_pulled_between_lever_and_fall_after_stack_1(self) -> None:
        """The credit is told and acknowledged; the note falls into the next cassette."""

        async def scenario() -> None:
            bench = Bench()
            async with bench.started() as host:
                await host.escrow()
                await host.ask("41")
                await host.until("15")
                await bench.device.command("cassette out")
                assert await host.watch(2) == ["1565"]
                await host.acknowledge()
                assert await host.until("44") == ["16", "44"]
                await bench.device.command("cassette in")
                assert await host.until("1A") == ["1B", "16", "1A"]
            assert bench.events() == ["entered", "escrowed", "cassette_out", "cassette_in", "stacked"]

        in_virtual_time(scenario)

    def test_a_cassette_that_is_back_before_the_acknowledgement(self) -> None:
        """The note still hangs before it: the unit clears the way by itself, and keeps nothing it was set to."""

        async def scenario() -> None:
            bench = Bench()
            async with bench.started() as host:
                await host.escrow()
                await host.ask("41")
                await host.until("15")
                await bench.device.command("cassette out")
                await host.watch(1)
                await bench.device.command("cassette in")
                assert await host.watch(1) == ["1565"]
                await host.acknowledge()
                assert await host.until("1A") == ["16", "1B", "16", "1A"]
            assert bench.events() == ["entered", "escrowed", "cassette_out", "cassette_in", "stacked"]

        in_virtual_time(scenario)

    def test_a_jam_cleared_while_it_initialises(self) -> None:
        async def scenario() -> None:
            bench = Bench("jam_inside")
            async with bench.started() as host:
                await host.escrow()
                await host.ask("42")
                await host.until("46")
                await host.ask("40")
                await host.watch(2)
                await bench.device.command("clear")
                assert await host.until("15") == ["1B", "1565"], "once more round, nothing stays inside"
            assert bench.events() == TAKEN

        in_virtual_time(scenario)

    def test_somebody_fishes(self) -> None:
        async def scenario() -> None:
            bench = Bench()
            async with bench.started() as host:
                await bench.device.command("cheat")
                assert await host.until("11") == ["48", "11"]
                await host.escrow()
                await bench.device.command("cheat")
                assert await host.until("11") == ["48", "11"]
                await host.escrow()
                await host.ask("42")
                await host.until("15")
                with pytest.raises(ValueError, match="fish"):
                    await bench.device.command("cheat")
            assert bench.events() == [*BACK, *TAKEN]

        in_virtual_time(scenario)
