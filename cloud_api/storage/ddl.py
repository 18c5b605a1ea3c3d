"""Writes a table of a revision in the words of the database it is made in.

    "name(column {int} NOT NULL, body {bytes}, ..., PRIMARY KEY(store, ...))"

SQLite keeps a table of small rows in its key (WITHOUT ROWID), PostgreSQL a large one in parts by day. A revision ends
in `upgrade = upgrade_by(statements)`: Alembic's way in for PostgreSQL; SQLite runs the same statements by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

TYPES = {
    "postgresql": {"int": "BIGINT", "bytes": "BYTEA"},
    "sqlite": {"int": "INTEGER", "bytes": "BLOB"},
}


def create_tables(
    dialect: str, tables: Sequence[str], *, parted: Collection[str] = (), large_rows: Collection[str] = ()
) -> list[str]:
    """`parted`: lie in parts by `day`; `large_rows`: tables that have no key to lie in, or rows too large for it."""
    found = []
    for table in tables:
        name = table.partition("(")[0]
        tail = ""
        if dialect == "postgresql" and name in parted:
            tail = " PARTITION BY RANGE (day)"
        elif dialect == "sqlite" and name not in large_rows:
            tail = " WITHOUT ROWID"
        found.append(f"CREATE TABLE {table.format(**TYPES[dialect])}{tail}")
        if dialect == "postgresql" and name in parted:
            found.append(f"CREATE TABLE {name}_other PARTITION OF {name} DEFAULT")
    return found


def upgrade_by(statements: Callable[[str], list[str]]) -> Callable[[], None]:
    """A revision's `upgrade`, of its statements. Alembic is an extra: it is here when it calls."""

    def upgrade() -> None:
        from alembic import op

        for sql in statements("postgresql"):
            op.execute(sql)

    return upgrade
