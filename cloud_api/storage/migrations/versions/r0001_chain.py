"""The schema of a chain: every fact is keyed by its shop first, and the large tables lie in monthly parts by day.

device is who may push; device_place where each device is, and was; device_cursor what of its streams HQ has: the one
authority on what is new. item keeps every fact as it came; sale, shift, cash_move, debt, claim and encashment are its
typed projections; stock_sum is the sum of the movements the sale lines make. Of a claim slip and of an encashment there
is a row for each step; claim_owed and encashment_now show the newest. command is what devices are asked to do,
claim_request who asked for a slip of another shop. visit and visit_hour hold the newest word on each, visit_forgotten
the hash of a pseudonym whose person withdrew, dropped_range what of a droppable stream will never come.

`day` is a whole number such as 20261121: of a sale, shift or cash move the business day, of an item the day HQ got it.
"""

from __future__ import annotations

from cloud_api.storage.ddl import create_tables, upgrade_by

revision = "0001"
down_revision: str | None = None
PHASE = "expand"
RELEASE = "0.2.0"
OF_THE_CHAIN = frozenset({"device", "claim_request", "feed"})
"""Small tables that each server has whole: who may push, slips between shops, the feed's name."""

PARTED = ("item", "sale", "sale_line", "sale_payment", "sale_document", "shift", "cash_move")

_FACT = "store TEXT NOT NULL, device TEXT NOT NULL, epoch {int} NOT NULL, seq {int} NOT NULL"
_PART = f"{_FACT}, day {{int}} NOT NULL, n {{int}} NOT NULL"
_PART_KEY = "PRIMARY KEY(store, device, epoch, seq, n, day)"

TABLES = (
    """device(
  device TEXT NOT NULL PRIMARY KEY, store TEXT NOT NULL, till TEXT NOT NULL, key_sha256 TEXT NOT NULL UNIQUE,
  added_ms {int} NOT NULL, revoked_ms {int})""",
    """device_place(
  store TEXT NOT NULL, device TEXT NOT NULL, seen_ms {int}, PRIMARY KEY(store, device))""",
    """device_cursor(
  store TEXT NOT NULL, device TEXT NOT NULL, epoch {int} NOT NULL, stream TEXT NOT NULL, seq {int} NOT NULL,
  hash TEXT NOT NULL, sales {int} NOT NULL, PRIMARY KEY(store, device, epoch, stream))""",
    """item(
  store TEXT NOT NULL, device TEXT NOT NULL, epoch {int} NOT NULL, stream TEXT NOT NULL, seq {int} NOT NULL,
  day {int} NOT NULL, id TEXT NOT NULL, kind TEXT NOT NULL, v {int} NOT NULL, at_ms {int} NOT NULL,
  received_ms {int} NOT NULL, hash TEXT NOT NULL, fate TEXT NOT NULL, body {bytes} NOT NULL,
  PRIMARY KEY(store, device, epoch, stream, seq, day))""",
    f"""sale(
  {_FACT}, day {{int}} NOT NULL, id TEXT NOT NULL, till TEXT NOT NULL, number TEXT NOT NULL, act TEXT NOT NULL,
  state TEXT NOT NULL, shift {{int}} NOT NULL, cashier TEXT NOT NULL, opened_ms {{int}} NOT NULL,
  closed_ms {{int}} NOT NULL, received_ms {{int}} NOT NULL, total {{int}} NOT NULL, net {{int}} NOT NULL,
  discount {{int}} NOT NULL, rounding {{int}} NOT NULL, of_sale TEXT NOT NULL, unresolved {{int}} NOT NULL,
  line_count {{int}} NOT NULL, first_name TEXT NOT NULL, means TEXT NOT NULL,
  PRIMARY KEY(store, device, epoch, seq, day))""",
    f"""sale_line(
  {_PART}, sku TEXT NOT NULL, name TEXT NOT NULL, qty {{int}} NOT NULL, price {{int}} NOT NULL, sum {{int}} NOT NULL,
  vat TEXT NOT NULL, discount {{int}} NOT NULL, seller TEXT NOT NULL, mark TEXT NOT NULL, {_PART_KEY})""",
    f"""sale_payment(
  {_PART}, means TEXT NOT NULL, sum {{int}} NOT NULL, net {{int}} NOT NULL, attempt TEXT NOT NULL,
  terminal TEXT NOT NULL, slip {{int}} NOT NULL, card TEXT NOT NULL, scheme TEXT NOT NULL, auth TEXT NOT NULL,
  status TEXT NOT NULL, {_PART_KEY})""",
    f"""sale_document(
  {_PART}, seller TEXT NOT NULL, register TEXT NOT NULL, fn TEXT NOT NULL, number {{int}} NOT NULL,
  sign {{int}} NOT NULL, total {{int}} NOT NULL, at TEXT NOT NULL, operation {{int}} NOT NULL,
  by_person {{int}} NOT NULL, {_PART_KEY})""",
    f"""shift(
  {_FACT}, day {{int}} NOT NULL, till TEXT NOT NULL, number {{int}} NOT NULL, event TEXT NOT NULL,
  at_ms {{int}} NOT NULL, cashier TEXT NOT NULL, cash {{int}} NOT NULL, sales {{int}} NOT NULL,
  refunds {{int}} NOT NULL, sum {{int}} NOT NULL, exceptions TEXT NOT NULL,
  PRIMARY KEY(store, device, epoch, seq, day))""",
    f"""cash_move(
  {_FACT}, day {{int}} NOT NULL, till TEXT NOT NULL, shift {{int}} NOT NULL, event TEXT NOT NULL,
  sum {{int}} NOT NULL, cashier TEXT NOT NULL, reason TEXT NOT NULL, at_ms {{int}} NOT NULL,
  PRIMARY KEY(store, device, epoch, seq, day))""",
    f"""debt(
  {_FACT}, till TEXT NOT NULL, sale TEXT NOT NULL, total {{int}} NOT NULL, at_ms {{int}} NOT NULL,
  why TEXT NOT NULL, person TEXT NOT NULL, PRIMARY KEY(store, device, epoch, seq))""",
    """quarantine(
  store TEXT NOT NULL, device TEXT NOT NULL, epoch {int} NOT NULL, stream TEXT NOT NULL, seq {int} NOT NULL,
  id TEXT NOT NULL, kind TEXT NOT NULL, v {int} NOT NULL, why TEXT NOT NULL, received_ms {int} NOT NULL,
  body {bytes} NOT NULL, PRIMARY KEY(store, device, epoch, stream, seq))""",
    """stock_sum(
  store TEXT NOT NULL, sku TEXT NOT NULL, moved_thousandths {int} NOT NULL, PRIMARY KEY(store, sku))""",
    f"""claim(
  {_FACT}, number TEXT NOT NULL, kiosk TEXT NOT NULL, amount {{int}} NOT NULL, reason TEXT NOT NULL,
  order_id TEXT NOT NULL, state TEXT NOT NULL, at_ms {{int}} NOT NULL, by TEXT NOT NULL, expires_ms {{int}} NOT NULL,
  why TEXT NOT NULL, PRIMARY KEY(store, device, epoch, seq))""",
    f"""encashment(
  {_FACT}, kiosk TEXT NOT NULL, box_device TEXT NOT NULL, box_unit TEXT NOT NULL, period {{int}} NOT NULL,
  number TEXT NOT NULL, state TEXT NOT NULL, told_ms {{int}} NOT NULL, from_ms {{int}} NOT NULL,
  to_ms {{int}} NOT NULL, serial TEXT NOT NULL, currency TEXT NOT NULL, counts TEXT NOT NULL, total {{int}} NOT NULL,
  operator TEXT NOT NULL, unauthorised {{int}} NOT NULL, doubts {{int}} NOT NULL, doubted {{int}} NOT NULL,
  drift {{int}}, old_cassette TEXT NOT NULL, new_cassette TEXT NOT NULL, centre {{int}}, difference {{int}},
  PRIMARY KEY(store, device, epoch, seq))""",
    """feed(id TEXT NOT NULL)""",
    """command(
  store TEXT NOT NULL, device TEXT NOT NULL, seq {int} NOT NULL, id TEXT NOT NULL, kind TEXT NOT NULL,
  v {int} NOT NULL, at_ms {int} NOT NULL, body {bytes} NOT NULL,
  PRIMARY KEY(store, device, seq), UNIQUE(store, device, id))""",
    """command_cursor(
  store TEXT NOT NULL, device TEXT NOT NULL, given {int} NOT NULL, acked {int} NOT NULL, PRIMARY KEY(store, device))""",
    """claim_request(
  issuer TEXT NOT NULL, number TEXT NOT NULL, n {int} NOT NULL, request TEXT NOT NULL UNIQUE, asker TEXT NOT NULL,
  owner TEXT NOT NULL, state TEXT NOT NULL, why TEXT NOT NULL, asked_ms {int} NOT NULL, answered_ms {int},
  PRIMARY KEY(issuer, number, n))""",
    """visit(
  store TEXT NOT NULL, device TEXT NOT NULL, epoch {int} NOT NULL, seq {int} NOT NULL, id TEXT NOT NULL,
  opened_ms {int} NOT NULL, closed_ms {int} NOT NULL, zones TEXT NOT NULL, inside_s {int}, person TEXT NOT NULL,
  confidence {int} NOT NULL, bought {int} NOT NULL, PRIMARY KEY(store, device, id))""",
    """visit_hour(
  store TEXT NOT NULL, device TEXT NOT NULL, epoch {int} NOT NULL, seq {int} NOT NULL, hour_ms {int} NOT NULL,
  visits {int} NOT NULL, came_again {int} NOT NULL, receipts {int} NOT NULL, entered {int}, went_out {int},
  people TEXT, passers TEXT, coverage {int} NOT NULL, PRIMARY KEY(store, device, hour_ms))""",
    """visit_forgotten(
  store TEXT NOT NULL, device TEXT NOT NULL, tombstone TEXT NOT NULL, epoch {int} NOT NULL,
  person_sha256 TEXT NOT NULL, erased {int} NOT NULL, told_ms {int} NOT NULL, PRIMARY KEY(store, device, tombstone))""",
    """dropped_range(
  store TEXT NOT NULL, device TEXT NOT NULL, epoch {int} NOT NULL, stream TEXT NOT NULL, first {int} NOT NULL,
  last {int} NOT NULL, hash TEXT NOT NULL, from_ms {int} NOT NULL, until_ms {int} NOT NULL, told_ms {int} NOT NULL,
  PRIMARY KEY(store, device, epoch, stream, first))""",
)

# What the office asks of all shops at once is found by its moment; each shard of a distributed table has its own such
# index, and none of them decides that anything is unique.
INDEXES = (
    "device_place_by_device ON device_place(device)",
    "item_by_id ON item(store, device, id)",
    "sale_by_id ON sale(store, device, id)",
    "sale_by_arrival ON sale(received_ms, device, epoch, seq)",
    "sale_by_time ON sale(closed_ms)",
    "sale_unresolved ON sale(received_ms) WHERE unresolved = 1",
    "shift_by_time ON shift(at_ms)",
    "claim_by_number ON claim(store, device, number, epoch, seq)",
    "encashment_by_box ON encashment(store, device, kiosk, box_device, box_unit, period, epoch, seq)",
    "visit_by_time ON visit(opened_ms)",
    "visit_by_person ON visit(store, person) WHERE person <> ''",
    "visit_hour_by_time ON visit_hour(hour_ms)",
    "visit_forgotten_by_person ON visit_forgotten(store, person_sha256)",
    "dropped_range_by_time ON dropped_range(until_ms)",
)

VIEWS = (
    """stock_move AS
  SELECT s.store, l.sku, CASE s.act WHEN 'refund' THEN l.qty ELSE -l.qty END AS moved_thousandths,
         s.act AS reason, s.device, s.id AS sale, l.n, s.closed_ms AS at_ms
  FROM sale s JOIN sale_line l
  ON l.store=s.store AND l.device=s.device AND l.epoch=s.epoch AND l.seq=s.seq AND l.day=s.day
  WHERE s.state <> 'voided_after_payment' AND s.act <> 'advance'""",
    """claim_owed AS
  SELECT * FROM claim c WHERE state IN ('issued', 'taken', 'expired') AND NOT EXISTS (
    SELECT 1 FROM claim later WHERE later.store=c.store AND later.device=c.device AND later.number=c.number
    AND (later.epoch, later.seq) > (c.epoch, c.seq))""",
    """encashment_now AS
  SELECT * FROM encashment e WHERE NOT EXISTS (
    SELECT 1 FROM encashment later WHERE later.store=e.store AND later.device=e.device AND later.kiosk=e.kiosk
    AND later.box_device=e.box_device AND later.box_unit=e.box_unit AND later.period=e.period
    AND (later.epoch, later.seq) > (e.epoch, e.seq))""",
)

_FEED = {
    "sqlite": "INSERT INTO feed VALUES(lower(hex(randomblob(8))))",
    "postgresql": "INSERT INTO feed VALUES(replace(gen_random_uuid()::text, '-', ''))",
}
_LARGE_ROWS = ("device", "item", "quarantine", "feed")
"""Tables whose rows are large, or that have no key to lie in: not WITHOUT ROWID in SQLite."""


def statements(dialect: str) -> list[str]:
    """What brings an empty storage here; `dialect` is sqlite or postgresql."""
    found = create_tables(dialect, TABLES, parted=PARTED, large_rows=_LARGE_ROWS)
    found += [f"CREATE INDEX {index}" for index in INDEXES]
    found += [f"CREATE VIEW {view}" for view in VIEWS]
    return [*found, _FEED[dialect]]


upgrade = upgrade_by(statements)
