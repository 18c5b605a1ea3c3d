"""The SSP simulator's frames, byte for byte, its sequence rule, and what it does with dirt."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ssp_host import Bench, Host, framed, played

from drivers.simulators.ssp.frames import Frame, Inlet, build

WORKED = {
    "7F 80 01 11 65 82": (0x80, "11"),
    "7F 80 01 F0 23 80": (0x80, "F0"),
    "7F 00 02 06 06 1B 94": (0x00, "06 06"),
    "7F 80 01 05 1D 82": (0x80, "05"),
    "7F 00 03 02 07 00 28 0A": (0x00, "02 07 00"),
    "7F 80 01 0A 3F 82": (0x80, "0A"),
    "7F 00 01 07 11 88": (0x00, "07"),
    "7F 00 01 F0 20 0A": (0x00, "F0"),
    "7F 80 03 F0 F1 E8 BF 8C": (0x80, "F0 F1 E8"),
    "7F 00 03 F0 EF 03 C6 76": (0x00, "F0 EF 03"),
    "7F 80 01 18 53 82": (0x80, "18"),
    "7F 00 01 08 33 88": (0x00, "08"),
    "7F 80 03 F0 EE 03 C6 4C": (0x80, "F0 EE 03"),
    "7F 00 03 F0 CC EB B5 3E": (0x00, "F0 CC EB"),
    "7F 00 02 7F 7F 7F 7F 08 03": (0x00, "7F 7F"),
    "7F 80 09 4A C5 05 8F 3A 00 00 00 00 B2 73": (0x80, "4A C5 05 8F 3A 00 00 00 00"),
}


@pytest.mark.parametrize("raw", WORKED)
def test_every_worked_frame_both_ways(raw: str) -> None:
    seq_addr, data = WORKED[raw]
    assert build(seq_addr, bytes.fromhex(data)) == bytes.fromhex(raw)
    assert Inlet().feed(bytes.fromhex(raw)) == [Frame(seq_addr, bytes.fromhex(data))]


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.sampled_from([0, 0x80, 0x10, 0x90]), st.binary(min_size=1, max_size=60)), max_size=4),
    st.integers(1, 7),
)
def test_frames_are_found_however_they_are_torn(packets: list[tuple[int, bytes]], size: int) -> None:
    stream = b"".join(build(*packet) for packet in packets)
    inlet, found = Inlet(), []
    for at in range(0, len(stream), size):
        found += inlet.feed(stream[at : at + size])
    assert found == [Frame(*packet) for packet in packets]


@settings(max_examples=100)
@given(st.binary(max_size=80))
def test_after_any_dirt_the_second_frame_is_found(dirt: bytes) -> None:
    """One packet may be swallowed: its start byte can look like the second half of a stuffed 7F."""
    inlet = Inlet()
    inlet.feed(dirt)
    found = inlet.feed(build(0, b"\x07") + build(0x80, b"\x07"))
    assert found[-1:] == [Frame(0x80, b"\x07")]


@settings(max_examples=15, deadline=None)
@given(st.lists(st.binary(min_size=1, max_size=30), max_size=3))
def test_dirt_on_the_wire_never_crashes_the_device(dirt: list[bytes]) -> None:
    async def scenario(host: Host) -> None:
        for piece in dirt:
            await host.exchange(piece, within_s=0.05)
        await host.exchange(framed(0x80, b"\x11"))
        assert await host.ask("11") == "F0"

    played(Bench(instant=True), scenario)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.binary(min_size=1, max_size=30), min_size=1, max_size=5))
def test_any_command_in_a_right_frame_is_answered(commands: list[bytes]) -> None:
    async def scenario(host: Host) -> None:
        for address in (0, 0x10):
            unit = host.at(address)
            await unit.agree_keys()
            for data in commands:
                if data[0] in (0x01, 0x61, 0x11):  # resets end the keys, SYNC the sequence
                    continue
                answer = await unit.ask(data.hex())
                assert answer[:2] in {"F0", "F2", "F3", "F4", "F5", "F8"}, data.hex()
                if data[0] in (0x4A, 0x4B, 0x4C):
                    await unit.ask("11", sealed=False)
                    await unit.agree_keys()

    played(Bench(instant=True), scenario)


def test_a_real_poll_says_the_worked_bytes() -> None:
    async def scenario(host: Host) -> list[str]:
        came = []
        for raw in ("7F 80 01 11 65 82", "7F 00 02 06 06 1B 94", "7F 80 01 07 12 02", "7F 00 01 07 11 88"):
            packet = bytes.fromhex(raw)
            if packet[3] == 7:
                packet = framed(packet[1], b"\x07")
            came.append((await host.exchange(packet)).hex(" ").upper())
        return came

    assert played(Bench(), scenario)[:3] == [
        "7F 80 01 F0 23 80",
        "7F 00 01 F0 20 0A",
        "7F 80 03 F0 F1 E8 BF 8C",
    ]


class TestSequence:
    def test_the_same_bit_repeats_the_answer_and_does_nothing(self) -> None:
        async def scenario(host: Host) -> None:
            await host.start(keys=False)
            first = await host.exchange(framed(host.bit, b"\x07"))
            assert await host.exchange(framed(host.bit, b"\x0c")) == first
            host.bit ^= 0x80
            assert (await host.ask("0C")).startswith("F0 00 41")

        played(Bench(), scenario)

    def test_an_event_whose_answer_was_lost_comes_with_the_repeat(self) -> None:
        async def scenario(host: Host) -> None:
            assert await host.ask("11") == "F0"
            host.device.faults.arm("drop_reply")
            assert await host.ask("07") == "F0 F1 E8"
            assert await host.ask("07") == "F0 E8"

        played(Bench(), scenario)

    def test_sync_makes_zero_the_next_bit(self) -> None:
        async def scenario(host: Host) -> None:
            for _ in range(2):
                assert await host.ask("11") == "F0"
                assert host.bit == 0
                assert (await host.ask("0C")).startswith("F0")

        played(Bench(), scenario)

    def test_a_wrong_checksum_and_another_address_are_met_with_silence(self) -> None:
        async def scenario(host: Host) -> None:
            assert await host.exchange(bytes.fromhex("7F 80 01 11 65 83")) == b""
            assert await host.exchange(framed(0x85, b"\x11")) == b""
            assert await host.at(0x10).ask("11") == "F0"

        played(Bench(), scenario)
