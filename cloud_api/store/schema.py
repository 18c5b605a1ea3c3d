"""The tables of HQ, one step of SQL a version; a file carries its version in `user_version`.

item keeps every fact as it came; sale, shift, cash_move, debt and claim are its typed projections; stock_sum is the sum
of the movements that lines of sales and of stock documents make (stock_move is a view: nobody overwrites a count).
transfer joins what two shops say of one transfer; pickup_now is what is kept for orders. A claim slip has a row for
each of its steps; the view claim_owed shows those whose newest step leaves the money with the shopper. So has an
encashment, whose box is counted later; encashment_now shows what is known of each now. command is what devices are
asked to do, in the order of their feed; claim_request who asked for a slip of another shop and what became of it.
visit and visit_hour hold the newest word on each; visit_forgotten keeps the hash of a pseudonym whose person withdrew,
and dropped_range what of a droppable stream will never come. Who is enrolled is in enrolment_schema.py.
stream_epoch is the newest epoch issued for a stream and by which request, heartbeat the last word of each device.
"""

from __future__ import annotations

from cloud_api.store.enrolment_schema import ENROLMENT
from cloud_api.store.stock_schema import STOCK
from cloud_api.telling.tables import TABLES

V1 = """
CREATE TABLE device(
  device TEXT PRIMARY KEY, store TEXT NOT NULL, till TEXT NOT NULL, key_sha256 TEXT NOT NULL UNIQUE,
  added_ms INTEGER NOT NULL, seen_ms INTEGER, revoked_ms INTEGER) WITHOUT ROWID;

CREATE TABLE device_cursor(
  device TEXT, epoch INTEGER, stream TEXT, seq INTEGER NOT NULL, hash TEXT NOT NULL,
  PRIMARY KEY(device, epoch, stream)) WITHOUT ROWID;

CREATE TABLE item(
  device TEXT NOT NULL, epoch INTEGER NOT NULL, stream TEXT NOT NULL, seq INTEGER NOT NULL,
  id TEXT NOT NULL, kind TEXT NOT NULL, v INTEGER NOT NULL, at_ms INTEGER NOT NULL, received_ms INTEGER NOT NULL,
  hash TEXT NOT NULL, fate TEXT NOT NULL, body BLOB NOT NULL,
  PRIMARY KEY(device, epoch, stream, seq));
CREATE INDEX item_by_id ON item(device, id);

CREATE TABLE sale(
  arrival INTEGER PRIMARY KEY, device TEXT NOT NULL, epoch INTEGER NOT NULL, seq INTEGER NOT NULL,
  store TEXT NOT NULL, id TEXT NOT NULL, till TEXT NOT NULL,
  number TEXT NOT NULL, act TEXT NOT NULL, state TEXT NOT NULL, shift INTEGER NOT NULL, cashier TEXT NOT NULL,
  opened_ms INTEGER NOT NULL, closed_ms INTEGER NOT NULL, received_ms INTEGER NOT NULL, total INTEGER NOT NULL,
  net INTEGER NOT NULL, discount INTEGER NOT NULL, rounding INTEGER NOT NULL, of_sale TEXT NOT NULL,
  unresolved INTEGER NOT NULL, line_count INTEGER NOT NULL, first_name TEXT NOT NULL, means TEXT NOT NULL,
  UNIQUE(device, id));
CREATE INDEX sale_by_time ON sale(closed_ms);
CREATE INDEX sale_unresolved ON sale(arrival) WHERE unresolved = 1;

CREATE TABLE sale_line(
  arrival INTEGER, n INTEGER, sku TEXT NOT NULL, name TEXT NOT NULL, qty INTEGER NOT NULL, price INTEGER NOT NULL,
  sum INTEGER NOT NULL, vat TEXT NOT NULL, discount INTEGER NOT NULL, seller TEXT NOT NULL, mark TEXT NOT NULL,
  PRIMARY KEY(arrival, n)) WITHOUT ROWID;

CREATE TABLE sale_payment(
  arrival INTEGER, n INTEGER, means TEXT NOT NULL, sum INTEGER NOT NULL, net INTEGER NOT NULL, attempt TEXT NOT NULL,
  terminal TEXT NOT NULL, slip INTEGER NOT NULL, card TEXT NOT NULL, scheme TEXT NOT NULL, auth TEXT NOT NULL,
  status TEXT NOT NULL, PRIMARY KEY(arrival, n)) WITHOUT ROWID;

CREATE TABLE sale_document(
  arrival INTEGER, n INTEGER, seller TEXT NOT NULL, register TEXT NOT NULL, fn TEXT NOT NULL, number INTEGER NOT NULL,
  sign INTEGER NOT NULL, total INTEGER NOT NULL, at TEXT NOT NULL, operation INTEGER NOT NULL,
  by_person INTEGER NOT NULL, PRIMARY KEY(arrival, n)) WITHOUT ROWID;

CREATE TABLE shift(
  device TEXT, epoch INTEGER, seq INTEGER, store TEXT NOT NULL, till TEXT NOT NULL, number INTEGER NOT NULL,
  event TEXT NOT NULL, at_ms INTEGER NOT NULL, cashier TEXT NOT NULL, cash INTEGER NOT NULL, sales INTEGER NOT NULL,
  refunds INTEGER NOT NULL, sum INTEGER NOT NULL, exceptions TEXT NOT NULL,
  PRIMARY KEY(device, epoch, seq)) WITHOUT ROWID;

CREATE TABLE cash_move(
  device TEXT, epoch INTEGER, seq INTEGER, store TEXT NOT NULL, till TEXT NOT NULL, shift INTEGER NOT NULL,
  event TEXT NOT NULL, sum INTEGER NOT NULL, cashier TEXT NOT NULL, reason TEXT NOT NULL, at_ms INTEGER NOT NULL,
  PRIMARY KEY(device, epoch, seq)) WITHOUT ROWID;

CREATE TABLE debt(
  device TEXT, epoch INTEGER, seq INTEGER, store TEXT NOT NULL, till TEXT NOT NULL, sale TEXT NOT NULL,
  total INTEGER NOT NULL, at_ms INTEGER NOT NULL, why TEXT NOT NULL, person TEXT NOT NULL,
  PRIMARY KEY(device, epoch, seq)) WITHOUT ROWID;

CREATE TABLE quarantine(
  device TEXT, epoch INTEGER, stream TEXT, seq INTEGER, store TEXT NOT NULL, id TEXT NOT NULL, kind TEXT NOT NULL,
  v INTEGER NOT NULL, why TEXT NOT NULL, received_ms INTEGER NOT NULL, body BLOB NOT NULL,
  PRIMARY KEY(device, epoch, stream, seq));

CREATE TABLE stock_sum(
  store TEXT, sku TEXT, moved_thousandths INTEGER NOT NULL, PRIMARY KEY(store, sku)) WITHOUT ROWID;

CREATE VIEW stock_move AS
  SELECT s.store, l.sku, CASE s.act WHEN 'refund' THEN l.qty ELSE -l.qty END AS moved_thousandths,
         s.act AS reason, s.device, s.id AS sale, l.n, s.closed_ms AS at_ms
  FROM sale s JOIN sale_line l USING(arrival) WHERE s.state <> 'voided_after_payment';
"""

V2 = """
CREATE TABLE claim(
  device TEXT, epoch INTEGER, seq INTEGER, store TEXT NOT NULL, number TEXT NOT NULL, kiosk TEXT NOT NULL,
  amount INTEGER NOT NULL, reason TEXT NOT NULL, order_id TEXT NOT NULL, state TEXT NOT NULL, at_ms INTEGER NOT NULL,
  by TEXT NOT NULL, expires_ms INTEGER NOT NULL, why TEXT NOT NULL,
  PRIMARY KEY(device, epoch, seq)) WITHOUT ROWID;
CREATE INDEX claim_by_number ON claim(device, number, epoch, seq);

CREATE VIEW claim_owed AS
  SELECT * FROM claim c WHERE state IN ('issued', 'expired') AND NOT EXISTS (
    SELECT 1 FROM claim later WHERE later.device=c.device AND later.number=c.number
    AND (later.epoch, later.seq) > (c.epoch, c.seq));
"""

V3 = """
CREATE TABLE encashment(
  device TEXT, epoch INTEGER, seq INTEGER, store TEXT NOT NULL, kiosk TEXT NOT NULL, box_device TEXT NOT NULL,
  box_unit TEXT NOT NULL, period INTEGER NOT NULL, number TEXT NOT NULL, state TEXT NOT NULL, told_ms INTEGER NOT NULL,
  from_ms INTEGER NOT NULL, to_ms INTEGER NOT NULL, serial TEXT NOT NULL, currency TEXT NOT NULL, counts TEXT NOT NULL,
  total INTEGER NOT NULL, operator TEXT NOT NULL, unauthorised INTEGER NOT NULL, doubts INTEGER NOT NULL,
  doubted INTEGER NOT NULL, drift INTEGER, old_cassette TEXT NOT NULL, new_cassette TEXT NOT NULL, centre INTEGER,
  difference INTEGER, PRIMARY KEY(device, epoch, seq)) WITHOUT ROWID;
CREATE INDEX encashment_by_box ON encashment(device, kiosk, box_device, box_unit, period, epoch, seq);

CREATE VIEW encashment_now AS
  SELECT * FROM encashment e WHERE NOT EXISTS (
    SELECT 1 FROM encashment later WHERE later.device=e.device AND later.kiosk=e.kiosk
    AND later.box_device=e.box_device AND later.box_unit=e.box_unit AND later.period=e.period
    AND (later.epoch, later.seq) > (e.epoch, e.seq));
"""

V4 = """
DROP VIEW stock_move;
CREATE VIEW stock_move AS
  SELECT s.store, l.sku, CASE s.act WHEN 'refund' THEN l.qty ELSE -l.qty END AS moved_thousandths,
         s.act AS reason, s.device, s.id AS sale, l.n, s.closed_ms AS at_ms
  FROM sale s JOIN sale_line l USING(arrival) WHERE s.state <> 'voided_after_payment' AND s.act <> 'advance';
"""

V5 = """
CREATE TABLE feed(id TEXT NOT NULL);
INSERT INTO feed VALUES(lower(hex(randomblob(8))));

CREATE TABLE command(
  device TEXT, seq INTEGER, id TEXT NOT NULL, kind TEXT NOT NULL, v INTEGER NOT NULL, at_ms INTEGER NOT NULL,
  body BLOB NOT NULL, PRIMARY KEY(device, seq), UNIQUE(device, id)) WITHOUT ROWID;

CREATE TABLE command_cursor(
  device TEXT PRIMARY KEY, given INTEGER NOT NULL, acked INTEGER NOT NULL) WITHOUT ROWID;

CREATE TABLE claim_request(
  arrival INTEGER PRIMARY KEY, request TEXT NOT NULL UNIQUE, asker TEXT NOT NULL, owner TEXT NOT NULL,
  issuer TEXT NOT NULL, number TEXT NOT NULL, state TEXT NOT NULL, why TEXT NOT NULL, asked_ms INTEGER NOT NULL,
  answered_ms INTEGER);
CREATE INDEX claim_request_by_slip ON claim_request(issuer, number, arrival) WHERE state = 'given';

DROP VIEW claim_owed;
CREATE VIEW claim_owed AS
  SELECT * FROM claim c WHERE state IN ('issued', 'taken', 'expired') AND NOT EXISTS (
    SELECT 1 FROM claim later WHERE later.device=c.device AND later.number=c.number
    AND (later.epoch, later.seq) > (c.epoch, c.seq));
"""

V6 = """
CREATE TABLE visit(
  device TEXT, epoch INTEGER NOT NULL, seq INTEGER NOT NULL, store TEXT NOT NULL, id TEXT, opened_ms INTEGER NOT NULL,
  closed_ms INTEGER NOT NULL, zones TEXT NOT NULL, inside_s INTEGER, person TEXT NOT NULL, confidence INTEGER NOT NULL,
  bought INTEGER NOT NULL, PRIMARY KEY(device, id)) WITHOUT ROWID;
CREATE INDEX visit_by_time ON visit(opened_ms);
CREATE INDEX visit_by_person ON visit(person) WHERE person <> '';

CREATE TABLE visit_hour(
  device TEXT, epoch INTEGER NOT NULL, seq INTEGER NOT NULL, store TEXT NOT NULL, hour_ms INTEGER,
  visits INTEGER NOT NULL, came_again INTEGER NOT NULL, receipts INTEGER NOT NULL, entered INTEGER, went_out INTEGER,
  people TEXT, passers TEXT, coverage INTEGER NOT NULL, PRIMARY KEY(device, hour_ms)) WITHOUT ROWID;
CREATE INDEX visit_hour_by_time ON visit_hour(hour_ms);

CREATE TABLE visit_forgotten(
  device TEXT, tombstone TEXT, epoch INTEGER NOT NULL, store TEXT NOT NULL, person_sha256 TEXT NOT NULL,
  erased INTEGER NOT NULL, told_ms INTEGER NOT NULL, PRIMARY KEY(device, tombstone)) WITHOUT ROWID;
CREATE INDEX visit_forgotten_by_person ON visit_forgotten(person_sha256);

CREATE TABLE dropped_range(
  device TEXT, epoch INTEGER, stream TEXT, first INTEGER, last INTEGER NOT NULL, hash TEXT NOT NULL,
  store TEXT NOT NULL, from_ms INTEGER NOT NULL, until_ms INTEGER NOT NULL, told_ms INTEGER NOT NULL,
  PRIMARY KEY(device, epoch, stream, first)) WITHOUT ROWID;
CREATE INDEX dropped_range_by_time ON dropped_range(until_ms);
"""

V8 = """
CREATE TABLE stream_epoch(
  device TEXT, stream TEXT, epoch INTEGER NOT NULL, request TEXT NOT NULL, store TEXT NOT NULL,
  issued_ms INTEGER NOT NULL, PRIMARY KEY(device, stream)) WITHOUT ROWID;

CREATE TABLE heartbeat(
  device TEXT PRIMARY KEY, store TEXT NOT NULL, at_ms INTEGER NOT NULL, received_ms INTEGER NOT NULL,
  body BLOB NOT NULL) WITHOUT ROWID;
"""

STEPS: tuple[str, ...] = (V1, V2, V3, V4, V5, V6, ENROLMENT, V8, TABLES, STOCK)
VERSION = len(STEPS)
