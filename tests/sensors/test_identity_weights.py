"""Bits of evidence: what the table says, what the prior and a second candidate take away, and EM finding it again."""

from __future__ import annotations

from collections import Counter
from math import inf, log2
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.identity.attribution import Particulars, attribute, score, scored_edge, shared_keys
from sensors.identity.graph import Graph, fold
from sensors.identity.linking import link
from sensors.identity.names import normalised, one_slip, same_name
from sensors.identity.observation import (
    FaceSeen,
    MacSeen,
    Observation,
    card_registered,
    edges_of,
    face_enrolled,
    portal_login,
)
from sensors.identity.profiles import view
from sensors.identity.records import IdentityEvent, KeyShared, Kind, Parted, Rule
from sensors.identity.reestimate import reestimate
from sensors.identity.weights import (
    POPULATION_LEAST,
    STARTING,
    Decision,
    Level,
    Model,
    Pattern,
    decide,
    face_level,
    posteriors,
)

TOWN = 20_000
ANNA = "Анна Кравцова"


def test_the_starting_table_is_the_references() -> None:
    phone, mac = STARTING.bits((("phone", "equal"),)), STARTING.bits((("mac", "equal"),))
    assert (phone, mac) == (log2(0.98 / 1e-6), log2(0.90 / 1e-5))
    assert STARTING.bits((("face", "near"), ("name", "near"))) == pytest.approx(log2(0.85 / 1e-4) + log2(80))
    for levels in STARTING.levels.values():
        assert sum(level.m for level in levels) == pytest.approx(1.0)
        assert sum(level.u for level in levels) == pytest.approx(1.0)
    with pytest.raises(KeyError):
        STARTING.bits((("phone", "nearly"),))


@pytest.mark.parametrize(
    ("distance", "level"), [(0.0, "near"), (0.40, "close"), (0.45, "between"), (0.60, "between"), (0.61, "far")]
)
def test_the_levels_of_a_distance(distance: float, level: str) -> None:
    assert face_level(distance) == level


def test_no_single_weak_key_names_anybody_in_a_town() -> None:
    """A face, a typed number or an address alone stays under the bar at 20,000 members: so a prior does."""
    alone: dict[str, Pattern] = {
        "face": (("face", "near"), ("till", "together")),
        "number": (("phone", "equal"),),
        "address": (("mac", "equal"),),
        "name": (("name", "near"),),
    }
    found = {name: decide(posteriors([STARTING.bits(pattern)], TOWN)[0]) for name, pattern in alone.items()}
    assert Decision.LINK not in found.values()
    assert found["number"] is Decision.CLERICAL
    together = STARTING.bits((("phone", "equal"), ("name", "near")))
    assert decide(posteriors([together], TOWN)[0]) is Decision.LINK


def test_in_the_smallest_shop_a_typed_number_alone_names_nobody() -> None:
    number = STARTING.bits((("phone", "equal"),))
    assert decide(posteriors([number], 2)[0]) is Decision.CLERICAL
    assert posteriors([number], 1) == posteriors([number], POPULATION_LEAST)
    assert posteriors([number], POPULATION_LEAST * 2)[0] == pytest.approx(posteriors([number], 1)[0] - 1)


def test_a_second_candidate_who_fits_as_well_takes_the_certainty_away() -> None:
    one, two = posteriors([30.0, 30.0], TOWN)
    assert one == two
    assert abs(one) < 0.01
    assert posteriors([30.0, 20.0], TOWN)[0] < posteriors([30.0], TOWN)[0]


@given(st.lists(st.floats(-40, 60), min_size=1, max_size=6), st.integers(1, 10**6))
def test_posteriors_are_the_odds_of_one_right_answer(weights: list[float], members: int) -> None:
    """Turned back into probabilities they add up to less than one: the rest is a stranger."""
    left = posteriors(weights, members)
    shares = [2.0**bits / (1 + 2.0**bits) for bits in left]
    assert sum(shares) <= 1 + 1e-9
    assert [weights.index(weight) for weight in sorted(weights)] == [
        weights.index(weights[left.index(bits)]) for bits in sorted(left)
    ] or len(set(left)) < len(left)


@given(st.floats(-50, 50), st.floats(0, 20))
def test_more_bits_never_decide_less(bits: float, more: float) -> None:
    order = [Decision.ANONYMOUS, Decision.CLERICAL, Decision.LINK]
    assert order.index(decide(bits + more)) >= order.index(decide(bits))


def drawn(random: Random, model: Model, share: float, pairs: int, missing: float) -> Counter[Pattern]:
    """Pairs of the given model: the truth that EM is asked to find."""
    found: Counter[Pattern] = Counter()
    for _ in range(pairs):
        same = random.random() < share
        pattern = tuple(
            (name, random.choices([one.name for one in levels], [one.m if same else one.u for one in levels])[0])
            for name, levels in model.levels.items()
            if random.random() >= missing
        )
        found[pattern] += 1
    return found


TRUTH = Model(
    "truth",
    {
        "phone": (Level("equal", 0.93, 0.01), Level("differs", 0.07, 0.99)),
        "name": (Level("near", 0.75, 0.05), Level("differs", 0.25, 0.95)),
        "face": (Level("near", 0.80, 0.02), Level("close", 0.15, 0.08), Level("far", 0.05, 0.90)),
    },
)
GUESS = Model(
    "guess",
    {
        "phone": (Level("equal", 0.7, 0.2), Level("differs", 0.3, 0.8)),
        "name": (Level("near", 0.6, 0.3), Level("differs", 0.4, 0.7)),
        "face": (Level("near", 0.5, 0.2), Level("close", 0.3, 0.3), Level("far", 0.2, 0.5)),
    },
)


def test_em_finds_the_table_that_made_the_pairs() -> None:
    found = reestimate(drawn(Random(5), TRUTH, 0.2, 20_000, 0.1), GUESS, 0.5, "em-1", rounds=300)
    assert found.model.version == "em-1"
    assert found.share == pytest.approx(0.2, abs=0.02)
    for comparison, levels in TRUTH.levels.items():
        for level in levels:
            estimated = found.model.level(comparison, level.name)
            assert estimated.m == pytest.approx(level.m, abs=0.03), (comparison, level.name)
            assert estimated.u == pytest.approx(level.u, abs=0.03), (comparison, level.name)


def test_em_never_makes_the_data_less_likely() -> None:
    patterns = drawn(Random(6), TRUTH, 0.3, 3_000, 0.2)
    after = [reestimate(patterns, GUESS, 0.5, "em", rounds=rounds, settled=-inf) for rounds in (1, 2, 5, 20)]
    likelihoods = [one.log_likelihood for one in after]
    assert likelihoods == sorted(likelihoods)
    kept = reestimate(patterns, GUESS, 0.5, "em", rounds=5, fixed_u=frozenset({"phone"}))
    assert [one.u for one in kept.model.levels["phone"]] == [one.u for one in GUESS.levels["phone"]]
    with pytest.raises(ValueError, match="nothing"):
        reestimate({}, GUESS, 0.5, "em")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Анна Кравцова", "кравцова анна", True),
        ("Пётр Фёдоров", "Петр Федоров", True),
        ("Анна Кравцова", "Анна Кравцва", True),
        ("Анна Кравцова", "Анна Краввцова", True),
        ("Анна Кравцова", "Анна Карвцова", True),
        ("Анна Кравцова", "Инна Кравцова", False),
        ("Маша Кравцова", "Даша Кравцова", False),
        ("Марина Кравцва", "Карина Кравцова", False),
        ("Анна", "Анна Кравцова", False),
        ("Анна", "", None),
        ("--", "Анна", None),
    ],
)
def test_names_a_slip_apart_are_one_name(one: str, other: str, same: bool | None) -> None:
    assert same_name(one, other) is same
    assert same_name(other, one) is same


@given(st.text(max_size=12), st.text(max_size=12))
def test_names_are_compared_alike_from_both_sides(one: str, other: str) -> None:
    assert same_name(one, other) == same_name(other, one)
    assert one_slip(one, other) == one_slip(other, one)
    assert same_name(one, one) is (True if normalised(one) else None)


def shop(*more: IdentityEvent) -> Graph:
    return fold(
        [
            *card_registered("A", "P", "form-a", 1),
            *portal_login("m", "P", "wifi-a", "login", 2),
            *face_enrolled("f", "card:A", "face-a", "form-a", 2),
            *card_registered("B", "Q", "form-b", 1),
            *more,
        ]
    )


def told() -> Particulars:
    about = Particulars()
    about.named("card:A", ANNA)
    about.named("card:B", "Борис Лопатин")
    return about


def seen(**given: object) -> Observation:
    return Observation(Kind.VISIT, "1", 10, **given)  # type: ignore[arg-type]


def test_a_key_decides_by_itself_and_the_strongest_key_first() -> None:
    now = view(shop())
    by_card = attribute(now, seen(card="B", macs=(MacSeen("m", "wifi-a"),)), told(), STARTING, TOWN)
    assert (by_card.profile, by_card.rule) == ("card:B", Rule.CARD_SHOWN)
    by_mac = attribute(now, seen(macs=(MacSeen("m", "wifi-a"),)), told(), STARTING, TOWN)
    assert (by_mac.profile, by_mac.rule) == ("card:A", Rule.ASSOCIATED)
    unasked = attribute(now, seen(macs=(MacSeen("m", ""),)), told(), STARTING, TOWN)
    assert (unasked.decision, unasked.profile) == (Decision.ANONYMOUS, None)


def test_a_card_nobody_knows_is_not_somebody_else() -> None:
    found = attribute(view(shop()), seen(card="new", typed_phone="P", name=ANNA), told(), STARTING, TOWN)
    assert found.profile is None


def test_a_typed_number_needs_the_name() -> None:
    now = view(shop())
    assert score(now, seen(typed_phone="P"), told(), STARTING, TOWN).decision is Decision.CLERICAL
    found = score(now, seen(typed_phone="P", name="Анна Кравцва"), told(), STARTING, TOWN)
    assert (found.decision, found.profile) == (Decision.LINK, "card:A")
    other = score(now, seen(typed_phone="P", name="Борис Лопатин"), told(), STARTING, TOWN)
    assert other.profile is None
    edge = scored_edge(seen(typed_phone="P", name="Анна Кравцва"), found, STARTING)
    assert edge is not None
    assert (edge.rule, edge.model, edge.left, edge.right) == (Rule.SCORED, STARTING.version, "card:A", "visit:1")
    assert edge.bits == pytest.approx(log2(0.98 / 1e-6) + log2(80), abs=1e-5)


def test_a_face_greets_at_most_and_its_edge_would_carry_the_consent() -> None:
    face = (FaceSeen("f", 0.31, "face-a"),)
    now = view(shop())
    assert score(now, seen(faces=face, same_till=True), told(), STARTING, TOWN).decision is not Decision.LINK
    helped = seen(faces=face, same_till=True, typed_phone="P")
    found = score(now, helped, told(), STARTING, TOWN)
    edge = scored_edge(helped, found, STARTING)
    assert found.profile == "card:A"
    assert edge is not None
    assert edge.consents == ("face-a",)


def test_a_device_with_which_another_name_was_given_is_a_households() -> None:
    visit = seen(macs=(MacSeen("m", "wifi-a"),), name="Борис Лопатин")
    graph = shop(*edges_of(visit))
    assert view(graph).person_of("visit:1") == "card:A"
    shared = shared_keys(view(graph), [visit], told())
    assert shared == (KeyShared("mac:m", "1", 10),)
    for event in shared:
        graph.apply(event)
    assert view(graph).person_of("visit:1") is None
    again = seen(macs=(MacSeen("m", "wifi-a"),), name=ANNA)
    assert shared_keys(view(graph), [again], told()) == ()


def test_the_nightly_round_twice_is_the_round_once() -> None:
    visits = [seen(typed_phone="P", name=ANNA), Observation(Kind.VISIT, "2", 11, typed_phone="Q")]
    graph = shop(*(event for one in visits for event in edges_of(one)))
    first = link(graph, visits, told())
    after = view(graph)
    assert after.person_of("visit:1") == "card:A"
    assert after.person_of("visit:2") is None
    assert len(first) == 1
    link(graph, visits, told())
    assert view(graph) == after


def test_a_wrong_link_that_was_corrected_is_not_made_again() -> None:
    visit = seen(typed_phone="P", name=ANNA)
    graph = shop(*edges_of(visit), Parted("visit:1", "card:A", "wrong_greeting", 12, "cashier"))
    link(graph, [visit], told())
    assert view(graph).person_of("visit:1") is None


def test_what_a_household_shares_fits_its_unknown_member_as_well() -> None:
    """Telephone and device say "one of the two or their son": without more than a name nobody is linked by them."""
    more = (*card_registered("C", "P", "form-c", 4), *portal_login("n", "P", "wifi-c", "login-c", 5))
    now = view(shop(*more))
    about = told()
    about.named("card:C", "Вера Кравцова")
    seen_with_both = seen(typed_phone="P", macs=(MacSeen("n", "wifi-c"),), name="Глеб Кравцов")
    assert score(now, seen_with_both, about, STARTING, TOWN).profile is None
    named = seen(typed_phone="P", macs=(MacSeen("n", "wifi-c"),), name=ANNA)
    found = score(now, named, about, STARTING, TOWN)
    assert (found.decision, found.candidates[0].profile) == (Decision.CLERICAL, "card:A")
    alone = view(shop(KeyShared("phone:P", "v", 3), KeyShared("mac:m", "v", 3)))
    both = seen(typed_phone="P", macs=(MacSeen("m", "wifi-a"),), name="Глеб Кравцов")
    found = score(alone, both, told(), STARTING, TOWN)
    assert [one.profile for one in found.candidates] == ["card:A"], "the only one of the household that is known"
    assert found.decision is Decision.ANONYMOUS
