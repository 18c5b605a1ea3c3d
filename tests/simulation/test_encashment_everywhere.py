"""An encashment survives a power cut at each of its points, for each cash device, asked for or not."""

from __future__ import annotations

import os
from functools import partial
from multiprocessing.pool import Pool

import pytest

from tests.simulation.encashments import KINDS, run_emptying, run_point

STRIDE = 1 if os.environ.get("TILLKEEPER_CAMPAIGN") else 120
"""A campaign cuts at every point; otherwise each so many-th of them, others for each device."""


@pytest.mark.slow
@pytest.mark.parametrize("back", [False, True], ids=["", "back while it is dark"])
@pytest.mark.parametrize("asks", [True, False], ids=["opened", "not opened"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_unit_is_emptied_with_the_power_cut_everywhere(kind: str, asks: bool, back: bool, pool: Pool) -> None:
    """The document says what left with the cassette, HQ hears of it once, and the next note is in the next period."""
    dry, found = pool.apply(run_emptying, (kind, asks, back, None))
    assert found == []
    assert len(dry) > 10, "a way without points proves nothing"
    numbers = range(KINDS.index(kind) % STRIDE, len(dry), STRIDE)
    runs = pool.imap_unordered(partial(run_point, kind, asks, back, dry), numbers, chunksize=8)
    broken = {number: found for number, found in runs if found}
    shown = {f"{number}: {dry[number]}": broken[number] for number in sorted(broken)[:5]}
    print(f"{kind}: {len(numbers)} of {len(dry)} points")
    assert broken == {}, f"{len(broken)} of {len(numbers)} points of {kind}: {shown}"
