"""Simulated days: two tills, sixty sales, two dozen faults a day; every law holds and every reachable cell is hit."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from drivers.simulators.catalogue import simulator_class
from tests.simulation.cells import CELLS, UNREACHABLE
from tests.simulation.day import AIMS, LEAST_FAULTS, LEAST_SALES, Day, plan, terminals_of, too_quiet
from tests.simulation.ending_day import replay

ROOT = Path(__file__).resolve().parents[2]
WITHIN_S = 600.0


def test_every_fault_of_every_simulator_is_aimed_at_or_said_to_be_unreachable() -> None:
    rows = {cell.row for cell in CELLS} | set(UNREACHABLE)
    kinds = {"kkt": "shtrih_m", "zvt": "zvt", "confirm": "confirm", "goods": "goods_check"}
    faults = {f"{short}:{fault}" for short, kind in kinds.items() for fault in simulator_class(kind).FAULTS}
    assert faults - rows == set()
    assert {row for row in rows if row.partition(":")[0] in kinds} - faults == set()


def test_every_day_is_planned_for_sixty_sales_and_twenty_faults() -> None:
    """Whatever terminals it has. That they happened is a law of each day that is run."""
    for seed in range(1, 500):
        goals = [goal for till in plan(seed, terminals_of(seed)).values() for goal in till]
        assert sum(goal.kind == "sale" for goal in goals) > LEAST_SALES, seed
        assert sum(goal.aim is not None for goal in goals) == AIMS > LEAST_FAULTS, seed


def test_a_quiet_day_is_a_broken_law() -> None:
    assert too_quiet(Day(1, sales=60, faults=20)) == []
    assert len(too_quiet(Day(1, sales=59, faults=19))) == 2


@pytest.mark.slow
def test_a_replay_is_the_same_day() -> None:
    """To the last fault and its moment, in another process: that is what the printed command is worth."""
    first, second = (_replayed(3) for _ in range(2))
    assert first == second
    assert first.endswith(": ok")


def _replayed(seed: int) -> str:
    words = replay(seed).split()
    assert words[:2] == ["PYTHONHASHSEED=0", "python"]
    run = subprocess.run(
        [sys.executable, *words[2:]],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
        timeout=WITHIN_S,
        check=True,
    )
    return run.stdout.strip()
