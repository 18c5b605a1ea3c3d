"""The feed of each device: what it is asked to do, numbered in the order it was given, until it says that it has it.

A number is somewhat above the time in milliseconds and the number before: an HQ restored from an old backup must not
give again a number that a device has passed already, and by the drawn gap not the same one to the same command behind
other ones either, however its clock goes.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable

import msgspec

from cloud_api.storage.storage import Reading, Storage, Transaction
from cloud_api.store.devices import GLOBAL, KnownDevice
from sync.wire.commands import AT_ONCE, Command, Commands

GAP = 1 << 20
"""Between two numbers at the most: 2^53 is reached after eight thousand million commands to one device."""


async def give(
    transaction: Transaction,
    device: str,
    id: str,
    kind: str,
    body: msgspec.Struct,
    *,
    now_ms: int,
    draw: Callable[[int], int] = secrets.randbelow,
) -> bool:
    """Puts a command into the device's feed, inside the caller's transaction. False: it has this id already."""
    home = await transaction.row(f"{GLOBAL} SELECT store FROM device WHERE device=?", (device,))
    store = str(home[0]) if home is not None else ""
    known = "SELECT 1 FROM command WHERE store=? AND device=? AND id=?"
    if await transaction.row(known, (store, device, id)) is not None:
        return False
    gap = 1 + draw(GAP)
    await transaction.write(
        "INSERT INTO command_cursor(store, device, given, acked) VALUES(?, ?, ?, 0) "
        "ON CONFLICT(store, device) DO UPDATE SET given = CASE WHEN command_cursor.given + ? > excluded.given "
        "THEN command_cursor.given + ? ELSE excluded.given END",
        (store, device, now_ms + gap, gap, gap),
    )
    seq = await transaction.number("SELECT given FROM command_cursor WHERE store=? AND device=?", (store, device))
    await transaction.write(
        "INSERT INTO command(store, device, seq, id, kind, v, at_ms, body) VALUES(?,?,?,?,?,1,?,?)",
        (store, device, seq, id, kind, now_ms, msgspec.json.encode(body)),
    )
    return True


async def read(
    storage: Storage, device: KnownDevice, feed: str, since: int, last: str = "", *, now_ms: int
) -> Commands:
    """What the device has not carried out yet; what it has is forgotten. A place in another feed counts for nothing.
    `last` is the id of command `since`, "" from a device that does not know it."""
    ours = str((await storage.row("/* global: the feed's name */ SELECT id FROM feed") or [""])[0])
    after = since if feed == ours else 0
    whose = (device.store, device.device)
    if after > await storage.number("SELECT acked FROM command_cursor WHERE store=? AND device=?", whose):
        async with storage.transaction(device.store) as transaction:
            await _number_anew(transaction, whose, after, last)
            await transaction.write(
                "INSERT INTO command_cursor(store, device, given, acked) VALUES(?, ?, ?, ?) "
                "ON CONFLICT(store, device) DO UPDATE SET "
                "given = CASE WHEN command_cursor.given > excluded.given THEN command_cursor.given "
                "ELSE excluded.given END, acked = excluded.acked",
                (*whose, after, after),
            )
            await transaction.write("DELETE FROM command WHERE store=? AND device=? AND seq<=?", (*whose, after))
    rows = await storage.rows(
        "SELECT seq, id, kind, v, at_ms, body FROM command WHERE store=? AND device=? AND seq>? ORDER BY seq LIMIT ?",
        (*whose, after, AT_ONCE),
    )
    found = [
        Command(int(seq), str(id), str(kind), int(v), int(at_ms), msgspec.Raw(bytes(body)))
        for seq, id, kind, v, at_ms, body in rows
    ]
    return Commands(ours, found, now_ms)


async def _number_anew(transaction: Transaction, whose: tuple[str, str], after: int, id: str) -> None:
    """What a device acknowledges is the number of a command that lies here, under its id. One that lies nowhere is of
    the life of an HQ that was lost: this one came back from a backup, and its clock may have gone to and fro as well.
    What waits here the device may never have seen: it gets numbers behind the device's place, and comes perhaps a
    second time."""
    of_device = "WHERE store=? AND device=?"
    locked = transaction.dialect.locked
    found = await transaction.row(f"SELECT given FROM command_cursor {of_device}{locked}", whose)
    told = await transaction.row(f"SELECT id FROM command {of_device} AND seq=?", (*whose, after))
    if found is None or (told is not None and id in ("", told[0])):
        return
    last = max(after, int(found[0]))
    waiting = await transaction.rows(f"SELECT seq FROM command {of_device} ORDER BY seq", whose)
    renumbered = []
    for row in waiting:
        last += 1 + secrets.randbelow(GAP)
        renumbered.append((last, *whose, int(row[0])))
    await transaction.write_many(f"UPDATE command SET seq=? {of_device} AND seq=?", renumbered)
    await transaction.write(f"UPDATE command_cursor SET given=? {of_device}", (last, *whose))


async def stands_before(storage: Storage, device: KnownDevice, feed: str, since: int) -> bool:
    """The device asks from a place before the one it had acknowledged: it was restored from a copy."""
    whose = (device.store, device.device)
    acked = await storage.number("SELECT acked FROM command_cursor WHERE store=? AND device=?", whose)
    ours = str((await storage.row("/* global: the feed's name */ SELECT id FROM feed") or [""])[0])
    return acked > (since if feed == ours else 0)


async def waiting(storage: Reading, device: KnownDevice) -> bool:
    """Is there anything in the device's feed?"""
    found = await storage.row("SELECT 1 FROM command WHERE store=? AND device=? LIMIT 1", (device.store, device.device))
    return found is not None
