"""Writes one batch about visitors into the open transaction."""

from __future__ import annotations

from collections.abc import Iterable

import apsw

from sync.store import outbox
from sync.visitor_store.visitor_batch import Forgotten, VisitorBatch

_HOLD_KEYS = (("sighting", "body"), ("visit", "body"), ("setting", "value"))
"""Where whoever counts visitors may have written a key: all JSON, and a key is too long to stand there by chance."""


def write(connection: apsw.Connection, batch: VisitorBatch, at_ms: int) -> None:
    """A consent row is new or the transaction fails: the ledger is only added to."""
    many = connection.executemany
    if batch.consents:
        rows = [(one.seq, one.kind, one.body, one.body_hash, one.link) for one in batch.consents]
        many("INSERT INTO consent_row VALUES (?, ?, ?, ?, ?)", rows)
    if batch.persons:
        many(
            "INSERT OR REPLACE INTO person VALUES (?, ?, ?, ?)",
            [(one.subject, one.kind, one.value, at_ms) for one in batch.persons],
        )
    if batch.templates:
        many(
            "INSERT OR REPLACE INTO template VALUES (?, ?, ?, ?)",
            [(one.record, one.consent, one.sealed, at_ms) for one in batch.templates],
        )
    if batch.identity:
        rows_of = [(one.id, one.edge, one.body) for one in batch.identity]
        many("INSERT OR IGNORE INTO identity_event VALUES (?, ?, ?)", rows_of)
    if batch.sightings:
        many(
            "INSERT OR IGNORE INTO sighting VALUES (?, ?, ?)",
            [(one.id, one.at_ms, one.body) for one in batch.sightings],
        )
    if batch.visits:
        many(
            "INSERT OR REPLACE INTO visit VALUES (?, ?, ?, ?)",
            [(one.id, one.opened_ms, one.person, one.body) for one in batch.visits],
        )
    if batch.readings:
        many(
            "INSERT OR REPLACE INTO reading VALUES (?, ?, ?)",
            [(one.sensor, one.start_ms, one.body) for one in batch.readings],
        )
    if batch.hours:
        many("INSERT OR REPLACE INTO hour VALUES (?, ?, ?)", [(one.hour_ms, one.zone, one.body) for one in batch.hours])
    outbox.append(connection, batch.outgoing, at_ms)
    if batch.settings:
        many("INSERT OR REPLACE INTO setting VALUES (?, ?)", [(one.key, one.value) for one in batch.settings])
    if batch.forgotten is not None:
        forget(connection, batch.forgotten)


def forget(connection: apsw.Connection, told: Forgotten) -> None:
    """The file zeroes what it frees (`_open`); what older pages the log still holds goes with `VisitorStore.scrub`."""
    _each(connection, "UPDATE consent_row SET body = NULL WHERE seq = ?", told.consent_bodies)
    _each(connection, "DELETE FROM person WHERE subject = ?", told.persons)
    _each(
        connection,
        "UPDATE visit SET person = '', body = CAST(replace(CAST(body AS TEXT), person, '') AS BLOB) WHERE person = ?",
        told.nameless,
    )
    _each(connection, "DELETE FROM told_subject WHERE subject = ?", told.nameless)
    _each(connection, "DELETE FROM template WHERE record = ?", told.templates)
    _each(connection, "DELETE FROM identity_event WHERE edge = ?", told.edges)
    _each(
        connection, "DELETE FROM set_aside WHERE kind <> 'forget' AND instr(body, CAST(? AS BLOB)) > 0", told.consents
    )
    for key, stand_in in told.keys:
        for table, text in _HOLD_KEYS:
            connection.execute(
                f"UPDATE {table} SET {text} = CAST(replace(CAST({text} AS TEXT), ?1, ?2) AS BLOB)"
                f" WHERE instr({text}, CAST(?1 AS BLOB)) > 0",
                (key, stand_in),
            )


def _each(connection: apsw.Connection, statement: str, values: Iterable[int | str]) -> None:
    rows = [(value,) for value in values]
    if rows:
        connection.executemany(statement, rows)


def forget_before(connection: apsw.Connection, sightings_ms: int, visits_ms: int) -> None:
    """Yesterday's sightings are visits by now, and visits of long ago are sums at HQ."""
    connection.execute("DELETE FROM sighting WHERE at_ms < ?", (sightings_ms,))
    connection.execute("DELETE FROM visit WHERE opened_ms < ?", (visits_ms,))
    connection.execute("DELETE FROM reading WHERE start_ms < ?", (visits_ms,))
    connection.execute("DELETE FROM hour WHERE hour_ms < ?", (visits_ms,))
