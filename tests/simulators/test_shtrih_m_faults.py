"""Each fault of the Shtrih-M simulator does what its sentence says: what is executed, what is kept, what is lost."""

from __future__ import annotations

import datetime as dt

import anyio
import anyio.lowlevel
import pytest
from shtrih_m_host import (
    ACK,
    CANCEL,
    CONTINUE,
    ENQ,
    FN_STATE,
    NAK,
    OFD,
    OPEN_SALE,
    OPEN_SHIFT,
    SHORT,
    SYSTEM,
    Bench,
    close,
    framed,
    in_virtual_time,
    le,
    line,
)

from drivers.links.link import LinkLost
from drivers.simulators.shtrih_m.faults import FAULTS

SEAL = close(cash=100_00)
TESTED: set[str] = set()


def scenario(*faults: str, instant: bool = False):
    """Run the test in virtual time against a register in a shift with these faults armed; note that they are tested."""

    def wrap(body):
        TESTED.update(fault.partition("=")[0].partition("@")[0] for fault in faults)

        def test() -> None:
            async def run() -> None:
                bench = Bench(instant=instant)
                async with bench.in_shift() as host:
                    for fault in faults:
                        await bench.device.command(f"fault {fault}")
                    await body(bench, host)

            in_virtual_time(run)

        test.__name__, test.__doc__ = body.__name__, body.__doc__
        return test

    return wrap


async def a_line(host) -> None:
    await host.ok(line(99_00))


async def start_sealing(host) -> bytes:
    """A line, then FF45's frame; returns what came first."""
    await a_line(host)
    await host.say(framed(bytes.fromhex(SEAL)))
    return await host.hear(1, within_s=0.05)


def documents(bench: Bench) -> int:
    return len(bench.events("fiscalised"))


async def pending_seal(bench: Bench) -> None:
    """A new connection finds the answer to FF45 with the document of the ledger."""
    async with bench.plug_in() as host:
        await host.say(ENQ)
        assert await host.hear(1) == ACK
        answer = await host.frame()
        assert answer[2:5] == bytes.fromhex("FF4500")
        assert int.from_bytes(answer[10:14], "little") == bench.events("fiscalised")[-1]["document"]


@scenario("drop_before_frame=FF45")
async def test_drop_before_frame(bench, host) -> None:
    with pytest.raises(LinkLost):
        await start_sealing(host)
    async with bench.plug_in() as again:
        await again.say(ENQ)
        assert await again.hear(1) == NAK
        assert await again.mode() == 0x08
    assert documents(bench) == 0


@pytest.mark.parametrize("fault", ["drop_after_ack", "drop_during_execution", "drop_after_commit"])
def test_drops_after_which_the_command_was_executed(fault: str) -> None:
    async def run() -> None:
        bench = Bench()
        async with bench.in_shift() as host:
            await bench.device.command(f"fault {fault}=FF45")
            assert await start_sealing(host) == ACK
            assert await host.lost()
            assert documents(bench) == 1
        await pending_seal(bench)
        assert documents(bench) == 1

    TESTED.add(fault)
    in_virtual_time(run)


TESTED.update({"drop_after_ack", "drop_during_execution", "drop_after_commit"})


@scenario("half_answer=FF45")
async def test_half_answer(bench, host) -> None:
    assert await start_sealing(host) == ACK
    half = await host.hear(19, within_s=5)
    assert 0 < len(half) < 19
    await host.say(ENQ)
    assert await host.hear(1) == ACK
    whole = await host.frame()
    assert whole.startswith(half)
    assert whole == framed(whole[2:-1])


@scenario("bad_lrc_once=FF45")
async def test_bad_lrc_once(bench, host) -> None:
    assert await start_sealing(host) == ACK
    wrong = await host.frame()
    assert wrong != framed(wrong[2:-1])
    await host.say(NAK + ENQ)
    assert await host.hear(1) == ACK
    right = await host.frame()
    assert right == framed(right[2:-1])
    assert documents(bench) == 1


@scenario("bad_lrc_always=FF45")
async def test_bad_lrc_always(bench, host) -> None:
    assert await start_sealing(host) == ACK
    for _ in range(4):
        wrong = await host.frame()
        assert wrong != framed(wrong[2:-1])
        await host.say(NAK + ENQ)
        assert await host.hear(1) == ACK
    await host.frame()
    await host.say(ACK)
    await host.idle()
    assert documents(bench) == 1


@scenario("nak_storm=3")
async def test_nak_storm(bench, host) -> None:
    for _ in range(3):
        await host.say(framed(bytes.fromhex(SHORT)))
        assert await host.hear(1) == NAK
    await host.ok(SHORT)


@scenario("ff_noise")
async def test_ff_noise(bench, host) -> None:
    await host.say(framed(bytes.fromhex(SHORT)))
    assert await host.hear(4) == b"\xff\xff\xff" + ACK


@scenario("enq_silence=2")
async def test_enq_silence(bench, host) -> None:
    for _ in range(2):
        await host.say(ENQ)
        assert await host.hear(1, within_s=1) == b""
    await host.say(ENQ)
    assert await host.hear(1) == NAK


@scenario("slow_answer=FF45:20")
async def test_slow_answer(bench, host) -> None:
    before = anyio.current_time()
    assert await start_sealing(host) == ACK
    assert len(await host.frame()) == 19
    assert anyio.current_time() - before > 20


@pytest.mark.parametrize(
    ("fault", "committed"),
    [
        ("power_cycle_before_frame", 0),
        ("power_cycle_after_ack", 0),
        ("power_cycle_during_execution", 0),
        ("power_cycle_after_commit", 1),
        ("power_cycle_half_answer", 1),
        ("power_cycle_while_printing", 1),
    ],
)
@pytest.mark.parametrize("survives", [False, True], ids=["answer lost", "answer kept"])
def test_power_cycles(fault: str, committed: int, survives: bool) -> None:
    """State is kept: fiscal memory, mode, the open receipt. The pending answer is lost, or kept in that variant."""

    async def run() -> None:
        bench = Bench(instant=False)
        async with bench.in_shift() as host:
            await bench.device.command(f"fault {fault}=FF45")
            if survives:
                await bench.device.command("fault pending_answer_survives_power")
            await a_line(host)
            await host.say(framed(bytes.fromhex(SEAL)))
            assert await host.lost()
        assert documents(bench) == committed
        async with bench.plug_in() as host:
            await host.say(ENQ)
            assert await host.hear(1, within_s=0.5) == b"", "still starting"
            await anyio.sleep(1)
            await host.say(ENQ)
            if survives and committed:
                assert await host.hear(1) == ACK
                assert (await host.frame())[2:5] == bytes.fromhex("FF4500")
                await host.say(ACK)
            else:
                assert await host.hear(1) == NAK
            assert await host.mode() == (0x02 if committed else 0x08)
            if committed:
                assert await host.submode() == 3
                await host.ok(CONTINUE)
                await host.idle()
                assert any(text.startswith("t=") for text in bench.printed())
            else:
                await host.ok(SEAL)
        assert documents(bench) == 1

    in_virtual_time(run)


TESTED.update(name for name in FAULTS if name.startswith("power_cycle"))
TESTED.add("pending_answer_survives_power")


@pytest.mark.parametrize("survives", [False, True], ids=["number lost", "number kept"])
def test_v2_number_over_a_power_cycle(survives: bool) -> None:
    async def run() -> None:
        bench = Bench()
        async with bench.plug_in() as host:
            await host.say("8F 07 00 01 00 10 1E 00 00 00 1F AC")
            first = await host.hear(24)
        if survives:
            await bench.device.command("fault v2_number_survives_power")
        await bench.device.command("power off")
        await bench.device.command("power on")
        async with bench.plug_in() as host:
            await host.say("8F 00 00 0F 1D")
            pinged = await host.hear(24, within_s=1)
            assert pinged == first if survives else len(pinged) == 7

    TESTED.add("v2_number_survives_power")
    in_virtual_time(run)


TESTED.add("v2_number_survives_power")


@scenario("previous_answer_pending")
async def test_previous_answer_pending(bench, host) -> None:
    host.link.cut()
    await anyio.lowlevel.checkpoint()
    async with bench.plug_in() as again:
        await again.say(ENQ)
        assert await again.hear(1) == ACK
        assert (await again.frame())[2] == 0x10


@scenario("paper_out_before_commit")
async def test_paper_out_before_commit(bench, host) -> None:
    await a_line(host)
    assert await host.refused(SEAL) == 0x6B
    assert await host.submode() == 1
    assert await host.mode() == 0x08
    assert documents(bench) == 0
    await bench.device.command("paper in")
    await host.ok(SEAL)
    assert documents(bench) == 1


@scenario("paper_out_after_commit")
async def test_paper_out_after_commit(bench, host) -> None:
    """5 -> 2 -> 3 -> B0 -> 5 -> 0, one document, and every line of it printed once."""
    await a_line(host)
    await host.ok(SEAL)
    assert await host.submode() == 5
    assert await host.refused(COPY_REQUEST) == 0x50
    await host.idle()
    assert await host.submode() == 2
    assert await host.refused(COPY_REQUEST) == 0x6B
    assert await host.refused(CONTINUE) == 0x72
    await bench.device.command("paper in")
    assert await host.submode() == 3
    assert await host.refused(COPY_REQUEST) == 0x58
    await host.ok(CONTINUE)
    assert await host.submode() == 5
    await host.idle()
    assert await host.submode() == 0
    assert sum(text.startswith("t=") for text in bench.printed()) == 1
    assert sum("ИТОГ" in text for text in bench.printed()) == 1
    assert documents(bench) == 1


COPY_REQUEST = "8C" + SYSTEM


@scenario("hangs_before_continue")
async def test_hangs_before_continue(bench, host) -> None:
    await a_line(host)
    await host.ok(SEAL)
    await anyio.sleep(60)
    assert await host.submode() == 3
    await host.ok(CONTINUE)
    await host.idle()
    assert await host.submode() == 0


@scenario("shift_24h_mid_receipt@2")
async def test_shift_24h_mid_receipt(bench, host) -> None:
    await a_line(host)
    await a_line(host)
    assert await host.refused(close(cash=200_00)) == 0x16
    await host.ok(CANCEL)
    await host.idle()
    assert await host.mode() == 3
    assert await host.refused(line(1_00)) == 0x4E
    assert await host.refused(OPEN_SALE) == 0x4E
    await host.ok("40" + SYSTEM)
    await host.idle()
    await host.ok("41" + SYSTEM)
    await host.idle()
    await host.ok(OPEN_SHIFT)
    assert documents(bench) == 0


@scenario("shift_24h")
async def test_shift_24h(bench, host) -> None:
    assert await host.refused(line(1_00)) == 0x4E


@pytest.mark.parametrize(
    ("fault", "bit"),
    [
        ("fn_warns_3_days", 1),
        ("fn_warns_30_days", 2),
        ("fn_warns_archive", 4),
        ("fn_warns_ofd", 8),
        ("fn_warns_critical", 128),
    ],
)
def test_fn_warnings(fault: str, bit: int) -> None:
    async def run() -> None:
        bench = Bench(fault)
        async with bench.plug_in() as host:
            for _ in range(2):
                assert (await host.ok(FN_STATE))[4] == bit

    in_virtual_time(run)


TESTED.update(name for name in FAULTS if name.startswith("fn_warns"))


@pytest.mark.parametrize(
    ("fault", "code"),
    [("fn_exhausted", 0x12), ("fn_store_full", 0x14), ("fn_fails_before_commit", 0x03), ("refuses=FF45:4B", 0x4B)],
)
def test_refusals_without_a_commit(fault: str, code: int) -> None:
    async def run() -> None:
        bench = Bench()
        async with bench.in_shift() as host:
            await a_line(host)
            await bench.device.command(f"fault {fault}")
            before = await host.last_document()
            assert await host.refused(SEAL) == code
            assert await host.last_document() == before
            assert await host.mode() == 0x08
            assert documents(bench) == 0

    in_virtual_time(run)


TESTED.update({"fn_exhausted", "fn_store_full", "fn_fails_before_commit", "refuses"})


@scenario("fn_fails_after_commit=2F")
async def test_fn_fails_after_commit(bench, host) -> None:
    await a_line(host)
    before = await host.last_document()
    assert await host.refused(SEAL) == 0x2F
    assert await host.last_document() == before + 1
    assert documents(bench) == 1


@scenario("fn_document_stuck")
async def test_fn_document_stuck(bench, host) -> None:
    await a_line(host)
    await host.ok(CANCEL)
    await host.idle()
    assert (await host.ok(FN_STATE))[1] == 4
    assert await host.refused(OPEN_SHIFT) == 0x73
    await host.ok("FF08" + SYSTEM)
    assert (await host.ok(FN_STATE))[1] == 0
    await a_line(host)


@scenario("last_document_jumps_by_2=FF45")
async def test_last_document_jumps_by_2(bench, host) -> None:
    before = await host.last_document()
    await a_line(host)
    await host.ok(SEAL)
    assert await host.last_document() == before + 2
    foreign, ours = bench.events("fiscalised")
    assert foreign["foreign"] is True
    assert (foreign["document"], ours["document"], ours["total_minor"]) == (before + 1, before + 2, 99_00)


@pytest.mark.parametrize("fault", ["fn_swapped", "register_swapped"])
def test_swaps_show_at_the_next_connection(fault: str) -> None:
    async def run() -> None:
        bench = Bench()
        async with bench.plug_in() as host:
            fn, full = (await host.ok(FN_STATE))[10:26], await host.ok("11" + SYSTEM)
        await bench.device.command(f"fault {fault}")
        async with bench.plug_in() as host:
            assert (await host.ok(FN_STATE))[10:26] != fn
            assert ((await host.ok("11" + SYSTEM))[31:35] == full[31:35]) is (fault == "fn_swapped")

    in_virtual_time(run)


TESTED.update({"fn_swapped", "register_swapped"})


@pytest.mark.parametrize(
    ("fault", "where", "code"),
    [
        ("mark_refused_at_item", "item", 0xA2),
        ("mark_refused_at_item=A0", "item", 0xA0),
        ("mark_refused_at_seal", "seal", 0xA5),
    ],
)
def test_refused_marks(fault: str, where: str, code: int) -> None:
    mark = b"0104600439931256215Ab\x1d93dGVz"

    async def run() -> None:
        bench = Bench()
        async with bench.in_shift() as host:
            await bench.device.command(f"fault {fault}")
            await host.ok(line(99_00, subject=33))
            bind = "FF67" + SYSTEM + le(len(mark), 1) + mark.hex()
            if where == "item":
                assert await host.refused(bind) == code
            else:
                await host.ok(bind)
                assert await host.refused(SEAL) == code
                await host.ok(SEAL)
                assert bench.events("fiscalised")[0]["lines"][0]["mark"] == mark.decode("latin-1")

    in_virtual_time(run)


TESTED.update({"mark_refused_at_item", "mark_refused_at_seal"})


@scenario("marks_unreachable")
async def test_marks_unreachable(bench, host) -> None:
    mark = b"0104600439931256215Ab\x1d93dGVz"
    asked = await host.ok("FF61" + SYSTEM + "0100" + le(len(mark), 1) + "00" + mark.hex())
    assert asked[3:5] == bytes([2, 0xFF])
    assert await host.ok("FF69" + SYSTEM + "01") == bytes([3])


def test_clock_off() -> None:
    async def run() -> None:
        bench = Bench("clock_off=45")
        async with bench.plug_in() as host:
            full = await host.ok("11" + SYSTEM)
            assert full[23:28] == bytes([21, 11, 26, 13, 15])

    in_virtual_time(run)


def test_ofd_away() -> None:
    """Unsent documents gather, warn after five days, stop everything after thirty; the way back, all are sent."""

    async def run() -> None:
        bench = Bench("ofd_away")
        async with bench.in_shift() as host:
            await a_line(host)
            await host.ok(SEAL)
            exchange = await host.ok(OFD)
            assert int.from_bytes(exchange[2:4], "little") == 2
            assert exchange[8:13] == bytes([26, 11, 21, 12, 30])
            assert (await host.ok(FN_STATE))[4] == 0
            await bench.device.command(f"clock +{6 * 24 * 60} minutes")
            assert (await host.ok(FN_STATE))[4] == 8
            await bench.device.command(f"clock +{25 * 24 * 60} minutes")
            assert await host.refused("41" + SYSTEM) == 0x15
            await bench.device.command("ofd back")
            await host.ok("41" + SYSTEM)
            assert int.from_bytes((await host.ok(OFD))[2:4], "little") == 0
            assert len(bench.events("ofd_sent")) == 3

    in_virtual_time(run)


TESTED.update({"clock_off", "ofd_away"})


def test_power_off_and_on_by_hand() -> None:
    """Off: the connection ends and nobody is served. On: everything durable is there."""

    async def run() -> None:
        bench = Bench(instant=False)
        async with bench.in_shift() as host:
            await a_line(host)
            await bench.device.command("power off")
            assert await host.lost()
        async with bench.plug_in() as host:
            assert await host.lost()
        await bench.device.command("power on")
        async with bench.plug_in() as host:
            assert await host.mode() == 0x08
            await host.ok(SEAL)
        assert documents(bench) == 1

    in_virtual_time(run)


def test_a_new_device_from_the_same_memory_goes_on() -> None:
    """What was saved is everything: another process with the same memory has the same register, receipt open."""

    async def run() -> None:
        first = Bench(instant=False)
        async with first.in_shift() as host:
            await a_line(host)
        second = Bench(memory=first.memory, seed=77)
        async with second.plug_in() as host:
            assert await host.mode() == 0x08
            await host.ok(SEAL)
        assert second.device.machine.image.identity == first.device.machine.image.identity
        assert second.events("fiscalised")[0]["document"] == 3

    in_virtual_time(run)


def test_every_fault_is_tested_here() -> None:
    assert set(FAULTS) - TESTED == set()


def test_the_clock_of_documents_is_the_registers() -> None:
    async def run() -> None:
        bench = Bench()
        async with bench.in_shift() as host:
            await bench.device.command("clock +10 minutes")
            await a_line(host)
            await host.ok(SEAL)
        document = bench.device.machine.image.fn.documents[-1]
        assert dt.datetime.fromisoformat(document.at) == dt.datetime(2026, 11, 21, 12, 40)

    in_virtual_time(run)
