"""The catalogue: a file of its own that is only read, and replaced as a whole.

    DIR/catalogue.current       one line: the name of the file in force
    DIR/catalogue-SHA.db        products and their search index; never changed after it was put there

A bad catalogue can be thrown away without touching a sale, and the till opens a million products without reading them.
Readers open the file as immutable: no locks, no log, one prepared statement.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any
from urllib.parse import quote

import apsw

from fiscal.document import Subject, TaxSystem
from fiscal.product import Product
from fiscal.vat import VatRate
from sync.store import barcodes, search
from sync.store.failures import Damaged, NewerSchema

POINTER = "catalogue.current"
SCHEMA = 1
APPLICATION = 0x746B6361  # "tkca"
PAGE_CACHE_KIB = 4_096  # a lookup touches four pages; the operating system caches the rest

TABLE = """
CREATE TABLE product (
  id INTEGER PRIMARY KEY,
  barcode TEXT NOT NULL UNIQUE,   -- sync/store/barcodes.key
  name TEXT NOT NULL,
  price_minor INTEGER NOT NULL,
  vat INTEGER NOT NULL,           -- tag 1199
  measure INTEGER NOT NULL,
  seller TEXT NOT NULL,
  tax_system INTEGER NOT NULL,
  subject INTEGER NOT NULL,
  marked_group TEXT NOT NULL,
  age INTEGER NOT NULL,
  least_price_minor INTEGER NOT NULL,
  greatest_price_minor INTEGER NOT NULL,
  discountable INTEGER NOT NULL,
  department INTEGER NOT NULL,
  category TEXT NOT NULL,
  brand TEXT NOT NULL
) STRICT
"""
_COLUMNS = (
    "barcode, name, price_minor, vat, measure, seller, tax_system, subject, marked_group, age, least_price_minor,"
    " greatest_price_minor, discountable, department"
)
_BY_BARCODE = f"SELECT {_COLUMNS} FROM product WHERE barcode = ?"
_BY_ID = f"SELECT {_COLUMNS} FROM product WHERE id = ?"

BY_CATEGORY = "CREATE INDEX product_category ON product (category, name)"
"""Made at the end of an import; a catalogue imported before it had one is read through instead."""
_CATEGORIES = "SELECT category, count(*) FROM product GROUP BY category"
_OF_CATEGORY = f"SELECT {_COLUMNS}, category FROM product WHERE category >= ? AND category < ? ORDER BY category, name"
PARTS = "/"
"""What stands between a category and its parts: `Toys/Dolls`."""

_VAT = {rate.tag_1199: rate for rate in VatRate}
_TAX_SYSTEM = {system.value: system for system in TaxSystem}
_SUBJECT = {subject.value: subject for subject in Subject}


class Catalogue:
    """One catalogue file, open for reading."""

    def __init__(self, connection: apsw.Connection, path: Path) -> None:
        self._connection = connection
        self.path = path
        self._categories: list[tuple[str, int]] | None = None

    @classmethod
    def open(cls, path: Path) -> Catalogue:
        """Opens without reading it through; raises Damaged or NewerSchema."""
        address = f"file:{quote(str(path))}?immutable=1"
        try:
            connection = apsw.Connection(address, flags=apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI)
        except apsw.CantOpenError as error:
            raise FileNotFoundError(path) from error
        try:
            connection.execute(f"PRAGMA cache_size = -{PAGE_CACHE_KIB}")
            application = connection.execute("PRAGMA application_id").get
            version = connection.execute("PRAGMA user_version").get
        except apsw.Error as error:
            connection.close()
            raise Damaged(str(path), str(error)) from error
        if application != APPLICATION or version != SCHEMA:
            connection.close()
            if application == APPLICATION and version > SCHEMA:
                raise NewerSchema(str(path), version, SCHEMA)
            raise Damaged(str(path), "it is not a catalogue of this program")
        return cls(connection, path)

    def close(self) -> None:
        self._connection.close()

    def count(self) -> int:
        """How many products there are, from the last row's number: no scan."""
        return int(self._connection.execute("SELECT coalesce(max(id), 0) FROM product").get)

    def product(self, barcode: str) -> Product | None:
        """The product of a scanned barcode (8, 12, 13 or 14 digits, or the shop's own)."""
        row = self._connection.execute(_BY_BARCODE, (barcodes.key(barcode),)).fetchone()
        return None if row is None else _product(row)

    def categories(self) -> list[tuple[str, int]]:
        """The uppermost categories and how many products each has, the greatest first. Read once."""
        if self._categories is None:
            counts: dict[str, int] = {}
            for category, count in self._connection.execute(_CATEGORIES):
                top = category.partition(PARTS)[0]
                if top:
                    counts[top] = counts.get(top, 0) + count
            self._categories = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
        return self._categories

    def of_category(self, category: str, offset: int, limit: int) -> list[tuple[Product, str]]:
        """Products of an uppermost category by name, with their whole category; "" is every product, in the order of
        the catalogue."""
        if not category:
            rows = self._connection.execute(
                f"SELECT {_COLUMNS}, category FROM product LIMIT ? OFFSET ?", (limit, offset)
            )
            return [(_product(row[:-1]), row[-1]) for row in rows]
        upto = category + "\U0010ffff"
        rows = self._connection.execute(f"{_OF_CATEGORY} LIMIT ? OFFSET ?", (category, upto, limit, offset))
        return [(_product(row[:-1]), row[-1]) for row in rows if row[-1].partition(PARTS)[0] == category]

    def search(self, text: str, limit: int = 20) -> list[Product]:
        """Products for what a person typed so far, nearest first (sync/store/search.py). Empty text finds nothing."""
        rows = [row for id in search.find(self._connection, text) for row in self._connection.execute(_BY_ID, (id,))]
        words = search.folded_words(text)
        rows.sort(key=lambda row: search.rank(words, row[1]))
        return [_product(row) for row in rows[:limit]]


class Shelf:
    """Where the catalogue in force is found; a new one is noticed at the next question, the old one is let go."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._pointer = directory / POINTER
        self._seen: tuple[int, int] | None = None
        self._open: Catalogue | None = None

    def catalogue(self) -> Catalogue | None:
        """The catalogue in force, or None before the first import."""
        try:
            status = self._pointer.stat()
        except FileNotFoundError:
            return self._open
        now = (status.st_ino, status.st_mtime_ns)
        if now != self._seen:
            fresh = Catalogue.open(self._directory / self._pointer.read_text(encoding="utf-8").strip())
            old, self._open, self._seen = self._open, fresh, now
            if old is not None:
                # Its last reader gives a deleted file's pages back: measured 30 ms with 200,000 products, in which a
                # polled device would wait.
                threading.Thread(target=old.close, name="old catalogue", daemon=True).start()
        return self._open

    def close(self) -> None:
        if self._open is not None:
            self._open.close()
        self._open, self._seen = None, None


def _product(row: tuple[Any, ...]) -> Product:
    barcode, name, price, vat, measure, seller, tax, subject, group, age, least, greatest, discountable, department = (
        row
    )
    return Product(
        barcode,
        name,
        price,
        _VAT[vat],
        measure,
        seller,
        _TAX_SYSTEM[tax],
        _SUBJECT[subject],
        group,
        age,
        least,
        greatest,
        discountable == 1,
        department,
    )
