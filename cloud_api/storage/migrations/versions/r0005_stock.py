"""What moves a stock besides sales: documents, transfers between shops, and what is put aside for orders.

A transfer has two shops and belongs to neither: it is the chain's. stock_move is made anew: sales and documents.
"""

from __future__ import annotations

from cloud_api.storage.ddl import create_tables, upgrade_by

revision = "0005"
down_revision = "0004"
PHASE = "expand"
RELEASE = "0.2.0"
OF_THE_CHAIN = frozenset({"transfer"})

_FACT = "store TEXT NOT NULL, device TEXT NOT NULL, epoch {int} NOT NULL, seq {int} NOT NULL"
TABLES = (
    f"""stock_document(
  {_FACT}, id TEXT NOT NULL, kind TEXT NOT NULL, number TEXT NOT NULL, state TEXT NOT NULL, person TEXT NOT NULL,
  at_ms {{int}} NOT NULL, reason TEXT NOT NULL, other TEXT NOT NULL, of_number TEXT NOT NULL,
  PRIMARY KEY(store, device, epoch, seq))""",
    f"""stock_document_line(
  {_FACT}, n {{int}} NOT NULL, sku TEXT NOT NULL, name TEXT NOT NULL, delta {{int}} NOT NULL, counted {{int}},
  as_of {{int}} NOT NULL, book {{int}} NOT NULL, in_baskets {{int}} NOT NULL, expected {{int}},
  PRIMARY KEY(store, device, epoch, seq, n))""",
    """transfer(
  number TEXT NOT NULL PRIMARY KEY, sender TEXT NOT NULL, sender_store TEXT NOT NULL, other TEXT NOT NULL,
  sent_ms {int}, sent TEXT NOT NULL, receiver TEXT NOT NULL, receiver_store TEXT NOT NULL, received_ms {int},
  received TEXT NOT NULL, differences TEXT NOT NULL)""",
    f"""pickup(
  {_FACT}, order_id TEXT NOT NULL, state TEXT NOT NULL, at_ms {{int}} NOT NULL, until_ms {{int}} NOT NULL,
  person TEXT NOT NULL, why TEXT NOT NULL, sale TEXT NOT NULL, lines TEXT NOT NULL,
  PRIMARY KEY(store, device, epoch, seq))""",
)
INDEXES = ("pickup_by_order ON pickup(store, device, order_id, epoch, seq)",)
VIEWS = (
    """pickup_now AS
  SELECT * FROM pickup p WHERE NOT EXISTS (
    SELECT 1 FROM pickup later WHERE later.store=p.store AND later.device=p.device AND later.order_id=p.order_id
    AND (later.epoch, later.seq) > (p.epoch, p.seq))""",
    """stock_move AS
  SELECT s.store, l.sku, CASE s.act WHEN 'refund' THEN l.qty ELSE -l.qty END AS moved_thousandths,
         s.act AS reason, s.device, s.id AS sale, l.n, s.closed_ms AS at_ms
  FROM sale s JOIN sale_line l
  ON l.store=s.store AND l.device=s.device AND l.epoch=s.epoch AND l.seq=s.seq AND l.day=s.day
  WHERE s.state <> 'voided_after_payment' AND s.act <> 'advance'
  UNION ALL
  SELECT d.store, l.sku, l.delta, d.kind, d.device, d.id, l.n, d.at_ms
  FROM stock_document d JOIN stock_document_line l
  ON l.store=d.store AND l.device=d.device AND l.epoch=d.epoch AND l.seq=d.seq WHERE l.delta <> 0""",
)


def statements(dialect: str) -> list[str]:
    """What brings a storage of revision 0004 here."""
    return [
        *create_tables(dialect, TABLES),
        *(f"CREATE INDEX {index}" for index in INDEXES),
        "DROP VIEW stock_move",
        *(f"CREATE VIEW {view}" for view in VIEWS),
    ]


upgrade = upgrade_by(statements)
