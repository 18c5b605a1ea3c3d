"""Something else at the end of a wire: the chip says so, nothing is charged or lost, and the right device mends it."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import anyio
import pytest

from drivers.errors import DeviceError
from drivers.links.link import Link, LinkLost
from tests.agent.small_shop import BEAR, SmallShop, World, make_world, small_shop

pytestmark = pytest.mark.anyio
virtual = pytest.mark.parametrize("anyio_backend", ["trio"], indirect=True)


class Echo:
    """Sends back what it hears: a loopback plug, or a modem."""

    async def serve(self, link: Link) -> None:
        try:
            while True:
                await link.send(await link.receive())
        except LinkLost:
            return


class HttpServer:
    """Answers everything with 400, as a printer's web page does."""

    async def serve(self, link: Link) -> None:
        try:
            await link.receive()
            await link.send(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        except LinkLost:
            return


class Mute:
    """Takes everything and says nothing."""

    async def serve(self, link: Link) -> None:
        try:
            while True:
                await link.receive()
        except LinkLost:
            return


class Chatterbox:
    """Talks without being asked and without an end: a scale that streams its weight."""

    async def serve(self, link: Link) -> None:
        try:
            while True:
                await link.send(b"ST,GS,+000.000kg\r\n")
                await anyio.sleep(0.05)
        except LinkLost:
            return


STRANGERS = {"echo": Echo, "http": HttpServer, "mute": Mute, "chatterbox": Chatterbox}


def swapped(world: World, id: str, stranger: Any) -> Any:
    """Put a stranger on the wire; returns what was there."""
    device = world.devices[id]
    right, device.simulator = device.simulator, stranger
    return right


def stranger(world: World, name: str) -> Any:
    return world.devices["card1"].simulator if name == "terminal" else STRANGERS[name]()


async def looked(shop: SmallShop, id: str) -> None:
    """The watch's look, now."""
    port = shop.shop.ports[id]
    await port.hang_up()
    if id == "kkt1":
        await shop.till().devices.register.look()
    else:
        with suppress(DeviceError):
            await port.run(port.driver.state())


@virtual
@pytest.mark.parametrize("name", [*STRANGERS, "terminal"])
async def test_a_stranger_where_the_register_should_be(tmp_path: Path, name: str) -> None:
    """No receipt, no charge: the basket waits and the chip says what answered; the register back, it is sold."""
    world = make_world()
    async with small_shop(tmp_path, world=world) as shop:
        await shop.open_shift()
        await shop.scan(BEAR)
        right = swapped(world, "kkt1", stranger(world, name))
        await looked(shop, "kkt1")
        chip = next(device for device in shop.view().devices if device.kind == "register")
        assert chip.state == "down"
        assert chip.note is not None
        assert chip.note.code in ("wrong_device", "silent", "away")
        if name in ("http", "chatterbox"):
            assert chip.note.code == "wrong_device", chip.note
            assert chip.note.params["detail"]
        await shop.do("pay", means="card")
        await shop.until(lambda view: view.trouble is not None or view.screen == "stopped", within_s=60)
        assert world.devices["card1"].events("charged") == []
        assert shop.view().sale.phase == "basket"  # type: ignore[union-attr]
        swapped(world, "kkt1", right)
        await shop.till().devices.register.port.hang_up()
        await shop.pay_cash()
        await shop.until(lambda view: view.screen == "receipt" and shop.till().counter is None, within_s=60)
        assert len(world.devices["kkt1"].events("fiscalised")) == 1


@virtual
@pytest.mark.parametrize("terminal", ["zvt", "confirm"])
@pytest.mark.parametrize("name", [*STRANGERS, "register"])
async def test_a_stranger_where_the_terminal_should_be(tmp_path: Path, terminal: str, name: str) -> None:
    """Nothing is asked of a stranger but who it is: no amount leaves, the sale goes on in cash."""
    world = make_world((terminal,))
    async with small_shop(tmp_path, terminal, world=world) as shop:
        await shop.open_shift()
        await shop.scan(BEAR)
        other = world.devices["kkt1"].simulator if name == "register" else STRANGERS[name]()
        heard: list[bytes] = []
        world.devices["card1"].taps.append(heard.append)
        swapped(world, "card1", other)
        await shop.done("pay", means="card")
        view = await shop.until(lambda view: view.trouble is not None, within_s=60)
        assert view.trouble is not None
        assert view.trouble.code in ("terminal_away", "terminal_not_ready")
        assert not any(b"authorise" in data or data.startswith(b"\x06\x01") for data in heard)
        chip = next(device for device in shop.view().devices if device.kind == "terminal")
        assert chip.state in ("down", "attention")
        assert shop.sales()[0].attempts == ()
        await shop.pay_cash()
        await shop.until(lambda view: view.screen == "receipt" and shop.till().counter is None, within_s=60)


@virtual
@pytest.mark.parametrize("name", list(STRANGERS))
async def test_a_stranger_in_the_middle_of_a_doubt_settles_nothing(tmp_path: Path, name: str) -> None:
    """A lost payment is asked about; what answers is no terminal: the case stays open until the right one is back."""
    world = make_world()
    async with small_shop(tmp_path, world=world) as shop:
        await shop.open_shift()
        await shop.scan(BEAR)
        world.devices["card1"].unplug_when("charged")
        await shop.done("pay", means="card")
        await shop.until(lambda view: view.case is not None)
        right = swapped(world, "card1", STRANGERS[name]())
        shop.plug("card1")
        await anyio.sleep(120)
        view = shop.view()
        assert view.case is not None
        assert view.tenders == []
        swapped(world, "card1", right)
        await shop.until(lambda view: view.screen == "receipt" and shop.till().counter is None, within_s=400)
        assert len(world.devices["card1"].events("charged")) == 1
        assert len(world.devices["kkt1"].events("fiscalised")) == 1
