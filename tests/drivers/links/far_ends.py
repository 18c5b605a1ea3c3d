"""The device's side of a socket and of a serial wire, for the tests of the host's side."""

from __future__ import annotations

import os
import pty
import socket
import tty
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import anyio
from anyio.abc import TaskStatus

from drivers.links.link import Link
from drivers.links.serial_port import DescriptorLink
from drivers.links.tcp_socket import SocketLink


async def listen_tcp(
    serve: Callable[[Link], Awaitable[None]], *, task_status: TaskStatus[str] = anyio.TASK_STATUS_IGNORED
) -> None:
    """Serve every connection to a free port of the loopback; gives the address."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setblocking(False)
    address = f"tcp://127.0.0.1:{listener.getsockname()[1]}"

    async def one(connected: socket.socket) -> None:
        try:
            await serve(SocketLink(connected, address))
        finally:
            anyio.notify_closing(connected)
            connected.close()

    with listener:
        async with anyio.create_task_group() as tasks:
            task_status.started(address)
            while True:
                await anyio.wait_readable(listener)
                connected, _ = listener.accept()
                connected.setblocking(False)
                tasks.start_soon(one, connected)


@contextmanager
def listen_pty(path: Path) -> Iterator[Link]:
    """Make a pseudo-terminal and a symbolic link to it at `path`; gives the device's end."""
    device, host = pty.openpty()
    tty.setraw(host)
    os.set_blocking(device, False)
    path.symlink_to(os.ttyname(host))
    try:
        yield DescriptorLink(device, f"pty:{path}")
    finally:
        anyio.notify_closing(device)
        path.unlink()
        os.close(host)
        os.close(device)
