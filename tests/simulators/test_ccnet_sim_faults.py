"""Each fault of the CCNET simulator does what its sentence says, seen from the host's end."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import anyio
from ccnet_sim_host import Bench, Host, frame
from ccnet_sim_host import scenario as plain_scenario

from drivers.simulators.ccnet.faults import FAULTS

TESTED: set[str] = set()


def scenario(*faults: str, **more: Any) -> Callable[[Callable[[Bench, Host], Awaitable[None]]], Callable[[], None]]:
    TESTED.update(fault.partition("=")[0].partition("@")[0] for fault in faults)
    made: Callable[[Callable[[Bench, Host], Awaitable[None]]], Callable[[], None]] = plain_scenario(*faults, **more)
    return made


async def stack_one(bench: Bench, host: Host) -> list[str]:
    """A note of 500, to the end as far as it goes; the states seen after STACK."""
    await bench.do("insert 500")
    await host.watch("80 03")
    assert await host.ask("35") == "00"
    return await host.pass_time(3)


# The line


@scenario("drop_reply")
async def test_a_reply_lost(bench: Bench, host: Host) -> None:
    assert await host.poll() is None
    assert await host.poll() == "14"


@scenario("drop_reply=35")
async def test_the_reply_to_stack_lost_but_carried_out(bench: Bench, host: Host) -> None:
    await bench.do("insert 500")
    await host.watch("80 03")
    assert await host.ask("35") is None
    assert await host.ask("35") == "30", "it is stacking"
    assert await host.watch("14") == ["17", "81 03", "14"]
    assert await host.counter() == 1


@scenario("drop_reply=33:81")
async def test_a_credit_lost_on_the_line_comes_again(bench: Bench, host: Host) -> None:
    assert await stack_one(bench, host) == ["17", "silence", "81 03", "14"]


@scenario("drop_reply=33:81")
async def test_a_credit_lost_on_the_line_without_a_latch(bench: Bench, host: Host) -> None:
    await bench.do("latch off")
    assert await stack_one(bench, host) == ["17", "silence", "14"]
    assert await host.counter() == 1, "the counter alone knows"


@scenario("corrupt_reply=33:81")
async def test_a_credit_garbled(bench: Bench, host: Host) -> None:
    """NAK brings it whole."""
    await bench.do("insert 500")
    await host.watch("80 03")
    await host.ask("35")
    await anyio.sleep(1.2)
    await host.say(frame("33"))
    assert await host.hear() == "bad CRC"
    await host.say(frame("FF"))
    assert await host.hear() == "81 03"
    await host.say(frame("00"))
    await anyio.sleep(0.02)
    assert await host.poll() == "14"


@scenario("corrupt_reply@1x2")
async def test_replies_garbled_twice(bench: Bench, host: Host) -> None:
    assert [await host.poll() for _ in range(3)] == ["bad CRC", "bad CRC", "14"]


@scenario("late_reply")
async def test_a_reply_comes_after_the_next_command(bench: Bench, host: Host) -> None:
    assert await host.ask("31") is None
    await anyio.sleep(1)
    await host.say(frame("33"))
    assert [await host.hear(), await host.hear()] == ["FF FF FF 00 00 00", "14"]


@scenario("late_reply=0.5")
async def test_a_reply_so_many_seconds_late(bench: Bench, host: Host) -> None:
    assert await host.ask("31") is None
    assert await host.poll() == "14"
    assert await host.hear(1) == "FF FF FF 00 00 00"


@scenario("late_reply=0.2/35")
async def test_a_certain_reply_late(bench: Bench, host: Host) -> None:
    await bench.do("insert 500")
    await host.watch("80 03")
    assert await host.ask("35") is None
    assert await host.hear(0.5) == "00"
    assert await host.watch("14") == ["17", "81 03", "14"]


@scenario("late_reply=1")
async def test_a_late_reply_to_a_host_that_has_gone(bench: Bench, host: Host) -> None:
    assert await host.poll() is None
    host.link.cut()
    await anyio.sleep(2)
    async with bench.plug_in() as other:
        assert await other.poll() == "14"


@scenario("drop_ack=33:81")
async def test_the_acknowledgement_of_a_credit_lost(bench: Bench, host: Host) -> None:
    assert await stack_one(bench, host) == ["17", "81 03", "14"]
    assert bench.stacked() == [500]


@scenario("drop_ack@1x20")
async def test_all_acknowledgements_lost_for_a_while(bench: Bench, host: Host) -> None:
    await bench.do("cheat")
    assert [await host.poll() for _ in range(21)] == ["45"] * 21
    assert await host.poll() == "14"


# Events


@scenario("repeat_credit")
async def test_a_credit_said_once_more(bench: Bench, host: Host) -> None:
    await bench.do("insert 500")
    await host.watch("80 03")
    await host.ask("35")
    await anyio.sleep(1.2)
    assert [await host.poll() for _ in range(3)] == ["81 03", "81 03", "14"]
    assert await host.counter() == 1


@scenario("repeat_credit")
async def test_a_credit_said_twice_without_a_latch(bench: Bench, host: Host) -> None:
    await bench.do("latch off")
    await bench.do("insert 500")
    await host.watch("80 03")
    await host.ask("35")
    await anyio.sleep(1.2)
    assert [await host.poll() for _ in range(3)] == ["81 03", "81 03", "14"]


@scenario("repeat_credit=later")
async def test_a_credit_said_once_more_after_another_state(bench: Bench, host: Host) -> None:
    assert await stack_one(bench, host) == ["17", "81 03", "14", "81 03", "14"]
    assert bench.stacked() == [500]
    assert await host.counter() == 1


@scenario("other_type")
async def test_escrow_names_another_type(bench: Bench, host: Host) -> None:
    await bench.do("insert 500")
    assert await host.watch("80 04") == ["15", "80 04"]
    await host.ask("35")
    assert await host.watch("14") == ["17", "81 03", "14"]
    assert bench.stacked() == [500]


@scenario("other_type=9")
async def test_escrow_names_a_certain_other_type(bench: Bench, host: Host) -> None:
    await bench.do("insert 500")
    await host.watch("80 09")
    await host.ask("36")
    assert await host.watch("14") == ["18", "82 09", "14"]


@scenario("second_note")
async def test_a_second_note_pulled(bench: Bench, host: Host) -> None:
    await bench.do("insert 500")
    assert await host.watch("46") == ["15", "46"]
    await anyio.sleep(5)
    assert await bench.do("pull") == "the second note is out again"
    assert await host.watch("80 03") == ["15", "80 03"]


@scenario("second_note")
async def test_a_second_note_left_in(bench: Bench, host: Host) -> None:
    """After 10 s both are pushed out."""
    await bench.do("insert 500")
    await host.watch("46")
    began = anyio.current_time()
    assert await host.watch("18") == ["46", "18"]
    assert 9.5 < anyio.current_time() - began < 10.3
    assert await host.watch("14") == ["18", "14"]
    assert bench.reasons() == ["pause"]


@scenario("busy")
async def test_busy(bench: Bench, host: Host) -> None:
    assert await host.poll() == "1B 0A"
    assert await host.ask("5B") == "30"
    await anyio.sleep(0.6)
    assert (await host.poll() or "").startswith("1B 0")
    await anyio.sleep(0.4)
    assert await host.poll() == "14"


@scenario("busy=25")
async def test_busy_for_longer(bench: Bench, host: Host) -> None:
    assert await host.poll() == "1B 19"
    await anyio.sleep(2.6)
    assert await host.poll() == "14"


@scenario("escrow_expiry")
async def test_escrow_lapses_at_once(bench: Bench, host: Host) -> None:
    await bench.do("insert 500")
    await host.watch("80 03")
    assert await host.ask("35") == "30"
    assert await host.watch("14") == ["18", "82 03", "14"]
    assert bench.events() == ["entered", "escrowed", "returned"]


@scenario("escrow_expiry=2")
async def test_escrow_lapses_early(bench: Bench, host: Host) -> None:
    await bench.do("insert 500")
    assert await host.pass_time(5) == ["15", "80 03", "18", "82 03", "14"]


@scenario("counter_wrap")
async def test_the_counter_wraps(bench: Bench, host: Host) -> None:
    assert await host.counter() == 65535
    await stack_one(bench, host)
    assert await host.counter() == 0


@scenario("counter_wrap=65534")
async def test_the_counter_stands_where_it_is_put(bench: Bench, host: Host) -> None:
    assert await host.counter() == 65534
    await stack_one(bench, host)
    assert await host.counter() == 65535


# Mechanics


@scenario("jam")
async def test_a_note_jams_in_the_validator(bench: Bench, host: Host) -> None:
    await bench.do("insert 500")
    assert await host.pass_time(3) == ["15", "43"]


@scenario("jam_inside")
async def test_a_note_jams_inside(bench: Bench, host: Host) -> None:
    assert await stack_one(bench, host) == ["17", "44"]
    assert bench.stacked() == []


@scenario("failure=52")
async def test_it_fails_with_a_note_inside(bench: Bench, host: Host) -> None:
    await bench.do("insert 500")
    assert await host.pass_time(3) == ["15", "47 52"]
    await bench.do("clear")
    await host.ask("30")
    assert await host.watch("19") == ["13", "19"]
    assert bench.events() == ["entered", "rejected"]


@scenario("cassette_pulled")
async def test_the_cassette_is_pulled_while_stacking(bench: Bench, host: Host) -> None:
    assert await stack_one(bench, host) == ["17", "42"]
    await bench.do("cassette in")
    assert await host.watch("19") == ["13", "81 03", "19"]
    assert bench.events("cassette_out", "cassette_in", "stacked") == ["cassette_out", "cassette_in", "stacked"]


@scenario("cheat")
async def test_a_note_is_drawn_out_while_stacking(bench: Bench, host: Host) -> None:
    assert await stack_one(bench, host) == ["17", "45", "14"]
    assert bench.stacked() == []
    assert await host.counter() == 0


@scenario("stuck")
async def test_it_stays_in_stacking_until_reset(bench: Bench, host: Host) -> None:
    await bench.do("insert 500")
    await host.watch("80 03")
    await host.ask("35")
    assert await host.pass_time(60) == ["17"]
    await host.ask("30")
    assert await host.watch("19") == ["13", "81 03", "19"]
    assert bench.stacked() == [500]


@scenario("jam@2", "drop_reply=35")
async def test_clearing_the_faults_clears_those_that_wait_too(bench: Bench, host: Host) -> None:
    await host.poll()
    assert bench.device.picture()["faults"] == ["jam", "drop_reply=35"]
    bench.faults.clear()
    assert bench.device.picture()["faults"] == []
    assert await stack_one(bench, host) == ["17", "81 03", "14"]


def test_every_fault_is_tested() -> None:
    """Here, or among the power cuts."""
    assert TESTED | {"power_cut", "reset_in_session"} == set(FAULTS)
