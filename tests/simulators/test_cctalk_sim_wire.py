"""The wire of the ccTalk simulator: every worked frame of the reference, checks, echo, timing, broadcasts, garbage."""

from __future__ import annotations

import binascii
import random

import anyio
import pytest
from cctalk_host import COINS, HOPPER, VALIDATOR, Bench, framed, in_virtual_time

from drivers.simulators.catalogue import simulator_class
from drivers.simulators.cctalk.frames import crc_ccitt

ACK_COINS, ACK_HOPPER, ACK_BILLS = "01 00 02 00 FD", "01 00 03 00 FC", "01 00 28 00 D7"


def test_the_catalogue_knows_it() -> None:
    assert simulator_class("cctalk").NAME == "cctalk"


def test_the_crc_is_the_one_of_the_reference() -> None:
    assert crc_ccitt(b"123456789") == 0x31C3 == binascii.crc_hqx(b"123456789", 0)
    assert crc_ccitt(bytes.fromhex("28 00 FE")) == 0x21B6


@pytest.mark.parametrize(
    ("sent", "came"),
    [
        ("02 00 01 FE FF", ACK_COINS),
        ("02 00 01 01 FC", ACK_COINS),
        ("02 02 01 E7 FF FF 16", ACK_COINS),
        ("02 01 01 E4 01 17", ACK_COINS),
        ("02 01 01 E4 00 18", ACK_COINS),
        ("02 01 01 B8 01 43", framed(1, 0, b"RU001A").replace(b"\x01\x06\x01", b"\x01\x06\x02").hex(" ")),
        ("02 00 01 E5 18", "01 0B 02 00" + " 00" * 11 + " F2"),
        ("03 00 01 A3 59", "01 02 03 00 C0 00 3A"),
        ("03 01 01 A4 A5 B2", ACK_HOPPER),
        ("03 00 01 A6 56", "01 04 03 00 00 00 00 00 F8"),
        ("28 00 01 9F 38", "01 0B 28 00" + " 00" * 11 + " CC"),
        ("28 01 01 9A 01 3B", "01 01 28 00 FE D8"),  # nothing in escrow
        ("28 01 01 9A 00 3C", "01 01 28 00 FE D8"),
    ],
)
def test_worked_frames(sent: str, came: str) -> None:
    bench = Bench()

    async def scenario() -> None:
        async with bench.plug_in() as host:
            answer = await host.say(sent)
            if "B8" in sent:
                assert bytes.fromhex(answer)[4:-1] == b"RU001A"
                assert sum(bytes.fromhex(answer)) % 256 == 0
            else:
                assert answer == came

    in_virtual_time(scenario)


def test_worked_frames_of_a_dispense_and_a_credit() -> None:
    bench = Bench()

    async def scenario() -> None:
        async with bench.plug_in() as host:
            await bench.do("fill 10 5")
            assert await host.say("03 01 01 A4 A5 B2") == ACK_HOPPER
            assert await host.say("03 04 01 A7 DF D7 0A 01 90") == "01 01 03 00 01 FA"
            await host.open_coins()
            await bench.do("insert 5")
            await anyio.sleep(0.35)
            assert await host.say("02 00 01 E5 18") == "01 0B 02 00 01 03 01 00 00 00 00 00 00 00 00 ED"

    in_virtual_time(scenario)


def test_the_crc_variant_hears_only_crc_frames() -> None:
    bench = Bench()

    async def scenario() -> None:
        async with bench.plug_in() as host:
            assert await host.say("28 00 B6 FE 21") == ""
            assert await bench.do("crc on") == "crc on"
            came = bytes.fromhex(await host.say("28 00 B6 FE 21"))
            assert came == framed(1, 0, crc=True)
            assert await host.say("28 00 01 FE D9") == ""
            assert await host.say("02 00 01 FE FF") == ACK_COINS
            host.crc = True
            assert await host.read(VALIDATOR, 245) == b"Bill Validator"
            await bench.do("crc off")
            assert await host.say("28 00 01 FE D9") == ACK_BILLS

    in_virtual_time(scenario)


def test_echo_can_be_taken_away_and_is_there_in_the_dark() -> None:
    bench = Bench("power_cut=pay_asked")

    async def scenario() -> None:
        async with bench.plug_in() as host:
            await bench.do("echo off")
            host.echo = False
            assert await host.say("02 00 01 FE FF") == ACK_COINS
            await bench.do("echo on")
            host.echo = True
            await host.order(HOPPER, 164, 0xA5)
            assert await host.pay(1) is None
            assert await host.say("02 00 01 FE FF") == ""  # dark; `exchange` saw the echo
            await anyio.sleep(1.3)
            assert await host.say("02 00 01 FE FF") == ACK_COINS

    in_virtual_time(scenario)


def test_a_wrong_check_or_a_stranger_is_met_with_silence() -> None:
    bench = Bench()

    async def scenario() -> None:
        async with bench.plug_in() as host:
            for strange in ("02 00 01 FE FE", "05 00 01 FE FC", "01 00 02 00 FD", "28 00 B6 FE 20"):
                assert await host.say(strange) == ""
            assert await host.say("02 00 01 FE FF") == ACK_COINS

    in_virtual_time(scenario)


def test_fifty_milliseconds_between_bytes_drop_the_frame() -> None:
    bench = Bench()

    async def scenario() -> None:
        async with bench.plug_in() as host:
            for byte in bytes.fromhex("02 00 01 FE"):
                await host.link.send(bytes([byte]))
                await anyio.sleep(0.045)
            assert await host.link.receive() == bytes.fromhex("02 00 01 FE")
            assert await host.say("FF") == ACK_COINS
            await host.say("02 00 01", wait_s=0.06)
            assert await host.say("FE FF") == ""
            await anyio.sleep(0.06)
            assert await host.say("02 00 01 FE FF") == ACK_COINS

    in_virtual_time(scenario)


def test_broadcasts() -> None:
    bench = Bench()

    async def scenario() -> None:
        async with bench.plug_in() as host:
            assert await host.say("00 00 01 FE 01", 0.5) == f"{ACK_COINS} {ACK_HOPPER} {ACK_BILLS}"
            assert await host.say("00 00 01 FD 02", 0.5) == "02 03 28"
            assert await host.say("00 00 01 F5 0A", 0.5) == ""  # 245 is no broadcast
            await host.open_coins()
            assert await host.say("00 00 01 01 FE", 0.5) == f"{ACK_COINS} {ACK_HOPPER} {ACK_BILLS}"
            await anyio.sleep(0.3)
            assert await host.read(COINS, 230) == b"\0\0"

    in_virtual_time(scenario)


def test_who_they_say_they_are() -> None:
    bench = Bench()

    async def scenario() -> None:
        async with bench.plug_in() as host:
            for unit, category in ((COINS, b"Coin Acceptor"), (HOPPER, b"Payout"), (VALIDATOR, b"Bill Validator")):
                assert await host.read(unit, 245) == category
                for header in (246, 244, 241, 192):
                    assert (await host.read(unit, header)).isascii()
                assert len(await host.read(unit, 242)) == 3
                assert await host.read(unit, 4) == bytes([1, 4, 6])
                assert await host.read(unit, 232) == b"\0"
                assert await host.read(unit, 249) == bytes([2, 20])  # 20 times 10 ms
                assert await host.read(unit, 255) == b""
                assert await host.ask(unit, 99) == "nak"
                assert await host.ask(unit, 245, b"\0") == "nak"
            assert await host.read(HOPPER, 242) == bytes.fromhex("DFD70A")
            assert await host.ask(HOPPER, 160) == "nak"
            assert await host.ask(HOPPER, 161, bytes(8)) == "nak"

    in_virtual_time(scenario)


def test_a_unit_is_deaf_for_250_ms_after_power_up_and_reset() -> None:
    bench = Bench()

    async def scenario() -> None:
        async with bench.plug_in(boot_s=0) as host:
            assert await host.say("02 00 01 FE FF") == ""
            await anyio.sleep(0.2)
            assert await host.say("02 00 01 FE FF") == ACK_COINS
            await host.order(COINS, 1)
            assert await host.ask(COINS, 254) is None
            assert await host.say("03 00 01 FE FE") == ACK_HOPPER
            await anyio.sleep(0.2)
            assert await host.ask(COINS, 254) == b""

    in_virtual_time(scenario)


@pytest.mark.parametrize("seed", range(5))
def test_garbage_never_crashes_it(seed: int) -> None:
    bench = Bench()
    rng = random.Random(seed)

    async def scenario() -> None:
        async with bench.plug_in() as host:
            for _ in range(200):
                dest, header = rng.choice([0, 2, 3, 40, rng.randrange(256)]), rng.randrange(256)
                whole = framed(dest, header, rng.randbytes(rng.choice([0, 1, 2, 4, rng.randrange(20)])))
                kind = rng.randrange(3)
                await host.link.send(
                    whole if kind == 0 else whole[: rng.randrange(len(whole))] if kind == 1 else rng.randbytes(9)
                )
                await anyio.sleep(rng.choice([0, 0, 0.06]))
            await anyio.sleep(1)
            with anyio.move_on_after(0.1):
                while True:
                    await host.link.receive()
            for unit in (COINS, HOPPER, VALIDATOR):
                assert await host.ask(unit, 254) == b""

    in_virtual_time(scenario)


@pytest.mark.parametrize("unplugged_in", [0.0, 1.0])
def test_the_host_may_go_and_come_back(unplugged_in: float) -> None:
    bench = Bench()

    async def scenario() -> None:
        async with bench.plug_in() as host:
            await host.open_bills()
            await bench.do("insert 500")
            await anyio.sleep(unplugged_in)
        async with bench.plug_in() as host:  # three seconds later
            assert await host.events(VALIDATOR) == [(4, 1)]

    in_virtual_time(scenario)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_on_either_loop_with_real_time(backend: str) -> None:
    bench = Bench(instant=True)

    async def scenario() -> None:
        async with bench.plug_in(boot_s=0.05) as host:
            await host.open_coins()
            await bench.do("insert 10")
            assert await host.events(COINS) == [(4, 1)]
            await bench.do("fill 10 2")
            await host.order(HOPPER, 164, 0xA5)
            assert await host.pay(2) == bytes([1])
            assert await host.read(HOPPER, 166) == bytes([1, 0, 2, 0])

    anyio.run(scenario, backend=backend)
