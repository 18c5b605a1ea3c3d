"""Epochs and heartbeats: the newest epoch issued for each stream and by which wish, the last word of each device."""

from __future__ import annotations

revision = "0002"
down_revision: str | None = "0001"
PHASE = "expand"
RELEASE = "0.2.0"

TABLES = (
    """stream_epoch(
  store TEXT NOT NULL, device TEXT NOT NULL, stream TEXT NOT NULL, epoch {int} NOT NULL, request TEXT NOT NULL,
  issued_ms {int} NOT NULL, PRIMARY KEY(store, device, stream))""",
    """heartbeat(
  store TEXT NOT NULL, device TEXT NOT NULL, at_ms {int} NOT NULL, received_ms {int} NOT NULL, body {bytes} NOT NULL,
  PRIMARY KEY(store, device))""",
)


def statements(dialect: str) -> list[str]:
    """What brings a storage of 0001 here; `dialect` is sqlite or postgresql."""
    types = {"int": "BIGINT", "bytes": "BYTEA"} if dialect == "postgresql" else {"int": "INTEGER", "bytes": "BLOB"}
    tail = "" if dialect == "postgresql" else " WITHOUT ROWID"
    return [f"CREATE TABLE {table.format(**types)}{tail}" for table in TABLES]


def upgrade() -> None:
    """Alembic's way in (PostgreSQL); SQLite runs the same statements by itself, see migrating.py."""
    from alembic import op

    for sql in statements("postgresql"):
        op.execute(sql)
