"""What is in force now of a fed catalogue: prices from a moment on, and a seller's tax system from a day on.

Both lie in the file before their time and take effect by the store's clock, whenever they arrived.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Protocol

import apsw
from msgspec.structs import astuple

from sync.wire.feed import AT_ONCE_MS, PriceRow, RegimeRow

TABLES = """
CREATE TABLE price (
  barcode TEXT NOT NULL, from_ms INTEGER NOT NULL, price_minor INTEGER NOT NULL, PRIMARY KEY (barcode, from_ms)
) STRICT, WITHOUT ROWID;
CREATE TABLE regime (
  seller TEXT NOT NULL, from_day TEXT NOT NULL, tax_system INTEGER NOT NULL, vat INTEGER NOT NULL,
  PRIMARY KEY (seller, from_day)
) STRICT, WITHOUT ROWID;
CREATE TABLE goods_change (one INTEGER PRIMARY KEY CHECK (one = 1), n INTEGER NOT NULL) STRICT;
INSERT INTO goods_change VALUES (1, 0);
"""
_DATED = "SELECT price_minor FROM price WHERE barcode = ? AND from_ms <= ? ORDER BY from_ms DESC LIMIT 1"
_REGIME = "SELECT tax_system, vat FROM regime WHERE seller = ? AND from_day <= ? ORDER BY from_day DESC LIMIT 1"


class StoreClock(Protocol):
    def now_ms(self) -> int:
        """UTC milliseconds since 1970."""
        ...

    def local(self) -> dt.datetime:
        """The store's wall clock."""
        ...


def put_prices(connection: apsw.Connection, rows: Iterable[PriceRow]) -> None:
    at_once = [(row.price_minor, row.barcode) for row in rows if row.from_ms == AT_ONCE_MS]
    dated = [(row.barcode, row.from_ms, row.price_minor) for row in rows if row.from_ms != AT_ONCE_MS]
    connection.executemany("UPDATE product SET price_minor = ? WHERE barcode = ?", at_once)
    connection.executemany("INSERT OR REPLACE INTO price VALUES (?, ?, ?)", dated)


def put_regimes(connection: apsw.Connection, rows: Iterable[RegimeRow]) -> None:
    connection.executemany("INSERT OR REPLACE INTO regime VALUES (?, ?, ?, ?)", [astuple(row) for row in rows])


def price_now(connection: apsw.Connection, barcode: str, now_ms: int) -> int | None:
    """The dated price in force; None: there is none, the price at once is."""
    row = connection.execute(_DATED, (barcode, now_ms)).fetchone()
    return None if row is None else int(row[0])


def regime_now(connection: apsw.Connection, seller: str, today: dt.date) -> tuple[int, int] | None:
    """(tag 1055, tag 1199 or 0) of a seller today; None: as each product says."""
    row = connection.execute(_REGIME, (seller, today.isoformat())).fetchone()
    return None if row is None else (int(row[0]), int(row[1]))


def goods_changed(connection: apsw.Connection) -> None:
    """Names, categories or the number of products did: what was counted is to be counted anew."""
    connection.execute("UPDATE goods_change SET n = n + 1")


def goods_change(connection: apsw.Connection) -> int:
    """Grows whenever `goods_changed` was called."""
    return int(connection.execute("SELECT n FROM goods_change").get)
