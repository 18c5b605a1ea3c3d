"""Versions of a feed, in the order of commits, and the places that can be gone on from.

A version is taken inside the transaction that writes the rows, by writing the feed's one row in `feed_head`: whoever
takes the next one waits until that transaction has ended. So every row up to the newest committed version can be seen,
whatever database is behind it, and a reader that has everything up to N misses nothing. A version is the time in
milliseconds, or one more than the one before: an HQ restored from an old backup does not give again what it gave.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from cloud_api.storage.storage import Reading, Transaction

DEFAULT_ZONE = "main"
TOMBSTONES_KEPT_MS = 60 * 86_400_000
"""A store that was away for longer begins with a snapshot; that costs it 30 MB."""


@dataclass(frozen=True, slots=True)
class Head:
    """`feed` as HQ knows it; a store is told `feed_of`."""

    feed: str
    version: int
    forgotten: int


def feed_of(head: Head, scope: str) -> str:
    """The feed's id as one scope (a price zone, a store) knows it: who moves to another zone begins anew."""
    return f"{head.feed}-{hashlib.sha256(scope.encode()).hexdigest()[:8]}"


async def head_of(reading: Reading, name: str) -> Head | None:
    """None: nothing was ever told in this feed."""
    row = await reading.row("SELECT feed, version, forgotten FROM feed_head WHERE name=?", (name,))
    return None if row is None else Head(str(row[0]), int(row[1]), int(row[2]))


async def take_versions(
    transaction: Transaction, name: str, count: int, *, now_ms: int, draw: Callable[[int], str] = secrets.token_hex
) -> int:
    """The first of `count` versions for rows that this transaction writes. Nobody else takes one until it has ended."""
    await transaction.write(
        "INSERT INTO feed_head(name, feed, version, forgotten) VALUES(?,?,0,0) ON CONFLICT(name) DO NOTHING",
        (name, draw(8)),
    )
    await transaction.write(
        "UPDATE feed_head SET version = (CASE WHEN version < ? THEN ? ELSE version END) + ? WHERE name=?",
        (now_ms, now_ms, count, name),
    )
    return await transaction.number("SELECT version FROM feed_head WHERE name=?", (name,)) - count + 1


async def forget_up_to(transaction: Transaction, name: str, version: int) -> None:
    """Tombstones up to `version` are kept no more."""
    await transaction.write(
        "UPDATE feed_head SET forgotten = ? WHERE name=? AND forgotten < ?", (version, name, version)
    )


async def begin_anew(transaction: Transaction, draw: Callable[[int], str] = secrets.token_hex) -> None:
    """Every store begins with a snapshot: after HQ was restored from a backup, and stores may hold what it lost."""
    for (name,) in await transaction.rows("SELECT name FROM feed_head"):
        await transaction.write("UPDATE feed_head SET feed=? WHERE name=?", (draw(8), name))


async def zone_of(reading: Reading, store: str) -> str:
    row = await reading.row("SELECT zone FROM store_zone WHERE store=?", (store,))
    return DEFAULT_ZONE if row is None else str(row[0])


async def set_zone(transaction: Transaction, store: str, zone: str) -> None:
    await transaction.write(
        "INSERT INTO store_zone(store, zone) VALUES(?,?) ON CONFLICT(store) DO UPDATE SET zone = excluded.zone",
        (store, zone),
    )
