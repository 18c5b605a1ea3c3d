"""What HQ will never get: the oldest facts of a stream go when too many wait or room is short, and that is remembered.

    kept before   | 61 .. 100 HQ has them | 101 .. 20100 wait               |
    dropped       | gone, up to 2100, and the hash of 2100 | 2101 .. 20100  |   told to HQ: 101 .. 2100 will not come

What is kept is always the end of the stream without holes, so one number and one hash say what is missing. Facts of a
customer's consent, its end and their purchases (NEVER_DROPPED) are numbered again behind all others, under the id they
have: where HQ took the first one and its answer was lost, the second one is known there. Consents and ends that HQ had
acknowledged are set aside when their rows go, for an HQ that comes back from a backup of before.
"""

from __future__ import annotations

import apsw
import msgspec

from sync.store import outbox
from sync.store.batch import OutboxState, Outgoing
from sync.wire.customer_facts import NEVER_DROPPED, TOLD_AGAIN
from sync.wire.edge_log import GENESIS, MARK_DIGITS, MAX_MARKS, Ended, Mark

MOST_WAITING = 20_000
"""Facts of a week of a busy shop without HQ, about 6 MB."""
KEPT_WHEN_SHORT = 1_000
"""The newest day or so stays when the disk is short: 300 KB would not save a sale that the reserve does not."""

_KEPT = ", ".join("?" * len(NEVER_DROPPED))
_ENDED = "uplink/ended/"
KEPT_AFTER_ACK = outbox.KEPT_AFTER_ACK
"""As in the journal's file: an HQ of last night's backup asks again. Of more than that it is told that it is gone."""
HASHES_KEPT = 20_000
"""Of items that are gone, about 1 MB: weeks of a busy shop. An HQ of before that is of another history to us."""
EACH_MARKED = 16
FARTHER_BY = 5 / 4
"""Of an epoch that is left the newest numbers have a mark each, then a mark for each quarter farther back: some fifty.
Where HQ has ours up to between two of them, a quarter too many is called missing and none too few."""


def gone(connection: apsw.Connection, stream: str) -> tuple[int, str]:
    """The last item that is no longer kept, and its hash."""
    for seq, link in connection.execute("SELECT seq, hash FROM outbox_front WHERE stream = ?", (stream,)):
        return int(seq), str(link)
    return 0, GENESIS


def dropped(connection: apsw.Connection, stream: str) -> int:
    """How many items went before HQ had them, ever."""
    for (count,) in connection.execute("SELECT dropped FROM outbox_front WHERE stream = ?", (stream,)):
        return int(count)
    return 0


def waiting(connection: apsw.Connection, stream: str) -> int:
    """Items that are kept and not acknowledged."""
    return outbox.head(connection, stream)[0] - max(outbox.acked(connection, stream), gone(connection, stream)[0])


def state(connection: apsw.Connection) -> list[OutboxState]:
    """As outbox.state; what was dropped does not wait."""
    streams = [str(row[0]) for row in connection.execute("SELECT stream FROM stream_head ORDER BY stream").fetchall()]
    found = []
    for stream in streams:
        after = max(outbox.acked(connection, stream), gone(connection, stream)[0])
        oldest = connection.execute("SELECT at_ms FROM outbox WHERE stream = ? AND seq = ?", (stream, after + 1)).get
        found.append(OutboxState(stream, waiting(connection, stream), oldest))
    return found


def keep_within(connection: apsw.Connection, stream: str, most: int, short: bool, at_ms: int) -> int:
    """Drops what is too much, inside the transaction that is open; how many items are lost to HQ."""
    if short:
        most = min(most, KEPT_WHEN_SHORT)
    if waiting(connection, stream) <= most:
        return 0
    return drop(connection, stream, most - most // 10, at_ms)  # a tenth at once: the next fact does not drop again


def drop(connection: apsw.Connection, stream: str, keep: int, at_ms: int) -> int:
    """Lets go of everything but the `keep` newest; how many items are lost to HQ."""
    acked = outbox.acked(connection, stream)
    begin = max(acked, gone(connection, stream)[0])
    last = outbox.head(connection, stream)[0] - keep
    if last <= begin:
        return 0
    asked = _facts(
        connection,
        stream,
        f"SELECT id, kind, v, body FROM outbox WHERE stream = ? AND kind IN ({_KEPT}) AND seq > ? AND seq <= ?"
        " ORDER BY seq",
        (stream, *NEVER_DROPPED, begin, last),
    )
    _let_go(connection, stream, last, acked)
    outbox.append(connection, asked, at_ms)
    lost = last - begin - len(asked)
    connection.execute("UPDATE outbox_front SET dropped = dropped + ? WHERE stream = ?", (lost, stream))
    return lost


def prune(connection: apsw.Connection, stream: str) -> bool:
    """As outbox.prune: a handful of what HQ has had for long; True while there is more of it."""
    begin = gone(connection, stream)[0]
    acked = outbox.acked(connection, stream)
    last = min(acked - KEPT_AFTER_ACK, begin + outbox.DELETED_AT_ONCE)
    if last <= begin:
        return False
    _let_go(connection, stream, last, acked)
    return last < acked - KEPT_AFTER_ACK


def tell_again(connection: apsw.Connection, stream: str, at_ms: int) -> int:
    """Numbers anew what was set aside; how many."""
    told = "SELECT id, kind, v, body FROM set_aside WHERE stream = ? ORDER BY id"
    facts = _facts(connection, stream, told, (stream,))
    outbox.append(connection, facts, at_ms)
    connection.execute("DELETE FROM set_aside WHERE stream = ?", (stream,))
    return len(facts)


def hash_of(connection: apsw.Connection, stream: str, seq: int) -> str | None:
    """As outbox.hash_of, of the newest of those that are gone as well."""
    last, link = gone(connection, stream)
    found = link if seq == last else outbox.hash_of(connection, stream, seq)
    if found is None:
        told = "SELECT lower(hex(hash)) FROM gone_hash WHERE stream = ? AND seq = ?"
        for (found,) in connection.execute(told, (stream, seq)):
            return str(found)
    return found


def ended(connection: apsw.Connection, stream: str) -> list[Ended]:
    """Oldest first."""
    for (kept,) in connection.execute("SELECT value FROM setting WHERE key = ?", (_ENDED + stream,)):
        return msgspec.json.decode(kept, type=list[Ended])
    return []


def begin_epoch(connection: apsw.Connection, left: int) -> None:
    """As outbox.begin_epoch: what HQ has and is kept still goes again too, for an HQ that comes back from a backup of
    before the epoch. Dropped items that HQ has not been told of keep numbers in the new epoch, at its front: otherwise
    nobody would ever hear that they are missing. The chain begins behind them. What HQ had acknowledged and is kept no
    more has a number in `left` alone, which is remembered: HQ may come back without it."""
    fronts = [str(row[0]) for row in connection.execute("SELECT stream FROM outbox_front").fetchall()]
    untold = {stream: gone(connection, stream)[0] - outbox.acked(connection, stream) for stream in fronts}
    for stream in fronts:
        held = min(gone(connection, stream)[0], outbox.acked(connection, stream))
        if held > 0:
            last = Ended(left, held, hash_of(connection, stream, held) or "", _marks(connection, stream, held))
            told = msgspec.json.encode([*ended(connection, stream), last])
            connection.execute("INSERT OR REPLACE INTO setting VALUES (?, ?)", (_ENDED + stream, told))
    outbox.begin_epoch(connection)
    connection.execute("UPDATE outbox_front SET seq = 0, hash = ?", (GENESIS,))
    connection.execute("DELETE FROM gone_hash")
    for stream, count in untold.items():
        if count <= 0:
            continue
        # by way of negative numbers: a number may not stand there twice even for a moment
        connection.execute("UPDATE outbox SET seq = -(seq + ?) WHERE stream = ?", (count, stream))
        connection.execute("UPDATE outbox SET seq = -seq WHERE stream = ?", (stream,))
        connection.execute("UPDATE stream_head SET seq = seq + ? WHERE stream = ?", (count, stream))
        connection.execute("UPDATE outbox_front SET seq = ? WHERE stream = ?", (count, stream))
        connection.execute("INSERT INTO gone_hash VALUES (?, ?, unhex(?))", (stream, count, GENESIS))


def _marks(connection: apsw.Connection, stream: str, last: int) -> list[Mark]:
    marks: list[Mark] = []
    back = 0
    while back < last and len(marks) < MAX_MARKS and (link := hash_of(connection, stream, last - back)) is not None:
        marks.append(Mark(last - back, link[:MARK_DIGITS]))
        back = back + 1 if back < EACH_MARKED else int(back * FARTHER_BY)
    return marks[::-1]


def _facts(connection: apsw.Connection, stream: str, select: str, values: tuple[str | int, ...]) -> list[Outgoing]:
    rows = connection.execute(select, values)
    return [Outgoing(stream, str(id), str(kind), int(v), bytes(body)) for id, kind, v, body in rows]


def _let_go(connection: apsw.Connection, stream: str, last: int, acked: int) -> None:
    link = connection.execute("SELECT hash FROM outbox WHERE stream = ? AND seq = ?", (stream, last)).get
    connection.execute(
        "INSERT OR REPLACE INTO set_aside SELECT stream, id, kind, v, body FROM outbox"
        " WHERE stream = ? AND kind IN (?, ?) AND seq <= ?",
        (stream, *TOLD_AGAIN, min(last, acked)),
    )
    connection.execute(
        "INSERT INTO gone_hash SELECT stream, seq, unhex(hash) FROM outbox WHERE stream = ? AND seq <= ?",
        (stream, last),
    )
    connection.execute(  # those around what HQ had acknowledged tell most
        "DELETE FROM gone_hash WHERE stream = ? AND seq <= ? AND (seq > ? OR seq <= ?)",
        (stream, last - HASHES_KEPT, acked, acked - HASHES_KEPT),
    )
    connection.execute("DELETE FROM outbox WHERE stream = ? AND seq <= ?", (stream, last))
    connection.execute(
        "INSERT INTO outbox_front VALUES (?, ?, ?, 0)"
        " ON CONFLICT (stream) DO UPDATE SET seq = excluded.seq, hash = excluded.hash",
        (stream, last, link),
    )
