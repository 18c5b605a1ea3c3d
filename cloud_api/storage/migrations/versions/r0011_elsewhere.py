"""What moved lately in a store's stock, so that other stores are told of it without all sums being read.

stock_moved   changed_ms: the minute of HQ in which the sum of the product in the store changed last; kept for two days
"""

from __future__ import annotations

from cloud_api.storage.ddl import create_tables, upgrade_by

revision = "0011"
down_revision = "0010"
PHASE = "expand"
RELEASE = "0.2.0"
OF_THE_CHAIN: frozenset[str] = frozenset()

TABLES = (
    """stock_moved(
  store TEXT NOT NULL, sku TEXT NOT NULL, changed_ms {int} NOT NULL, PRIMARY KEY(store, sku))""",
)
INDEXES = (
    "stock_moved_by_time ON stock_moved(changed_ms, sku)",
    "stock_sum_by_sku ON stock_sum(sku)",
    "pickup_by_time ON pickup(until_ms)",
)


def statements(dialect: str) -> list[str]:
    """What brings a storage of the revision before here."""
    return [*create_tables(dialect, TABLES), *(f"CREATE INDEX {index}" for index in INDEXES)]


upgrade = upgrade_by(statements)
