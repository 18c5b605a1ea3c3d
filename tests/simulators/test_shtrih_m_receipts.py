"""Receipts, shifts, the drawer and the refusals around them, as the Shtrih-M reference has them."""

from __future__ import annotations

import pytest
from shtrih_m_host import (
    CANCEL,
    COPY,
    FN_SHIFT,
    FN_STATE,
    OPEN_REFUND,
    OPEN_SALE,
    OPEN_SHIFT,
    SHORT,
    SYSTEM,
    X_REPORT,
    Z_REPORT,
    Bench,
    close,
    in_virtual_time,
    le,
    line,
    tag,
)


def classic(code: str, price: int, quantity: int = 1000, group: int = 0, text: str = "Хлеб") -> str:
    """80h-84h."""
    head = code + "01000000" + le(quantity, 5) + le(price, 5) + "01" + le(group, 1) + "000000"
    return head + text.encode("cp1251").ljust(40, b"\0").hex()


def classic_close(cash: int, card: int = 0, percent: int = 0) -> str:
    """85h."""
    return "8501000000" + le(cash, 5) + le(card, 5) + "00" * 10 + le(percent, 2) + "00" * 44


def register_money(number: int) -> str:
    return "1A" + SYSTEM + le(number, 1)


async def money(host, number: int) -> int:
    return int.from_bytes((await host.ok(register_money(number)))[1:], "little")


def run_in_shift(body, *, instant: bool = True) -> None:
    async def scenario() -> None:
        bench = Bench(instant=instant)
        async with bench.in_shift() as host:
            await body(bench, host)

    in_virtual_time(scenario)


def test_a_sale_with_two_rates_and_two_means() -> None:
    """Sums, drawer, registers, archive, paper and ledger say the same."""

    async def body(bench, host) -> None:
        await host.ok(OPEN_SALE)
        await host.ok(line(122_00))
        await host.ok(line(55_55, quantity=2_000_000, rate=0x02, name="Молоко"))
        contents = tag(1008, b"+79160000000") + tag(1084, bytes.fromhex(tag(1085, b"sale") + tag(1086, b"T1-42")))
        await host.ok("FF0C" + SYSTEM + contents)
        answer = await host.ok(close(cash=200_00, card=50_00))
        sale = bench.events("fiscalised")[0]
        assert int.from_bytes(answer[:5], "little") == 16_90
        assert int.from_bytes(answer[5:9], "little") == sale["document"] == 3
        assert int.from_bytes(answer[9:], "little") == sale["fiscal_sign"]
        assert (sale["total_minor"], sale["cash_minor"], sale["electronic_minor"]) == (233_10, 183_10, 50_00)
        assert (sale["buyer"], sale["key1084"], sale["shift"]) == ("+79160000000", "T1-42", 1)
        assert [(item["sum_minor"], item["vat"]) for item in sale["lines"]] == [(122_00, 11), (111_10, 2)]
        assert await money(host, 241) == 183_10
        assert (await money(host, 193), await money(host, 197)) == (183_10, 50_00)
        archived = await host.ok("FF0A" + SYSTEM + le(3, 4))
        assert archived[0] == 4
        assert archived[7:11] == le_bytes(3, 4)
        assert archived[11:15] == answer[9:]
        assert archived[15] == 1
        assert int.from_bytes(archived[16:21], "little") == 233_10
        paper = bench.printed()
        fn = bench.device.machine.image.identity.fn
        assert f"t=20261121T1230&s=233.10&fn={fn}&i=3&fp={sale['fiscal_sign']}&n=1" in paper
        assert any("НДС 22%" in text and "22.00" in text for text in paper)
        assert any("НДС 10%" in text and "10.10" in text for text in paper)

    run_in_shift(body)


def le_bytes(value: int, size: int) -> bytes:
    return value.to_bytes(size, "little")


def test_a_refund_takes_cash_from_the_drawer_and_no_more_than_it_has() -> None:
    async def body(bench, host) -> None:
        await host.ok(OPEN_REFUND)
        await host.ok(line(50_00, operation=2))
        assert await host.refused(close(cash=50_00)) == 0x46
        await host.ok(CANCEL)
        await host.ok("5001000000" + le(60_00, 5))
        await host.ok(line(50_00, operation=2))
        await host.ok(close(cash=50_00))
        assert await money(host, 241) == 10_00
        assert bench.events("fiscalised")[0]["operation"] == 2
        assert await host.refused("5101000000" + le(10_01, 5)) == 0x46
        await host.ok("5101000000" + le(10_00, 5))
        assert [(e["event"], e["sum_minor"]) for e in bench.ledger.records if e["event"].startswith("cash_")] == [
            ("cash_in", 60_00),
            ("cash_out", 10_00),
        ]

    run_in_shift(body)


def test_the_classic_receipt_storno_discount_and_percentage() -> None:
    """80h, 84h, 86h, 87h, 8Ah, 8Bh, 89h, 85h: two breads, one taken back, 5.00 off, then 10 % of the rest."""

    async def body(bench, host) -> None:
        await host.ok(classic("80", 30_00, group=2))
        await host.ok(classic("80", 30_00, group=2))
        await host.ok(classic("84", 30_00, group=2))
        adjust = le(5_00, 5) + "00" * 44
        for code in ("86", "86", "8A", "87", "8B"):
            await host.ok(code + "01000000" + adjust)
        assert int.from_bytes((await host.ok("8901000000"))[1:], "little") == 25_00
        assert await host.refused(classic("82", 1_00)) == 0x49
        assert int.from_bytes((await host.ok(classic_close(30_00, percent=10_00)))[1:6], "little") == 7_50
        sale = bench.events("fiscalised")[0]
        assert sale["total_minor"] == 22_50
        assert [item["sum_minor"] for item in sale["lines"]] == [30_00, 30_00, -30_00]

    run_in_shift(body)


def test_the_extended_classic_close() -> None:
    async def body(bench, host) -> None:
        await host.ok(classic("80", 30_00))
        await host.ok("8E01000000" + le(10_00, 5) + le(20_00, 5) + "00" * 70 + "0000" + "00" * 44)
        assert bench.events("fiscalised")[0]["electronic_minor"] == 20_00

    run_in_shift(body)


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (close(cash=98_99), 0x45),
        (close(cash=0, card=99_01), 0x4D),
        (close(cash=99_00, tax_system=3), 0x33),
        (close(cash=99_00, tax_system=0), 0x33),
        (close(cash=99_00, rounding=100), 0x33),
        (OPEN_SALE, 0x4A),
        (line(1_00, operation=2), 0x49),
        (line(1_00, rate=0x03), 0x33),
        (line(1_00, department=17), 0x63),
        (line(10_000_000_000), 0x61),
        (line(1_00, quantity=10**13), 0x62),
        (line(9_999_999_999, quantity=2_000_000), 0x60),
        (line(9_999_999_999), 0x7F),
        (line(3_33, quantity=333_000, sum=1_13), 0x33),
        (Z_REPORT, 0x4A),
        (X_REPORT, 0x4A),
        ("8C" + SYSTEM, 0x4A),
        ("FF4D" + SYSTEM + "0804FF00", 0x09),
        ("10" + SYSTEM + "00", 0x7E),
        ("1063000000", 0x4F),
        ("1F01000000" + "01010001", 0x4F),
        ("1F" + SYSTEM + "63010001", 0x5D),
        ("1E" + SYSTEM + "12010001" + "41", 0x7A),
        ("1E" + SYSTEM + "11010011" + "02", 0xC7),
        ("C0" + SYSTEM, 0x37),
        ("FF71" + SYSTEM, 0x37),
        ("8401000000" + le(2000, 5) + le(99_00, 5) + "01" + "00" * 44, 0x5F),
    ],
)
def test_refusals_in_an_open_receipt_change_nothing(command: str, code: int) -> None:
    async def body(bench, host) -> None:
        await host.ok(line(99_00))
        assert await host.refused(command) == code
        await host.ok(close(cash=99_00))
        sale = bench.events("fiscalised")[0]
        assert (sale["total_minor"], len(sale["lines"])) == (99_00, 1)

    run_in_shift(body)


def test_a_sum_may_differ_by_one_kopeck() -> None:
    async def body(bench, host) -> None:
        for given in (1_10, 1_11, 1_12):
            await host.ok(line(3_33, quantity=333_000, sum=given))
        await host.ok(close(cash=3_33))
        assert [item["sum_minor"] for item in bench.events("fiscalised")[0]["lines"]] == [1_10, 1_11, 1_12]

    run_in_shift(body)


def test_rounding_drops_kopecks_and_a_zero_total_is_refused() -> None:
    async def body(bench, host) -> None:
        await host.ok(line(0))
        assert await host.refused(close()) == 0x8E
        await host.ok(line(99_60))
        assert await host.refused(close(cash=99_00, rounding=61)) == 0x33
        assert (await host.ok(close(cash=99_00, rounding=60)))[:5] == bytes(5)
        assert bench.events("fiscalised")[0]["total_minor"] == 99_00

    run_in_shift(body)


def test_a_cancelled_receipt_leaves_no_document() -> None:
    async def body(bench, host) -> None:
        before = await host.last_document()
        await host.ok(line(5_00))
        assert await host.mode() == 0x08
        assert (await host.ok(FN_STATE))[1:3] == bytes([4, 1])
        await host.ok(CANCEL)
        assert await host.mode() == 0x02
        assert (await host.ok(FN_STATE))[1:3] == bytes([0, 0])
        assert await host.last_document() == before
        assert bench.events("cancelled")[0]["total_minor"] == 5_00
        assert await host.refused(CANCEL) == 0x73

    run_in_shift(body)


def test_the_shift_opens_closes_and_keeps_its_cash() -> None:
    async def scenario() -> None:
        bench = Bench()
        async with bench.plug_in() as host:
            assert await host.mode() == 4
            assert await host.refused(line(1_00)) == 0x3D
            assert await host.refused(Z_REPORT) == 0x73
            assert await host.refused(COPY) == 0x56
            assert await host.refused("4101000000") == 0x4F
            await host.ok("FF41" + SYSTEM)
            await host.ok("FF0C" + SYSTEM + tag(1021, "Кассир Анна".encode("cp866")))
            await host.ok(OPEN_SHIFT)
            assert await host.refused(OPEN_SHIFT) == 0x73
            assert bench.events("shift_opened")[0]["cashier"] == "Кассир Анна"
            assert await host.ok(FN_SHIFT) == bytes([1, 1, 0, 0, 0])
            await host.ok(line(7_00))
            await host.ok(close(cash=7_00))
            await host.ok(COPY)
            assert bench.events("copy_printed")[0]["document"] == 3
            await host.ok(X_REPORT)
            await host.ok(Z_REPORT)
            closed = bench.events("shift_closed")[0]
            assert (closed["sales_minor"], closed["receipts"], closed["cash_minor"]) == (7_00, 1, 7_00)
            assert (await money(host, 193), await money(host, 241), await money(host, 244)) == (0, 7_00, 7_00)
            assert await host.ok(FN_SHIFT) == bytes([0, 1, 0, 1, 0])
            assert len(bench.events("x_report")) == 1

    in_virtual_time(scenario)


def test_the_clock_is_set_only_with_a_closed_shift_and_the_date_is_confirmed() -> None:
    async def scenario() -> None:
        bench = Bench()
        async with bench.plug_in() as host:
            await host.ok("22" + SYSTEM + bytes([22, 11, 26]).hex())
            assert await host.mode() == 6
            assert await host.refused(OPEN_SHIFT) == 0xC0
            assert await host.refused("23" + SYSTEM + bytes([23, 11, 26]).hex()) == 0x7C
            await host.ok("23" + SYSTEM + bytes([22, 11, 26]).hex())
            await host.ok("21" + SYSTEM + bytes([9, 15, 0]).hex())
            assert (await host.ok("11" + SYSTEM))[23:28] == bytes([22, 11, 26, 9, 15])
            assert await host.refused("22" + SYSTEM + bytes([31, 2, 26]).hex()) == 0x7D
            await host.ok(OPEN_SHIFT)
            assert await host.refused("21" + SYSTEM + bytes([9, 15, 0]).hex()) in (0x73, 0x4E)

    in_virtual_time(scenario)


def test_lines_are_printed_at_once_when_table_1_says_so() -> None:
    """Then paper-out comes before the commit: the line is refused with 6Bh, the receipt stays open."""

    async def body(bench, host) -> None:
        await host.ok("1E" + SYSTEM + "01010014" + "00")
        await host.ok(line(5_00))
        assert "Хлеб" in bench.printed()
        await bench.device.command("paper out")
        assert await host.refused(line(6_00)) == 0x6B
        assert await host.mode() == 0x08
        await bench.device.command("paper in")
        await host.ok(close(cash=5_00))

    run_in_shift(body, instant=False)


def test_a_printed_line_is_answered_when_it_is_out_and_a_report_keeps_the_printer_busy() -> None:
    async def body(bench, host) -> None:
        await host.ok("1701000000" + "02" + b"HELLO".ljust(40, b"\0").hex())
        assert bench.printed()[-1] == "HELLO"
        await host.ok(X_REPORT)
        assert await host.submode() == 4
        assert await host.refused("1701000000" + "02" + b"X".hex()) == 0x50
        await host.idle()
        assert await host.submode() == 0

    run_in_shift(body, instant=False)


def test_paper_and_cover_show_in_the_flags() -> None:
    async def body(bench, host) -> None:
        flags = {}
        for order in ("paper out", "paper in", "cover open", "cover close"):
            await bench.device.command(order)
            answer = await host.ok(SHORT)
            flags[order] = (int.from_bytes(answer[1:3], "little"), answer[4])
        assert flags == {
            "paper out": (0x0010, 1),
            "paper in": (0x0090, 0),
            "cover open": (0x0490, 1),
            "cover close": (0x0090, 0),
        }

    run_in_shift(body)


def test_tables_have_shapes_and_values() -> None:
    async def body(bench, host) -> None:
        shape = await host.ok("2D" + SYSTEM + "06")
        assert shape[:16].decode("cp1251").startswith("НАЛОГОВЫЕ СТАВК")
        assert shape[40:] == bytes([12, 0, 2])
        assert (await host.ok("2E" + SYSTEM + "0101"))[40:] == bytes([0, 1, 0, 99])
        assert (await host.ok("2E" + SYSTEM + "0202"))[40:] == bytes([1, 64])
        assert (await host.ok("1F" + SYSTEM + "060B0002"))[:8].decode("cp1251") == "НДС 22%\0"
        assert await host.ok("1F" + SYSTEM + "060B0001") == le_bytes(2200, 2)
        assert (await host.ok("1F" + SYSTEM + "12010004")).decode() == bench.device.machine.image.identity.fn
        assert await host.ok("1F" + SYSTEM + "15010004") == le_bytes(7778, 2)
        assert await host.refused("1E" + SYSTEM + "01010014" + "02") == 0x33
        name = "Иванова А.".encode("cp1251").ljust(64, b"\0")
        await host.ok("1E" + SYSTEM + "02010002" + name.hex())
        assert await host.ok("1F" + SYSTEM + "02010002") == name

    run_in_shift(body)


KNOWN = """
    10 11 12 13 14 15 16 17 18 1A 1B 1E 1F 21 22 23 25 26 28 29 2D 2E 2F 40 41 42 43 44 45 46 50 51 52 53 54 6B
    80 81 82 83 84 85 86 87 88 89 8A 8B 8C 8D 8E B0 E0 E1 E2 E3 F7 FC
    FF01 FF02 FF03 FF04 FF05 FF06 FF07 FF08 FF09 FF0A FF0B FF0C FF0D FF0E FF30 FF31 FF32 FF33 FF34 FF35 FF36 FF37
    FF38 FF39 FF3A FF3B FF3C FF3D FF3E FF3F FF40 FF41 FF42 FF43 FF45 FF46 FF4A FF4B FF4C FF4D FF60 FF61 FF62 FF63
    FF64 FF67 FF68 FF69 FF70
"""


def test_every_command_of_the_reference_is_known_and_no_other() -> None:
    """One byte codes and FF codes alike; graphics and transport tests have no effect here and are answered 37h."""
    known = KNOWN.split()

    async def body(bench, host) -> None:
        for code in [f"{byte:02X}" for byte in range(255)] + [f"FF{byte:02X}" for byte in range(256)]:
            answer = await host.ask(code + "00")
            assert (answer[len(code) // 2] == 0x37) is (code not in known), code

    run_in_shift(body)


def test_the_documents_body_can_be_read_tag_by_tag() -> None:
    async def body(bench, host) -> None:
        await host.ok(line(99_00))
        await host.ok(close(cash=100_00))
        form = await host.ok("FF3A" + SYSTEM + le(3, 4))
        assert int.from_bytes(form[:2], "little") == 3
        told = b""
        while len(told) < int.from_bytes(form[2:], "little"):
            told += await host.ok("FF3B" + SYSTEM)
        assert await host.refused("FF3B" + SYSTEM) == 0x08
        assert bytes.fromhex(tag(1020, le_bytes(9900, 2))) in told
        assert bytes.fromhex(tag(1054, b"\x01")) in told
        assert "Хлеб".encode("cp866") in told
        assert await host.refused("FF0A" + SYSTEM + le(4, 4)) == 0x08

    run_in_shift(body)


def test_a_correction_is_one_command() -> None:
    async def body(bench, host) -> None:
        sums = [100_00, 100_00] + [0] * 10
        command = "FF4A" + SYSTEM + "0001" + "".join(le(amount, 5) for amount in sums) + "01"
        answer = await host.ok(command)
        corrected = bench.events("corrected")[0]
        assert int.from_bytes(answer[2:6], "little") == corrected["document"] == 3
        assert corrected["total_minor"] == 100_00
        assert (await host.ok("FF0A" + SYSTEM + le(3, 4)))[0] == 0x14

    run_in_shift(body)


def test_marks_are_checked_accepted_bound_and_limited() -> None:
    mark = b"0104600439931256215Ab\x1d93dGVz"

    async def body(bench, host) -> None:
        bind = "FF67" + SYSTEM + le(len(mark), 1) + mark.hex()
        assert await host.refused(bind) == 0x73
        assert await host.refused("FF69" + SYSTEM + "01") == 0xA1
        asked = await host.ok("FF61" + SYSTEM + "0100" + le(len(mark), 1) + "00" + mark.hex())
        assert (asked[0], asked[1], asked[3], asked[5]) == (3, 0, 2, 15)
        assert await host.ok("FF69" + SYSTEM + "01") == bytes([15])
        assert (await host.ok("FF70" + SYSTEM))[3] == 1
        await host.ok(line(99_00, subject=33))
        assert await host.refused(close(cash=99_00)) == 0xA4
        assert await host.ok(bind) == b"\x44\x4d\x01"
        await host.ok(close(cash=99_00))
        assert bench.events("fiscalised")[0]["lines"][0]["mark"] == mark.decode("latin-1")

    run_in_shift(body)
