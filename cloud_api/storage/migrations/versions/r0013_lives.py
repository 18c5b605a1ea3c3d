"""What two lives of one box have lost under the same numbers stands beside each other: the hash tells them apart.

A box and HQ that both come back from copies may miss items of two histories under one epoch; with the first number
alone in the key the second could not be written down. Programs of revision 0012 write and read the same columns.
"""

from __future__ import annotations

from cloud_api.storage.ddl import create_tables, upgrade_by

revision = "0013"
down_revision = "0012"
PHASE = "expand"
RELEASE = "0.2.0"
OF_THE_CHAIN: frozenset[str] = frozenset()

TABLES: tuple[str, ...] = ()
KEY = "store, device, epoch, stream, first, hash"
REBUILT = (
    f"""dropped_range_by_life(
  store TEXT NOT NULL, device TEXT NOT NULL, epoch {{int}} NOT NULL, stream TEXT NOT NULL, first {{int}} NOT NULL,
  last {{int}} NOT NULL, hash TEXT NOT NULL, from_ms {{int}} NOT NULL, until_ms {{int}} NOT NULL,
  told_ms {{int}} NOT NULL, PRIMARY KEY({KEY}))""",
)


def statements(dialect: str) -> list[str]:
    """What brings a storage of the revision before here. SQLite changes no key of a table that is there."""
    if dialect == "postgresql":
        return [
            "ALTER TABLE dropped_range DROP CONSTRAINT dropped_range_pkey",
            f"ALTER TABLE dropped_range ADD PRIMARY KEY({KEY})",
        ]
    return [
        *create_tables(dialect, REBUILT),
        "INSERT INTO dropped_range_by_life SELECT store, device, epoch, stream, first, last, hash, from_ms, until_ms, "
        "told_ms FROM dropped_range",
        "DROP TABLE dropped_range",
        "ALTER TABLE dropped_range_by_life RENAME TO dropped_range",
        "CREATE INDEX dropped_range_by_time ON dropped_range(until_ms)",
    ]


upgrade = upgrade_by(statements)
