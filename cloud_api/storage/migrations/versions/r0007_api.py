"""Who else may ask, and what is ordered: keys of other systems, orders with what was said of them.

api_key               key_sha256 of the key; scopes in words with spaces between; stores as JSON, "" for all of them
api_request           a request that was carried out, by who asked and the key it chose; kept for ever: whoever asks
                      again after a year gets what was made then, and nothing twice
customer_order        one row an order; `open`: goods are, or may be, kept for it
customer_order_word   everything that was said of an order, by the shop or to it
Keys and requests are the chain's: who asks is known before the shop is.
"""

from __future__ import annotations

from cloud_api.storage.ddl import create_tables, upgrade_by

revision = "0007"
down_revision = "0006"
PHASE = "expand"
RELEASE = "0.2.0"
OF_THE_CHAIN = frozenset({"api_key", "api_request"})

TABLES = (
    """api_key(
  key_id TEXT NOT NULL PRIMARY KEY, key_sha256 TEXT NOT NULL UNIQUE, name TEXT NOT NULL, scopes TEXT NOT NULL,
  stores TEXT NOT NULL, made_ms {int} NOT NULL, until_ms {int}, used_ms {int}, revoked_ms {int})""",
    """api_request(
  asker TEXT NOT NULL, request TEXT NOT NULL, body_sha256 TEXT NOT NULL, store TEXT NOT NULL, made TEXT NOT NULL,
  at_ms {int} NOT NULL, PRIMARY KEY(asker, request))""",
    """customer_order(
  store TEXT NOT NULL, order_id TEXT NOT NULL, device TEXT NOT NULL, asked_by TEXT NOT NULL, reference TEXT NOT NULL,
  hours {int} NOT NULL, state TEXT NOT NULL, made_ms {int} NOT NULL, held_ms {int}, ready_ms {int}, until_ms {int},
  ended_ms {int}, sale TEXT NOT NULL, why TEXT NOT NULL, short TEXT NOT NULL, open {int} NOT NULL,
  PRIMARY KEY(store, order_id))""",
    """customer_order_line(
  store TEXT NOT NULL, order_id TEXT NOT NULL, n {int} NOT NULL, sku TEXT NOT NULL, name TEXT NOT NULL,
  qty {int} NOT NULL, PRIMARY KEY(store, order_id, n))""",
    """customer_order_word(
  store TEXT NOT NULL, order_id TEXT NOT NULL, n {int} NOT NULL, word TEXT NOT NULL, at_ms {int} NOT NULL,
  person TEXT NOT NULL, why TEXT NOT NULL, PRIMARY KEY(store, order_id, n))""",
)
INDEXES = (
    "customer_order_by_id ON customer_order(order_id)",
    "customer_order_by_time ON customer_order(made_ms)",
    "customer_order_open ON customer_order(store) WHERE open = 1",
    "pickup_until ON pickup(store, until_ms)",
    "sale_by_day ON sale(store, day, device, epoch, seq)",
)


def statements(dialect: str) -> list[str]:
    """What brings a storage of the revision before here."""
    return [*create_tables(dialect, TABLES), *(f"CREATE INDEX {index}" for index in INDEXES)]


upgrade = upgrade_by(statements)
