"""The policy of faces: no template before a consent, one name or none, and nothing but a greeting."""

from __future__ import annotations

import dataclasses
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.consent.countries import EU, RU, CountryProfile, profile_of
from sensors.recognition_policy import (
    AGREEING,
    MARGIN,
    THRESHOLD,
    Among,
    Candidates,
    Forbidden,
    Greeting,
    Trigger,
    Unknown,
    Unsure,
    may_embed,
    narrowed,
    verdict,
)

STORE = Candidates(("anna", "boris", "vera"), Among.STORE)


def embedded(country: CountryProfile, agreed: set[str], triggers: set[Trigger], in_zone: bool) -> int:
    """How often the embedding function is called for one face, the way the camera asks."""
    calls = 0
    if may_embed(country, agreed, triggers, in_zone) is None:
        calls += 1
    return calls


@given(st.sets(st.sampled_from(["anna", "boris"])), st.sets(st.sampled_from(list(Trigger))), st.booleans())
def test_in_russia_no_template_is_ever_made(agreed: set[str], triggers: set[Trigger], in_zone: bool) -> None:
    assert embedded(RU, agreed, triggers, in_zone) == 0
    assert may_embed(RU, agreed, triggers, in_zone) is Forbidden.COUNTRY
    assert embedded(profile_of("BR"), agreed, triggers, in_zone) == 0


def test_in_europe_the_zone_the_consent_and_the_trigger_are_all_needed() -> None:
    everything = ({"anna"}, {Trigger.ZONE}, True)
    assert may_embed(EU, *everything) is None
    assert may_embed(EU, set(), {Trigger.ZONE}, True) is Forbidden.NOBODY_AGREED
    assert may_embed(EU, {"anna"}, {Trigger.CARD}, False) is Forbidden.OUTSIDE_ZONE
    assert may_embed(EU, {"anna"}, set(), True) is Forbidden.NO_TRIGGER


def test_candidates_are_as_few_as_the_evidence_allows_and_all_agreed() -> None:
    agreed = {"anna", "boris", "vera"}
    assert narrowed(agreed, {"vera", "stranger"}, {"anna"}) == Candidates(("vera",), Among.CARD)
    assert narrowed(agreed, {"stranger"}, {"anna", "boris"}) == Candidates(("anna", "boris"), Among.ASSOCIATED)
    assert narrowed(agreed) == Candidates(("anna", "boris", "vera"), Among.STORE)
    assert narrowed(set(), {"anna"}) == Candidates((), Among.STORE)


def test_two_frames_of_three_name_a_member() -> None:
    near, far = {"anna": 0.31, "boris": 0.7}, {"anna": 0.62, "boris": 0.8}
    assert verdict([near, far, near], STORE) == Greeting("anna", 0.31, 2, Among.STORE)
    assert verdict([near, near], STORE) == Greeting("anna", 0.31, 2, Among.STORE)
    assert verdict([near, far, far], STORE) == Unknown(Unsure.DISAGREEING)
    assert verdict([near], STORE) == Unknown(Unsure.TOO_FEW_FRAMES)
    assert verdict([near, {"boris": 0.3}, far], STORE) == Unknown(Unsure.DISAGREEING)


@pytest.mark.parametrize(
    ("first", "second", "why"),
    [(0.4499, 0.53, None), (0.45, 0.9, Unsure.TOO_FAR), (0.40, 0.4799, Unsure.TOO_ALIKE), (0.25, 0.33, None)],
)
def test_the_threshold_and_the_margin_stand_where_they_are_said_to(
    first: float, second: float, why: Unsure | None
) -> None:
    found = verdict([{"anna": first, "boris": second}] * 3, STORE)
    assert found == (Greeting("anna", first, 3, Among.STORE) if why is None else Unknown(why))


def test_whoever_is_no_candidate_is_not_there() -> None:
    """A face near somebody who never agreed names nobody, and does not spoil the margin either."""
    frame = {"stranger": 0.2, "anna": 0.35}
    assert verdict([frame] * 2, Candidates(("anna",), Among.CARD)) == Greeting("anna", 0.35, 2, Among.CARD)
    assert verdict([{"stranger": 0.2}] * 3, STORE) == Unknown(Unsure.TOO_FAR)
    assert verdict([{"anna": math.nan, "boris": math.inf}] * 3, STORE) == Unknown(Unsure.TOO_FAR)


def test_frames_are_not_collected_until_two_agree() -> None:
    with pytest.raises(ValueError, match="4 frames"):
        verdict([{"anna": 0.3}] * 4, STORE)


@given(
    st.lists(
        st.dictionaries(st.sampled_from(["anna", "boris", "vera", "stranger"]), st.floats(0, 2), max_size=4),
        max_size=3,
    )
)
def test_a_named_member_was_near_and_alone_in_two_frames(frames: list[dict[str, float]]) -> None:
    found = verdict(frames, STORE)
    if isinstance(found, Unknown):
        return
    good = 0
    for frame in frames:
        others = [distance for member, distance in frame.items() if member in STORE.members and member != found.member]
        own = frame.get(found.member, 9.0)
        good += own < THRESHOLD and all(other - own >= MARGIN for other in others)
    assert good == found.frames >= AGREEING


def test_a_greeting_carries_no_money() -> None:
    """The answer's type has room for a name and for how sure it is. Whoever adds a field thinks of this test."""
    assert {one.name for one in dataclasses.fields(Greeting)} == {"member", "distance", "frames", "among"}
    assert {one.name for one in dataclasses.fields(Unknown)} == {"why"}
