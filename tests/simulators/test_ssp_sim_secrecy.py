"""The simulator's AES against FIPS-197, its key exchange, its counters, and what must be sealed."""

from __future__ import annotations

import random

import pytest
from ssp_host import GENERATOR, MODULUS, Bench, Host, framed, played

from drivers.simulators.ssp import aes
from drivers.simulators.ssp.secrecy import Secrecy, is_prime


class TestAes:
    @pytest.mark.parametrize(
        ("key", "clear", "sealed"),
        [
            (  # FIPS-197, appendix B
                "2b7e151628aed2a6abf7158809cf4f3c",
                "3243f6a8885a308d313198a2e0370734",
                "3925841d02dc09fbdc118597196a0b32",
            ),
            (  # FIPS-197, appendix C.1
                "000102030405060708090a0b0c0d0e0f",
                "00112233445566778899aabbccddeeff",
                "69c4e0d86a7b0430d8cdb78070b4c55a",
            ),
            (  # NIST SP 800-38A, F.1.1, the second block
                "2b7e151628aed2a6abf7158809cf4f3c",
                "ae2d8a571e03ac9c9eb76fac45af8e51",
                "f5d3d58503b9699de785895a96fdbaaf",
            ),
        ],
    )
    def test_the_published_vectors(self, key: str, clear: str, sealed: str) -> None:
        assert aes.encrypt(bytes.fromhex(key), bytes.fromhex(clear)).hex() == sealed
        assert aes.decrypt(bytes.fromhex(key), bytes.fromhex(sealed)).hex() == clear

    def test_every_block_by_itself_and_there_and_back(self) -> None:
        rng = random.Random(7)
        for _ in range(20):
            key, clear = rng.randbytes(16), rng.randbytes(48)
            sealed = aes.encrypt(key, clear)
            assert sealed[16:32] == aes.encrypt(key, clear[16:32])
            assert aes.decrypt(key, sealed) == clear


@pytest.mark.parametrize("number", [2, 3, 982451653, 1287821, (1 << 61) - 1, 18446744073709551557])
def test_primes_are_known(number: int) -> None:
    assert is_prime(number)


@pytest.mark.parametrize("number", [0, 1, 4, 561, 3215031751, 3825123056546413051, (1 << 64) - 1])
def test_and_numbers_that_only_look_prime(number: int) -> None:
    assert not is_prime(number)


def test_a_packet_opens_once() -> None:
    device, host = Secrecy(random.Random(1)), Secrecy(random.Random(2))
    for side in (device, host):
        side.generator, side.modulus = GENERATOR, MODULUS
        assert side.exchange(1) == pow(
            GENERATOR, random.Random(1 if side is device else 2).randrange(2, 1 << 31), MODULUS
        )
    packet = host.seal(b"\x07")[1:]
    assert device.open(packet) == b"\x07"
    assert device.open(packet) is None
    assert device.open(b"") is None
    assert device.open(packet[:-1]) is None
    assert device.open(bytes(16)) is None


class TestKeyExchange:
    @pytest.mark.parametrize(("generator", "modulus"), [(GENERATOR, MODULUS), (MODULUS, GENERATOR), (5, 1299709)])
    def test_with_the_generator_on_either_side_of_the_modulus(self, generator: int, modulus: int) -> None:
        async def scenario(host: Host) -> None:
            await host.ask("11")
            await host.agree_keys(generator, modulus)
            for _ in range(3):
                assert (await host.ask("0C")).startswith("F0 00 41")

        played(Bench(), scenario)

    def test_no_primes_nothing_set_and_short_numbers(self) -> None:
        async def scenario(host: Host) -> None:
            number = (1000).to_bytes(8, "little").hex()
            await host.ask("11")
            assert await host.ask("4A" + number) == "F4"
            assert await host.ask("4B" + number) == "F4"
            assert await host.ask("4C" + number) == "F8"
            assert await host.ask("4A 05 00") == "F3"
            assert await host.ask("4A C5 05 8F 3A 00 00 00 00") == "F0"
            assert await host.ask("4C" + number) == "F8"

        played(Bench(), scenario)

    def test_another_fixed_key_holds_from_the_next_exchange_and_outlives_the_power(self) -> None:
        async def scenario(host: Host) -> None:
            await host.start()
            assert await host.ask("60 01 02 03 04 05 06 07 08") == "F0"
            assert (await host.ask("0C")).startswith("F0")
            assert host.device.validator.state()["fixed_key"] == 0x0807060504030201
            await host.device.command("power off")
            await host.device.command("power on")
            await host.wait_dark()
            host.key = b""
            await host.ask("11")
            await host.agree_keys()
            assert await host.ask("0C", retry=False) == ""
            host.bit = 0x80
            assert await host.ask("61", sealed=False) == "F0"
            await host.wait_dark()
            await host.start()

        played(Bench(), scenario)


class TestSealed:
    def test_what_must_be_sealed(self) -> None:
        commands = ("33 00", "38", "3B", "3C", "3F", "46", "52", "56", "57", "60")

        async def scenario(host: Host) -> None:
            await host.ask("11")
            for command in commands:
                assert await host.ask(command) == "FA", command
            await host.agree_keys()
            for command in commands:
                assert await host.ask(command, sealed=False) == "F5", command
            assert await host.ask("0C", sealed=False) != ""

        played(Bench(), scenario)

    def test_a_sealed_packet_without_keys(self) -> None:
        async def scenario(host: Host) -> None:
            await host.ask("11")
            await host.agree_keys()
            await host.device.command("power off")
            await host.device.command("power on")
            await host.wait_dark()
            await host.ask("11", sealed=False)
            assert await host.ask("07") == "FA"

        played(Bench(), scenario)

    def test_a_wrong_count_is_dropped_without_a_word_and_the_right_one_goes_on(self) -> None:
        async def scenario(host: Host) -> None:
            await host.ask("11")
            await host.agree_keys()
            assert (await host.ask("0C")).startswith("F0")
            for wrong in (0, 7):
                host.count = wrong
                assert await host.ask("0C", retry=False) == ""
            host.count = 1
            assert (await host.ask("0C")).startswith("F0")

        played(Bench(), scenario)

    def test_the_repeat_of_a_sealed_packet_gets_the_same_bytes(self) -> None:
        async def scenario(host: Host) -> None:
            await host.ask("11")
            await host.agree_keys()
            packet = framed(host.bit, host._seal(b"\x0c"))
            assert await host.exchange(packet) == await host.exchange(packet)
            host.bit ^= 0x80
            assert (await host.ask("0C")).startswith("F0")

        played(Bench(), scenario)

    def test_sync_keeps_the_count(self) -> None:
        async def scenario(host: Host) -> None:
            await host.ask("11")
            await host.agree_keys()
            await host.ask("0C")
            await host.ask("11", sealed=False)
            assert (await host.ask("0C")).startswith("F0")

        played(Bench(), scenario)
