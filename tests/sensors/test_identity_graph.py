"""The identity graph: the same facts make the same persons, and what was joined comes apart again without a trace."""

from __future__ import annotations

import dataclasses
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensors.identity.graph import fold
from sensors.identity.observation import (
    MacSeen,
    Observation,
    card_registered,
    edges_of,
    face_enrolled,
    not_this_person,
    portal_login,
)
from sensors.identity.profiles import Household, View, moved, view
from sensors.identity.records import (
    ConsentEnded,
    EdgeFound,
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
    kind_of,
    record_id,
)
from tests.sensors.population import town

CARDS = [f"card:{one}" for one in "ABC"]
PHONES = [f"phone:{one}" for one in "PQR"]
MACS = [f"mac:{one}" for one in "mno"]
VISITS = [f"visit:{one}" for one in range(5)]
RECEIPTS = ["receipt:0", "receipt:1"]
ENDS = {
    Rule.CARD_SHOWN: (VISITS + RECEIPTS, CARDS),
    Rule.REGISTERED: (CARDS, PHONES),
    Rule.PHONE_CONFIRMED: (VISITS, PHONES),
    Rule.SAME_SALE: (RECEIPTS, VISITS),
    Rule.ENROLLED: (["face:f", "face:g"], CARDS + PHONES),
    Rule.ASSOCIATED: (VISITS + PHONES + CARDS, MACS),
    Rule.PERSON_SAID: (VISITS + RECEIPTS, CARDS + PHONES),
    Rule.SCORED: (VISITS, CARDS + PHONES + VISITS),
}


@st.composite
def edges(draw: st.DrawFn) -> EdgeFound:
    rule = draw(st.sampled_from(list(Rule)))
    lefts, rights = ENDS[rule]
    left = draw(st.sampled_from(lefts))
    right = draw(st.sampled_from([one for one in rights if one != left]))
    evidence, at_ms = draw(st.sampled_from(["e1", "e2"])), draw(st.integers(1, 9))
    return edge_found(left, right, rule, evidence, at_ms, consents=(draw(st.sampled_from(["c1", "c2"])),))


def takings(made: list[EdgeFound]) -> st.SearchStrategy[IdentityEvent]:
    """Facts that take edges away, hold persons apart or make two keys one."""
    records = st.sampled_from(CARDS + PHONES + MACS + VISITS)
    chosen: list[st.SearchStrategy[IdentityEvent]] = [
        st.builds(Parted, records, records, st.just("not me"), st.just(5), st.just("anna")).filter(
            lambda one: one.left != one.right
        ),
        st.builds(KeyShared, st.sampled_from(MACS + PHONES), st.just("v"), st.just(5)),
        st.builds(ConsentEnded, st.sampled_from(["c1", "c2"]), st.just(5)),
        st.builds(RecordErased, records, st.integers(1, 9)),
        st.builds(RecordKept, records, st.integers(1, 9)),
    ]
    if made:
        retracted = st.sampled_from([one.edge for one in made])
        chosen.append(st.builds(EdgeRetracted, retracted, st.just("wrong"), st.just(5), st.just("anna")))
    return st.one_of(chosen)


@st.composite
def histories(draw: st.DrawFn) -> list[IdentityEvent]:
    made = draw(st.lists(edges(), max_size=25))
    return [*made, *draw(st.lists(takings(made), max_size=5))]


def seen_of(events: list[IdentityEvent]) -> View:
    return view(fold(events))


@settings(max_examples=150)
@given(histories(), st.randoms(use_true_random=False))
def test_order_and_repetition_change_nothing(events: list[IdentityEvent], random: Random) -> None:
    shuffled = [*events, *random.sample(events, len(events) // 2)]
    random.shuffle(shuffled)
    assert seen_of(shuffled) == seen_of(events)


@settings(max_examples=150)
@given(histories())
def test_nobody_holds_two_cards_or_two_phones_or_whom_they_are_not(events: list[IdentityEvent]) -> None:
    now = seen_of(events)
    parted = {frozenset((one.left, one.right)) for one in events if isinstance(one, Parted)}
    for profile in now.profiles.values():
        kinds = [kind_of(one) for one in profile.records]
        assert kinds.count(Kind.CARD) <= 1
        assert kinds.count(Kind.PHONE) <= 1
        assert not any(pair <= set(profile.records) for pair in parted)
        assert profile.known == bool({Kind.CARD, Kind.PHONE} & set(kinds))
    assert sorted(now.of) == sorted(one for profile in now.profiles.values() for one in profile.records)


@settings(max_examples=100)
@given(histories(), edges())
def test_an_edge_taken_back_was_never_there(events: list[IdentityEvent], edge: EdgeFound) -> None:
    """An unmerge rebuilds: apart from the two records being known, the view is the one without the edge."""
    others = [one for one in events if not (isinstance(one, EdgeFound) and one.edge == edge.edge)]
    known = [RecordKept(record, edge.at_ms) for record in (edge.left, edge.right)]
    without = seen_of([*others, *known])
    taken = [*others, *known, edge, EdgeRetracted(edge.edge, "wrong", 9, "anna")]
    assert seen_of(taken) == without
    assert moved(without, seen_of(taken)) == ()


@given(histories(), st.sampled_from([("card:A", "card:B"), ("phone:P", "phone:Q")]), st.randoms(use_true_random=False))
def test_a_replaced_key_is_the_same_in_any_order(
    events: list[IdentityEvent], keys: tuple[str, str], random: Random
) -> None:
    events = [*events, KeyReplaced(*keys, 5, "boss"), *(RecordKept(key, 1) for key in keys)]
    straight = seen_of(events)
    erased = {one.record for one in events if isinstance(one, RecordErased)}
    assert erased & set(keys) or straight.of[keys[0]] == straight.of[keys[1]]
    random.shuffle(events)
    assert seen_of(events) == straight


@given(histories())
def test_rows_of_the_erased_and_of_ended_consents_can_be_deleted(events: list[IdentityEvent]) -> None:
    """HQ deletes them from its tables and rebuilds: nothing that may stay has changed."""
    graph = fold(events)
    dead = set(graph.dead_edges())
    left = [one for one in events if not (isinstance(one, EdgeFound) and one.edge in dead)]
    assert seen_of(left) == view(graph)
    ended = {one.consent_id for one in events if isinstance(one, ConsentEnded)}
    gone = [one for one in events if isinstance(one, RecordErased)]
    for edge in (one for one in left if isinstance(one, EdgeFound)):
        assert not ended & set(edge.consents)
        assert all(edge.at_ms > one.at_ms for one in gone if one.record in (edge.left, edge.right))


def test_a_town_in_any_order_is_the_same_town() -> None:
    events = town(5, 80).events()
    straight = seen_of(events)
    for seed in range(3):
        Random(seed).shuffle(events)
        assert seen_of(events) == straight
    assert sum(profile.is_person for profile in straight.profiles.values()) > 60


def visit(key: str, at_ms: int = 10, **given: object) -> tuple[IdentityEvent, ...]:
    return edges_of(dataclasses.replace(Observation(Kind.VISIT, key, at_ms), **given))  # type: ignore[arg-type]


def by_mac(key: str, mac: str = "m", **given: object) -> tuple[IdentityEvent, ...]:
    return visit(key, macs=(MacSeen(mac, "c1"),), **given)


ANNA = (*card_registered("A", "P", "form", 1), *portal_login("m", "P", "c1", "login", 2))


def test_an_associated_address_brings_the_visit_to_its_card() -> None:
    now = seen_of([*ANNA, *by_mac("1")])
    assert now.person_of("visit:1") == "card:A"
    assert now.profiles["card:A"].records == ("card:A", "mac:m", "phone:P", "visit:1")


def test_an_address_without_a_consent_is_no_evidence() -> None:
    now = seen_of([*ANNA, *visit("1", macs=(MacSeen("m", ""),))])
    assert now.person_of("visit:1") is None
    with pytest.raises(ValueError, match="consent"):
        portal_login("m", "P", "", "login", 2)
    with pytest.raises(ValueError, match="consent"):
        face_enrolled("f", "card:A", "", "form", 2)


def test_two_cards_on_one_phone_are_a_household_and_the_phone_is_nobodys() -> None:
    now = seen_of([*ANNA, *card_registered("B", "P", "form-b", 3), *by_mac("1"), *visit("2", card="B")])
    assert now.person_of("visit:2") == "card:B"
    assert now.person_of("visit:1") is None, "the device hangs on a telephone of two"
    assert now.sharers["phone:P"] == ("card:A", "card:B", "mac:m")
    assert Household("card:A", "phone:P", "registered") in now.households


def test_a_family_card_joins_no_two_phones() -> None:
    now = seen_of([*card_registered("A", "P", "one", 1), *card_registered("A", "Q", "two", 2)])
    assert {now.of[one] for one in ("card:A", "phone:P", "phone:Q")} == {"card:A", "phone:P", "phone:Q"}
    assert now.sharers["card:A"] == ("phone:P", "phone:Q")


def test_an_address_seen_with_two_cards_names_nobody_any_more() -> None:
    before = seen_of([*ANNA, *by_mac("1")])
    after = seen_of([*ANNA, *by_mac("1"), *card_registered("B", "", "b", 3), *by_mac("2", card="B")])
    assert before.person_of("visit:1") == "card:A"
    assert after.person_of("visit:1") is None
    assert after.person_of("visit:2") == "card:B"
    assert {"card:A", "card:B"} <= set(after.sharers["mac:m"])
    assert [(one.record, one.after) for one in moved(before, after) if one.before == "card:A"] == [
        ("mac:m", "mac:m"),
        ("visit:1", "visit:1"),
    ]


def test_a_card_and_a_phone_of_one_visit_stay_two_customers() -> None:
    """A code typed while somebody pays by card: two verified keys become one on a form only."""
    now = seen_of([*card_registered("A", "", "form", 1), *visit("1", card="A", phone="P")])
    assert now.of["card:A"] != now.of["phone:P"]
    assert now.person_of("visit:1") == "card:A"


def test_not_this_person_is_kept_and_outranks_every_edge() -> None:
    greeted = seen_of([*ANNA, *by_mac("1")])
    corrected = not_this_person(greeted, "visit:1", "card:A", 11, "cashier")
    assert [one.right for one in corrected] == ["card:A", "phone:P"]
    now = seen_of([*corrected, *ANNA, *by_mac("1"), *by_mac("2")])
    assert now.person_of("visit:1") is None
    assert now.person_of("visit:2") == "card:A", "one wrong greeting does not take the device away"
    again = edge_found("visit:1", "card:A", Rule.PERSON_SAID, "queue", 12, actor="boss")
    assert seen_of([*corrected, *ANNA, *by_mac("1"), again]).person_of("visit:1") is None


def test_a_receipt_goes_back_with_the_edge_that_brought_it() -> None:
    receipt = Observation(Kind.RECEIPT, "7", 12, visit="1")
    said = edge_found("visit:1", "card:A", Rule.PERSON_SAID, "queue", 13, actor="boss")
    events = [*card_registered("A", "", "form", 1), *visit("1"), *edges_of(receipt), said]
    assert seen_of(events).person_of("receipt:7") == "card:A"
    back = seen_of([*events, EdgeRetracted(said.edge, "the wrong Anna", 14, "boss")])
    assert back.person_of("receipt:7") is None
    assert back.of["receipt:7"] == "visit:1"


def test_a_consent_that_ends_takes_its_edges_along() -> None:
    now = seen_of([*ANNA, *by_mac("1"), *visit("2", card="A"), ConsentEnded("c1", 20)])
    assert now.person_of("visit:1") is None
    assert now.person_of("visit:2") == "card:A"
    assert "visit:1" in now.of, "the visit is still counted"


def test_an_erased_key_is_gone_and_may_come_again_with_a_new_consent() -> None:
    events = [*ANNA, *by_mac("1"), RecordErased("mac:m", 20)]
    assert "mac:m" not in seen_of(events).of
    anew = edge_found("mac:m", "phone:P", Rule.ASSOCIATED, "login-2", 30, consents=("c9",))
    now = seen_of([*events, anew])
    assert now.person_of("mac:m") == "card:A"
    assert now.person_of("visit:1") is None


def test_a_replaced_card_is_one_card_because_a_person_said_so() -> None:
    events = [*ANNA, *card_registered("B", "", "new", 30), *visit("1", card="B"), *by_mac("2")]
    assert seen_of(events).person_of("visit:1") == "card:B"
    now = seen_of([KeyReplaced("card:A", "card:B", 31, "boss"), *events])
    assert now.person_of("visit:1") == now.person_of("visit:2") == "card:A"


def test_one_finding_told_with_two_times_is_the_earlier_one_in_either_order() -> None:
    early, late = (edge_found("card:A", "phone:P", Rule.REGISTERED, "form", at_ms) for at_ms in (1, 9))
    assert early.edge == late.edge
    kept = [RecordKept("card:A", 5), RecordErased("phone:P", 4)]
    assert seen_of([early, late, *kept]) == seen_of([late, early, *kept])
    assert "phone:P" not in seen_of([late, early, *kept]).of


def test_records_without_keys_and_edges_to_themselves_are_refused() -> None:
    with pytest.raises(ValueError, match="without a key"):
        record_id(Kind.CARD, "")
    with pytest.raises(ValueError, match="itself"):
        edge_found("card:A", "card:A", Rule.PERSON_SAID, "e", 1)
