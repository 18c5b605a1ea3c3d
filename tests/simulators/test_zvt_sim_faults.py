"""Each fault of the ZVT simulator does what its sentence says, on the wire and in the ledger."""

from __future__ import annotations

import anyio
import pytest
from zvt_till import (
    ACK,
    REGISTER_COMPOSING,
    REPEAT,
    SALE_10,
    SOLD,
    STATUS,
    Bench,
    after,
    bitmaps,
    codes,
    in_virtual_time,
    result_of,
    sale_with,
)

from drivers.links.link import LinkLost

CANCELLED = "061E016C"


class TestAcknowledgements:
    @pytest.mark.parametrize("answer", ["", "84 6C 00", "84 CC 00"])
    def test_no_ack_or_a_refusal_of_the_result_is_an_automatic_reversal(self, answer: str) -> None:
        bench, came = sale_with(answers={"040F": answer})
        assert "04FF0105" in came
        assert came[-1] == CANCELLED
        assert bench.events() == ["auto_reversed"]
        assert after(bench)[-1] == "061E01FB"

    @pytest.mark.parametrize("answer", ["", "84 CC 00"])
    def test_a_print_line_not_taken_is_an_automatic_reversal(self, answer: str) -> None:
        bench, came = sale_with(answers={"06D1": answer})
        assert codes(came) == ["8000", "040F", "061E"]
        assert bench.events() == ["auto_reversed"]

    def test_a_lost_acknowledgement_of_the_completion_changes_nothing(self) -> None:
        bench, came = sale_with(answers={"060F": ""})
        assert codes(came) == SOLD
        assert bench.events() == ["charged"]

    def test_ask_again_repeats_the_result_then_gives_up(self) -> None:
        bench, came = sale_with(answers={"040F": "84 9C 00"})
        assert codes(came) == ["8000", *["040F"] * 5, "061E"]  # first, three repeats, the one with 27 6C
        assert bitmaps(came[-2])["27"] == "6C"
        assert bench.events() == ["auto_reversed"]

    def test_partial_goods_lower_the_amount(self) -> None:
        bench = Bench()

        async def scenario() -> None:
            async with bench.plug_in() as till:
                await till.send(SALE_10)
                assert (await till.hear())[0] == 0x80
                assert (await till.hear())[1] == 0x0F
                await till.send("84 9D 07 04 000000000700")
                assert bitmaps((await till.hear()).hex())["04"] == "000000000700"
                await till.run(ACK)

        in_virtual_time(scenario)
        assert bench.amounts("charged") == [700]


class TestConnections:
    def test_dropped_before_the_ack_nothing_starts(self) -> None:
        bench, came = sale_with("drop_before_ack")
        assert came == ["lost"]
        assert bench.events("requested") == []
        assert after(bench)[-1] == "061E01FB"

    def test_no_ack_at_all(self) -> None:
        bench = Bench("no_ack")

        async def scenario() -> None:
            async with bench.plug_in() as till:
                await till.send(SALE_10)
                with anyio.move_on_after(6) as patience:
                    await till.hear()
                assert patience.cancelled_caught
                assert codes(await till.run(SALE_10)) == SOLD

        in_virtual_time(scenario)
        assert bench.events("requested", "charged") == ["requested", "charged"]

    @pytest.mark.parametrize(
        ("fault", "heard"),
        [
            ("drop_before_ack=started", ["lost"]),
            ("drop_after_ack", ["800000", "lost"]),
            ("drop_before_result", ["8000", "lost"]),
            ("drop_after_result_before_our_ack", ["8000", "040F", "lost"]),
            ("drop_after_our_ack", ["8000", "040F", "lost"]),
            ("drop_in_print", ["8000", "040F", "lost"]),
        ],
    )
    def test_dropped_before_the_last_ack_it_reverses_by_itself(self, fault: str, heard: list[str]) -> None:
        bench, came = sale_with(fault)
        assert [message[:4] for message in came if message[:4] not in ("04FF", "06D1")] == [h[:4] for h in heard]
        after(bench, STATUS)
        assert bench.events() == ["auto_reversed"]
        assert after(bench)[-1] == "061E01FB"

    def test_dropped_after_our_ack_a_till_that_composes_has_paid(self) -> None:
        bench, _ = sale_with("drop_after_our_ack", register=REGISTER_COMPOSING)
        after(bench, STATUS)
        assert bench.events() == ["charged"]

    def test_closed_before_completion_the_payment_stands(self) -> None:
        bench, came = sale_with("close_before_completion")
        assert (codes(came), came[-1]) == (["8000", "040F"], "lost")
        assert bench.events() == ["charged"]
        assert result_of(after(bench))["04"] == "000000001000"

    def test_an_ack_and_a_closing_in_one_breath_count(self) -> None:
        """The till acknowledges and dies at once: the terminal has its acknowledgement."""
        bench = Bench()

        async def scenario() -> None:
            async with bench.plug_in(REGISTER_COMPOSING) as till:
                await till.send(SALE_10)
                await till.hear()
                await till.hear()
                await till.send(ACK)
                till.link.cut()

        in_virtual_time(scenario)
        after(bench, STATUS)
        assert bench.events() == ["charged"]

    def test_left_alone_it_is_busy_and_time_passes(self) -> None:
        """Dropped after the ack: busy with the card, which comes by itself; later idle, nothing booked."""
        bench = Bench("drop_after_ack", instant=False)

        async def scenario() -> None:
            await bench.device.command("card auto")
            async with bench.plug_in() as till:
                assert await till.run(SALE_10) == ["800000", "lost"]
            await anyio.sleep(1)
            async with bench.plug_in() as till:
                assert (await till.run(STATUS))[-1][-2:] == "9C"
                assert await till.run(REPEAT) == ["849C00"]
                await anyio.sleep(4)
                assert (await till.run(STATUS))[-1][-2:] == "00"
                assert (await till.run(REPEAT))[-1] == "061E01FB"

        in_virtual_time(scenario)
        assert bench.events() == ["auto_reversed"]

    def test_the_cable_is_out(self) -> None:
        bench = Bench(instant=False)

        async def scenario() -> None:
            async with bench.plug_in() as till:
                await till.ask(SALE_10)
                await bench.device.command("unplug")
                await bench.device.command("present card")
                with anyio.move_on_after(60) as patience:
                    await till.hear()
                assert patience.cancelled_caught
                await till.send(STATUS)
                await anyio.sleep(1)
                await bench.device.command("plug")
                with pytest.raises(LinkLost):
                    await till.hear()

        in_virtual_time(scenario)
        assert bench.events() == ["auto_reversed"]

    def test_fragments_coalesced_messages_and_long_lengths(self) -> None:
        bench = Bench("fragment", "coalesce@2", "len_ff_form@3")

        async def scenario() -> None:
            async with bench.plug_in(register="") as till:
                await till.run("06 00 06 000000 8E 0978")
                assert {len(piece) for piece in till.pieces} == {1}
                till.pieces.clear()
                assert codes(await till.run(SALE_10)) == SOLD
                assert till.pieces[0] == bytes.fromhex("80 00 00 04 FF 01 0A")
                till.pieces.clear()
                assert codes(await till.run(SALE_10)) == SOLD
                assert till.pieces[0] == bytes.fromhex("80 00 FF 00 00")

        in_virtual_time(scenario)


class TestAnswers:
    def test_ack_lost(self) -> None:
        bench, came = sale_with("ack_lost")
        assert codes(came) == ["8000", "040F", "061E"]
        assert bench.events() == ["auto_reversed"]

    def test_duplicate_result_books_once(self) -> None:
        bench, came = sale_with("duplicate_result")
        assert codes(came) == ["8000", "040F", "040F", "060F"]
        assert bench.events() == ["charged"]

    def test_result_late(self) -> None:
        bench = Bench("result_late")

        async def scenario() -> float:
            async with bench.plug_in() as till:
                started = anyio.current_time()
                assert codes(await till.run(SALE_10)) == SOLD
                return anyio.current_time() - started

        assert in_virtual_time(scenario) == pytest.approx(190)

    @pytest.mark.parametrize(
        ("fault", "amount"),
        [
            ("result_for_other_amount", 1100),
            ("result_for_other_amount=1999", 1999),
            ("partial_approval", 500),
            ("partial_approval=300", 300),
        ],
    )
    def test_another_amount_is_named_and_booked(self, fault: str, amount: int) -> None:
        bench, came = sale_with(fault)
        assert int(result_of(came)["04"]) == amount
        assert bench.amounts("charged") == [amount]

    def test_approved_after_abort(self) -> None:
        bench = Bench("approved_after_abort", instant=False)

        async def scenario() -> None:
            async with bench.plug_in() as till:
                await till.ask(SALE_10)
                assert (await till.ask("06 B0 00")).hex() == "800000"
                assert (await till.hear())[:2] == b"\x04\x0f"
                await till.run(ACK)

        in_virtual_time(scenario)
        assert bench.events() == ["charged"]

    @pytest.mark.parametrize(("fault", "event"), [("", "auto_reversed"), ("=booked", "charged")])
    def test_abort_after_approval(self, fault: str, event: str) -> None:
        bench, came = sale_with(f"abort_after_approval{fault}")
        assert codes(came) == ["8000", "040F", "061E"]
        assert result_of(came)["27"] == "00"
        assert bench.events() == [event]

    def test_pan_unmasked(self) -> None:
        _, came = sale_with("pan_unmasked")
        assert result_of(came)["22"].rstrip("F").isdecimal()

    def test_unknown_bitmap_last_or_first(self) -> None:
        found = result_of(sale_with("unknown_bitmap")[1])
        assert (found["unknown"], found["27"]) == ("99", "00")
        assert result_of(sale_with("unknown_bitmap=front")[1]) == {"unknown": "99"}

    def test_slow_t4_asks_for_minutes_first(self) -> None:
        _, came = sale_with("slow_t4")
        assert "04FF020406" in came
        assert codes(came) == SOLD

    def test_clock_minus_day_until_it_is_set(self) -> None:
        bench = Bench("clock_minus_day")

        async def scenario() -> None:
            async with bench.plug_in() as till:
                assert result_of(await till.run(SALE_10))["0D"] == "0301"
                assert result_of(await till.run(SALE_10))["0D"] == "0301"
                await till.ask("06 91 08 AA 260302 0C 120000")
                assert result_of(await till.run(SALE_10))["0D"] == "0302"

        in_virtual_time(scenario)

    def test_repeat_shows_reversed(self) -> None:
        bench, _ = sale_with("ack_lost", "repeat_shows_reversed")
        found = result_of(after(bench))
        assert (found["27"], found["04"]) == ("6C", "000000001000")
