"""Orders to one simulated device over its control socket, and the stream of what truly happened in it."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from typing import Any

import anyio
import anyio.abc
from anyio.streams.buffered import BufferedByteReceiveStream

LINE_LIMIT = 1 << 20
"""A picture carries the receipt as it was printed: some kilobytes."""
ANSWER_WITHIN_S = 5.0
"""Orders are carried out at once; only a device that boots takes seconds."""
GONE = (OSError, anyio.EndOfStream, anyio.BrokenResourceError, anyio.ClosedResourceError, anyio.IncompleteRead)


class DeviceGone(Exception):
    """The simulated device's process does not answer."""


class OrderRefused(Exception):
    """The device knows no such order, or cannot carry it out now; the sentence is its own."""


class ControlLine:
    """One connection for orders, taken when it is needed; `host`, `port` are the control socket's."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._turn = anyio.Lock()
        self._stream: anyio.abc.SocketStream | None = None
        self._lines: BufferedByteReceiveStream | None = None

    async def order(self, line: str) -> str:
        """The device's answer. Raises OrderRefused and DeviceGone."""
        async with self._turn, AsyncExitStack() as unless_answered:
            # Whatever ends this early, the answer still under way must not be taken for that to the next order.
            unless_answered.push_async_callback(self.close)
            try:
                with anyio.fail_after(ANSWER_WITHIN_S):
                    answer = await self._ask(line)
            except (*GONE, TimeoutError) as error:
                raise DeviceGone(f"no answer to {line!r}") from error
            unless_answered.pop_all()
        if answer.startswith("error: "):
            raise OrderRefused(answer.removeprefix("error: "))
        return answer

    async def picture(self) -> dict[str, Any]:
        """The device's state as its picture shows it. Raises DeviceGone."""
        shown: dict[str, Any] = json.loads(await self.order("state"))
        return shown

    async def listen(self, heard: Callable[[dict[str, Any]], None]) -> None:
        """Each ledger record from the device's start on; returns when the device is gone."""
        with suppress(*GONE):
            async with await anyio.connect_tcp(self._host, self._port) as stream:
                await stream.send(b"events 200\n")
                lines = BufferedByteReceiveStream(stream)
                while True:
                    heard(json.loads(await lines.receive_until(b"\n", LINE_LIMIT)))

    async def close(self) -> None:
        stream, self._stream, self._lines = self._stream, None, None
        if stream is not None:
            await anyio.aclose_forcefully(stream)

    async def _ask(self, line: str) -> str:
        if self._stream is None or self._lines is None:
            self._stream = await anyio.connect_tcp(self._host, self._port)
            self._lines = BufferedByteReceiveStream(self._stream)
        await self._stream.send(" ".join(line.split()).encode() + b"\n")
        return (await self._lines.receive_until(b"\n", LINE_LIMIT)).decode("utf-8", "replace").strip()
