"""The tables of enrolment: codes somebody made, and the public keys of devices.

A code is kept as its SHA-256 with the store and till it is for; `key_id` is the key it was used with. A device has one
key in force, and during a rotation the next one too (`after_key` names the one it follows); which is in force is told
by `retired_ms`. Both tables belong to the whole chain: who asks is found before it is known whose store it is.
"""

from __future__ import annotations

ENROLMENT = """
CREATE TABLE enrol_code(
  code_sha256 TEXT PRIMARY KEY, store TEXT NOT NULL, till TEXT NOT NULL, device TEXT NOT NULL,
  made_ms INTEGER NOT NULL, until_ms INTEGER NOT NULL, used_ms INTEGER, key_id TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE device_key(
  key_id TEXT PRIMARY KEY, device TEXT NOT NULL, public_key TEXT NOT NULL, epoch INTEGER NOT NULL,
  made_ms INTEGER NOT NULL, used_ms INTEGER, retired_ms INTEGER, after_key TEXT NOT NULL, machine TEXT NOT NULL,
  about TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX device_key_by_device ON device_key(device);
"""
