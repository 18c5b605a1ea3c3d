"""Every link carries bytes both ways, takes back what was not used, and says LinkLost when the other side is gone."""

from __future__ import annotations

from pathlib import Path

import anyio
import pytest
from far_ends import listen_pty, listen_tcp

from drivers.links.address import parse_address
from drivers.links.link import Link, LinkLost
from drivers.links.memory import pair
from drivers.links.serial_port import open_serial
from drivers.links.tcp_socket import open_tcp
from drivers.setting_wrong import SettingWrong

pytestmark = pytest.mark.anyio
EVERY_BYTE = bytes(range(256))


async def _echo(link: Link) -> None:
    try:
        while True:
            await link.send(await link.receive())
    except LinkLost:
        return


async def _receive_exactly(link: Link, count: int) -> bytes:
    got = b""
    with anyio.fail_after(2):
        while len(got) < count:
            got += await link.receive()
    link.take_back(got[count:])
    return got[:count]


async def _carries(link: Link) -> None:
    await link.send(EVERY_BYTE)
    assert await _receive_exactly(link, 256) == EVERY_BYTE
    link.take_back(b"back")
    assert await _receive_exactly(link, 4) == b"back"


async def test_memory() -> None:
    near, far = pair("memory:t")
    async with anyio.create_task_group() as group:
        group.start_soon(_echo, far)
        await _carries(near)
        await near.send(b"last")
        await anyio.sleep(0.01)
        far.cut()
        assert await near.receive() == b"last"
        with pytest.raises(LinkLost):
            await near.receive()
        with pytest.raises(LinkLost):
            await near.send(b"x")


async def test_tcp() -> None:
    async with anyio.create_task_group() as group:
        address = await group.start(listen_tcp, _echo)
        async with parse_address(address)() as link:
            assert link.address == address
            await _carries(link)
        group.cancel_scope.cancel()
    with pytest.raises(LinkLost):
        async with parse_address(address)():
            pytest.fail("nobody listens any more")


async def test_tcp_closed_by_the_device() -> None:
    async def hang_up(link: Link) -> None:
        await link.receive()

    async with anyio.create_task_group() as group:
        address = await group.start(listen_tcp, hang_up)
        async with open_tcp("127.0.0.1", int(address.rpartition(":")[2]), within_s=1) as link:
            await link.send(b"bye")
            with pytest.raises(LinkLost):
                await link.receive()
        group.cancel_scope.cancel()


async def test_tcp_by_name() -> None:
    async with anyio.create_task_group() as group:
        address = await group.start(listen_tcp, _echo)
        async with open_tcp("localhost", int(address.rpartition(":")[2]), within_s=1) as link:
            await _carries(link)
        group.cancel_scope.cancel()


async def test_more_than_the_kernel_holds_is_sent_whole_while_it_is_read() -> None:
    much = bytes(range(256)) * 40_000

    async def read_slowly(link: Link) -> None:
        await anyio.sleep(0.05)
        heard = bytearray()
        while len(heard) < len(much):
            heard += await link.receive()
        assert heard == much
        await link.send(b"all")

    async with anyio.create_task_group() as group:
        address = await group.start(listen_tcp, read_slowly)
        async with parse_address(address)() as link:
            await link.send(much)
            with anyio.fail_after(20):
                assert await link.receive() == b"all"
        group.cancel_scope.cancel()


async def test_a_listener_is_told_that_its_link_was_closed() -> None:
    async def hold(link: Link) -> None:
        await anyio.sleep_forever()

    async with anyio.create_task_group() as group:
        address = await group.start(listen_tcp, hold)
        lost = anyio.Event()

        async def listen(link: Link) -> None:
            with pytest.raises(LinkLost):
                await link.receive()
            lost.set()

        async with parse_address(address)() as link:
            group.start_soon(listen, link)
            await anyio.sleep(0.01)
        with anyio.fail_after(2):
            await lost.wait()
        with pytest.raises(LinkLost):
            await link.send(b"x")
        group.cancel_scope.cancel()


async def test_serial_on_a_pseudo_terminal(tmp_path: Path) -> None:
    port = tmp_path / "register"
    with listen_pty(port) as device:
        async with anyio.create_task_group() as group:
            group.start_soon(_echo, device)
            for _ in range(2):  # a host may close and open again
                async with parse_address(f"serial:{port}?baud=9600&stopbits=2")() as link:
                    await _carries(link)
            async with open_serial(str(port)):
                with pytest.raises(LinkLost, match="lock"):
                    async with parse_address(f"pty:{port}")():
                        pytest.fail("the port is ours alone")
            group.cancel_scope.cancel()


async def test_an_absent_port_is_a_lost_link(tmp_path: Path) -> None:
    with pytest.raises(LinkLost):
        async with open_serial(str(tmp_path / "none")):
            pytest.fail("there is no such port")


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("nonsense", "begin with"),
        ("http://x", "not known"),
        ("tcp://host", "tcp://HOST:PORT"),
        ("tcp://host:99999", "port"),
        ("tcp://host:1/path", "follow"),
        ("tcp://[::1", "tcp://HOST:PORT"),
        ("serial:ttyS0", "path of a port"),
        ("serial:/dev/ttyS0?speed=1", "speed"),
        ("serial:/dev/ttyS0?baud=fast", "baud"),
        ("serial:/dev/ttyS0?parity=mark", "parity"),
        ("serial:/dev/ttyS0?stopbits=3", "stopbits"),
        ("serial:/dev/ttyS0?bytesize=9", "bytesize"),
        ("pty:relative", "absolute"),
    ],
)
async def test_a_bad_address_is_said_in_a_sentence(address: str, says: str) -> None:
    with pytest.raises(SettingWrong, match=says) as error:
        parse_address(address)
    assert address in error.value.en
    assert error.value.ru.startswith(f"адрес {address!r}: ")
