"""The catalogue: a file of its own that is only read here, and replaced as a whole.

    DIR/catalogue.current       one line: the name of the file in force
    DIR/catalogue-SHA.db        imported by a person; never changed after it was put there
    DIR/catalogue-hq-*.db       from HQ, which keeps it up to date (sync/store/fed_catalogue.py)

A bad catalogue can be thrown away without touching a sale, and the till opens a million products without reading them.
Readers open an imported file as immutable: no locks, no log, one prepared statement. A fed file has dated prices and
tax systems beside the products; the store's clock says which are in force.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import apsw

from fiscal.document import Subject, TaxSystem
from fiscal.product import Product
from fiscal.vat import VatRate
from sync.store import search
from sync.store.dated_terms import StoreClock, goods_change, price_now, regime_now
from sync.store.failures import CatalogueDamaged, Damaged, NewerSchema
from sync.store.feed_place import Aside, aside
from sync.wire import barcodes

POINTER = "catalogue.current"
FED_NAME = "catalogue-hq-"
"""What the name of a fed file begins with."""
SCHEMA = 1
FED_SCHEMA = 2
"""`user_version` of a fed file."""
DAMAGED_MARK = ".damaged"
"""After a fed file's name: whoever reads it met a page that cannot be read. It goes when another file is in force."""
_UNREADABLE = (apsw.CorruptError, apsw.NotADBError, KeyError, UnicodeDecodeError)
"""What a page gives whose bytes the disk has changed: no row, or a row no program has written."""
APPLICATION = 0x746B6361  # "tkca"
BUSY_MS = 200  # a reader waits for nobody but a log that is being made anew after a crash
PAGE_CACHE_KIB = 4_096  # a lookup touches four pages; the operating system caches the rest

TABLE = """
CREATE TABLE product (
  id INTEGER PRIMARY KEY,
  barcode TEXT NOT NULL UNIQUE,   -- sync/wire/barcodes.key
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

    def __init__(self, connection: apsw.Connection, path: Path, clock: StoreClock | None = None) -> None:
        """`clock` says what is in force of a fed file; an imported one has nothing dated."""
        self._connection = connection
        self.path = path
        self._clock = clock
        self._categories: list[tuple[str, int]] | None = None
        self._counted_at = -1

    @classmethod
    def open(cls, path: Path, clock: StoreClock | None = None) -> Catalogue:
        """Opens without reading it through; raises Damaged or NewerSchema. Without a clock (a report, a bench) a fed
        file shows its undated prices."""
        fed = path.name.startswith(FED_NAME)
        address = f"file:{quote(str(path))}" + ("" if fed else "?immutable=1")
        try:
            connection = apsw.Connection(address, flags=apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI)
        except apsw.CantOpenError as error:
            raise FileNotFoundError(path) from error
        try:
            connection.set_busy_timeout(BUSY_MS)
            connection.execute(f"PRAGMA cache_size = -{PAGE_CACHE_KIB}")
            application = connection.execute("PRAGMA application_id").get
            version = connection.execute("PRAGMA user_version").get
        except apsw.Error as error:
            connection.close()
            raise Damaged(str(path), str(error)) from error
        if application != APPLICATION or version != (FED_SCHEMA if fed else SCHEMA):
            connection.close()
            if application == APPLICATION and version > FED_SCHEMA:
                raise NewerSchema(str(path), version, FED_SCHEMA)
            raise Damaged(str(path), "it is not a catalogue of this program")
        return cls(connection, path, clock if fed else None)

    def close(self) -> None:
        self._connection.close()

    @contextmanager
    def _readable(self) -> Iterator[None]:
        """What cannot be read becomes CatalogueDamaged; whoever fetches from HQ is told by a mark beside the file."""
        try:
            yield
        except _UNREADABLE as error:
            if self.fed:
                with suppress(OSError):  # a disk that is full: the next reader tries again
                    self.path.with_name(self.path.name + DAMAGED_MARK).touch()
            raise CatalogueDamaged(self.path.name, f"{type(error).__name__}: {error}") from error

    def count(self) -> int:
        """How many products there are: of an imported file from the last row's number, without a scan."""
        counted = "count(*)" if self.fed else "coalesce(max(id), 0)"
        return int(self._connection.execute(f"SELECT {counted} FROM product").get)

    @property
    def fed(self) -> bool:
        """Does HQ keep it up to date?"""
        return self.path.name.startswith(FED_NAME)

    def put_aside(self) -> list[Aside]:
        """Rows of HQ that make no sense, for a person; the newest ones."""
        return aside(self._connection) if self.fed else []

    def product(self, barcode: str) -> Product | None:
        """The product of a scanned barcode (8, 12, 13 or 14 digits, or the shop's own). Raises CatalogueDamaged, as
        every question here does."""
        with self._readable():
            row = self._connection.execute(_BY_BARCODE, (barcodes.key(barcode),)).fetchone()
            return None if row is None else self._now(_product(row))

    def _now(self, product: Product) -> Product:
        """With the price and the tax system that are in force by the store's clock."""
        if self._clock is None:
            return product
        price = price_now(self._connection, product.barcode, self._clock.now_ms())
        regime = regime_now(self._connection, product.seller, self._clock.local().date())
        if price is not None:
            product = replace(product, price_minor=price)
        if regime is not None:
            tax_system, vat = regime
            product = replace(product, tax_system=_TAX_SYSTEM[tax_system], vat=_VAT[vat] if vat else product.vat)
        return product

    def categories(self) -> list[tuple[str, int]]:
        """The uppermost categories and how many products each has, the greatest first. Counted when goods changed."""
        with self._readable():
            return self._counted_categories()

    def _counted_categories(self) -> list[tuple[str, int]]:
        change = goods_change(self._connection) if self.fed else 0
        if self._categories is None or change != self._counted_at:
            self._counted_at = change
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
        with self._readable():
            if not category:
                every = f"SELECT {_COLUMNS}, category FROM product LIMIT ? OFFSET ?"
                rows = self._connection.execute(every, (limit, offset))
                return [(self._now(_product(row[:-1])), row[-1]) for row in rows]
            upto = category + "\U0010ffff"
            rows = self._connection.execute(f"{_OF_CATEGORY} LIMIT ? OFFSET ?", (category, upto, limit, offset))
            mine = (row for row in rows if row[-1].partition(PARTS)[0] == category)
            return [(self._now(_product(row[:-1])), row[-1]) for row in mine]

    def search(self, text: str, limit: int = 20) -> list[Product]:
        """Products for what a person typed so far, nearest first (sync/store/search.py). Empty text finds nothing."""
        with self._readable():
            found = search.find(self._connection, text)
            rows = [row for id in found for row in self._connection.execute(_BY_ID, (id,))]
            words = search.folded_words(text)
            rows.sort(key=lambda row: search.rank(words, row[1]))
            return [self._now(_product(row)) for row in rows[:limit]]


class Shelf:
    """Where the catalogue in force is found; a new one is noticed at the next question, the old one is let go."""

    def __init__(self, directory: Path, clock: StoreClock | None = None) -> None:
        """`clock`: the store's, for what is dated (see `Catalogue.open`)."""
        self._directory = directory
        self._clock = clock
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
            name = self._pointer.read_text(encoding="utf-8").strip()
            fresh = Catalogue.open(self._directory / name, self._clock)
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
