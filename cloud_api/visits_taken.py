"""Writes what a batch of stream `visits` says: visits, hours, customers, who is to be forgotten; of any stream what is
missing."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from cloud_api.customers.taken import CustomerBatch, ended_of, seen_of, take_customers
from cloud_api.customers.telling import tell
from cloud_api.customers.withdrawing import withdraw
from cloud_api.projections import INT64
from cloud_api.storage.storage import Row, Transaction, upsert
from cloud_api.store.devices import KnownDevice
from cloud_api.visit_projections import HourRow, VisitRow, VisitRows, VisitVoid, names_in
from cloud_api.visitors_forgotten import erase, forget, forgotten_of
from sync.wire.customer_facts import CustomerFact, OfferFact, PurchaseFact
from sync.wire.edge_log import Dropped, Ended, Item
from sync.wire.visit_facts import ForgetFact

_KEY = ("store", "device", "epoch", "seq")
_VISIT = ("id", "opened_ms", "closed_ms", "zones", "inside_s", "person", "confidence", "bought")
_HOUR = ("hour_ms", "visits", "came_again", "receipts", "entered", "went_out", "people", "passers", "coverage")
_PUT_VISIT = upsert("visit", ("store", "device", "id"), (*_KEY, *_VISIT))
_PUT_HOUR = upsert("visit_hour", ("store", "device", "hour_ms"), (*_KEY, *_HOUR))


@dataclass(slots=True)
class VisitBatch:
    """`visits` by id, as the batch told each of them last; None: it is no visit any more."""

    visits: dict[str, Row | None] = field(default_factory=dict)
    hours: list[Row] = field(default_factory=list)
    forgets: list[ForgetFact] = field(default_factory=list)
    customers: CustomerBatch = field(default_factory=CustomerBatch)

    def add(self, key: Row, told: VisitRows) -> None:
        """`key`: store, device, epoch, seq."""
        match told:
            case VisitRow():
                self.visits[str(told.row[0])] = (*key, *told.row)
            case VisitVoid():
                self.visits[told.id] = None
            case HourRow():
                self.hours.append((*key, *told.row))
            case ForgetFact():
                self.forgets.append(told)
            case CustomerFact() | PurchaseFact() | OfferFact():
                self.customers.told.append((int(str(key[3])), told))


@dataclass(frozen=True, slots=True)
class Wrote:
    commands: int
    erased: bool


async def write_visits(
    transaction: Transaction,
    device: KnownDevice,
    epoch: int,
    batch: VisitBatch,
    fresh: list[Item],
    *,
    zone: str,
    now_ms: int,
) -> Wrote:
    """After the raw items are written. Whoever was forgotten before is nobody in this batch too, however it is told."""
    await transaction.write_many(_PUT_VISIT, [row for row in batch.visits.values() if row is not None])
    gone = [(device.store, device.device, id) for id, row in batch.visits.items() if row is None]
    await transaction.write_many("DELETE FROM visit WHERE store=? AND device=? AND id=?", gone)
    await transaction.write_many(_PUT_HOUR, batch.hours)
    names = {name for item in fresh for name in names_in(bytes(item.body))}
    late = set(await forgotten_of(transaction, device, names)) | await ended_of(transaction, names)
    kept = CustomerBatch([one for one in batch.customers.told if one[1].consent not in late])
    touched = await take_customers(transaction, device, epoch, kept, secrets.token_bytes, now_ms=now_ms)
    touched |= await seen_of(transaction, device, {str(row[9]) for row in batch.visits.values() if row is not None})
    commands = 0
    for told in batch.forgets:
        left, given, _ = await withdraw(transaction, device, told, now_ms=now_ms)
        touched |= left
        commands += given + await forget(transaction, device, epoch, told, now_ms=now_ms)
    for person in late:
        await erase(transaction, device, person)
    await tell(transaction, touched, zone=zone, now_ms=now_ms)
    return Wrote(commands, bool(late or batch.forgets))


async def write_ended(
    transaction: Transaction, device: KnownDevice, where: tuple[str, str, int, str], ended: list[Ended], *, now_ms: int
) -> None:
    """Of epochs the device has left: what an HQ that came back from a backup does not have of them is missing for good.
    Under the numbers of such an epoch HQ may have another life's items, and has the device's up to its last mark. The
    same word said again finds nothing to write."""
    store, name, epoch, stream = where
    among, places = transaction.dialect.among("store"), transaction.dialect.asked(device.places)
    for one in ended:
        if one.epoch >= epoch:
            continue  # nobody's word about an epoch that is in use
        had = await transaction.number(
            f"SELECT max(seq) FROM device_cursor WHERE {among} AND device=? AND epoch=? AND stream=?",
            (places, name, one.epoch, stream),
        )
        common = had
        if one.marks:
            common = await _common(transaction, device, (*where[:2], one.epoch, stream), one)
        if common >= one.last:
            continue
        left = (store, name, one.epoch, stream)
        first = common + 1
        if not one.hash:
            first = await _unnamed(transaction, left, first)
        elif await _is_named(transaction, left, one):
            continue
        if first <= one.last:
            await write_dropped(transaction, left, Dropped(first, one.last, one.hash), [], now_ms=now_ms)
        if had < one.last:
            await transaction.write(
                "INSERT INTO device_cursor(store, device, epoch, stream, seq, hash, sales) VALUES(?,?,?,?,?,?,0) "
                "ON CONFLICT(store, device, epoch, stream) DO UPDATE SET seq=excluded.seq, hash=excluded.hash",
                (*left, one.last, one.hash),
            )


async def _common(transaction: Transaction, device: KnownDevice, where: tuple[str, str, int, str], ended: Ended) -> int:
    """The last number of a left epoch up to which HQ's history is the device's, or is said to be missing already."""
    among, places = transaction.dialect.among("store"), transaction.dialect.asked(device.places)
    for mark in reversed(ended.marks):
        told = (places, *where[1:], mark.seq)
        found = await transaction.rows(
            f"SELECT hash FROM item WHERE {among} AND device=? AND epoch=? AND stream=? AND seq=? UNION ALL "
            f"SELECT hash FROM dropped_range WHERE {among} AND device=? AND epoch=? AND stream=? AND last=?",
            (*told, *told),
        )
        if any(str(row[0]).startswith(mark.hash) for row in found):
            return mark.seq
    return 0


async def _is_named(transaction: Transaction, where: tuple[str, str, int, str], ended: Ended) -> bool:
    """Of this life: another one's range under the same numbers is of other items, and ends with another hash."""
    found = await transaction.row(
        "SELECT 1 FROM dropped_range WHERE store=? AND device=? AND epoch=? AND stream=? AND last=? AND hash=?",
        (*where, ended.last, ended.hash),
    )
    return found is not None


async def _unnamed(transaction: Transaction, where: tuple[str, str, int, str], first: int) -> int:
    """`first`, or what follows the ranges that are named missing from there on: without a hash nobody can tell whether
    they are this life's."""
    while last := await transaction.number(
        "SELECT max(last) FROM dropped_range WHERE store=? AND device=? AND epoch=? AND stream=? AND first=?",
        (*where, first),
    ):
        first = last + 1
    return first


async def write_dropped(
    transaction: Transaction,
    where: tuple[str, str, int, str],
    missing: Dropped,
    fresh: list[Item],
    *,
    now_ms: int,
) -> None:
    """`from_ms` and `until_ms` are the moments of the items around the hole, as far as HQ has them."""
    until_ms = max(0, min(INT64, fresh[0].at_ms)) if fresh else now_ms
    from_ms = await transaction.number(
        "SELECT at_ms FROM item WHERE store=? AND device=? AND epoch=? AND stream=? AND seq=?",
        (*where, missing.first - 1),
    )
    await transaction.write(
        "INSERT INTO dropped_range(store, device, epoch, stream, first, last, hash, from_ms, until_ms, told_ms) "
        "VALUES(?,?,?,?,?,?,?,?,?,?)",
        (
            *where,
            missing.first,
            missing.last,
            missing.hash,
            min(from_ms or until_ms, until_ms),
            until_ms,
            now_ms,
        ),
    )
