"""HQ's half of the handshake: does a device's history belong to what HQ has, and which epoch has nobody used yet?

    epoch of the device < newest of the stream -> fork (another life of this box has gone on under a later one)
    HQ's cursor > the device's last number     -> fork (an older copy, or an empty disk)
    hash of an item that both have differs     -> fork
    the device was acknowledged more than HQ has -> behind (HQ came back from a backup), else same

An epoch belongs to streams: it is written down before the answer leaves, and given again to the same request only while
nothing was pushed under it. A request that comes back later lay in the image of a restored box.
"""

from __future__ import annotations

from cloud_api.readable_kinds import NEWEST
from cloud_api.storage.storage import Reading, Storage
from cloud_api.store.devices import KnownDevice
from sync.wire.edge_log import GENESIS, MAX_ITEMS
from sync.wire.hello import (
    FEATURES,
    MAX_EPOCH,
    PROTOCOL,
    EpochIssued,
    Hello,
    NewEpoch,
    Standing,
    StreamHead,
    StreamStand,
    Welcome,
)


class NoEpochLeft(Exception):
    """The numbers of epochs are used up."""


async def welcome(
    storage: Reading, device: KnownDevice, hello: Hello, known: frozenset[str], *, now_ms: int
) -> Welcome:
    """What HQ has of each stream. `known` are the streams HQ takes."""
    stands = [await _stand(storage, device, said, known) for said in hello.streams]
    return Welcome(PROTOCOL, [PROTOCOL], list(FEATURES), now_ms, MAX_ITEMS, stands, NEWEST, device.device)


async def _stand(storage: Reading, device: KnownDevice, said: StreamHead, known: frozenset[str]) -> StreamStand:
    if said.stream not in known:
        return StreamStand(said.stream, said.epoch, 0, GENESIS, Standing.UNKNOWN)
    where = (device.store, device.device, said.epoch, said.stream)
    newest = max(said.epoch, await newest_epoch(storage, device, said.stream))
    cursor = await storage.row(
        "SELECT seq, hash FROM device_cursor WHERE store=? AND device=? AND epoch=? AND stream=?", where
    )
    seq, link = (0, GENESIS) if cursor is None else (int(cursor[0]), str(cursor[1]))
    standing = Standing.BEHIND if said.acked > seq else Standing.SAME
    if said.epoch < newest or seq > said.head:
        standing = Standing.FORK
    for number, theirs in ((said.head, said.head_hash), (said.acked, said.acked_hash)):
        ours = link if number == seq else None
        if number < seq:
            ours = await hash_at(storage, device, said.epoch, said.stream, number)
        if ours is not None and theirs and ours != theirs:
            standing = Standing.FORK
    return StreamStand(said.stream, newest, seq, link, standing)


NEWEST_EPOCH = (
    "SELECT max(epoch) FROM (SELECT epoch FROM stream_epoch WHERE {among} AND device=? AND stream=? UNION ALL "
    "SELECT epoch FROM device_cursor WHERE {among} AND device=? AND stream=?) AS used"
)
"""The last epoch that was issued for a stream or used in it. Asked for twice: places, device, stream."""


async def newest_epoch(reading: Reading, device: KnownDevice, stream: str) -> int:
    """0 before the first."""
    among, places = reading.dialect.among("store"), reading.dialect.asked(device.places)
    asked = (places, device.device, stream)
    return await reading.number(NEWEST_EPOCH.format(among=among), (*asked, *asked))


async def hash_at(reading: Reading, device: KnownDevice, epoch: int, stream: str, seq: int) -> str | None:
    """The hash HQ has of an item, or of the last one of a dropped range; None if it does not know it."""
    if seq == 0:
        return GENESIS
    among, places = reading.dialect.among("store"), reading.dialect.asked(device.places)
    where = (places, device.device, epoch, stream, seq)
    found = await reading.row(
        f"SELECT hash FROM item WHERE {among} AND device=? AND epoch=? AND stream=? AND seq=? UNION ALL "
        f"SELECT hash FROM dropped_range WHERE {among} AND device=? AND epoch=? AND stream=? AND last=?",
        (*where, *where),
    )
    return None if found is None else str(found[0])


async def issue_epoch(storage: Storage, device: KnownDevice, wish: NewEpoch, *, now_ms: int) -> EpochIssued:
    """An epoch for the streams of `wish`, durable when this returns. Raises NoEpochLeft."""
    among, ours = storage.dialect.among("store"), (storage.dialect.asked(device.places), device.device)
    async with storage.transaction(device.store) as transaction:
        # The first statement makes the requests of one device follow each other, as in ingest.py.
        await transaction.write(
            "UPDATE device_place SET seen_ms=? WHERE store=? AND device=?", (now_ms, device.store, device.device)
        )
        issued = await transaction.rows(
            f"SELECT stream, epoch, request FROM stream_epoch WHERE {among} AND device=?", ours
        )
        used = await transaction.rows(
            f"SELECT stream, max(epoch) FROM device_cursor WHERE {among} AND device=? GROUP BY stream", ours
        )
        granted = {str(stream): int(epoch) for stream, epoch, request in issued if request == wish.request}
        before = min((granted.get(stream, 0) for stream in wish.streams), default=0)
        if before > wish.above and all(int(epoch) < before for stream, epoch in used if stream in wish.streams):
            return EpochIssued(before, now_ms)
        epoch = 1 + max(wish.above, 0, *(int(row[1]) for row in issued), *(int(row[1]) for row in used))
        if epoch > MAX_EPOCH:
            raise NoEpochLeft
        await transaction.write_many(
            "INSERT INTO stream_epoch(store, device, stream, epoch, request, issued_ms) VALUES(?,?,?,?,?,?) "
            "ON CONFLICT(store, device, stream) DO UPDATE SET epoch=excluded.epoch, request=excluded.request, "
            "issued_ms=excluded.issued_ms",
            [(device.store, device.device, one, epoch, wish.request, now_ms) for one in sorted(set(wish.streams))],
        )
    return EpochIssued(epoch, now_ms)
