"""A thousand faults between shops and HQ: nothing lost, nothing doubled, stock equal on both sides, all poison found.

Each run is a process of its own with a fixed hash seed, so that what it prints to replay it is true. The campaign has
ten thousand (`make campaign`).
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cloud_api.postgres_cluster import NoPostgres, programs

ROOT = Path(__file__).resolve().parents[2]
FAULTS = 1_000
WITHIN_S = 600


def exchanged(faults: int, seed: int, storage: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.simulation.exchange", str(faults), str(seed), "--storage", storage],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
        timeout=WITHIN_S,
    )


@pytest.mark.slow
@pytest.mark.parametrize(("storage", "seed"), [("sqlite", 1), ("postgresql", 2)])
def test_nothing_is_lost_and_nothing_counted_twice_under_a_thousand_faults(storage: str, seed: int) -> None:
    """Laws 5 and 6, on both databases; every kind of fault strikes, or the run is red."""
    if storage == "postgresql":
        try:
            programs()
        except NoPostgres as missing:
            pytest.skip(f"no PostgreSQL: {missing}")
    done = exchanged(FAULTS, seed, storage)
    assert done.returncode == 0, f"{done.stdout[-6_000:]}\n{done.stderr[-3_000:]}"
    assert f" faults, seed {seed}, {storage}" in done.stdout
