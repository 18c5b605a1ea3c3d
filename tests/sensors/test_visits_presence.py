"""Who is inside: the table of states, the two thresholds, and sightings that come twice, late or in another order."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.sighting import Seen, Sighting
from sensors.visits.presence import TRANSITIONS, Place, Sign, presences, sign_of
from sensors.visits.settings import VisitSettings

NOON_MS = 1_790_000_000_000 - 1_790_000_000_000 % 86_400_000 + 43_200_000
SETTINGS = VisitSettings(zone=dt.timezone(dt.timedelta(hours=3)))
LATER_MS = NOON_MS + 6 * 3_600_000


def radio(at_s: float, dbm: int, seq: int = 0, key: str = "k") -> Sighting:
    return Sighting(
        sensor="r1", boot="b", seq=seq or int(at_s * 10), seen=Seen.RADIO, at_ms=NOON_MS + int(at_s * 1000),
        key=key, zone="hall", signal_dbm=dbm,
    )  # fmt: skip


def other(at_s: float, seen: Seen, key: str = "k", zone: str = "hall") -> Sighting:
    return Sighting(
        sensor=f"{seen.value}-1", boot="b", seq=int(at_s * 10), seen=seen, at_ms=NOON_MS + int(at_s * 1000),
        key=key, zone=zone,
    )  # fmt: skip


def spans(sightings: list[Sighting], now_ms: int = LATER_MS) -> list[tuple[int, int, Sign | None]]:
    """Opened and closed in seconds after noon."""
    return [
        ((one.opened_ms - NOON_MS) // 1000, (one.closed_ms - NOON_MS) // 1000, one.closed_by)
        for one in presences(sightings, SETTINGS, now_ms)
    ]


sightings = st.lists(
    st.one_of(
        st.builds(radio, st.integers(0, 6000), st.integers(-95, -40), st.integers(1, 10**6)),
        st.builds(other, st.integers(0, 6000), st.sampled_from([one for one in Seen if one is not Seen.RADIO])),
    ),
    max_size=40,
    unique_by=lambda one: one.id,
)


def test_every_cell_of_the_table_is_there() -> None:
    assert set(TRANSITIONS) == {(place, sign) for place in Place for sign in Sign}
    entering = {
        sign for (place, sign), after in TRANSITIONS.items() if place is Place.OUTSIDE and after is Place.INSIDE
    }
    leaving = {sign for (place, sign), after in TRANSITIONS.items() if place is Place.INSIDE and after is Place.OUTSIDE}
    assert entering == {Sign.CERTAIN}
    assert leaving == {Sign.EXIT, Sign.SILENCE, Sign.MIDNIGHT}


def test_one_strong_sighting_is_a_passer_by_and_two_are_a_visitor() -> None:
    assert spans([radio(0, -60)]) == []
    assert spans([radio(0, -60), radio(31, -60)]) == []
    assert spans([radio(0, -60), radio(30, -60)]) == [(0, 30, Sign.SILENCE)]
    assert spans([radio(0, -60), radio(10, -80), radio(20, -67)]) == [(0, 20, Sign.SILENCE)]


def test_between_the_thresholds_nobody_comes_in_and_nobody_leaves() -> None:
    between = [radio(at, -70) for at in range(0, 1200, 60)]
    assert spans(between) == []
    came_in = [radio(1, -60), radio(11, -60)]
    assert spans([*came_in, *between]) == [(1, 1140, Sign.SILENCE)]


def test_below_the_lower_threshold_is_as_good_as_silence() -> None:
    faint = [radio(at, -77) for at in range(60, 1200, 60)]
    assert spans([radio(1, -60), radio(11, -60), *faint]) == [(1, 11, Sign.SILENCE)]


@pytest.mark.parametrize("seen", [Seen.CARD, Seen.ASSOCIATED, Seen.LINE_IN])
def test_a_proof_opens_at_once(seen: Seen) -> None:
    assert [(opened, closed) for opened, closed, _ in spans([other(5, seen)])] == [(5, 5)]


@pytest.mark.parametrize("seen", [Seen.LINE_OUT, Seen.DISASSOCIATED])
def test_an_exit_closes_at_once_and_coming_back_opens_anew(seen: Seen) -> None:
    told = [other(0, Seen.ASSOCIATED), other(120, seen), other(200, Seen.ASSOCIATED)]
    assert spans(told, NOON_MS + 250_000) == [(0, 120, Sign.EXIT), (200, 200, None)]


def test_silence_longer_than_the_gap_closes_at_the_last_sighting() -> None:
    told = [other(0, Seen.ASSOCIATED), other(60, Seen.ASSOCIATED)]
    assert spans(told, NOON_MS + (60 + 420) * 1000) == [(0, 60, None)]
    assert spans(told, NOON_MS + (60 + 421) * 1000) == [(0, 60, Sign.SILENCE)]


def test_the_stores_midnight_ends_a_presence() -> None:
    """21:00 UTC is midnight in Moscow: whoever is heard on both sides of it stayed twice."""
    midnight_s = 9 * 3600
    told = [other(midnight_s + at, Seen.ASSOCIATED) for at in (-300, -60, 60, 300)]
    assert spans(told, NOON_MS + 86_400_000) == [
        (midnight_s - 300, midnight_s - 60, Sign.MIDNIGHT),
        (midnight_s + 60, midnight_s + 300, Sign.SILENCE),
    ]
    assert spans([radio(midnight_s - 5, -50), radio(midnight_s + 5, -50)], NOON_MS + 86_400_000) == []


def test_whom_only_the_door_camera_saw_stays_for_an_unknown_time() -> None:
    (came,) = presences([other(0, Seen.LINE_IN)], SETTINGS, NOON_MS + 3_600_000)
    assert came.closed_by is None
    assert not came.dwell_known
    (known,) = presences([other(0, Seen.LINE_IN), other(90, Seen.LINE_OUT)], SETTINGS, LATER_MS)
    assert (known.dwell_known, known.closed_ms - known.opened_ms) == (True, 90_000)


def test_a_radio_without_a_signal_says_nothing() -> None:
    silent = Sighting(sensor="r", boot="b", seq=1, seen=Seen.RADIO, at_ms=NOON_MS, key="k")
    assert sign_of(silent, SETTINGS) is Sign.WEAK


@given(sightings, st.randoms(use_true_random=False))
def test_order_and_repetition_change_nothing(told: list[Sighting], random: Random) -> None:
    again = [*told, *random.sample(told, len(told) // 2)]
    random.shuffle(again)
    assert presences(again, SETTINGS, LATER_MS) == presences(told, SETTINGS, LATER_MS)


@given(sightings)
def test_presences_do_not_overlap_and_are_made_of_what_was_seen(told: list[Sighting]) -> None:
    found = presences(told, SETTINGS, LATER_MS)
    times = {one.id: one.at_ms for one in told}
    for one in found:
        assert one.opened_ms == times[one.evidence[0]]
        assert one.closed_ms == max(times[id] for id in one.evidence)
        assert len(set(one.evidence)) == len(one.evidence)
    for one, after in pairwise(found):
        assert one.closed_ms <= after.opened_ms
        assert not set(one.evidence) & set(after.evidence)


@given(sightings, st.integers(0, 12))
def test_weaker_signals_open_nothing(told: list[Sighting], fade_db: int) -> None:
    """Hysteresis keeps order: with every radio fainter, no presence begins where there was none."""
    fainter = [
        radio((one.at_ms - NOON_MS) / 1000, one.signal_dbm - fade_db, one.seq) if one.signal_dbm is not None else one
        for one in told
    ]
    before = presences(told, SETTINGS, LATER_MS)
    for one in presences(fainter, SETTINGS, LATER_MS):
        assert any(was.opened_ms <= one.opened_ms <= was.closed_ms for was in before)


@given(st.lists(st.integers(-75, -68), min_size=1, max_size=60))
def test_noise_inside_the_hysteresis_never_flickers(levels: list[int]) -> None:
    """A phone that swings between the thresholds for an hour is one presence, not sixty."""
    told = [radio(1, -60), radio(11, -60), *(radio(20 + 60 * at, dbm) for at, dbm in enumerate(levels))]
    assert len(presences(told, SETTINGS, LATER_MS)) == 1
    assert presences(told[2:], SETTINGS, LATER_MS) == ()


def test_thresholds_that_cannot_work_are_refused() -> None:
    with pytest.raises(ValueError, match="threshold"):
        VisitSettings(leave_lower_db=-1)
    with pytest.raises(ValueError, match="above zero"):
        VisitSettings(gap_s=0)
