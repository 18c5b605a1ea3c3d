"""Indexes as every batch of sales pays for them: ids by shop alone, and no sums by product.

An id is one fact's; with the device before it in the index PostgreSQL took the key of the table for as good a way and
read a device's whole history. Stores are few where products are many: whoever asks for a product in all stores names
them, and the key of stock_sum does. Programs of revision 0011 find the same by these indexes.
"""

from __future__ import annotations

from cloud_api.storage.ddl import upgrade_by

revision = "0012"
down_revision = "0011"
PHASE = "expand"
RELEASE = "0.2.0"
OF_THE_CHAIN: frozenset[str] = frozenset()

TABLES: tuple[str, ...] = ()
DROPPED = ("stock_sum_by_sku", "item_by_id", "sale_by_id")
INDEXES = ("item_by_id ON item(store, id)", "sale_by_id ON sale(store, id)")


def statements(dialect: str) -> list[str]:
    """What brings a storage of the revision before here."""
    return [*(f"DROP INDEX {index}" for index in DROPPED), *(f"CREATE INDEX {index}" for index in INDEXES)]


upgrade = upgrade_by(statements)
