"""Takes a batch of the edge log into HQ's storage: one transaction, one cursor, every fact once.

    an epoch that another has followed: Fork; `prev` is not our item before the batch: Fork
    cursor of (device, epoch, stream) -> first > cursor + 1: Gap -> seq <= cursor: compare hashes (Fork), else skip
    -> dropped: what of it is behind the cursor is kept as missing, the chain goes on from its hash
    -> the rest: each item's fate (fates.py), raw into `item`, misfits into `quarantine`, what was taken typed into its
    tables (taken_rows.py), what another shop has to hear of into its feed of commands -> cursor -> COMMIT -> Ack

The numbers (device, epoch, stream, seq) decide what is new, for ever. After a fork a device sends its unacknowledged
items again under a new epoch: those are matched by id, so a sale known under the old epoch is recorded and not counted.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from cloud_api.fates import Where, fates_of, follows
from cloud_api.heartbeats import keep_newest
from cloud_api.hello import NEWEST_EPOCH, hash_at
from cloud_api.storage.business_day import ZONE, Moment
from cloud_api.storage.storage import Storage, Transaction
from cloud_api.store.devices import KnownDevice
from cloud_api.taken_rows import TakenRows
from cloud_api.visits_taken import Wrote, write_dropped, write_ended, write_visits
from sync.wire.edge_log import DROPPABLE, GENESIS, Ack, Dropped, Fork, Gap, Push
from sync.wire.telemetry_facts import STREAM as TELEMETRY
from sync.wire.visit_facts import STREAM as VISITS

STREAMS = frozenset({"sales", "loyalty", "visits", "telemetry"})


class NoLonger(Exception):
    """The device was revoked or moved to another shop while its batch was on the way: nothing was taken."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What a push did: the answer for the wire and what to tell the office."""

    answer: Ack | Gap | Fork
    fates: Counter[str] = field(default_factory=Counter)
    sales: int = 0
    commands: int = 0


async def take(
    storage: Storage,
    device: KnownDevice,
    stream: str,
    push: Push,
    *,
    now_ms: int,
    received_ms: int | None = None,
    zone: str = ZONE,
) -> Taken:
    """Store the batch and answer; when this returns an Ack everything up to it is on the disk. Raises NoLonger.

    `received_ms` is its place in the order of arrival (arrivals.py), `zone` whose day it is where a till told none.
    """
    where = (device.store, device.device, push.epoch, stream)
    moment = Moment(now_ms if received_ms is None else received_ms, ZoneInfo(zone))
    wrote = Wrote(0, False)
    async with storage.transaction(device.store) as transaction:
        # The first statement also makes the batches of one device follow each other: its row is theirs alone from here.
        await transaction.write(
            "UPDATE device_place SET seen_ms=? WHERE store=? AND device=?", (now_ms, device.store, device.device)
        )
        newest, last, last_hash = await _standing(transaction, device, where)
        if push.epoch < newest:
            return Taken(Fork(push.first))
        dropped = push.dropped if stream in DROPPABLE else None
        first = push.first if dropped is None else dropped.first
        if first > last + 1:
            return Taken(Gap(last + 1))
        if push.prev:
            ours = last_hash if first == last + 1 else await hash_at(transaction, device, push.epoch, stream, first - 1)
            if ours is not None and ours != push.prev:
                return Taken(Fork(first - 1))
        if dropped is not None and dropped.last <= last and await _other_end(transaction, device, where, dropped):
            return Taken(Fork(dropped.last))
        forked = await _first_difference(transaction, device, where, push, last)
        if forked is not None:
            return Taken(Fork(forked))
        if stream in DROPPABLE:
            await write_ended(transaction, device, where, push.ended, now_ms=now_ms)
        missing = None
        if dropped is not None and dropped.last > last:
            missing = Dropped(last + 1, dropped.last, dropped.hash)
            last, last_hash = dropped.last, dropped.hash
        fresh = [item for item in push.items if item.seq > last]
        if not fresh and missing is None:
            return Taken(Ack(last, now_ms, hash=last_hash))
        if fresh and not follows(last_hash, fresh[0], bytes(fresh[0].body)):
            return Taken(Fork(fresh[0].seq))
        if missing is not None:
            await write_dropped(transaction, where, missing, fresh, now_ms=now_ms)
        batch = await fates_of(transaction, device, where, fresh, last_hash, moment)
        rows = TakenRows(device, push.epoch, moment)
        for seq, projected in batch.taken:
            rows.add(seq, projected)
        await batch.write(transaction, device, stream)
        commands = await rows.write(transaction, now_ms=now_ms)
        head = (fresh[-1].seq, fresh[-1].hash) if fresh else (last, last_hash)
        await transaction.write(
            "INSERT INTO device_cursor(store, device, epoch, stream, seq, hash, sales) VALUES(?,?,?,?,?,?,?) "
            "ON CONFLICT(store, device, epoch, stream) DO UPDATE "
            "SET seq=excluded.seq, hash=excluded.hash, sales=device_cursor.sales + excluded.sales",
            (*where, *head, rows.sales),
        )
        if stream == VISITS:
            wrote = await write_visits(transaction, device, push.epoch, rows.visits, fresh, zone=zone, now_ms=now_ms)
        if stream == TELEMETRY and fresh:
            sound = [item for item in fresh if item.seq not in batch.misfits]
            await keep_newest(transaction, device, push.epoch, sound, fresh[-1].seq, now_ms=now_ms)
    if wrote.erased:
        await storage.scrub()
    ack = Ack(head[0], now_ms, hash=head[1], fates=dict(batch.fates))
    return Taken(ack, batch.fates, rows.sales, commands + wrote.commands)


async def _standing(transaction: Transaction, device: KnownDevice, where: Where) -> tuple[int, int, str]:
    """The stream's newest epoch, and of the one in `where` the cursor: its sequence and hash. Raises NoLonger."""
    dialect = transaction.dialect
    among, places = dialect.among("store"), dialect.asked(device.places)
    store, name, epoch, stream = where
    found = await transaction.row(
        f"SELECT ({NEWEST_EPOCH.format(among=among)}), c.seq, c.hash FROM device d LEFT JOIN device_cursor c "
        "ON c.store=d.store AND c.device=d.device AND c.epoch=? AND c.stream=? "
        "WHERE d.device=? AND d.store=? AND d.revoked_ms IS NULL",
        (places, name, stream, places, name, stream, epoch, stream, name, store),
    )
    if found is None:
        raise NoLonger
    newest, seq, last_hash = found
    return (newest or 0, 0, GENESIS) if seq is None else (newest or 0, int(seq), str(last_hash))


async def _other_end(transaction: Transaction, device: KnownDevice, where: Where, dropped: Dropped) -> bool:
    """HQ has the range's last item already, or knows it as dropped, under another hash."""
    among, told = (
        transaction.dialect.among("store"),
        (transaction.dialect.asked(device.places), *where[1:], dropped.last),
    )
    found = await transaction.rows(
        f"SELECT hash FROM item WHERE {among} AND device=? AND epoch=? AND stream=? AND seq=? UNION ALL "
        f"SELECT hash FROM dropped_range WHERE {among} AND device=? AND epoch=? AND stream=? AND last=?",
        (*told, *told),
    )
    return any(row[0] != dropped.hash for row in found)


async def _first_difference(
    transaction: Transaction, device: KnownDevice, where: Where, push: Push, last: int
) -> int | None:
    """The first sequence sent again with another hash than the stored one, in whichever store the device stood."""
    again = [item for item in push.items if item.seq <= last]
    if not again:
        return None
    stored = dict(
        await transaction.rows(
            f"SELECT seq, hash FROM item WHERE {transaction.dialect.among('store')} "
            "AND device=? AND epoch=? AND stream=? AND seq BETWEEN ? AND ?",
            (transaction.dialect.asked(device.places), *where[1:], again[0].seq, again[-1].seq),
        )
    )
    return next((item.seq for item in again if stored.get(item.seq, item.hash) != item.hash), None)
