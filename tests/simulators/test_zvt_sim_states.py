"""The states of the ZVT simulator that stand in a till's way: declined, busy, preconditions, lost records, no power."""

from __future__ import annotations

from pathlib import Path

import anyio
import pytest
from zvt_till import (
    END_OF_DAY,
    REPEAT,
    SALE_10,
    SOLD,
    STATUS,
    Bench,
    after,
    codes,
    in_virtual_time,
    result_of,
    sale_with,
)

from drivers.links.link import LinkLost
from drivers.simulators.zvt.device import ZvtSimulator


class TestStates:
    @pytest.mark.parametrize(("fault", "code"), [("decline", "05"), ("decline=51", "51"), ("host_down", "A3")])
    def test_declined(self, fault: str, code: str) -> None:
        bench, came = sale_with(fault)
        assert codes(came) == ["8000", "040F", "061E"]
        assert (result_of(came)["27"], came[-1]) == (code, f"061E01{code}")
        assert any(message.startswith("06D1") for message in came)
        assert bench.events() == ["declined"]
        assert [r["code"] for r in bench.ledger.records if r["event"] == "declined"] == [code]

    def test_busy_once(self) -> None:
        bench, came = sale_with("busy")
        assert came == ["849C00"]
        assert codes(after(bench, SALE_10)) == SOLD

    @pytest.mark.parametrize(
        ("fault", "code", "mended_by"),
        [
            ("diagnosis_needed", "C2", "06 70 00"),
            ("end_of_day_open", "F0", END_OF_DAY),
            ("initialisation_needed", "51", "06 93 03 000000"),
        ],
    )
    def test_a_precondition_until_it_is_met(self, fault: str, code: str, mended_by: str) -> None:
        bench = Bench(fault)

        async def scenario() -> None:
            async with bench.plug_in() as till:
                assert (await till.run(STATUS))[-1][-2:] == code
                assert await till.run(SALE_10) == [f"84{code}00"]
                assert codes(await till.run(mended_by))[-1] == "060F"
                assert codes(await till.run(SALE_10)) == SOLD

        in_virtual_time(scenario)

    def test_reversal_unknown_is_done_and_says_so_when_asked_again(self) -> None:
        bench = Bench("reversal_unknown")

        async def scenario() -> None:
            async with bench.plug_in() as till:
                await till.run(SALE_10)
                assert await till.run("06 30 06 000000 87 0001") == ["800000", "lost"]
            async with bench.plug_in() as till:
                assert await till.run("06 30 06 000000 87 0001") == ["800000", "061E01B4"]

        in_virtual_time(scenario)
        assert bench.events() == ["charged", "reversed"]

    def test_end_of_day_lost_has_closed_the_day(self) -> None:
        bench, _ = sale_with("end_of_day_lost")
        assert after(bench, END_OF_DAY)[-1] == "lost"
        assert bench.amounts("day_closed") == [1000]

    def test_resolver_silent_once_or_for_a_while(self) -> None:
        bench = Bench("resolver_silent=20")

        async def scenario() -> list[bool]:
            heard = []
            async with bench.plug_in() as till:
                for _ in range(4):
                    with anyio.move_on_after(8) as patience:
                        await till.run(STATUS)
                    heard.append(not patience.cancelled_caught)
            return heard

        assert in_virtual_time(scenario) == [False, False, False, True]

    def test_receipt_number_ids_take_the_place_of_the_automatic_reversal(self) -> None:
        bench = Bench()

        async def scenario() -> None:
            await bench.device.command("sync ids on")
            async with bench.plug_in("06 00 08 000000 86 0978 06 00") as till:
                assert codes(await till.run(SALE_10, {"040F": ""})) == SOLD
                assert bench.events() == ["charged"]
                in_step, behind = (f"06 01 11 04 000000001000 49 0978 06 05 1F1F 02 {i}" for i in ("0001", "0001"))
                assert codes(await till.run(in_step)) == SOLD
                assert bench.events() == ["charged", "charged"]
                assert codes(await till.run(behind)) == SOLD

        in_virtual_time(scenario)
        assert bench.events() == ["charged", "charged", "reversed", "charged"]


class TestPower:
    @pytest.mark.parametrize(
        "point",
        [name for name in ZvtSimulator.FAULTS if name.startswith("power_off_") and "after_booking" not in name],
    )
    def test_power_lost_before_booking_leaves_no_charge(self, point: str) -> None:
        bench = Bench(point)

        async def scenario() -> None:
            async with bench.plug_in() as till:
                await bench.device.command("insert card visa")  # a chip card, so that the PIN is reached
                assert (await till.run(SALE_10))[-1] == "lost"
                assert not bench.device.picture()["power"]
            async with bench.plug_in(register="") as till:
                with pytest.raises(LinkLost):
                    await till.hear()
            await bench.device.command("remove card")
            await anyio.sleep(11)
            async with bench.plug_in() as till:
                assert (await till.run(REPEAT))[-1] == "061E01FB"
                assert codes(await till.run(SALE_10)) == SOLD

        in_virtual_time(scenario)
        assert bench.events("charged") == ["charged"]
        approved = bench.events("approved")
        assert bench.events("auto_reversed") == ["auto_reversed"] * (len(approved) - 1)

    def test_power_lost_after_booking_keeps_the_charge(self) -> None:
        bench = Bench("power_off_after_booking=5")

        async def scenario() -> None:
            async with bench.plug_in() as till:
                assert (await till.run(SALE_10))[-1] == "lost"
            await anyio.sleep(6)
            async with bench.plug_in() as till:
                assert await till.run("06 10 00") == ["849A00"]
                assert result_of(await till.run(REPEAT))["04"] == "000000001000"

        in_virtual_time(scenario)
        assert bench.events() == ["charged"]

    def test_a_lost_record_shows_only_in_the_totals(self) -> None:
        bench = Bench("power_cut_lost_record")

        async def scenario() -> None:
            async with bench.plug_in() as till:
                assert (await till.run(SALE_10))[-1] == "lost"
            await bench.device.command("power on")
            async with bench.plug_in() as till:
                assert (await till.run(REPEAT))[-1] == "061E01FB"
                assert await till.run("06 30 06 000000 87 0001") == ["800000", "061E01B5"]
                assert result_of(await till.run(END_OF_DAY))["04"] == "000000001000"

        in_virtual_time(scenario)
        assert bench.events() == ["charged", "day_closed"]

    def test_the_switch(self) -> None:
        bench = Bench(instant=False)

        async def scenario() -> None:
            async with bench.plug_in() as till:
                await till.ask(SALE_10)
                await bench.device.command("power off")
                with pytest.raises(LinkLost):
                    await till.hear()
            await anyio.sleep(1000)
            assert not bench.device.picture()["power"]
            await bench.device.command("power on")
            async with bench.plug_in(register="") as till:
                assert (await till.ask(SALE_10)).hex() == "846b00"

        in_virtual_time(scenario)
        assert bench.events() == []


def test_every_fault_is_tried_here_or_beside() -> None:
    here = Path(__file__).parent
    text = "".join(
        (here / name).read_text(encoding="utf-8") for name in ("test_zvt_sim_faults.py", Path(__file__).name)
    )
    assert [name for name in ZvtSimulator.FAULTS if name not in text and not name.startswith("power_off_")] == []
