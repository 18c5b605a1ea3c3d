"""The books of a note: whatever is cut in a purchase at the kiosk, boxes, register, claims and journal agree."""

from __future__ import annotations

import os
from multiprocessing.pool import Pool

import pytest

from tests.simulation.cuts import Cut
from tests.simulation.kiosk_cases import CASES, run_case, run_point, run_points, worth_cutting

CAMPAIGN = bool(os.environ.get("TILLKEEPER_CAMPAIGN"))
STRIDE = 1 if CAMPAIGN else 60
"""A campaign cuts at every point but the many alike polls of the boxes; otherwise each so many-th, others a case."""
WAITS, SLOW = ("left alone",), 3
"""Ten simulated minutes of waiting for nobody: fewer points for the same time."""
POLLS = 5 if CAMPAIGN else 50
WALKED_AGAIN = 20 if CAMPAIGN else 1
"""So many points of each case, those of its later half, are reached from the start as well."""


@pytest.mark.slow
@pytest.mark.parametrize("name", list(CASES))
def test_the_power_goes_in_a_purchase(name: str, pool: Pool) -> None:
    """In a copy of the run at each point; one is walked to again, and left the very same world."""
    dry, found = pool.apply(run_case, (name, Cut()))
    assert found == []
    step = STRIDE * (SLOW if name in WAITS and not CAMPAIGN else 1)
    points = worth_cutting(dry, POLLS)[list(CASES).index(name) % step :: step]
    assert points, "a purchase without points proves nothing"
    ends = pool.apply(run_points, (name, dry, points))
    print(f"{name}: {len(ends.left)} of {len(dry)} points")
    assert sorted(ends.left) == points
    broken = ends.broken
    shown = {f"{number}: {dry[number]}" if number >= 0 else "dry": broken[number] for number in sorted(broken)[:5]}
    assert broken == {}, f"{len(broken)} of {len(points)} points of {name}: {shown}"
    again = points[len(points) // 2 :: max(1, len(points) // WALKED_AGAIN)]
    walked = pool.starmap(run_point, [(name, number) for number in again], chunksize=1)
    assert {number: ends.left[number] for number in again} == dict(zip(again, walked, strict=True))
