"""A power cut and a reset of its own at each arrow of a note's way through the CCNET simulator: what lies where
afterwards, what the unit says when it is back, and what its counter says."""

from __future__ import annotations

import anyio
import pytest
from ccnet_sim_host import ALL_DIRECT, ALL_ESCROW, Bench, Host, scenario

from drivers.simulators.ccnet.faults import ARROWS


async def stack_one(bench: Bench, host: Host) -> list[str]:
    """A note of 500, to the end as far as it goes; the states seen after STACK."""
    await bench.do("insert 500")
    await host.watch("80 03")
    assert await host.ask("35") == "00"
    return await host.pass_time(3)


async def restart(host: Host) -> list[str]:
    """After a power cut: what it says first, then all until it is disabled."""
    await anyio.sleep(1.1)
    first = await host.poll() or "silence"
    assert await host.ask("30") == "00"
    return [first, *await host.watch("19")]


# What happened in the world, what the unit says after its boot, and what its counter says

AFTER_CUT = {
    "entering": (["entered", "rejected"], ["11", "13", "19"], 0),
    "escrowed": (["entered", "escrowed", "returned"], ["11", "13", "19"], 0),
    "stack_asked": (["entered", "escrowed", "returned"], ["11", "13", "19"], 0),
    "stacking": (["entered", "escrowed", "stacked"], ["12", "13", "81 03", "19"], 1),
    "stacked": (["entered", "escrowed", "stacked"], ["10", "13", "19"], 1),
    "reported": (["entered", "escrowed", "stacked"], ["10", "13", "19"], 1),
    "acknowledged": (["entered", "escrowed", "stacked"], ["10", "13", "19"], 1),
}


async def until_dark(bench: Bench, host: Host) -> list[str]:
    """One note with the host stacking whatever lies in escrow, until nothing answers."""
    await bench.do("insert 500")
    seen: list[str] = []
    with anyio.fail_after(10):
        while seen[-1:] != ["silence"]:
            state = await host.poll() or "silence"
            seen += [state] if seen[-1:] != [state] else []
            if state == "80 03":
                await host.ask("35")
            await anyio.sleep(0.1)
    return seen


@pytest.mark.parametrize("arrow", ARROWS)
@pytest.mark.parametrize("latch", ["on", "off"])
def test_a_power_cut_at_each_arrow(arrow: str, latch: str) -> None:
    async def body(bench: Bench, host: Host) -> None:
        await bench.do(f"latch {latch}")
        await until_dark(bench, host)
        world, said, counter = AFTER_CUT[arrow]
        assert await restart(host) == said
        assert bench.events() == world
        assert await host.counter() == counter
        await host.ask(ALL_ESCROW)
        assert (await stack_one(bench, host))[-3:] == ["17", "81 03", "14"], "it works on"

    scenario(f"power_cut={arrow}")(body)()


@pytest.mark.parametrize(("arrow", "again"), [("stacked", True), ("reported", True), ("acknowledged", False)])
def test_a_credit_that_is_kept_over_a_power_cut(arrow: str, again: bool) -> None:
    """With `latch kept` the unit starts with 12 and says 81 although the note lay in the cassette: one more time, not
    one more note."""

    async def body(bench: Bench, host: Host) -> None:
        await bench.do("latch kept")
        await until_dark(bench, host)
        assert await restart(host) == (["12", "13", "81 03", "19"] if again else ["10", "13", "19"])
        assert bench.stacked() == [500]
        assert await host.counter() == 1

    scenario(f"power_cut={arrow}")(body)()


@scenario("power_cut=stack_asked")
async def test_a_cut_at_stack_leaves_it_unanswered(bench: Bench, host: Host) -> None:
    await bench.do("insert 500")
    await host.watch("80 03")
    assert await host.ask("35") is None
    assert await host.poll() is None


@scenario("power_cut=stacking", masks=ALL_DIRECT)
async def test_a_cut_while_stacking_without_escrow(bench: Bench, host: Host) -> None:
    await until_dark(bench, host)
    assert await restart(host) == ["12", "13", "81 03", "19"]


@scenario("power_cut=stacked")
async def test_a_second_cut_while_it_recovers(bench: Bench, host: Host) -> None:
    """Past return, power off by hand; then the armed cut when the note falls into the cassette during 13."""
    await bench.do("insert 500")
    await host.watch("80 03")
    await host.ask("35")
    await bench.do("power off")
    await bench.do("power on")
    await anyio.sleep(1.1)
    assert await host.poll() == "12"
    await host.ask("30")
    await anyio.sleep(1.1)
    assert await host.poll() is None
    assert await restart(host) == ["10", "13", "19"]
    assert bench.stacked() == [500]
    assert await host.counter() == 1


@scenario("power_cut")
async def test_a_cut_without_an_arrow_strikes_at_the_next(bench: Bench, host: Host) -> None:
    assert await until_dark(bench, host) == ["silence"]
    assert await restart(host) == ["11", "13", "19"]


@pytest.mark.parametrize("arrow", ["stacking", "stacked", "reported", "acknowledged"])
def test_a_note_that_goes_back_crosses_none_of_the_arrows_of_a_credit(arrow: str) -> None:
    async def body(bench: Bench, host: Host) -> None:
        await bench.do("insert 500")
        await host.watch("80 03")
        await host.ask("36")
        assert await host.watch("14") == ["18", "82 03", "14"]
        assert bench.device.picture()["faults"] == [f"power_cut={arrow}"], "it waits for the next credit"

    scenario(f"power_cut={arrow}")(body)()


# Resets of its own


@scenario("reset_in_session")
async def test_a_reset_of_its_own_while_idling(bench: Bench, host: Host) -> None:
    assert await host.poll() == "10"
    assert await host.ask("31") == "00 00 00 00 00 00"


@scenario("reset_in_session=stacking")
async def test_a_reset_of_its_own_past_return(bench: Bench, host: Host) -> None:
    seen = await stack_one(bench, host)
    assert seen == ["17", "12"]
    await host.ask("30")
    assert await host.watch("19") == ["13", "81 03", "19"]


@scenario("reset_in_session=escrowed")
async def test_a_reset_of_its_own_with_a_note_in_escrow(bench: Bench, host: Host) -> None:
    await bench.do("insert 500")
    assert await host.watch("11") == ["15", "11"]
    await host.ask("30")
    assert await host.watch("19") == ["13", "19"]
    assert bench.events() == ["entered", "escrowed", "returned"]
