"""The cable between the agent and HQ: a small TCP relay that can be pulled out and put back."""

from __future__ import annotations

from contextlib import suppress

import anyio
import anyio.abc

GONE = (anyio.EndOfStream, anyio.BrokenResourceError, anyio.ClosedResourceError)


class HqCable:
    """Pulled out, open connections break and new ones are closed at once."""

    def __init__(self, hq_port: int) -> None:
        self.plugged = True
        self._hq_port = hq_port
        self._open: set[anyio.CancelScope] = set()

    def pull(self) -> None:
        self.plugged = False
        for scope in list(self._open):
            scope.cancel()

    def put_back(self) -> None:
        self.plugged = True

    async def carry(self, listener: anyio.abc.Listener[anyio.abc.SocketStream]) -> None:
        """Relay until cancelled."""
        async with listener:
            await listener.serve(self._attend)

    async def _attend(self, near: anyio.abc.SocketStream) -> None:
        async with near:
            if not self.plugged:
                return
            with suppress(OSError):
                async with await anyio.connect_tcp("127.0.0.1", self._hq_port) as far:
                    await self._relay(near, far)

    async def _relay(self, near: anyio.abc.SocketStream, far: anyio.abc.SocketStream) -> None:
        async with anyio.create_task_group() as both:
            self._open.add(both.cancel_scope)
            try:
                both.start_soon(_pump, near, far, both.cancel_scope)
                await _pump(far, near, both.cancel_scope)
            finally:
                self._open.discard(both.cancel_scope)


async def _pump(source: anyio.abc.SocketStream, sink: anyio.abc.SocketStream, scope: anyio.CancelScope) -> None:
    """HTTP never closes half a connection here: when one side is gone, both are."""
    with suppress(*GONE):
        while True:
            await sink.send(await source.receive())
    scope.cancel()
