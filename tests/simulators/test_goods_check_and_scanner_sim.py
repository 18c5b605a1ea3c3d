"""The goods check answers by the serial number and in its time; the scanner sends what it reads."""

from __future__ import annotations

import base64
import datetime as dt
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest
from zvt_till import in_virtual_time

from drivers.links.link import LinkLost
from drivers.links.memory import MemoryLink, pair
from drivers.simulators.goods_check import GoodsCheckSimulator, serial_of
from drivers.simulators.scanner import ScannerSimulator, unescaped
from drivers.simulators.world import Faults, KeptMemory, ListLedger, seeded

NOON = dt.datetime(2026, 3, 2, 12, 0, 0, tzinfo=dt.UTC)


def made(kind: type[Any], *faults: str, instant: bool = False, memory: KeptMemory | None = None) -> Any:
    armed = Faults(kind.FAULTS)
    for spec in faults:
        armed.arm(spec)
    ledger = ListLedger(lambda: NOON)
    return kind(
        ledger=ledger,
        memory=memory or KeptMemory(),
        rng=seeded(1, kind.NAME),
        now=lambda: NOON,
        faults=armed,
        instant=instant,
    )


@asynccontextmanager
async def plugged(device: Any) -> AsyncIterator[MemoryLink]:
    ours, theirs = pair("memory:device")

    async def serve() -> None:
        await device.serve(theirs)
        ours.cut()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(serve)
        await anyio.sleep(0.001)  # until it is served
        yield ours
        ours.cut()


def code(serial: str) -> bytes:
    return b"010460000000001721" + serial.encode() + b"\x1d93dGVz"


async def check(link: MemoryLink, what: bytes) -> dict[str, Any]:
    await link.send(json.dumps({"do": "check", "code": base64.b64encode(what).decode()}).encode() + b"\n")
    answer: dict[str, Any] = json.loads(await link.receive())
    return answer


@pytest.mark.parametrize(
    ("serial", "verdict", "takes_s"),
    [
        ("A1b2C3", "ok", 0.1),
        ("xBLOCKx", "blocked", 0.1),
        ("EXPIR01", "expired", 0.1),
        ("WITHD01", "withdrawn", 0.1),
        ("NOTIN01", "not_in_circulation", 0.1),
        ("NOSUCH1", "unknown_code", 0.1),
        ("SLOW14a", "ok", 1.4),
        ("SLOW16a", "ok", 1.6),
    ],
)
def test_the_serial_decides_verdict_and_time(serial: str, verdict: str, takes_s: float) -> None:
    async def scenario() -> None:
        async with plugged(made(GoodsCheckSimulator)) as link:
            started = anyio.current_time()
            answer = await check(link, code(serial))
            assert anyio.current_time() - started == pytest.approx(takes_s)
            assert answer["verdict"] == verdict
            assert len(answer["uuid"]) == 36
            assert answer["time"] == int(NOON.timestamp() * 1000)

    in_virtual_time(scenario)


def test_the_serial_is_what_stands_between_21_and_the_separator() -> None:
    assert serial_of(code("S1")) == "S1"
    assert serial_of(b"\x1d" + code("S1")) == "S1"
    assert serial_of(b"00000046198488X?io+qCABm8wAYa") == "00000046198488X?io+qCABm8wAYa"


def test_goods_check_ping_nonsense_and_order() -> None:
    async def scenario() -> None:
        async with plugged(made(GoodsCheckSimulator)) as link:
            await link.send(b'{"do":"ping"}\n{"do":"check","code":"%%%"}\n{"do":1}\nx\n')
            heard = b""
            while heard.count(b"\n") < 4:
                heard += await link.receive()
            assert [json.loads(line) for line in heard.splitlines()] == [{"ok": True}, *[{"error": "bad_request"}] * 3]

    in_virtual_time(scenario)


def test_goods_check_faults() -> None:
    device = made(GoodsCheckSimulator, "silent", "slow@1=7", "verdict@2=expired", "garbage@3", "drop@5")

    async def scenario() -> None:
        async with plugged(device) as link:
            with anyio.move_on_after(5) as patience:
                await check(link, code("A"))
            assert patience.cancelled_caught
            started = anyio.current_time()
            assert (await check(link, code("A")))["verdict"] == "ok"
            assert anyio.current_time() - started == pytest.approx(7.1)
            assert (await check(link, code("A")))["verdict"] == "expired"
            with pytest.raises(ValueError, match=r"utf|Expecting"):
                await check(link, code("A"))
            with pytest.raises(LinkLost):
                await check(link, code("A"))
        await device.command("power off")
        async with plugged(device) as link:
            with pytest.raises(LinkLost):
                await link.receive()

    in_virtual_time(scenario)


def test_the_scanner_sends_bytes_and_its_suffix() -> None:
    device = made(ScannerSimulator)

    async def scenario() -> None:
        assert await device.command("scan 4600000000017") == "read, but nobody heard it"
        async with plugged(device) as link:
            await device.command("scan 4600000000017")
            assert await link.receive() == b"4600000000017\r"
            await device.command(r"scan 0104600000000017\x3121Ab<GS>93XyZ\x1d")
            assert await link.receive() == b"0104600000000017121Ab\x1d93XyZ\x1d\r"
            await device.command("scan mangled 01<GS>93")
            assert await link.receive() == b"0193\r"
            await device.command("suffix crlf")
            await device.command("prefix ]d2")
            await device.command("scan 1")
            assert await link.receive() == b"]d21\r\n"
            with pytest.raises(ValueError, match="unknown command"):
                await device.command("suffix bell")

    in_virtual_time(scenario)
    assert unescaped("шт<GS>") == "шт".encode() + b"\x1d"


def test_scanner_settings_survive_and_faults_strike() -> None:
    memory = KeptMemory()

    async def scenario() -> None:
        await made(ScannerSimulator, memory=memory).command("suffix tab")
        device = made(ScannerSimulator, "twice", "split@2", "no_suffix@3", "lost@4", memory=memory)
        async with plugged(device) as link:
            await device.command("scan 12")
            assert await link.receive() == b"12\t12\t"
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(device.command, "scan 123")
                assert [await link.receive(), await link.receive()] == [b"12", b"3\t"]
            await device.command("scan 12")
            assert await link.receive() == b"12"
            assert await device.command("scan 12") == "read, but nobody heard it"
            await device.command("power off")
            with pytest.raises(LinkLost):
                await link.receive()

    in_virtual_time(scenario)
