"""The outbox: facts for HQ, numbered without holes in each stream and chained, written with what they tell about.

`stream_head` holds the last number given, its hash, and the last one HQ acknowledged. Rows HQ has are kept a while
(KEPT_AFTER_ACK): an HQ that comes back from last night's backup asks for them again.
"""

from __future__ import annotations

from collections.abc import Iterable

import apsw

from sync.store.batch import OutboxRow, OutboxState, Outgoing
from sync.wire.edge_log import GENESIS, chain, sendable

NO_LIMIT = 1 << 62
KEPT_AFTER_ACK = 2_000  # about two busy days of one shop, 2.5 MB
DELETED_AT_ONCE = 500  # a delete must not hold the writer longer than a sale's commit or two


def append(connection: apsw.Connection, outgoing: Iterable[Outgoing], at_ms: int) -> None:
    """Numbers and chains the facts inside the transaction that is open."""
    heads: dict[str, tuple[int, str]] = {}
    rows = []
    for fact in outgoing:
        seq, previous = heads.get(fact.stream) or head(connection, fact.stream)
        seq += 1
        link = chain(previous, fact.id, fact.kind, fact.v, fact.body)
        heads[fact.stream] = (seq, link)
        rows.append((fact.stream, seq, fact.id, fact.kind, fact.v, at_ms, link, fact.body))
    if not rows:
        return
    connection.executemany("INSERT INTO outbox VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
    connection.executemany(
        "INSERT INTO stream_head VALUES (?, ?, ?, 0)"
        " ON CONFLICT (stream) DO UPDATE SET seq = excluded.seq, hash = excluded.hash",
        [(stream, seq, link) for stream, (seq, link) in heads.items()],
    )


def head(connection: apsw.Connection, stream: str) -> tuple[int, str]:
    """The last number given in a stream and its hash."""
    for seq, link in connection.execute("SELECT seq, hash FROM stream_head WHERE stream = ?", (stream,)):
        return seq, link
    return 0, GENESIS


def read(connection: apsw.Connection, stream: str, after_seq: int, limit: int, max_bytes: int) -> list[OutboxRow]:
    """Consecutive rows after `after_seq`: at most `limit` rows and `max_bytes` of bodies, but one if there is one."""
    rows: list[OutboxRow] = []
    size = 0
    for row in connection.execute(
        "SELECT seq, id, kind, v, at_ms, hash, body FROM outbox WHERE stream = ? AND seq > ? ORDER BY seq LIMIT ?",
        (stream, after_seq, limit),
    ):
        found = OutboxRow(*row)
        size += len(found.body)
        if rows and size > max_bytes:
            break
        rows.append(found)
    return rows


def acked(connection: apsw.Connection, stream: str) -> int:
    for (ack,) in connection.execute("SELECT acked FROM stream_head WHERE stream = ?", (stream,)):
        return int(ack)
    return 0


def state(connection: apsw.Connection) -> list[OutboxState]:
    """How much of each stream waits, and since when the oldest."""
    return [
        OutboxState(*row)
        for row in connection.execute(
            "SELECT head.stream, head.seq - head.acked, row.at_ms FROM stream_head AS head LEFT JOIN outbox AS row"
            " ON row.stream = head.stream AND row.seq = head.acked + 1 ORDER BY head.stream"
        )
    ]


def acknowledge(connection: apsw.Connection, stream: str, ack: int) -> None:
    """HQ has everything up to `ack`. Cumulative: an older number changes nothing, a larger one counts as our last."""
    connection.execute("UPDATE stream_head SET acked = max(acked, min(?, seq)) WHERE stream = ?", (ack, stream))


def prune(connection: apsw.Connection, stream: str) -> bool:
    """Deletes a bounded handful of rows HQ has had for long; True while there is more of them."""
    connection.execute(
        "DELETE FROM outbox WHERE rowid IN (SELECT rowid FROM outbox WHERE stream = ?"
        " AND seq <= (SELECT acked FROM stream_head WHERE stream = ?) - ? ORDER BY seq LIMIT ?)",
        (stream, stream, KEPT_AFTER_ACK, DELETED_AT_ONCE),
    )
    return connection.changes() == DELETED_AT_ONCE


def hash_of(connection: apsw.Connection, stream: str, seq: int) -> str | None:
    """The hash of an item, GENESIS for 0; None if it is no longer kept, or was never made."""
    if seq == 0:
        return GENESIS
    for (link,) in connection.execute("SELECT hash FROM outbox WHERE stream = ? AND seq = ?", (stream, seq)):
        return str(link)
    last, link = head(connection, stream)
    return link if seq == last else None


def begin_epoch(connection: apsw.Connection) -> None:
    """A new epoch counts from 1 again: what is kept gets new numbers and a new chain, under the ids it has.

    What HQ acknowledged and is kept still goes again too, a few batches that HQ knows by their ids: should HQ come back
    from a backup of before the epoch, it asks from 1 on and lacks nothing.
    """
    streams = [str(row[0]) for row in connection.execute("SELECT stream FROM stream_head").fetchall()]
    for stream in streams:
        kept = read(connection, stream, 0, NO_LIMIT, NO_LIMIT)
        connection.execute("DELETE FROM outbox WHERE stream = ?", (stream,))
        seq, link = 0, GENESIS
        for row in kept:
            seq += 1
            body = sendable(row.body)
            link = chain(link, row.id, row.kind, row.v, body)
            connection.execute(
                "INSERT INTO outbox VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (stream, seq, row.id, row.kind, row.v, row.at_ms, link, body),
            )
        connection.execute("UPDATE stream_head SET seq = ?, hash = ?, acked = 0 WHERE stream = ?", (seq, link, stream))
