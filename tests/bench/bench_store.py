"""Figures of the store: a durable commit against bare sqlite3, a lookup and a search among a million, the import.

Ratios are taken in one run, call by call in turn, so that a noisy machine is noisy for both.
"""

from __future__ import annotations

import json
import random
import sqlite3
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import anyio

from sync.store.batch import Batch, Command, Entry, Outgoing, SaleRow, StockMove
from sync.store.catalogue import Catalogue
from sync.store.database import CHECKPOINT_PAGES
from sync.store.migrations import MIGRATIONS
from sync.store.search import folded_words
from sync.store.store import open_store
from tests.bench.figure import Figure, of_runs, quantile
from tests.bench.million import PRODUCTS, Opened, codes, imported

LINES = [
    {"sku": f"46070123300{n:02d}", "name": f"Товар {n}", "qty": 1000, "price": 12990, "sum": 12990, "vat": "22"}
    for n in range(10)
]


def ten_line_sale(number: int) -> Batch:
    """What closing a sale commits: two events, the item for HQ, ten moves, the sale's row, the command."""
    id = f"018f0000-0000-7000-8000-{number:012d}"
    body = json.dumps({"id": id, "till": "t1", "lines": LINES, "total": 129_900}, separators=(",", ":")).encode()
    return Batch(
        entries=(Entry("sealed", "t1", b'{"document":1}', id), Entry("closed", "t1", body, id)),
        command=Command(f"c{number}", "t1", number, b'{"revision":1}'),
        outgoing=(Outgoing("sales", id, "sale", 1, body),),
        moves=tuple(StockMove(f"sku{(number * 7 + n) % 5_000}", "shop", -1000, "sale", id) for n in range(10)),
        sales=(SaleRow(id, "t1", str(number), "sale", "CLOSED", 1, 2, 129_900, 7, "", False),),
    )


def bench_commit(runs: int = 5, commits: int = 150) -> list[Figure]:
    """A ten-line sale through Store.commit over the same rows by bare sqlite3 with FULL, alternating."""
    ratios, ours_ms, bare_ms, late = [], [], [], []
    for _ in range(runs):
        with tempfile.TemporaryDirectory(prefix="tillkeeper-commit-") as place:
            ours, bare = anyio.run(_commits, Path(place), commits)
        ratios.append(statistics.median(ours) / statistics.median(bare))
        ours_ms.append(statistics.median(ours) * 1e3)
        bare_ms.append(statistics.median(bare) * 1e3)
        late.append(quantile(ours, 0.99) * 1e3)
    against = f"the same rows by bare sqlite3, FULL: {statistics.median(bare_ms):.2f} ms"
    more = {"ours_ms": round(statistics.median(ours_ms), 3), "ours_p99_ms": round(statistics.median(late), 2)}
    return [
        of_runs("durable commit of a ten-line sale", ratios, "x", at_most=1.5, against=against, more=more),
    ]


async def _commits(place: Path, commits: int) -> tuple[list[float], list[float]]:
    ours: list[float] = []
    bare: list[float] = []
    connection = sqlite3.connect(place / "bare.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")  # as often as ours
    for script in MIGRATIONS:
        connection.executescript(script)
    async with open_store(place / "data", device="d1", now_ms=lambda: 1) as store:
        for number in range(commits):
            batch = ten_line_sale(number)
            began = time.perf_counter()
            await store.commit(batch)
            ours.append(time.perf_counter() - began)
            began = time.perf_counter()
            _bare(connection, batch, number)
            bare.append(time.perf_counter() - began)
    connection.close()
    return ours, bare


def bench_lookup(runs: int = 5, lookups: int = 5_000, products: int = PRODUCTS) -> list[Figure]:
    """Catalogue.product over a bare sqlite3 point query on the same file, and its slowest hundredth."""
    ratios, ours_us, bare_us, late_us = [], [], [], []
    with Opened(products) as catalogue:
        asked = codes(catalogue, lookups)
        connection = sqlite3.connect(f"file:{catalogue.path}?mode=ro", uri=True)
        question = "SELECT * FROM product WHERE barcode = ?"
        _timed(catalogue.product, asked)  # the pages are in memory for both
        for _ in range(runs):
            ours, bare = [], []
            for first in range(0, len(asked), 100):
                some = asked[first : first + 100]
                bare += _timed(lambda code: connection.execute(question, (code,)).fetchone(), some)
                ours += _timed(catalogue.product, some)
            ratios.append(statistics.median(ours) / statistics.median(bare))
            ours_us.append(statistics.median(ours) * 1e6)
            bare_us.append(statistics.median(bare) * 1e6)
            late_us.append(quantile(ours, 0.99) * 1e6)
        connection.close()
    against = f"a bare sqlite3 point query on the same file: {statistics.median(bare_us):.1f} us"
    return [
        of_runs(f"barcode lookup among {products:,}", ratios, "x", at_most=3, against=against),
        of_runs("its slowest hundredth", late_us, "us p99", digits=1, at_most=50).with_more(
            median_us=round(statistics.median(ours_us), 1)
        ),
    ]


def bench_search(runs: int = 5, sought: int = 200, products: int = PRODUCTS) -> list[Figure]:
    """Catalogue.search over what people type: words, beginnings, several in any order, the commonest ones."""
    late, median, worst = [], [], (0.0, "")
    with Opened(products) as catalogue:
        typed = _typed(catalogue, sought)
        for _ in range(runs):
            taken = _timed(catalogue.search, typed)
            late.append(quantile(taken, 0.95) * 1e3)
            median.append(statistics.median(taken) * 1e3)
            worst = max(worst, max(zip(taken, typed, strict=True)))
    more = {"median_ms": round(statistics.median(median), 2), "worst_ms": round(worst[0] * 1e3, 1), "worst": worst[1]}
    against = f"{len(typed)} questions, common words among them"
    return [of_runs(f"search while typing among {products:,}", late, "ms p95", at_most=30, against=against, more=more)]


def bench_import(products: int = PRODUCTS) -> list[Figure]:
    """One import of the whole catalogue: the other benches use what it made."""
    made = imported(products)
    return [
        Figure(
            f"import of {made.products:,} products",
            round(made.took_s, 3),
            "s",
            against=f"{made.source}; {made.products / made.took_s:,.0f} products/s, {made.cpu_s:.1f} s on the CPU",
            more={"cpu_s": round(made.cpu_s, 3)},
        )
    ]


def _bare(connection: sqlite3.Connection, batch: Batch, number: int) -> None:
    """The rows of a batch, and nothing else: no chain, no check, no thread."""
    item, sale, command = batch.outgoing[0], batch.sales[0], batch.command
    assert command is not None
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany(
        "INSERT INTO journal VALUES (?, 1, ?, ?, ?, ?, ?)",
        [(number * 2 + n + 1, e.till, e.sale, e.kind, e.body, bytes(32)) for n, e in enumerate(batch.entries)],
    )
    connection.execute("INSERT INTO command VALUES (?, 't1', ?, ?, 1)", (command.id, command.revision, command.answer))
    connection.execute(
        "INSERT INTO outbox VALUES ('sales', ?, ?, 'sale', 1, 1, ?, ?)", (number + 1, item.id, "0" * 64, item.body)
    )
    connection.execute("INSERT OR REPLACE INTO stream_head VALUES ('sales', ?, ?, 0)", (number + 1, "0" * 64))
    connection.executemany(
        "INSERT INTO stock_move VALUES (?, 'shop', ?, 'sale', ?, 1)",
        [(move.sku, move.delta_thousandths, move.document) for move in batch.moves],
    )
    connection.executemany(
        "INSERT INTO stock_balance VALUES (?, 'shop', ?)"
        " ON CONFLICT (sku, location) DO UPDATE SET thousandths = thousandths + excluded.thousandths",
        [(move.sku, move.delta_thousandths) for move in batch.moves],
    )
    connection.execute(
        "INSERT INTO sale VALUES (?, 't1', ?, 'sale', 'CLOSED', 1, 2, ?, 7, '', 0)",
        (sale.id, sale.number, sale.total_minor),
    )
    connection.execute("COMMIT")


def _typed(catalogue: Catalogue, products: int) -> list[str]:
    rng = random.Random(2)
    typed: list[str] = []
    seen: dict[str, int] = {}
    for code in codes(catalogue, products * 10):
        product = catalogue.product(code)
        assert product is not None
        words = folded_words(product.name)
        for word in words:
            seen[word] = seen.get(word, 0) + 1
        if len(typed) >= products * 5 or not words:
            continue
        rng.shuffle(words)
        typed += [
            words[0],
            words[0][: rng.randint(1, 6)],
            " ".join(words[:2]),
            " ".join(word[: rng.randint(1, 4)] for word in words[:3]),
            code[: rng.randint(3, 13)],
        ]
    common = sorted(seen, key=lambda word: -seen[word])[:20]
    return typed + common + [f"{one} {two}" for one in common for two in common if one != two]


def _timed(call: Any, questions: list[str]) -> list[float]:
    taken = []
    for question in questions:
        began = time.perf_counter()
        call(question)
        taken.append(time.perf_counter() - began)
    return taken
