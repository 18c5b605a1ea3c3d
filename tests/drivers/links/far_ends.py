"""The device's side of a socket and of a serial wire, for the tests of the host's side."""

from __future__ import annotations

import os
import pty
import tty
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import anyio
from anyio.abc import SocketAttribute, SocketStream, TaskStatus

from drivers.links.link import Link
from drivers.links.serial_port import DescriptorLink
from drivers.links.tcp_socket import SocketLink


async def listen_tcp(
    serve: Callable[[Link], Awaitable[None]], *, task_status: TaskStatus[str] = anyio.TASK_STATUS_IGNORED
) -> None:
    """Serve every connection to a free port of the loopback; gives the address."""
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1", local_port=0)
    address = f"tcp://127.0.0.1:{listener.extra(SocketAttribute.local_port)}"

    async def one(stream: SocketStream) -> None:
        async with stream:
            await serve(SocketLink(stream, address))

    async with listener:
        task_status.started(address)
        await listener.serve(one)


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
