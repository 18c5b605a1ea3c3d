"""Laws 1 to 3: the power is cut at every point of every act, and journal, register and terminal agree afterwards."""

from __future__ import annotations

import os
from functools import partial
from multiprocessing.pool import Pool

import pytest

from tests.simulation.cuts import astray
from tests.simulation.power_cut import CASES, run_case, run_point

STRIDE = 1 if os.environ.get("TILLKEEPER_CAMPAIGN") else 5
"""A campaign cuts at every point; otherwise at each fifth, another fifth for each scenario."""
AT_ONCE = 16
"""Points a process is handed at a time: few enough that no process ends much later than the other."""


@pytest.mark.slow
@pytest.mark.parametrize("name", list(CASES))
def test_power_cut_at_every_point(name: str, pool: Pool) -> None:
    """Each number of the run is the same point as in the dry run, reached by the same way."""
    dry, found = pool.apply(run_case, (name, None))
    assert found == []
    assert dry, "a scenario without points proves nothing"
    numbers = range(list(CASES).index(name) % STRIDE, len(dry), STRIDE)
    runs = pool.imap_unordered(partial(run_point, name, dry), numbers, chunksize=AT_ONCE)
    broken = {number: found for number, found in runs if found}
    print(f"{name}: {len(numbers)} of {len(dry)} points")
    shown = {f"{number}: {dry[number]}": broken[number] for number in sorted(broken)[:5]}
    assert broken == {}, f"{len(broken)} of {len(numbers)} points (every {STRIDE}.) of {name}: {shown}"


def test_a_run_that_leaves_the_way_of_the_dry_run_is_told() -> None:
    """At another point, in another order before it, or not there at all."""
    assert astray(["write", "read"], ["write", "read"]) == []
    assert "point 0 is 'read'" in astray(["write", "read"], ["read", "read"])[0]
    assert "point 1 is 'nothing'" in astray(["write", "read"], ["write"])[0]
    assert "point 2 is 'read'" in astray(["write", "read"], ["write", "read", "read"])[0]
