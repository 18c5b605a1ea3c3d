"""What HQ's own work costs on either storage: signed batches of 100 receipts with ten lines each, through the whole
app, held against the same rows written into the same tables by nothing but INSERT or COPY, in the same run.

Two bare writes are measured: the facts alone, against which HQ is judged, and the facts with a row of each stock sum.
"""

from __future__ import annotations

import hashlib
import os
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import httpx
import msgspec
import zstandard

from cloud_api.app import start_hq
from cloud_api.collecting import settle
from cloud_api.settings import Settings
from cloud_api.storage.opening import opened
from cloud_api.storage.storage import Row, Storage
from cloud_api.store.codes import make_code, redeem
from sync.courier import Courier, Delivered
from sync.enrolment.enrolling import nonces
from sync.enrolment.signer import Signer
from sync.wire import signatures
from sync.wire.edge_log import GENESIS, Item, Push, chain
from sync.wire.enrolment import Enrol, read_code
from tests.bench.bench_hq import START_MS, _receipt
from tests.bench.figure import Figure, of_runs
from tests.cloud_api.postgres_cluster import Cluster, NoPostgres

TILLS, BATCH = 4, 100
AT_LEAST_A_SECOND, AT_LEAST_OF_BARE = 5_000, 0.4
MOST_US = 1e6 / AT_LEAST_A_SECOND
SUMS = "stock_sum"
URL = "http://localhost"
TABLES = ("item", "sale", "sale_line", "sale_payment", "sale_document", "sale_origin", "price_reason")


@dataclass(frozen=True, slots=True)
class Place:
    """A new empty storage, and what its server has cost so far."""

    where: str
    server_s: Callable[[], float]


@dataclass(frozen=True, slots=True)
class Cost:
    """By the clock, by the processor time of this process and of the database's."""

    wall_s: float
    process_s: float
    server_s: float


def _batches(till: str, count: int) -> list[bytes]:
    packer, previous, items, found = zstandard.ZstdCompressor(level=3), GENESIS, [], []
    for n in range(1, count + 1):
        body = msgspec.json.encode(_receipt(n))
        previous = chain(previous, f"i{n}", "sale", 1, body)
        items.append(Item(n, f"i{n}", "sale", 1, START_MS, previous, msgspec.Raw(body)))
        if len(items) == BATCH or n == count:
            found.append(packer.compress(msgspec.json.encode(Push(till, 1, items[0].seq, items))))
            items = []
    return found


def _seed(till: str) -> bytes:
    return hashlib.sha256(till.encode()).digest()


async def _taken(place: Place, work: dict[str, list[bytes]]) -> tuple[Cost, list[dict[str, list[Row]]]]:
    """What HQ needs, every request signed by its till's own key; and the rows it wrote, by batch."""
    hq = await start_hq(Settings(database=place.where), now_ms=lambda: START_MS)
    settle()  # as the program does when it has started
    for till in work:
        made = await make_code(hq.storage, f"Магазин {till}", till, till, now_ms=START_MS, draw=os.urandom)
        told = Enrol(made.code, signatures.public_key_of(_seed(till)))
        await redeem(hq.storage, told, read_code(made.code) or "", now_ms=START_MS)

    async def push(till: str, client: httpx.AsyncClient) -> None:
        signer = Signer(_seed(till), now_ms=lambda: START_MS, nonce=nonces(os.urandom))
        courier = Courier(client, URL, signer)
        for body in work[till]:
            answer = await courier.post("sales", body)
            if not isinstance(answer, Delivered):
                raise RuntimeError(f"not taken: {answer}")

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=hq), base_url=URL) as client:
        spent = await _together(place, [partial(push, till, client) for till in work])
    rows: dict[Any, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for table in TABLES:
        at = 4 if table == "item" else 3
        for row in await hq.storage.rows(f"SELECT * FROM {table}"):
            rows[row[1], (row[at] - 1) // BATCH][table].append(row)
    batches = list(rows.values())
    for number, row in enumerate(await hq.storage.rows("SELECT * FROM stock_sum")):
        batches[number % len(batches)][SUMS].append(row)
    await hq.storage.close()
    return spent, batches


async def _bare(place: Place, batches: list[dict[str, list[Row]]], left_out: str) -> Cost:
    async with opened(place.where) as storage:

        async def write(mine: list[dict[str, list[Row]]], storage: Storage) -> None:
            for batch in mine:
                async with storage.transaction("any") as transaction:
                    for table, rows in batch.items():
                        if table != left_out:
                            await transaction.insert(table, rows)

        return await _together(place, [partial(write, batches[n::TILLS], storage) for n in range(TILLS)])


async def _together(place: Place, work: list[Callable[[], Awaitable[None]]]) -> Cost:
    began, ours, theirs = time.perf_counter(), time.process_time(), place.server_s()
    async with anyio.create_task_group() as tasks:
        for one in work:
            tasks.start_soon(one)
    return Cost(time.perf_counter() - began, time.process_time() - ours, place.server_s() - theirs)


@contextmanager
def _places(name: str) -> Iterator[Callable[[], Place]]:
    """Gives new empty storages of one kind."""
    with tempfile.TemporaryDirectory(prefix="tillkeeper-hq-") as folder:
        made = iter(range(1_000))
        if name == "SQLite":
            yield lambda: Place(str(Path(folder) / f"hq{next(made)}.sqlite"), lambda: 0.0)
            return
        cluster = Cluster().make()

        def database() -> Place:
            name = f"bench_{next(made)}"
            asked = ("-h", "127.0.0.1", "-p", cluster.port, "-U", "hq", "-d", "postgres")
            cluster.run("psql", *asked, "-c", f"CREATE DATABASE {name}")
            return Place(cluster.url(name), cluster.processor_s)

        try:
            yield database
        finally:
            cluster.close()


def bench_storages(runs: int = 3, count: int = 8_000) -> list[Figure]:
    """Receipts a second on each storage, and what share of a bare write that is. PostgreSQL only where it can run."""
    work = {f"till-{n}": _batches(f"till-{n}", count // TILLS) for n in range(TILLS)}
    figures = []
    for name in ("SQLite", "PostgreSQL"):
        taken, facts, all_rows = [], [], []
        try:
            with _places(name) as place:
                for _ in range(runs):
                    spent, rows = anyio.run(_taken, place(), work)
                    taken.append(spent)
                    facts.append(anyio.run(_bare, place(), rows, SUMS))
                    all_rows.append(anyio.run(_bare, place(), rows, ""))
        except NoPostgres as missing:
            figures.append(Figure(f"HQ on {name}", 0, "receipts/s", against=f"cannot run here: {missing}"))
            continue
        figures += _figures(name, count, taken, facts, all_rows)
    return figures


def _figures(name: str, count: int, taken: list[Cost], facts: list[Cost], all_rows: list[Cost]) -> list[Figure]:
    """By the clock against the goals; by processor time beside it, which a busy machine falsifies less."""
    how = f"{TILLS} tills, signed batches of {BATCH}, ten lines; fsync on; tills, HQ and its database on one machine"
    server = statistics.median(one.server_s for one in taken) / count * 1e6
    ours = f"tills and HQ, one process; its database beside it: {server:.0f} us a receipt"
    bare = "the same rows of facts by INSERT or COPY alone, as many transactions"

    def share(of: list[Cost], part: Callable[[Cost], float]) -> list[float]:
        return [part(alone) / part(whole) for alone, whole in zip(of, taken, strict=True)]

    def wall(cost: Cost) -> float:
        return cost.wall_s

    def processor(cost: Cost) -> float:
        return cost.process_s + cost.server_s

    rates = [count / one.wall_s for one in taken]
    us = [one.process_s / count * 1e6 for one in taken]
    least = AT_LEAST_OF_BARE
    return [
        of_runs(f"HQ on {name}", rates, "receipts/s", digits=0, at_least=AT_LEAST_A_SECOND, against=how),
        of_runs(f"HQ on {name}, processor a receipt", us, "us", digits=0, at_most=MOST_US, against=ours),
        of_runs(f"HQ on {name}, of bare facts", share(facts, wall), "x", at_least=least, against=bare),
        of_runs(f"HQ on {name}, of bare rows", share(all_rows, wall), "x", against="those and a row of each stock sum"),
        of_runs(f"HQ on {name}, of bare facts by processor", share(facts, processor), "x", at_least=least,
                against="processor time of process and database"),
    ]  # fmt: skip
