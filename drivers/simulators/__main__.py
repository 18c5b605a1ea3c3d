"""`python -m drivers.simulators DEVICE ...`: see `drivers.simulators.runner`."""

from __future__ import annotations

import sys

from drivers.simulators.runner import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
