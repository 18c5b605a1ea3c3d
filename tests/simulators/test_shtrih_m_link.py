"""Link v1 as the reference's state machine has it: each state, each byte, on both runtimes."""

from __future__ import annotations

import pytest
from shtrih_m_host import ACK, ENQ, NAK, OPEN_SHIFT, SHORT, Bench, framed, in_virtual_time, on_asyncio

BEEP = bytes.fromhex("02 05 13 01 00 00 00 17")
BEEP_DONE = bytes.fromhex("02 03 13 00 01 11")

both = pytest.mark.parametrize("run", [in_virtual_time, on_asyncio], ids=["trio", "asyncio"])


@both
def test_idle_answers_enq_with_nak_and_ignores_garbage(run) -> None:
    async def scenario() -> None:
        async with Bench().plug_in() as host:
            await host.say(b"\x00\x77\x06\x15" + ENQ)
            assert await host.hear(1) == NAK
            assert await host.hear(1, within_s=0.3) == b""

    run(scenario)


@both
def test_a_damaged_frame_is_refused_with_nak_and_the_repeat_is_taken(run) -> None:
    async def scenario() -> None:
        async with Bench().plug_in() as host:
            await host.say(BEEP[:-1] + b"\x00")
            assert await host.hear(1) == NAK
            await host.say(BEEP)
            assert await host.hear(1 + len(BEEP_DONE)) == ACK + BEEP_DONE

    run(scenario)


@both
def test_a_frame_cut_short_is_forgotten_after_the_byte_timeout(run) -> None:
    async def scenario() -> None:
        async with Bench().plug_in() as host:
            await host.say(BEEP[:4])
            assert await host.hear(1, within_s=0.4) == b""
            await host.say(ENQ)
            assert await host.hear(1) == NAK

    run(scenario)


@both
def test_an_answer_that_was_acknowledged_is_forgotten(run) -> None:
    async def scenario() -> None:
        async with Bench().plug_in() as host:
            await host.say(BEEP)
            assert await host.hear(1 + len(BEEP_DONE)) == ACK + BEEP_DONE
            await host.say(ACK + ENQ)
            assert await host.hear(1) == NAK

    run(scenario)


@both
@pytest.mark.parametrize("reply", [NAK, b""], ids=["nak", "silence"])
def test_an_answer_that_was_not_acknowledged_is_held(run, reply: bytes) -> None:
    """It is not sent again by itself; ENQ brings ACK and the same frame, as often as asked, until ACK."""

    async def scenario() -> None:
        async with Bench().plug_in() as host:
            await host.say(BEEP)
            await host.hear(1 + len(BEEP_DONE))
            await host.say(reply)
            assert await host.hear(1, within_s=1.5) == b""
            for _ in range(2):
                await host.say(ENQ)
                assert await host.hear(1 + len(BEEP_DONE)) == ACK + BEEP_DONE
            await host.say(ACK + ENQ)
            assert await host.hear(1) == NAK

    run(scenario)


@both
def test_a_new_frame_drops_a_held_answer(run) -> None:
    async def scenario() -> None:
        async with Bench().plug_in() as host:
            await host.say(BEEP)
            await host.hear(1 + len(BEEP_DONE))
            await host.say(NAK + framed(bytes.fromhex(SHORT)))
            assert await host.hear(1) == ACK
            assert (await host.frame())[2] == 0x10

    run(scenario)


def test_the_next_frame_may_follow_the_ack_at_once() -> None:
    async def scenario() -> None:
        async with Bench().plug_in() as host:
            await host.say(BEEP)
            await host.hear(1 + len(BEEP_DONE))
            await host.say(ACK + BEEP)
            assert await host.hear(1 + len(BEEP_DONE)) == ACK + BEEP_DONE

    in_virtual_time(scenario)


def test_enq_during_execution_is_answered_with_ack() -> None:
    """Opening a shift takes time; the host may ask meanwhile whether an answer is being prepared."""

    async def scenario() -> None:
        async with Bench(instant=False).plug_in() as host:
            await host.say(framed(bytes.fromhex(OPEN_SHIFT)))
            assert await host.hear(1) == ACK
            await host.say(ENQ)
            assert await host.hear(1, within_s=0.1) == ACK
            assert await host.frame() == bytes.fromhex("02 02 E0 00 E2")

    in_virtual_time(scenario)


def test_a_held_answer_outlives_the_connection() -> None:
    async def scenario() -> None:
        bench = Bench()
        async with bench.plug_in() as host:
            await host.say(BEEP)
            await host.hear(1 + len(BEEP_DONE))
        async with bench.plug_in() as host:
            await host.say(ENQ)
            assert await host.hear(1 + len(BEEP_DONE)) == ACK + BEEP_DONE

    in_virtual_time(scenario)


def test_a_host_that_leaves_does_not_stop_a_command() -> None:
    """The frame was taken: the shift opens, and the next connection finds the answer."""

    async def scenario() -> None:
        bench = Bench(instant=False)
        async with bench.plug_in() as host:
            await host.say(framed(bytes.fromhex(OPEN_SHIFT)))
            await host.hear(1)
        assert bench.events("shift_opened")
        async with bench.plug_in() as host:
            await host.say(ENQ)
            assert await host.hear(1) == ACK
            assert await host.frame() == bytes.fromhex("02 02 E0 00 E2")

    in_virtual_time(scenario)
