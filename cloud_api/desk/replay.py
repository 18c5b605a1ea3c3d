"""Items of the quarantine tried again, after HQ has learnt to read them: each counts once, under its own numbers.

    quarantine row ── still does not fit ──> stays, with today's reason
                   └─ fits ──> its typed rows, its moves of the stock; the raw item keeps place and hash, the cursor its
                               place; the quarantine row goes
    no row (any more) ──> nothing happens: whoever asks twice is told so

A heartbeat is not tried: a later one has come long ago.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from enum import Enum
from zoneinfo import ZoneInfo

import msgspec

from cloud_api.arrivals import Arrivals
from cloud_api.fates import fates_of
from cloud_api.hello import hash_at
from cloud_api.projections import DoesNotFit
from cloud_api.storage.business_day import ZONE, Moment
from cloud_api.storage.storage import Storage, Transaction
from cloud_api.store.devices import GLOBAL, KnownDevice
from cloud_api.store.readings import HeldPlace
from cloud_api.store.seen import Seen
from cloud_api.taken_rows import TakenRows
from cloud_api.visit_projections import KINDS, HourRow, VisitRow, VisitVoid, project_visit
from cloud_api.visits_taken import write_visits
from sync.wire.edge_log import Item
from sync.wire.telemetry_facts import STREAM as TELEMETRY
from sync.wire.visit_facts import STREAM as VISITS

_ITS_ROW = "store=? AND device=? AND epoch=? AND stream=? AND seq=?"


@dataclass(frozen=True, slots=True)
class Held:
    """Names one item of the quarantine."""

    store: str
    device: str
    epoch: int
    stream: str
    seq: int

    def __str__(self) -> str:
        return f"{self.device}/{self.epoch}/{self.stream}/{self.seq}"


class Outcome(Enum):
    TAKEN = "taken"
    STILL_HELD = "still_held"
    NOT_HELD = "not_held"
    """It is not in the quarantine: somebody was faster, or it never was."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """`why` it is still held; `sales` and `commands` say whom to tell."""

    outcome: Outcome
    why: str = ""
    sales: int = 0
    commands: int = 0


_FIRST: HeldPlace = (-1, "", 0, 0, "", "")
_PAGE = 500


async def held_page(
    storage: Storage, limit: int, stores: frozenset[str] | None = None, after: HeldPlace | None = None
) -> tuple[list[Held], HeldPlace | None]:
    """The oldest first, so that what depends on another comes after it; of `stores` only, None: of all. Those that do
    not fit stay where they are: whoever goes on asks `after` the place that is told with the page (None: the last)."""
    seen, place = Seen(storage, stores), "received_ms, device, epoch, seq, stream, store"
    rows = await storage.rows(
        f"/* global: the office */ SELECT {place} FROM quarantine WHERE ({place}) > (?, ?, ?, ?, ?, ?){seen.only()} "
        f"ORDER BY {place} LIMIT ?",
        (*(after or _FIRST), *seen.values, limit + 1),
    )
    page = [Held(row[5], row[1], row[2], row[4], row[3]) for row in rows[:limit]]
    return page, (rows[limit - 1][:6] if len(rows) > limit else None)


async def all_held(storage: Storage) -> AsyncIterator[Held]:
    after: HeldPlace | None = None
    while True:
        page, after = await held_page(storage, _PAGE, after=after)
        for one in page:
            yield one
        if after is None:
            return


async def replay(storage: Storage, held: Held, arrivals: Arrivals, *, now_ms: int, zone: str = ZONE) -> Replayed:
    """Durable when this returns. The sale's place in the order of arrival is as of a batch of now."""
    key = (held.store, held.device, held.epoch, held.stream, held.seq)
    async with storage.transaction(held.store) as transaction:
        moment = Moment(await arrivals.moment_ms(transaction), ZoneInfo(zone))
        # As in ingest.py: whoever has the device's row is alone with its items, another replay waits here. In each of
        # its places: a device that was moved meanwhile sends the same sale from another store.
        await transaction.rows(
            f"{GLOBAL} SELECT store FROM device_place WHERE device=? ORDER BY store{transaction.dialect.locked}",
            (held.device,),
        )
        found = await transaction.row(
            "SELECT q.id, q.kind, q.v, q.body, i.at_ms, i.hash FROM quarantine q JOIN item i ON i.store=q.store "
            "AND i.device=q.device AND i.epoch=q.epoch AND i.stream=q.stream AND i.seq=q.seq "
            "WHERE q.store=? AND q.device=? AND q.epoch=? AND q.stream=? AND q.seq=?",
            key,
        )
        device = await _device(transaction, held)
        if found is None or device is None or held.stream == TELEMETRY:
            return Replayed(Outcome.NOT_HELD)
        id, kind, v, body, at_ms, hash = found
        item = Item(held.seq, str(id), str(kind), int(v), int(at_ms), str(hash), msgspec.Raw(bytes(body)))
        link = await hash_at(transaction, device, held.epoch, held.stream, held.seq - 1)
        if link is None:
            return Replayed(Outcome.STILL_HELD, "chain")
        if held.stream == VISITS and await _told_later(transaction, held, item):
            await _let_go(transaction, key, "known")
            return Replayed(Outcome.TAKEN)
        batch = await fates_of(transaction, device, key[:4], [item], link, moment)
        if held.seq in batch.why:
            why = batch.why[held.seq]
            await transaction.write(f"UPDATE quarantine SET why=? WHERE {_ITS_ROW}", (why, *key))
            return Replayed(Outcome.STILL_HELD, why)
        rows = TakenRows(device, held.epoch, moment)
        for seq, projected in batch.taken:
            rows.add(seq, projected)
        commands, erased = await rows.write(transaction, now_ms=now_ms), False
        if held.stream == VISITS:
            wrote = await write_visits(transaction, device, held.epoch, rows.visits, [item], zone=zone, now_ms=now_ms)
            commands, erased = commands + wrote.commands, wrote.erased
        await _let_go(transaction, key, next(iter(batch.fates)))
        await transaction.write(
            "UPDATE device_cursor SET sales=sales+? WHERE store=? AND device=? AND epoch=? AND stream=?",
            (rows.sales, *key[:4]),
        )
    if erased:
        await storage.scrub()
    return Replayed(Outcome.TAKEN, "", rows.sales, commands)


async def _let_go(transaction: Transaction, key: tuple[str, str, int, str, int], fate: str) -> None:
    """The raw item stays where it is, only its fate is another now."""
    await transaction.write(f"UPDATE item SET fate=? WHERE {_ITS_ROW}", (fate, *key))
    await transaction.write(f"DELETE FROM quarantine WHERE {_ITS_ROW}", key)


async def _device(transaction: Transaction, held: Held) -> KnownDevice | None:
    """The device as it stood when it told this: what it says belongs to that store, wherever it is today."""
    till = await transaction.row(f"{GLOBAL} SELECT till FROM device WHERE device=?", (held.device,))
    places = await transaction.rows(f"{GLOBAL} SELECT store FROM device_place WHERE device=?", (held.device,))
    if till is None:
        return None
    return KnownDevice(held.device, held.store, str(till[0]), tuple(str(row[0]) for row in places))


async def _told_later(transaction: Transaction, held: Held, item: Item) -> bool:
    """Of a visit and of an hour the later word counts: an older one that is read only today changes nothing."""
    try:
        told = project_visit(item.kind, bytes(item.body)) if item.kind in KINDS else None
    except DoesNotFit:
        return False
    match told:
        case VisitRow():
            mark = f'"{told.row[0]!s}"'
        case VisitVoid():
            mark = f'"{told.id}"'
        case HourRow():
            mark = f'"hour_ms":{told.row[0]!s}'
        case _:
            return False
    found = await transaction.row(
        "SELECT 1 FROM item WHERE store=? AND device=? AND stream=? AND kind=? AND fate='taken' "
        f"AND (epoch, seq) > (?, ?) AND {transaction.dialect.holds('body')} LIMIT 1",
        (held.store, held.device, held.stream, item.kind, held.epoch, held.seq, mark.encode()),
    )
    return found is not None
