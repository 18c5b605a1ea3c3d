"""`python -m tests.simulation.exchange FAULTS SEED --storage sqlite|postgresql`: one exchange under faults.

Prints how often each fault struck and what was compared; ends with 1 when a promise was broken or a kind never struck.
"""

from __future__ import annotations

import argparse
import sys

from tests.simulation.exchange.run import run


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.exchange", description=__doc__)
    parser.add_argument("faults", nargs="?", type=int, default=1_000, metavar="FAULTS")
    parser.add_argument("seed", nargs="?", type=int, default=1, metavar="SEED")
    parser.add_argument("--storage", choices=("sqlite", "postgresql"), default="sqlite")
    asked = parser.parse_args(arguments)
    report = run(asked.faults, asked.seed, asked.storage)
    print(report.text())
    return 1 if report.broken or report.missing else 0


if __name__ == "__main__":
    sys.exit(main())
