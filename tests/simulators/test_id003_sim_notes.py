"""The way of a note into the simulated ID-003 validator, from power-up to credit, and what a picture of it shows."""

from __future__ import annotations

import anyio
import pytest
from id003_host import Bench, Host, in_virtual_time

TAKEN = ["entered", "escrowed", "stacked"]


class TestStart:
    def test_power_up_initialise_disabled_idle(self) -> None:
        async def scenario() -> None:
            async with Bench().plug_in() as host:
                assert await host.poll() == "", "the program has not started yet"
                assert (await host.until("40"))[-1] == "40"
                await host.acknowledge()
                assert await host.poll() == "40", "only a reset ends it"
                began = anyio.current_time()
                assert await host.ask("40") == "50"
                assert await host.until("1A") == ["1B", "1A"]
                assert 2.9 < anyio.current_time() - began < 3.3
                await host.enable()
                assert await host.poll() == "11"
                await host.ask("C301")
                assert await host.poll() == "1A"

        in_virtual_time(scenario)

    def test_an_instant_unit_waits_for_nobody_but_the_host(self) -> None:
        async def scenario() -> None:
            bench = Bench(instant=True)
            async with bench.plug_in() as host:
                assert await host.poll() == "40"
                await host.ask("40")
                await host.enable()
                await host.device.command("insert 100 x2")
                for _ in range(2):
                    assert await host.poll() == "1363"
                    assert await host.ask("42") == "50"
                    assert await host.poll() == "1563"
                    await host.acknowledge()
                assert await host.poll() == "11"
            assert bench.events() == TAKEN * 2

        in_virtual_time(scenario)


class TestStacking:
    @pytest.mark.parametrize("stack", ["41", "42"])
    def test_every_status_in_its_time(self, stack: str) -> None:
        async def scenario() -> None:
            bench = Bench()
            async with bench.started() as host:
                began = anyio.current_time()
                assert "transport" in await bench.device.command("insert 500")
                assert await host.until("13") == ["12", "1365"]
                assert 1.1 < anyio.current_time() - began < 1.4
                assert await host.watch(1.0) == ["1365"]
                began = anyio.current_time()
                assert await host.ask(stack) == "50"
                assert await host.until("15") == ["14", "1565"]
                took = anyio.current_time() - began
                assert took < 0.85 if stack == "41" else took > 0.95
                assert bench.events() == (TAKEN[:2] if stack == "41" else TAKEN), "STACK-1 tells it at the lever"
                await host.acknowledge()
                assert await host.until("11") == ["16", "11"]
            assert bench.events() == TAKEN
            assert bench.facts("stacked")[0] | {"at": ""} == {
                "event": "stacked",
                "at": "",
                "unit": "validator",
                "piece": 1,
                "value_minor": 50000,
                "currency": "RUB",
            }

        in_virtual_time(scenario)

    @pytest.mark.parametrize("stack", ["41", "42"])
    def test_a_credit_is_told_until_it_is_acknowledged(self, stack: str) -> None:
        async def scenario() -> None:
            bench = Bench()
            async with bench.started() as host:
                await host.escrow()
                await host.ask(stack)
                await host.until("15")
                assert await host.watch(30) == ["1565"]
                assert bench.events() == TAKEN
                await host.acknowledge()
                assert await host.hear() == "", "an acknowledgement has no answer"
                assert await host.until("11") in (["16", "11"], ["11"])

        in_virtual_time(scenario)

    def test_a_credit_never_acknowledged_ends_with_a_reset(self) -> None:
        async def scenario() -> None:
            bench = Bench()
            async with bench.started() as host:
                await host.escrow()
                await host.ask("42")
                await host.until("15")
                for refused in ("41", "42", "43", "44"):
                    assert await host.ask(refused) == "4B"
                assert await host.poll() == "1565"
                await host.ask("40")
                assert await host.until("1A") == ["1B", "1A"]
            assert bench.events() == TAKEN

        in_virtual_time(scenario)

    @pytest.mark.parametrize(
        ("rubles", "code"),
        [(10, "61"), (50, "62"), (100, "63"), (200, "64"), (500, "65"), (1000, "66"), (2000, "67"), (5000, "68")],
    )
    def test_every_note_has_its_code(self, rubles: int, code: str) -> None:
        async def scenario() -> None:
            bench = Bench()
            async with bench.started() as host:
                assert await host.escrow(str(rubles)) == f"13{code}"
                await host.ask("42")
                assert (await host.until("15"))[-1] == f"15{code}"
            assert bench.facts("stacked")[0]["value_minor"] == rubles * 100

        in_virtual_time(scenario)

    def test_a_unit_may_not_name_the_type_again(self) -> None:
        async def scenario() -> None:
            bench = Bench()
            async with bench.started() as host:
                await bench.device.command("vend denomination off")
                assert (await host.take())[-3:] == ["15", "16", "11"]
                await bench.device.command("vend denomination on")
                assert (await host.take())[-3:] == ["1565", "16", "11"]

        in_virtual_time(scenario)

    def test_several_notes_one_after_the_other(self) -> None:
        async def scenario() -> None:
            bench = Bench()
            async with bench.started() as host:
                assert "2 more" in await bench.device.command("insert 50 x3")
                for _ in range(3):
                    assert (await host.until("13"))[-1] == "1362"
                    await host.ask("42")
                    await host.until("15")
                    await host.acknowledge()
                    await host.until("11")
                assert await host.watch(3) == ["11"]
                assert bench.device.picture()["cassette_minor"] == 15000
            assert bench.events() == TAKEN * 3

        in_virtual_time(scenario)


@pytest.mark.anyio
async def test_unknown_commands_are_told_so() -> None:
    device = Bench().device
    for wrong in (
        "dance",
        "insert",
        "insert 300",
        "insert 500 x0",
        "insert 500 y",
        "failure 11",
        "replay",
        "",
        "vend on",
    ):
        with pytest.raises(ValueError, match=r"unknown command|no such note"):
            await device.command(wrong)
    with pytest.raises(ValueError, match="unknown fault"):
        await device.command("fault nonsense")
    assert await device.command("fault jam@2") == "armed: jam@2"


def test_the_picture() -> None:
    async def scenario() -> None:
        bench = Bench()
        shown = bench.device.picture()
        assert (shown["power"], shown["state"]) == (False, "dark")
        async with bench.started() as host:
            await bench.device.command("fault jam_inside@2")
            await host.take("1000")
            await host.escrow("500")
            shown = bench.device.picture()
            assert shown["power"] is True
            assert (shown["state"], shown["status"]) == ("escrow", "13")
            assert (shown["cassette_count"], shown["cassette_minor"]) == (1, 100000)
            assert (shown["escrow_minor"], shown["place"]) == (50000, "escrow")
            assert shown["faults"] == ["jam_inside"]

    in_virtual_time(scenario)


def test_two_hosts_after_each_other_find_the_same_device() -> None:
    async def scenario() -> None:
        bench = Bench()

        async def stack(host: Host) -> None:
            await host.escrow()
            await host.ask("42")

        async with bench.started() as host:
            await stack(host)
        await anyio.sleep(5)
        async with bench.plug_in() as host:
            assert await host.poll() == "1565", "the credit waits for whoever asks"

    in_virtual_time(scenario)
