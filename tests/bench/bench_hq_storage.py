"""What HQ's own work costs on either storage: batches of 100 receipts with ten lines each, through the whole app, held
against the same rows written into the same tables by nothing but INSERT or COPY, in the same run."""

from __future__ import annotations

import tempfile
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import httpx
import msgspec
import zstandard

from cloud_api.app import start_hq
from cloud_api.settings import DeviceEntry, Settings
from cloud_api.storage.opening import opened
from cloud_api.storage.storage import Row, Storage
from cloud_api.store.devices import key_hash
from sync.wire.edge_log import GENESIS, Item, Push, chain
from tests.bench.bench_hq import START_MS, _receipt
from tests.bench.figure import Figure, of_runs
from tests.cloud_api.postgres_cluster import Cluster, NoPostgres

TILLS, BATCH = 4, 100
AT_LEAST_A_SECOND, AT_LEAST_OF_BARE = 5_000, 0.4
TABLES = ("item", "sale", "sale_line", "sale_payment", "sale_document")


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


async def _taken(where: str, work: dict[str, list[bytes]]) -> tuple[float, list[dict[str, list[Row]]]]:
    """Seconds HQ needs, and the rows it wrote, by batch."""
    devices = tuple(DeviceEntry(till, f"Магазин {till}", till, key_hash(f"key-of-{till}-0123456789")) for till in work)
    hq = await start_hq(Settings(database=where, devices=devices), now_ms=lambda: START_MS)

    async def push(till: str, client: httpx.AsyncClient) -> None:
        headers = {"authorization": f"Bearer key-of-{till}-0123456789", "content-encoding": "zstd"}
        for body in work[till]:
            (await client.post("/v1/push/sales", content=body, headers=headers)).raise_for_status()

    transport = httpx.ASGITransport(app=hq)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        spent = await _together([partial(push, till, client) for till in work])
    rows: dict[Any, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for table in TABLES:
        place = 4 if table == "item" else 3
        for row in await hq.storage.rows(f"SELECT * FROM {table}"):
            rows[row[1], (row[place] - 1) // BATCH][table].append(row)
    batches = list(rows.values())
    for place, row in enumerate(await hq.storage.rows("SELECT * FROM stock_sum")):
        batches[place % len(batches)]["stock_sum"].append(row)
    await hq.storage.close()
    return spent, batches


async def _bare(where: str, batches: list[dict[str, list[Row]]]) -> float:
    async with opened(where) as storage:

        async def write(mine: list[dict[str, list[Row]]], storage: Storage) -> None:
            for batch in mine:
                async with storage.transaction("any") as transaction:
                    for table, rows in batch.items():
                        await transaction.insert(table, rows)

        return await _together([partial(write, batches[n::TILLS], storage) for n in range(TILLS)])


async def _together(work: list[Callable[[], Awaitable[None]]]) -> float:
    began = time.perf_counter()
    async with anyio.create_task_group() as tasks:
        for one in work:
            tasks.start_soon(one)
    return time.perf_counter() - began


@contextmanager
def _places(name: str) -> Iterator[Callable[[], str]]:
    """Gives new empty storages of one kind."""
    with tempfile.TemporaryDirectory(prefix="tillkeeper-hq-") as folder:
        made = iter(range(1_000))
        if name == "SQLite":
            yield lambda: str(Path(folder) / f"hq{next(made)}.sqlite")
            return
        cluster = Cluster().make()

        def database() -> str:
            place = f"bench_{next(made)}"
            cluster.run(
                "psql",
                "-h",
                "127.0.0.1",
                "-p",
                cluster.port,
                "-U",
                "hq",
                "-d",
                "postgres",
                "-c",
                f"CREATE DATABASE {place}",
            )
            return cluster.url(place)

        try:
            yield database
        finally:
            cluster.close()


def bench_storages(runs: int = 3, count: int = 8_000) -> list[Figure]:
    """Receipts a second on each storage, and what share of a bare write that is. PostgreSQL only where it can run."""
    work = {f"till-{n}": _batches(f"till-{n}", count // TILLS) for n in range(TILLS)}
    figures = []
    for name in ("SQLite", "PostgreSQL"):
        rates, shares = [], []
        try:
            with _places(name) as place:
                for _ in range(runs):
                    spent, rows = anyio.run(_taken, place(), work)
                    bare = anyio.run(_bare, place(), rows)
                    rates.append(count / spent)
                    shares.append(bare / spent)
        except NoPostgres as missing:
            figures.append(Figure(f"HQ on {name}", 0, "receipts/s", against=f"cannot run here: {missing}"))
            continue
        against = f"{TILLS} tills, batches of {BATCH}, ten lines; fsync on; one process and its database on one machine"
        figures += [
            of_runs(f"HQ on {name}", rates, "receipts/s", digits=0, at_least=AT_LEAST_A_SECOND, against=against),
            of_runs(
                f"HQ on {name}, of bare writes",
                shares,
                "x",
                at_least=AT_LEAST_OF_BARE,
                against="the same rows by INSERT or COPY alone, as many transactions",
            ),
        ]
    return figures
