"""The shape of `visitors.db`: what the shop saw, and what visitors agreed to. Beside the journal, not in it.

A file of its own: sensors write often, are worth less than a sale, and may lose their file without the till noticing.
What the rows mean is said in `sensors/`; here they are bytes. Two kinds never mix: bodies that a chain covers, and
personal values that can be erased.

`visit.person` is the id of the consent under which a visit is looked at; rows of before V3 have the pseudonym there.
"""

from __future__ import annotations

_V1 = """
CREATE TABLE consent_row (        -- sensors/consent/chain.py: `body` is NULL once it was erased, the chain holds
  seq INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,
  body BLOB,
  body_hash BLOB NOT NULL,
  link BLOB NOT NULL
) STRICT;

CREATE TABLE person (             -- who a pseudonym is; erased with the last consent
  subject TEXT NOT NULL,
  kind TEXT NOT NULL,             -- phone, name
  value TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  PRIMARY KEY (subject, kind)
) STRICT, WITHOUT ROWID;
CREATE INDEX person_value ON person (kind, value);

CREATE TABLE template (           -- sensors/consent/seal.py: sealed, the key is elsewhere
  record TEXT NOT NULL,
  consent TEXT NOT NULL,
  sealed BLOB NOT NULL,
  at_ms INTEGER NOT NULL,
  PRIMARY KEY (record, consent)
) STRICT, WITHOUT ROWID;

CREATE TABLE identity_event (     -- sensors/identity/records.py, in any order
  id TEXT PRIMARY KEY,            -- the same event told twice is one
  edge TEXT NOT NULL,             -- what it is deleted by: the edge's id, an event's own, "" where it names no key
  body BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX identity_edge ON identity_event (edge) WHERE edge <> '';

CREATE TABLE sighting (           -- of today and yesterday: then they are visits, or nothing
  id TEXT PRIMARY KEY,
  at_ms INTEGER NOT NULL,
  body BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sighting_time ON sighting (at_ms);

CREATE TABLE visit (
  id TEXT PRIMARY KEY,
  opened_ms INTEGER NOT NULL,
  person TEXT NOT NULL,           -- a pseudonym, "" for nobody in particular
  body BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX visit_time ON visit (opened_ms);
CREATE INDEX visit_person ON visit (person, opened_ms) WHERE person <> '';

CREATE TABLE reading (            -- a radar's windows: numbers only
  sensor TEXT NOT NULL,
  start_ms INTEGER NOT NULL,
  body BLOB NOT NULL,
  PRIMARY KEY (sensor, start_ms)
) STRICT, WITHOUT ROWID;

CREATE TABLE hour (               -- what was told to HQ of each hour and door
  hour_ms INTEGER NOT NULL,
  zone TEXT NOT NULL,
  body BLOB NOT NULL,
  PRIMARY KEY (hour_ms, zone)
) STRICT, WITHOUT ROWID;

CREATE TABLE outbox (             -- as in the journal's file; sync/store/outbox.py works on both
  stream TEXT NOT NULL,
  seq INTEGER NOT NULL,
  id TEXT NOT NULL,
  kind TEXT NOT NULL,
  v INTEGER NOT NULL,
  at_ms INTEGER NOT NULL,
  hash TEXT NOT NULL,
  body BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX outbox_order ON outbox (stream, seq);
CREATE TABLE stream_head (
  stream TEXT PRIMARY KEY,
  seq INTEGER NOT NULL,
  hash TEXT NOT NULL,
  acked INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE setting (
  key TEXT PRIMARY KEY,
  value BLOB NOT NULL
) STRICT, WITHOUT ROWID;
"""

_V2 = """
CREATE TABLE outbox_front (       -- the last item of a stream that is no longer kept: sync/visitor_store/dropping.py
  stream TEXT PRIMARY KEY,
  seq INTEGER NOT NULL,
  hash TEXT NOT NULL,
  dropped INTEGER NOT NULL        -- how many went before HQ had them, ever
) STRICT, WITHOUT ROWID;

CREATE TABLE set_aside (          -- what an HQ of an older backup has to be told again, whatever it was dropped
  stream TEXT NOT NULL,
  id TEXT NOT NULL,
  kind TEXT NOT NULL,
  v INTEGER NOT NULL,
  body BLOB NOT NULL,
  PRIMARY KEY (stream, id)
) STRICT, WITHOUT ROWID;
"""

_V3 = """
CREATE TABLE told_subject (       -- pseudonyms of persons that HQ was told before it knew a person by a consent
  subject TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;
INSERT INTO told_subject SELECT DISTINCT person FROM visit WHERE person <> '';
"""

_V4 = """
CREATE TABLE gone_hash (          -- of items that are no longer kept: by them HQ's history and ours are told apart
  stream TEXT NOT NULL,
  seq INTEGER NOT NULL,
  hash BLOB NOT NULL,
  PRIMARY KEY (stream, seq)
) STRICT, WITHOUT ROWID;
"""

MIGRATIONS: tuple[str, ...] = (_V1, _V2, _V3, _V4)
