"""Who comes in by a code, and the public keys of devices.

A code is kept as its SHA-256 with the store and till it is for; `key_id` is the key it was used with. A device has one
key in force, and during a rotation the next one too (`after_key` names the one it follows); which is in force is told
by `retired_ms`. Both tables belong to the whole chain: who asks is found before it is known whose store it is.
"""

from __future__ import annotations

revision = "0002"
down_revision: str | None = "0001"
PHASE = "expand"
RELEASE = "0.2.0"

TABLES = (
    """enrol_code(
  code_sha256 TEXT NOT NULL PRIMARY KEY, store TEXT NOT NULL, till TEXT NOT NULL, device TEXT NOT NULL,
  made_ms {int} NOT NULL, until_ms {int} NOT NULL, used_ms {int}, key_id TEXT NOT NULL)""",
    """device_key(
  key_id TEXT NOT NULL PRIMARY KEY, device TEXT NOT NULL, public_key TEXT NOT NULL, epoch {int} NOT NULL,
  made_ms {int} NOT NULL, used_ms {int}, retired_ms {int}, after_key TEXT NOT NULL, machine TEXT NOT NULL,
  about TEXT NOT NULL)""",
)
INDEXES = ("device_key_by_device ON device_key(device)",)


def statements(dialect: str) -> list[str]:
    """What brings a storage of the revision before here; `dialect` is sqlite or postgresql."""
    whole, tail = ("BIGINT", "") if dialect == "postgresql" else ("INTEGER", " WITHOUT ROWID")
    tables = [f"CREATE TABLE {table.format(int=whole)}{tail}" for table in TABLES]
    return [*tables, *(f"CREATE INDEX {index}" for index in INDEXES)]


def upgrade() -> None:
    """Alembic's way in (PostgreSQL); SQLite runs the same statements by itself, see migrating.py."""
    from alembic import op

    for sql in statements("postgresql"):
        op.execute(sql)
