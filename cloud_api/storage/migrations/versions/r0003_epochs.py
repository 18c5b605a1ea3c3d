"""The handshake: the newest epoch issued for each stream of a device and by which request, and each one's last word."""

from __future__ import annotations

from cloud_api.storage.ddl import create_tables, upgrade_by

revision = "0003"
down_revision = "0002"
PHASE = "expand"
RELEASE = "0.2.0"
OF_THE_CHAIN: frozenset[str] = frozenset()

TABLES = (
    """stream_epoch(
  store TEXT NOT NULL, device TEXT NOT NULL, stream TEXT NOT NULL, epoch {int} NOT NULL, request TEXT NOT NULL,
  issued_ms {int} NOT NULL, PRIMARY KEY(store, device, stream))""",
    """heartbeat(
  store TEXT NOT NULL, device TEXT NOT NULL, at_ms {int} NOT NULL, received_ms {int} NOT NULL, body {bytes} NOT NULL,
  PRIMARY KEY(store, device))""",
)


def statements(dialect: str) -> list[str]:
    """What brings a storage of revision 0002 here."""
    return create_tables(dialect, TABLES)


upgrade = upgrade_by(statements)
