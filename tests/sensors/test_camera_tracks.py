"""Tracks and regions: one box one track, nobody swaps, and every pixel that may be looked at is looked at in turn."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from sensors.cameras.geometry import Box, overlap
from sensors.cameras.regions import SCALE, TILE_PX, Regions
from sensors.cameras.tracks import Tracker

boxes = st.builds(
    lambda left, top, wide, high: Box(left, top, left + wide, top + high),
    *(st.integers(-100, 1_500), st.integers(-100, 900), st.integers(1, 700), st.integers(1, 700)),
)


@given(st.lists(st.lists(boxes, max_size=6), max_size=8), st.integers(0, 3))
def test_each_box_has_one_track_and_no_number_comes_back(looks: list[list[Box]], patience: int) -> None:
    tracker = Tracker(patience)
    gone: set[int] = set()
    for some in looks:
        tracks, ended = tracker.see(some)
        numbers = [track.number for track in tracks]
        assert [track.box for track in tracks] == some
        assert len(set(numbers)) == len(numbers)
        assert not gone & set(numbers)
        gone |= {track.number for track in ended}
        assert all(track.missed <= patience for track in tracker.tracks.values())


def walk(rng: random.Random, start: int, pace: float, y: int) -> list[Box]:
    return [
        Box(x := round(start + pace * n + rng.uniform(-4, 4)), top := y + rng.randint(-3, 3), x + 90, top + 90)
        for n in range(20)
    ]


def test_two_who_pass_each_other_keep_their_numbers() -> None:
    """Also where one of them is missed in every fourth look."""
    rng = random.Random(5)
    for _ in range(50):
        one, other = walk(rng, 0, 45, 100), walk(rng, 900, -45, 160)
        tracker, numbers = Tracker(4), {}
        for look, pair in enumerate(zip(one, other, strict=True)):
            seen = [place for place in (0, 1) if (look + place) % 4]
            tracks, _ = tracker.see([pair[place] for place in seen])
            for place, track in zip(seen, tracks, strict=True):
                assert numbers.setdefault(place, track.number) == track.number


def test_a_track_ends_after_its_patience_and_not_where_nobody_looked() -> None:
    tracker = Tracker(2)
    (track,), _ = tracker.see([Box(0, 0, 100, 100)])
    for _ in range(9):
        assert tracker.see([], [Box(500, 0, 900, 400)]) == ([], [])
    assert [len(tracker.see([], [Box(0, 0, 400, 400)])[1]) for _ in range(3)] == [0, 0, 1]
    assert tracker.see([Box(0, 0, 100, 100)])[0][0].number != track.number


@given(st.lists(boxes, max_size=5), st.none() | boxes)
def test_looks_stay_inside_and_cost_the_same(some: list[Box], within: Box | None) -> None:
    regions = Regions(1280, 720)
    side = int(TILE_PX / SCALE)
    for _ in range(3):
        tiles = regions.look(some, within)
        assert len(tiles) == 1 or sum(tile.area for tile in tiles) <= side**2
        for tile in tiles:
            assert 0 <= tile.left < tile.right <= 1280
            assert 0 <= tile.top < tile.bottom <= 720
            assert max(tile.width, tile.height) <= side
            if within is not None:
                assert within.left <= tile.left
                assert tile.right <= within.right
                assert within.top <= tile.top
                assert tile.bottom <= within.bottom


@given(st.lists(boxes, min_size=1, max_size=4))
def test_everything_is_looked_at_in_turn(some: list[Box]) -> None:
    regions = Regions(1280, 720)
    tiles = [tile for _ in range(40) for tile in regions.look(some, None)]
    for box in some:
        inside = box.within(1280, 720)
        if inside.width > 0 and inside.height > 0:
            for x in (inside.left, inside.right - 1):
                for y in (inside.top, inside.bottom - 1):
                    assert any(t.left <= x < t.right and t.top <= y < t.bottom for t in tiles)


def test_one_visitor_is_looked_at_whole_each_time() -> None:
    regions = Regions(1280, 720)
    visitor = Box(500, 180, 800, 700)
    for _ in range(5):
        (tile,) = regions.look([visitor], None)
        assert overlap(tile, visitor) > 0.5
        assert tile.left <= visitor.left
        assert tile.right >= visitor.right
    assert regions.look([], None) == []
