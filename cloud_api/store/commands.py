"""The feed of each device: what it is asked to do, numbered in the order it was given, until it says that it has it.

A number is the time in milliseconds, or one more than the number before: an HQ restored from an old backup must not
give again a number that a device has passed already.
"""

from __future__ import annotations

import msgspec

from cloud_api.store.database import Database
from sync.wire.commands import AT_ONCE, Command, Commands


def give(database: Database, device: str, id: str, kind: str, body: msgspec.Struct, *, now_ms: int) -> bool:
    """Puts a command into the device's feed, inside the caller's transaction. False: it has this id already."""
    if database.row("SELECT 1 FROM command WHERE device=? AND id=?", (device, id)) is not None:
        return False
    database.write(
        "INSERT INTO command_cursor(device, given, acked) VALUES(?, ?, 0) "
        "ON CONFLICT DO UPDATE SET given = max(given + 1, excluded.given)",
        (device, now_ms),
    )
    seq = database.number("SELECT given FROM command_cursor WHERE device=?", (device,))
    database.write(
        "INSERT INTO command VALUES(?,?,?,?,1,?,?)", (device, seq, id, kind, now_ms, msgspec.json.encode(body))
    )
    return True


def read(database: Database, device: str, feed: str, since: int, *, now_ms: int) -> Commands:
    """What the device has not carried out yet; what it has is forgotten. A place in another feed counts for nothing."""
    ours = str((database.row("SELECT id FROM feed") or [""])[0])
    after = since if feed == ours else 0
    if after > database.number("SELECT acked FROM command_cursor WHERE device=?", (device,)):
        with database.transaction():
            database.write(
                "INSERT INTO command_cursor(device, given, acked) VALUES(?1, ?2, ?2) "
                "ON CONFLICT DO UPDATE SET given = max(given, ?2), acked = ?2",
                (device, after),
            )
            database.write("DELETE FROM command WHERE device=? AND seq<=?", (device, after))
    rows = database.rows(
        "SELECT seq, id, kind, v, at_ms, body FROM command WHERE device=? AND seq>? ORDER BY seq LIMIT ?",
        (device, after, AT_ONCE),
    )
    found = [
        Command(int(seq), str(id), str(kind), int(v), int(at_ms), msgspec.Raw(bytes(body)))
        for seq, id, kind, v, at_ms, body in rows
    ]
    return Commands(ours, found, now_ms)


def waiting(database: Database, device: str) -> bool:
    """Is there anything in the device's feed?"""
    return database.row("SELECT 1 FROM command WHERE device=? LIMIT 1", (device,)) is not None
