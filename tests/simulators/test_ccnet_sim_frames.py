"""The CCNET simulator on the line: worked frames byte for byte, torn, garbled and foreign frames, ACK and NAK."""

from __future__ import annotations

import random

import anyio
import pytest
from ccnet_sim_host import Bench, Host, crc, frame, scenario, virtual
from hypothesis import given
from hypothesis import strategies as st

from drivers.simulators.ccnet import notes
from drivers.simulators.ccnet.line import Line, framed

SAID = {
    "10": "02 03 06 10 43 92",
    "12": "02 03 06 12 51 B1",
    "13": "02 03 06 13 D8 A0",
    "14": "02 03 06 14 67 D4",
    "15": "02 03 06 15 EE C5",
    "17": "02 03 06 17 FC E6",
    "19": "02 03 06 19 82 0F",
    "00": "02 03 06 00 C2 82",
    "FF": "02 03 06 FF BA 8D",
    "30": "02 03 06 30 41 B3",
    "41": "02 03 06 41 4F D1",
    "1B 0A": "02 03 07 1B 0A 23 61",
    "1C 68": "02 03 07 1C 68 3F 6C",
    "80 03": "02 03 07 80 03 17 01",
    "81 03": "02 03 07 81 03 CF 18",
    "82 03": "02 03 07 82 03 A7 32",
    "47 50": "02 03 07 47 50 AB E6",
}
ASKED = {
    "33": "02 03 06 33 DA 81",
    "31": "02 03 06 31 C8 A2",
    "37": "02 03 06 37 FE C7",
    "34 FFFFFF FFFFFF": "02 03 0C 34 FF FF FF FF FF FF FE F7",
    "34 00000C 00000C": "02 03 0C 34 00 00 0C 00 00 0C 4F 51",
    "34 000000 000000": "02 03 0C 34 00 00 00 00 00 00 17 0C",
    "35": "02 03 06 35 EC E4",
    "36": "02 03 06 36 77 D6",
    "38": "02 03 06 38 09 3F",
    "5B": "02 03 06 5B 94 6E",
}


@pytest.mark.parametrize("body", SAID)
def test_what_it_says_is_framed_as_in_the_worked_examples(body: str) -> None:
    assert framed(bytes.fromhex(body)).hex(" ").upper() == SAID[body]


@pytest.mark.parametrize("body", ASKED)
def test_it_hears_the_worked_frames(body: str) -> None:
    assert frame(body).hex(" ").upper() == ASKED[body], "the test's own frames"
    (heard,) = Line().feed(bytes.fromhex(ASKED[body]), 0.0)
    assert (heard.address, heard.body, heard.sound) == (3, bytes.fromhex(body), True)


def test_the_worked_bill_table() -> None:
    """Eight types of RUB, from the reference."""
    words = b"".join(notes.word(value, b"RUB") for value in (10, 50, 100, 200, 500, 1000, 2000, 5000))
    reply = framed(words.ljust(120, b"\0"))
    assert reply[:18].hex(" ").upper() == "02 03 7D 01 52 55 42 01 05 52 55 42 01 01 52 55 42 02"
    assert reply[-2:].hex(" ").upper() == "71 E0"


@scenario(started=False)
async def test_a_session_in_literal_bytes(bench: Bench, host: Host) -> None:
    """Power-up, RESET, masks, a note of type 3, stacked: every byte of it."""

    async def exchange(asked: str, said: str, ack: bool = True) -> None:
        await host.say(asked)
        await anyio.sleep(0.004)
        assert (await host.link.receive()).hex(" ").upper() == said
        if ack:
            await host.say("02 03 06 00 C2 82")
        await anyio.sleep(0.02)

    await exchange(ASKED["33"], SAID["10"])
    await exchange("02 03 06 30 41 B3", SAID["00"], ack=False)
    await exchange(ASKED["33"], SAID["13"])
    await anyio.sleep(3)
    await exchange(ASKED["33"], SAID["19"])
    await exchange(ASKED["34 00000C 00000C"], SAID["00"], ack=False)
    await exchange(ASKED["33"], SAID["14"])
    await exchange("02 03 06 41 4F D1", SAID["30"], ack=False)  # the table is not told while idling
    await bench.do("insert 500")
    await exchange(ASKED["33"], SAID["15"])
    await anyio.sleep(1.2)
    await exchange(ASKED["33"], SAID["80 03"])
    await exchange(ASKED["35"], SAID["00"], ack=False)
    await exchange(ASKED["33"], SAID["17"])
    await anyio.sleep(1)
    await exchange(ASKED["33"], SAID["81 03"])
    await exchange(ASKED["33"], SAID["14"])


@scenario()
async def test_other_addresses_are_not_answered(bench: Bench, host: Host) -> None:
    for address in (0, 1, 2, 4, 0x0E, 0xFF):
        await host.say(frame("33", address))
        assert await host.hear() is None


@scenario()
async def test_a_wrong_crc_is_answered_with_nak_and_does_nothing(bench: Bench, host: Host) -> None:
    good = frame("34 000000 000000")
    await host.say(good[:-1] + bytes((good[-1] ^ 1,)))
    assert await host.hear() == "FF"
    assert await host.poll() == "14"


@scenario()
async def test_what_it_does_not_know_is_illegal_and_a_wrong_length_is_not_understood(bench: Bench, host: Host) -> None:
    for code in ("50", "52", "60", "66", "F0", "99", "3A"):
        assert await host.ask(code) == "30", code
    for body in ("34", "34 FFFFFF", "30 00", "33 01", "32 00", "5A 00", "39 0109 00", "39 0209", "39 0105", "39 0113"):
        assert await host.ask(body) == "FF", body
    assert await host.ask("39 0112") == "00"


@scenario()
async def test_a_gap_of_more_than_5_ms_drops_the_frame(bench: Bench, host: Host) -> None:
    poll = frame("33")
    await host.say(poll[:4])
    await anyio.sleep(0.006)
    await host.say(poll[4:])
    assert await host.hear() is None
    await anyio.sleep(0.006)
    for byte in poll:
        await host.say(bytes((byte,)))
        await anyio.sleep(0.0049)
    assert await host.hear() == "14"


@scenario()
async def test_a_frame_after_noise_is_found(bench: Bench, host: Host) -> None:
    await host.say(b"\x55\xff\x02\x00\x02" + frame("33"))
    assert await host.hear() == "14"
    await host.say(b"\x02\x03\xfa\x33")  # announces more than comes
    await anyio.sleep(0.02)
    assert await host.poll() == "14"


@scenario()
async def test_the_long_form_is_not_known(bench: Bench, host: Host) -> None:
    long = bytes.fromhex("02 03 00 33 00 08")
    await host.say(long + crc(long))
    assert await host.hear() is None
    await anyio.sleep(0.02)
    assert await host.poll() == "14"


@scenario()
async def test_an_answer_takes_a_few_milliseconds(bench: Bench, host: Host) -> None:
    began = anyio.current_time()
    await host.say(frame("33"))
    assert await host.hear() == "14"
    assert 0.001 < anyio.current_time() - began < 0.010


@scenario()
async def test_nak_repeats_the_last_data_and_only_data(bench: Bench, host: Host) -> None:
    await host.say(frame("31"))
    assert await host.hear() == "FF FF FF 00 00 00"
    for _ in range(3):
        await host.say(frame("FF"))
        assert await host.hear() == "FF FF FF 00 00 00"
    await host.say(frame("00"))
    await anyio.sleep(0.02)
    await host.say(frame("FF"))
    assert await host.hear() is None, "it was acknowledged"
    await host.ask("34 FFFFFF FFFFFF")
    await host.say(frame("FF"))
    assert await host.hear() is None, "an ACK is no data"


@scenario()
async def test_it_speaks_only_when_asked(bench: Bench, host: Host) -> None:
    """Data that nobody acknowledged does not come again by itself."""
    assert await host.poll(ack=False) == "14"
    assert await host.hear(10) is None


@scenario()
async def test_impatience_is_noticed(bench: Bench, host: Host) -> None:
    assert bench.device.picture()["manners"] == {"too_soon_after_ack": 0, "polls_too_close": 0}
    await host.say(frame("33"))
    await host.hear()
    await host.say(frame("00"))
    await anyio.sleep(0.005)
    await host.say(frame("33"))
    assert await host.hear() == "14", "it copes"
    assert bench.device.picture()["manners"]["too_soon_after_ack"] == 1
    assert bench.device.picture()["manners"]["polls_too_close"] >= 1


@given(pieces=st.lists(st.binary(max_size=40) | st.sampled_from([frame("33"), frame("30"), frame("34FFFFFFFFFFFF")])))
def test_no_bytes_confuse_the_line_for_longer_than_a_pause(pieces: list[bytes]) -> None:
    line, at = Line(), 1.0
    for piece in pieces:
        at += 0.002
        line.feed(piece, at)
    assert [heard.body for heard in line.feed(frame("33"), at + 0.006)] == [b"\x33"]


@given(bodies=st.lists(st.binary(min_size=1, max_size=30), max_size=6), cuts=st.integers(1, 7))
def test_frames_are_found_however_they_are_cut_or_joined(bodies: list[bytes], cuts: int) -> None:
    stream = b"".join(frame(body.hex()) for body in bodies)
    line = Line()
    heard = [h for at in range(0, len(stream), cuts) for h in line.feed(stream[at : at + cuts], 1.0)]
    assert [h.body for h in heard] == bodies
    assert all(h.sound for h in heard)


@pytest.mark.parametrize("seed", range(5))
def test_garbage_on_the_line_never_stops_the_unit(seed: int) -> None:
    """Random bytes, torn frames and random commands, in any state: it goes on, and loses no note."""

    async def run() -> None:
        rng = random.Random(seed)
        bench = Bench()
        async with bench.plug_in() as host:
            await host.start()
            for _ in range(300):
                match rng.randrange(5):
                    case 0:
                        await host.say(rng.randbytes(rng.randrange(1, 30)))
                    case 1:
                        await host.say(frame(f"{rng.randrange(256):02X}"))
                    case 2:
                        whole = frame(rng.choice(["33", "35", "36", "38", "34 FFFFFF FFFFFF", "30"]))
                        await host.say(whole[: rng.randrange(1, len(whole) + 1)])
                    case 3:
                        await bench.do(rng.choice(["insert 500", "insert 100", "insert unknown", "insert forgery"]))
                    case 4:
                        await host.ask(rng.choice(["33", "34 FFFFFF FFFFFF", "35", "33"]))
                await anyio.sleep(rng.choice([0.001, 0.01, 0.3]))
            await anyio.sleep(15)
            while await host.hear() is not None:
                pass
            assert await host.ask("30") == "00"
            await host.watch("19")
            entered = len(bench.events("entered"))
            assert len(bench.events("stacked", "returned", "rejected")) == entered > 0
            assert await host.counter() == len(bench.stacked())

    virtual(run)
