"""Power cuts at each arrow of a note's way: what the simulated ID-003 validator says then, and where the note is."""

from __future__ import annotations

import anyio
import pytest
from id003_host import Bench, Host, in_virtual_time

from drivers.links.link import LinkLost
from drivers.simulators.id003.faults import ARROWS

TAKEN = ["entered", "escrowed", "stacked"]
BACK = ["entered", "escrowed", "returned"]
REPLAYED = ["1B", "1565", "16", "1A"]
NOT_REPLAYED = ["1B", "1A"]


async def note(host: Host, stack: str) -> list[str]:
    """A host that stacks at once and acknowledges what it hears, until it hears nothing."""
    seen: list[str] = []
    await host.device.command("insert 500")
    with anyio.fail_after(20):
        while not seen or seen[-1]:
            seen.append(await host.poll())
            if seen[-1].startswith("13"):
                seen.append(await host.ask(stack))
            elif seen[-1].startswith("15"):
                await host.acknowledge()
            await anyio.sleep(0.1 if seen[-1] else 0)
    return [status for at, status in enumerate(seen) if not at or status != seen[at - 1]]


async def after_the_reset(host: Host) -> list[str]:
    """Every status from RESET to disabled; a credit is acknowledged."""
    assert await host.ask("40") == "50"
    seen: list[str] = []
    with anyio.fail_after(20):
        while not seen or seen[-1] != "1A":
            now = await host.poll()
            if not seen or seen[-1] != now:
                seen.append(now)
            if now.startswith("15"):
                await host.acknowledge()
            await anyio.sleep(0.1)
    return seen


@pytest.mark.parametrize("replay", ["on", "off"])
@pytest.mark.parametrize(
    ("arrow", "stack", "before", "woke", "ledger"),
    [
        ("entering", "42", ["12", ""], "41", ["entered", "rejected"]),
        ("escrowed", "42", ["12", "1365", ""], "41", BACK),
        ("stack_asked", "41", ["12", "1365", ""], "41", BACK),
        ("stack_asked", "42", ["12", "1365", ""], "41", BACK),
        ("stacking", "41", ["12", "1365", "50", "14", ""], "42", TAKEN),
        ("stacking", "42", ["12", "1365", "50", "14", ""], "42", TAKEN),
        ("stacked", "42", ["12", "1365", "50", "14", ""], "42", TAKEN),
        ("reported", "41", ["12", "1365", "50", "14", "1565", ""], "42", TAKEN),
        ("reported", "42", ["12", "1365", "50", "14", "1565", ""], "42", TAKEN),
        ("acknowledged", "42", ["12", "1365", "50", "14", "1565", ""], "40", TAKEN),
    ],
)
def test_a_cut_at_each_arrow(
    arrow: str, stack: str, before: list[str], woke: str, ledger: list[str], replay: str
) -> None:
    async def scenario() -> None:
        bench = Bench(f"power_cut={arrow}")
        async with bench.started() as host:
            await bench.device.command(f"replay {replay}")
            course = await note(host, stack)
            assert [status for status in course if status != "12"][-len(before) + 1 :] == before[1:]
            dark = anyio.current_time()
            assert await host.until("4") == ["", woke]
            assert 1.0 < anyio.current_time() - dark < 1.8
            assert await host.ask("83") == "8301", "inhibited"
            assert await host.watch(3) == [woke], "it stays until the reset"
            assert bench.events() == (
                ledger if arrow in ("stacked", "acknowledged", "reported") and stack == "42" else ledger[:-1]
            )
            await host.acknowledge()
            replays = woke == "42" and replay == "on"
            assert await after_the_reset(host) == (REPLAYED if replays else NOT_REPLAYED)
            assert bench.events() == ledger
            await host.enable()
            assert (await host.take("100"))[-1] == "11", "and on it goes"
            assert bench.device.picture()["faults"] == []

    in_virtual_time(scenario)


def test_every_arrow_is_cut_above() -> None:
    assert list(ARROWS) == ["entering", "escrowed", "stack_asked", "stacking", "stacked", "reported", "acknowledged"]


@pytest.mark.parametrize(("replay", "course"), [("on", ["1B", "16", "1A"]), ("off", NOT_REPLAYED)])
def test_acknowledged_after_stack_1_while_it_still_falls(replay: str, course: list[str]) -> None:
    """The credit is done with: it is not told again, the note falls at the reset."""

    async def scenario() -> None:
        bench = Bench("power_cut=acknowledged")
        async with bench.started() as host:
            await bench.device.command(f"replay {replay}")
            await note(host, "41")
            assert bench.events() == TAKEN[:2]
            assert await host.until("4") == ["", "42"]
            assert await after_the_reset(host) == course
        assert bench.events() == TAKEN

    in_virtual_time(scenario)


def test_cut_in_the_cassette_after_stack_1_reported_or_not() -> None:
    async def scenario() -> None:
        bench = Bench("power_cut=stacked")
        async with bench.started() as host:
            await host.escrow()
            await host.ask("41")
            assert await host.until("42") == ["14", "1565", "", "42"]
            assert bench.events() == TAKEN
            assert await after_the_reset(host) == REPLAYED

    in_virtual_time(scenario)


def test_cut_again_while_it_replays() -> None:
    async def scenario() -> None:
        bench = Bench("power_cut=stacking")
        async with bench.started() as host:
            await note(host, "42")
            for _ in range(3):
                await host.until("42")
                await host.ask("40")
                await bench.device.command("fault power_cut=reported")
                assert (await host.until("15"))[-1] == "1565"
            assert await host.until("42") == ["", "42"]
            assert await after_the_reset(host) == REPLAYED
            assert await host.ask("40") == "50"
            assert await host.until("1A") == NOT_REPLAYED, "once acknowledged it is over"
        assert bench.events() == TAKEN

    in_virtual_time(scenario)


def test_a_cut_without_an_arrow_takes_the_next_and_clearing_forgets_one_that_waits() -> None:
    async def scenario() -> None:
        bench = Bench("power_cut")
        async with bench.started() as host:
            await bench.device.command("insert 500")
            assert await host.until("41") == ["12", "", "41"]
            assert await after_the_reset(host) == NOT_REPLAYED
            await host.enable()
            await bench.device.command("fault power_cut=stacked")
            await host.escrow()
            assert bench.device.picture()["faults"] == ["power_cut=stacked"]
            bench.faults.clear()
            assert bench.device.picture()["faults"] == []
            await host.ask("42")
            assert await host.until("15") == ["14", "1565"]

    in_virtual_time(scenario)


def test_power_by_hand_ends_the_session_and_forgets_the_settings() -> None:
    async def scenario() -> None:
        bench = Bench()
        async with bench.started() as host:
            await bench.device.command("insert 500 x2")
            assert await bench.device.command("power off") == "the power is off"
            assert bench.device.picture()["power"] is False
            await anyio.sleep(0.1)
            with pytest.raises(LinkLost):
                await host.poll()
        async with bench.plug_in() as host:
            with pytest.raises(LinkLost):
                await host.poll()
        await bench.device.command("power on")
        async with bench.plug_in() as host:
            assert await host.until("4") == ["", "41"]
            assert await after_the_reset(host) == NOT_REPLAYED
            assert await host.ask("80") == "800000"
            await host.enable()
            assert await host.watch(3) == ["11"], "the second note is no longer in the hand"
        assert bench.events() == ["entered", "rejected"]

    in_virtual_time(scenario)


@pytest.mark.parametrize(("after_s", "woke", "ledger"), [(0.3, "41", BACK), (0.8, "42", TAKEN), (1.2, "42", TAKEN)])
def test_another_process_finds_everything_where_it_was(after_s: float, woke: str, ledger: list[str]) -> None:
    """What was saved is all that a new process knows."""

    async def scenario() -> None:
        bench = Bench()
        async with bench.started() as host:
            await bench.device.command("vend denomination off")
            await host.take("100")
            await host.escrow()
            await host.ask("42")
            await anyio.sleep(after_s)
            bench.device.picture()
        again = Bench(memory=bench.memory)
        async with again.plug_in() as host:
            assert await host.until("4") == ["", woke]
            credit = ["15", "16"] if woke == "42" else []
            assert await after_the_reset(host) == ["1B", *credit, "1A"]
            shown = again.device.picture()
            assert shown["cassette_minor"] == (60000 if ledger == TAKEN else 10000)
        assert (bench.events() + again.events())[3:] == ledger

    in_virtual_time(scenario)


def test_a_jam_outlives_the_power() -> None:
    async def scenario() -> None:
        bench = Bench("jam_inside")
        async with bench.started() as host:
            await host.escrow()
            await host.ask("42")
            await host.until("46")
        again = Bench(memory=bench.memory)
        async with again.plug_in() as host:
            assert (await host.until("4"))[-1] == "42"
            await host.ask("40")
            assert await host.until("46") == ["1B", "46"]
            await again.device.command("clear")
            assert await after_the_reset(host) == REPLAYED
        assert bench.events() + again.events() == TAKEN

    in_virtual_time(scenario)
