"""Enrolment: codes somebody made, and the public keys of devices.

A code is kept as its SHA-256 with the store and till it is for; `key_id` is the key it was used with. A device has one
key in force, and during a rotation the next one too (`after_key` names the one it follows); which is in force is told
by `retired_ms`. Both tables belong to the whole chain: who asks is found before it is known whose store it is.
"""

from __future__ import annotations

from cloud_api.storage.ddl import create_tables, upgrade_by

revision = "0002"
down_revision = "0001"
PHASE = "expand"
RELEASE = "0.2.0"
OF_THE_CHAIN = frozenset({"enrol_code", "device_key"})

TABLES = (
    """enrol_code(
  code_sha256 TEXT NOT NULL PRIMARY KEY, store TEXT NOT NULL, till TEXT NOT NULL, device TEXT NOT NULL,
  made_ms {int} NOT NULL, until_ms {int} NOT NULL, used_ms {int}, key_id TEXT NOT NULL)""",
    """device_key(
  key_id TEXT NOT NULL PRIMARY KEY, device TEXT NOT NULL, public_key TEXT NOT NULL, epoch {int} NOT NULL,
  made_ms {int} NOT NULL, used_ms {int}, retired_ms {int}, after_key TEXT NOT NULL, machine TEXT NOT NULL,
  about TEXT NOT NULL)""",
)


def statements(dialect: str) -> list[str]:
    """What brings a storage of revision 0001 here."""
    return [*create_tables(dialect, TABLES), "CREATE INDEX device_key_by_device ON device_key(device)"]


upgrade = upgrade_by(statements)
