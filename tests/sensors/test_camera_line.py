"""The door line's laws: the band counts nothing, a crossing counts once, and what is counted is where somebody went."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.cameras.geometry import Point
from sensors.cameras.line import Crossed, DoorLine, LinePath, Side

LINE = DoorLine(Point(0, 100), Point(200, 100), 10)
"""From left to right: in is below, where y is larger."""
wide = st.floats(-1_000, 1_000, allow_nan=False)
across = st.floats(0, 200)


def counted(line: DoorLine, path: list[Point]) -> list[Crossed]:
    one = LinePath(line)
    return [crossed for point in path if (crossed := one.move(point)) is not None]


@given(st.lists(st.builds(Point, across, st.floats(90, 110))))
def test_within_the_band_nothing_is_counted(path: list[Point]) -> None:
    assert counted(LINE, path) == []


@given(st.lists(st.builds(Point, across, wide)))
def test_between_its_ends_counts_are_where_one_went(path: list[Point]) -> None:
    """In minus out is the difference of the first side and the last one; two of a kind never follow each other."""
    found = counted(LINE, path)
    sides = [side for point in path if (side := LINE.side(point)) is not None]
    changes = [after for before, after in pairwise(sides) if before is not after]
    assert found == [Crossed.IN if side is Side.IN else Crossed.OUT for side in changes]
    assert all(one is not other for one, other in pairwise(found))
    expected = (sides[-1].value - sides[0].value) // 2 if sides else 0
    assert found.count(Crossed.IN) - found.count(Crossed.OUT) == expected


@given(across, st.floats(0.5, 9.9), st.integers(1, 30))
def test_who_dithers_on_the_line_counts_once(x: float, sway: float, times: int) -> None:
    path = [Point(x, 50), *(Point(x, 100 + (sway if n % 2 else -sway)) for n in range(times)), Point(x, 150)]
    assert counted(LINE, path) == [Crossed.IN]
    assert counted(LINE, [*path, Point(x, 150), Point(x, 105), Point(x, 150)]) == [Crossed.IN]


@given(across, st.integers(1, 50))
def test_each_way_counts_however_many_steps_it_takes(x: float, steps: int) -> None:
    there = [Point(x, 50 + 100 * n / steps) for n in range(steps + 1)]
    assert counted(LINE, there) == [Crossed.IN]
    assert counted(LINE, [*there, *reversed(there)]) == [Crossed.IN, Crossed.OUT]


@given(st.lists(st.builds(Point, st.floats(201, 1_000) | st.floats(-1_000, -1), wide)).map(sorted))
def test_around_the_ends_is_not_through_the_door(path: list[Point]) -> None:
    right = [point for point in path if point.x > 200]
    left = [point for point in path if point.x < 0]
    assert counted(LINE, right) == counted(LINE, left) == []


@given(wide, wide, st.floats(20, 500), st.floats(0, 6.28), st.lists(st.tuples(st.floats(0, 1), st.floats(-300, 300))))
def test_it_is_the_same_wherever_the_line_lies(
    x: float, y: float, length: float, turn: float, steps: list[tuple[float, float]]
) -> None:
    """Turned and moved, the same way counts the same; with its ends exchanged, in is out."""
    from math import cos, sin

    def at(along: float, beyond: float) -> Point:
        return Point(
            x + along * length * cos(turn) - beyond * sin(turn), y + along * length * sin(turn) + beyond * cos(turn)
        )

    steps = [(along * 0.9 + 0.05, beyond) for along, beyond in steps if abs(abs(beyond) - 10) > 0.01]
    flat = counted(DoorLine(Point(0, 0), Point(length, 0), 10), [Point(along * length, b) for along, b in steps])
    turned = counted(DoorLine(at(0, 0), at(1, 0), 10), [at(*step) for step in steps])
    back = counted(DoorLine(at(1, 0), at(0, 0), 10), [at(*step) for step in steps])
    assert turned == flat
    assert [Crossed.IN if one is Crossed.OUT else Crossed.OUT for one in back] == flat


def test_in_is_to_the_right_hand() -> None:
    assert LINE.side(Point(100, 150)) is Side.IN
    assert LINE.side(Point(100, 50)) is Side.OUT
    assert LINE.side(Point(100, 110)) is None
    down = DoorLine(Point(100, 0), Point(100, 200), 10)
    assert counted(down, [Point(150, 100), Point(50, 100)]) == [Crossed.IN]


def test_who_appears_inside_has_not_come_in() -> None:
    assert counted(LINE, [Point(100, 150), Point(100, 160)]) == []
    assert counted(LINE, [Point(100, 100), Point(100, 160)]) == []


@pytest.mark.parametrize(("a", "b", "band"), [((1, 1), (1, 1), 5), ((0, 0), (1, 0), 0), ((0, 0), (1, 0), float("nan"))])
def test_a_line_without_length_or_band_is_refused(a: tuple[int, int], b: tuple[int, int], band: float) -> None:
    with pytest.raises(ValueError, match="door line"):
        DoorLine(Point(*a), Point(*b), band)
