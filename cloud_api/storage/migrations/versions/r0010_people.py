"""People of the office, their sessions, and the log of who did what. All belong to the whole chain.

office_user      password_hash is argon2id's; stores as JSON, "" for all of them
office_session   token_sha256 of what the browser keeps; ends by itself at until_ms
audit            append-only: who, when, what, on what, outcome; `n` tells rows of one moment apart

Sales are found by their number too and lines by their product: the page shows one receipt, or the moves behind one sum,
and a million rows are not read for it.
"""

from __future__ import annotations

from cloud_api.storage.ddl import create_tables, upgrade_by

revision = "0010"
down_revision = "0008"
PHASE = "expand"
RELEASE = "0.2.0"
OF_THE_CHAIN = frozenset({"office_user", "office_session", "audit"})

TABLES = (
    """office_user(
  login TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL, role TEXT NOT NULL, stores TEXT NOT NULL,
  password_hash TEXT NOT NULL, made_ms {int} NOT NULL, changed_ms {int} NOT NULL, disabled_ms {int})""",
    """office_session(
  token_sha256 TEXT NOT NULL PRIMARY KEY, login TEXT NOT NULL, made_ms {int} NOT NULL, seen_ms {int} NOT NULL,
  until_ms {int} NOT NULL)""",
    """audit(
  at_ms {int} NOT NULL, n TEXT NOT NULL, who TEXT NOT NULL, kind TEXT NOT NULL, what TEXT NOT NULL,
  target TEXT NOT NULL, outcome TEXT NOT NULL, PRIMARY KEY(at_ms, n))""",
)
INDEXES = (
    "office_session_by_login ON office_session(login)",
    "audit_by_who ON audit(who, at_ms)",
    "sale_by_number ON sale(number)",
    "sale_line_by_sku ON sale_line(store, sku)",
    "stock_document_line_by_sku ON stock_document_line(store, sku)",
)


def statements(dialect: str) -> list[str]:
    """What brings a storage of the revision before here."""
    return [*create_tables(dialect, TABLES), *(f"CREATE INDEX {index}" for index in INDEXES)]


upgrade = upgrade_by(statements)
