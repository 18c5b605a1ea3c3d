"""Where a simulated device is plugged in: a TCP port or a pseudo-terminal, one host at a time.

A TCP host that comes while another one is served is closed at once, as is one that comes while the device is off or
unplugged. A pseudo-terminal behaves like a serial cable: it is one lasting wire whoever opens it; a device that is off
is silent on it, an unplugged one makes the terminal vanish.
"""

from __future__ import annotations

import os
import socket
import termios
import tty
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import anyio.abc
import anyio.lowlevel

from drivers.links.link import Link, LinkLost
from drivers.simulators.world import Faults

Serve = Callable[[Link], Awaitable[None]]

LINK_FAULTS = {
    "tcp_half_open": "after the next host is gone the device goes on holding its session and refuses others"
    " (value: seconds, 10 by default)",
    "second_client_refused": "somebody else holds the device's only TCP connection: the next host is closed at once",
}
HALF_OPEN_S = 10.0
SEAT_GRACE_S = 0.1  # the old host's end and the new host's start may be told in either order
CHUNK = 4096


class Plug:
    """Whether the device is powered and connected; a change wakes everyone who waits for one."""

    def __init__(self) -> None:
        self.powered = True
        self.plugged = True
        self.changed = anyio.Event()

    def set(self, *, powered: bool | None = None, plugged: bool | None = None) -> None:
        self.powered = self.powered if powered is None else powered
        self.plugged = self.plugged if plugged is None else plugged
        self.changed.set()
        self.changed = anyio.Event()

    @property
    def live(self) -> bool:
        return self.powered and self.plugged


class TcpLink:
    """An accepted TCP connection as a Link."""

    def __init__(self, stream: anyio.abc.SocketStream, address: str) -> None:
        self._stream = stream
        # ACK and answer are two small writes: the second must not wait for the first to be confirmed.
        stream.extra(anyio.abc.SocketAttribute.raw_socket).setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._back = b""
        self._address = address

    @property
    def address(self) -> str:
        return self._address

    async def send(self, data: bytes) -> None:
        try:
            await self._stream.send(data)
        except (anyio.BrokenResourceError, anyio.ClosedResourceError) as gone:
            raise LinkLost(self._address) from gone

    async def receive(self) -> bytes:
        if self._back:
            data, self._back = self._back, b""
            return data
        try:
            return await self._stream.receive(CHUNK)
        except (anyio.EndOfStream, anyio.BrokenResourceError, anyio.ClosedResourceError) as gone:
            raise LinkLost(self._address) from gone

    def take_back(self, data: bytes) -> None:
        self._back = data + self._back

    async def close(self) -> None:
        """For the host the wire is cut: bytes not yet sent are dropped."""
        await anyio.aclose_forcefully(self._stream)


class PtyLink:
    """The device's end of a pseudo-terminal as a Link."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._back = b""
        self._closed = False
        self._dark = False
        self._near, self._far = os.openpty()
        # The far end stays open here too: without it the near end would report an error whenever no host has it open.
        tty.setraw(self._far)
        os.set_blocking(self._near, False)
        beside = path.with_name(path.name + ".new")
        beside.unlink(missing_ok=True)
        beside.symlink_to(os.ttyname(self._far))
        beside.replace(path)

    @property
    def address(self) -> str:
        return f"pty:{self._path}"

    async def send(self, data: bytes) -> None:
        while data:
            if self._closed or self._dark:
                raise LinkLost(self.address)
            try:
                data = data[os.write(self._near, data) :]
            except BlockingIOError:
                try:
                    await anyio.wait_writable(self._near)
                except anyio.ClosedResourceError as gone:
                    raise LinkLost(self.address) from gone
            except OSError as gone:
                raise LinkLost(self.address) from gone
        await anyio.lowlevel.checkpoint()

    async def receive(self) -> bytes:
        if self._back:
            data, self._back = self._back, b""
            return data
        while not self._closed and not self._dark:
            try:
                await anyio.wait_readable(self._near)
                if not self._closed and (data := os.read(self._near, CHUNK)):
                    return data
            except BlockingIOError:
                continue
            except (anyio.ClosedResourceError, OSError) as gone:
                raise LinkLost(self.address) from gone
        raise LinkLost(self.address)

    def take_back(self, data: bytes) -> None:
        self._back = data + self._back

    def go_dark(self) -> None:
        """The device lost its power: whoever serves the link finds it lost, the cable stays."""
        self._dark = True
        if not self._closed:
            anyio.notify_closing(self._near)

    async def swallow(self) -> None:
        """What a device without power does with bytes, until cancelled or unplugged."""
        while not self._closed:
            try:
                await anyio.wait_readable(self._near)
                os.read(self._near, CHUNK)
            except BlockingIOError:
                continue
            except (anyio.ClosedResourceError, OSError):
                return

    def light_up_after_darkness(self) -> None:
        """The power is back: what a host wrote meanwhile is forgotten."""
        if self._dark:
            self._dark = False
            self._back = b""
            termios.tcflush(self._far, termios.TCIOFLUSH)

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        anyio.notify_closing(self._near)
        os.close(self._near)
        os.close(self._far)
        self._path.unlink(missing_ok=True)


@asynccontextmanager
async def tcp_outlet(host: str, port: int, serve: Serve, plug: Plug, faults: Faults) -> AsyncIterator[str]:
    """Listens and serves until left; yields the address with the true port."""
    listener = await anyio.create_tcp_listener(local_host=host, local_port=port, reuse_port=False)
    true_port = listener.extra(anyio.abc.SocketAttribute.local_port)
    address = f"tcp://{host}:{true_port}"
    seat = anyio.Semaphore(1)

    async def sit(stream: anyio.abc.SocketStream) -> None:
        link = TcpLink(stream, address)
        try:
            with anyio.move_on_after(SEAT_GRACE_S) as grace:
                await seat.acquire()
            if grace.cancelled_caught:
                return
            try:
                if plug.live and not faults.strikes("second_client_refused"):
                    await _serve_once(link)
                    await link.close()
                    held = faults.value("tcp_half_open")
                    if held is not None:
                        await anyio.sleep(float(held or HALF_OPEN_S))
            finally:
                seat.release()
        finally:
            await link.close()

    async def _serve_once(link: TcpLink) -> None:
        async with anyio.create_task_group() as both:

            async def cut() -> None:
                while plug.live:
                    await plug.changed.wait()
                await link.close()

            both.start_soon(cut)
            await serve(link)
            both.cancel_scope.cancel()

    async with listener, anyio.create_task_group() as listening:
        listening.start_soon(listener.serve, sit)
        yield address
        listening.cancel_scope.cancel()


@asynccontextmanager
async def pty_outlet(path: Path, serve: Serve, plug: Plug) -> AsyncIterator[str]:
    """Makes the pseudo-terminal and the link at `path`, serves it until left; yields the address."""
    path.parent.mkdir(parents=True, exist_ok=True)

    async def one_cable(link: PtyLink) -> None:
        async with anyio.create_task_group() as both:

            async def follow_the_plug() -> None:
                while plug.plugged:
                    await plug.changed.wait()
                    if not plug.powered:
                        link.go_dark()
                link.close()

            both.start_soon(follow_the_plug)
            while plug.plugged:
                if plug.powered:
                    link.light_up_after_darkness()
                    await serve(link)
                    await anyio.sleep(0.02)  # a power cycle ends serve; nothing here may spin if it ends at once
                else:
                    await silence(link)
            both.cancel_scope.cancel()

    async def silence(link: PtyLink) -> None:
        async with anyio.create_task_group() as both:
            both.start_soon(link.swallow)
            while plug.plugged and not plug.powered:
                await plug.changed.wait()
            both.cancel_scope.cancel()

    async def cables(first: PtyLink) -> None:
        link = first
        try:
            while True:
                await one_cable(link)
                link.close()
                while not plug.plugged:
                    await plug.changed.wait()
                link = PtyLink(path)
        finally:
            link.close()

    first = PtyLink(path)
    async with anyio.create_task_group() as serving:
        serving.start_soon(cables, first)
        yield first.address
        serving.cancel_scope.cancel()
