"""The simulated bill validator: escrow and its patience, routing, refusals, the cassette, jams, what people do."""

from __future__ import annotations

import anyio
import pytest
from cctalk_host import VALIDATOR, Bench, in_virtual_time

ENTERED = "validator entered 50000"


def test_ids_and_scaling() -> None:
    bench = Bench()

    async def scenario() -> None:
        async with bench.plug_in() as host:
            ids = [await host.read(VALIDATOR, 157, bill) for bill in range(1, 17)]
            named = [b"RU0050A", b"RU0100A", b"RU0200A", b"RU0500A", b"RU1000A", b"RU2000A", b"RU5000A"]
            assert ids == [*named, *[b"......."] * 9]
            assert await host.ask(VALIDATOR, 157, b"\0") == "nak"
            assert await host.read(VALIDATOR, 156, *b"RU") == bytes([100, 0, 2])
            assert await host.read(VALIDATOR, 156, *b"GB") == bytes(3)
            assert await host.read(VALIDATOR, 145) == await host.read(VALIDATOR, 145, *b"RU") == b"RU2601"
            assert await host.read(VALIDATOR, 213) == b"\3"

    in_virtual_time(scenario)


def test_after_power_up_and_reset_nothing_is_accepted_and_escrow_is_off() -> None:
    bench = Bench()

    async def scenario() -> None:
        async with bench.plug_in() as host:
            for _ in range(2):
                state = [await host.read(VALIDATOR, header) for header in (230, 227, 152)]
                assert state == [b"\0\0", b"\0", b"\1"]
                assert await bench.do("insert 500") == "refused at the mouth: it does not accept"
                await host.open_bills(0x0102)
                state = [await host.read(VALIDATOR, header) for header in (230, 227, 152)]
                assert state == [b"\2\1", b"\1", b"\3"]
                await host.order(VALIDATOR, 1)
                await anyio.sleep(0.3)
                assert await bench.do("insert 500") == "refused at the mouth: it is starting"
                await anyio.sleep(2)
            assert bench.told() == []

    in_virtual_time(scenario)


def test_a_note_stacked_is_a_credit_only_once_it_is_in_the_cassette() -> None:
    bench = Bench()

    async def scenario() -> None:
        async with bench.plug_in() as host:
            await host.open_bills()
            assert await bench.do("insert 500") == "500 went in"
            assert await bench.do("insert 500") == "refused at the mouth: another bill is inside"
            assert await host.events(VALIDATOR) == []
            await anyio.sleep(1.2)
            assert await host.events(VALIDATOR) == [(4, 1)]
            assert bench.told() == [ENTERED, "validator escrowed 50000"]
            await host.order(VALIDATOR, 154, 1)
            assert await host.read(VALIDATOR, 154, 0) == bytes([254])  # decided already
            await anyio.sleep(1.3)
            assert await host.events(VALIDATOR) == [(4, 1)]
            assert bench.device.picture()["validator"]["place"] == "past_return"
            await anyio.sleep(0.5)
            assert await host.events(VALIDATOR) == [(4, 1), (4, 0)]
            assert bench.told()[2:] == ["validator stacked 50000"]
            assert await host.number(VALIDATOR, 225) == await host.number(VALIDATOR, 226) == 1

    in_virtual_time(scenario)


def test_given_back_on_the_hosts_word() -> None:
    bench = Bench()

    async def scenario() -> None:
        async with bench.plug_in() as host:
            await host.open_bills()
            await bench.do("insert 500")
            await anyio.sleep(1.5)
            assert await host.ask(VALIDATOR, 154, b"\2") == "nak"
            await host.order(VALIDATOR, 154, 0)
            assert await host.events(VALIDATOR, 1.5) == [(4, 1), (0, 1)]
            assert bench.told()[1:] == ["validator escrowed 50000", "validator returned 50000"]
            assert await host.number(VALIDATOR, 225) == 0

    in_virtual_time(scenario)


def test_its_patience_ends_after_ten_seconds_unless_it_is_asked_to_hold() -> None:
    bench = Bench()

    async def scenario() -> None:
        async with bench.plug_in() as host:
            await host.open_bills()
            await bench.do("insert 500")
            await anyio.sleep(1.2)
            await anyio.sleep(9)
            await host.order(VALIDATOR, 154, 255)
            await anyio.sleep(9)
            assert bench.device.picture()["validator"]["state"] == "escrow"
            await anyio.sleep(2)
            assert await host.events(VALIDATOR) == [(4, 1), (0, 1)]

    in_virtual_time(scenario)


def test_without_escrow_it_goes_straight_in() -> None:
    bench = Bench()

    async def scenario() -> None:
        async with bench.plug_in() as host:
            await host.open_bills(mode=1)
            await bench.do("insert 500")
            assert await host.events(VALIDATOR, 3) == [(4, 0)]
            assert bench.told() == [ENTERED, "validator stacked 50000"]

    in_virtual_time(scenario)


@pytest.mark.parametrize(
    ("piece", "mask", "code"), [("forgery", 0x7F, 2), ("500", 0x77, 4), ("unknown", 0x7F, 4), ("500", 0x7F, 0)]
)
def test_what_it_does_not_want_comes_out_with_a_status(piece: str, mask: int, code: int) -> None:
    bench = Bench()

    async def scenario() -> None:
        async with bench.plug_in() as host:
            await host.open_bills(mask)
            await bench.do(f"insert {piece}")
            if not code:
                await host.order(VALIDATOR, 228, 0)
            assert await host.events(VALIDATOR, 2.5) == [(0, code)]
            assert await host.number(VALIDATOR, 194) == 1
            assert [line.split()[1] for line in bench.told()] == ["entered", "rejected"]

    in_virtual_time(scenario)


def test_a_note_without_an_id_can_be_enabled_all_the_same() -> None:
    bench = Bench()

    async def scenario() -> None:
        async with bench.plug_in() as host:
            await host.open_bills(0xFFFF)
            await bench.do("insert unknown")
            assert await host.events(VALIDATOR, 1.5) == [(16, 1)]

    in_virtual_time(scenario)


def test_a_note_in_the_transport_can_be_pulled_and_another_put_in() -> None:
    bench = Bench()

    async def scenario() -> None:
        async with bench.plug_in() as host:
            await host.open_bills()
            assert await bench.do("pull") == "there is no note to pull"
            await bench.do("insert 500")
            await anyio.sleep(0.3)
            assert await bench.do("pull") == "the note was pulled out"
            await bench.do("insert 1000")
            assert await host.events(VALIDATOR, 2) == [(0, 8), (5, 1)]
            assert await bench.do("pull") == "there is no note to pull"
            assert bench.told() == [
                ENTERED,
                "validator rejected 50000",
                "validator entered 100000",
                "validator escrowed 100000",
            ]

    in_virtual_time(scenario)


def test_notes_one_after_the_other() -> None:
    bench = Bench()

    async def scenario() -> None:
        async with bench.plug_in() as host:
            await host.open_bills(mode=1)
            assert await bench.do("insert 100 x3") == "100 went in"
            assert await host.events(VALIDATOR, 12) == [(2, 0)] * 3
            assert bench.told().count("validator stacked 10000") == 3

    in_virtual_time(scenario)


def test_the_cassette_out_and_in() -> None:
    bench = Bench()

    async def scenario() -> None:
        async with bench.plug_in() as host:
            await host.open_bills(mode=1)
            await bench.do("insert 500")
            await anyio.sleep(3)
            assert await bench.do("cassette out") == "the cassette is out"
            assert await host.read(VALIDATOR, 232) == bytes([44])
            assert await bench.do("insert 500") == "refused at the mouth: there is no cassette"
            assert await bench.do("cassette in") == "the cassette is in"
            assert await host.events(VALIDATOR) == [(4, 0), (0, 11), (0, 12)]
            assert await host.read(VALIDATOR, 232) == b"\0"
            assert bench.told()[2:] == ["validator cassette_out 50000", "validator cassette_in"]

    in_virtual_time(scenario)


@pytest.mark.parametrize("trouble", ["cassette out", "full"])
def test_a_note_in_escrow_cannot_be_stacked_where_there_is_no_room(trouble: str) -> None:
    bench = Bench()

    async def scenario() -> None:
        async with bench.plug_in() as host:
            await host.open_bills()
            await bench.do("insert 500")
            await anyio.sleep(1.5)
            await bench.do(trouble)
            assert await host.read(VALIDATOR, 154, 1) == bytes([255])
            await host.order(VALIDATOR, 154, 0)
            assert await host.events(VALIDATOR, 1) == [(4, 1), (0, 11 if "out" in trouble else 14), (0, 1)]

    in_virtual_time(scenario)


def test_full_until_the_cassette_is_changed() -> None:
    bench = Bench()

    async def scenario() -> None:
        async with bench.plug_in() as host:
            await host.open_bills()
            await bench.do("full")
            assert await host.read(VALIDATOR, 232) == bytes([45])
            assert await bench.do("insert 500") == "refused at the mouth: the cassette is full"
            await host.order(VALIDATOR, 1)
            await anyio.sleep(2)
            assert await host.events(VALIDATOR) == [(0, 14)]
            await bench.do("cassette out")
            await bench.do("cassette in")
            await host.open_bills()
            assert await bench.do("insert 500") == "500 went in"

    in_virtual_time(scenario)


@pytest.mark.parametrize(
    ("after_s", "order", "codes", "end"),
    [
        (0.3, "jam", [(0, 6), (0, 1)], "rejected"),
        (1.5, "jam", [(4, 1), (0, 16), (0, 1)], "returned"),
        (2.3, "jam", [(4, 1), (0, 7), (0, 10), (4, 0)], "stacked"),
        (2.3, "jam inside", [(4, 1), (0, 7), (0, 10), (4, 0)], "stacked"),
    ],
)
def test_a_jam_stands_until_it_is_cleared(after_s: float, order: str, codes: list[tuple[int, int]], end: str) -> None:
    bench = Bench()

    async def scenario() -> None:
        async with bench.plug_in() as host:
            await host.open_bills()
            await bench.do("insert 500")
            if after_s > 2:
                await anyio.sleep(1.3)
                await host.order(VALIDATOR, 154, 1)
                await anyio.sleep(0.7)
            else:
                await anyio.sleep(after_s)
            assert await bench.do(order) == "jammed"
            assert (await host.read(VALIDATOR, 232))[0] in (38, 39)
            if after_s == 1.5:
                assert await host.read(VALIDATOR, 154, 0) == bytes([255])
            await anyio.sleep(15)
            assert len(await host.events(VALIDATOR)) == len(codes) - (2 if end == "stacked" else 1)
            await bench.do("clear")
            assert await host.events(VALIDATOR, 1.5) == codes
            assert await host.read(VALIDATOR, 232) == b"\0"
            assert bench.told()[-1] == f"validator {end} 50000"

    in_virtual_time(scenario)


def test_a_jam_outlives_a_reset_and_the_note_is_settled_when_it_is_cleared() -> None:
    bench = Bench("jam_inside")

    async def scenario() -> None:
        async with bench.plug_in() as host:
            await host.open_bills(mode=1)
            await bench.do("insert 500")
            assert await host.events(VALIDATOR, 3) == [(0, 7)]
            await host.order(VALIDATOR, 1)
            await anyio.sleep(3)
            assert await host.events(VALIDATOR) == [(0, 7)]
            await bench.do("clear")
            assert await host.events(VALIDATOR, 1.5) == [(0, 7), (0, 10), (4, 0)]

    in_virtual_time(scenario)


def test_the_stacker_jams_with_no_note_inside() -> None:
    bench = Bench()

    async def scenario() -> None:
        async with bench.plug_in() as host:
            await bench.do("jam inside")
            assert await host.events(VALIDATOR) == [(0, 15)]
            assert await host.read(VALIDATOR, 232) == bytes([38])
            await bench.do("clear")
            assert await host.events(VALIDATOR) == [(0, 15), (0, 10)]

    in_virtual_time(scenario)


def test_a_jam_ordered_ahead_meets_the_next_note() -> None:
    bench = Bench()

    async def scenario() -> None:
        async with bench.plug_in() as host:
            await host.open_bills()
            assert await bench.do("jam") == "the next note jams"
            await bench.do("insert 500")
            assert await host.events(VALIDATOR, 2) == [(0, 6)]
            assert await bench.do("pull") == "there is no note to pull"

    in_virtual_time(scenario)


def test_a_note_on_a_string() -> None:
    bench = Bench()

    async def scenario() -> None:
        async with bench.plug_in() as host:
            await host.open_bills()
            await bench.do("cheat")
            await bench.do("insert 500")
            assert await host.events(VALIDATOR, 2.5) == [(0, 18)]
            assert await host.number(VALIDATOR, 193) == 1

    in_virtual_time(scenario)


def test_an_instant_device_still_has_patience() -> None:
    bench = Bench(instant=True)

    async def scenario() -> None:
        async with bench.plug_in(boot_s=0.1) as host:
            await host.open_bills()
            await bench.do("insert 500")
            assert await host.events(VALIDATOR) == [(4, 1)]
            await anyio.sleep(9)
            await host.order(VALIDATOR, 154, 1)
            assert await host.events(VALIDATOR) == [(4, 1), (4, 0)]

    in_virtual_time(scenario)
