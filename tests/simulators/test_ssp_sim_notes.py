"""A note's way through the simulated validator: every state, every timer, and what the host is told of it."""

from __future__ import annotations

import anyio
import pytest
from ssp_host import Bench, Host, played


def test_a_note_is_taken_with_plain_polls_and_told_once() -> None:
    bench = Bench(model="nv200")

    async def scenario(host: Host) -> list[str]:
        assert await host.start(keys=False) == "F0 F1 E8"
        assert await host.device.command("insert 500") == "500 entered"
        return await host.polls(24)

    assert played(bench, scenario) == ["EF 00", "EF 04", "CC", "EE 04", "EB"]
    assert bench.events() == ["entered", "escrowed", "stacked"]
    assert bench.values("stacked") == [50000]


def test_with_acknowledge_a_credit_is_told_until_it_is_acknowledged_and_no_note_enters_before() -> None:
    bench = Bench(model="nv200")

    async def scenario(host: Host) -> None:
        await host.start()
        await host.device.command("insert 1000")
        await host.until("EE 05")
        await anyio.sleep(1)
        for _ in range(3):
            assert "EE 05" in await host.poll()
        assert "acknowledgement" in await host.device.command("insert 1000")
        assert await host.ask("57") == "F0"
        assert await host.poll() == "F0"
        assert await host.ask("57") == "F5"
        assert await host.device.command("insert 1000") == "1000 entered"

    played(bench, scenario)
    assert bench.values("stacked") == [100000]


def test_an_event_raised_after_the_poll_is_not_acknowledged_with_what_was_told() -> None:
    async def scenario(host: Host) -> None:
        await host.start()
        await host.device.command("cheat")
        await host.poll()
        await host.device.command("cheat")
        assert await host.ask("57") == "F0"
        assert (await host.poll()).startswith("F0 E6")

    played(Bench(), scenario)


def test_hold_keeps_it_and_the_timer_gives_it_back() -> None:
    bench = Bench()

    async def scenario(host: Host) -> list[float]:
        await host.start()
        await host.device.command("insert 500")
        await host.until("EF 04")
        began = anyio.current_time()
        while anyio.current_time() - began < 25:  # two and a half times the timer, held all along
            assert await host.ask("18") == "F0"
            assert "EF 04" in await host.poll()
            await anyio.sleep(4)
        assert await host.ask("18") == "F0"
        held = anyio.current_time()
        while bench.device.validator.path.stretch.value == "escrow":
            await host.ask("0C")
            await anyio.sleep(0.1)
        lapsed = anyio.current_time() - held
        told = await host.polls(6)
        assert "EC" in " ".join(told)
        assert await host.ask("17") == "F0 13"
        return [lapsed]

    (lapsed,) = played(bench, scenario)
    assert 9.9 < lapsed < 10.2
    assert bench.events() == ["entered", "escrowed", "returned"]


def test_the_poll_after_a_hold_without_another_hold_lets_it_go_on() -> None:
    bench = Bench()

    async def scenario(host: Host) -> None:
        await host.start()
        await host.device.command("insert 500")
        await host.until("EF 04")
        await host.ask("18")
        assert "EF 04" in await host.poll()
        assert "CC" in await host.poll()

    played(bench, scenario)


def test_reject_gives_it_back_and_comes_too_late_after_the_release() -> None:
    bench = Bench()

    async def scenario(host: Host) -> None:
        await host.start()
        assert await host.ask("08") == "F5"
        assert await host.ask("18") == "F5"
        await host.device.command("insert 100")
        await host.until("EF 02")
        assert await host.ask("08") == "F0"
        assert "ED" in await host.poll()
        await anyio.sleep(1)
        assert "EC" in await host.poll()
        assert await host.ask("17") == "F0 08"
        await host.device.command("insert 100")
        await host.until("CC")
        assert await host.ask("08") == "F5"

    played(bench, scenario)
    assert bench.events()[:3] == ["entered", "escrowed", "returned"]


@pytest.mark.parametrize(
    ("order", "code"), [("insert 500", "0C"), ("insert 10", "11"), ("insert forgery", "04"), ("insert unknown", "11")]
)
def test_what_is_not_wanted_comes_back_with_its_reason(order: str, code: str) -> None:
    bench = Bench()

    async def scenario(host: Host) -> None:
        await host.start()
        await host.ask("02 07 00")
        await host.device.command(order)
        told = " ".join(await host.polls(15))
        assert "ED" in told
        assert told.endswith("EC")
        assert await host.ask("17") == f"F0 {code}"

    played(bench, scenario)
    assert bench.events() == ["entered", "rejected"]


class TestTheMouth:
    def test_closed_at_power_up_until_enabled_with_a_channel(self) -> None:
        bench = Bench()

        async def scenario(host: Host) -> None:
            await host.start(enable=False)
            assert "disabled" in await host.device.command("insert 50")
            assert await host.ask("0A") == "F0"
            assert await host.poll() == "F0 B5"
            assert "inhibited" in await host.device.command("insert 50")
            assert await host.ask("02 01 00") == "F0"
            assert await host.poll() == "F0"
            assert await host.ask("09") == "F0"
            assert await host.poll() == "F0 E8"
            assert "disabled" in await host.device.command("insert 50")

        played(bench, scenario)
        assert bench.events() == []

    def test_disables_itself_when_nobody_speaks_to_it(self) -> None:
        async def scenario(host: Host) -> None:
            await host.start()
            for _ in range(5):
                await anyio.sleep(7)
                assert await host.poll() == "F0"
            await anyio.sleep(8.5)
            assert "disabled" in await host.device.command("insert 50")
            assert await host.poll() == "F0 E8"

        played(Bench(), scenario)

    def test_several_notes_go_in_one_after_the_other(self) -> None:
        bench = Bench()

        async def scenario(host: Host) -> None:
            await host.start()
            assert await host.device.command("insert 2000 x3") == "2000 entered, 2 more in the hand"
            assert "on its way" in await host.device.command("insert 50")
            await host.polls(120)

        played(bench, scenario)
        assert bench.values("stacked") == [200000] * 3
        assert bench.device.validator.path.counters["stacked"] == 3

    def test_initialising_is_told_with_acknowledge_only(self) -> None:
        async def scenario(host: Host) -> None:
            await host.ask("11")
            await host.agree_keys()
            assert await host.ask("56") == "F0 F1 B6 E8"
            assert await host.ask("07") == "F0 E8"
            await anyio.sleep(2.1)
            assert await host.ask("56") == "F0 E8"

        played(Bench(), scenario)


class TestHands:
    def test_pulled_from_the_transport_but_not_from_escrow(self) -> None:
        bench = Bench()

        async def scenario(host: Host) -> None:
            await host.start()
            await host.device.command("insert 50")
            await anyio.sleep(0.5)
            assert await host.device.command("pull") == "the note came out"
            assert "EC" in await host.poll()
            assert await host.ask("17") == "F0 0E"
            await host.device.command("insert 50")
            await host.until("EF 01")
            assert await host.device.command("pull") == "there is nothing to pull"

        played(bench, scenario)
        assert bench.events() == ["entered", "rejected", "entered", "escrowed"]

    def test_the_cassette_out_and_in(self) -> None:
        bench = Bench()

        async def scenario(host: Host) -> None:
            await host.start()
            await host.device.command("insert 2000")
            await host.polls(20)
            await host.device.command("cassette out")
            assert await host.poll() == "F0 E3 E8"
            assert "cassette" in await host.device.command("insert 2000")
            await host.device.command("cassette in")
            assert await host.poll() == "F0 E4"
            assert await host.poll() == "F0"

        played(bench, scenario)
        assert bench.events("cassette_out", "cassette_in") == ["cassette_out", "cassette_in"]
        assert [row["sum_minor"] for row in bench.ledger.records if row["event"] == "cassette_out"] == [200000]

    def test_full_until_the_cassette_is_taken(self) -> None:
        async def scenario(host: Host) -> None:
            await host.start()
            await host.device.command("full")
            assert await host.poll() == "F0 E7 E8"
            assert "full" in await host.device.command("insert 50")
            await host.device.command("cassette out")
            await host.device.command("cassette in")
            assert await host.poll() == "F0 E4"

        played(Bench(), scenario)

    @pytest.mark.parametrize(("order", "code"), [("jam", "E9"), ("jam inside", "EA")])
    def test_a_jam_lasts_through_a_reset_until_cleared(self, order: str, code: str) -> None:
        async def scenario(host: Host) -> None:
            await host.start()
            await host.device.command(order)
            assert await host.poll() == f"F0 {code} E8"
            assert await host.ask("01") == "F0"
            await host.wait_dark()
            assert code in await host.start()
            await host.device.command("clear")
            assert await host.poll() == "F0"

        played(Bench(), scenario)

    @pytest.mark.parametrize(("fault", "code", "end"), [("jam", "E9", "rejected"), ("jam_inside", "EA", "stacked")])
    def test_a_note_that_jams_goes_on_when_cleared(self, fault: str, code: str, end: str) -> None:
        bench = Bench(fault)

        async def scenario(host: Host) -> None:
            await host.start()
            await host.device.command("insert 2000")
            await host.until(code)
            await host.polls(20)
            assert bench.events()[-1] != end
            await host.device.command("clear")
            await host.polls(20)

        played(bench, scenario)
        assert bench.events()[-1] == end

    @pytest.mark.parametrize(("version", "smart"), [(8, " 01 00 00 00 00 52 55 42"), (5, " 00 00 00 00"), (8, "")])
    def test_an_attempt_at_fraud_in_each_shape(self, version: int, smart: str) -> None:
        async def scenario(host: Host) -> str:
            await host.start(version=version)
            await host.device.command("cheat")
            return await host.poll()

        told = played(Bench(model="payout" if smart else "nv200"), scenario)
        assert told == "F0 E6" + (smart or " 00")

    def test_unknown_commands_are_refused_in_a_sentence(self) -> None:
        async def scenario(host: Host) -> None:
            for order in ("dance", "insert", "fill 3 1", "model nv1000", "insert 50 x"):
                with pytest.raises(ValueError, match="unknown command"):
                    await host.device.command(order)

        played(Bench(), scenario)

    def test_the_picture_follows(self) -> None:
        async def scenario(host: Host) -> None:
            await host.start()
            assert host.device.picture()["state"] == "accepting"
            await host.device.command("insert 500")
            await host.until("EF 04")
            picture = host.device.picture()
            assert (picture["state"], picture["escrow_minor"], picture["power"]) == ("escrow", 50000, True)
            await host.device.command("power off")
            assert host.device.picture()["state"] == "off"

        played(Bench(), scenario)
