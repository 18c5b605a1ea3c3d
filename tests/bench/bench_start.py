"""From the start of the agent's process to a till that answers, a million products on the disk; and what it then holds.

Ready means both: the `ready` line is printed, and a first GET of the till's whole state has been answered.
Resident memory is VmRSS after a sign-in, a shift, a sale and searches; the peak (VmHWM) is shown too.
"""

from __future__ import annotations

import statistics
import time
from pathlib import Path

from tests.bench.bench_sale import sell
from tests.bench.figure import Figure, of_runs
from tests.bench.live_shop import LiveShop, Till, live_shop, started
from tests.bench.million import Opened, codes, imported

SEARCHED = ("набор", "к", "пазл 260", "сол", "460000")


def bench_start(runs: int = 5, products: int = 1_000_000) -> list[Figure]:
    """Seconds to ready and megabytes, each a median over `runs` starts on a directory that has been used."""
    catalogue = imported(products).directory
    with Opened(products) as opened:
        some = codes(opened, 20)
    to_line, to_view, resident, peak, bare = [], [], [], [], []
    with live_shop(catalogue) as shop:
        with shop.till() as (_, till):
            sell(till, some, 1)  # the journal is not empty, the shift is open
        for _ in range(runs):
            line_s, view_s = _start(shop)
            to_line.append(line_s)
            to_view.append(view_s)
            bare.append(_interpreter(shop.place))
            with shop.till() as (running, till):
                till.do("sign_out")  # the next sign-in checks the PIN: argon2 takes 64 MB for that moment
                till.open_shift()
                sell(till, some, 1)
                for text in SEARCHED:
                    till.search(text)
                resident.append(running.kb("VmRSS") / 1024)
                peak.append(running.kb("VmHWM") / 1024)
    beside = f"an interpreter that imports nothing: {statistics.median(bare):.2f} s"
    return [
        of_runs(f"start to till ready, {products:,} products", to_view, "s", at_most=2, against=beside).with_more(
            ready_line_s=round(statistics.median(to_line), 2)
        ),
        of_runs("resident memory after a sale and searches", resident, "MB", digits=1, at_most=120).with_more(
            peak_mb=round(statistics.median(peak), 1)
        ),
    ]


def _start(shop: LiveShop) -> tuple[float, float]:
    began = time.perf_counter()
    with shop.agent() as running:
        till = Till(running.line.split()[1])
        view = till.look()
        took = time.perf_counter() - began
        till.close()
    if view["till"] != "1" or not view["shift"]["open"]:
        raise RuntimeError("the till does not know its shift")
    return running.took_s, took


def _interpreter(folder: Path) -> float:
    """What a Python process costs here before the agent's first line."""
    with started("this", "timeit", "-n", "1", "-r", "1", "print('this')", log=folder / "bare.log") as running:
        return running.took_s
