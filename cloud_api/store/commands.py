"""The feed of each device: what it is asked to do, numbered in the order it was given, until it says that it has it.

A number is the time in milliseconds, or one more than the number before: an HQ restored from an old backup must not
give again a number that a device has passed already.
"""

from __future__ import annotations

import msgspec

from cloud_api.storage.storage import Reading, Storage, Transaction
from sync.wire.commands import AT_ONCE, Command, Commands


async def give(transaction: Transaction, device: str, id: str, kind: str, body: msgspec.Struct, *, now_ms: int) -> bool:
    """Puts a command into the device's feed, inside the caller's transaction. False: it has this id already."""
    if await transaction.row("SELECT 1 FROM command WHERE device=? AND id=?", (device, id)) is not None:
        return False
    await transaction.write(
        "INSERT INTO command_cursor(device, given, acked) VALUES(?, ?, 0) "
        "ON CONFLICT(device) DO UPDATE SET given = CASE WHEN command_cursor.given + 1 > excluded.given "
        "THEN command_cursor.given + 1 ELSE excluded.given END",
        (device, now_ms),
    )
    seq = await transaction.number("SELECT given FROM command_cursor WHERE device=?", (device,))
    await transaction.write(
        "INSERT INTO command VALUES(?,?,?,?,1,?,?)", (device, seq, id, kind, now_ms, msgspec.json.encode(body))
    )
    return True


async def read(storage: Storage, device: str, feed: str, since: int, *, now_ms: int) -> Commands:
    """What the device has not carried out yet; what it has is forgotten. A place in another feed counts for nothing."""
    ours = str((await storage.row("SELECT id FROM feed") or [""])[0])
    after = since if feed == ours else 0
    if after > await storage.number("SELECT acked FROM command_cursor WHERE device=?", (device,)):
        async with storage.transaction(None) as transaction:
            await transaction.write(
                "INSERT INTO command_cursor(device, given, acked) VALUES(?, ?, ?) ON CONFLICT(device) DO UPDATE SET "
                "given = CASE WHEN command_cursor.given > excluded.given THEN command_cursor.given "
                "ELSE excluded.given END, acked = excluded.acked",
                (device, after, after),
            )
            await transaction.write("DELETE FROM command WHERE device=? AND seq<=?", (device, after))
    rows = await storage.rows(
        "SELECT seq, id, kind, v, at_ms, body FROM command WHERE device=? AND seq>? ORDER BY seq LIMIT ?",
        (device, after, AT_ONCE),
    )
    found = [
        Command(int(seq), str(id), str(kind), int(v), int(at_ms), msgspec.Raw(bytes(body)))
        for seq, id, kind, v, at_ms, body in rows
    ]
    return Commands(ours, found, now_ms)


async def waiting(storage: Reading, device: str) -> bool:
    """Is there anything in the device's feed?"""
    return await storage.row("SELECT 1 FROM command WHERE device=? LIMIT 1", (device,)) is not None
