"""Who else may ask: keys of other systems. They belong to the whole chain; who asks is known before the shop is.

api_key    key_sha256 of the key; scopes in words with spaces between; stores as JSON, "" for all of them
"""

from __future__ import annotations

from cloud_api.storage.ddl import create_tables, upgrade_by

revision = "0007"
down_revision = "0006"
PHASE = "expand"
RELEASE = "0.2.0"
OF_THE_CHAIN = frozenset({"api_key"})

TABLES = (
    """api_key(
  key_id TEXT NOT NULL PRIMARY KEY, key_sha256 TEXT NOT NULL UNIQUE, name TEXT NOT NULL, scopes TEXT NOT NULL,
  stores TEXT NOT NULL, made_ms {int} NOT NULL, until_ms {int}, used_ms {int}, revoked_ms {int})""",
)


def statements(dialect: str) -> list[str]:
    """What brings a storage of the revision before here."""
    return create_tables(dialect, TABLES)


upgrade = upgrade_by(statements)
