"""The simulated ID-003 validator byte for byte: worked frames, settings, tables, and whatever else may come in."""

from __future__ import annotations

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from id003_host import Bench, body_of, framed, in_virtual_time

from drivers.simulators.id003.frames import Ear
from drivers.simulators.id003.frames import framed as said

WORKED = {
    "11": "FC 05 11 27 56",
    "50": "FC 05 50 AA 05",
    "40": "FC 05 40 2B 15",
    "41": "FC 05 41 A2 04",
    "43": "FC 05 43 B0 27",
    "44": "FC 05 44 0F 53",
    "C300": "FC 06 C3 00 04 D6",
    "1361": "FC 06 13 61 B0 FB",
    "1561": "FC 06 15 61 60 AF",
    "16": "FC 05 16 98 22",
    "1A": "FC 05 1A F4 E8",
}
TABLE = {  # escrow code -> value, zeros
    0x61: (1, 1),
    0x62: (5, 1),
    0x63: (1, 2),
    0x64: (2, 2),
    0x65: (5, 2),
    0x66: (1, 3),
    0x67: (2, 3),
    0x68: (5, 3),
}


@pytest.mark.parametrize("body", WORKED)
def test_the_frames_of_the_reference(body: str) -> None:
    frame = bytes.fromhex(WORKED[body])
    assert framed(body) == frame
    data = bytes.fromhex(body)
    assert said(data[0], data[1:]) == frame
    assert Ear().hear(frame, 0.0) == [data]


@given(
    st.lists(st.binary(min_size=1, max_size=8)), st.binary(max_size=30).map(lambda noise: noise.replace(b"\xfc", b""))
)
def test_frames_are_found_byte_by_byte_and_between_noise(bodies: list[bytes], noise: bytes) -> None:
    stream = b"".join(noise + said(body[0], body[1:]) for body in bodies) + noise
    whole = Ear()
    assert whole.hear(stream, 0.0) == bodies
    ear = Ear()
    assert [body for byte in stream for body in ear.hear(bytes([byte]), 0.0)] == bodies


@given(st.lists(st.binary(max_size=40), max_size=8))
def test_after_any_garbage_and_a_pause_a_frame_is_heard(pieces: list[bytes]) -> None:
    ear = Ear()
    for at, piece in enumerate(pieces):
        ear.hear(piece, at * 0.01)
    assert ear.hear(said(0x11), 10.0) == [b"\x11"]


def test_a_damaged_torn_or_short_frame_is_answered_by_silence() -> None:
    async def scenario() -> None:
        bench = Bench()
        async with bench.started() as host:
            for wrong in ("FC 05 11 27 57", "FC 05 11 27", "FC 04 27 56", "05 11 27 56", "FC"):
                await host.link.send(bytes.fromhex(wrong))
                assert await host.hear() == "", wrong
                await anyio.sleep(0.2)
                assert await host.poll() == "11"

    in_virtual_time(scenario)


def test_two_frames_in_one_breath_are_answered_both() -> None:
    async def scenario() -> None:
        async with Bench().started() as host:
            await host.link.send(framed("11") + framed("83") + framed("11")[:3])
            assert [await host.hear(), await host.hear(), await host.hear()] == ["11", "8300", ""]
            await host.link.send(framed("11")[3:])
            assert await host.hear() == "", "the end of a frame that was torn too long ago"

    in_virtual_time(scenario)


def test_a_frame_in_pieces_is_one_frame() -> None:
    async def scenario() -> None:
        async with Bench().started() as host:
            for byte in framed("C0FF00"):
                await host.link.send(bytes([byte]))
                await anyio.sleep(0.016)
            assert await host.hear() == "C0FF00"

    in_virtual_time(scenario)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.binary(max_size=20) | st.binary(min_size=1, max_size=4).map(lambda body: framed(body.hex()))))
def test_nothing_that_a_host_sends_stops_it(pieces: list[bytes]) -> None:
    async def scenario() -> None:
        async with Bench().started() as host:
            for piece in pieces:
                await host.link.send(piece)
                await anyio.sleep(0.05)
            await anyio.sleep(0.5)
            while await host.hear():
                pass
            assert body_of(framed(await host.poll()))

    in_virtual_time(scenario)


class TestSettings:
    @pytest.mark.parametrize("body", ["C01200", "C1FF01", "C200", "C301", "C403", "C50100"])
    def test_a_setting_is_echoed(self, body: str) -> None:
        async def scenario() -> None:
            async with Bench().started() as host:
                assert await host.ask(body) == body

        in_virtual_time(scenario)

    @pytest.mark.parametrize(
        ("set_to", "get"), [("C01200", "80"), ("C1FF01", "81"), ("C301", "83"), ("C403", "84"), ("C50100", "85")]
    )
    def test_a_setting_is_told_and_lost_at_a_reset(self, set_to: str, get: str) -> None:
        async def scenario() -> None:
            async with Bench().started() as host:
                await host.ask(set_to)
                assert await host.ask(get) == get + set_to[2:]
                assert await host.ask("40") == "50"
                lost = "01" if get == "83" else "00" * (len(set_to) // 2 - 1)
                assert await host.ask(get) == get + lost
                assert (await host.until("1A")) == ["1B", "1A"]

        in_virtual_time(scenario)

    @pytest.mark.parametrize(
        "body",
        ["C0", "C000", "C0000000", "C3", "C302", "C201", "C600", "C7FC", "82", "99", "FF", "1100", "5000", "4100"],
    )
    def test_what_it_does_not_know_is_an_invalid_command(self, body: str) -> None:
        async def scenario() -> None:
            async with Bench().started() as host:
                assert await host.ask(body) == "4B"
                assert await host.poll() == "11"

        in_virtual_time(scenario)

    def test_barcodes_are_known_to_a_unit_that_has_them(self) -> None:
        async def scenario() -> None:
            async with Bench().started() as host:
                await host.device.command("barcode on")
                assert await host.ask("C60112") == "C60112"
                assert await host.ask("C7FC") == "C7FC"

        in_virtual_time(scenario)

    def test_settings_are_taken_while_it_initialises(self) -> None:
        async def scenario() -> None:
            async with Bench().plug_in() as host:
                await host.until("40")
                await host.ask("40")
                assert await host.poll() == "1B"
                await host.enable()
                assert await host.until("11") == ["1B", "11"]

        in_virtual_time(scenario)


def test_version_and_currency_table() -> None:
    async def scenario() -> None:
        async with Bench().started() as host:
            version = bytes.fromhex(await host.ask("88"))
            assert version[0] == 0x88
            assert version[1:].decode("ascii").startswith("ID003")
            table = bytes.fromhex(await host.ask("8A"))[1:]
            records = [table[at : at + 4] for at in range(0, len(table), 4)]
            assert {code: (value, zeros) for code, _country, value, zeros in records} == TABLE
            assert len({country for _code, country, _value, _zeros in records}) == 1

    in_virtual_time(scenario)
