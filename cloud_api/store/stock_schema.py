"""The tables of what moves a stock besides sales: documents, transfers, and what is put aside for orders."""

from __future__ import annotations

STOCK = """
CREATE TABLE stock_document(
  device TEXT, epoch INTEGER, seq INTEGER, store TEXT NOT NULL, id TEXT NOT NULL, kind TEXT NOT NULL,
  number TEXT NOT NULL, state TEXT NOT NULL, person TEXT NOT NULL, at_ms INTEGER NOT NULL, reason TEXT NOT NULL,
  other TEXT NOT NULL, of_number TEXT NOT NULL, PRIMARY KEY(device, epoch, seq)) WITHOUT ROWID;

CREATE TABLE stock_document_line(
  device TEXT, epoch INTEGER, seq INTEGER, store TEXT NOT NULL, n INTEGER, sku TEXT NOT NULL, name TEXT NOT NULL,
  delta INTEGER NOT NULL, counted INTEGER, as_of INTEGER NOT NULL, book INTEGER NOT NULL, in_baskets INTEGER NOT NULL,
  expected INTEGER, PRIMARY KEY(device, epoch, seq, n)) WITHOUT ROWID;

CREATE TABLE transfer(
  number TEXT PRIMARY KEY, sender TEXT NOT NULL, sender_store TEXT NOT NULL, other TEXT NOT NULL, sent_ms INTEGER,
  sent TEXT NOT NULL, receiver TEXT NOT NULL, receiver_store TEXT NOT NULL, received_ms INTEGER,
  received TEXT NOT NULL, differences TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE pickup(
  device TEXT, epoch INTEGER, seq INTEGER, store TEXT NOT NULL, order_id TEXT NOT NULL, state TEXT NOT NULL,
  at_ms INTEGER NOT NULL, until_ms INTEGER NOT NULL, person TEXT NOT NULL, why TEXT NOT NULL, sale TEXT NOT NULL,
  lines TEXT NOT NULL, PRIMARY KEY(device, epoch, seq)) WITHOUT ROWID;
CREATE INDEX pickup_by_order ON pickup(device, order_id, epoch, seq);

CREATE VIEW pickup_now AS
  SELECT * FROM pickup p WHERE NOT EXISTS (
    SELECT 1 FROM pickup later WHERE later.device=p.device AND later.order_id=p.order_id
    AND (later.epoch, later.seq) > (p.epoch, p.seq));

DROP VIEW stock_move;
CREATE VIEW stock_move AS
  SELECT s.store, l.sku, CASE s.act WHEN 'refund' THEN l.qty ELSE -l.qty END AS moved_thousandths,
         s.act AS reason, s.device, s.id AS sale, l.n, s.closed_ms AS at_ms
  FROM sale s JOIN sale_line l USING(arrival) WHERE s.state <> 'voided_after_payment' AND s.act <> 'advance'
  UNION ALL
  SELECT d.store, l.sku, l.delta, d.kind, d.device, d.id, l.n, d.at_ms
  FROM stock_document d JOIN stock_document_line l USING(device, epoch, seq) WHERE l.delta <> 0;
"""
