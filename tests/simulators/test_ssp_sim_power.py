"""The power goes at each place where money passes: where the money is then, and what the device says afterwards."""

from __future__ import annotations

import anyio
import pytest
from ssp_host import Bench, Host, played

from drivers.simulators.ssp.device import SspSimulator

V500 = "50 C3 00 00 52 55 42"
V200 = "20 4E 00 00 52 55 42"

# arrow, ledger at the end, the first poll after the start (validator without payout), stacked counter
PLAIN = [
    ("entering", ["entered", "rejected"], "F0 F1 E1 00 E8", 0),
    ("escrowed", ["entered", "escrowed", "returned"], "F0 F1 E1 04 E8", 0),
    ("stack_asked", ["entered", "escrowed", "returned"], "F0 F1 E1 04 E8", 0),
    ("stacking", ["entered", "escrowed", "stacked"], "F0 F1 E2 04 E8", 1),
    ("stacked", ["entered", "escrowed", "stacked"], "F0 F1 E8", 1),  # an event of plain polls is lost: counters say it
    ("reported", ["entered", "escrowed", "stacked"], "F0 F1 E8", 1),
    ("acknowledged", ["entered", "escrowed", "stacked"], "F0 F1 E8", 1),
]


async def poll_until_dark(host: Host, *, acknowledge: bool = False) -> None:
    while await host.ask("56" if host.key else "07", retry=False):
        if acknowledge:
            await host.ask("57", retry=False)
        await anyio.sleep(0.1)


async def insert_until_dark(host: Host, order: str = "insert 500") -> None:
    await host.device.command(order)
    with anyio.fail_after(20):
        await poll_until_dark(host, acknowledge=bool(host.key))


@pytest.mark.parametrize(("arrow", "ledger", "told", "counted"), PLAIN, ids=[row[0] for row in PLAIN])
def test_plain_polls(arrow: str, ledger: list[str], told: str, counted: int) -> None:
    bench = Bench(f"power_cut={arrow}", model="nv200")

    async def scenario(host: Host) -> None:
        await host.start(keys=False)
        await insert_until_dark(host)
        await host.wait_dark()
        await host.ask("11")
        assert await host.poll() == told
        assert await host.poll() == "F0 E8"
        assert (await host.ask("58"))[:17] == f"F0 05 {counted:02X} 00 00 00"

    played(bench, scenario)
    assert bench.events() == ledger


ACKNOWLEDGED = [
    ("stacking", "cashbox", "F0 F1 CA A0 86 01 00 52 55 42 B6 E8"),
    ("stacking", "store", f"F0 F1 CB {V500} B6 E8"),
    ("stacked", "cashbox", "F0 F1 EE 05 B6 E8"),  # raised under 56, never told: it is kept
    ("stacked", "store", "F0 F1 EE 04 B6 E8"),
    ("reported", "cashbox", "F0 F1 EE 05 B6 E8"),
    ("acknowledged", "cashbox", "F0 F1 B6 E8"),
    ("escrowed", "cashbox", "F0 F1 E1 05 B6 E8"),
]


@pytest.mark.parametrize(("arrow", "route", "told"), ACKNOWLEDGED)
def test_with_acknowledge_and_a_payout(arrow: str, route: str, told: str) -> None:
    bench = Bench(f"power_cut={arrow}")

    async def scenario(host: Host) -> None:
        await host.start()
        await insert_until_dark(host, "insert 500" if route == "store" else "insert 1000")
        await host.wait_dark()
        host.key = b""
        await host.ask("11")
        assert await host.ask("06 08") == "F0"
        await host.agree_keys()
        assert await host.poll() == told
        if len(told) > len("F0 F1 B6 E8"):
            assert await host.poll() == told.replace("F1 ", "")
            assert await host.ask("57") == "F0"
        assert await host.poll() == "F0 B6 E8"

    played(bench, scenario)
    stacked = bench.values("stacked")
    assert stacked == ([] if arrow == "escrowed" else [50000 if route == "store" else 100000])
    assert len(bench.device.validator.box.cassette) == (route == "cashbox" and arrow != "escrowed")
    assert bench.device.validator.payer.counts[50000] == (route == "store")


@pytest.mark.parametrize(("version", "told"), [(8, f"CB {V500}"), (7, "CB"), (6, "CB"), (5, "CB")])
def test_what_was_cleared_is_named_from_version_8_on(version: int, told: str) -> None:
    async def scenario(host: Host) -> None:
        await host.start()
        await insert_until_dark(host)
        await host.wait_dark()
        host.key = b""
        await host.ask("11")
        await host.ask(f"06 {version:02X}")
        assert await host.poll() == f"F0 F1 {told} E8"

    played(Bench("power_cut=stacking"), scenario)


class TestPayouts:
    @pytest.mark.parametrize(
        ("arrow", "paid", "told"),
        [
            ("pay_asked", [], "DC 01 00 00 00 00 A0 86 01 00 52 55 42"),
            ("paying", [50000], f"DC 01 {V500[:11]} A0 86 01 00 52 55 42"),
            ("paid", [50000, 50000], "D2 01 A0 86 01 00 52 55 42"),  # raised under 56, never told: it is kept
        ],
    )
    def test_each_arrow(self, arrow: str, paid: list[int], told: str) -> None:
        bench = Bench(f"power_cut={arrow}")

        async def scenario(host: Host) -> None:
            await host.device.command("fill 500 3")
            await host.start()
            assert await host.ask("33 A0 86 01 00 52 55 42 58") == "F0"
            with anyio.fail_after(20):
                await poll_until_dark(host)
            await host.wait_dark()
            assert told in await host.start(enable=False)
            assert await host.poll() == "F0 E8"
            assert (await host.ask("22"))[33:][:89].count("50 C3 00 00") == 1

        played(bench, scenario)
        assert bench.values("paid_out") == paid
        assert bench.device.validator.payer.counts[50000] == 3 - len(paid)

    def test_a_note_in_the_transport_falls_out_at_power_up_and_is_counted(self) -> None:
        bench = Bench()

        async def scenario(host: Host) -> None:
            await host.device.command("fill 500 3")
            await host.start()
            await host.ask("33 A0 86 01 00 52 55 42 58")
            await anyio.sleep(1)
            await host.device.command("power off")
            await anyio.sleep(60)
            await host.device.command("power on")
            await host.wait_dark()
            first = await host.start(enable=False)
            assert f"CD {V500} DC 01 {V500[:11]} A0 86 01 00 52 55 42" in first

        played(bench, scenario)
        assert bench.values("paid_out") == [50000]

    @pytest.mark.parametrize("version", [5, 7])
    def test_the_hopper_says_what_it_paid(self, version: int) -> None:
        bench = Bench("power_cut=paying")

        async def scenario(host: Host) -> None:
            await host.device.command("fill 10 5")
            hopper = host.at(0x10)
            await hopper.start(version=7)
            assert await hopper.ask("33 B8 0B 00 00 52 55 42 58") == "F0"
            await anyio.sleep(5)
            currency = " 52 55 42" if version > 5 else ""
            told = "DC " + ("01 " if version > 5 else "") + "E8 03 00 00 B8 0B 00 00" + currency
            assert told in await hopper.start(version=version)

        played(bench, scenario)
        assert bench.values("paid_out") == [1000]


class TestDarkAndBack:
    def test_silent_while_dark_and_forgetful_afterwards(self) -> None:
        async def scenario(host: Host) -> None:
            await host.start()
            assert await host.device.command("power off") == "the power is off"
            assert await host.ask("11", sealed=False, retry=False) == ""
            assert "power" in await host.device.command("insert 50")
            await host.device.command("power on")
            assert await host.ask("11", sealed=False, retry=False) == ""  # it boots
            await host.wait_dark()
            host.key = b""
            assert await host.ask("11") == "F0"
            assert await host.ask("0A") == "F0"
            assert await host.poll() == "F0 F1 B5"  # inhibited again

        played(Bench(), scenario)

    def test_memory_outlives_the_process(self) -> None:
        bench = Bench()

        async def scenario(host: Host) -> None:
            await host.device.command("fill 500 2")
            await host.device.command("fill 10 7")
            await host.start()
            await host.ask("3B 00 20 4E 00 00 52 55 42")
            await host.device.command("insert 200")
            await host.until("EE 03")

        played(bench, scenario)
        again = Bench(memory=bench.memory)

        async def look(host: Host) -> None:
            assert "EE 03" in await host.start()
            assert (await host.ask("58")) == "F0 05" + " 00 00 00 00" + " 01 00 00 00" + " 00 00 00 00" * 3
            assert await host.ask(f"35 {V200}") == "F0 01 00"
            assert await host.ask(f"3C {V200}") == "F0 00"
            assert await host.ask("59") == "F0"
            assert await host.ask("58") == "F0 05" + " 00" * 20

        played(again, look)
        assert again.device.hopper.payer.counts[1000] == 7

    def test_a_cut_in_reading_state_keeps_the_piece_where_it_is(self) -> None:
        bench = Bench()

        async def scenario(host: Host) -> SspSimulator:
            await host.start()
            await host.device.command("insert 500")
            await host.until("EF 04", hold=True)
            await host.device.command("power off")
            return host.device

        played(bench, scenario)
        assert bench.events() == ["entered", "escrowed"]
        again = Bench(memory=bench.memory)

        async def look(host: Host) -> None:
            assert "E1 04" in await host.start()

        played(again, look)
        assert again.events() == ["returned"]

    def test_reset_of_one_unit_leaves_the_other_alone(self) -> None:
        async def scenario(host: Host) -> None:
            hopper = host.at(0x10)
            await host.start()
            await hopper.start(version=7)
            assert await hopper.poll() == "F0"
            assert await host.ask("01") == "F0"
            assert await host.ask("07", sealed=False, retry=False) == ""
            assert await hopper.poll() == "F0"
            await host.wait_dark()
            assert (await host.start()).startswith("F0 F1")

        played(Bench(), scenario)
