"""What people do to the CCNET simulator: every command, at every moment that matters."""

from __future__ import annotations

import anyio
import pytest
from ccnet_sim_host import ALL_DIRECT, ALL_ESCROW, Bench, Host, scenario, virtual

from drivers.simulators.catalogue import simulator_class
from drivers.simulators.ccnet.device import CcnetSimulator


def test_the_catalogue_knows_it() -> None:
    assert simulator_class("ccnet") is CcnetSimulator
    assert CcnetSimulator.NAME == "ccnet"


async def to_escrow(bench: Bench, host: Host) -> None:
    await bench.do("insert 500")
    await host.watch("80 03")


async def to_stacking(bench: Bench, host: Host) -> None:
    await to_escrow(bench, host)
    await host.ask("35")


@scenario()
async def test_what_is_not_money_comes_back_with_a_reason(bench: Bench, host: Host) -> None:
    for order, reason in (
        ("insert forgery", "66"),
        ("insert suspect", "66"),
        ("insert unknown", "65"),
        ("insert 25", "65"),
    ):
        assert await bench.do(order) == "a note entered"
        assert await host.watch("14") == ["15", f"1C {reason}", "14"], order
    assert bench.reasons() == ["66", "66", "65", "65"]
    assert bench.stacked() == []


@scenario()
async def test_article_6_keeps_forgeries_without_credit(bench: Bench, host: Host) -> None:
    await bench.do("article6 on")
    await bench.do("insert forgery")
    assert await host.watch("14") == ["15", "17", "90 03", "14"]
    await bench.do("insert suspect")
    assert await host.watch("14") == ["15", "17", "84 03", "14"]
    assert bench.stacked() == [0, 0]
    assert await host.counter() == 0
    await bench.do("article6 off")
    await bench.do("insert forgery")
    assert await host.watch("14") == ["15", "1C 66", "14"]


@scenario(masks=ALL_DIRECT)
async def test_several_notes_one_after_the_other(bench: Bench, host: Host) -> None:
    """Each waits until the one before was stacked and acknowledged."""
    assert await bench.do("insert 500 x3") == "a note entered, 2 more follow"
    assert (await bench.do("insert 100")).startswith("refused at the mouth")
    seen = await host.pass_time(12)
    assert seen == ["15", "17", "81 03", "14", "15", "17", "81 03", "14", "15", "17", "81 03", "14"]
    assert bench.stacked() == [500, 500, 500]


@scenario(masks=ALL_DIRECT)
async def test_a_shopper_with_more_notes_goes_after_a_minute(bench: Bench, host: Host) -> None:
    await bench.do("insert 500 x3")
    await host.watch("81 03")
    await host.ask("34 000000 000000")
    await anyio.sleep(50)
    assert bench.device.picture()["waiting"] == 2
    await anyio.sleep(15)
    assert bench.device.picture()["waiting"] == 0
    await host.ask(ALL_DIRECT)
    assert await host.pass_time(5) == ["14"]


@scenario()
async def test_the_mouth_is_shut_unless_idling(bench: Bench, host: Host) -> None:
    await to_escrow(bench, host)
    assert await bench.do("insert 100") == "refused at the mouth: it is shut, the unit says escrow; nothing entered"
    await host.ask("35")
    assert "stacking" in await bench.do("insert 100")
    await bench.do("power off")
    assert "no power" in await bench.do("insert 100")
    assert bench.events("entered") == ["entered"]


@scenario()
async def test_a_note_pulled_out_of_the_transport(bench: Bench, host: Host) -> None:
    await bench.do("insert 500")
    await anyio.sleep(0.5)
    assert await bench.do("pull") == "the shopper has pulled the note back"
    assert await host.watch("14") == ["1C 64", "14"]
    assert bench.reasons() == ["pulled"]
    await to_escrow(bench, host)
    with pytest.raises(ValueError, match="nothing to pull"):
        await bench.do("pull")


@scenario()
async def test_the_cassette_taken_and_put_back(bench: Bench, host: Host) -> None:
    """42, then 13 and 19 by itself; the masks are lost, the old notes are gone."""
    await to_stacking(bench, host)
    await host.watch("14")
    assert await bench.do("cassette out") == "the cassette is out with 1 notes, 500 roubles"
    assert await host.poll() == "42"
    with pytest.raises(ValueError, match="out already"):
        await bench.do("cassette out")
    assert await bench.do("cassette in") == "an empty cassette is in its place"
    with pytest.raises(ValueError, match="in its place"):
        await bench.do("cassette in")
    assert await host.watch("19") == ["13", "19"]
    assert await host.ask("31") == "00 00 00 00 00 00"
    assert bench.ledger.records[-2:] == [
        {**bench.ledger.records[-2], "event": "cassette_out", "unit": "validator", "pieces": 1, "sum_minor": 50000},
        {**bench.ledger.records[-1], "event": "cassette_in", "unit": "validator"},
    ]
    assert await host.counter() == 1, "the counter counts for life"


@scenario()
async def test_the_cassette_taken_while_it_is_dark_or_starts(bench: Bench, host: Host) -> None:
    await bench.do("power off")
    await bench.do("cassette out")
    await bench.do("power on")
    await anyio.sleep(1.1)
    assert await host.poll() == "10"
    await host.ask("30")
    assert await host.watch("42") == ["13", "42"]
    await host.ask("30")
    await anyio.sleep(2)
    await bench.do("cassette in")
    assert await host.watch("19") == ["13", "19"]


@scenario()
async def test_the_cassette_taken_under_a_note(bench: Bench, host: Host) -> None:
    """From escrow the note goes back; while read it is rejected; past return it waits for the next cassette."""
    await to_escrow(bench, host)
    await bench.do("cassette out")
    assert await host.watch("42") == ["18", "82 03", "42"]
    await bench.do("cassette in")
    await host.watch("19")
    await host.ask(ALL_ESCROW)
    await bench.do("insert 500")
    await bench.do("cassette out")
    assert await host.watch("42") == ["15", "1C 6A", "42"]
    await bench.do("cassette in")
    await host.watch("19")
    await host.ask(ALL_ESCROW)
    await to_stacking(bench, host)
    await bench.do("cassette out")
    assert await host.pass_time(5) == ["42"]
    assert bench.stacked() == []
    await bench.do("cassette in")
    assert await host.watch("19") == ["13", "81 03", "19"]
    assert bench.stacked() == [500]
    assert bench.device.picture()["cassette_sum_minor"] == 50000


@scenario()
async def test_full(bench: Bench, host: Host) -> None:
    """Shut at once, or after the note on its way; a new cassette or a hand and RESET help, RESET alone does not."""
    await to_stacking(bench, host)
    await bench.do("full")
    assert await host.watch("41") == ["17", "81 03", "41"]
    with pytest.raises(ValueError, match="trouble already"):
        await bench.do("full")
    await host.ask("30")
    assert await host.watch("41") == ["13", "41"]
    await bench.do("cassette out")
    await bench.do("cassette in")
    assert await host.watch("19") == ["13", "19"]
    await bench.do("full")
    assert await host.poll() == "41"
    await bench.do("clear")
    assert await host.poll() == "41"
    await host.ask("30")
    assert await host.watch("19") == ["13", "19"]


def test_a_cassette_is_full_with_1500_notes() -> None:
    async def run() -> None:
        bench = Bench(instant=True)
        async with bench.plug_in() as host:
            await host.ask("30")
            await host.ask(ALL_DIRECT)
            bench.device.unit.box.cassette = [bench.device.unit.box.enter(1000, "RUB")] * 1499
            bench.device.unit.box.moving = None
            await bench.do("insert 500")
            assert await host.poll() == "81 03"
            assert await host.poll() == "41"

    virtual(run)


@scenario()
async def test_a_jam_in_the_validator(bench: Bench, host: Host) -> None:
    """43 until the cause is gone and RESET came, over a power cut too; the note comes back out."""
    await to_escrow(bench, host)
    await bench.do("jam")
    assert await host.poll() == "43"
    await host.ask("30")
    assert await host.watch("43") == ["13", "43"]
    await bench.do("power off")
    await bench.do("power on")
    await anyio.sleep(1.1)
    assert await host.poll() == "11"
    await host.ask("30")
    assert await host.watch("43") == ["13", "43"]
    assert await bench.do("clear") == "cleared; the unit waits for RESET"
    assert await host.pass_time(5) == ["43"]
    assert bench.events() == ["entered", "escrowed"]
    await host.ask("30")
    assert await host.watch("19") == ["13", "19"]
    assert bench.events() == ["entered", "escrowed", "returned"]


@scenario()
async def test_a_shopper_pulls_the_jammed_note(bench: Bench, host: Host) -> None:
    await bench.do("insert 500")
    await bench.do("jam")
    await bench.do("pull")
    assert await host.poll() == "43"
    assert bench.reasons() == ["pulled"]
    await bench.do("clear")
    await host.ask("30")
    assert await host.watch("19") == ["13", "19"]


@scenario()
async def test_a_jam_inside_with_the_note_on_our_side(bench: Bench, host: Host) -> None:
    """Its credit comes after it was cleared: 13, 81, 19."""
    await to_escrow(bench, host)
    assert await bench.do("jam inside") == "the note will jam when it is stacked"
    assert await host.poll() == "80 03"
    await host.ask("35")
    assert await host.watch("44") == ["17", "44"]
    await host.ask("30")
    assert await host.watch("44") == ["13", "44"]
    assert bench.stacked() == []
    await bench.do("clear")
    await host.ask("30")
    assert await host.watch("19") == ["13", "81 03", "19"]
    assert bench.stacked() == [500]


@scenario()
async def test_a_jam_inside_now(bench: Bench, host: Host) -> None:
    await bench.do("jam inside")
    assert await host.poll() == "44"
    with pytest.raises(ValueError, match="cannot be now"):
        await bench.do("jam")
    await bench.do("clear")
    await host.ask("30")
    await host.watch("19")
    await host.ask(ALL_ESCROW)
    await to_stacking(bench, host)
    with pytest.raises(ValueError, match="jam inside"):
        await bench.do("jam")
    await bench.do("jam inside")
    assert await host.poll() == "44"


@scenario()
async def test_a_failure(bench: Bench, host: Host) -> None:
    await bench.do("fail 5B")
    assert await host.poll() == "47 5B"
    await host.ask("30")
    assert await host.watch("47 5B") == ["13", "47 5B"]
    await bench.do("clear")
    await host.ask("30")
    await host.watch("19")
    await bench.do("fail")
    assert await host.poll() == "47 50"
    await bench.do("clear")
    with pytest.raises(ValueError, match="nothing to clear"):
        await bench.do("clear")


@scenario()
async def test_cheating(bench: Bench, host: Host) -> None:
    """45 once acknowledged is over; a note drawn out past the point of no return is not credited."""
    await bench.do("cheat")
    assert await host.poll(ack=False) == "45"
    assert await host.watch("14") == ["45", "14"]
    await to_escrow(bench, host)
    await bench.do("cheat")
    assert await host.watch("14") == ["45", "14"]
    await to_stacking(bench, host)
    await bench.do("cheat")
    assert await host.watch("14") == ["45", "14"]
    assert bench.stacked() == []
    assert bench.reasons() == ["cheat", "cheat"]
    assert await host.counter() == 0


@scenario()
async def test_power_off_and_on(bench: Bench, host: Host) -> None:
    """Silence, a second of boot, then 10; masks are gone, the counter is not."""
    await to_stacking(bench, host)
    await host.watch("14")
    assert await bench.do("power off") == "the power is off"
    assert await host.pass_time(20) == ["silence"]
    assert bench.device.picture()["power"] is False
    assert await bench.do("power on") == "the power is on"
    assert await host.poll() is None
    await anyio.sleep(1)
    assert await host.poll() == "10"
    assert await host.ask("31") == "00 00 00 00 00 00"
    assert await host.counter() == 1


def test_the_process_ends_with_a_note_inside() -> None:
    """All that counts is in the memory: another process is the same unit."""

    async def run() -> None:
        bench = Bench()
        async with bench.plug_in() as host:
            await host.start()
            await bench.do("latch kept")
            await to_stacking(bench, host)
        again = Bench(memory=bench.memory)
        async with again.plug_in() as host:
            assert await host.poll() == "12"
            await host.ask("30")
            assert await host.watch("19") == ["13", "81 03", "19"]
            assert again.stacked() == [500]
            assert again.device.picture()["latch"] == "kept"

    virtual(run)


@scenario()
async def test_the_picture(bench: Bench, host: Host) -> None:
    picture = bench.device.picture()
    assert (picture["power"], picture["state"], picture["word"], picture["mouth_open"]) == (True, "14", "idling", True)
    assert picture["enabled"] == list(range(24))
    await to_escrow(bench, host)
    picture = bench.device.picture()
    assert (picture["state"], picture["escrow_minor"], picture["mouth_open"]) == ("80 03", 50000, False)
    assert picture["moving"] == {"value_minor": 50000, "place": "escrow"}
    await host.ask("35")
    await host.watch("81 03")
    await bench.do("fault jam@2")
    await bench.do("fault power_cut=stacking")
    picture = bench.device.picture()
    assert (picture["cassette_count"], picture["cassette_sum_minor"], picture["levels"]) == (1, 50000, {"50000": 1})
    assert picture["faults"] == ["jam", "power_cut=stacking"]
    assert (picture["counter"], picture["latch"], picture["escrow_minor"]) == (1, "on", None)


@scenario()
async def test_orders_it_does_not_understand(bench: Bench, host: Host) -> None:
    wrong = ("", "dance", "insert", "insert five", "insert 5.5", "insert 500 3x", "insert 500 x0", "insert 500 x3 x4",
             "latch", "latch maybe", "fail 5", "fault nonsense", "fault power_cut=nowhere", "fault jam@0")  # fmt: skip
    for order in wrong:
        with pytest.raises(ValueError, match=r".{10}"):
            await bench.do(order)
    assert await host.poll() == "14"
    assert bench.events() == []


@scenario()
async def test_a_busy_unit_takes_nothing(bench: Bench, host: Host) -> None:
    await bench.do("fault busy")
    assert await host.poll() == "1B 0A"
    assert await bench.do("insert 500") == "refused at the mouth: it is shut, the unit says busy; nothing entered"


@scenario()
async def test_a_note_past_return_waits_for_its_cassette_over_resets(bench: Bench, host: Host) -> None:
    """Without a cassette it stays where it is; the cassette may come back in the middle of 13."""
    await to_stacking(bench, host)
    await bench.do("cassette out")
    await host.ask("30")
    assert await host.watch("42") == ["13", "42"]
    assert bench.stacked() == []
    await host.ask("30")
    await anyio.sleep(2)
    await bench.do("cassette in")
    assert await host.watch("19") == ["13", "81 03", "19"]
    assert bench.stacked() == [500]


@scenario()
async def test_a_jam_cleared_in_the_middle_of_initialize(bench: Bench, host: Host) -> None:
    await to_stacking(bench, host)
    await bench.do("jam inside")
    await host.ask("30")
    await anyio.sleep(2)
    await bench.do("clear")
    assert await host.watch("19") == ["13", "81 03", "19"]
