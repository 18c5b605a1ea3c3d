"""Orders to a simulated device, one line each, from standard input or from a control socket; one line answers each.

A developer's tool: what it says is in English only. Over the control socket `state` answers one JSON line and
`events [N]` turns the connection into a stream of ledger records as JSON Lines (the last N first).
"""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import anyio.abc
import anyio.lowlevel
from anyio.streams.buffered import BufferedByteReceiveStream

from drivers.simulators.feed import HeardLedger
from drivers.simulators.outlets import Plug
from drivers.simulators.world import Faults, Simulator

LINE_LIMIT = 4096  # no order is longer

COMMON = {
    "help": "lists the commands",
    "faults": "lists the faults",
    "fault NAME[@N[xK]][=VALUE]": "arms a fault at the N-th opportunity from now, K times in a row",
    "clear faults": "disarms all faults",
    "power off": "cuts the device's power: its link goes dead, what is not durable is lost",
    "power on": "gives the power back",
    "unplug": "pulls the cable: the link goes away, the device stays powered",
    "plug": "puts the cable back",
    "state": "answers one JSON line with what a picture of the device shows",
    "events [N]": "(control socket only) streams ledger records as JSON Lines, the last N first",
}


class Console:
    """Carries out one line at a time, whoever gave it."""

    def __init__(
        self,
        simulator: Simulator,
        known_faults: dict[str, str],
        faults: Faults,
        plug: Plug,
        ledger: HeardLedger,
    ) -> None:
        self._simulator = simulator
        self._known_faults = known_faults
        self._faults = faults
        self._plug = plug
        self.ledger = ledger

    async def carry_out(self, line: str) -> str:
        """The answer, one line; an order that cannot be carried out is answered with `error: ...`."""
        order = " ".join(line.split())
        try:
            return await self._answer(order)
        except ValueError as wrong:
            return "error: " + " ".join(str(wrong).split())

    async def _answer(self, order: str) -> str:
        if order == "help":
            known = {**COMMON, **self._simulator.COMMANDS}
            return "; ".join(f"{command}: {meaning}" for command, meaning in known.items())
        if order == "faults":
            return "; ".join(f"{name}: {meaning}" for name, meaning in self._known_faults.items())
        if order.startswith("fault "):
            self._faults.arm(order.removeprefix("fault ").strip())
            return f"armed: {order.removeprefix('fault ').strip()}"
        if order == "clear faults":
            self._faults.clear()
            return "no fault is armed"
        if order == "state":
            return json.dumps(self.picture(), ensure_ascii=False)
        if order == "unplug":
            self._plug.set(plugged=False)
            return "unplugged"
        if order == "plug":
            self._plug.set(plugged=True)
            return "plugged in"
        if order in ("power off", "power on"):
            return await self._power(order == "power on", order)
        return await self._simulator.command(order)

    async def _power(self, on: bool, order: str) -> str:
        if on == self._plug.powered:
            return "already on" if on else "already off"
        said = await self._simulator.command(order)
        self._plug.set(powered=on)
        return said

    def picture(self) -> dict[str, Any]:
        """What a picture of the device shows: the device's own part, and power, cable and faults."""
        own = getattr(self._simulator, "picture", dict)
        return {
            "device": self._simulator.NAME,
            "power": self._plug.powered,
            "plugged": self._plug.plugged,
            "faults": self._faults.armed(),
            **own(),
        }


async def read_standard_input(console: Console) -> None:
    """Orders from standard input until its end, which ends nothing else."""
    waiting = b""
    while True:
        try:
            await anyio.wait_readable(0)
        except OSError:
            # A file or the null device cannot be waited for, but neither makes us wait.
            await anyio.lowlevel.checkpoint()
        try:
            heard = os.read(0, LINE_LIMIT)
        except OSError:
            return
        *lines, waiting = (waiting + heard).split(b"\n")
        if not heard and waiting:
            lines, waiting = [waiting], b""
        for line in lines:
            if line.strip():
                print(await console.carry_out(line.decode("utf-8", "replace")), flush=True)
        if not heard:
            return


@asynccontextmanager
async def control_socket(host: str, port: int, console: Console) -> AsyncIterator[str]:
    """Orders from any number of TCP clients; yields the address with the true port."""
    listener = await anyio.create_tcp_listener(local_host=host, local_port=port)
    true_port = listener.extra(anyio.abc.SocketAttribute.local_port)

    async def attend(stream: anyio.abc.SocketStream) -> None:
        lines = BufferedByteReceiveStream(stream)
        async with stream:
            try:
                while True:
                    line = (await lines.receive_until(b"\n", LINE_LIMIT)).decode("utf-8", "replace").strip()
                    if line.split()[:1] == ["events"]:
                        await _stream_events(stream, console, line)
                        return
                    if line:
                        await stream.send((await console.carry_out(line) + "\n").encode())
            except (anyio.EndOfStream, anyio.IncompleteRead, anyio.DelimiterNotFound):
                return
            except (anyio.BrokenResourceError, anyio.ClosedResourceError):
                return

    async with listener, anyio.create_task_group() as serving:
        serving.start_soon(listener.serve, attend)
        yield f"tcp://{host}:{true_port}"
        serving.cancel_scope.cancel()


async def _stream_events(stream: anyio.abc.SocketStream, console: Console, line: str) -> None:
    wanted = line.split()[1:]
    count = int(wanted[0]) if wanted and wanted[0].isdigit() else 0
    with console.ledger.listen() as records:
        past = list(console.ledger.last)
        for record in past[len(past) - count :] if count else []:
            await stream.send((json.dumps(record, ensure_ascii=False) + "\n").encode())
        async for record in records:
            await stream.send((json.dumps(record, ensure_ascii=False) + "\n").encode())
