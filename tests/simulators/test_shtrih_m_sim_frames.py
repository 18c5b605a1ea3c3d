"""The worked frames of the Shtrih-M reference (section 11), byte for byte both ways, on both link protocols."""

from __future__ import annotations

import pytest
from shtrih_m_host import ACK, NAK, OPEN_SALE, OPEN_SHIFT, Bench, in_virtual_time, on_asyncio

from drivers.simulators.shtrih_m import link_v1, link_v2
from drivers.simulators.shtrih_m.identity import crc16
from drivers.simulators.shtrih_m.memory_image import Filed
from drivers.simulators.shtrih_m.wire_fields import le, money

HOST_FRAMES = {
    "beep": "02 05 13 01 00 00 00 17",
    "short status": "02 05 10 1E 00 00 00 0B",
    "full status": "02 05 11 1E 00 00 00 0A",
    "drawer": "02 06 28 01 00 00 00 00 2F",
    "open shift": "02 05 E0 01 00 00 00 E4",
    "open receipt": "02 06 8D 01 00 00 00 00 8A",
    "cash in": "02 0A 50 01 00 00 00 10 27 00 00 00 6C",
    "FN status": "02 06 FF 01 1E 00 00 00 E6",
    "table": "02 09 1F 1E 00 00 00 01 01 00 0E 06",
    "cancel": "02 05 88 01 00 00 00 8C",
    "Z report": "02 05 41 1E 00 00 00 5A",
}
BREAD = "02 10 FF 0C 1E 00 00 00 F0 03 06 00 61 40 62 2E 72 75 62"
MILK = (
    "02 26 FF 46 01 00 00 00 01 A0 25 26 00 00 00 16 4E 00 00 00"
    "FF FF FF FF FF FF FF FF FF FF 01 01 04 01 CC EE EB EE EA EE 42"
)
CLOSE_500 = "02 76 FF 45 1E 00 00 00 50 C3 00 00 00" + "00" * 75 + "00" + "00" * 30 + "01 40"


def test_the_references_host_frames_are_taken_and_acted_upon() -> None:
    """Literal frames in, acknowledged and answered without error, and the receipt they make is in the ledger."""

    async def scenario() -> None:
        bench = Bench()
        async with bench.plug_in() as host:
            order = ["beep", "short status", "full status", "drawer", "open shift", "cash in", "FN status", "table"]
            for name in [*order, "open receipt", MILK, BREAD, CLOSE_500, "open receipt", "cancel", "Z report"]:
                await host.say(HOST_FRAMES.get(name, name))
                assert await host.hear(1) == ACK, name
                answer = await host.frame()
                await host.say(ACK)
                body = answer[2:-1]
                assert body[2 if body[0] == 0xFF else 1] == 0, name
                assert body[:1] == bytes.fromhex(HOST_FRAMES.get(name, name))[2:3]
        sale = bench.events("fiscalised")[0]
        assert (sale["total_minor"], sale["cash_minor"], sale["operation"]) == (49975, 49975, 1)
        assert sale["buyer"] == "a@b.ru"
        assert sale["lines"] == [{"name": "Молоко", "sum_minor": 49975, "quantity_thousandths": 2500, "vat": 1}]
        assert [record["sum_minor"] for record in bench.events("cash_in")] == [10000]
        assert bench.events("drawer_opened")
        assert bench.events("cancelled")
        assert bench.events("shift_closed")

    in_virtual_time(scenario)


def test_the_references_answers_are_given_byte_for_byte() -> None:
    """FF46, 8D, a refused 8D, FF45 with change 0.25 and document 130, FF01 of that moment."""

    async def scenario() -> None:
        bench = Bench()
        machine = bench.device.machine
        machine.image.identity.fn = "9999078900005430"
        async with bench.in_shift() as host:
            fn = machine.image.fn
            fn.documents += [
                Filed(number, 2, "2026-11-21T12:30:00", 1, 1, sent=True) for number in range(fn.last + 1, 130)
            ]
            machine.save()
            await host.say(HOST_FRAMES["open receipt"])
            assert await host.hear(7) == ACK + bytes.fromhex("02 03 8D 00 01 8F")
            await host.say(ACK)
            await host.say(HOST_FRAMES["open receipt"])
            assert await host.hear(6) == ACK + bytes.fromhex("02 02 8D 4A C5")
            await host.say(ACK)
            await host.say(MILK)
            assert await host.hear(7) == ACK + bytes.fromhex("02 03 FF 46 00 BA")
            await host.say(ACK + bytes.fromhex(CLOSE_500))
            assert await host.hear(1) == ACK
            sealed = await host.frame()
            sign = bench.events("fiscalised")[0]["fiscal_sign"]
            assert sealed[:15] == bytes.fromhex("02 10 FF 45 00 19 00 00 00 00 82 00 00 00") + sealed[14:15]
            assert sealed[14:18] == sign.to_bytes(4, "little")
            await host.say(ACK + bytes.fromhex("02 06 FF 01 1E 00 00 00 E6"))
            assert await host.hear(1) == ACK
            assert await host.frame() == bytes.fromhex(
                "02 21 FF 01 00 03 00 00 01 00 1A 0B 15 0C 1E 39 39 39 39 30 37 38 39 30 30 30 30 35 34 33 30"
                "82 00 00 00 4D"
            )

    in_virtual_time(scenario)


def test_the_references_ff45_answer_frame() -> None:
    body = bytes.fromhex("FF 45 00") + money(25) + le(130, 4) + le(0x3E0BBFF2, 4)
    assert link_v1.frame(body) == bytes.fromhex("02 10 FF 45 00 19 00 00 00 00 82 00 00 00 F2 BF 0B 3E 49")


def test_the_references_v2_frames() -> None:
    """Stuffing, CRC and the traces of real devices."""
    assert crc16(b"123456789") == 0x29B1
    assert link_v2.frame(1, bytes.fromhex("10 1E 00 00 00")) == bytes.fromhex("8F 07 00 01 00 10 1E 00 00 00 1F AC")
    assert link_v2.frame(2, bytes.fromhex("FF 01 1E 00 00 00")) == bytes.fromhex(
        "8F 08 00 02 00 FF 01 1E 00 00 00 C7 63"
    )
    assert link_v2.frame(0x8F, bytes.fromhex("10 1E 00 00 00")) == bytes.fromhex(
        "8F 07 00 9F 81 00 10 1E 00 00 00 6E 35"
    )
    assert link_v2.frame(3, bytes.fromhex("11 1E 00 00 00")) == bytes.fromhex("8F 07 00 03 00 11 1E 00 00 00 AD 66")
    real = "FF 45 00 00 00 00 00 00 52 00 00 00 F2 BF 0B 3E"
    assert link_v2.frame(0x25, bytes.fromhex(real)) == bytes.fromhex("8F 12 00 25 00" + real + "90 6B")


@pytest.mark.parametrize("run", [in_virtual_time, on_asyncio], ids=["trio", "asyncio"])
def test_v2_executes_each_number_once(run) -> None:
    """Ping, first command, the same frame again: the second is answered from memory, the drawer opens once."""

    async def scenario() -> None:
        bench = Bench()
        async with bench.plug_in() as host:
            await host.say("8F 00 00 0F 1D")
            assert await host.hear(7) == link_v2.frame(0, b"")
            drawer = link_v2.frame(1, bytes.fromhex("28 01 00 00 00 00"))
            expected = link_v2.frame(1, bytes.fromhex("28 00 01"))
            for _ in range(3):
                await host.say(drawer)
                assert await host.hear(len(expected)) == expected
            await host.say("8F 00 00 0F 1D")
            assert await host.hear(len(expected)) == expected
            assert len(bench.events("drawer_opened")) == 1
            damaged = bytearray(link_v2.frame(2, bytes.fromhex("28 01 00 00 00 00")))
            damaged[6] ^= 1
            await host.say(bytes(damaged))
            assert await host.hear(1, within_s=0.5) == b""
            await host.say(b"\x05")
            assert await host.hear(1) == NAK
            await host.ok(OPEN_SHIFT)
            assert (await host.ask(OPEN_SALE))[1] == 0

    run(scenario)
