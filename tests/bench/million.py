"""The catalogue the benches sell from: a million products, imported once a process and cleared at its end.

From $TILLKEEPER_CATALOGUE (a TSV), else from ../shared, else made up by sync/store/catalogue_sample.py.
"""

from __future__ import annotations

import functools
import gzip
import os
import random
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sync.store.catalogue import Catalogue, Shelf
from sync.store.catalogue_import import import_catalogue
from sync.store.catalogue_sample import write_sample

PRODUCTS = 1_000_000
GIVEN = Path(__file__).parents[3] / "shared" / "data" / "catalog_1m.tsv.gz"
_PLACES: list[tempfile.TemporaryDirectory[str]] = []


@dataclass(frozen=True, slots=True)
class Imported:
    """A data directory with the catalogue in force, and what the import cost."""

    directory: Path
    products: int
    took_s: float
    cpu_s: float
    source: str


@contextmanager
def source_of(products: int = PRODUCTS) -> Iterator[Path]:
    """The file of so many products; a smaller one is always made up."""
    source = Path(os.environ.get("TILLKEEPER_CATALOGUE", GIVEN))
    if products == PRODUCTS and source.exists():
        yield source
        return
    with tempfile.TemporaryDirectory(prefix="tillkeeper-goods-") as place:
        made = Path(place) / "sample.tsv.gz"
        with gzip.open(made, "wt", compresslevel=1, encoding="utf-8") as out:
            write_sample(out, products)
        yield made


@functools.cache
def imported(products: int = PRODUCTS) -> Imported:
    """The catalogue of so many products; a smaller one is always made up."""
    _PLACES.append(tempfile.TemporaryDirectory(prefix="tillkeeper-bench-"))
    place = Path(_PLACES[-1].name)
    source = Path(os.environ.get("TILLKEEPER_CATALOGUE", GIVEN))
    said = source.name
    if products != PRODUCTS or not source.exists():
        source, said = place / "sample.tsv.gz", "made up"
        with gzip.open(source, "wt", compresslevel=1, encoding="utf-8") as out:
            write_sample(out, products)
    began, cpu = time.perf_counter(), time.process_time()
    report = import_catalogue(source, place / "data")
    took = time.perf_counter() - began, time.process_time() - cpu
    return Imported(place / "data", report.imported, *took, said)


class Opened:
    """The catalogue, open: `with Opened(products) as catalogue`."""

    def __init__(self, products: int = PRODUCTS) -> None:
        self._shelf = Shelf(imported(products).directory)

    def __enter__(self) -> Catalogue:
        catalogue = self._shelf.catalogue()
        assert catalogue is not None
        return catalogue

    def __exit__(self, *_: object) -> None:
        self._shelf.close()


def codes(catalogue: Catalogue, count: int) -> list[str]:
    """Barcodes from everywhere in the catalogue, in a fixed random order."""
    with sqlite3.connect(f"file:{catalogue.path}?mode=ro", uri=True) as connection:
        step = max(1, catalogue.count() // count)
        found = [row[0] for row in connection.execute("SELECT barcode FROM product WHERE id % ? = 0", (step,))]
    random.Random(1).shuffle(found)
    return found[:count]
