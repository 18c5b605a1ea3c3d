"""The ZVT simulator's ordinary life: registration, sale, refund, reversal, end of day, and what a restart keeps."""

from __future__ import annotations

import anyio
import pytest
from zvt_till import (
    ACK,
    END_OF_DAY,
    REGISTER_8E,
    REGISTER_86,
    REGISTER_COMPOSING,
    REPEAT,
    SALE_10,
    STATUS,
    Bench,
    bitmaps,
    codes,
    in_virtual_time,
)

from drivers.simulators.zvt import apdu, status_info
from drivers.simulators.zvt.apdu import Apdu
from drivers.simulators.zvt.books import Record


def test_the_reference_frames_are_built_byte_for_byte() -> None:
    """Literal frames of the protocol reference, §11."""
    record = Record("sale", 31, 123, 1000, 978, "2026-11-21T14:30:15", pan="67EEEEEEEEEE1234", currency_sent=True)
    built = apdu.encode(Apdu(0x040F, status_info.essentials(record, 0)))
    reference = (
        "04 0F 2A 27 00 04 000000001000 49 0978 87 0031 0B 000123 0C 143015 0D 1121 29 52500038 "
        "22 F0F8 67EEEEEEEEEE1234"
    )
    assert built == bytes.fromhex(reference)
    assert apdu.encode(apdu.positive()) == bytes.fromhex("80 00 00")
    assert apdu.encode(apdu.progress(0x0A)) == bytes.fromhex("04 FF 01 0A")
    assert apdu.encode(apdu.completion()) == bytes.fromhex("06 0F 00")
    assert apdu.encode(apdu.abort(0x6C)) == bytes.fromhex("06 1E 01 6C")


def test_messages_are_cut_however_they_arrive() -> None:
    stream = bytes.fromhex("06 00 06 000000 86 097806 B0 0006 E0 FF 02 00 F0 0506 01 0A 04")
    whole = [Apdu(0x0600, bytes.fromhex("000000860978")), Apdu(0x06B0), Apdu(0x06E0, b"\xf0\x05")]
    at_once, by_byte, got = bytearray(stream), bytearray(), []
    assert apdu.cut(at_once) == whole
    assert at_once == bytes.fromhex("06 01 0A 04")
    for byte in stream:
        by_byte.append(byte)
        got += apdu.cut(by_byte)
    assert got == whole
    assert apdu.encode(Apdu(0x06D3, b"x" * 300))[:5] == bytes.fromhex("06 D3 FF 2C 01")
    assert apdu.encode(Apdu(0x060F), long_form=True) == bytes.fromhex("06 0F FF 00 00")


def test_registration_tells_status_terminal_and_currency() -> None:
    async def scenario() -> None:
        async with Bench().plug_in(register="") as till:
            assert await till.run(REGISTER_86) == ["800000", "060F0A1900295250003849" + "0978"]
            came = await till.run("06 00 0E 000000 86 0978 06 06 14 01 FE 12 01 20")
            assert came == ["800000", "060F12190029525000384909780606" + "1401FE120120"]
            assert await till.run("06 00 06 000000 86 0840") == ["841E036F0978"]
            assert await till.run("06 00 03 000000") == ["849A00"]
            assert await till.run("06 00 09 000000 86 0978 06 01 14") == ["849A00"]  # an object without a length

    in_virtual_time(scenario)


def test_a_sale_as_the_reference_draws_it() -> None:
    """06 01, progress, one status information, two receipts line by line, completion, charged."""
    bench = Bench()

    async def scenario() -> None:
        async with bench.plug_in(REGISTER_8E) as till:
            await bench.device.command("present card girocard")
            came = await till.run(SALE_10)
            assert [m for m in came if m.startswith("04FF")] == ["04FF010A", "04FF0104", "04FF011C"]
            assert codes(came) == ["8000", "040F", "060F"]
            found = bitmaps(came[came.index("04FF011C") + 1])
            assert found["04"] == "000000001000"
            assert (found["27"], found["49"], found["87"], found["0B"]) == ("00", "0978", "0001", "000001")
            assert found["22"] == "67EEEEEEEEEE1234"
            assert bytes.fromhex(found["8B"]) == b"girocard\x00"
            lines = [bytes.fromhex(m)[3:] for m in came if m.startswith("06D1")]
            assert any(b"AMOUNT 10.00 EUR" in line for line in lines)
            assert sum(line[0] >> 7 for line in lines) == 2  # bit 7 ends each of the two copies

    in_virtual_time(scenario)
    assert bench.ledger.records[-1] == {
        "event": "charged",
        "at": "2026-03-02T12:00:00.000",
        "slip": 1,
        "trace": 1,
        "amount_minor": 1000,
        "currency": 978,
    }
    assert bench.events("requested", "approved", "charged") == ["requested", "approved", "charged"]


def test_nothing_is_booked_before_the_last_acknowledgement() -> None:
    bench = Bench()

    async def scenario() -> None:
        async with bench.plug_in() as till:
            await till.send(SALE_10)
            while (message := await till.hear())[:2] != b"\x06\x0f":
                assert bench.events("charged") == []
                if message[0] != 0x80:
                    await till.send(ACK)
            assert bench.events("charged") == ["charged"]
            assert bench.memory.load()["records"][0]["amount_minor"] == 1000

    in_virtual_time(scenario)


def test_a_till_that_composes_receipts_books_at_the_acknowledgement() -> None:
    bench = Bench()

    async def scenario() -> None:
        async with bench.plug_in(REGISTER_COMPOSING) as till:
            assert [m[:4] for m in await till.run(SALE_10)] == ["8000", "040F", "060F"]

    in_virtual_time(scenario)
    assert bench.events("charged") == ["charged"]


def test_a_receipt_as_one_block_in_russian() -> None:
    """06 D3 when the till lists it in tag 26 and registers UTF-8."""

    bench = Bench()

    async def scenario() -> None:
        async with bench.plug_in("06 00 11 000000 86 0643 06 09 26 04 0A 02 06 D3 14 01 FE") as till:
            came = await till.run("06 01 0A 04 000000001000 49 0643")
            blocks = [bytes.fromhex(m) for m in came if m.startswith("06D3")]
            assert len(blocks) == 2
            assert "ОПЛАТА КАРТОЙ".encode() in blocks[0]
            assert b"10.00 RUB" in blocks[0]

    in_virtual_time(scenario)


def test_time_passes_card_pin_and_host() -> None:
    """Not instant: a card that comes after 7 s, a PIN for the chip, the host, and the chip card taken out."""
    bench = Bench(instant=False)
    took: list[float] = []

    async def scenario() -> None:
        async with bench.plug_in(REGISTER_8E) as till, anyio.create_task_group() as hands:
            started = anyio.current_time()

            async def customer() -> None:
                await anyio.sleep(7)
                assert bench.device.picture()["waiting_for_card"]
                await bench.device.command("insert card visa")
                await anyio.sleep(10)
                await bench.device.command("remove card")

            hands.start_soon(customer)
            came = await till.run(SALE_10)
            assert [m[6:] for m in came if m.startswith("04FF")] == ["0A", "01", "04", "1C", "0B"]
            took.append(anyio.current_time() - started)

    in_virtual_time(scenario)
    assert took == [pytest.approx(17)]
    assert bench.events() == ["charged"]


def test_without_a_card_the_sale_ends_after_its_time() -> None:
    bench = Bench(instant=False)

    async def scenario() -> float:
        async with bench.plug_in() as till:
            started = anyio.current_time()
            assert await till.run(SALE_10) == ["800000", "061E016C"]
            assert (await till.run("06 01 09 04 000000001000 01 0A"))[-1] == "061E016C"
            return anyio.current_time() - started

    assert in_virtual_time(scenario) == pytest.approx(40)
    assert bench.events() == ["aborted", "aborted"]


def test_abort_while_waiting_for_the_card() -> None:
    bench = Bench(instant=False)

    async def scenario() -> None:
        async with bench.plug_in() as till:
            assert (await till.ask(SALE_10)).hex() == "800000"
            await anyio.sleep(3)
            assert (await till.ask("06 B0 00")).hex() == "800000"
            assert (await till.hear()).hex() == "061e016c"
            await till.send(ACK + SALE_10.replace("1000", "2000"))  # the next command in the same bytes
            assert (await till.hear()).hex() == "800000"

    in_virtual_time(scenario)
    assert bench.events() == ["aborted"]


def test_reversal_refund_and_their_refusals() -> None:
    bench = Bench()

    async def scenario() -> None:
        async with bench.plug_in() as till:
            await till.run(SALE_10)
            assert codes(await till.run("06 30 06 000000 87 0001")) == ["8000", "040F", "060F"]
            assert await till.run("06 30 06 000000 87 0001") == ["800000", "061E01B4"]
            assert await till.run("06 30 06 000000 87 0077") == ["800000", "061E01B5"]
            assert codes(await till.run("06 31 0D 000000 04 000000000500 49 0978")) == ["8000", "040F", "060F"]
            assert await till.run("06 01 07 04 000000000000") == ["84C800"]
            assert await till.run("06 01 0A 04 000000001000 49 0840") == ["846F00"]
            assert await till.run("06 01 02 99 00") == ["848300"]

    in_virtual_time(scenario)
    assert bench.events() == ["charged", "reversed", "refunded"]
    assert bench.amounts("refunded") == [500]


def test_end_of_day_totals_and_no_reversal_afterwards() -> None:
    bench = Bench()

    async def scenario() -> None:
        async with bench.plug_in() as till:
            await bench.device.command("present card visa")
            await till.run(SALE_10)
            await bench.device.command("present card girocard")
            await till.run(SALE_10.replace("1000", "0250"))
            await till.run("06 31 0D 000000 04 000000000050 49 0978")
            await till.run("06 10 03 000000")
            came = await till.run(END_OF_DAY)
            found = bitmaps(next(m for m in came if m.startswith("040F")))
            assert found["04"] == "000000001200"
            assert found["60"].startswith("00010003" + "01" + "000000000250")
            assert await till.run("06 30 06 000000 87 0001") == ["800000", "061E01B5"]

    in_virtual_time(scenario)
    assert bench.amounts("day_closed") == [1200]


def test_repeat_receipt_shows_the_last_booking_and_status_names_the_state() -> None:
    bench = Bench()

    async def scenario() -> None:
        async with bench.plug_in() as till:
            assert (await till.run(REPEAT))[-1] == "061E01FB"
            await till.run(SALE_10)
            found = bitmaps(next(m for m in await till.run(REPEAT) if m.startswith("040F")))
            assert (found["87"], found["04"]) == ("0001", "000000001000")
            assert codes(await till.run("06 20 03 000000")) == ["8000", "060F"]
            assert await till.run(STATUS) == ["800000", "060F0FF0F1F1" + b"TILLSIM 1.0".hex().upper() + "00"]
            await bench.device.command("insert card")
            assert (await till.run("05 01 05 000000 03 02"))[-1] == "060F01DC"

    in_virtual_time(scenario)


def test_reservation_booked_in_part_and_released() -> None:
    bench = Bench()

    async def scenario() -> None:
        async with bench.plug_in() as till:
            await till.run("06 22 0A 04 000000005000 49 0978")
            assert codes(await till.run("06 24 0A 04 000000004200 87 0001")) == ["8000", "040F", "060F"]
            assert await till.run("06 24 0A 04 000000000100 87 0001") == ["800000", "061E01B7"]
            await till.run("06 22 0A 04 000000005000 49 0978")
            assert await till.run("06 23 0A 04 000000005001 87 0003") == ["800000", "061E01B8"]
            assert codes(await till.run("06 25 03 87 0003")) == ["8000", "040F", "060F"]

    in_virtual_time(scenario)
    assert bench.amounts("charged") == [4200]
    assert bench.events("reserved", "released") == ["reserved", "reserved", "released"]


def test_the_rest_of_the_table_acts_or_says_that_it_cannot() -> None:
    bench = Bench()

    async def scenario() -> None:
        async with bench.plug_in() as till:
            assert (await till.ask("06 E0 07 F0 05 F1 F0 F2 48 69")).hex() == "800000"
            assert bench.device.picture()["display"]["en"] == "Hi"
            assert (await till.ask("06 D1 03 00 48 69")).hex() == "800000"
            assert bench.device.picture()["paper"] == ["Hi"]
            assert (await till.ask("06 91 08 AA 260302 0C 134500")).hex() == "800000"
            await till.run(SALE_10)
            assert bitmaps(next(m for m in await till.run(REPEAT) if m.startswith("040F")))["0C"] == "134500"
            for told in ("06 1A 00", "06 70 00", "06 93 03 000000", "06 12 03 000000"):
                assert codes(await till.run(told)) == ["8000", "060F"]
            for cannot in ("06 03 00", "06 04 00", "06 21 00", "06 E1 00", "06 D8 00", "07 00 00"):
                assert (await till.ask(cannot)).hex() == "848300"
            assert (await till.ask("06 C0 00")).hex() == "84a500"
            assert (await till.ask("06 18 00")).hex() == "800000"
            assert (await till.ask(SALE_10)).hex() == "846b00"
            await till.run(REGISTER_86)
            assert (await till.ask("06 02 00")).hex() == "800000"
            assert (await till.ask(SALE_10)).hex() == "846b00"

    in_virtual_time(scenario)


def test_a_restart_keeps_booked_cards_and_numbers() -> None:
    first = Bench()

    async def sell() -> None:
        async with first.plug_in() as till:
            await till.run(SALE_10)

    in_virtual_time(sell)
    second = Bench(memory=first.memory)

    async def go_on() -> None:
        async with second.plug_in() as till:
            found = bitmaps(next(m for m in await till.run(REPEAT) if m.startswith("040F")))
            assert (found["87"], found["04"]) == ("0001", "000000001000")
            await till.run(SALE_10)
            assert codes(await till.run("06 30 06 000000 87 0001")) == ["8000", "040F", "060F"]

    in_virtual_time(go_on)
    assert [record["slip"] for record in second.ledger.records if record["event"] == "charged"] == [2]


def test_slip_numbers_wrap_past_zero() -> None:
    bench = Bench()
    bench.memory.save({"slip": 9999, "trace": 999_999})
    bench = Bench(memory=bench.memory)

    async def scenario() -> None:
        async with bench.plug_in() as till:
            await till.run(SALE_10)

    in_virtual_time(scenario)
    assert [(r["slip"], r["trace"]) for r in bench.ledger.records if r["event"] == "charged"] == [(1, 1)]


def test_it_runs_on_asyncio_too() -> None:
    bench = Bench()

    async def scenario() -> None:
        async with bench.plug_in(REGISTER_8E) as till:
            assert codes(await till.run(SALE_10)) == ["8000", "040F", "060F"]

    anyio.run(scenario)
    assert bench.events() == ["charged"]


def test_unknown_orders_are_refused_in_words() -> None:
    bench = Bench()

    async def scenario() -> None:
        for order in ("dance", "present card library", "fault nonsense", "currency euro"):
            with pytest.raises(ValueError, match=r"unknown|no card"):
                await bench.device.command(order)
        assert await bench.device.command("card auto 3") == "a card presents itself after 3 s"
        await bench.device.command("fault decline=51")
        picture = bench.device.picture()
        assert (picture["card_auto_s"], picture["faults"]) == (3.0, ["decline=51"])

    in_virtual_time(scenario)
