"""Each fault of the SSP simulator does what its sentence says, on the wire and in the ledger."""

from __future__ import annotations

import anyio
import pytest
from ssp_host import MONEY, Bench, Host, framed, played

from drivers.simulators.ssp.device import SspSimulator


def taken(*faults: str, model: str = "nv200", keys: bool = False, polls: int = 30) -> tuple[Bench, list[str]]:
    """A note of 500 with the faults armed, and what the polls said."""
    bench = Bench(model=model)

    async def scenario(host: Host) -> list[str]:
        await host.start(keys=keys)
        for spec in faults:
            await host.device.command(f"fault {spec}")
        await host.device.command("insert 500")
        return await host.polls(polls)

    told: list[str] = played(bench, scenario)
    return bench, told


class TestTheWire:
    @pytest.mark.parametrize("fault", ["drop_reply@3x2", "corrupt_reply@3x2", "late_reply@3=0.7", "late_reply@3"])
    def test_nothing_is_lost_when_the_host_repeats_itself(self, fault: str) -> None:
        bench, told = taken(fault)
        assert [event for event in " ".join(told).split() if event == "EE"] == ["EE"]
        assert bench.events() == ["entered", "escrowed", "stacked"]

    def test_a_late_answer_comes_after_the_next_command(self) -> None:
        async def scenario(host: Host) -> None:
            await host.ask("11")
            host.device.faults.arm("late_reply")
            first = framed(0, b"\x0c")
            assert await host.exchange(first) == b""
            raw = await host.exchange(framed(0x80, b"\x20"))
            assert raw.startswith(framed(0, bytes.fromhex("F0 00 41 0B 2C")))

        played(Bench(), scenario)

    def test_a_late_answer_with_seconds(self) -> None:
        async def scenario(host: Host) -> None:
            await host.ask("11")
            host.device.faults.arm("late_reply=3")
            assert await host.exchange(framed(0, b"\x0c"), within_s=2.9) == b""
            assert await host.exchange(b"", within_s=0.2) == framed(0, bytes.fromhex("F0 00 41 0B 2C"))

        played(Bench(), scenario)

    def test_a_lost_acknowledgement(self) -> None:
        async def scenario(host: Host) -> None:
            await host.start()
            await host.device.command("insert 1000")
            await host.until("EE 05")
            host.device.faults.arm("drop_ack")
            assert await host.ask("57", retry=False) == ""
            host.count -= 1  # the same packet once more
            assert await host.ask("57") == "F0"
            assert "EE" not in await host.poll()

        played(Bench(), scenario)

    def test_a_lost_poll_after_a_credit(self) -> None:
        _, told = taken("drop_ack")
        assert told == ["EF 00", "EF 04", "CC", "EE 04", "EB"]


class TestTheCredit:
    @pytest.mark.parametrize(("model", "keys"), [("nv200", False), ("nv200", True), ("payout", True)])
    def test_told_once_more(self, model: str, keys: bool) -> None:
        bench, told = taken("repeat_credit", model=model, keys=keys)
        assert " ".join(told).count("EE 04") == 2
        assert bench.values("stacked") == [50000]
        assert sum(bench.device.validator.path.counters[name] for name in ("stacked", "stored")) == 1

    def test_naming_another_type(self) -> None:
        bench, told = taken("other_type")
        assert "EE 05" in told
        assert bench.values("stacked") == [50000]

    def test_followed_by_fishing(self) -> None:
        _, told = taken("cheat")
        assert "EE 04 E6 04" in told

    @pytest.mark.parametrize(("fault", "stands"), [("counter_wrap", 0), ("counter_wrap=65535", 65536)])
    def test_a_counter_that_stands_elsewhere(self, fault: str, stands: int) -> None:
        bench, _ = taken(fault)
        assert bench.device.validator.path.counters["stacked"] == stands


class TestTheNote:
    def test_a_second_one_behind_it(self) -> None:
        bench, told = taken("second_note")
        assert told == ["EF 00", "ED", "EC"]
        assert bench.device.validator.path.last_reject == 0x07
        assert bench.events() == ["entered", "rejected"]

    def test_the_escrow_timer_lapses_at_once(self) -> None:
        bench, told = taken("escrow_expiry")
        assert told == ["EF 00", "EF 04", "ED", "EC"]
        assert bench.device.validator.path.last_reject == 0x13
        assert bench.events() == ["entered", "escrowed", "returned"]

    def test_any_poll_releases(self) -> None:
        async def scenario(host: Host) -> None:
            await host.start()
            host.device.faults.arm("poll_releases")
            await host.device.command("insert 500")
            await host.until("EF 04")
            assert await host.ask("18") == "F0"
            assert "CC" in await host.poll()

        played(Bench(), scenario)

    @pytest.mark.parametrize(("fault", "code"), [("jam", "E9 E8"), ("jam_inside", "EA E8")])
    def test_jams(self, fault: str, code: str) -> None:
        bench, told = taken(fault)
        assert told[-1] == code
        assert "stacked" not in bench.events()

    def test_the_cassette_goes_while_it_is_stacked(self) -> None:
        bench = Bench("cassette_pulled", model="nv200")

        async def scenario(host: Host) -> None:
            await host.start(keys=False)
            await host.device.command("insert 500")
            assert (await host.polls(60))[-1] == "CC E3 E8"
            await host.device.command("cassette in")
            assert "EE 04" in " ".join(await host.polls(15))

        played(bench, scenario)
        assert bench.events(*MONEY, "cassette_out", "cassette_in") == [
            "entered",
            "escrowed",
            "cassette_out",
            "cassette_in",
            "stacked",
        ]

    def test_stuck_until_reset(self) -> None:
        bench = Bench("stuck", model="nv200")

        async def scenario(host: Host) -> None:
            await host.start(keys=False)
            await host.device.command("insert 500")
            assert (await host.polls(300))[-1] == "CC"
            assert await host.ask("01") == "F0"
            await host.wait_dark()
            await host.ask("11")
            assert await host.poll() == "F0 F1 E2 04 E8"

        played(bench, scenario)
        assert bench.values("stacked") == [50000]


class TestTheUnit:
    def test_it_resets_itself(self) -> None:
        bench = Bench(model="nv200")

        async def scenario(host: Host) -> None:
            await host.start(keys=False)
            await host.device.command("insert 500")
            await host.until("EF 04")
            host.device.faults.arm("reset_in_session")
            assert await host.ask("07", retry=False) == ""
            await host.wait_dark()
            assert await host.poll() == "F0 F1 E1 04 E8"

        played(bench, scenario)
        assert bench.events() == ["entered", "escrowed", "returned"]

    def test_busy(self) -> None:
        bench = Bench("busy")

        async def scenario(host: Host) -> None:
            await host.device.command("fill 10 1")
            hopper = host.at(16)
            await hopper.start(version=7)
            pay = "33 E8 03 00 00 52 55 42 58"
            assert await hopper.ask(pay) == "F5 03"
            assert await hopper.ask(pay) == "F0"
            await anyio.sleep(2)

        played(bench, scenario)
        assert bench.values("paid_out") == [1000]

    def test_two_cuts_armed_at_once_each_strike_at_their_arrow(self) -> None:
        bench = Bench("power_cut=stacked", "power_cut=entering", model="nv200")

        async def scenario(host: Host) -> None:
            for _ in range(2):
                await host.start(keys=False)
                await host.device.command("insert 500")
                with anyio.fail_after(20):
                    while await host.ask("07", retry=False):  # noqa: ASYNC110 (a host polls)
                        await anyio.sleep(0.1)
                await host.wait_dark()

        played(bench, scenario)
        assert bench.events() == ["entered", "rejected", "entered", "escrowed", "stacked"]
        assert bench.faults.armed() == []

    def test_every_fault_has_a_sentence_and_unknown_ones_are_refused(self) -> None:
        assert all(len(meaning.split()) > 3 for meaning in SspSimulator.FAULTS.values())

        async def scenario(host: Host) -> None:
            with pytest.raises(ValueError, match="unknown fault"):
                await host.device.command("fault gremlins")

        played(Bench(), scenario)
