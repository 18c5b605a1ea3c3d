"""The ID-003 driver on a wire, on asyncio and on Trio, against a small validator of the test's own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import anyio
import pytest
import trio
import trio.testing

from drivers.cash_devices.contract import Accept, Accepting, Closed, Escrowed, Leave, Refuse, Stack, Stacked
from drivers.cash_devices.id003.driver import Id003
from drivers.links.converse import converse
from drivers.links.link import Link, LinkLost
from drivers.links.memory import pair
from drivers.wire.dialogue import Wish

# Written out, not computed: what the reference gives, and the driver's own commands by their first bytes.
ECHOED = (0xC0, 0xC1, 0xC3, 0xC5)
REPLIES = {
    "idle": "FC 05 11 27 56",
    "escrow": "FC 06 13 61 B0 FB",
    "credit": "FC 06 15 61 60 AF",
    "stacked": "FC 05 16 98 22",
    "disabled": "FC 05 1A F4 E8",
    "ack": "FC 05 50 AA 05",
    "version": "FC 1E 88 55 42 41 2D 31 30 2D 53 53 20 49 44 30 30 33 2D 30 35 56 32 31 33 2D 31 33 0A 8B",
    "table": "FC 19 8A 61 30 01 02 62 30 05 02 63 30 01 03 64 30 05 03 65 00 00 00 ED 38",
}


class Validator:
    """Takes one note as soon as it is open. `late` answers come after the next question, `torn` lack a byte."""

    def __init__(self, link: Link, late: set[int], torn: set[int]) -> None:
        self.link = link
        self.late, self.torn = late, torn
        self.state = "disabled"
        self.notes = 1
        self.polls = 0
        self.acknowledged = 0

    async def serve(self) -> None:
        heard, owed = b"", b""
        while True:
            try:
                heard += await self.link.receive()
                while len(heard) > 1 and len(heard) >= heard[1]:
                    frame, heard = heard[: heard[1]], heard[heard[1] :]
                    answer, owed = owed + self.answer(frame), b""
                    self.polls += 1
                    if self.polls in self.late:
                        answer, owed = b"", answer
                    await self.link.send(answer[:-1] if self.polls in self.torn else answer)
            except LinkLost:
                return

    def answer(self, frame: bytes) -> bytes:
        code = frame[2]
        if code == 0xC3:
            self.state = "disabled" if frame[3] else "idle"
        if code in ECHOED:
            return frame
        if code == 0x50:
            self.acknowledged += self.state == "credit"
            self.state = "stacked" if self.state == "credit" else self.state
            return b""
        if code == 0x41 and self.state == "escrow":
            self.state = "credit"
        elif code == 0x11:
            said = self.state
            if said == "stacked":
                self.state = "idle"
            elif said == "idle" and self.notes:
                self.notes, self.state = 0, "escrow"
            return bytes.fromhex(REPLIES[said])
        return bytes.fromhex(REPLIES[{0x88: "version", 0x8A: "table"}.get(code, "ack")])


@asynccontextmanager
async def validator(late: set[int], torn: set[int]) -> AsyncIterator[tuple[Link, Validator]]:
    near, far = pair("memory:validator")
    device = Validator(far, late, torn)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(device.serve)
        yield near, device
        near.cut()


async def one_note(late: set[int], torn: set[int]) -> None:
    wished, wishes = anyio.create_memory_object_stream[Wish](10)
    told: list[object] = []

    async def tell(event: object) -> None:
        told.append(event)
        if isinstance(event, Escrowed):
            await wished.send(Stack(unit="validator"))
        elif isinstance(event, Stacked):
            await wished.send(Refuse())
        elif isinstance(event, Closed):
            await wished.send(Leave())

    async with validator(late, torn) as (link, device), wished, wishes:
        await wished.send(Accept(types={"validator": frozenset({0x61})}))
        with anyio.fail_after(60):
            await converse(Id003({}).attend({}), link, tell=tell, wishes=wishes)
        assert device.acknowledged == 1
    assert [event for event in told if isinstance(event, Stacked)] == [
        Stacked("validator", 0x61, told_table(told), recovered=False)
    ]
    assert [event for event in told if isinstance(event, Accepting)]
    assert isinstance(told[-1], Closed)


def told_table(told: list[object]) -> object:
    return next(event.denomination for event in told if isinstance(event, Escrowed))


@pytest.mark.anyio
async def test_a_note_is_credited_once() -> None:
    await one_note(set(), set())


def on_a_mock_clock(late: set[int], torn: set[int]) -> None:
    trio.run(partial(one_note, late, torn), clock=trio.testing.MockClock(autojump_threshold=0))


@pytest.mark.parametrize("first", range(2, 30))
def test_late_answers_are_taken_for_no_other_question(first: int) -> None:
    """Each answer of the conversation in its turn, and a row of them."""
    on_a_mock_clock({first}, set())
    on_a_mock_clock(set(range(first, 60, 4)), set())


@pytest.mark.parametrize("first", range(2, 30))
def test_torn_answers_are_asked_for_again(first: int) -> None:
    on_a_mock_clock(set(), {first})
    on_a_mock_clock(set(), set(range(first, 60, 3)))


@pytest.mark.anyio
async def test_identify_on_a_wire() -> None:
    async with validator(set(), set()) as (link, _):
        (unit,) = await converse(Id003({}).identify(), link)
    assert unit.serial.startswith("UBA-10")
    assert [note.value_minor for note in unit.takes] == [10000, 50000, 100000, 500000]
