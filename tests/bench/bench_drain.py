"""Ten thousand receipts that waited for HQ, drained over loopback by the agent's uplink into HQ in its own process.

Timed from the first batch to the last acknowledgement stored here; HQ commits each batch with FULL before it answers.
The bytes are counted by a relay between the two, in a drain that is not timed: everything the agent sends, headers
included.
"""

from __future__ import annotations

import random
import shutil
import sqlite3
import statistics
import tempfile
import time
from pathlib import Path

import anyio
import httpx

from sync.courier import Courier
from sync.store.store import Store, open_store
from sync.uplink import run_uplink
from sync.uplink_board import UplinkBoard
from sync.wire.facts import Sale
from tests.bench.figure import Figure, of_runs
from tests.bench.live_shop import DEVICE, HQ_KEY, hq
from tests.bench.machine import family_s
from tests.bench.million import Opened
from tests.bench.receipts import START_MS, batches, receipts, shelf
from tests.bench.relay import relay_to

RECEIPTS = 10_000
WITHIN_S = 120
WITHIN_BOTH_S = 2.0
"""By the clock; agent and HQ work at the same time."""


def bench_drain(runs: int = 5, count: int = RECEIPTS, products: int = 1_000_000) -> list[Figure]:
    """Receipts a second over `runs` drains, each into an empty HQ, and bytes a receipt on the wire."""
    rates = []
    with Opened(products) as catalogue:
        goods = shelf(catalogue)
    with tempfile.TemporaryDirectory(prefix="tillkeeper-drain-") as folder:
        full = Path(folder) / "full"
        sold = list(receipts(goods, count))
        anyio.run(_fill, full, sold)
        sent = _drained(Path(folder), full, count, counted=True)
        costs: list[float] = []
        for _ in range(runs):
            rates.append(count / _drained(Path(folder), full, count, counted=False, costs=costs))
        written = _bare(Path(folder), full)
    lines = sum(len(sale.lines) for sale in sold) / count
    return [
        of_runs(
            f"drain of {count:,} waiting receipts to HQ",
            rates,
            "receipts/s",
            digits=0,
            at_least=5_000,
            against=f"bare sqlite3, the same bodies in batches of 500, FULL: {written:,.0f}/s",
            more={"lines_a_receipt": round(lines, 2), "of_bare": round(statistics.median(rates) / written, 2)},
        ),
        of_runs(
            f"processor time of that drain of {count:,}",
            costs,
            "s",
            at_most=2 * WITHIN_BOTH_S * count / RECEIPTS,
            against="agent and HQ together, each a process; two cores",
        ),
        Figure(
            "a receipt on the wire",
            round(sent / count, 1),
            "bytes",
            at_most=400,
            against="all bytes the agent sent, headers included",
            more={"lines_a_receipt": round(lines, 2)},
        ),
    ]


async def _fill(directory: Path, sold: list[Sale]) -> None:
    async with open_store(directory, device=DEVICE, now_ms=lambda: START_MS) as store:
        for batch in batches(iter(sold)):
            await store.commit(batch)


def _drained(folder: Path, full: Path, count: int, *, counted: bool, costs: list[float] | None = None) -> float:
    """Seconds of one drain; with `counted` the bytes that were sent instead. `costs` is given its processor time."""
    with tempfile.TemporaryDirectory(dir=folder) as here:
        place = Path(here)
        shutil.copytree(full, place / "shop")
        with hq(place) as url:
            if counted:
                with relay_to("tcp://" + url.removeprefix("http://")) as relay:
                    anyio.run(_drain, place / "shop", "http://" + relay.address.removeprefix("tcp://"))
                    result = float(sum(len(data) for way, data in relay.frames if way == ">"))
            else:
                before = family_s()
                result = anyio.run(_drain, place / "shop", url)
                if costs is not None:
                    costs.append(family_s() - before)
        with sqlite3.connect(place / "hq.db") as connection:
            stored = connection.execute("SELECT count(*) FROM sale").fetchone()[0]
        connection.close()
    if stored != count:
        raise RuntimeError(f"HQ stored {stored} of {count} receipts")
    return result


async def _drain(directory: Path, url: str) -> float:
    async with open_store(directory, device=DEVICE, now_ms=lambda: START_MS) as store, httpx.AsyncClient() as client:
        began = time.perf_counter()
        with anyio.fail_after(WITHIN_S):
            async with anyio.create_task_group() as tasks:

                async def uplink() -> None:
                    post = Courier(client, url, HQ_KEY).post
                    await run_uplink(store, post, UplinkBoard(), now_ms=lambda: START_MS, rng=random.Random(1))

                tasks.start_soon(uplink)
                await _empty(store)
                took = time.perf_counter() - began
                tasks.cancel_scope.cancel()
    return took


async def _empty(store: Store) -> None:
    while any(state.waiting for state in store.outbox_state()):  # noqa: ASYNC110 - a row of the store, not an event
        await anyio.sleep(0.005)


def _bare(folder: Path, full: Path) -> float:
    """The bodies alone into one table of a bare sqlite3 file, 500 a transaction, FULL: what the disk allows."""
    with sqlite3.connect(full / "journal.db") as source:
        bodies = source.execute("SELECT seq, id, body FROM outbox ORDER BY seq").fetchall()
    source.close()
    target = sqlite3.connect(folder / "bare.db", isolation_level=None)
    target.execute("PRAGMA journal_mode = WAL")
    target.execute("PRAGMA synchronous = FULL")
    target.execute("CREATE TABLE item (seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, body BLOB NOT NULL)")
    began = time.perf_counter()
    for first in range(0, len(bodies), 500):
        target.execute("BEGIN")
        target.executemany("INSERT INTO item VALUES (?, ?, ?)", bodies[first : first + 500])
        target.execute("COMMIT")
    took = time.perf_counter() - began
    target.close()
    return len(bodies) / took
