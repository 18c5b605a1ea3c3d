"""What every batch of sales paid for and few questions needed: the index of sums by product goes.

Stores are few where products are many: whoever asks for a product in all stores names them, and the key does. Programs
of revision 0011 find the same without it, only later.
"""

from __future__ import annotations

from cloud_api.storage.ddl import upgrade_by

revision = "0012"
down_revision = "0011"
PHASE = "expand"
RELEASE = "0.2.0"
OF_THE_CHAIN: frozenset[str] = frozenset()

TABLES: tuple[str, ...] = ()
DROPPED = ("stock_sum_by_sku",)


def statements(dialect: str) -> list[str]:
    """What brings a storage of the revision before here."""
    return [f"DROP INDEX {index}" for index in DROPPED]


upgrade = upgrade_by(statements)
