"""The states and timers of the CCNET simulator, its command table, and the way of a note."""

from __future__ import annotations

import anyio
import pytest
from ccnet_sim_host import ALL_DIRECT, ALL_ESCROW, NONE, Bench, Host, frame, scenario

PROBES = (
    "31",
    "32 000000",
    "39 0112",
    "5A 00002710 00002710",
    "51",
    "5C",
    "37",
    "41",
    "5B",
    "54",
    "69",
    "35",
    "36",
    "38",
)
EVERYWHERE = {"31", "32 000000", "39 0112", "5A 00002710 00002710", "51", "5C"}


async def allowed(host: Host) -> set[str]:
    """Which commands are not answered ILLEGAL now; STACK, RETURN and HOLD come last, they change things."""
    return {probe for probe in PROBES if await host.ask(probe) != "30"} - EVERYWHERE


@scenario(started=False)
async def test_command_table_at_power_up_initialize_disabled_idling(bench: Bench, host: Host) -> None:
    assert await host.poll() == "10"
    assert await allowed(host) == {"37", "41", "5B"}
    await host.ask("30")
    assert await allowed(host) == {"37", "41", "5B", "69"}
    await host.watch("19")
    assert await allowed(host) == {"37", "41", "5B", "54", "69"}
    await host.ask(ALL_ESCROW)
    assert await allowed(host) == {"5B", "54"}
    for probe in EVERYWHERE:
        assert await host.ask(probe) not in ("30", "FF", None)


@scenario()
async def test_command_table_with_a_note_on_its_way(bench: Bench, host: Host) -> None:
    await bench.do("insert 500")
    assert await allowed(host) == set(), "accepting"
    await host.watch("80 03")
    assert await host.ask("37") == await host.ask("41") == await host.ask("5B") == "30", "escrow"
    assert await host.ask("38") == "00"
    assert await host.poll() == "1A"
    assert await host.ask("35") == "00"
    assert await allowed(host) == set(), "stacking"
    await anyio.sleep(1.2)
    assert await host.poll(ack=False) == "81 03"
    assert await allowed(host) == set(), "stacked, not acknowledged"


@pytest.mark.parametrize(
    ("order", "state"),
    [("full", "41"), ("cassette out", "42"), ("jam", "43"), ("jam inside", "44"), ("fail 5F", "47 5F")],
)
def test_command_table_in_trouble(order: str, state: str) -> None:
    async def body(bench: Bench, host: Host) -> None:
        await bench.do(order)
        assert await host.poll() == state
        assert await allowed(host) == {"37", "41", "5B"}

    scenario()(body)()


@scenario(started=False)
async def test_it_waits_for_reset_after_power_up_and_initializes_for_3_s(bench: Bench, host: Host) -> None:
    assert await host.pass_time(60) == ["10"]
    await host.ask("30")
    began = anyio.current_time()
    assert await host.watch("19") == ["13", "19"]
    assert 2.8 < anyio.current_time() - began < 3.4


@scenario(started=False)
async def test_identity_and_bill_table(bench: Bench, host: Host) -> None:
    """15 + 12 + 7 bytes; roubles at ten places with two holes; the same unit after a power cycle."""
    said = await host.ask("37")
    assert said is not None
    identity = bytes.fromhex(said)
    assert len(identity) == 34
    assert identity[:15].decode("ascii").rstrip().startswith("SM-RU13")
    assert identity[15:27].decode("ascii").isalnum()
    table = bytes.fromhex(await host.ask("41") or "")
    assert len(table) == 120
    words = [table[at : at + 5] for at in range(0, 120, 5)]
    values = {type: word[0] * 10 ** word[4] for type, word in enumerate(words) if any(word)}
    assert values == {0: 10, 1: 50, 2: 100, 3: 500, 4: 1000, 6: 5000, 8: 200, 9: 2000}
    assert {word[1:4] for word in words if any(word)} == {b"RUS"}
    again = Bench(memory=bench.memory)
    async with again.plug_in() as other:
        assert await other.ask("37") == said


@scenario()
async def test_masks_are_shown_and_lost_at_reset(bench: Bench, host: Host) -> None:
    assert await host.ask("34 00000C 000008") == "00"
    assert await host.ask("32 00000F") == "00"
    assert await host.ask("31") == "00 00 0C 00 00 0F"
    await host.ask("30")
    assert await host.ask("31") == "00 00 00 00 00 00"
    assert await host.watch("19") == ["13", "19"]
    assert (await bench.do("insert 500")).startswith("refused at the mouth")
    assert await host.ask("34 00000C 000008") == "00"
    assert await host.poll() == "14"
    assert await host.ask(NONE) == "00"
    assert await host.poll() == "19"


@scenario()
async def test_a_note_stacked(bench: Bench, host: Host) -> None:
    """15 for about 1.2 s, 80, STACK, 17 for about a second, 81 until acknowledged, 14."""
    assert await bench.do("insert 500") == "a note entered"
    began = anyio.current_time()
    assert await host.watch("80 03") == ["15", "80 03"]
    assert 1.1 < anyio.current_time() - began < 1.5
    assert bench.events() == ["entered", "escrowed"]
    await host.ask("35")
    began = anyio.current_time()
    assert await host.watch("81 03") == ["17", "81 03"]
    assert 0.9 < anyio.current_time() - began < 1.3
    assert await host.poll() == "14"
    assert bench.events() == ["entered", "escrowed", "stacked"]
    assert await host.counter() == 1


@scenario()
async def test_a_note_returned(bench: Bench, host: Host) -> None:
    await bench.do("insert 2000")
    await host.watch("80 09")
    assert await host.ask("36") == "00"
    began = anyio.current_time()
    assert await host.watch("82 09") == ["18", "82 09"]
    assert 0.7 < anyio.current_time() - began < 1.1
    assert await host.poll() == "14"
    assert bench.events() == ["entered", "escrowed", "returned"]
    assert await host.counter() == 0


@scenario(masks=ALL_DIRECT)
async def test_types_without_escrow_go_straight_into_the_cassette(bench: Bench, host: Host) -> None:
    await bench.do("insert 100")
    assert await host.watch("81 02") == ["15", "17", "81 02"]
    assert bench.events() == ["entered", "stacked"]


@scenario(masks="34 00000C 000008")
async def test_each_type_has_its_own_escrow_and_its_own_gate(bench: Bench, host: Host) -> None:
    await bench.do("insert 500")
    assert await host.watch("80 03") == ["15", "80 03"]
    await host.ask("36")
    await host.watch("14")
    await bench.do("insert 100")
    assert await host.watch("81 02") == ["15", "17", "81 02"]
    assert await host.watch("14") == ["14"]
    await bench.do("insert 50")
    assert await host.watch("14") == ["15", "1C 68", "14"], "inhibited"
    assert bench.reasons() == ["68"]


@scenario(masks="34 000200 000200")
async def test_type_9_is_bit_1_of_the_second_byte(bench: Bench, host: Host) -> None:
    await bench.do("insert 2000")
    assert "80 09" in await host.watch("80 09")


@scenario()
async def test_escrow_gives_back_after_10_s(bench: Bench, host: Host) -> None:
    await bench.do("insert 500")
    await host.watch("80 03")
    began = anyio.current_time()
    assert await host.watch("18") == ["80 03", "18"]
    assert 9.6 < anyio.current_time() - began < 10.3
    assert await host.ask("35") == "30", "too late"
    assert await host.watch("14") == ["18", "82 03", "14"]
    assert bench.events() == ["entered", "escrowed", "returned"]


@scenario()
async def test_hold_gives_another_10_s_each_time(bench: Bench, host: Host) -> None:
    await bench.do("insert 500")
    await host.watch("80 03")
    for _ in range(3):
        assert await host.ask("38") == "00"
        assert await host.pass_time(9) == ["1A"]
    assert await host.pass_time(3) == ["1A", "18", "82 03", "14"]
    assert await host.ask("38") == "30"


@scenario()
async def test_a_held_note_can_be_stacked_or_returned(bench: Bench, host: Host) -> None:
    for decision, end in (("35", "81 03"), ("36", "82 03")):
        await bench.do("insert 500")
        await host.watch("80 03")
        await host.ask("38")
        assert await host.ask(decision) == "00"
        assert end in await host.watch("14")


@scenario()
async def test_the_escrow_time_can_be_set(bench: Bench, host: Host) -> None:
    assert await host.ask("5A 00000BB8 00000BB8") == "00"
    await bench.do("insert 500")
    await host.watch("80 03")
    began = anyio.current_time()
    await host.watch("18")
    assert 2.6 < anyio.current_time() - began < 3.3


@scenario()
async def test_stack_return_hold_are_illegal_without_a_note(bench: Bench, host: Host) -> None:
    assert [await host.ask(code) for code in ("35", "36", "38")] == ["30", "30", "30"]


@scenario()
async def test_disabling_lets_a_note_in_escrow_come_to_its_end(bench: Bench, host: Host) -> None:
    await bench.do("insert 500")
    await host.watch("80 03")
    assert await host.ask(NONE) == "00"
    assert await host.poll() == "80 03"
    await host.ask("35")
    assert await host.watch("19") == ["17", "81 03", "19"]


@scenario()
async def test_disabling_rejects_a_note_that_is_still_being_read(bench: Bench, host: Host) -> None:
    await bench.do("insert 500")
    await host.ask(NONE)
    assert await host.watch("19") == ["15", "1C 68", "19"]


@scenario()
async def test_reset_gives_back_what_is_in_escrow_or_being_read(bench: Bench, host: Host) -> None:
    await bench.do("insert 500")
    await host.watch("80 03")
    assert await host.ask("30") == "00"
    assert await host.watch("19") == ["13", "19"]
    assert bench.events() == ["entered", "escrowed", "returned"]
    await host.ask(ALL_ESCROW)
    await bench.do("insert 500")
    await host.ask("30")
    assert await host.watch("19") == ["13", "19"]
    assert bench.events()[3:] == ["entered", "rejected"]
    assert await host.counter() == 0


@scenario()
async def test_reset_does_not_lose_a_note_past_return_nor_its_credit(bench: Bench, host: Host) -> None:
    await bench.do("insert 500")
    await host.watch("80 03")
    await host.ask("35")
    assert await host.ask("30") == "00"
    assert await host.watch("19") == ["13", "81 03", "19"]
    assert bench.stacked() == [500]


@scenario()
async def test_a_credit_is_said_until_it_is_acknowledged_in_time(bench: Bench, host: Host) -> None:
    """No ACK, NAK, an ACK later than 10 ms: said again, over a RESET too; nothing enters meanwhile."""
    await bench.do("insert 500")
    await host.watch("80 03")
    await host.ask("35")
    await anyio.sleep(1.2)
    assert [await host.poll(ack=False) for _ in range(3)] == ["81 03"] * 3
    await host.say(frame("33"))
    assert await host.hear() == "81 03"
    await host.say(frame("FF"))
    assert await host.hear() == "81 03"
    await anyio.sleep(0.011)
    await host.say(frame("00"))
    await anyio.sleep(0.02)
    assert await host.poll(ack=False) == "81 03", "that ACK came too late"
    assert (await bench.do("insert 500")).startswith("refused at the mouth")
    await host.ask("30")
    await anyio.sleep(4)
    assert await host.poll() == "81 03"
    assert await host.poll() == "19"
    assert bench.stacked() == [500]


@scenario()
async def test_nak_then_ack_acknowledges(bench: Bench, host: Host) -> None:
    await bench.do("insert 500")
    await host.watch("80 03")
    await host.ask("36")
    await anyio.sleep(1)
    assert await host.poll(ack=False) == "82 03"
    await host.say(frame("FF"))
    assert await host.hear() == "82 03"
    await host.say(frame("00"))
    await anyio.sleep(0.02)
    assert await host.poll() == "14"


@scenario()
async def test_without_a_latch_a_credit_is_said_once(bench: Bench, host: Host) -> None:
    await bench.do("latch off")
    await bench.do("insert 500")
    await host.watch("80 03")
    await host.ask("35")
    await anyio.sleep(1.2)
    assert await host.poll(ack=False) == "81 03"
    assert await host.poll() == "14"
    assert await host.counter() == 1


@scenario(started=False, instant=True)
async def test_an_instant_unit_takes_no_time_but_keeps_the_protocols_timers(bench: Bench, host: Host) -> None:
    await host.ask("30")
    assert await host.poll() == "19"
    await host.ask(ALL_ESCROW)
    await bench.do("insert 500")
    assert await host.poll() == "80 03"
    await host.ask("35")
    assert await host.poll() == "81 03"
    assert await host.poll() == "14"
    await bench.do("insert 500")
    assert await host.pass_time(9) == ["80 03"]
    assert await host.pass_time(3) == ["80 03", "82 03", "14"]


@scenario()
async def test_options_and_codes(bench: Bench, host: Host) -> None:
    await host.ask(NONE)
    assert await host.ask("68 11800022") == "00"
    assert await host.ask("69") == "11 00 00 22", "no 48 types here"
    assert len((await host.ask("54") or "").split()) == 19
    assert len((await host.ask("51") or "").split()) == 4
    assert len((await host.ask("5C") or "").split()) == 8
    await host.ask(ALL_ESCROW)
    assert await host.ask("69") == "30"


@scenario()
async def test_the_unit_lives_on_without_a_host(bench: Bench, host: Host) -> None:
    await bench.do("insert 500")
    await host.watch("80 03")
    host.link.cut()
    await anyio.sleep(60)
    async with bench.plug_in() as other:
        assert await other.poll() == "82 03"
        assert await other.poll() == "14"


def test_it_runs_on_asyncio_too() -> None:
    async def run() -> None:
        bench = Bench(instant=True)
        async with bench.plug_in() as host:
            host.patience_s = 5.0
            await host.ask("30")
            await host.ask(ALL_DIRECT)
            await bench.do("insert 500")
            assert await host.poll() == "81 03"
            assert await host.poll() == "14"

    anyio.run(run, backend="asyncio")
