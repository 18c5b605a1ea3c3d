"""Finds TCP ports of this machine that nobody listens on."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, suppress
from pathlib import Path

import anyio

from sync.store.directory_lock import only_process
from sync.store.failures import DirectoryBusy

LOOPBACK = "127.0.0.1"
NEAR = 20
"""So many ports after the wanted one are tried, so that the demo's pages stay together."""

TURN_WITHIN_S = 30.0
"""For so long a demo awaits another one that is starting; then it takes its chance."""


def is_free(port: int) -> bool:
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((LOOPBACK, port))
            tried.listen(1)
        except OSError:
            return False
    return True


def free_ports(wanted: Sequence[int]) -> list[int]:
    """As many different ports: each the wanted one if it is free (0: any), else any free one."""
    with ExitStack() as open_until_chosen:
        return [_bound(open_until_chosen, port) for port in wanted]


@asynccontextmanager
async def alone_to_choose(within_s: float = TURN_WITHIN_S) -> AsyncIterator[None]:
    """From choosing ports until somebody listens on them: another demo of this user's chooses afterwards.

    A port that was found free is nobody's until then: two demos that start at once would take the same ones.
    """
    async with AsyncExitStack() as held:
        with anyio.move_on_after(within_s), suppress(OSError):  # nowhere to write: nobody can be waited for
            while True:
                try:
                    held.enter_context(only_process(Path(tempfile.gettempdir()), f"tillkeeper-demo-{os.getuid()}.lock"))
                    break
                except DirectoryBusy:
                    await anyio.sleep(0.1)
        yield


def near(port: int, taken: set[int]) -> int:
    """A free port soon after `port`, else any."""
    for tried in range(port + 1, min(port + 1 + NEAR, 1 << 16)):
        if tried not in taken and is_free(tried):
            return tried
    return free_ports([0])[0]


def _bound(kept: ExitStack, port: int) -> int:
    held = kept.enter_context(socket.socket())
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    with suppress(OSError, OverflowError):
        held.bind((LOOPBACK, port))
        held.listen(1)
        return int(held.getsockname()[1])
    other = kept.enter_context(socket.socket())
    other.bind((LOOPBACK, 0))
    other.listen(1)
    return int(other.getsockname()[1])
