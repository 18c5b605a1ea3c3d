"""Visits: short ways out, two devices of one person, staff, passers-by, late sightings and wrong clocks."""

from __future__ import annotations

import datetime as dt
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from sensors.sighting import Seen, Sighting
from sensors.visits.book import ClockJump, Crossings, Taken, VisitBook, clock_jumps, crossings
from sensors.visits.settings import VisitSettings
from sensors.visits.visit import Aside, Owner

NOON_MS = 1_790_000_000_000 - 1_790_000_000_000 % 86_400_000 + 43_200_000
MSK = dt.timezone(dt.timedelta(hours=3))
EVENING_MS = NOON_MS + 8 * 3_600_000
NEXT_DAY_MS = NOON_MS + 86_400_000


def seen(at_s: int, key: str = "k", zone: str = "hall", what: Seen = Seen.ASSOCIATED, seq: int = -1) -> Sighting:
    number = at_s if seq < 0 else seq
    return Sighting(
        sensor=f"s-{key}-{zone}", boot="b", seq=number, seen=what, at_ms=NOON_MS + at_s * 1000, key=key, zone=zone
    )


def stay(start_s: int, end_s: int, key: str = "k", zone: str = "hall") -> list[Sighting]:
    """A station that the access point lists each minute."""
    return [seen(at, key, zone) for at in [*range(start_s, end_s, 60), end_s]]


def book(told: list[Sighting], **given: object) -> VisitBook:
    made = VisitBook(VisitSettings(zone=MSK, **given))  # type: ignore[arg-type]
    for one in told:
        made.take(one, one.at_ms + 1000)
    return made


def test_a_way_out_of_less_than_three_hours_is_the_same_visit() -> None:
    told = [*stay(0, 600), *stay(600 + 10_800, 12_000)]
    (visit,) = book(told).visits(EVENING_MS).counted
    assert (visit.opened_ms, visit.closed_ms) == (NOON_MS, NOON_MS + 12_000_000)
    assert visit.inside_ms == 1_200_000, "the way out is no stay"
    assert visit.closed
    told = [*stay(0, 600), *stay(600 + 10_801, 12_000)]
    assert len(book(told).visits(EVENING_MS).counted) == 2


def test_a_visit_ends_at_the_stores_midnight() -> None:
    midnight_s = 9 * 3600
    told = stay(midnight_s - 600, midnight_s + 600)
    counted = book(told).visits(NEXT_DAY_MS).counted
    assert [(one.opened_ms - NOON_MS) // 1000 for one in counted] == [midnight_s - 600, midnight_s]


def test_a_visit_is_open_until_nothing_can_continue_it() -> None:
    (visit,) = book(stay(0, 600)).visits(NOON_MS + 1_200_000).counted
    assert not visit.closed
    (visit,) = book(stay(0, 600)).visits(NOON_MS + (600 + 10_801) * 1000).counted
    assert visit.closed


def test_under_a_minute_nobody_was_there_unless_a_card_was() -> None:
    short = book([seen(0, "a"), seen(59, "a"), seen(10, "b", what=Seen.CARD), seen(0, "c"), seen(60, "c")])
    found = short.visits(EVENING_MS)
    assert [one.keys for one in found.counted] == [("c",), ("b",)]
    assert [(one.keys, why) for one, why in found.aside] == [(("a",), Aside.SHORT)]
    assert len(book([seen(0), seen(90)], stay_least_s=120).visits(EVENING_MS).counted) == 0


def test_staff_are_known_by_badge_by_their_rooms_and_by_the_length_of_the_day() -> None:
    told = [
        *stay(0, 300, "badge"), *stay(0, 300, "stock", "store room"), *stay(400, 900, "stock"),
        *stay(0, 18_100, "all day"), *stay(0, 300, "guest"), *stay(0, 60, "strayed", "store room"),
        *stay(70, 200, "strayed"),
    ]  # fmt: skip
    found = book(told, staff_keys=frozenset({"badge"}), staff_zones=frozenset({"store room"})).visits(EVENING_MS)
    assert {one.keys[0] for one in found.counted} == {"guest", "strayed"}
    assert {one.keys[0]: why for one, why in found.aside} == {
        "badge": Aside.STAFF_BADGE, "stock": Aside.STAFF_ZONE, "all day": Aside.LONG_STAY,
    }  # fmt: skip


def test_two_devices_and_a_card_of_one_person_are_one_visit() -> None:
    told = [*stay(0, 600, "phone"), *stay(60, 660, "watch"), seen(500, "card", "till", Seen.CARD)]
    owners = {"phone": Owner("card:A", 0.999), "watch": Owner("card:A", 0.999), "card": Owner("card:A", 1.0)}
    (visit,) = book(told).visits(EVENING_MS, owners.get).counted
    assert visit.keys == ("card", "phone", "watch")
    assert visit.zones == ("hall", "till")
    assert (visit.identity, visit.confidence, visit.inside_ms) == ("card:A", 1.0, 660_000)
    assert len(book(told).visits(EVENING_MS).counted) == 3, "devices of nobody known stay apart"


def test_leaving_by_the_door_closes_every_zone() -> None:
    told = [*stay(0, 300), *stay(0, 300, zone="toys"), seen(330, zone="door", what=Seen.LINE_OUT)]
    (visit,) = book(told).visits(NOON_MS + 340_000).counted
    assert {one.closed_ms for one in book(told).presences(NOON_MS + 340_000)} == {NOON_MS + 330_000}
    assert visit.inside_ms == 330_000


def test_a_sighting_a_day_late_changes_nothing_and_one_within_the_day_reopens() -> None:
    made = book(stay(0, 600))
    late = seen(900)
    before = made.visits(EVENING_MS)
    assert made.take(late, late.at_ms + 86_400_001) is Taken.TOO_LATE
    assert made.visits(EVENING_MS) == before
    assert made.take(late, late.at_ms + 86_400_000) is Taken.NEW
    (visit,) = made.visits(EVENING_MS).counted
    assert visit.id == before.counted[0].id
    assert visit.closed_ms == late.at_ms
    assert made.refused == {Taken.TOO_LATE: 1}


def test_a_sensor_ahead_of_time_is_refused_and_told() -> None:
    made = VisitBook(VisitSettings(zone=MSK))
    assert made.take(seen(121), NOON_MS) is Taken.AHEAD
    assert made.take(seen(120), NOON_MS) is Taken.NEW
    assert made.take(seen(120), NOON_MS) is Taken.DOUBLED
    assert made.refused == {Taken.AHEAD: 1, Taken.DOUBLED: 1}


def test_a_clock_that_goes_back_is_told_and_a_late_arrival_is_not() -> None:
    steady = [seen(at, seq=at) for at in (1, 2, 3)]
    assert clock_jumps(reversed(steady)) == ()
    assert clock_jumps([seen(100, seq=1), seen(40, seq=2)]) == (ClockJump("s-k-hall", "b", 2, 60_000),)


def test_crossings_are_counted_once_and_for_nobody() -> None:
    told = [seen(at, "", "door", what) for at, what in ((1, Seen.LINE_IN), (2, Seen.LINE_IN), (3, Seen.LINE_OUT))]
    assert crossings([*told, *told]) == (Crossings(NOON_MS, "door", 2, 1),)
    assert book(told).visits(EVENING_MS).counted == ()


def test_what_is_forgotten_is_gone() -> None:
    made = book([*stay(0, 600), *stay(90_000, 90_600)])
    assert made.forget(NOON_MS + 86_400_000) == len(stay(0, 600))
    assert len(made.visits(NOON_MS + 2 * 86_400_000).counted) == 1


@settings(max_examples=60)
@given(
    st.lists(
        st.builds(
            seen, st.integers(0, 40_000), st.sampled_from(["a", "b", "c"]), st.sampled_from(["hall", "toys"]),
            st.sampled_from(list(Seen)),
        ),
        max_size=50,
        unique_by=lambda one: one.id,
    ),
    st.randoms(use_true_random=False),
)  # fmt: skip
def test_a_day_is_the_same_in_any_order(told: list[Sighting], random: Random) -> None:
    straight = book(told).visits(NEXT_DAY_MS)
    again = [*told, *random.sample(told, len(told) // 3)]
    random.shuffle(again)
    assert book(again).visits(NEXT_DAY_MS) == straight
    for visit in straight.counted:
        assert visit.opened_ms <= visit.closed_ms
        assert visit.inside_ms is None or visit.inside_ms <= visit.closed_ms - visit.opened_ms
