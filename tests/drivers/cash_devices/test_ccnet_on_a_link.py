"""The CCNET driver on a wire, on asyncio and on Trio, against a small validator of the test's own that mishears."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from itertools import pairwise
from typing import Any

import anyio
import pytest
import trio
import trio.testing
from ccnet_playbook import ALL, IDENTITY, TABLE, framed

from drivers.cash_devices.ccnet.driver import Ccnet
from drivers.cash_devices.contract import Closed, Escrowed, Found, Leave, Refuse, Returned, Stack, Stacked
from drivers.links.converse import converse
from drivers.links.link import LinkLost
from drivers.links.memory import pair
from drivers.wire.dialogue import Wish

GETS = {0x31, 0x33, 0x37, 0x41, 0x5B}
MISHAPS = ("drop", "tear", "late", "later", "deaf", "unacknowledged")
FSYNC_S = 0.3


class Validator:
    """Takes one note of type 4 as soon as it is open. The `at`-th question meets a mishap: its answer is dropped, torn,
    late (in front of the next answer) or later (behind it), the question is not heard, or our ACK after it is not."""

    def __init__(self, link: Any, at: int = 0, mishap: str = "") -> None:
        self.link, self.at, self.mishap = link, at, mishap
        self.state = b"\x10"
        self.stacked = 0
        self.notes = 1
        self.asked = 0
        self.answered = b""
        self.owed = b""
        self.heard: list[tuple[float, str]] = []

    async def serve(self) -> None:
        heard = b""
        try:
            while True:
                heard += await self.link.receive()
                while len(heard) > 2 and len(heard) >= heard[2]:
                    body, heard = heard[3 : heard[2] - 2], heard[heard[2] :]
                    self.heard.append((anyio.current_time(), body.hex()))
                    if body == b"\x00":
                        if not (self.mishap == "unacknowledged" and self.asked == self.at):
                            self.acknowledged()
                        continue
                    self.asked += 1
                    await self.reply(body)
        except LinkLost:
            return

    async def reply(self, body: bytes) -> None:
        mishap = self.mishap if self.asked == self.at else ""
        if mishap == "deaf":
            return
        answer, owed, self.owed = framed(self.carry_out(body)), self.owed, b""
        if mishap in ("late", "later"):
            self.owed = answer
        elif mishap == "drop":
            pass
        elif mishap == "tear":
            await self.link.send(answer[:-1])
        else:
            await self.link.send(owed + answer if self.mishap == "late" else answer + owed)

    def carry_out(self, body: bytes) -> bytes:
        code = body[0]
        escrowed = self.state == b"\x80\x04"
        if code == 0x33:
            self.answered = self.state
            if self.state == b"\x14" and self.notes:
                self.notes, self.state = 0, b"\x15"
            elif self.state == b"\x15":
                self.state = b"\x80\x04"
            elif self.state == b"\x17":
                self.stacked, self.state = self.stacked + 1, b"\x81\x04"
            elif self.state == b"\x13":
                self.state = b"\x19"
            return self.answered
        self.answered = b""
        if code == 0x30:
            self.state = b"\x13"
        elif code == 0x34 and self.state in (b"\x14", b"\x19"):
            self.state = b"\x14" if any(body[1:]) else b"\x19"
        elif code == 0x35:
            self.state = b"\x17" if escrowed else self.state
        elif code == 0x38:
            return b"\x00" if escrowed else b"\x30"
        answers = {0x31: bytes(6), 0x37: IDENTITY, 0x41: TABLE, 0x5B: self.stacked.to_bytes(2, "big")}
        return answers.get(code, b"\x00" if code != 0x35 or escrowed else b"\x30")

    def acknowledged(self) -> None:
        if self.answered == b"\x81\x04" == self.state:
            self.state = b"\x14"


async def shop(
    device_of: Callable[[Any], Validator], tell_of: Callable[[object], Awaitable[None]] | None = None
) -> tuple[list[object], Validator]:
    """A host that keeps every note and leaves once one was taken or is proved to be."""
    near, far = pair("memory:validator")
    device = device_of(far)
    told: list[object] = []
    wishes, heard_wishes = anyio.create_memory_object_stream[Wish](10)

    async def tell(event: object) -> None:
        if tell_of is not None:
            await tell_of(event)
        told.append(event)
        match event:
            case Found(unit=unit):
                await wishes.send(ALL if not unit.stacked else Leave())
            case Escrowed():
                await wishes.send(Stack("validator"))
            case Stacked():
                await wishes.send(Refuse())
            case Closed():
                await wishes.send(Leave())

    async with anyio.create_task_group() as tasks, wishes, heard_wishes:
        tasks.start_soon(device.serve)
        with anyio.fail_after(60):
            await converse(Ccnet({}).attend({}), near, tell=tell, wishes=heard_wishes)
        near.cut()
    return told, device


def in_virtual_time(scenario: Callable[[], Awaitable[Any]]) -> Any:
    return trio.run(scenario, clock=trio.testing.MockClock(autojump_threshold=0))


@pytest.mark.anyio
async def test_a_note_on_either_event_loop() -> None:
    told, device = await shop(Validator)
    assert [type(event).__name__ for event in told] == [
        "Found", "Counted", "Accepting", "Entered", "Escrowed", "Stacking", "Stacked", "Closed", "Closed"
    ]  # fmt: skip
    assert device.stacked == 1


@pytest.mark.parametrize("mishap", MISHAPS)
def test_no_mishap_at_any_question_loses_or_doubles_the_note(mishap: str) -> None:
    """Told once as stacked, or proved by the counter that is told with the next Found; never ordered twice in vain."""
    for at in range(1, 25):
        told, device = in_virtual_time(lambda at=at: shop(lambda link: Validator(link, at, mishap)))
        counts = [event.unit.stacked for event in told if isinstance(event, Found)]
        stacked = sum(isinstance(event, Stacked) for event in told)
        assert device.stacked == 1, (mishap, at)
        assert (stacked, counts[-1]) in ((1, 0), (1, 1), (0, 1)), (mishap, at, told)
        assert not any(isinstance(event, Returned) for event in told)


def test_the_device_is_acknowledged_after_the_journal_and_the_bus_has_its_silence() -> None:
    """With a slow disk: the acknowledgement of 81 comes no sooner than the write, the polls keep their period."""
    written: list[tuple[float, object]] = []

    async def fsync(event: object) -> None:
        if isinstance(event, Stacked | Escrowed | Found):
            await anyio.sleep(FSYNC_S)
        written.append((anyio.current_time(), event))

    async def scenario() -> tuple[list[object], Validator]:
        return await shop(Validator, fsync)

    _, device = in_virtual_time(scenario)
    durable_at = next(at for at, event in written if isinstance(event, Stacked))
    polls = [at for at, body in device.heard if body == "33"]
    asked_at = max(at for at in polls if at <= durable_at - FSYNC_S + 0.001)
    acknowledged_at = min(at for at, body in device.heard if body == "00" and at > asked_at)
    assert acknowledged_at >= durable_at
    for (before_s, before), (after_s, after) in pairwise(device.heard):
        if before == "00":
            assert after_s - before_s >= 0.019, (before, after)
    gaps = [later - sooner for sooner, later in pairwise(polls)]
    assert min(gaps) >= 0.1
    assert sum(0.199 <= gap <= 0.201 for gap in gaps) >= len(gaps) - 4
