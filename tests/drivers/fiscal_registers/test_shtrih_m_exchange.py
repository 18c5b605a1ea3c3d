"""The exchange on a real link, on asyncio and on Trio: a cable that loses, delays, spoils and breaks."""

from __future__ import annotations

import random

import anyio
import pytest

from drivers.errors import DeviceError, NeverSent, Refused, Unanswered, WrongDevice
from drivers.fiscal_registers.shtrih_m.driver import make
from drivers.links.converse import converse
from drivers.links.faulty import Faults, FaultyLink
from drivers.links.link import Link, LinkLost
from drivers.links.memory import MemoryLink, pair

pytestmark = pytest.mark.anyio


class Drawer:
    """The device's side, written from the manual: the states IDLE, EXEC, SENT and HELD, and one command, 28."""

    def __init__(self) -> None:
        self.opened = 0
        self.held = b""
        self.takes_s = 0.0

    async def serve(self, link: Link) -> None:
        heard = b""
        try:
            while True:
                heard += await link.receive()
                while heard:
                    if heard[0] == 0x05:
                        heard = heard[1:]
                        await link.send(b"\x06" + self.held if self.held else b"\x15")
                    elif heard[0] == 0x06:
                        heard, self.held = heard[1:], b""
                    elif heard[0] == 0x02:
                        if len(heard) < 2 or len(heard) < heard[1] + 3:
                            break
                        end = heard[1] + 3
                        whole, heard = heard[:end], heard[end:]
                        await self.command(link, whole)
                    else:
                        heard = heard[1:]
        except LinkLost:
            return

    async def command(self, link: Link, whole: bytes) -> None:
        check = 0
        for byte in whole[1:]:
            check ^= byte
        if check:
            await link.send(b"\x15")
            return
        await link.send(b"\x06")
        await anyio.sleep(self.takes_s)
        self.opened += 1
        self.held = bytes.fromhex("02 03 28 00 01 2A")
        await link.send(self.held)


def register() -> tuple[Drawer, MemoryLink, MemoryLink]:
    return Drawer(), *pair("memory:register")


async def test_opened_once() -> None:
    device, near, far = register()
    async with anyio.create_task_group() as group:
        group.start_soon(device.serve, far)
        await converse(make({}).open_drawer(), near)
        near.cut()
    assert device.opened == 1


async def test_the_link_is_lost_while_the_command_runs() -> None:
    device, near, far = register()
    device.takes_s = 0.1
    async with anyio.create_task_group() as group:
        group.start_soon(device.serve, far)
        group.start_soon(_cut_later, near, 0.05)
        with pytest.raises(Unanswered):
            await converse(make({}).open_drawer(), near)


async def _cut_later(link: MemoryLink, seconds: float) -> None:
    await anyio.sleep(seconds)
    link.cut()


async def test_the_link_was_lost_before() -> None:
    _, near, _ = register()
    near.cut()
    with pytest.raises(NeverSent):
        await converse(make({}).open_drawer(), near)


async def test_a_device_that_says_nothing() -> None:
    _, near, _ = register()
    before = anyio.current_time()
    with pytest.raises(NeverSent):
        await converse(make({}).state(), near)
    assert anyio.current_time() - before < 2, "a pre-flight has two seconds"


async def test_something_else_on_the_port() -> None:
    _, near, far = register()

    async def chatter() -> None:
        while True:
            await far.receive()
            await far.send(b"HTTP/1.1 400\r\n")

    async with anyio.create_task_group() as group:
        group.start_soon(chatter)
        with pytest.raises(WrongDevice, match="48 54 54 50"):
            await converse(make({}).state(), near)
        group.cancel_scope.cancel()


@pytest.mark.parametrize("cut_after", range(1, 27))
async def test_cut_after_any_byte_the_driver_never_claims_more_than_it_knows(cut_after: int) -> None:
    device, near, far = register()
    async with anyio.create_task_group() as group:
        group.start_soon(device.serve, far)
        ended: DeviceError | None = None
        try:
            await converse(
                make({}).open_drawer(), FaultyLink(near, Faults(cut_after_bytes=cut_after), random.Random(1))
            )
        except DeviceError as error:
            ended = error
        near.cut()
    match ended:
        case None:
            assert device.opened == 1
        case NeverSent():
            assert device.opened == 0
        case Refused():
            pytest.fail("nobody refused")
        case _:
            assert isinstance(ended, Unanswered)


@pytest.mark.parametrize("seed", range(6))
async def test_a_bad_cable_with_noise_and_delay_opens_it_at_most_once(seed: int) -> None:
    device, near, far = register()
    faults = Faults(noise_share=0.5, noise=b"\xff\xff", delay_share=0.3, delay_s=0.02)
    async with anyio.create_task_group() as group:
        group.start_soon(device.serve, far)
        await converse(make({}).open_drawer(), FaultyLink(near, faults, random.Random(seed)))
        near.cut()
    assert device.opened == 1
