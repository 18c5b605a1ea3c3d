"""The identity graph on its rows: the same after a restart, told twice once, and without what an erasure took."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.visitors.identities import Identities, body_of, event_of, row_of
from sensors.identity.observation import card_registered, face_enrolled, portal_login
from sensors.identity.records import (
    ConsentEnded,
    EdgeRetracted,
    IdentityEvent,
    KeyReplaced,
    KeyShared,
    Kind,
    Parted,
    RecordErased,
    RecordKept,
    Rule,
    edge_found,
    record_id,
)
from sync.visitor_store.visitor_batch import Forgotten, VisitorBatch
from sync.visitor_store.visitor_store import open_visitors
from tests.agent.consent_world import on_disk

MAC, PHONE, CARD = record_id(Kind.MAC, "device"), record_id(Kind.PHONE, "anna"), record_id(Kind.CARD, "c-1")
VISIT = record_id(Kind.VISIT, "v-1")
(LOGIN,) = portal_login("device", "anna", "consent-1", "code-1", 10)
EVENTS: list[IdentityEvent] = [
    RecordKept(PHONE, 5),
    LOGIN,
    *face_enrolled("template-1", PHONE, "consent-2", "form", 11),
    *card_registered("c-1", "anna", "form", 12),
    edge_found(VISIT, MAC, Rule.SCORED, "v-1", 13, bits=17.25, model="m", consents=("consent-1",), actor="system"),
    EdgeRetracted(row_of(LOGIN).edge, "mistake", 14, "anna"),
    Parted(VISIT, CARD, "wrong_greeting", 15, "till-1"),
    KeyShared(MAC, "form", 16),
    KeyReplaced(CARD, record_id(Kind.CARD, "c-2"), 17, "till-1"),
    ConsentEnded("consent-9", 18),
    RecordErased(record_id(Kind.MAC, "gone"), 19),
]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_an_event_is_the_same_after_its_row(event: IdentityEvent) -> None:
    assert event_of(body_of(event)) == event
    assert row_of(event) == row_of(event_of(body_of(event)))


@pytest.mark.parametrize("body", [b"", b"{}", b'["nothing",{}]', b'["parted",{"left":1}]'])
def test_what_is_no_event_is_refused(body: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        event_of(body)


@pytest.mark.anyio
async def test_what_was_learned_is_there_again_and_once(tmp_path: Path) -> None:
    async with open_visitors(tmp_path, device="d", epoch=1, now_ms=lambda: 1) as store:
        identities = Identities(store)
        assert identities.person_of(MAC) is None
        await identities.learn([LOGIN])
        before = identities.view()
        assert identities.person_of(MAC) == PHONE
        assert identities.view() is before, "made once"
        await identities.learn([LOGIN])
        assert len(store.identity_events()) == 1
        await identities.learn(card_registered("c-1", "anna", "form", 12))
        assert identities.person_of(MAC) == CARD
    async with open_visitors(tmp_path, device="d", epoch=1, now_ms=lambda: 1) as store:
        again = Identities(store)
        assert again.graph == identities.graph
        assert again.view() == identities.view()


class NoRows:
    def identity_events(self) -> list[bytes]:
        return []


RECORDS = [record_id(kind, str(n)) for kind in (Kind.CARD, Kind.PHONE, Kind.MAC, Kind.VISIT) for n in range(3)]
PAIR = st.lists(st.sampled_from(RECORDS), min_size=2, max_size=2, unique=True)
TIMES = st.integers(1, 9)
EDGE = st.builds(
    lambda pair, rule, at_ms, consent: edge_found(*pair, rule, "login", at_ms, consents=(consent,)),
    PAIR,
    st.sampled_from(list(Rule)),
    TIMES,
    st.sampled_from(["c-1", "c-2", "c-3"]),
)
TOLD = st.one_of(
    EDGE,
    EDGE,
    st.builds(RecordKept, st.sampled_from(RECORDS), TIMES),
    st.builds(lambda edge: EdgeRetracted(edge.edge, "mistake", 5, "anna"), EDGE),
    st.builds(lambda pair, at_ms: Parted(*pair, "wrong", at_ms, "till"), PAIR, TIMES),
    st.builds(KeyShared, st.sampled_from(RECORDS), st.just("form"), TIMES),
    st.builds(ConsentEnded, st.just("c-3"), TIMES),
    st.builds(RecordErased, st.sampled_from(RECORDS), TIMES),
    st.builds(lambda a, b: KeyReplaced(RECORDS[a], RECORDS[b], 5, "till"), st.integers(0, 2), st.integers(0, 2)),
)


@given(st.lists(TOLD, max_size=24))
@settings(max_examples=150)
def test_who_somebody_is_does_not_depend_on_how_much_is_looked_at(told: list[IdentityEvent]) -> None:
    identities = Identities(NoRows())  # type: ignore[arg-type]
    identities.apply(told)
    alone = {record: identities.profile_of(record) for record in RECORDS}
    together = identities.view()
    assert alone == {record: together.profile_of(record) for record in RECORDS}
    assert alone == {record: identities.profile_of(record) for record in RECORDS}


@pytest.mark.anyio
async def test_a_key_without_a_consent_is_not_learned(tmp_path: Path) -> None:
    async with open_visitors(tmp_path, device="d", epoch=1, now_ms=lambda: 1) as store:
        identities = Identities(store)
        await identities.learn([RecordKept(MAC, 1), Parted(MAC, PHONE, "wrong_greeting", 2, "till-1")])
        assert store.identity_events() == []
        await identities.learn([LOGIN, Parted(MAC, PHONE, "wrong_greeting", 11, "till-1")])
        assert len(store.identity_events()) == 2
        await identities.learn([ConsentEnded("consent-1", 20), LOGIN])
        assert identities.person_of(MAC) is None


@pytest.mark.anyio
async def test_everything_that_names_a_key_is_doomed_with_it(tmp_path: Path) -> None:
    async with open_visitors(tmp_path, device="d", epoch=1, now_ms=lambda: 1) as store:
        identities = Identities(store)
        await identities.learn([one for one in EVENTS if not isinstance(one, RecordErased | ConsentEnded)])
        assert b"mac:device" in on_disk(tmp_path)
        gone = identities.doomed({"consent-1"}, {MAC})
        await store.commit(VisitorBatch(forgotten=Forgotten(edges=gone)))
        identities.forget(gone)
        assert identities.graph == Identities(store).graph
        assert b"mac:device" not in on_disk(tmp_path)
        assert row_of(LOGIN).edge.encode() not in on_disk(tmp_path), "its retraction too"
        assert identities.person_of(PHONE) == CARD
        assert record_id(Kind.FACE, "template-1") in identities.view().of, "another consent's edge stays"
