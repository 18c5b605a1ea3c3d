"""A million products from HQ into a store that has none, and ten thousand prices into one that has them; over loopback.

HQ is a process of its own, its goods were imported and published before. The store's side is the agent's own: the
downlink, and the building process beside it. Timed from the first question to the first lookup, and to the first
search that finds; for prices from the first write at HQ (another process's) to the last of them in the till's answer.
Bytes are counted by a relay, headers included, in a run that is not timed.
"""

from __future__ import annotations

import random
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import anyio
import anyio.lowlevel
import httpx

from agent.clock import SystemClock
from cloud_api.storage.opening import opened
from cloud_api.telling import goods
from sync.catalogue_builder import built_outside
from sync.catalogue_downlink import CatalogueDownlink
from sync.feed_courier import FeedCourier
from sync.feed_following import on_a_thread
from sync.store.catalogue import Shelf
from sync.store.search import folded_words
from sync.wire.feed import PriceRow
from tests.bench.figure import Figure, of_runs
from tests.bench.live_shop import HQ_KEY, hq
from tests.bench.machine import family_s
from tests.bench.million import PRODUCTS, source_of
from tests.bench.relay import Relay, relay_to

Seconds = tuple[float, float, float]
CHANGES = 10_000
CHUNK = 1_000
WITHIN_S = 600
LOOK_EVERY_S = 0.02
ZONE = "main"


def bench_feed(runs: int = 3, products: int = PRODUCTS, changes: int = CHANGES) -> list[Figure]:
    """Bootstrap and price changes; each run begins with an empty store."""
    lookups, searches, applied, bare = [], [], [], []
    processor: list[tuple[float, float, float]] = []
    with tempfile.TemporaryDirectory(prefix="tillkeeper-feed-") as folder:
        place = Path(folder)
        database = f"sqlite:///{place}/hq.db"
        with source_of(products) as source:
            _told("import-catalog", str(source), "--database", database)
        with hq(place) as url:
            for run in range(runs):
                store = place / f"store-{run}"
                store.mkdir()
                took, spent = anyio.run(_store, store, url, place / "hq.db", changes, run)
                processor.append(spent)
                lookups.append(took[0])
                searches.append(took[1])
                applied.append(took[2])
                bare.append(_bare(store, changes))
            with relay_to("tcp://" + url.removeprefix("http://")) as relay:
                through = "http://" + relay.address.removeprefix("tcp://")
                counted = place / "counted"
                counted.mkdir()
                begun, changed = anyio.run(_counted, counted, through, place / "hq.db", changes, relay)
    all_three = "HQ, agent and the building process together"
    processor_s = list(zip(*processor, strict=True))
    return [
        Figure("bootstrap of the catalogue on the wire", round(begun / 1e6, 1), "MB", at_most=40 * products / PRODUCTS,
               against=f"{products:,} products, headers included"),
        of_runs("bootstrap: first lookup after", lookups, "s", at_most=5.0, against="an empty store, HQ on loopback"),
        of_runs("bootstrap: processor until lookups", processor_s[0], "s", at_most=5.0, against=all_three),
        of_runs("bootstrap: first search after", searches, "s", at_most=20.0, against="the same run"),
        of_runs("bootstrap: processor until search", processor_s[1], "s", at_most=20.0, against=all_three),
        of_runs(f"{changes:,} prices from HQ's write to the till", applied, "s", at_most=5.0,
                against=f"bare sqlite3, the same updates, one transaction: {statistics.median(bare):.2f} s"),
        of_runs("processor of those prices", processor_s[2], "s", at_most=5.0, against=all_three),
        Figure(f"{changes:,} prices on the wire", round(changed / 1e3, 1), "kB", at_most=100 * changes / CHANGES,
               against="all bytes HQ sent, headers included"),
    ]  # fmt: skip


def _told(*command: str) -> None:
    done = subprocess.run([sys.executable, "-m", "cloud_api.telling", *command], capture_output=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr.decode())


async def _store(directory: Path, url: str, database: Path, changes: int, run: int) -> tuple[Seconds, Seconds]:
    """To the first lookup, to the first search, and of the price changes: by the clock, and of processor time."""
    shelf = Shelf(directory, SystemClock("Europe/Moscow"))
    async with httpx.AsyncClient(trust_env=False) as client, anyio.create_task_group() as tasks:
        began, spent = time.perf_counter(), family_s()
        tasks.start_soon(_downlink(directory, client, url).run)
        with anyio.fail_after(WITHIN_S):
            await _until(lambda: shelf.catalogue() is not None)
            catalogue = shelf.catalogue()
            assert catalogue is not None
            some, _ = catalogue.of_category("", 0, 1)[0]
            assert catalogue.product(some.barcode) is not None
            lookup_s, lookup_cpu_s = time.perf_counter() - began, family_s() - spent
            word = folded_words(some.name)[0]
            await _until(lambda: bool((found := shelf.catalogue()) and found.search(word)))
            search_s, search_cpu_s = time.perf_counter() - began, family_s() - spent
            spent = family_s()
            took_s = await _changed(database, shelf, changes, run)
            change_cpu_s = family_s() - spent
        tasks.cancel_scope.cancel()
    shelf.close()
    return (lookup_s, search_s, took_s), (lookup_cpu_s, search_cpu_s, change_cpu_s)


def _downlink(directory: Path, client: httpx.AsyncClient, url: str) -> CatalogueDownlink:
    courier = FeedCourier(client, url, HQ_KEY)
    return CatalogueDownlink(directory, courier.page, courier, built_outside, on_a_thread, random.Random(1))


async def _until(there: Callable[[], bool]) -> None:
    while not there():  # noqa: ASYNC110 - a file another process puts there, not an event
        await anyio.sleep(LOOK_EVERY_S)


async def _changed(database: Path, shelf: Shelf, changes: int, run: int) -> float:
    """New prices for products from everywhere in the catalogue."""
    async with opened(str(database)) as storage:
        step = max(1, await storage.number("SELECT count(*) FROM product") // changes)
        skus = [row[0] for row in await storage.rows("SELECT sku FROM product WHERE rowid % ? = 0", (step,))][:changes]
        rows = [PriceRow(sku, 0, 100 + 7 * number % 99_000 + run) for number, sku in enumerate(skus)]
        began = time.perf_counter()
        for first in range(0, len(rows), CHUNK):
            async with storage.transaction(None) as transaction:
                now_ms = time.time_ns() // 1_000_000
                await goods.put_prices(transaction, ZONE, rows[first : first + CHUNK], now_ms=now_ms)
            await anyio.lowlevel.checkpoint()
        last = rows[-1]

        def there() -> bool:
            catalogue = shelf.catalogue()
            product = catalogue.product(last.barcode) if catalogue else None
            return product is not None and product.price_minor == last.price_minor

        await _until(there)
        took_s = time.perf_counter() - began
        catalogue = shelf.catalogue()
        wrong = sum(catalogue.product(row.barcode).price_minor != row.price_minor for row in rows[:: len(rows) // 50])  # type: ignore[union-attr]
        if wrong:
            raise RuntimeError(f"{wrong} prices are not HQ's")
    return took_s


async def _counted(directory: Path, url: str, database: Path, changes: int, relay: Relay) -> tuple[int, int]:
    """Bytes that came: of the bootstrap, and of the changes."""
    shelf = Shelf(directory, SystemClock("Europe/Moscow"))
    async with httpx.AsyncClient(trust_env=False) as client:
        downlink = _downlink(directory, client, url)
        with anyio.fail_after(WITHIN_S):
            await downlink.follower.step()  # the whole snapshot, built
            begun = _came(relay)
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(downlink.run)
                await _changed(database, shelf, changes, 77)
                tasks.cancel_scope.cancel()
        changed = _came(relay) - begun
    shelf.close()
    return begun, changed


def _came(relay: Relay) -> int:
    return sum(len(data) for way, data in relay.frames if way == "<")


def _bare(store: Path, changes: int) -> float:
    """The updates alone, on a bare sqlite3 file with the same products."""
    file = max(store.glob("catalogue-hq-*.db"))
    connection = sqlite3.connect(file, isolation_level=None)
    codes = [row[0] for row in connection.execute("SELECT barcode FROM product LIMIT ?", (changes,))]
    began = time.perf_counter()
    connection.execute("BEGIN")
    connection.executemany("UPDATE product SET price_minor = price_minor + 1 WHERE barcode = ?", [(c,) for c in codes])
    connection.execute("COMMIT")
    took_s = time.perf_counter() - began
    connection.close()
    return took_s
