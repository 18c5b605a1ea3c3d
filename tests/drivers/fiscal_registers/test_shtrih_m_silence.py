"""A register that accepts a command, loses its power and is idle afterwards: what acts is never sent a second time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import anyio
import pytest
import trio
import trio.testing

from drivers.errors import DeviceError, Unanswered
from drivers.fiscal_registers.shtrih_m.driver import make
from drivers.fiscal_registers.shtrih_m.exchange import READS_REPEATED
from drivers.links.converse import converse
from drivers.links.link import LinkLost
from drivers.links.memory import MemoryLink, pair

ENQ, ACK, NAK, STX = 0x05, 0x06, 0x15, 0x02


async def forgetful(link: MemoryLink, frames: list[bytes]) -> None:
    """Takes every command (06) and answers none; asked with ENQ it is idle (15): it has forgotten, done or not."""
    heard = b""
    try:
        while True:
            heard += await link.receive()
            while heard:
                if heard[0] == ENQ:
                    heard = heard[1:]
                    await link.send(bytes([NAK]))
                elif heard[0] == STX:
                    if len(heard) < 2 or len(heard) < heard[1] + 3:
                        break
                    frames.append(heard[2 : heard[1] + 2])
                    heard = heard[heard[1] + 3 :]
                    await link.send(bytes([ACK]))
                else:
                    heard = heard[1:]
    except LinkLost:
        return


def frames_of(dialogue: Callable[[Any], Any]) -> tuple[list[bytes], DeviceError]:
    """The commands that reached the register, and what the driver made of its silence."""
    frames: list[bytes] = []
    ended: list[DeviceError] = []

    async def main() -> None:
        near, far = pair("memory:register")
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(forgetful, far, frames)
            try:
                await converse(dialogue(make({})), near)
            except DeviceError as error:
                ended.append(error)
            near.cut()

    trio.run(main, clock=trio.testing.MockClock(autojump_threshold=0))
    return frames, ended[0]


ACTS: dict[str, Callable[[Any], Any]] = {
    "cash in": lambda register: register.cash_in(50_000),
    "cash out": lambda register: register.cash_out(50_000),
    "the drawer": lambda register: register.open_drawer(),
    "a copy": lambda register: register.print_copy(),
    "an X report": lambda register: register.x_report(),
}


@pytest.mark.parametrize("act", list(ACTS))
def test_what_acts_is_sent_once(act: str) -> None:
    """Law 2: an idle register proves nothing about the command it took; asking again could do it twice."""
    frames, ended = frames_of(ACTS[act])
    assert len(frames) == 1
    assert type(ended) is Unanswered


def test_what_only_reads_is_asked_again() -> None:
    """A question changes nothing: it may be asked three times in all."""
    frames, ended = frames_of(lambda register: register.cash_in_drawer())
    assert frames == [frames[0]] * (1 + READS_REPEATED)
    assert type(ended) is Unanswered
