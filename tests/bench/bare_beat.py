"""A bare asyncio loop that sleeps 200 ms at a time and does nothing else: how late this machine lets anybody be.

python -m tests.bench.bare_beat PERIOD_S FILE      says `ready`, beats until SIGTERM, writes the latenesses as JSON
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import time
from pathlib import Path


async def _beat(period_s: float, late_s: list[float]) -> None:
    loop, ending = asyncio.get_running_loop(), asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, ending.set)
    print("ready", flush=True)
    while not ending.is_set():
        due = time.perf_counter() + period_s
        await asyncio.sleep(period_s)
        late_s.append(time.perf_counter() - due)


def main() -> None:
    late_s: list[float] = []
    asyncio.run(_beat(float(sys.argv[1]), late_s))
    Path(sys.argv[2]).write_text(json.dumps(late_s), encoding="utf-8")


if __name__ == "__main__":
    main()
