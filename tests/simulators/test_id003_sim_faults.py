"""Each fault of the simulated ID-003 validator does what its sentence says, on the wire and in the ledger."""

from __future__ import annotations

import anyio
import pytest
from id003_host import Bench, framed, in_virtual_time

TAKEN = ["entered", "escrowed", "stacked"]
BACK = ["entered", "escrowed", "returned"]


class TestWire:
    def test_a_lost_answer_was_still_meant(self) -> None:
        async def scenario() -> None:
            bench = Bench()
            async with bench.started() as host:
                await host.escrow()
                await bench.device.command("fault drop_reply")
                assert await host.ask("42") == ""
                assert await host.poll() == "14", "what was asked is being done"
                assert (await host.until("15"))[-1] == "1565"

        in_virtual_time(scenario)

    def test_a_garbled_answer_differs_in_one_bit(self) -> None:
        async def scenario() -> None:
            bench = Bench()
            async with bench.started() as host:
                await bench.device.command("fault corrupt_reply")
                await host.link.send(framed("11"))
                wrong, right = await host.link.receive(), framed("11")
                assert len(wrong) == len(right)
                assert sum((a ^ b).bit_count() for a, b in zip(wrong, right, strict=True)) == 1
                assert await host.poll() == "11"

        in_virtual_time(scenario)

    def test_an_answer_that_comes_with_the_next(self) -> None:
        async def scenario() -> None:
            bench = Bench()
            async with bench.started() as host:
                await bench.device.command("fault late_reply")
                assert await host.poll() == ""
                assert await host.ask("83") == "11"
                assert await host.hear() == "8300"

        in_virtual_time(scenario)

    def test_an_answer_that_takes_its_time(self) -> None:
        async def scenario() -> None:
            bench = Bench()
            async with bench.started() as host:
                await bench.device.command("fault late_reply=1.5")
                began = anyio.current_time()
                assert await host.ask("83") == ""
                assert await host.poll() == "11"
                assert await host.hear(2.0) == "8300"
                assert 1.5 <= anyio.current_time() - began < 1.6

        in_virtual_time(scenario)

    def test_a_frame_that_arrives_damaged(self) -> None:
        async def scenario() -> None:
            bench = Bench()
            async with bench.started() as host:
                await host.escrow()
                await bench.device.command("fault comm_error")
                assert await host.ask("42") == "4A"
                assert await host.poll() == "1365"

        in_virtual_time(scenario)

    def test_a_busy_unit_refuses_and_does_nothing(self) -> None:
        async def scenario() -> None:
            bench = Bench()
            async with bench.started() as host:
                await host.escrow()
                await bench.device.command("fault busy@1x2")
                assert await host.ask("42") == "4B"
                assert await host.poll() == "1365", "a status request is always answered"
                assert await host.ask("C301") == "4B"
                assert await host.ask("83") == "8300"
                assert await host.ask("42") == "50"

        in_virtual_time(scenario)


class TestCredit:
    def test_a_lost_acknowledgement(self) -> None:
        async def scenario() -> None:
            bench = Bench("drop_ack")
            async with bench.started() as host:
                await host.escrow()
                await host.ask("42")
                await host.until("15")
                await host.acknowledge()
                assert await host.watch(3) == ["1565"]
                await host.acknowledge()
                assert await host.until("11") == ["16", "11"]
            assert bench.events() == TAKEN

        in_virtual_time(scenario)

    def test_told_once_more_at_once(self) -> None:
        async def scenario() -> None:
            bench = Bench("repeat_credit")
            async with bench.started() as host:
                await host.escrow()
                await host.ask("42")
                await host.until("15")
                await host.acknowledge()
                assert await host.poll() == "1565"
                await host.acknowledge()
                assert await host.until("11") == ["16", "11"]
            assert bench.events() == TAKEN

        in_virtual_time(scenario)

    @pytest.mark.parametrize("stack", ["41", "42"])
    def test_told_once_more_after_16(self, stack: str) -> None:
        async def scenario() -> None:
            bench = Bench("repeat_credit=later")
            async with bench.started() as host:
                await host.escrow()
                await host.ask(stack)
                await host.until("15")
                await host.acknowledge()
                assert await host.until("15") == ["16", "1565"]
                assert await host.watch(3) == ["1565"]
                await host.acknowledge()
                assert await host.until("11") == ["16", "11"]
            assert bench.events() == TAKEN

        in_virtual_time(scenario)

    def test_another_type_than_in_escrow(self) -> None:
        async def scenario() -> None:
            bench = Bench("other_type@1x2")
            async with bench.started() as host:
                assert (await host.take("500"))[:2] == ["14", "1566"]
                await bench.device.command("vend denomination off")
                assert "1561" in await host.take("5000")
                assert "15" in await host.take("10")
            assert [fact["value_minor"] for fact in bench.facts("stacked")] == [50000, 500000, 1000]

        in_virtual_time(scenario)


class TestOnTheWay:
    def test_a_jam_at_the_mouth(self) -> None:
        async def scenario() -> None:
            bench = Bench("jam")
            async with bench.started() as host:
                await bench.device.command("insert 500")
                assert await host.until("45") == ["12", "45"]
                await bench.device.command("clear")
                await host.ask("40")
                await host.until("1A")
            assert bench.events() == ["entered", "rejected"]

        in_virtual_time(scenario)

    @pytest.mark.parametrize("replay", ["on", "off"])
    def test_a_jam_past_return(self, replay: str) -> None:
        async def scenario() -> None:
            bench = Bench("jam_inside")
            async with bench.started() as host:
                await bench.device.command(f"replay {replay}")
                await host.escrow()
                await host.ask("42")
                assert await host.until("46") == ["14", "46"]
                assert bench.events() == TAKEN[:2]
                await bench.device.command("clear")
                await host.ask("40")
                assert (await host.until("15" if replay == "on" else "1A"))[0] == "1B"
            assert bench.events() == TAKEN

        in_virtual_time(scenario)

    def test_the_cassette_is_pulled_while_it_stacks(self) -> None:
        async def scenario() -> None:
            bench = Bench("cassette_pulled@2")
            async with bench.started() as host:
                await host.take("100")
                await host.escrow()
                await host.ask("42")
                assert await host.until("44") == ["14", "44"]
                await bench.device.command("cassette in")
                assert await host.until("15") == ["1B", "1565"]
                await host.acknowledge()
                assert await host.until("1A") == ["16", "1A"]
            assert bench.events() == [*TAKEN, "entered", "escrowed", "cassette_out", "cassette_in", "stacked"]
            assert bench.facts("cassette_out")[0]["sum_minor"] == 10000

        in_virtual_time(scenario)

    def test_drawn_back_on_a_string(self) -> None:
        async def scenario() -> None:
            bench = Bench("cheat")
            async with bench.started() as host:
                await host.escrow()
                await host.ask("42")
                assert await host.until("11") == ["14", "48", "11"]
            assert bench.events() == BACK

        in_virtual_time(scenario)

    @pytest.mark.parametrize(
        ("where", "course", "ledger"), [("", ["1B", "1565"], TAKEN), ("=before", ["1B", "1A"], BACK)]
    )
    def test_stuck_in_stacking_until_reset(self, where: str, course: list[str], ledger: list[str]) -> None:
        async def scenario() -> None:
            bench = Bench(f"stuck{where}")
            async with bench.started() as host:
                await host.escrow()
                await host.ask("42")
                assert await host.watch(60) == ["14"]
                await host.ask("40")
                assert await host.until(course[-1]) == course
            assert bench.events() == ledger

        in_virtual_time(scenario)

    def test_a_second_note_is_a_pause(self) -> None:
        async def scenario() -> None:
            bench = Bench("second_note")
            async with bench.started() as host:
                assert await host.take() == ["47", "14", "1565", "16", "11"]
            assert bench.events() == TAKEN

        in_virtual_time(scenario)

    def test_the_escrow_lapses_at_once(self) -> None:
        async def scenario() -> None:
            bench = Bench("escrow_expiry")
            async with bench.started() as host:
                await host.escrow()
                await anyio.sleep(0.3)
                assert await host.ask("42") == "4B"
                assert await host.until("11") == ["1779", "11"]
            assert bench.events() == BACK

        in_virtual_time(scenario)

    def test_it_restarts_by_itself(self) -> None:
        async def scenario() -> None:
            bench = Bench()
            async with bench.started() as host:
                await host.escrow()
                await bench.device.command("fault reset_in_session@2")
                assert [await host.poll(), await host.poll()] == ["1365", ""]
                began = anyio.current_time()
                assert await host.until("4") == ["", "41"]
                assert anyio.current_time() - began < 0.7
                await host.ask("40")
                assert await host.until("1A") == ["1B", "1A"]
            assert bench.events() == BACK

        in_virtual_time(scenario)
