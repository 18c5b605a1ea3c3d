"""Takes a batch of the edge log into HQ's storage: one transaction, one cursor, every fact once.

    an epoch that another has followed: Fork; `prev` is not our item before the batch: Fork
    cursor of (device, epoch, stream) -> first > cursor + 1: Gap -> seq <= cursor: compare hashes (Fork), else skip
    -> dropped: what of it is behind the cursor is kept as missing, the chain goes on from its hash
    -> the rest: raw into `item`, typed into its table, misfits into `quarantine`, what another shop has to hear of into
    its feed of commands -> cursor -> COMMIT -> Ack

The numbers (device, epoch, stream, seq) decide what is new, for ever. After a fork a device sends its unacknowledged
items again under a new epoch: those are matched by id, so a sale known under the old epoch is recorded and not counted.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from cloud_api.claim_requests import pass_on
from cloud_api.heartbeats import keep_newest, unreadable
from cloud_api.hello import hash_at, newest_epoch
from cloud_api.projections import INT64, KINDS, LONGEST_NAME, STREAM, DoesNotFit, FactRow, PassedOn, SaleRows, project
from cloud_api.readable_kinds import NEWEST, is_readable
from cloud_api.stock_projections import KINDS as STOCK_KINDS
from cloud_api.stock_projections import StockRows, project_stock
from cloud_api.stock_taken import add_to_sum, write_stock
from cloud_api.storage.business_day import ZONE, day_of
from cloud_api.storage.storage import Row, Storage, Transaction
from cloud_api.store.devices import KnownDevice
from cloud_api.visit_projections import KINDS as VISIT_KINDS
from cloud_api.visit_projections import HourRow, VisitRow, VisitRows, VisitVoid, project_visit
from cloud_api.visits_taken import VisitBatch, Wrote, write_dropped, write_visits
from sync.wire.edge_log import DROPPABLE, GENESIS, Ack, Dropped, Fork, Gap, Item, Push, chain
from sync.wire.telemetry_facts import HEARTBEAT
from sync.wire.telemetry_facts import STREAM as TELEMETRY
from sync.wire.visit_facts import STREAM as VISITS
from sync.wire.visit_facts import ForgetFact

STREAMS = frozenset({"sales", "loyalty", "visits", "telemetry"})
WHY_SHOWN = 500  # characters of a reason kept for people


_STANDS = "SELECT 1 FROM device WHERE device=? AND store=? AND revoked_ms IS NULL"


class NoLonger(Exception):
    """The device was revoked or moved to another shop while its batch was on the way: nothing was taken."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What a push did: the answer for the wire and what to tell the office."""

    answer: Ack | Gap | Fork
    fates: Counter[str] = field(default_factory=Counter)
    sales: int = 0
    commands: int = 0


@dataclass(frozen=True, slots=True)
class _Moment:
    """When the batch came, and on whose clock it is a day."""

    ms: int
    zone: ZoneInfo

    @property
    def day(self) -> int:
        return day_of(self.ms, self.zone)


@dataclass(slots=True)
class _Batch:
    """Rows gathered before the first write."""

    items: list[Row] = field(default_factory=list)
    quarantine: list[Row] = field(default_factory=list)
    sales: list[tuple[int, SaleRows]] = field(default_factory=list)
    facts: dict[str, list[Row]] = field(default_factory=dict)
    passed_on: list[PassedOn] = field(default_factory=list)
    stock: list[tuple[int, StockRows]] = field(default_factory=list)
    visits: VisitBatch = field(default_factory=VisitBatch)
    released: list[str] = field(default_factory=list)

    @property
    def moved(self) -> Counter[str]:
        """By product, of sales and documents together: two batches that touch the same rows take them in one order."""
        moved: Counter[str] = Counter()
        for _, sale in self.sales:
            for sku, quantity in sale.stock:
                moved[sku] += quantity
        for _, rows in self.stock:
            moved.update(rows.moved)
        return moved


@dataclass(slots=True)
class _Before:
    """What a device has sent under one id before, as (kind, body): what was taken or kept, and what lies in
    quarantine. An id may have both: poison may carry the id of a sound fact."""

    whole: tuple[str, bytes] | None = None
    damaged: list[tuple[str, bytes]] = field(default_factory=list)


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
    moment = _Moment(now_ms if received_ms is None else received_ms, ZoneInfo(zone))
    wrote = Wrote(0, False)
    async with storage.transaction(device.store) as transaction:
        # The first statement also makes the batches of one device follow each other: its row is theirs alone from here.
        await transaction.write(
            "UPDATE device_place SET seen_ms=? WHERE store=? AND device=?", (now_ms, device.store, device.device)
        )
        if await transaction.row(_STANDS, (device.device, device.store)) is None:
            raise NoLonger
        if push.epoch < await newest_epoch(transaction, device, stream):
            return Taken(Fork(push.first))
        found = await transaction.row(
            "SELECT seq, hash FROM device_cursor WHERE store=? AND device=? AND epoch=? AND stream=?"
            + transaction.dialect.locked,
            where,
        )
        last, last_hash = (0, GENESIS) if found is None else (found[0], found[1])
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
        missing = None
        if dropped is not None and dropped.last > last:
            missing = Dropped(last + 1, dropped.last, dropped.hash)
            last, last_hash = dropped.last, dropped.hash
        fresh = [item for item in push.items if item.seq > last]
        if not fresh and missing is None:
            return Taken(Ack(last, now_ms, hash=last_hash))
        if fresh and not _follows(last_hash, fresh[0]):
            return Taken(Fork(fresh[0].seq))
        if missing is not None:
            await write_dropped(transaction, where, missing, fresh, now_ms=now_ms)
        batch = await _sort_out(transaction, device, where, fresh, last_hash, moment)
        await _write(transaction, device, push.epoch, stream, batch, moment)
        commands = sum([await pass_on(transaction, device, one.told, now_ms=now_ms) for one in batch.passed_on])
        if batch.stock:
            commands += await write_stock(transaction, device, push.epoch, batch.stock, now_ms=now_ms)
        await add_to_sum(transaction, device.store, batch.moved)
        head = (fresh[-1].seq, fresh[-1].hash) if fresh else (last, last_hash)
        await transaction.write(
            "INSERT INTO device_cursor(store, device, epoch, stream, seq, hash, sales) VALUES(?,?,?,?,?,?,?) "
            "ON CONFLICT(store, device, epoch, stream) DO UPDATE "
            "SET seq=excluded.seq, hash=excluded.hash, sales=device_cursor.sales + excluded.sales",
            (*where, *head, len(batch.sales)),
        )
        if stream == VISITS:
            wrote = await write_visits(transaction, device, push.epoch, batch.visits, fresh, now_ms=now_ms)
        if stream == TELEMETRY and fresh:
            bad = {row[4] for row in batch.quarantine}
            sound = [item for item in fresh if item.seq not in bad]
            await keep_newest(transaction, device, push.epoch, sound, fresh[-1].seq, now_ms=now_ms)
    if wrote.erased:
        await storage.scrub()
    fates = Counter(str(row[12]) for row in batch.items)
    ack = Ack(head[0], now_ms, hash=head[1], fates=dict(fates))
    return Taken(ack, fates, len(batch.sales), commands + wrote.commands)


async def _other_end(
    transaction: Transaction, device: KnownDevice, where: tuple[str, str, int, str], dropped: Dropped
) -> bool:
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
    transaction: Transaction, device: KnownDevice, where: tuple[str, str, int, str], push: Push, last: int
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


def _follows(previous_hash: str, item: Item) -> bool:
    try:
        return chain(previous_hash, item.id, item.kind, item.v, bytes(item.body)) == item.hash
    except UnicodeEncodeError:  # an id or kind outside ASCII cannot have been chained
        return False


async def _known_before(
    transaction: Transaction, device: KnownDevice, stream: str, fresh: list[Item]
) -> dict[str, _Before]:
    """By the id as it is kept, whatever came under it, in any epoch."""
    dialect = transaction.dialect
    found = await transaction.rows(
        "SELECT id, kind, body, CASE WHEN fate='quarantined' THEN 1 ELSE 0 END FROM item "
        f"WHERE {dialect.among('store')} AND device=? AND {dialect.among('id')} AND stream=? AND fate<>'known'",
        (dialect.asked(device.places), device.device, dialect.asked([_names(item)[0] for item in fresh]), stream),
    )
    known: dict[str, _Before] = {}
    for id, kind, body, damaged in found:
        before, told = known.setdefault(str(id), _Before()), (str(kind), _bytes(body))
        if damaged:
            before.damaged.append(told)
        else:
            before.whole = told
    return known


async def _known_sales(transaction: Transaction, device: KnownDevice, ids: list[str]) -> dict[str, bytes]:
    """Sale id -> body of the item that brought it, for sales HQ counts already."""
    dialect = transaction.dialect
    found = await transaction.rows(
        "SELECT s.id, i.body FROM sale s JOIN item i ON i.store=s.store AND i.device=s.device AND i.epoch=s.epoch "
        f"AND i.stream='sales' AND i.seq=s.seq WHERE {dialect.among('s.store')} AND s.device=? "
        f"AND {dialect.among('s.id')}",
        (dialect.asked(device.places), device.device, dialect.asked(ids)),
    )
    return {str(row[0]): _bytes(row[1]) for row in found}


def _bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else b""


async def _sort_out(
    transaction: Transaction,
    device: KnownDevice,
    where: tuple[str, str, int, str],
    fresh: list[Item],
    last_hash: str,
    moment: _Moment,
) -> _Batch:
    """Decide each item's fate: taken, known (counted before), kept (unknown kind), quarantined."""
    stream = where[3]
    known = await _known_before(transaction, device, stream, fresh)
    projected: dict[int, SaleRows | FactRow | PassedOn | VisitRows | StockRows] = {}
    why: dict[int, str] = {}
    previous = last_hash
    for item in fresh:
        if not _follows(previous, item):
            why[item.seq] = "chain"
        elif not (0 <= item.v <= INT64 and abs(item.at_ms) <= INT64):
            why[item.seq] = "range: version or time"
        elif len(item.id) > LONGEST_NAME or len(item.kind) > LONGEST_NAME:
            why[item.seq] = "range: id or kind"
        elif not is_readable(stream, item.kind, item.v):
            why[item.seq] = f"version: {item.v}"
        elif stream == TELEMETRY and item.kind == HEARTBEAT:
            wrong = unreadable(item)
            if wrong is not None:
                why[item.seq] = wrong
        elif stream == STREAM and item.kind in KINDS:
            try:
                projected[item.seq] = project(item.kind, bytes(item.body))
            except DoesNotFit as misfit:
                why[item.seq] = str(misfit)
        elif stream == STREAM and item.kind in STOCK_KINDS:
            try:
                projected[item.seq] = project_stock(item.kind, bytes(item.body))
            except DoesNotFit as misfit:
                why[item.seq] = str(misfit)
        elif stream == VISITS and item.kind in VISIT_KINDS:
            try:
                projected[item.seq] = project_visit(item.kind, bytes(item.body))
            except DoesNotFit as misfit:
                why[item.seq] = str(misfit)
        previous = item.hash
    sales = await _known_sales(transaction, device, [r.id for r in projected.values() if isinstance(r, SaleRows)])
    batch = _Batch()
    today = moment.day
    for item in fresh:
        body = bytes(item.body)
        rows = projected.get(item.seq)
        id, kind = _names(item)
        before = known.setdefault(id, _Before())
        whole = before.whole
        counted = sales.get(rows.id) if isinstance(rows, SaleRows) else None
        fate = "taken" if f"{stream}/{item.kind}" in NEWEST else "kept"
        if item.seq not in why and whole is not None and not _same(whole, kind, body):
            why[item.seq] = "same_id"
        elif item.seq not in why and counted is not None and counted != body:
            why[item.seq] = "same_sale"
        if item.seq in why and any(_same(one, kind, body) for one in before.damaged):
            fate = "known"  # it lies in quarantine as it is, from an older epoch
        elif item.seq in why:
            fate = "quarantined"
            stamp = (id, kind, _bounded(item.v), why[item.seq][:WHY_SHOWN], moment.ms, body)
            batch.quarantine.append((*where, item.seq, *stamp))
        elif counted is not None or whole is not None:
            fate = "known"
        elif isinstance(rows, SaleRows):
            batch.sales.append((item.seq, rows))
            sales[rows.id] = body
        elif isinstance(rows, PassedOn):
            batch.passed_on.append(rows)
        elif isinstance(rows, StockRows):
            batch.stock.append((item.seq, rows))
        elif isinstance(rows, VisitRow | VisitVoid | HourRow | ForgetFact):
            batch.visits.add((*where[:3], item.seq), rows)
        elif rows is not None:
            day = () if rows.day is None else (rows.day.of(moment.zone),)
            batch.facts.setdefault(rows.table, []).append((*where[:3], item.seq, *day, *rows.row))
        if item.seq in why:
            before.damaged.append((kind, body))
        else:
            if whole is None and before.damaged:
                batch.released.append(id)  # it came damaged under an older epoch and is whole now
            before.whole = (kind, body)
        stamp_of_item = (id, kind, _bounded(item.v), _bounded(item.at_ms), moment.ms, item.hash, fate, body)
        batch.items.append((*where, item.seq, today, *stamp_of_item))
    return batch


def _same(before: tuple[str, bytes], kind: str, body: bytes) -> bool:
    """A body that was erased with its person (visitors_forgotten.py) counts as this one: no item comes without any."""
    return before[0] == kind and before[1] in (body, b"")


def _names(item: Item) -> tuple[str, str]:
    """Its id and kind as they are kept: no longer than an index takes. One that was longer lies in quarantine."""
    return item.id[:LONGEST_NAME], item.kind[:LONGEST_NAME]


def _bounded(value: int) -> int:
    return max(-INT64, min(INT64, value))


async def _write(
    transaction: Transaction, device: KnownDevice, epoch: int, stream: str, batch: _Batch, moment: _Moment
) -> None:
    await transaction.insert("item", batch.items)
    await transaction.insert("quarantine", batch.quarantine)
    await transaction.write_many(
        "DELETE FROM quarantine WHERE store=? AND device=? AND stream=? AND id=?",
        [(store, device.device, stream, id) for id in batch.released for store in device.places],
    )
    for table, rows in batch.facts.items():
        await transaction.insert(table, rows)
    if not batch.sales:
        return
    parts: dict[str, list[Row]] = {"sale": [], "sale_line": [], "sale_payment": [], "sale_document": []}
    for seq, sale in batch.sales:
        key: Row = (device.store, device.device, epoch, seq, sale.day.of(moment.zone))
        # id till number act state shift cashier opened closed | received | total net ...
        parts["sale"].append((*key, *sale.head[:9], moment.ms, *sale.head[9:]))
        parts["sale_line"] += [(*key, *row) for row in sale.lines]
        parts["sale_payment"] += [(*key, *row) for row in sale.payments]
        parts["sale_document"] += [(*key, *row) for row in sale.documents]
    for table, rows in parts.items():
        await transaction.insert(table, rows)
