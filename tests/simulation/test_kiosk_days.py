"""Days at the kiosk: whatever strikes, in the evening the Z holds what the boxes hold, or the doubts say why."""

from __future__ import annotations

import os
from functools import partial
from multiprocessing.pool import Pool

import pytest

from tests.simulation.kiosk_day import run_day

DAYS, PURCHASES = (200, 24) if os.environ.get("TILLKEEPER_CAMPAIGN") else (2, 12)
"""The second of the two has a recycler."""


@pytest.mark.slow
def test_the_boxes_and_the_z_agree_every_evening(pool: Pool) -> None:
    days = list(pool.imap_unordered(partial(run_day, purchases=PURCHASES), range(1, DAYS + 1)))
    broken = {day.seed: day.broken for day in days if day.broken}
    struck = sum(len(day.struck) for day in days)
    closed, claims = sum(day.ends["sale closed"] for day in days), sum(day.claims for day in days)
    print(f"{len(days)} kiosk days: {closed} receipts, {claims} claims, {struck} troubles")
    assert broken == {}
    assert closed >= PURCHASES // 4 * len(days), "too few purchases came to an end: the days prove little"
    assert struck >= PURCHASES // 4 * len(days)
