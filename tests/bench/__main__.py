"""`python -m tests.bench [--json FILE] [--quick] [NAME ...]`: measures, prints one table, writes JSON.

Each figure is a median over several runs; what it was compared with was measured in the same run. Exit code 1 when a
figure missed its goal. `--quick` does everything once and small: to see that it works, not what it costs.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.bench import machine
from tests.bench.bench_camera import bench_camera, bench_gallery
from tests.bench.bench_cash_poll import bench_cash_poll
from tests.bench.bench_drain import bench_drain
from tests.bench.bench_feed import bench_feed
from tests.bench.bench_greeting import bench_greeting
from tests.bench.bench_hq import bench_ingest
from tests.bench.bench_hq_storage import bench_storages
from tests.bench.bench_radar import NotHere, bench_radar_live, bench_radar_parser
from tests.bench.bench_reconnect import bench_reconnect
from tests.bench.bench_sale import bench_sale
from tests.bench.bench_screen import NoChromium, bench_screen
from tests.bench.bench_signing import bench_signing
from tests.bench.bench_slow_disk import bench_slow_disk
from tests.bench.bench_start import bench_start
from tests.bench.bench_store import bench_commit, bench_import, bench_lookup, bench_search
from tests.bench.figure import Figure

FEW = 3_000
"""Products of the quick form."""
BENCHES: dict[str, tuple[Callable[..., list[Figure]], dict[str, Any]]] = {
    "import": (bench_import, {"products": FEW}),
    "lookup": (bench_lookup, {"runs": 1, "lookups": 200, "products": FEW}),
    "search": (bench_search, {"runs": 1, "sought": 20, "products": FEW}),
    "sale": (bench_sale, {"runs": 1, "sales": 3, "products": FEW}),
    "screen": (bench_screen, {"runs": 1, "scans": 5, "products": FEW}),
    "start": (bench_start, {"runs": 1, "products": FEW}),
    "drain": (bench_drain, {"runs": 1, "count": 600, "products": FEW}),
    "reconnect": (bench_reconnect, {"runs": 1, "shops": 4, "receipts_each": 20, "products": FEW}),
    "feed": (bench_feed, {"runs": 1, "products": FEW, "changes": 500}),
    "ingest": (bench_ingest, {"runs": 1, "count": 600}),
    "signing": (bench_signing, {"runs": 1, "count": 200}),
    "storages": (bench_storages, {"runs": 1, "count": 800}),
    "cash_poll": (bench_cash_poll, {"runs": 1, "a_run_s": 4.0, "waiting": 1_000, "products": FEW, "fsync_s": 0.05}),
    "radar": (bench_radar_parser, {"runs": 1, "frames": 300}),
    "radar_live": (bench_radar_live, {"runs": 1, "a_run_s": 0.2}),
    "camera": (bench_camera, {"runs": 1, "frames": 60}),
    "greeting": (bench_greeting, {"comings": 2}),
    "gallery": (bench_gallery, {"runs": 1, "searches": 5, "members": (1_000,)}),
    "commit": (bench_commit, {"runs": 1, "commits": 20}),
    "slow_disk": (bench_slow_disk, {"runs": 1, "commits": 2, "fsync_s": 0.05}),
}
"""Every bench with the arguments of its quick form. Those that sync most come last: rented disks ration their syncs."""
COLUMNS = ("figure", "value", "unit", "goal", "met", "spread", "against, in the same run")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="What Tillkeeper costs, measured.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which: {', '.join(BENCHES)} (all by default)")
    parser.add_argument("--json", type=Path, help="write the figures there too")
    parser.add_argument("--quick", action="store_true", help="small and once: does it work?")
    asked = parser.parse_args(arguments)
    unknown = [name for name in asked.names if name not in BENCHES]
    if unknown:
        parser.error(f"no bench {', '.join(unknown)}; there are: {', '.join(BENCHES)}")
    about = machine.facts()
    began = time.perf_counter()
    figures: list[Figure] = []
    skipped: dict[str, str] = {}
    failed: dict[str, str] = {}
    for name in asked.names or BENCHES:
        bench, quick = BENCHES[name]
        print(f"measuring {name} ...", file=sys.stderr, flush=True)
        try:
            figures += bench(**(quick if asked.quick else {}))
        except (NoChromium, NotHere) as why:
            skipped[name] = str(why)
        except (RuntimeError, OSError, AssertionError) as why:  # the other figures are still worth having
            failed[name] = str(why)
    about["took_s"] = round(time.perf_counter() - began)
    print(table(figures))
    for name, reason in skipped.items():
        print(f"skipped {name}: {reason}")
    for name, reason in failed.items():
        print(f"FAILED {name}: {reason}")
    print(", ".join(f"{name} {value}" for name, value in about.items()))
    if asked.quick:
        print("quick form: the figures say nothing about the goals")
    if asked.json:
        told = {
            "machine": about,
            "quick": asked.quick,
            "skipped": skipped,
            "failed": failed,
            "figures": [figure.as_json() for figure in figures],
        }
        asked.json.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    missed = [figure for figure in figures if figure.met is False]
    return 1 if failed or (missed and not asked.quick) else 0


def table(figures: list[Figure]) -> str:
    """One line a figure, columns as wide as they need."""
    met = {True: "yes", False: "NO", None: ""}
    rows = [COLUMNS]
    for one in figures:
        spread = f"{one.spread} in {one.runs} runs" if one.runs > 1 else "one run"
        rows.append((one.name, f"{one.value:g}", one.unit, one.goal, met[one.met], spread, one.against))
    widths = [max(len(row[place]) for row in rows) for place in range(len(COLUMNS) - 1)]
    lines = []
    for row in rows:
        cells = [text.ljust(width) for text, width in zip(row, widths, strict=False)]
        lines.append("  ".join([*cells, row[-1]]).rstrip())
    lines.insert(1, "-" * max(map(len, lines)))
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
