"""Carries what waits to the agent's Unix socket: connects, tells, and comes back when the agent was away."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from pathlib import Path

import anyio
from anyio.abc import SocketAttribute, SocketStream

from sensors.radar.outbox import Outbox
from sensors.radar_messages import Hello, encoded

log = logging.getLogger("tillkeeper.radar")

FIRST_S, LONGEST_S = 0.5, 15.0
"""An agent that restarts is back within seconds; one that is off is asked four times a minute."""
SEND_WITHIN_S = 5.0
"""A Unix socket takes 15 KB at once; an agent that reads nothing for so long is hung, and is connected to anew."""


class Teller:
    """`tell_again` is called on each connection: the agent may have forgotten the present windows."""

    def __init__(
        self,
        socket: Path,
        hello: Hello,
        outbox: Outbox,
        tell_again: Callable[[], None],
        rng: random.Random,
    ) -> None:
        self._socket = socket
        self._hello = hello
        self._outbox = outbox
        self._tell_again = tell_again
        self._rng = rng
        self._tries = 0

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                async with await anyio.connect_unix(self._socket) as stream:
                    await self._tell(stream)
                why = "the agent closed it"
            except* (OSError, anyio.BrokenResourceError, TimeoutError) as several:
                why = str(several.exceptions[0]) or "the connection broke"
            reach_s = min(LONGEST_S, FIRST_S * 2.0 ** min(self._tries, 10))
            if self._tries == 0:
                log.warning("not connected to %s: %s", self._socket, why)
            self._tries += 1
            await anyio.sleep(self._rng.uniform(reach_s / 2, reach_s))

    async def _tell(self, stream: SocketStream) -> None:
        await _send(stream, encoded(self._hello))
        self._tell_again()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_until_closed, stream, tasks.cancel_scope)
            while True:
                await self._outbox.wait()
                batch = self._outbox.first()
                await _send(stream, b"".join(data for _, data in batch))
                self._outbox.told(batch)
                if self._tries:
                    log.warning("connected to %s again", self._socket)
                    self._tries = 0


async def _send(stream: SocketStream, data: bytes) -> None:
    with anyio.fail_after(SEND_WITHIN_S):
        await stream.send(data)


async def _until_closed(stream: SocketStream, scope: anyio.CancelScope) -> None:
    """The agent says nothing; what can be heard of it is that it is gone.

    Waited for at the socket: AnyIO's own `receive` can complain to the loop when it is cancelled as the end comes.
    """
    raw = stream.extra(SocketAttribute.raw_socket)
    try:
        while True:
            await anyio.wait_readable(raw)
            if not raw.recv(4096):
                break
    except OSError as error:
        log.info("the agent's socket: %s", error)
    scope.cancel()
