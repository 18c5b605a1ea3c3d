"""The books of a note: whatever is cut in a purchase at the kiosk, boxes, register, claims and journal agree."""

from __future__ import annotations

import os
from functools import partial
from multiprocessing.pool import Pool

import pytest

from tests.simulation.kiosk_cases import CASES, run_case, run_point, worth_cutting

AT_ONCE = 8
CAMPAIGN = bool(os.environ.get("TILLKEEPER_CAMPAIGN"))
STRIDE = 1 if CAMPAIGN else 60
"""A campaign cuts at every point but the many alike polls of the boxes; otherwise each so many-th, others a case."""
WAITS, SLOW = ("left alone",), 3
"""Ten simulated minutes of waiting for nobody: fewer points for the same time."""
POLLS = 5 if CAMPAIGN else 50


@pytest.mark.slow
@pytest.mark.parametrize("name", list(CASES))
def test_the_power_goes_in_a_purchase(name: str, pool: Pool) -> None:
    dry, found = pool.apply(run_case, (name, None))
    assert found == []
    step = STRIDE * (SLOW if name in WAITS and not CAMPAIGN else 1)
    points = worth_cutting(dry, POLLS)[list(CASES).index(name) % step :: step]
    assert points, "a purchase without points proves nothing"
    runs = pool.imap_unordered(partial(run_point, name, dry), points, chunksize=AT_ONCE)
    broken = {number: found for number, found in runs if found}
    print(f"{name}: {len(points)} of {len(dry)} points")
    shown = {f"{number}: {dry[number]}": broken[number] for number in sorted(broken)[:5]}
    assert broken == {}, f"{len(broken)} of {len(points)} points of {name}: {shown}"
