"""How fast HQ takes receipts: batches of 500 with ten lines each, through the whole app, onto a real file with FULL."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import anyio
import httpx
import msgspec
import zstandard

from cloud_api.app import start_hq
from cloud_api.settings import DeviceEntry, Settings
from cloud_api.store.devices import key_hash
from sync.wire.edge_log import GENESIS, MAX_ITEMS, Item, Push, chain
from sync.wire.facts import Sale, SaleDocument, SaleLine, SalePayment
from tests.bench.figure import Figure, of_runs

KEY = "a-key-of-the-bench-only"
RECEIPTS, LINES = 10_000, 10
START_MS = 1_795_251_600_000


def _receipt(n: int) -> Sale:
    """Ten lines with names and sums that differ, so that compression has real work."""
    lines = []
    for place in range(LINES):
        code = (n * 7_919 + place * 104_729) % 999_983
        price = 1_000 + code % 90_000
        name = f"Товар {code:x} артикул {place}"
        lines.append(SaleLine(f"46{code:011d}", name, 1000, price, price, "V22"))
    total = sum(line.sum for line in lines)
    return Sale(
        id=f"01JD{n:022d}",
        till="Касса 1",
        number=f"{n:04d}",
        act="sale",
        state="closed",
        shift=n // 300,
        cashier="Анна",
        opened_ms=START_MS + n * 90_000 - 40_000,
        closed_ms=START_MS + n * 90_000,
        total=total,
        lines=lines,
        payments=[SalePayment("card", total, f"a{n}", "52500038", n, "4321", "Мир", f"{n:06d}", "booked")],
        documents=[
            SaleDocument("ООО Мишка", "0001", "9960440300", n, n * 40_503 % 2**32, total, "2026-11-21T12:00", 1)
        ],
    )


def _batches(count: int) -> Iterator[bytes]:
    packer = zstandard.ZstdCompressor(level=3)
    previous, items = GENESIS, []
    for n in range(1, count + 1):
        body = msgspec.json.encode(_receipt(n))
        previous = chain(previous, f"i{n}", "sale", 1, body)
        items.append(Item(n, f"i{n}", "sale", 1, START_MS, previous, msgspec.Raw(body)))
        if len(items) == MAX_ITEMS or n == count:
            yield packer.compress(msgspec.json.encode(Push("till", 1, items[0].seq, items)))
            items = []


async def _drain(path: Path, batches: list[bytes], count: int) -> float:
    entry = DeviceEntry("till", "Магазин", "Касса 1", key_hash(KEY))
    hq = await start_hq(Settings(database=str(path), devices=(entry,)), now_ms=lambda: START_MS)
    headers = {"authorization": f"Bearer {KEY}", "content-encoding": "zstd"}
    transport = httpx.ASGITransport(app=hq)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        began = time.perf_counter()
        for body in batches:
            answer = await client.post("/v1/push/sales", content=body, headers=headers)
            answer.raise_for_status()
        spent = time.perf_counter() - began
    stored = await hq.storage.number("SELECT count(*) FROM sale")
    await hq.storage.close()
    if stored != count:
        raise RuntimeError(f"HQ stored {stored} of {count} receipts")
    return spent


def bench_ingest(runs: int = 5, count: int = RECEIPTS) -> list[Figure]:
    """Receipts a second taken by HQ alone, ten lines each, one till draining its queue."""
    batches = list(_batches(count))
    rates = []
    for _ in range(runs):
        with tempfile.TemporaryDirectory(prefix="tillkeeper-hq-") as folder:
            rates.append(count / anyio.run(_drain, Path(folder) / "hq.sqlite", batches, count))
    wire = sum(map(len, batches)) / count
    against = "no network: the app called in one process; FULL before each acknowledgement"
    return [
        of_runs("HQ alone takes ten-line receipts", rates, "receipts/s", digits=0, against=against),
        Figure("a ten-line receipt in its batch", round(wire, 1), "bytes", at_most=400, against="bodies only"),
    ]
