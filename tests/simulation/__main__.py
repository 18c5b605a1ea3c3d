"""Runs simulated days on all cores: `python -m tests.simulation DAYS SEED`, or one again with `--day SEED -v`.

Prints one line a day, then which fault struck in which step, and for a broken law the command that replays its day.
Ends with 1 when a law was broken, or when enough days were run and a reachable cell was never hit.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator

from tests.simulation.cells import CELLS
from tests.simulation.coverage import Hits, missing, table
from tests.simulation.day import AIMS, Day, run_day
from tests.simulation.ending_day import HASH_SEED, ending_day, replay

AIMED_TIMES = 4
"""A cell must have been aimed at so often before its absence says something: some aims miss."""
LOG_SHOWN = 400
COVERAGE = "What struck in which step:"
TOGETHER = "All days together:"


def main(argv: list[str]) -> int:
    asked = _asked(argv)
    if asked.day is not None:
        return _one(asked.day, asked.verbose)
    os.nice(asked.nice)
    return _many(asked.days, asked.seed, asked.jobs)


def _asked(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("days", nargs="?", type=int, default=200, metavar="DAYS")
    parser.add_argument("seed", nargs="?", type=int, default=1, metavar="SEED")
    parser.add_argument("--day", type=int, metavar="SEED", help="run this one day again")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes; by default one a core")
    parser.add_argument("-v", "--verbose", action="store_true", help="with --day: every fault as it struck")
    parser.add_argument("--nice", type=int, default=0, help="how far to step back for everybody else, to 19")
    return parser.parse_args(argv)


def _one(seed: int, verbose: bool) -> int:
    day = run_day(seed)
    if verbose:
        print("\n".join(day.log[-LOG_SHOWN:]))
    _report(day)
    return 1 if day.broken else 0


def _many(days: int, seed: int, jobs: int) -> int:
    began = time.monotonic()
    hits: Hits = Counter()
    broken: list[Day] = []
    sales = faults = 0
    for day in _days(range(seed, seed + days), jobs):
        hits.update(day.hits)
        sales, faults = sales + day.sales, faults + day.faults
        if day.broken:
            broken.append(day)
        _report(day)
    taken_s = time.monotonic() - began
    print(f"{COVERAGE}\n{table(hits)}")
    never = missing(hits)
    cells = f"{len(CELLS) - len(never)} of {len(CELLS)} reachable cells hit"
    print(f"{TOGETHER} {days} days, {sales} sales, {faults} faults, {cells}, in {taken_s:.0f} s on {jobs} processes")
    demanded = days * AIMS >= AIMED_TIMES * len(CELLS)
    if never:
        why = "" if demanded else " (too few days to ask)"
        print(f"{len(never)} cells were never hit{why}:")
        print("\n".join(f"  {cell.fault} at {cell.step.value}" for cell in never))
    for day in sorted(broken, key=lambda one: one.seed):
        print(f"\nday {day.seed}: {len(day.broken)} broken laws; replay: {replay(day.seed)}")
        print("\n".join(f"  {law}" for law in day.broken[:10]))
    return 1 if broken or (never and demanded) else 0


def _days(seeds: range, jobs: int) -> Iterator[Day]:
    if jobs == 1:
        yield from map(ending_day, seeds)
        return
    with multiprocessing.get_context("spawn").Pool(jobs) as pool:
        yield from pool.imap_unordered(ending_day, seeds)


def _report(day: Day) -> None:
    ends = ", ".join(f"{count} {end}" for end, count in sorted(day.ends.items()))
    verdict = "ok" if not day.broken else f"BROKEN, replay: {replay(day.seed)}"
    print(f"day {day.seed}: {day.faults} faults, {day.boots} starts, {day.hours:.1f} h, {ends}: {verdict}", flush=True)
    for law in day.broken:
        print(f"    {law}", flush=True)


if __name__ == "__main__":
    if os.environ.get("PYTHONHASHSEED") != HASH_SEED:
        # The hash seed of a running interpreter cannot be set: begin again with it.
        again = [sys.executable, "-m", "tests.simulation", *sys.argv[1:]]
        os.execve(sys.executable, again, {**os.environ, "PYTHONHASHSEED": HASH_SEED})
    sys.exit(main(sys.argv[1:]))
