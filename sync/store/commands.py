"""What each command of a page was answered, kept for a week: a repeated one is answered from here, not done again.

A page repeats a command for seconds, perhaps for a night with the lid closed. What comes back later than KEPT_MS finds
no row, and is refused all the same: the revision it expects has long passed.
"""

from __future__ import annotations

import apsw

KEPT_MS = 7 * 24 * 3600 * 1000
DELETED_AT_ONCE = 500  # a delete must not hold the writer longer than a sale's commit or two
HANDFULS_AT_OPENING = 4  # of a shop that was closed for a week; an SD card needs a second for them


def prune(connection: apsw.Connection, now_ms: int) -> bool:
    """Deletes a bounded handful of old rows, the oldest first; True while there may be more of them."""
    if not any_old(connection, now_ms):
        return False
    connection.execute(
        "DELETE FROM command WHERE rowid IN"
        " (SELECT rowid FROM (SELECT rowid, at_ms FROM command ORDER BY rowid LIMIT ?) WHERE at_ms < ?)",
        (DELETED_AT_ONCE, now_ms - KEPT_MS),
    )
    return connection.changes() == DELETED_AT_ONCE


def any_old(connection: apsw.Connection, now_ms: int) -> bool:
    """A look at the first row alone: rows are in the order of their times."""
    for (at_ms,) in connection.execute("SELECT at_ms FROM command ORDER BY rowid LIMIT 1"):
        return int(at_ms) < now_ms - KEPT_MS
    return False
