"""The faults of the ccTalk simulator, and the power going at each arrow of a note."""

from __future__ import annotations

import random

import anyio
import pytest
from cctalk_host import COINS, HOPPER, VALIDATOR, Bench, framed, in_virtual_time

from drivers.simulators.cctalk.device import CctalkSimulator
from drivers.simulators.cctalk.traps import ARROWS, COIN_ARROWS, PAY_ARROWS
from drivers.simulators.world import KeptMemory

RETURNED = ["entered", "escrowed", "returned"]
STACKED = ["entered", "escrowed", "stacked"]


@pytest.mark.parametrize(
    ("arrow", "before", "ledger", "after", "counted"),
    [
        ("entering", [], ["entered", "rejected"], [(0, 1)], 0),
        ("escrowed", [], RETURNED, [(0, 1)], 0),
        ("stack_asked", [(4, 1)], RETURNED, [(0, 1)], 0),
        ("stacking", [(4, 1)], STACKED, [(4, 0)], 1),
        ("stacked", [(4, 1)], STACKED, [], 1),
        ("reported", [(4, 1), (4, 0)], STACKED, [], 1),
        ("acknowledged", [(4, 1), (4, 0)], STACKED, [], 1),
    ],
)
@pytest.mark.parametrize("new_process", [False, True])
def test_the_power_goes_at_each_arrow_of_a_note(
    arrow: str,
    before: list[tuple[int, int]],
    ledger: list[str],
    after: list[tuple[int, int]],
    counted: int,
    new_process: bool,
) -> None:
    memory = KeptMemory()
    bench = Bench(f"power_cut={arrow}", memory=memory)
    later: list[Bench] = []
    seen: list[tuple[int, int]] = []
    dark_at: list[float] = []

    async def scenario() -> None:
        async with bench.plug_in() as host:
            await host.open_bills()
            await bench.do("insert 500")
            asked = False
            while not dark_at:
                await anyio.sleep(0.2)
                came = await host.ask(VALIDATOR, 159)
                if not isinstance(came, bytes):
                    dark_at.append(anyio.current_time())
                    break
                seen[:] = [(came[1 + 2 * at], came[2 + 2 * at]) for at in reversed(range(came[0]))]
                if seen and not asked:
                    asked = True
                    await host.ask(VALIDATOR, 154, b"\1")
            assert seen == before
            for unit in (COINS, HOPPER, VALIDATOR):
                assert await host.ask(unit, 254) is None  # one supply for all
            assert bench.device.picture()["power"] is False
            if new_process:
                return
            await anyio.sleep(1.3)
            assert await host.counter(VALIDATOR) == 0
            assert await host.events(VALIDATOR, 3) == after
            assert await host.number(VALIDATOR, 225) == counted
            assert [await host.read(VALIDATOR, header) for header in (230, 227)] == [b"\0\0", b"\0"]

    async def another_day() -> None:
        later.append(Bench(memory=memory))
        async with later[0].plug_in() as host:
            assert await host.events(VALIDATOR) == after
            assert await host.number(VALIDATOR, 225) == counted

    in_virtual_time(scenario)
    if new_process:
        in_virtual_time(another_day)
    records = [record for each in (bench, *later) for record in each.ledger.records]
    assert [record["event"] for record in records] == ledger
    assert {record["piece"] for record in records} == {1}


def test_every_arrow_is_named_in_the_help() -> None:
    assert all(arrow in CctalkSimulator.FAULTS["power_cut"] for arrow in (*ARROWS, *COIN_ARROWS, *PAY_ARROWS))


async def one_note(bench: Bench, seconds: float = 5.0, *, decide: bool = True) -> list[tuple[int, int]]:
    """Insert 500, stack it when it is in escrow, and say what was told in the end."""
    async with bench.plug_in() as host:
        await host.open_bills()
        await bench.do("insert 500")
        await anyio.sleep(1.3)
        if decide:
            await host.ask(VALIDATOR, 154, b"\1")
        return await host.events(VALIDATOR, seconds)


@pytest.mark.parametrize(
    ("fault", "decide", "told", "end"),
    [
        ("other_type", True, [(5, 1), (4, 0)], "stacked"),
        ("other_type=9", True, [(9, 1), (4, 0)], "stacked"),
        ("second_note", False, [(4, 1), (0, 3), (0, 1)], "returned"),
        ("escrow_expiry", False, [(4, 1), (0, 1)], "returned"),
        ("jam", False, [(0, 6)], "entered"),
        ("jam_inside", True, [(4, 1), (0, 7)], "escrowed"),
        ("cassette_pulled", True, [(4, 1), (0, 11)], "cassette_out"),
        ("cheat", False, [(0, 18)], "rejected"),
        ("stuck", True, [(4, 1)], "escrowed"),
    ],
)
def test_faults_of_the_mechanics(fault: str, decide: bool, told: list[tuple[int, int]], end: str) -> None:
    bench = Bench(fault)

    async def scenario() -> None:
        assert await one_note(bench, decide=decide) == told
        assert bench.ledger.records[-1]["event"] == end
        assert bench.device.picture()["faults"] == []

    in_virtual_time(scenario)


def test_a_cassette_pulled_while_stacking_gets_the_note_when_it_is_back() -> None:
    bench = Bench("cassette_pulled")

    async def scenario() -> None:
        async with bench.plug_in() as host:
            await host.open_bills(mode=1)
            await bench.do("insert 500")
            assert await host.events(VALIDATOR, 20) == [(0, 11)]
            await bench.do("cassette in")
            assert await host.events(VALIDATOR, 2) == [(0, 11), (0, 12), (4, 0)]
            assert bench.told()[-2:] == ["validator cassette_in", "validator stacked 50000"]

    in_virtual_time(scenario)


def test_stuck_until_it_is_reset() -> None:
    bench = Bench("stuck")

    async def scenario() -> None:
        async with bench.plug_in() as host:
            await host.open_bills(mode=1)
            await bench.do("insert 500")
            assert await host.events(VALIDATOR, 60) == []
            assert bench.device.picture()["validator"]["state"] == "stuck"
            await host.order(VALIDATOR, 1)
            await anyio.sleep(0.3)
            assert await host.events(VALIDATOR, 4) == [(4, 0)]
            assert await host.number(VALIDATOR, 225) == 1

    in_virtual_time(scenario)


def test_busy_and_lost_and_turned_over() -> None:
    bench = Bench("busy", "drop_reply=245", "corrupt_reply=244", "drop_request=246")

    async def scenario() -> None:
        async with bench.plug_in() as host:
            assert await host.ask(COINS, 254) == "busy"
            assert await host.ask(COINS, 254) == b""
            assert await host.ask(COINS, 245) is None
            assert await host.ask(COINS, 246) is None
            came = await host.exchange(framed(COINS, 244))
            assert sum(came) % 256 != 0
            for header in (245, 246, 244):
                assert await host.read(COINS, header)

    in_virtual_time(scenario)


@pytest.mark.parametrize("unit", [COINS, VALIDATOR])
def test_the_poll_after_a_credit_is_lost(unit: int) -> None:
    bench = Bench("drop_ack")

    async def scenario() -> None:
        async with bench.plug_in() as host:
            await host.open_coins()
            await host.open_bills(mode=1)
            await bench.do("insert 500" if unit == VALIDATOR else "insert 10")
            await anyio.sleep(4 if unit == VALIDATOR else 0.4)
            assert await host.events(unit) == [(4, 0) if unit == VALIDATOR else (4, 1)]
            assert await host.ask(unit, 159 if unit == VALIDATOR else 229) is None
            assert await host.counter(unit) == 1

    in_virtual_time(scenario)


def test_a_fault_of_one_moment_counts_such_moments_only() -> None:
    bench = Bench("drop_reply@2=245", "drop_reply=244")

    async def scenario() -> None:
        async with bench.plug_in() as host:
            heard = [await host.ask(COINS, header) is not None for header in (245, 246, 244, 245, 245)]
            assert heard == [True, True, False, False, True]

    in_virtual_time(scenario)


def test_a_late_answer_comes_after_the_next_command() -> None:
    bench = Bench("late_reply")

    async def scenario() -> None:
        async with bench.plug_in() as host:
            assert await host.exchange(framed(COINS, 245), 2) == b""
            came = await host.exchange(framed(HOPPER, 254))
            assert b"Coin Acceptor" in came
            assert came.endswith(bytes.fromhex("01 00 03 00 FC"))

    in_virtual_time(scenario)


def test_a_late_answer_may_have_its_own_time() -> None:
    bench = Bench("late_reply=1.5")

    async def scenario() -> None:
        async with bench.plug_in() as host:
            assert await host.exchange(framed(COINS, 254), 1.4) == b""
            assert (await host.link.receive()).hex() == "01000200fd"

    in_virtual_time(scenario)


def test_a_credit_that_is_answered_twice_counts_once() -> None:
    bench = Bench("repeat_credit")

    async def scenario() -> None:
        async with bench.plug_in() as host:
            await host.open_coins()
            await bench.do("insert 5")
            await anyio.sleep(0.4)
            came = await host.exchange(framed(COINS, 229))
            assert came[:16] == came[16:]
            assert came[4] == 1
            assert await host.counter(COINS) == 1

    in_virtual_time(scenario)


@pytest.mark.parametrize("unit", [COINS, HOPPER, VALIDATOR])
def test_a_unit_resets_itself(unit: int) -> None:
    name = {COINS: "coins", HOPPER: "hopper", VALIDATOR: "validator"}[unit]
    bench = Bench(f"reset_in_session={name}")

    async def scenario() -> None:
        async with bench.plug_in() as host:
            for each in {COINS, HOPPER, VALIDATOR} - {unit}:
                assert await host.ask(each, 254) == b""
            assert await host.ask(unit, 254) is None
            assert await host.ask(unit, 254) is None
            await anyio.sleep(0.3)
            assert await host.ask(unit, 254) == b""

    in_virtual_time(scenario)


def test_a_reset_with_a_note_in_escrow_gives_it_back() -> None:
    bench = Bench()

    async def scenario() -> None:
        async with bench.plug_in() as host:
            await host.open_bills()
            await bench.do("insert 500")
            await anyio.sleep(1.5)
            await host.order(VALIDATOR, 1)
            await anyio.sleep(0.3)
            assert await host.counter(VALIDATOR) == 0
            assert await host.events(VALIDATOR, 3) == [(0, 1)]
            assert [record["event"] for record in bench.ledger.records] == RETURNED

    in_virtual_time(scenario)


def test_the_bill_counter_wraps_to_1() -> None:
    bench = Bench("counter_wrap=255")

    async def scenario() -> None:
        async with bench.plug_in() as host:
            assert await host.counter(VALIDATOR) == 255
            await host.open_bills(mode=1)
            await bench.do("insert 50")
            await anyio.sleep(4)
            assert await host.read(VALIDATOR, 159) == bytes([1, 1, 0, *[0] * 8])

    in_virtual_time(scenario)


def test_power_by_hand_ends_the_conversation_and_pieces_stay_where_they_are() -> None:
    bench = Bench()

    async def scenario() -> None:
        async with bench.plug_in() as host:
            await host.open_bills()
            await bench.do("insert 500")
            await anyio.sleep(1.5)
            assert await bench.do("power off") == "the bus is dark"
            await anyio.sleep(0.1)
            assert not host.link.is_open
            await anyio.sleep(60)
            assert bench.told()[-1] == "validator escrowed 50000"
            assert await bench.do("insert 500") == "refused at the mouth: it has no power"
        await bench.do("power on")
        async with bench.plug_in() as host:
            assert await host.events(VALIDATOR) == [(0, 1)]
            assert bench.told()[-1] == "validator returned 50000"

    in_virtual_time(scenario)


def test_reported_means_that_the_answer_got_through() -> None:
    bench = Bench("power_cut=reported", "drop_reply=159")

    async def scenario() -> None:
        async with bench.plug_in() as host:
            assert await host.ask(VALIDATOR, 159) is None
            await bench.do("fault drop_reply=159")
            await host.open_bills(mode=1)
            await bench.do("insert 500")
            await anyio.sleep(4)
            assert await host.ask(VALIDATOR, 159) is None
            assert await host.ask(VALIDATOR, 254) == b""  # still powered
            assert await host.events(VALIDATOR) == [(4, 0)]
            assert await host.ask(VALIDATOR, 254) is None

    in_virtual_time(scenario)


@pytest.mark.parametrize("seed", range(20))
def test_whatever_happens_every_piece_ends_once_and_the_counters_tell_the_truth(seed: int) -> None:
    bench = Bench()
    rng = random.Random(seed)
    orders = [*[f"insert {value}" for value in (1, 10, 50, 500, 5000, "forgery")] * 3, "insert 100 x2", "pull"]
    orders += [
        "cassette out",
        "cassette in",
        "jam",
        "jam inside",
        "jam coins",
        "clear",
        "clear",
        "full",
        "fill 10 3",
        "ids minor",
    ]
    faults = [f"power_cut={arrow}" for arrow in (*ARROWS, *COIN_ARROWS, *PAY_ARROWS)]
    faults += ["drop_reply", "late_reply", "corrupt_reply", "reset_in_session", "stuck", "jam_inside", "second_note"]

    async def scenario() -> None:
        async with bench.plug_in() as host:
            for _ in range(150):
                what = rng.randrange(4)
                if what == 0:
                    await bench.do(rng.choice(orders))
                elif what == 1 and rng.random() < 0.4:
                    await bench.do(f"fault {rng.choice(faults)}")
                else:
                    unit, header, data = rng.choice(
                        [
                            *[(VALIDATOR, 154, b"\1")] * 3,
                            (VALIDATOR, 154, b"\0"),
                            *[(VALIDATOR, 159, b""), (COINS, 229, b"")] * 3,
                            (VALIDATOR, 153, b"\3"),
                            *[(VALIDATOR, 231, b"\x7f\0"), (VALIDATOR, 228, b"\1"), (COINS, 231, b"\xff\xff")] * 2,
                            *[(HOPPER, 164, b"\xa5"), (HOPPER, 167, bytes.fromhex("DFD70A02")), (HOPPER, 166, b"")] * 2,
                            (VALIDATOR, 1, b""),
                            (HOPPER, 172, b""),
                        ]
                    )
                    await host.exchange(framed(unit, header, data), 0.05)
                await anyio.sleep(rng.choice([0.1, 0.3, 1.0]))
            bench.faults.clear()
            for order in ("clear", "cassette out", "cassette in"):
                await bench.do(order)
            await host.exchange(framed(VALIDATOR, 1), 5)
            await anyio.sleep(30)
            ends = {"rejected", "returned", "stacked"}
            for unit, name in ((COINS, "coins"), (VALIDATOR, "validator")):
                rows = [row for row in bench.ledger.records if row["unit"] == name]
                entered = [row["piece"] for row in rows if row["event"] == "entered"]
                assert sorted(row["piece"] for row in rows if row["event"] in ends) == entered
                assert await host.number(unit, 225) == sum(row["event"] == "stacked" for row in rows)
            assert await host.number(HOPPER, 168) == bench.told().count("hopper paid_out 1000")

    in_virtual_time(scenario)


def test_faults_by_command_and_in_the_picture() -> None:
    bench = Bench()

    async def scenario() -> None:
        assert await bench.do("fault power_cut@2=stacked") == "armed: power_cut@2=stacked"
        assert bench.device.picture()["faults"] == ["power_cut=stacked"]
        with pytest.raises(ValueError, match="unknown fault"):
            await bench.do("fault gremlins")
        bench.faults.clear()
        assert bench.device.picture()["faults"] == []

    in_virtual_time(scenario)
