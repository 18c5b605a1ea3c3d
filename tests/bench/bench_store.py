"""Figures of the store: a durable commit against bare sqlite3, a lookup and a search among a million products.

Each function returns {"name", "value", "unit", "goal", "against", ...}; ratios are taken in one run, alternating, so
that a noisy machine is noisy for both. The million comes from $TILLKEEPER_CATALOGUE (a TSV), else from ../shared, else
it is made up.
"""

from __future__ import annotations

import functools
import gzip
import json
import os
import random
import resource
import sqlite3
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import anyio

from sync.store.batch import Batch, Command, Entry, Outgoing, SaleRow, StockMove
from sync.store.catalogue import Catalogue, Shelf
from sync.store.catalogue_import import import_catalogue
from sync.store.catalogue_sample import write_sample
from sync.store.migrations import MIGRATIONS
from sync.store.search import folded_words
from sync.store.store import open_store

Figure = dict[str, Any]
PRODUCTS = 1_000_000
GIVEN = Path(__file__).parents[3] / "shared" / "data" / "catalog_1m.tsv.gz"
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


def bench_commit(commits: int = 1_000) -> Figure:
    """Median of a ten-line sale through Store.commit over that of the same rows by bare sqlite3, FULL, alternating."""

    async def run(place: Path) -> tuple[list[float], list[float]]:
        ours: list[float] = []
        bare: list[float] = []
        connection = sqlite3.connect(place / "bare.db", isolation_level=None)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
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

    with tempfile.TemporaryDirectory() as place:
        ours, bare = anyio.run(run, Path(place))
    return {
        "name": "durable commit of a ten-line sale",
        "value": round(statistics.median(ours) / statistics.median(bare), 2),
        "unit": "x",
        "goal": "<= 1.5",
        "against": "the same rows by bare sqlite3, synchronous=FULL",
        "ours_ms": round(statistics.median(ours) * 1e3, 3),
        "bare_ms": round(statistics.median(bare) * 1e3, 3),
        "ours_p99_ms": round(_quantile(ours, 0.99) * 1e3, 3),
        "bare_p99_ms": round(_quantile(bare, 0.99) * 1e3, 3),
    }


def bench_lookup(lookups: int = 5_000) -> Figure:
    """Median of Catalogue.product over the median of a bare sqlite3 point query on the same file."""
    with _million() as catalogue:
        codes = _codes(catalogue, lookups)
        connection = sqlite3.connect(f"file:{catalogue.path}?mode=ro", uri=True)
        question = "SELECT * FROM product WHERE barcode = ?"
        bare = _timed(lambda code: connection.execute(question, (code,)).fetchone(), codes)
        ours = _timed(catalogue.product, codes)
        bare += _timed(lambda code: connection.execute(question, (code,)).fetchone(), codes)
        ours += _timed(catalogue.product, codes)
        connection.close()
    return {
        "name": "barcode lookup among a million",
        "value": round(statistics.median(ours) / statistics.median(bare), 2),
        "unit": "x",
        "goal": "<= 3, p99 < 50 us",
        "against": "bare sqlite3 point query on the same file",
        "ours_us": round(statistics.median(ours) * 1e6, 1),
        "bare_us": round(statistics.median(bare) * 1e6, 1),
        "p99_us": round(_quantile(ours, 0.99) * 1e6, 1),
    }


def bench_search(products: int = 400) -> Figure:
    """p95 of Catalogue.search over what people type: words, beginnings, several in any order, the commonest ones."""
    with _million() as catalogue:
        typed = _typed(catalogue, products)
        taken = _timed(catalogue.search, typed)
    slowest = max(range(len(taken)), key=taken.__getitem__)
    return {
        "name": "search while typing among a million",
        "value": round(_quantile(taken, 0.95) * 1e3, 2),
        "unit": "ms p95",
        "goal": "<= 30",
        "against": f"{len(typed)} questions, common words among them",
        "median_ms": round(statistics.median(taken) * 1e3, 2),
        "worst_ms": round(taken[slowest] * 1e3, 1),
        "worst": typed[slowest],
        "resident_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


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


class _million:
    """The catalogue of a million, imported once a process into a place that is cleared at its end."""

    def __enter__(self) -> Catalogue:
        self._shelf = Shelf(_imported())
        catalogue = self._shelf.catalogue()
        assert catalogue is not None
        return catalogue

    def __exit__(self, *_: object) -> None:
        self._shelf.close()


_PLACES: list[tempfile.TemporaryDirectory[str]] = []


@functools.cache
def _imported() -> Path:
    _PLACES.append(tempfile.TemporaryDirectory(prefix="tillkeeper-bench-"))
    place = Path(_PLACES[0].name)
    source = Path(os.environ.get("TILLKEEPER_CATALOGUE", GIVEN))
    if not source.exists():
        source = place / "sample.tsv.gz"
        with gzip.open(source, "wt", compresslevel=1, encoding="utf-8") as out:
            write_sample(out, PRODUCTS)
    import_catalogue(source, place / "data")
    return place / "data"


def _codes(catalogue: Catalogue, count: int) -> list[str]:
    with sqlite3.connect(f"file:{catalogue.path}?mode=ro", uri=True) as connection:
        step = max(1, catalogue.count() // count)
        codes = [row[0] for row in connection.execute("SELECT barcode FROM product WHERE id % ? = 0", (step,))]
    random.Random(1).shuffle(codes)
    return codes[:count]


def _typed(catalogue: Catalogue, products: int) -> list[str]:
    rng = random.Random(2)
    typed: list[str] = []
    seen: dict[str, int] = {}
    for code in _codes(catalogue, products * 10):
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


def _quantile(values: list[float], share: float) -> float:
    return sorted(values)[int(len(values) * share)]


if __name__ == "__main__":
    for bench in (bench_commit, bench_lookup, bench_search):
        print(json.dumps(bench(), ensure_ascii=False))
