"""The line to the agent: what waits is bounded and told again, a question waits for nobody, a broken line is found."""

from __future__ import annotations

import random
import struct
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import anyio
import pytest
from anyio.abc import SocketStream
from hypothesis import given
from hypothesis import strategies as st

from sensors.association import agent_link
from sensors.association.agent_link import AgentAway, AgentLink
from sensors.association.floor import Point
from sensors.association.outbox import Outbox
from sensors.association_messages import (
    MOST_BYTES,
    Agreement,
    Came,
    Exported,
    Gives,
    Hello,
    Known,
    Lists,
    NotAMessage,
    Pulse,
    Recorded,
    Standing,
    ToAgent,
    Withdraws,
    at_the_agent,
    at_the_program,
    encoded,
    facts_of,
)
from sensors.consent.admission import refusal
from sensors.consent.countries import RU
from sensors.consent.facts import Bound, Given, Purpose
from sensors.consent.ledger import fold
from sensors.consent.texts import shown
from sensors.sighting import Seen, Sighting
from tests.sensors.association_agent import AsyncAgent, Books
from tests.sensors.association_samples import NETWORK, NOW_MS, Shop

HELLO = Hello("wifi", "b1")
PHONE = "+79260000000"
LISTS = Lists(ask="a1", phone=PHONE, proof_id="code-1")


def came(seq: int) -> Came:
    sighting = Sighting(sensor="wifi", boot="b1", seq=seq, seen=Seen.ASSOCIATED, at_ms=NOW_MS, key=f"day-{seq}")
    return Came(sighting, agreed=False)


@pytest.fixture
def path() -> Iterator[Path]:
    """Short: a Unix socket's name has 108 bytes."""
    with tempfile.TemporaryDirectory(prefix="wifi-") as folder:
        yield Path(folder) / "s"


def link(path: Path, outbox: Outbox, known: list[Known] | None = None) -> AgentLink:
    said = known if known is not None else []
    return AgentLink(path, HELLO, outbox, said.append, lambda _: None, random.Random(1))


async def until(true: Callable[[], object]) -> None:
    with anyio.fail_after(20):
        while not true():  # noqa: ASYNC110 (what is waited for is told by nobody)
            await anyio.sleep(0.01)


@pytest.mark.anyio
async def test_everything_arrives_in_order_behind_a_hello_and_keys_come_back(path: Path) -> None:
    outbox, known, books = Outbox(), list[Known](), Books()
    books.known = ("1" * 32,)
    agent, line = AsyncAgent(path, books), link(path, outbox, known)
    sightings = [came(number) for number in range(500)]
    for one in sightings:
        outbox.put(one)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(line.run)
        await anyio.sleep(0.1)
        tasks.start_soon(agent.run)
        await until(lambda: agent.heard and len(agent.heard[0]) == 501)
        assert agent.heard == [[HELLO, *sightings]]
        assert await line.ask(LISTS) == Standing("a1", ())
        tasks.cancel_scope.cancel()
    assert known == [Known(("1" * 32,), first=True, last=True)]
    assert len(outbox) == 0


@pytest.mark.anyio
async def test_a_question_waits_for_nobody(path: Path) -> None:
    outbox = Outbox()
    line = link(path, outbox)
    with pytest.raises(AgentAway, match="not connected"):
        await line.ask(LISTS)
    assert len(outbox) == 0, "a phone number lies in no queue"


@pytest.mark.anyio
async def test_a_line_that_breaks_and_an_agent_that_is_silent(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    books = Books()
    agent, line = AsyncAgent(path, books), link(path, Outbox())
    monkeypatch.setattr(agent_link, "ANSWER_WITHIN_S", 0.2)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(agent.run)
        tasks.start_soon(line.run)
        assert not line.there
        await until(lambda: agent.heard and agent.heard[0] and line.there)
        books.silent = True
        with pytest.raises(AgentAway, match="TimeoutError"):
            await line.ask(LISTS)
        agent.hang_up_at = Lists
        with pytest.raises(AgentAway, match="the line broke"):
            await line.ask(LISTS)
        agent.hang_up_at, books.silent = None, False
        await until(lambda: len(agent.heard) == 2 and agent.heard[1] and line.there)
        assert await line.ask(LISTS) == Standing("a1", ())
        tasks.cancel_scope.cancel()


@pytest.mark.anyio
async def test_an_agent_that_speaks_nonsense_is_left_and_tried_again(path: Path) -> None:
    agent, outbox = AsyncAgent(path, Books()), Outbox()
    agent.speaks = b"HTTP/1.1 200 OK\r\n\r\n"
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(agent.run)
        tasks.start_soon(link(path, outbox).run)
        await until(lambda: len(agent.heard) >= 2)
        tasks.cancel_scope.cancel()


@pytest.mark.anyio
async def test_an_agent_that_reads_nothing_is_hung_and_is_connected_to_anew(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(agent_link, "SEND_WITHIN_S", 0.2)
    came_in: list[SocketStream] = []

    async def hold(stream: SocketStream) -> None:
        came_in.append(stream)
        await anyio.sleep_forever()

    outbox = Outbox()
    for number in range(4_000):
        outbox.put(came(number))
    async with await anyio.create_unix_listener(path) as listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, hold)
        tasks.start_soon(link(path, outbox).run)
        await until(lambda: len(came_in) >= 2)
        tasks.cancel_scope.cancel()
    assert len(outbox) == 4_000, "a socket took a thousand, the agent none"


def waiting(outbox: Outbox) -> list[ToAgent]:
    return at_the_agent().feed(outbox.next(10_000))


def test_the_oldest_is_dropped_and_counted_and_a_pulse_replaces_a_pulse() -> None:
    outbox = Outbox(most=3)
    for number in range(10):
        outbox.put(came(number))
    assert (len(outbox), outbox.dropped) == (3, 7)
    for at_ms in (1, 2):
        outbox.put(Pulse(at_ms, 0, 0, {}))
    assert waiting(outbox) == [came(7), came(8), came(9), Pulse(2, 0, 0, {})]
    outbox.put(came(10))
    assert (len(outbox), outbox.dropped) == (3, 8), "what is under way counts until it is taken"


def test_what_the_agent_has_not_taken_is_told_again() -> None:
    outbox = Outbox()
    for number in range(6):
        outbox.put(came(number))
    assert len(at_the_agent().feed(outbox.next(4))) == 4
    outbox.taken(1)
    outbox.rewind()
    assert waiting(outbox) == [came(2), came(3), came(4), came(5)]
    outbox.taken(9)
    outbox.rewind()
    assert (len(outbox), waiting(outbox)) == (0, [])


@pytest.mark.anyio
async def test_an_agent_that_dies_with_sightings_unread_gets_them_again(path: Path) -> None:
    books, outbox = Books(), Outbox()
    agent, line = AsyncAgent(path, books), link(path, outbox)
    sightings = [came(number) for number in range(300)]
    async with anyio.create_task_group() as tasks:
        agent.hang_up_at = Came
        tasks.start_soon(agent.run)
        tasks.start_soon(line.run)
        for one in sightings:
            outbox.put(one)
        await until(lambda: agent.heard and len(agent.heard[0]) == 2)
        agent.hang_up_at = None
        await until(lambda: not len(outbox))
        tasks.cancel_scope.cancel()
    assert agent.heard[-1] == [HELLO, *sightings]


def test_the_floor_and_a_lost_agent_stay_within_their_bounds() -> None:
    shop = Shop()
    for number in range(6_000):
        shop.floor.joined(Point("p", ""), "", NETWORK, struct.pack(">HI", 0x0200, number), NOW_MS)
    assert (len(shop.outbox), shop.outbox.dropped) == (4_096, 6_000 - 4_096)


GIVES = Gives(
    ask="a2",
    phone=PHONE,
    agreements=tuple(
        Agreement(
            consent_id=f"c-{purpose.value}",
            purpose=purpose,
            text_version="2026-11",
            text_hash=shown(purpose, "2026-11", "ru", "ООО «Игрушки»", 90).hash,
            locale="ru",
            retention_days=90,
        )
        for purpose in (Purpose.WIFI_ID, Purpose.MARKETING)
    ),
    controller="ООО «Игрушки»",
    given_ms=NOW_MS,
    proof_id="code-1",
    key="5" * 32,
)


def test_what_a_guest_gives_is_what_a_ledger_takes() -> None:
    facts = facts_of(GIVES, "subject-1", lambda: "salt")
    assert [type(one) for one in facts] == [Given, Bound, Given]
    assert [refusal(one, RU) for one in facts if isinstance(one, Given)] == [None, None]
    ledger = fold([*facts, *facts])
    consent = ledger.standing("subject-1", Purpose.WIFI_ID)
    assert consent is not None
    assert list(consent.records) == ["mac:" + "5" * 32]
    assert PHONE not in repr(facts)


def test_no_number_is_in_a_repr() -> None:
    asked = [GIVES, LISTS, Withdraws(ask="a", phone=PHONE, consent_ids=("c",), at_ms=1, proof_id="p")]
    assert PHONE not in repr([*asked, Exported("a", f'{{"phone":"{PHONE}"}}')])
    assert encoded(GIVES).count(PHONE.encode()) == 1


@given(st.lists(st.integers(1, 40), max_size=12), st.binary(max_size=20))
def test_messages_come_apart_anyhow_and_nonsense_is_told(cuts: list[int], tail: bytes) -> None:
    messages = [HELLO, came(1), GIVES, Pulse(1, 2, 3, {"a": 1})]
    data = b"".join(encoded(one) for one in messages)
    reader, found, at = at_the_agent(), [], 0
    for cut in [*cuts, len(data)]:
        found += reader.feed(data[at : at + cut])
        at += cut
    assert found == messages
    for one in (at_the_agent(), at_the_program()):
        with suppress(NotAMessage):  # and nothing else
            assert one.feed(tail) == []


@pytest.mark.parametrize(
    "body", [b"{}", b'{"type":"hello"}', b"\xff\xfe", b'{"type":"gives","ask":1,"phone":"+79260000000"}']
)
def test_other_messages_are_refused_without_repeating_them(body: bytes) -> None:
    with pytest.raises(NotAMessage) as told:
        at_the_agent().feed(struct.pack(">I", len(body)) + body)
    assert "7926" not in str(told.value)


def test_a_message_is_bounded_both_ways() -> None:
    with pytest.raises(NotAMessage, match="bytes"):
        at_the_agent().feed(struct.pack(">I", MOST_BYTES + 1))
    with pytest.raises(NotAMessage, match="bytes"):
        encoded(Exported("a", "x" * MOST_BYTES))
    assert at_the_program().feed(encoded(Recorded("a"))) == [Recorded("a")]
