"""A bill validator is polled each 200 ms while the shop sells, drains to HQ and imports goods: how late is a poll?

    one process    the agent (tests/bench/polled_shop.py): a till that sells for cash, the uplink, the validator's slot
    others         the validator, the register, HQ, the importer of 200,000 products, and this one, the cashier

A poll's beat is 200 ms after the beat before, or, after a slow answer, the 20 ms of silence the bus wants; its lateness
is taken at the agent's own end of the wire, at the moment the poll is handed to the socket. Beside it a bare asyncio
loop that only sleeps 200 ms runs as a process of its own: what this machine does to anybody.
"""

from __future__ import annotations

import gzip
import json
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import anyio

from drivers.cash_devices.ccnet.line import PERIOD_S, SILENCE_S
from fiscal.product import Product
from sync.store.catalogue_sample import write_sample
from sync.store.store import open_store
from tests.bench.bench_sale import sell
from tests.bench.figure import Figure, of_runs, quantile
from tests.bench.live_shop import DEVICE, HQ_KEY, ROOT, LiveShop, Started, Till, hq, live_shop, simulator, started
from tests.bench.million import Opened, codes, imported
from tests.bench.receipts import START_MS, batches, receipts, shelf

FSYNC_S = 0.300  # a worn SD card
LATE_S = 0.020
IMPORTED = 200_000
WAITING = 60_000
"""Receipts that wait for HQ when a run begins. A run ends when they have gone: the drain lasts as long as it does."""
BETWEEN_SALES_S = 0.5
"""The cashier of the bench is quick, but the till is not the only thing a shop's computer does."""
A_RUN_S = 20.0  # 100 polls


@dataclass(frozen=True, slots=True)
class Run:
    """Latenesses in milliseconds, and what was done meanwhile."""

    polls: list[float]
    bare: list[float]
    sales: int
    drained: int
    imports: int


def bench_cash_poll(
    runs: int = 5,
    a_run_s: float = A_RUN_S,
    waiting: int = WAITING,
    products: int = IMPORTED,
    fsync_s: float = FSYNC_S,
) -> list[Figure]:
    """p99 of a poll's lateness, on this disk and on one whose syncs are slow."""
    figures = []
    with tempfile.TemporaryDirectory(prefix="tillkeeper-poll-") as folder, Opened(products) as opened:
        some = codes(opened, 200)
        place = Path(folder)
        anyio.run(_fill, place / "full", waiting, shelf(opened))
        file = place / "catalogue.tsv.gz"
        with gzip.open(file, "wt", compresslevel=1, encoding="utf-8") as out:
            write_sample(out, products)
        for slow_s in (0.0, fsync_s):
            done = [_run(place / "full", file, some, products, a_run_s, slow_s) for _ in range(runs)]
            figures.append(_figure(done, slow_s))
    return figures


def _figure(done: list[Run], slow_s: float) -> Figure:
    disk = f", each fsync {slow_s * 1e3:.0f} ms longer" if slow_s else ""
    late = [quantile(run.polls, 0.99) for run in done]
    bare = [quantile(run.bare, 0.99) for run in done]
    all_polls = [each for run in done for each in run.polls]
    all_bare = [each for run in done for each in run.bare]
    return of_runs(
        f"lateness of a 200 ms poll while the shop works{disk}",
        late,
        "ms p99",
        digits=1,
        at_most=LATE_S * 1e3,
        against=f"a bare asyncio loop beside it: {statistics.median(bare):.1f} ms p99, {max(all_bare):.1f} at the most;"
        f" polls {statistics.median(all_polls):.1f} ms p50, {max(all_polls):.1f} at the most",
        more={
            "ratio_to_bare": round(statistics.median(late) / max(statistics.median(bare), 0.001), 1),
            "polls": len(all_polls),
            "p50_ms": round(statistics.median(all_polls), 2),
            "max_ms": round(max(all_polls), 1),
            "bare_p50_ms": round(statistics.median(all_bare), 2),
            "sales": sum(run.sales for run in done),
            "drained": sum(run.drained for run in done),
            "imports": sum(run.imports for run in done),
        },
    )


def _run(full: Path, file: Path, some: list[str], products: int, a_run_s: float, slow_s: float) -> Run:
    with live_shop(imported(products).directory) as shop:
        for part in full.iterdir():
            shutil.copy(part, shop.place / "shop" / part.name)
        beats, beside = shop.place / "beats.json", shop.place / "bare.json"
        with (
            simulator(shop.place, "ccnet") as validator,
            hq(shop.place) as office,
            _polled(shop, validator, office, beats, slow_s) as polled,
        ):
            till = Till(polled.line.split()[1])
            try:
                till.open_shift()
                waited = _waiting(till)
                with _imports(file, shop) as imports, _bare(shop, beside):
                    polled.process.send_signal(signal.SIGUSR1)
                    sales = _sell(till, some, a_run_s)
                    polled.process.send_signal(signal.SIGUSR1)
                    drained = waited - _waiting(till)
            finally:
                till.close()
        late = [each * 1e3 for each in latenesses(json.loads(beats.read_text(encoding="utf-8")))]
        bare = [each * 1e3 for each in json.loads(beside.read_text(encoding="utf-8"))]
    if not (sales and drained > 0 and imports):
        raise RuntimeError(f"the shop stood still: {sales} sales, {drained} receipts drained, {len(imports)} imports")
    return Run(late, bare, sales, drained, len(imports))


def latenesses(beats: list[tuple[float, float]]) -> list[float]:
    """Seconds by which each poll but the first left after its beat; `beats`: (it left, the wire was used before)."""
    found: list[float] = []
    beat = beats[0][0]
    for left, used in beats[1:]:
        due = max(beat + PERIOD_S, used + SILENCE_S)
        found.append(left - due)
        beat = due if left - due < PERIOD_S else left  # a beat that was missed is not caught up
    early = min(found)  # the first one was late itself: all are reckoned from the earliest
    return [each - min(0.0, early) for each in found]


async def _fill(directory: Path, count: int, goods: list[Product]) -> None:
    async with open_store(directory, device=DEVICE, now_ms=lambda: START_MS) as store:
        for batch in batches(receipts(goods, count)):
            await store.commit(batch)


@contextmanager
def _polled(shop: LiveShop, validator: str, office: str, beats: Path, slow_s: float) -> Iterator[Started]:
    key = shop.place / "hq.key"
    key.write_text(HQ_KEY, encoding="utf-8")
    key.chmod(0o600)
    with shop.config.open("a", encoding="utf-8") as config:
        config.write(f'[hq]\nurl = "{office}"\ndevice = "{DEVICE}"\nkey_file = {json.dumps(str(key))}\n')
    command = ["--config", str(shop.config), "--validator", validator, "--beats", str(beats), "--fsync-s", str(slow_s)]
    with started("ready", "tests.bench.polled_shop", *command, log=shop.place / "agent.log") as running:
        yield running


@contextmanager
def _bare(shop: LiveShop, beside: Path) -> Iterator[None]:
    command = ("tests.bench.bare_beat", str(PERIOD_S), str(beside))
    with started("ready", *command, log=shop.place / "bare.log"):
        yield


@contextmanager
def _imports(file: Path, shop: LiveShop) -> Iterator[list[int]]:
    """The catalogue is imported again and again, as an operator does it: by the command, in a process of its own."""
    done: list[int] = []
    ending = threading.Event()
    command = [sys.executable, "-m", "agent", "catalog", "import", str(file), "--config", str(shop.config)]

    def work() -> None:
        while not ending.is_set():
            done.append(subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, check=True).returncode)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield done
    finally:
        ending.set()
        thread.join()


def _sell(till: Till, some: list[str], a_run_s: float) -> int:
    """Cash sales one after the other for so long, or until HQ has everything."""
    ends, sales = time.monotonic() + a_run_s, 0
    while time.monotonic() < ends and (not sales or _waiting(till)):
        sell(till, some[sales % 100 :], 1, warm_up=0)
        sales += 1
        time.sleep(min(BETWEEN_SALES_S, max(0.0, ends - time.monotonic())))
    return sales


def _waiting(till: Till) -> int:
    leaves = till.elsewhere("/api/status")["leaves"]
    return next(int(one["queue"]["waiting"]) for one in leaves if one["id"] == "office")
