"""How files of HQ's first versions came to be: one step of SQL a version, kept in `user_version`, and no more of them.

A file of any of them is brought to V6 first. Then its rows are copied into the tables of the first revision
(migrations/versions/r0001_chain.py), where everything is keyed by its shop.
"""

from __future__ import annotations

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

STEPS: tuple[str, ...] = (V1, V2, V3, V4, V5, V6)

_VIEWS = ("stock_move", "claim_owed", "encashment_now")
_INDEXES = (
    *("item_by_id", "sale_by_time", "sale_unresolved", "claim_by_number", "encashment_by_box", "claim_request_by_slip"),
    *("visit_by_time", "visit_by_person", "visit_hour_by_time", "visit_forgotten_by_person", "dropped_range_by_time"),
)
_TABLES = (
    *("device", "device_cursor", "item", "sale", "sale_line", "sale_payment", "sale_document", "shift", "cash_move"),
    *("debt", "quarantine", "stock_sum", "claim", "encashment", "feed", "command", "command_cursor", "claim_request"),
    *("visit", "visit_hour", "visit_forgotten", "dropped_range"),
)

# Makes room for tables of the same names.
SET_ASIDE = (
    *(f"DROP VIEW {view}" for view in _VIEWS),
    *(f"DROP INDEX {index}" for index in _INDEXES),
    *(f"ALTER TABLE {table} RENAME TO old_{table}" for table in _TABLES),
)

_AT_HOME = "coalesce((SELECT store FROM old_device d WHERE d.device=o.device), '')"
_DAY_OF_SALE = "business_day(s.closed_ms)"


def _parts(table: str, columns: str) -> str:
    return (
        f"INSERT INTO {table} SELECT s.store, s.device, s.epoch, s.seq, {_DAY_OF_SALE}, o.n, {columns} "
        f"FROM old_{table} o JOIN old_sale s USING(arrival)"
    )


# `business_day` is a function that HQ lends to SQLite: milliseconds to a whole number such as 20261121.
CARRY_OVER = (
    "INSERT INTO device SELECT device, store, till, key_sha256, added_ms, revoked_ms FROM old_device",
    "INSERT INTO device_place SELECT store, device, seen_ms FROM old_device",
    # A device that was given to another shop once has facts under both names.
    "INSERT OR IGNORE INTO device_place SELECT DISTINCT store, device, NULL FROM old_sale",
    "INSERT OR IGNORE INTO device_place SELECT DISTINCT store, device, NULL FROM old_visit",
    "INSERT INTO device_cursor SELECT "
    f"{_AT_HOME}, device, epoch, stream, seq, hash, CASE stream WHEN 'sales' THEN "
    "(SELECT count(*) FROM old_sale s WHERE s.device=o.device AND s.epoch=o.epoch) ELSE 0 END FROM old_device_cursor o",
    "CREATE INDEX old_sale_by_seq ON old_sale(device, epoch, seq)",
    "INSERT INTO item SELECT coalesce((SELECT s.store FROM old_sale s WHERE s.device=o.device AND s.epoch=o.epoch "
    f"AND s.seq=o.seq AND o.stream='sales'), {_AT_HOME}), device, epoch, stream, seq, "
    "business_day(received_ms), id, kind, v, at_ms, received_ms, hash, fate, body FROM old_item o",
    "INSERT INTO sale SELECT store, device, epoch, seq, business_day(closed_ms), id, till, number, act, state, shift, "
    "cashier, opened_ms, closed_ms, received_ms, total, net, discount, rounding, of_sale, unresolved, line_count, "
    "first_name, means FROM old_sale",
    _parts("sale_line", "sku, name, qty, price, sum, vat, o.discount, seller, mark"),
    _parts("sale_payment", "o.means, sum, o.net, attempt, terminal, slip, card, scheme, auth, status"),
    _parts("sale_document", "seller, register, fn, o.number, sign, o.total, at, operation, by_person"),
    "INSERT INTO shift SELECT store, device, epoch, seq, business_day(at_ms), till, number, event, at_ms, cashier, "
    "cash, sales, refunds, sum, exceptions FROM old_shift",
    "INSERT INTO cash_move SELECT store, device, epoch, seq, business_day(at_ms), till, shift, event, sum, cashier, "
    "reason, at_ms FROM old_cash_move",
    "INSERT INTO debt SELECT store, device, epoch, seq, till, sale, total, at_ms, why, person FROM old_debt",
    "INSERT INTO quarantine SELECT store, device, epoch, stream, seq, id, kind, v, why, received_ms, body "
    "FROM old_quarantine",
    "INSERT INTO stock_sum SELECT store, sku, moved_thousandths FROM old_stock_sum",
    "INSERT INTO claim SELECT store, device, epoch, seq, number, kiosk, amount, reason, order_id, state, at_ms, by, "
    "expires_ms, why FROM old_claim",
    "INSERT INTO encashment SELECT store, device, epoch, seq, kiosk, box_device, box_unit, period, number, state, "
    "told_ms, from_ms, to_ms, serial, currency, counts, total, operator, unauthorised, doubts, doubted, drift, "
    "old_cassette, new_cassette, centre, difference FROM old_encashment",
    "DELETE FROM feed",
    "INSERT INTO feed SELECT id FROM old_feed",
    f"INSERT INTO command SELECT {_AT_HOME}, device, seq, id, kind, v, at_ms, body FROM old_command o",
    f"INSERT INTO command_cursor SELECT {_AT_HOME}, device, given, acked FROM old_command_cursor o",
    "INSERT INTO claim_request SELECT issuer, number, arrival, request, asker, owner, state, why, asked_ms, "
    "answered_ms FROM old_claim_request",
    "INSERT INTO visit SELECT store, device, epoch, seq, id, opened_ms, closed_ms, zones, inside_s, person, "
    "confidence, bought FROM old_visit o",
    "INSERT INTO visit_hour SELECT store, device, epoch, seq, hour_ms, visits, came_again, receipts, entered, "
    "went_out, people, passers, coverage FROM old_visit_hour o",
    "INSERT INTO visit_forgotten SELECT store, device, tombstone, epoch, person_sha256, erased, told_ms "
    "FROM old_visit_forgotten o",
    "INSERT INTO dropped_range SELECT store, device, epoch, stream, first, last, hash, from_ms, until_ms, told_ms "
    "FROM old_dropped_range o",
    *(f"DROP TABLE old_{table}" for table in reversed(_TABLES)),
)
