"""What the simulated units answer to questions, model by model and version by version."""

from __future__ import annotations

import pytest
from ssp_host import Bench, Host, played

from drivers.simulators.catalogue import simulator_class

RUB = " 52 55 42"
EXPANDED = RUB * 7 + " 32 00 00 00 64 00 00 00 C8 00 00 00 F4 01 00 00 E8 03 00 00 D0 07 00 00 88 13 00 00"
SETUP = {
    ("nv9", 7): "F0 00 30 33 33 33" + RUB + " 00 00 32 07 01 02 04 0A 14 28 64" + " 02" * 7 + " 00 00 64 07" + EXPANDED,
    ("nv200", 8): "F0 00 30 34 31 35"
    + RUB
    + " 00 00 32 07 01 02 04 0A 14 28 64"
    + " 02" * 7
    + " 00 00 64 08"
    + EXPANDED,
    ("nv200", 5): "F0 00 30 34 31 35" + RUB + " 00 00 32 07 01 02 04 0A 14 28 64" + " 02" * 7 + " 00 00 64 05",
    ("payout", 6): "F0 06 30 34 31 36"
    + RUB
    + " 00 00 32 07 01 02 04 0A 14 28 64"
    + " 02" * 7
    + " 00 00 64 06"
    + EXPANDED,
}


@pytest.mark.parametrize(("model", "version"), SETUP)
def test_setup(model: str, version: int) -> None:
    async def scenario(host: Host) -> str:
        await host.ask("11")
        assert await host.ask(f"06 {version:02X}") == "F0"
        return await host.ask("05")

    assert played(Bench(model=model), scenario) == SETUP[model, version]


@pytest.mark.parametrize(
    ("model", "address", "version", "answer"),
    [("payout", 0, 8, "F0"), ("payout", 0, 9, "F8"), ("nv9", 0, 8, "F8"), ("nv9", 0, 7, "F0"), ("nv9", 16, 8, "F8")],
)
def test_versions(model: str, address: int, version: int, answer: str) -> None:
    async def scenario(host: Host) -> None:
        unit = host.at(address)
        await unit.ask("11")
        assert await unit.ask(f"06 {version:02X}") == answer
        assert await unit.ask("06") == "F3"

    played(Bench(model=model), scenario)


def test_an_nv9_does_not_know_acknowledged_polls_nor_payouts() -> None:
    async def scenario(host: Host) -> None:
        await host.ask("11")
        assert await host.ask("56") == "F2"
        await host.agree_keys()
        for command in ("56", "57", "33", "22", "5C 00", "52", "60", "99"):
            assert await host.ask(command) == "F2", command
        assert (await host.ask("07")).startswith("F0 F1")

    played(Bench(model="nv9"), scenario)


def test_plain_questions() -> None:
    async def scenario(host: Host) -> None:
        await host.ask("11")
        await host.ask("06 05")
        assert await host.ask("0C") == "F0 00 41 0B 2C"
        assert await host.at(16).ask("0C") == "F0 00 52 0C 3D"
        assert await host.ask("0D") == "F0 06 30 34 31 36" + RUB + " 00 00 32 05"
        assert await host.ask("0E") == "F0 07 01 02 04 0A 14 28 64"
        assert await host.ask("0F") == "F0 07" + " 02" * 7
        assert await host.ask("20") == "F0 30 34 31 36"
        assert (await host.ask("21")).startswith("F0 52 55 42")
        assert await host.ask("4F") == "F0 06 01 00"
        assert await host.ask("17") == "F0 00"
        assert await host.ask("4D 01 00") == "F0"
        assert await host.ask("4D 07 00") == "F4"
        assert await host.ask("02") == "F3"
        for command in ("03", "04", "54 FF 00 00 00"):
            assert await host.ask(command) == "F0", command
        await host.ask("06 06")
        assert await host.ask("0E") == "F0 07 01 02 04 0A 14 28 64" + EXPANDED

    played(Bench(), scenario)


def test_the_model_is_remembered() -> None:
    bench = Bench(model="nv9")

    async def scenario(host: Host) -> None:
        await host.ask("11")

    played(bench, scenario)
    assert Bench(memory=bench.memory).device.validator.model == "nv9"


def test_it_is_in_the_catalogue() -> None:
    assert simulator_class("ssp").NAME == "ssp"
